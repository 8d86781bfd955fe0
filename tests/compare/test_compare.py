"""A comparison names what the target does otherwise, and blames it for nothing that we did otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.checks.model import Finding, Level, Verdict
from conformance.compare.compare import compare
from conformance.compare.model import Comparison, Kind, RowChange
from conformance.results.model import (
    Attempt,
    Choice,
    Exploration,
    ExploredFinding,
    KnownDeviationNote,
    RecordedResponse,
    Results,
    RowResult,
    Suite,
    Undocumented,
)
from conformance.results.normalize import Normalizer
from tests.report.made_up import conforms, drifts, run_of, sample_results, violates_by_status

ROW = "contents-get/offset-below-minimum"


def results(*rows: RowResult, **target: object) -> Results:
    sample = sample_results()
    first = sample.runs[0]
    return replace(sample, runs=(run_of(first.contract, {**first.target, **target}, tuple(rows)),))


def violating(row: RowResult, where: str = "offset=min-1", answer: str = "200 1 content") -> RowResult:
    """The row with the attempt at `where` answered otherwise."""
    attempts = tuple(
        replace(one, outcome="violation", answer=answer) if one.label == where else one for one in row.attempts
    )
    return replace(
        row,
        verdict=Verdict.VIOLATES,
        observed=answer,
        attempts=attempts,
        findings=(Finding("status", Level.MUST, 400, 200, where, 1),),
    )


def only(comparison: Comparison) -> RowChange:
    (run,) = comparison.runs
    (row,) = run.rows
    return row


def test_an_example_that_was_not_tried_is_set_beside_no_answer() -> None:
    before, after = results(violating(conforms())), results(replace(conforms(), observed=""))
    (change,) = compare(before, after).runs[0].rows
    assert (change.kind.value, change.was, change.now) == ("improved", "", "")


def test_the_same_run_twice_differs_in_nothing() -> None:
    sample = sample_results()
    found = compare(sample, sample)
    assert (found.worse, found.changed, found.ours, found.only_old, found.only_new) == (False, False, (), (), ())
    assert [run.contract for run in found.runs] == ["microcms-management", "kuroco"]


def test_a_row_answered_otherwise_is_newly_violating_and_the_only_thing_named() -> None:
    found = compare(results(conforms(), drifts()), results(violating(conforms()), drifts()))
    row = only(found)
    assert (row.id, row.kind, row.worse) == (ROW, Kind.NEWLY_VIOLATING, True)
    assert (row.was, row.now) == ("400 Offset: must be no less than 0", "200 1 content")
    assert row.repeat.startswith("curl ")
    assert found.worse
    assert not found.runs[0].wordings


@pytest.mark.parametrize(
    ("old", "new", "kind", "worse"),
    [
        ("conforms", "violates", Kind.NEWLY_VIOLATING, True),
        ("drifts", "violates", Kind.NEWLY_VIOLATING, True),
        ("inconclusive", "violates", Kind.NEWLY_VIOLATING, True),
        ("conforms", "inconclusive", Kind.NEWLY_INCONCLUSIVE, True),
        ("violates", "inconclusive", Kind.NEWLY_INCONCLUSIVE, False),
        ("conforms", "drifts", Kind.DRIFTING, False),
        ("inconclusive", "drifts", Kind.DRIFTING, False),
        ("violates", "drifts", Kind.IMPROVED, False),
        ("violates", "conforms", Kind.IMPROVED, False),
        ("drifts", "conforms", Kind.IMPROVED, False),
        ("inconclusive", "conforms", Kind.IMPROVED, False),
        ("conforms", "not-exercised", Kind.NO_LONGER_EXERCISED, True),
        ("violates", "not-exercised", Kind.NO_LONGER_EXERCISED, False),
        ("not-exercised", "conforms", Kind.NEWLY_EXERCISED, False),
        ("not-exercised", "violates", Kind.NEWLY_EXERCISED, True),
    ],
)
def test_each_pair_of_verdicts_has_one_kind(old: str, new: str, kind: Kind, worse: bool) -> None:
    before, after = (replace(conforms(), verdict=Verdict(one)) for one in (old, new))
    row = only(compare(results(before), results(after)))
    assert (row.kind, row.worse) == (kind, worse)


def test_drift_is_not_worse_but_told_for_those_who_are_strict() -> None:
    found = compare(results(conforms()), results(replace(conforms(), verdict=Verdict.DRIFTS)))
    assert (found.worse, found.drifted) == (False, True)


def test_a_second_way_of_violating_a_row_is_named() -> None:
    before = violating(conforms())
    second = Finding("effect", Level.MUST, "kept", "changed", "offset=min", 2)
    after = replace(before, findings=(*before.findings, second))
    row = only(compare(results(before), results(after)))
    assert (row.kind, row.worse) == (Kind.VIOLATING_OTHERWISE, True)


def test_a_permission_taken_away_is_ours() -> None:
    after = replace(conforms(), verdict=Verdict.NOT_EXERCISED, lacks=("allow: write",), attempts=(), exchanges=())
    found = compare(results(conforms()), results(after, allow=[]))
    assert (
        only(found).kind, only(found).ours, found.worse,
    ) == (Kind.NO_LONGER_EXERCISED, ("allow: write",), False)  # fmt: skip
    assert [(one.what, one.old, one.new) for one in found.runs[0].ours] == [("allow", ["write"], [])]


def test_a_credential_that_is_lacking_is_ours_though_results_hold_no_credentials() -> None:
    after = replace(conforms(), verdict=Verdict.NOT_EXERCISED, lacks=("credentials.throttled",))
    assert not compare(results(conforms()), results(after)).worse


def test_a_fixture_that_the_profile_never_gave_is_the_targets() -> None:
    after = replace(conforms(), verdict=Verdict.NOT_EXERCISED, lacks=("fixtures.content_id",))
    found = compare(results(conforms()), results(after))
    assert (only(found).ours, found.worse) == ((), True)


def test_a_permission_given_explains_a_violation_that_was_never_looked_for() -> None:
    before = replace(conforms(), verdict=Verdict.NOT_EXERCISED, lacks=("allow: delete",), attempts=())
    found = compare(results(before), results(violating(conforms()), allow=["write", "delete"]))
    assert (only(found).kind, found.worse) == (Kind.NEWLY_EXERCISED, False)


def test_an_input_never_tried_before_at_another_depth_is_ours() -> None:
    row = conforms()
    far = Attempt("offset=min-2^31", "drawn", "-2147483648", "as-promised", "400")
    deeper = replace(row, attempts=(*row.attempts, far))
    after = replace(results(violating(deeper, "offset=min-2^31")), depth="thorough")
    found = compare(results(row), after)
    assert (only(found).ours, found.worse) == (("depth",), False)


def test_the_same_input_answered_otherwise_is_the_targets_whatever_we_changed() -> None:
    after = replace(results(violating(conforms()), allow=[]), depth="thorough", seed=7, suite=Suite("conformance", "9"))
    found = compare(results(conforms()), after)
    assert (only(found).ours, found.worse) == ((), True)
    assert [one.what for one in found.ours] == ["suite", "depth", "seed"]


def test_the_same_answer_judged_otherwise_by_another_suite_is_ours() -> None:
    row = conforms()
    after = replace(violating(row, answer="400 Offset: must be no less than 0"), observed=row.observed)
    found = compare(results(row), replace(results(after), suite=Suite("conformance", "0.2.0")))
    assert (only(found).ours, found.worse) == (("suite",), False)


def test_another_address_is_said_but_excuses_nothing() -> None:
    found = compare(results(conforms()), results(violating(conforms()), base_url="http://127.0.0.1:9"))
    assert found.worse
    assert [one.what for one in found.runs[0].ours] == ["base_url"]


def test_a_known_deviation_is_not_worse() -> None:
    after = replace(violating(conforms()), known=KnownDeviationNote("Reported."))
    found = compare(results(conforms()), results(after))
    assert (only(found).known, found.worse) == ("Reported.", False)


def test_rows_of_a_new_edition_are_ours() -> None:
    old, new = results(conforms()), results(conforms(), violates_by_status())
    run = new.runs[0]
    new = replace(new, runs=(replace(run, contract=replace(run.contract, edition="2026-12-01")),))
    found = compare(old, new)
    assert (only(found).kind, only(found).ours, found.worse) == (Kind.ADDED, ("contract edition",), False)
    assert Kind.REMOVED is only(compare(new, old)).kind


def test_new_words_are_shown_beside_the_old() -> None:
    before, after = results(conforms()), results(replace(conforms(), observed="400 offset must not be negative"))
    (wording,) = compare(before, after).runs[0].wordings
    assert (
        wording.about, wording.old, wording.new,
    ) == ("message", "400 Offset: must be no less than 0", "400 offset must not be negative")  # fmt: skip
    assert not compare(before, after).worse


def test_another_edition_of_the_wording_is_named_whatever_the_order() -> None:
    row = conforms()
    found = compare(results(replace(row, editions=("a", "b"))), results(replace(row, editions=("b", "c"))))
    assert [(one.about, one.old, one.new) for one in found.runs[0].wordings] == [("edition", "a, b", "b, c")]
    same = compare(results(replace(row, editions=("a", "b"))), results(replace(row, editions=("b", "a"))))
    assert not same.changed


def test_another_status_under_the_same_verdict_is_an_answer_that_changed() -> None:
    before = replace(violating(conforms()), observed="200")
    found = compare(results(before), results(replace(before, observed="500 Internal Server Error")))
    assert [one.about for one in found.runs[0].wordings] == ["answer"]


def test_identifiers_times_and_the_targets_own_names_are_no_new_wording() -> None:
    row = conforms()
    text = "400 {} at {}/x: {} ({})"
    before = text.format("foo-1", "http://a.example:1", "0b6f2c1e-9c0d-4f0e-8f6a-1d2c3b4a5f60", "2026-11-22T01:00:00Z")
    after = text.format("bar-22", "http://b.example:2", "11111111-2222-3333-4444-555555555555", "2026-11-23T01:00:07Z")
    found = compare(
        results(replace(row, observed=before), base_url="http://a.example:1", fixtures={"content_id": "foo-1"}),
        results(replace(row, observed=after), base_url="http://b.example:2", fixtures={"content_id": "bar-22"}),
    )
    assert not found.changed


def test_a_message_that_drifts_in_other_words_at_the_same_input_is_named() -> None:
    row = drifts()
    after = replace(row, findings=(replace(row.findings[0], actual="bad integer"),))
    (wording,) = compare(results(row), results(after)).runs[0].wordings
    assert (
        wording.where, wording.old, wording.new,
    ) == ("limit=abc", "Invalid integer in query (limit: abc)", "bad integer")  # fmt: skip


def test_an_open_choice_is_compared_only_where_both_tried_it() -> None:
    row = conforms()
    integer = "contents-get/limit-not-an-integer"
    before = replace(row, choices=(Choice("limit=+5", "accepted"), Choice("limit=", "accepted")))
    after = replace(row, choices=(Choice("limit=+5", integer), Choice("limit=1e2", "accepted")))
    found = compare(results(before), results(after))
    assert [(one.input, one.old, one.new) for one in found.runs[0].choices] == [("limit=+5", "accepted", integer)]
    assert not found.worse


def test_undocumented_answers_are_new_or_gone() -> None:
    one, other = Undocumented("list", 400, "Query too long", 3), Undocumented("list", 418, "teapot")
    before, after = results(conforms()), results(conforms())
    before = replace(before, runs=(replace(before.runs[0], undocumented=(one,)),))
    after = replace(after, runs=(replace(after.runs[0], undocumented=(replace(one, count=9), other)),))
    assert [(it.status, it.new) for it in compare(before, after).runs[0].undocumented] == [(418, True)]
    assert [(it.status, it.new) for it in compare(after, before).runs[0].undocumented] == [(418, False)]


def explored(*findings: ExploredFinding) -> Results:
    verdict = Verdict.VIOLATES if findings else Verdict.CONFORMS
    one = Exploration("listContents", "GET", "/contents", verdict, findings=findings)
    base = results(conforms())
    return replace(base, runs=(replace(base.runs[0], explored=(one,)),))


def test_a_new_finding_of_the_exploration_is_worse_unless_other_inputs_were_drawn() -> None:
    found = ExploredFinding("server-error", Level.MUST, "no 5xx", 500)
    worse = compare(explored(), explored(found))
    assert ([(it.actual, it.new) for it in worse.runs[0].explored], worse.worse) == ([(500, True)], True)
    assert not compare(explored(), replace(explored(found), seed=5)).worse
    assert not compare(explored(found), explored()).worse


def test_runs_are_matched_by_contract_then_by_target() -> None:
    sample = sample_results()
    micro = sample.runs[0]
    targets = [{**micro.target, "name": name, "base_url": f"http://{name}.example"} for name in "abc"]
    named = [replace(micro, target=target) for target in targets]
    old, new = (replace(sample, runs=tuple(runs)) for runs in ((named[0], named[1]), (named[1], named[2])))
    found = compare(old, new)
    assert [run.target for run in found.runs] == ["b"]
    assert (found.only_old, found.only_new) == (("microcms-management on a",), ("microcms-management on c",))


def test_a_run_that_was_broken_off_is_ours() -> None:
    after = replace(conforms(), verdict=Verdict.NOT_EXERCISED, reason="The run was broken off.")
    found = compare(results(conforms()), replace(results(after), partial=True))
    assert (only(found).ours, found.worse) == (("broken off",), False)


def test_a_fixture_that_stands_in_no_request_of_a_row_explains_nothing_of_it() -> None:
    after = replace(conforms(), verdict=Verdict.INCONCLUSIVE, reason="The control was refused.")
    unused = {"endpoint": "news", "media_url": "https://images.example/a.png"}
    found = compare(results(conforms()), results(after, fixtures=unused))
    assert (only(found).ours, found.worse) == ((), True)
    other = compare(results(conforms(), fixtures={"endpoint": "news"}), results(after, fixtures={"endpoint": "blog"}))
    assert (only(other).ours, other.worse) == (("fixtures.endpoint",), False)


def refused_control(row: RowResult) -> RowResult:
    """The row with its control refused, as a run records it: the finding names the exchange, not the attempt."""
    number = next(one.n for one in row.exchanges if one.role == "control")
    refusal = RecordedResponse(400, body='{"message": "Offset: must be no less than 0"}')
    exchanges = tuple(replace(one, response=refusal) if one.n == number else one for one in row.exchanges)
    finding = Finding("control", Level.MUST, 200, "400 Offset: must be no less than 0", "offset=min", number)
    return replace(row, verdict=Verdict.VIOLATES, exchanges=exchanges, attempts=(), findings=(finding,))


@pytest.mark.parametrize(
    "change",
    [
        {"target": {"allow": ["write", "delete"]}},
        {"results": {"seed": 5}},
        {"results": {"depth": "smoke"}},
        {"target": {"hooks": {}}},
    ],
    ids=["a permission more", "another seed", "another depth", "a hook less"],
)
def test_a_request_that_both_runs_sent_and_that_is_answered_otherwise_is_the_targets_doing(
    change: dict[str, dict[str, object]],
) -> None:
    before = replace(conforms(), attempts=())
    old = results(before, hooks={"internal_error": {"headers": {"X-Fault": "internal"}}})
    new = results(refused_control(before), **{"hooks": {"internal_error": {}}, **change.get("target", {})})
    found = compare(old, replace(new, **change.get("results", {})))  # type: ignore[arg-type]
    assert (only(found).ours, only(found).kind, found.worse) == ((), Kind.NEWLY_VIOLATING, True)


def test_a_request_that_is_answered_the_same_and_judged_otherwise_is_ours() -> None:
    before = replace(conforms(), attempts=())
    finding = Finding("body", Level.MUST, "a list", "none", "offset=min", before.exchanges[1].n)
    after = replace(before, verdict=Verdict.VIOLATES, findings=(finding,))
    found = compare(results(before), replace(results(after), suite=Suite("conformance", "9.9.9")))
    assert (only(found).ours, found.worse) == (("suite",), False)


def test_a_doubt_is_not_excused_where_the_same_request_is_answered_otherwise() -> None:
    before = replace(conforms(), attempts=())
    after = replace(refused_control(before), verdict=Verdict.INCONCLUSIVE, findings=(), reason="control refused")
    found = compare(results(before), replace(results(after), seed=5))
    assert (only(found).ours, found.worse) == ((), True)


def test_a_fixture_of_one_or_two_letters_stands_in_texts_by_chance() -> None:
    assert Normalizer({"fixtures": {"two": "ab", "three": "abc"}}).normalize("ab abc") == "ab {three}"


@pytest.mark.parametrize(
    ("answers", "worse"),
    [
        (("200", "200"), True),
        (("200", "400 invalid"), False),  # it may have been wrong in that language before
        (("422 invalid", "500"), True),
    ],
)
def test_languages_in_another_order_explain_no_answer_that_is_wrong_in_each(
    answers: tuple[str, str], worse: bool
) -> None:
    labels = ("a [_lang=ja] (insert)", "b [Accept-Language: en] (insert) beside x=1")
    new_labels = ("a [_lang=en] (insert)", "b [Accept-Language: ja] (insert) beside x=1")
    fixed = conforms()
    request = replace(fixed.exchanges[0].request, url="http://h/x?_lang=ja,en")
    exchanges = (replace(fixed.exchanges[0], request=request),)
    before = tuple(Attempt(label, "boundary", "v", "as-promised", "400 invalid") for label in labels)
    after = tuple(
        Attempt(label, "boundary", "v", "violation", answer) for label, answer in zip(new_labels, answers, strict=True)
    )
    findings = tuple(
        Finding("status", Level.MUST, 400, one.answer, one.label) for one in after if one.answer != "400 invalid"
    )
    old = replace(fixed, attempts=before, exchanges=exchanges)
    new = replace(old, attempts=after, findings=findings, verdict=Verdict.VIOLATES)
    runs = (
        results(row, fixtures={"languages": languages}) for row, languages in ((old, ["ja", "en"]), (new, ["en", "ja"]))
    )
    assert compare(*runs).worse is worse
