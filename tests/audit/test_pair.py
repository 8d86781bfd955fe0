"""Two targets that were sent the same: only what differs is reported, and who is right by the contract."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from conformance.audit.pair import RightSide, compare_pair, format_pair
from conformance.checks.model import Finding, Level, Verdict
from conformance.results.model import RecordedExchange, RecordedResponse, Results
from tests.report.hostile import PAYLOADS
from tests.report.made_up import BELOW, PAGE, answer, conforms, map_text, run_of, sample_results


def site(*exchanges: RecordedExchange, findings: tuple[Finding, ...] = (), **target: object) -> Results:
    sample = sample_results()
    verdict = Verdict.VIOLATES if findings else Verdict.CONFORMS
    row = replace(conforms(), exchanges=exchanges, findings=findings, verdict=verdict)
    run = run_of(sample.runs[0].contract, {**sample.runs[0].target, **target}, (row,))
    return replace(sample, runs=(run,))


def refused(message: str = BELOW, status: int = 400, n: int = 1) -> RecordedExchange:
    return answer(n, "limit=min-1", "limit=-1", status, {"message": message}, role="example")


def test_two_that_answer_the_same_do_not_differ() -> None:
    found = compare_pair(sample_results(), sample_results())
    assert (found.differences, found.alone) == ((), 0)
    assert found.compared > 10


@pytest.mark.parametrize(("wrong", "right"), [(0, "second"), (1, "first")])
def test_the_one_against_which_the_contract_has_nothing_is_right(wrong: int, right: str) -> None:
    bad = site(refused(status=422), findings=(Finding("status", Level.MUST, 400, 422, "limit=min-1", 1),))
    pair = (bad, site(refused())) if wrong == 0 else (site(refused()), bad)
    (found,) = compare_pair(*pair).differences
    assert (found.right, found.label) == (right, "limit=min-1")
    assert found.why == ("status at limit=min-1: expected 400, got 422",)


def test_an_open_choice_leaves_both_right_and_two_wrongs_neither() -> None:
    (found,) = compare_pair(site(refused()), site(refused(status=404))).differences
    assert RightSide.BOTH is found.right
    both = [
        site(refused(status=one), findings=(Finding("status", Level.MUST, 400, one, "x", 1),)) for one in (422, 500)
    ]
    (found,) = compare_pair(both[0], both[1]).differences
    assert RightSide.NEITHER is found.right


def test_identifiers_times_and_own_names_are_set_aside() -> None:
    words = "no {} ({}) at {}"
    first = words.format("foo-1", "0b6f2c1e-9c0d-4f0e-8f6a-1d2c3b4a5f60", "2026-11-22T01:00:00Z")
    second = words.format("bar-2", "11111111-2222-3333-4444-555555555555", "2026-11-22T01:00:03Z")
    found = compare_pair(
        site(refused(first), fixtures={"content_id": "foo-1"}), site(refused(second), fixtures={"content_id": "bar-2"})
    )
    assert found.differences == ()


def test_of_a_success_the_shape_is_compared_and_not_the_contents() -> None:
    def actual(body: object) -> Results:
        return site(answer(1, "limit=min", "limit=0", 200, body, role="control"))

    more = {**PAGE, "contents": [{"id": "other", "createdAt": "2020-01-01T00:00:00Z"}] * 3, "totalCount": 3}
    assert compare_pair(actual(PAGE), actual(more)).differences == ()
    assert len(compare_pair(actual(PAGE), actual({**PAGE, "totalCount": "3"})).differences) == 1


@pytest.mark.parametrize("levels", [150, 600, 3000])
def test_answers_that_nest_deeply_are_compared(levels: int) -> None:
    def actual(inner: str) -> Results:
        body = "[" * levels + inner + "]" * levels
        exchange = answer(1, "limit=min", "limit=0", 200, {}, role="control")
        return site(replace(exchange, response=replace(exchange.response, body=body)))

    assert len(compare_pair(actual("1"), actual('"1"')).differences) == int(levels == 150)


def test_a_request_that_only_one_was_sent_is_counted_and_not_compared() -> None:
    found = compare_pair(site(refused(), refused(n=2)), site(refused()))
    assert (found.differences, found.compared, found.alone) == ((), 1, 1)


def test_a_request_that_neither_answered_is_no_agreement() -> None:
    silent = replace(refused(), response=None)
    found = compare_pair(site(silent), site(silent))
    assert (found.differences, found.compared, found.unanswered) == ((), 0, 1)
    assert "nothing is compared" in format_pair(found)
    assert "answered by neither" in format_pair(compare_pair(site(silent, refused(n=2)), site(silent, refused(n=2))))


def test_text_and_json_name_both_targets() -> None:
    found = compare_pair(site(refused()), site(refused("other words")), ("staging", "production"))
    assert "Sent the same 1 request, staging and production answer 1 of them differently." in format_pair(found)
    assert json.loads(format_pair(found, "json"))["differences"][0]["right"] == "both"


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_hostile_text_does_no_harm(payload: str) -> None:
    evil = map_text(site(refused()), lambda text: text + payload)
    other = map_text(site(refused(status=418)), lambda text: text + payload)
    found = compare_pair(evil, other, (payload, payload))
    elements = Elements()
    elements.feed(format_pair(found, "html"))
    assert elements.seen.count("script") == 1
    for written in (format_pair(found, "html"), format_pair(found), format_pair(found, "json")):
        written.encode()
        assert "\x1b" not in written


def test_a_control_that_only_one_of_them_refuses_speaks_against_it_whatever_row_sent_it() -> None:
    sample = sample_results()
    row = sample.runs[0].rows[0]
    control = next(one for one in row.exchanges if one.role == "control")
    refusal = replace(control, response=RecordedResponse(400, body='{"message": "Limit: must be no less than 0."}'))
    lenient = replace(row, findings=(), exchanges=(control,))
    strict = replace(row, findings=(), exchanges=(refusal,))
    pairing = compare_pair(
        *(replace(sample, runs=(replace(sample.runs[0], rows=(one,)),)) for one in (lenient, strict))
    )
    assert [one.right for one in pairing.differences] == [RightSide.FIRST]
    assert pairing.differences[0].why[0].startswith("limit=min was refused: 400 ")


@pytest.mark.parametrize(("wrong", "right"), [(0, RightSide.SECOND), (1, RightSide.FIRST)])
def test_who_does_what_it_refuses_in_the_same_words_differs(wrong: int, right: RightSide) -> None:
    effect = Finding("effect", Level.MUST, {"/name": "a"}, {"/name": None}, "3 rejected requests")
    pair = [site(refused()), site(refused())]
    pair[wrong] = site(refused(), findings=(effect,))
    pairing = compare_pair(*pair)
    assert [(one.right, one.label) for one in pairing.differences] == [(right, "3 rejected requests")]
    first, second, *_ = format_pair(pairing).splitlines()
    assert first.startswith("Sent the same 1 request, first and second answer them alike")
    assert second == "1 row is violated by one of them only, although it answers as the other."


def test_what_another_row_has_against_the_same_request_counts() -> None:
    sample = sample_results()
    row = sample.runs[0].rows[0]
    control = next(one for one in row.exchanges if one.role == "control")
    refusal = replace(control, response=RecordedResponse(400, body="{}"))
    finding = Finding("control", Level.MUST, 200, 400, "control limit=min", control.n)
    first = replace(row, findings=(), exchanges=(control,))
    judged, shown = replace(row, id="t/judged", exchanges=(refusal,), findings=(finding,)), replace(row, findings=())
    second = (judged, replace(shown, exchanges=(refusal,)))
    pairing = compare_pair(
        replace(sample, runs=(replace(sample.runs[0], rows=(first,)),)),
        replace(sample, runs=(replace(sample.runs[0], rows=second),)),
    )
    assert [(one.right, one.why) for one in pairing.differences] == [
        (RightSide.FIRST, ("control limit=min: expected 200, got 400",))
    ]


def test_an_answer_is_shown_as_it_came_on_the_page() -> None:
    sample = sample_results()
    row = sample.runs[0].rows[0]
    control = next(one for one in row.exchanges if one.role == "control")
    refusal = replace(control, response=RecordedResponse(400, body='{"message": "no"}'))
    first, second = (replace(row, findings=(), exchanges=(one,)) for one in (control, refusal))
    page = format_pair(
        compare_pair(*(replace(sample, runs=(replace(sample.runs[0], rows=(one,)),)) for one in (first, second))),
        "html",
    )
    assert "400 {&#34;message&#34;: &#34;no&#34;}" in page
    assert "\\&#34;" not in page
