"""One mistake in a profile is one cause, and no row blames the target for it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.request import Request, urlopen

import pytest

from conformance import reference
from conformance.checks.model import Finding, Level, Verdict
from conformance.client.allowance import EXCHANGED as EXCHANGED_ALLOWANCE
from conformance.contract.schema import Depth
from conformance.messages import Message
from conformance.results.model import (
    ContractName,
    Exploration,
    ExploredFinding,
    RecordedExchange,
    RecordedNoResponse,
    RecordedRequest,
    RecordedResponse,
    RowResult,
    TargetRun,
)
from conformance.results.redaction import CLOSE, OPEN
from conformance.session.assemble import assemble_run
from conformance.session.causes.apply import apply_causes
from conformance.session.causes.find import find_causes
from conformance.session.causes.model import Call, RunCause
from conformance.session.target_runner import RunOptions, TargetRunner
from conformance.target.loader import target_from_mapping
from tests.safety.watched import things
from tests.shipped_contracts import shipped_contract

EXCHANGED = "stand in the place of each other: each is shown where the other is expected"
UNSEEN = "no answer shows whether this is right: the fault is the target's, or this line's"

Change = Callable[[dict[str, Any]], None]


def run_smoke(contract: str, change: Change, *faults: str) -> TargetRun:
    """A run at smoke against a reference server, with the profile changed."""
    with reference.start(contract, faults=faults) as server:
        profile = dict(server.profile)
        change(profile)
        return run_at(profile)


def run_at(profile: Mapping[str, Any], depth: Depth = "smoke", only: Collection[str] | None = None) -> TargetRun:
    target = target_from_mapping(profile, where="target.yaml", environ={})
    runner = TargetRunner(shipped_contract(target.contract), target, RunOptions(depth, 0))
    try:
        for row in runner.begin(only):
            runner.row(row)
    finally:
        runner.close()
    return runner.results().runs[0]


def a_wrong_key(profile: dict[str, Any]) -> None:
    profile["credentials"]["full"]["value"] = "wrong-key-000000"


def a_wrong_token(profile: dict[str, Any]) -> None:
    profile["credentials"]["token"]["value"] = "wrong-token-0000"


def a_mistyped_endpoint(profile: dict[str, Any]) -> None:
    profile["fixtures"]["endpoint"] = "newz"


def a_path_too_much(profile: dict[str, Any]) -> None:
    profile["base_url"] += "/extra"


def a_stale_content(profile: dict[str, Any]) -> None:
    profile["fixtures"]["content_id"] = "stale-id-1"


def a_wrong_password(profile: dict[str, Any]) -> None:
    profile["credentials"]["login"]["password"]["value"] = "nope-nope"


def a_password_that_goes_on(profile: dict[str, Any]) -> None:
    profile["credentials"]["login"]["password"]["value"] += "x"


def a_key_that_goes_on(profile: dict[str, Any]) -> None:
    profile["credentials"]["full"]["value"] += "x"


def a_mistyped_list_path(profile: dict[str, Any]) -> None:
    profile["fixtures"]["list_path"] = "rcms-api/1/topics1/lizt"


def a_mistyped_update_path(profile: dict[str, Any]) -> None:
    profile["fixtures"]["update_path"] = "rcms-api/1/topics1/up/{topics_id}"


def a_mistyped_insert_path(profile: dict[str, Any]) -> None:
    profile["fixtures"]["insert_path"] = "rcms-api/1/topics1/inzert"


def a_throttled_key_that_is_none(profile: dict[str, Any]) -> None:
    profile["credentials"]["throttled"]["value"] += "/"


@pytest.mark.parametrize(
    ("contract", "change", "expected"),
    [
        (
            "microcms-management",
            a_throttled_key_that_is_none,
            "every call with credentials.throttled was answered 403",
        ),
        ("kuroco", a_wrong_password, "every call with credentials.login was answered 401"),
        ("kuroco", a_password_that_goes_on, "every call with credentials.login was answered 401"),
        ("microcms-management", a_key_that_goes_on, "every call with credentials.full was answered 403"),
        (
            "kuroco",
            a_mistyped_list_path,
            "fixtures.list_path: rcms-api/1/topics1/lizt was answered 404 by every operation that uses it",
        ),
        (
            "kuroco",
            a_mistyped_update_path,
            "fixtures.update_path: rcms-api/1/topics1/up/{topics_id} was answered 404 by every operation that uses it",
        ),
        (
            "kuroco",
            a_mistyped_insert_path,
            "fixtures.insert_path: rcms-api/1/topics1/inzert was answered 405 by every operation that uses it",
        ),
        ("microcms-management", a_wrong_key, "every call with credentials.full was answered 403"),
        ("kuroco", a_wrong_token, "every call with credentials.token was answered 401"),
        (
            "microcms-management",
            a_mistyped_endpoint,
            "fixtures.endpoint: newz was answered 404 by every operation that uses it",
        ),
        (
            "microcms-management",
            a_path_too_much,
            "every valid call was answered 404: the path of base_url may be wrong",
        ),
        (
            "microcms-management",
            a_stale_content,
            "fixtures.content_id: stale-id-1 was answered 404 by every operation that uses it",
        ),
    ],
)
def test_a_mistake_in_the_profile_is_one_cause_and_blames_no_row(contract: str, change: Change, expected: str) -> None:
    run = run_smoke(contract, change)
    assert run.warnings[0] == expected
    assert len([text for text in run.warnings if "was answered" in text and "every" in text]) == 1
    assert not [text for text in run.warnings if "seen to change" in text or "somebody else" in text]
    assert run.counts.get("violates", 0) == 0
    assert run.counts["inconclusive"] > 0


def test_what_a_wrong_key_makes_inconclusive_is_not_run_again_row_by_row() -> None:
    run = run_smoke("microcms-management", a_wrong_key)
    reading = [row for row in run.rows if row.table in {"contents-get", "media-get", "members-get"}]
    assert sum(row.beyond_plan.confirmed for row in reading) < 50


def a_missing_medium_that_is_there(profile: dict[str, Any]) -> None:
    named = {profile["fixtures"]["media_url"], profile["fixtures"]["referenced_media_url"]}
    there = [each for each in things(profile) if each.startswith("http") and each not in named]
    profile["fixtures"]["missing_media_url"] = there[0]


def a_draft_that_is_published(profile: dict[str, Any]) -> None:
    profile["fixtures"]["draft_content_id"] = profile["fixtures"]["content_id"]


def a_medium_to_which_no_content_refers(profile: dict[str, Any]) -> None:
    a_missing_medium_that_is_there(profile)
    profile["fixtures"]["referenced_media_url"] = profile["fixtures"].pop("missing_media_url")
    profile["fixtures"]["referencing_content_id"] = "stale-id-2"


def a_referenced_medium_that_is_not_listed(profile: dict[str, Any]) -> None:
    profile["fixtures"]["referenced_media_url"] += "/"


def a_referenced_medium_of_another_name(profile: dict[str, Any]) -> None:
    profile["fixtures"]["referenced_media_url"] += "x"


@pytest.mark.parametrize(
    ("change", "row", "key"),
    [
        (a_referenced_medium_that_is_not_listed, "media-delete/medium-referenced", "fixtures.referenced_media_url"),
        (a_referenced_medium_of_another_name, "media-delete/medium-referenced", "fixtures.referenced_media_url"),
    ],
)
def test_what_a_row_could_not_use_is_named_with_its_line(change: Change, row: str, key: str) -> None:
    with reference.start("microcms-management") as server:
        profile = dict(server.profile)
        change(profile)
        (result,) = run_at(profile, only=[row]).rows
    assert result.verdict is Verdict.INCONCLUSIVE
    assert f"target.yaml: {key}: " in str(result.reason)


def a_missing_content_that_is_there(profile: dict[str, Any]) -> None:
    profile["fixtures"]["missing_topics_id"] = profile["fixtures"]["topics_id"] + 1


def keys_exchanged(profile: dict[str, Any]) -> None:
    given = profile["credentials"]
    given["full"], given["forbidden"] = given["forbidden"], given["full"]


def two_keys_exchanged(profile: dict[str, Any]) -> None:
    given = profile["credentials"]
    given["throttled"]["value"], given["forbidden"]["value"] = given["forbidden"]["value"], given["throttled"]["value"]


def test_a_key_whose_limit_is_tried_in_the_place_of_one_without_permission_is_one_cause() -> None:
    run = run_smoke("microcms-management", two_keys_exchanged)
    assert run.counts == {"conforms": 30, "inconclusive": 2}
    said = "credentials.throttled and credentials.forbidden stand in the place of each other: "
    assert run.warnings[0] == f"{said}the first was always refused, the second never"


@pytest.mark.parametrize(
    ("contract", "change", "key", "depth"),
    [
        ("microcms-management", a_missing_medium_that_is_there, "fixtures.missing_media_url", "smoke"),
        ("microcms-management", a_medium_to_which_no_content_refers, "fixtures.referencing_content_id", "smoke"),
        ("microcms-management", a_draft_that_is_published, "fixtures.draft_content_id", "smoke"),
        ("microcms-management", keys_exchanged, "credentials.full and credentials.forbidden stand in", "smoke"),
        ("kuroco", a_missing_content_that_is_there, "fixtures.missing_topics_id", "standard"),
    ],
)
def test_a_mistake_in_the_profile_destroys_nothing(contract: str, change: Change, key: str, depth: Depth) -> None:
    with reference.start(contract) as server:
        profile = dict(server.profile)
        before = things(profile)
        right = copy.deepcopy(profile)
        change(profile)
        run = run_at(profile, depth)
        assert things(right) == before
    assert key in run.warnings[0]
    assert run.counts.get("violates", 0) == 0
    assert {row.reason for row in run.rows if row.verdict is Verdict.INCONCLUSIVE} == {run.warnings[0]}


def a_mistyped_delete_path(profile: dict[str, Any]) -> None:
    profile["fixtures"]["delete_path"] += "/"


def update_and_delete_path_exchanged(profile: dict[str, Any]) -> None:
    fixtures = profile["fixtures"]
    fixtures["update_path"], fixtures["delete_path"] = fixtures["delete_path"], fixtures["update_path"]


@pytest.mark.parametrize(
    ("change", "key"), [(a_mistyped_delete_path, "delete"), (update_and_delete_path_exchanged, "update")]
)
def test_of_what_a_wrong_path_does_not_delete_no_more_is_made(change: Change, key: str) -> None:
    rows = ["topics-read/not-found", *(f"topics-write/{name}" for name in ("url", "zip", "required-absent"))]
    with reference.start("kuroco") as server:
        profile = dict(server.profile) | {"late_effects": "10ms"}
        before = things(profile)
        right = copy.deepcopy(profile)
        change(profile)
        run = run_at(profile, "standard", rows)
        left = set(things(right)) - set(before)
    assert f"fixtures.{key}_path" in run.warnings[0]
    assert run.counts.get("violates", 0) == 0
    assert len(left) == 1
    assert {row.reason for row in run.rows if row.verdict is Verdict.INCONCLUSIVE} == {run.warnings[0]}


def test_a_target_that_deletes_what_is_referenced_is_blamed_at_smoke() -> None:
    run = run_smoke("microcms-management", lambda _: None, "deletes_referenced_medium")
    (row,) = (row for row in run.rows if row.verdict is Verdict.VIOLATES)
    assert row.id == "media-delete/medium-referenced"
    assert any("fixtures.referenced_media_url: no answer shows whether this is right" in text for text in row.warnings)


@pytest.mark.parametrize("contract", ["kuroco", "microcms-management"])
def test_a_right_profile_and_a_right_target_have_no_cause(contract: str) -> None:
    run = run_smoke(contract, lambda _: None)
    assert run.warnings == ()
    assert run.counts == {"conforms": len(run.rows)}


def test_a_wrong_server_is_still_blamed() -> None:
    run = run_smoke("microcms-management", a_stale_content, "accepts_limit_minus_1_on_contents")
    verdicts = {row.id: row.verdict for row in run.rows}
    assert verdicts["contents-get/limit-below-minimum"] is Verdict.VIOLATES
    assert verdicts["contents-get/content-not-found"] is Verdict.INCONCLUSIVE


def answered(n: int, status: int, *headers: tuple[str, str]) -> RecordedExchange:
    request = RecordedRequest("GET", "http://api.test/things")
    return RecordedExchange(n, "example", request, RecordedResponse(status, headers), role="example")


@pytest.mark.parametrize(
    ("location", "place"), [("https://api.test/things", "https://api.test"), ("http://[::g]/", "http://[::g]/")]
)
def test_a_redirect_of_everything_names_where_it_leads(location: str, place: str) -> None:
    exchanges = (answered(1, 301, ("Location", location)), answered(2, 301, ("Location", location)))
    row = RowResult("things/one", "things", 1, Verdict.INCONCLUSIVE, exchanges=exchanges)
    (cause,) = find_causes({}, [row])
    assert cause.text == f"the target redirects every request to {place}; requests are never redirected"
    assert cause.key == "base_url"


def test_an_address_that_this_machine_does_not_have_is_one_cause_with_its_line() -> None:
    detail = "this machine cannot send it: Cannot assign requested address"
    one = replace(answered(1, 0), response=None, failure=RecordedNoResponse("not-sent", detail))
    there = replace(one, request=replace(one.request, vantage="from 192.0.2.9"))
    row = RowResult("things/one", "things", 1, Verdict.INCONCLUSIVE, exchanges=(there, answered(2, 200)))
    (cause,) = find_causes({"vantages": {"outside": {"source_address": "192.0.2.9"}}}, [row])
    assert (cause.key, cause.text) == ("vantages.outside", f"vantages.outside: nothing was sent: {detail}")
    assert apply_causes([row], [cause])[0].reason == cause.text


def test_what_was_not_sent_from_anywhere_is_not_the_address() -> None:
    gone = RecordedNoResponse("not-sent", Message("the target is gone: {reason}", reason="it answered 429"))
    one = replace(answered(1, 0), response=None, failure=gone)
    there = replace(one, request=replace(one.request, vantage="from 192.0.2.9"))
    exchanges = (answered(2, 200), there, replace(one, n=3))
    row = RowResult("things/one", "things", 1, Verdict.INCONCLUSIVE, exchanges=exchanges)
    causes = find_causes({"vantages": {"outside": {"source_address": "192.0.2.9"}}}, [row])
    assert [cause.key for cause in causes] == ["base_url"]


PAGE_OF_PROXY = RecordedNoResponse("proxy", "403 with a page that our proxy may have made itself")
GONE = RecordedNoResponse("not-sent", "the target is gone: 20 requests in a row: our proxy answered 407")


@pytest.mark.parametrize("key", ["proxy", "vantages.outside"])
@pytest.mark.parametrize("failure", [PAGE_OF_PROXY, GONE, None])
def test_what_our_own_proxy_refused_is_one_cause_with_its_line(key: str, failure: RecordedNoResponse | None) -> None:
    one = answered(1, 407) if failure is None else replace(answered(1, 403), failure=failure)
    through = replace(one, request=replace(one.request, vantage="through http://ann@proxy.test:1"))
    at = {"proxy": "http://proxy.test:1"}
    target = at if key == "proxy" else {"vantages": {"outside": at}}
    row = RowResult("things/one", "things", 1, Verdict.INCONCLUSIVE, exchanges=(through, answered(2, 200)))
    (cause,) = find_causes(target, [row])
    reason = (
        PAGE_OF_PROXY.detail if failure is PAGE_OF_PROXY else "our proxy answered 407: it wants a user and a password"
    )
    assert (cause.key, cause.text) == (key, f"{key}: 1 request did not reach the target: {reason}")
    assert apply_causes([row], [cause])[0].reason == cause.text


HOST = "http://api.test"


def asked(n: int, what: str, status: int, role: str, *, sent: str | None = None, shown: str = "") -> RecordedExchange:
    """An exchange; `what` is the method and the path."""
    method, path = what.split(" ")
    request = RecordedRequest(method, HOST + path, body=sent)
    return RecordedExchange(n, role, request, RecordedResponse(status, body=shown), role=role)


def violated(*exchanges: RecordedExchange, found: tuple[Finding, ...], row: str = "one") -> RowResult:
    return RowResult(f"things/{row}", "things", 1, Verdict.VIOLATES, findings=found, exchanges=exchanges)


def wrong(n: int, check: str = "status", expected: Any = 404, detail: str = "") -> Finding:
    return Finding(check, Level.MUST, expected, 200, "example", exchange=n, detail=detail)


def explain(fixtures: dict[str, Any], *rows: RowResult) -> tuple[list[str], list[str]]:
    """The causes found, and the verdicts of the rows with them."""
    causes = find_causes({"fixtures": fixtures}, rows)
    return [cause.text for cause in causes], [row.verdict.value for row in apply_causes(rows, causes)]


@pytest.mark.parametrize("place", ["/things/{}", "/things?name={}", "/things?limit=1&name={}"])
def test_what_should_be_missing_and_is_there_is_the_profiles_mistake(place: str) -> None:
    values = ["here", "gone-1", "gone-2", "here"]
    answers = [
        asked(n, f"GET {place.format(value)}", 200 if value == "here" else 404, "example")
        for n, value in enumerate(values)
    ]
    row = violated(*answers, found=(wrong(0), wrong(3)))
    sentence = "fixtures.missing_thing: here is there: it was answered with a success"
    assert explain({"missing_thing": "here"}, row) == ([sentence], ["inconclusive"])


@pytest.mark.parametrize(("plain", "verdict"), [(404, "inconclusive"), (200, "violates")])
def test_a_part_of_a_name_that_is_found_is_the_profiles_mistake_unless_others_are_found_alike(
    plain: int, verdict: str
) -> None:
    queries = ["name=pic", "limit=0&name=gone.png&alt=a", "name=%22gone", "limit=0&name=gone", "name=pic"]
    statuses = [200, 404, plain, 404, 200]
    answers = [asked(n, f"GET /media?{query}", statuses[n], "example") for n, query in enumerate(queries)]
    row = violated(*answers, found=tuple(wrong(n) for n, status in enumerate(statuses) if status == 200))
    assert explain({"missing_name": "pic"}, row)[1] == [verdict]


@pytest.mark.parametrize(("stale", "version"), [("1", "1"), ("v1", "v1"), ("contents", "contents"), ("1", "2")])
def test_a_stale_id_that_reads_as_a_part_of_every_path_is_found(stale: str, version: str) -> None:
    good = asked(1, f"GET /api/{version}/login", 200, "control")
    lists = asked(2, f"GET /api/{version}/topics", 200, "control")
    one = asked(3, f"GET /api/{version}/topics/{stale}", 404, "control")
    row = violated(good, lists, one, found=(wrong(3, "control", 200),))
    other = violated(asked(1, f"GET /api/{version}/topics", 200, "example"), found=(wrong(1),), row="two")
    sentence = f"fixtures.topics_id: {stale} was answered 404 by every operation that uses it"
    assert explain({"topics_id": stale}, row, other) == ([sentence], ["inconclusive", "violates"])


@pytest.mark.parametrize(
    ("rows", "also", "verdict"),
    [
        (3, None, "inconclusive"),
        (2, None, "violates"),
        (3, ("boundary", "[Accept-Language: ja]", ()), "violates"),  # in the language that was asked for
        (3, ("boundary", "[_lang=en]", ("language",)), "violates"),  # in the other one here, too
        (3, ("open", "alone [_lang=ja]", ("choice",)), "inconclusive"),
        (3, ("open", "alone [_lang=ja]", ("choice", "other")), "violates"),  # for a reason that no other had
    ],
)
def test_a_language_that_nothing_came_in_is_the_profiles(
    rows: int, also: tuple[str, str, tuple[str, ...]] | None, verdict: str
) -> None:
    def ask(n: int, role: str, label: str, code: str = "invalid") -> RecordedExchange:
        return replace(asked(n, "POST /things", 400, role, shown=f'{{"code": "{code}"}}'), label=f"example {label}")

    results = []
    for row in range(rows):
        exchanges = [ask(1, "example", "[_lang=ja]"), ask(2, "example", "[Accept-Language: en]")]
        found = [wrong(1, "language")]
        if also is not None:
            role, label, checks = also
            exchanges.append(ask(3, role, label, checks[1] if len(checks) > 1 else "invalid"))
            found += [wrong(3, check) for check in checks[:1]]
        results.append(violated(*exchanges, found=tuple(found), row=str(row)))
    said = "fixtures.languages: no message was in ja where that was asked for"
    causes, verdicts = explain({"languages": ["ja", "en"]}, *results)
    assert set(verdicts) == {verdict}
    assert causes in ([], [said])


@pytest.mark.parametrize("role", ["example", "control"])
def test_a_set_up_after_whose_refusal_the_faulty_requests_went_out_was_to_be_refused(role: str) -> None:
    look = asked(1, "GET /a/things", 401, "step", shown="no token")
    row = violated(look, asked(2, "GET /a/other", 200, role), found=(wrong(2),))
    said = "fixtures.list_path: every valid request to a/things was refused in the same words: 401 no token"
    assert explain({"list_path": "a/things"}, row)[0] == ([] if role == "example" else [said])


@pytest.mark.parametrize(("controls", "verdict"), [(401, "inconclusive"), (200, "violates")])
def test_a_password_that_is_right_without_its_end_is_the_profiles_unless_it_works_with_it(
    controls: int, verdict: str
) -> None:
    email, password = (f"{OPEN}secret:login.{each}{CLOSE}" for each in ("email", "password"))
    whole, part = (json.dumps({"email": email, "password": each}, ensure_ascii=False) for each in (password, "a part"))
    calls = [asked(n, "POST /login", controls, "control", sent=whole) for n in (1, 2)]
    near = asked(3, "POST /login", 200, "boundary", sent=part)
    row = violated(*calls, near, found=(wrong(3, "status", 401),))
    sentences = ["every call with credentials.login was answered 401"] if controls == 401 else []
    assert explain({}, row) == (sentences, [verdict])


def test_of_a_row_that_violates_only_what_no_cause_explains_is_held_against_the_target() -> None:
    values = ["here", "gone-1", "gone-2", "gone-3", "here"]
    statuses = [200, 404, 404, 200, 200]
    answers = [asked(n, f"GET /things/{value}", statuses[n], "example") for n, value in enumerate(values)]
    row = violated(*answers, found=(wrong(0), wrong(3), wrong(4)))
    causes = find_causes({"fixtures": {"missing_thing": "here"}}, [row])
    (result,) = apply_causes([row], causes)
    assert (result.verdict.value, [finding.exchange for finding in result.findings]) == ("violates", [3])


@pytest.mark.parametrize(("first", "verdict"), [(1, "inconclusive"), (9, "violates")])
def test_what_is_listed_before_it_is_written_is_there_although_it_was_refused_for_another_reason(
    first: int, verdict: str
) -> None:
    listed = asked(first, "GET /things", 200, "control", shown='{"createdBy": "m-1"}')
    accepted = asked(2, "PATCH /things/1", 200, "example", sent='{"createdBy": "m-1"}')
    method = asked(3, "PUT /things/1", 405, "example", sent='{"createdBy": "m-1"}')
    calls = [replace(one, started=f"2026-01-01T00:00:0{one.n}.000Z") for one in (listed, accepted, method)]
    assert explain({"missing_member_id": "m-1"}, violated(*calls, found=(wrong(2, "status", 400),)))[1] == [verdict]


def test_a_target_that_finds_what_is_missing_whatever_it_is_called_is_blamed() -> None:
    answers = [asked(n, f"GET /things/{value}", 200, "example") for n, value in enumerate(["here", "a", "b", "here"])]
    row = violated(*answers, found=tuple(map(wrong, range(4))))
    assert explain({"missing_thing": "here"}, row) == ([], ["violates"])


def test_a_file_name_that_no_answer_shows_is_a_cause_and_one_that_a_list_shows_is_not() -> None:
    refused = asked(1, "GET /media?fileName=a.png", 404, "control")
    row = violated(refused, found=(wrong(1, "control", 200),))
    sentence = "fixtures.media_file_name: a.png was answered 404 by every operation that uses it"
    assert explain({"media_file_name": "a.png"}, row) == ([sentence], ["inconclusive"])
    for url, verdict in (("https://media.test/q-a.png", "inconclusive"), ("https://media.test/a.png", "violates")):
        listed = asked(2, "GET /media", 200, "control", shown=json.dumps({"media": [{"url": url}]}))
        assert explain({"media_file_name": "a.png"}, violated(refused, listed, found=(wrong(1),)))[1] == [verdict]
    listed = asked(2, "GET /media", 200, "control", shown='{"media": [{"url": "https://media.test/a.png"}]}')
    row = violated(refused, listed, found=(wrong(1, "control", 200),))
    assert explain({"media_file_name": "a.png"}, row) == ([], ["violates"])


LISTED = ("https://media.test/service/1/a.png", "https://media.test/service/2/b.png")


@pytest.mark.parametrize(
    ("missing", "verdict"),
    [
        ("https://media.test/service/0/gone.png", "violates"),
        ("https://cdn.test/service/0/gone.png", "inconclusive"),
        ("https://media.test/another/0/gone.png", "inconclusive"),
    ],
)
def test_a_url_of_another_host_or_service_is_no_medium_that_is_missing(missing: str, verdict: str) -> None:
    listed = asked(1, "GET /media", 200, "control", shown=json.dumps({"media": [{"url": url} for url in LISTED]}))
    refused = asked(2, f"DELETE /media?url={missing}", 400, "example")
    said = f"fixtures.missing_media_url: {missing} is of another host or service than all that the target shows"
    assert explain({"missing_media_url": missing}, violated(listed, refused, found=(wrong(2),))) == (
        [said] if verdict == "inconclusive" else [],
        [verdict],
    )


@pytest.mark.parametrize(
    "shown", ["https://media.test", "https://media.test//x/", "https://[", "https://media.test:x/a"]
)
def test_any_url_that_a_target_shows_is_compared(shown: str) -> None:
    missing = "https://media.test/service/0/gone.png"
    urls = json.dumps({"media": [{"url": url} for url in (*LISTED, shown)]})
    listed = asked(1, "GET /media", 200, "control", shown=urls)
    refused = asked(2, f"DELETE /media?url={missing}", 400, "example")
    assert explain({"missing_media_url": missing}, violated(listed, refused, found=(wrong(2),))) == ([], ["violates"])


@pytest.mark.parametrize("status", [204, 404, 405, 500])
def test_a_url_of_another_service_is_no_excuse_for_an_answer_that_no_wrong_url_gets(status: int) -> None:
    missing = "https://other.test/2/a.png"
    listed = asked(1, "GET /media", 200, "control", shown=json.dumps({"media": [{"url": url} for url in LISTED]}))
    answered = asked(2, f"DELETE /media?url={missing}", status, "example")
    row = violated(listed, answered, found=(wrong(2),))
    assert explain({"missing_media_url": missing}, row) == ([], ["violates"])


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [("https://media.test/1/a.png", "violates"), ("http://media.test/1/a.png", "inconclusive")],
)
def test_a_url_that_is_listed_under_another_one_is_the_profiles_mistake(shown: str, verdict: str) -> None:
    url = "https://media.test/1/a.png"
    listed = asked(1, "GET /media?fileName=a.png", 200, "guard", shown=json.dumps({"url": shown}))
    almost = asked(2, "DELETE /media?url=https://media.test/1", 400, "boundary")
    causes, verdicts = explain({"media_url": url}, violated(listed, almost, found=(wrong(2),)))
    sentence = f"fixtures.media_url: {url} is not what is shown where a.png is asked for"
    assert (causes, verdicts) == ([sentence] if verdict == "inconclusive" else [], [verdict])


@pytest.mark.parametrize(("status", "shown"), [(400, '{"message": "no"}'), (200, '{"media": []}'), (404, "{}")])
def test_a_url_that_no_list_could_show_is_no_mistake_of_the_profile(status: int, shown: str) -> None:
    read = asked(1, "GET /media?fileName=a.png&limit=0", status, "boundary", shown=shown)
    accepted = asked(2, "DELETE /media?url=https://media.test/1/a.png", 200, "example")
    row = violated(read, accepted, found=(wrong(2, "status", 400),))
    assert explain({"media_url": "https://media.test/1/a.png"}, row) == ([], ["violates"])


def test_an_endpoint_of_another_kind_is_one_cause_and_excuses_only_what_rests_on_it() -> None:
    one = asked(1, "GET /settings", 200, "control", shown="{}")
    ids = [asked(n, f"GET /settings/{value}", 404, "control") for n, value in ((2, "a"), (3, "b"))]
    accepted = violated(asked(4, "GET /settings?limit=-1", 200, "example"), found=(wrong(4, "status", 400),), row="two")
    row = violated(one, *ids, found=(wrong(1, "effect", "a member 'contents'"),))
    sentence = (
        "fixtures.endpoint: settings answers, but content_id, draft_id are not found below it: "
        "it may be of another kind"
    )
    fixtures = {"endpoint": "settings", "content_id": "a", "draft_id": "b"}
    assert explain(fixtures, row, accepted) == ([sentence], ["inconclusive", "violates"])


@pytest.mark.parametrize("name", [92, "E-mail address", '"ext_2"'])
def test_a_field_may_be_called_by_anything_that_the_target_does_not_know(name: Any) -> None:
    fixtures = {"fields": {"email": {"name": name}, "tel": {"name": "ext_3"}}}
    sent = asked(1, "POST /insert", 200, "example", sent=json.dumps({str(name): "abc", "ext_3": "1"}))
    read = asked(2, "GET /detail/1", 200, "control", shown='{"details": {"ext_2": "", "ext_3": "1"}}')
    assert explain(fixtures, violated(sent, read, found=(wrong(1, "status", 400),)))[1] == ["inconclusive"]


def test_a_field_that_the_target_does_not_have_is_a_cause_also_for_what_is_read_of_it() -> None:
    fixtures = {"fields": {"email": {"name": "ext_92"}, "tel": {"name": "ext_3"}}}
    sent = asked(1, "POST /insert", 200, "example", sent='{"ext_92": "abc", "ext_3": "1"}')
    read = asked(2, "GET /detail/1", 200, "control", shown='{"details": {"ext_2": "", "ext_3": "1"}}')
    row = violated(sent, read, found=(wrong(1, "status", 400), wrong(2, "effect", "a@b", "at /details/ext_92")))
    sentence = "fixtures.fields.email.name: no answer of the target has a member ext_92"
    assert explain(fixtures, row) == ([sentence], ["inconclusive"])
    shown = asked(2, "GET /detail/1", 200, "control", shown='{"details": {"ext_92": "abc", "ext_3": "1"}}')
    assert explain(fixtures, violated(sent, shown, found=(wrong(1, "status", 400),))) == ([], ["violates"])
    # It checks the field and never shows it: it knows it, and loses it.
    refused = asked(3, "POST /insert", 400, "example", sent='{"ext_92": "abc"}', shown='{"field": "ext_92"}')
    valid = asked(4, "POST /insert", 200, "control", sent='{"ext_92": "a@b"}')
    row = violated(refused, valid, read, found=(wrong(2, "effect", "a@b", "at /details/ext_92"),))
    assert explain(fixtures, row) == ([], ["violates"])


def test_a_valid_value_that_is_refused_each_time_is_the_profiles() -> None:
    fixtures = {"fields": {"zip": {"name": "ext_4", "valid": "15"}}}
    refused = asked(1, "POST /insert", 400, "control", sent='{"ext_4": "15"}', shown='{"field": "ext_4"}')
    row = violated(refused, found=(wrong(1, "control", 200),))
    sentence = "fixtures.fields.zip: every valid request with ext_4 was refused for it"
    assert explain(fixtures, row) == ([sentence], ["inconclusive"])


PATHS = {"update_path": "do/update/{id}", "missing_update_path": "gone/update/{id}", "insert_path": "do/insert"}


def test_a_run_keeps_what_its_causes_were_found_in_although_its_rows_say_no_more_of_it() -> None:
    valid = [asked(n, "POST /do/update/7", 404, "control") for n in (1, 2)]
    firm = [asked(n, "POST /gone/update/7", 200, "example") for n in (3, 4)]
    row = violated(*valid, *firm, found=(wrong(3), wrong(4)))
    begun = TargetRun(ContractName("x", "1"), {"fixtures": PATHS}, Verdict.NOT_EXERCISED, {}, 0, ())
    run = assemble_run(begun, [row])
    assert [one.key for one in run.causes] == ["fixtures.update_path"]
    assert [one.text for one in run.causes] == list(run.warnings)


def test_paths_in_the_place_of_each_other_are_one_cause_and_one_that_never_refuses_is_not() -> None:
    valid = [asked(n, "POST /do/update/7", 404, "control") for n in (1, 2)]
    firm = [asked(n, "POST /gone/update/7", 200, "example") for n in (3, 4)]
    row = violated(*valid, *firm, found=(wrong(3), wrong(4)))
    said = (
        "fixtures.update_path and fixtures.missing_update_path stand in the place of each other: "
        "the first was always refused, the second never"
    )
    assert said in explain(PATHS, row)[0]
    assert explain(PATHS, row)[1] == ["inconclusive"]
    works = [asked(n, "POST /do/update/7", 200, "control") for n in (1, 2)]
    assert explain(PATHS, violated(*works, *firm, found=(wrong(3), wrong(4)))) == ([], ["violates"])


def test_one_that_is_there_in_the_place_of_one_that_is_not_is_one_cause() -> None:
    fixtures = {"member_id": "invited", "invited_member_id": "joined"}
    valid = asked(1, "GET /members/invited", 404, "control")
    found = asked(2, "GET /members/joined", 200, "boundary")
    said = (
        "fixtures.member_id and fixtures.invited_member_id stand in the place of each other: "
        "the first was always refused, the second never"
    )
    row = violated(valid, found, found=(wrong(1, "control", 200), wrong(2)))
    assert explain(fixtures, row) == ([said], ["inconclusive"])


@pytest.mark.parametrize("words", ["no such grant", "no such member"])
def test_paths_that_refuse_in_the_words_of_each_other_are_exchanged(words: str) -> None:
    fixtures = {"login_path": "do/token", "token_path": "do/login"}
    firm = [asked(n, "POST /do/login", 401, "example", shown='{"message": "no such member"}') for n in (1, 2)]
    valid = asked(3, "POST /do/token", 401, "control", shown=f'{{"message": "{words}"}}')
    row = violated(*firm, valid, found=(wrong(1, "message", "no such grant"), wrong(2, "message", "no such grant")))
    said = (
        "fixtures.token_path and fixtures.login_path stand in the place of each other: "
        "valid requests to the second are refused in the words of the first"
    )
    causes, verdicts = explain(fixtures, row)
    assert (said in causes, verdicts) == (
        (True, ["inconclusive"]) if words == "no such grant" else (False, ["violates"])
    )


@pytest.mark.parametrize("given", ["{}", '{"grant": "1"}'])
def test_a_path_that_answers_everything_alike_and_gives_nothing_is_another_endpoint(given: str) -> None:
    faulty = asked(1, "POST /do/logout", 200, "example", shown="{}")
    valid = asked(2, "POST /do/logout", 200, "control", shown=given)
    row = violated(faulty, valid, found=(wrong(1), wrong(2, "effect", "a member 'grant'")))
    said = "fixtures.login_path: do/logout answers every request alike, and valid ones without what they should give"
    assert explain({"login_path": "do/logout"}, row) == (
        ([said], ["inconclusive"]) if given == "{}" else ([], ["violates"])
    )


def test_a_path_after_which_all_is_gone_deletes_and_one_after_which_some_is_there_is_the_targets() -> None:
    def tried(*statuses: int) -> RowResult:
        sent = [asked(n, f"POST /do/update/{n}", 200, "example") for n in (1, 2)]
        read = [asked(n + 2, f"GET /do/{n}", status, "guard") for n, status in zip((1, 2), statuses, strict=True)]
        return violated(*sent, *read, found=(wrong(1), wrong(2)))

    said = "fixtures.update_path: whatever do/update/{id} was called on was gone afterwards: it deletes"
    assert explain(PATHS, tried(404, 404)) == ([said], ["inconclusive"])
    # What the path beside it should have deleted is still there, and that follows from the same mistake.
    kept = [asked(1, "POST /do/delete/9", 200, "step"), asked(2, "GET /do/9", 200, "boundary")]
    rows = tried(404, 404), violated(*kept, found=(wrong(2),), row="two")
    assert explain(PATHS | {"delete_path": "do/delete/{id}"}, *rows) == ([said], ["inconclusive", "inconclusive"])
    assert explain(PATHS, tried(404, 200)) == ([], ["violates"])


@pytest.mark.parametrize(
    ("faulty", "role", "verdict"),
    [("bad", "example", "inconclusive"), ("odd", "example", "violates"), ("bad", "control", "violates")],
)
def test_words_in_which_every_valid_request_is_refused_tell_nothing_of_a_faulty_one(
    faulty: str, role: str, verdict: str
) -> None:
    valid = asked(1, "POST /do/insert", 400, "control", shown='{"errors": [{"code": "bad", "message": "no"}]}')
    other = asked(2, "POST /do/insert", 400, role, shown=f'{{"errors": [{{"code": "{faulty}", "message": "nein"}}]}}')
    causes, verdicts = explain(PATHS, violated(valid, other, found=(wrong(2, "code", "empty"),)))
    assert verdicts == [verdict]
    assert causes == (
        ["fixtures.insert_path: every valid request to do/insert was refused in the same words: 400 bad"]
        if faulty == "bad"
        else causes
    )


def test_what_every_valid_request_to_a_path_lacks_is_said_once_though_no_row_blames() -> None:
    def a_field_of_another_name(profile: dict[str, Any]) -> None:
        profile["fixtures"]["fields"]["required"]["name"] = "subject"

    run = run_smoke("kuroco", a_field_of_another_name)
    said = "fixtures.fields: every valid request to rcms-api/1/topics1/insert was refused for lack of ext_col_01"
    assert (run.warnings, run.counts.get("violates", 0)) == ((said,), 0)


def test_what_a_refusal_may_not_tell_is_not_excused_by_a_mistaken_path() -> None:
    valid, other = (asked(n, "POST /do/insert", 409, role) for n, role in ((1, "control"), (2, "example")))
    found = (wrong(2, "code", "empty"), wrong(2, "leak", "no SQL in a refusal"))
    row = violated(valid, other, found=found)
    (kept,) = apply_causes([row], find_causes({"fixtures": PATHS}, [row]))
    assert (kept.verdict, [one.check for one in kept.findings]) == ("violates", ["leak"])


@pytest.mark.parametrize(
    ("key", "verdict"),
    [("credentials.full", "violates"), ("base_url", "inconclusive"), ("vantages.outside", "inconclusive")],
)
def test_a_refusal_that_tells_a_wrong_credential_is_the_targets_unless_another_site_answers(
    key: str, verdict: str
) -> None:
    sent = asked(1, "GET /things", 401, "example")
    row = violated(sent, found=(wrong(1, "status", 400), wrong(1, "leak", "no credential in an answer")))
    (kept,) = apply_causes([row], [RunCause(key, "every call was answered 401", lambda one: one.status == 401)])
    assert (kept.verdict, [one.check for one in kept.findings]) == (verdict, ["leak"] if verdict == "violates" else [])


@pytest.mark.parametrize(("sent", "verdict"), [("", "inconclusive"), (f"{OPEN}secret:login.email{CLOSE}", "violates")])
def test_a_credential_that_never_worked_is_no_secret_of_the_target_unless_it_was_sent(sent: str, verdict: str) -> None:
    shown = Message("the value of {name}", name="login.password")
    found = ExploredFinding("leak", Level.MUST, "no credential in an answer", shown, exchange=1)
    item = explored(
        "profile", Verdict.VIOLATES, asked(1, "POST /profile", 200, "example", sent=sent), findings=(found,)
    )
    (cause,) = find_causes({}, [refused_login()])
    assert cause.text == "every call with credentials.login was answered 401"
    assert [one.verdict for one in apply_causes([item], [cause])] == [verdict]


def refused_login() -> RowResult:
    """One of whose values the recorded one is named by its variable."""
    both = f'{{"email": "{OPEN}secret:login.email{CLOSE}", "password": "{OPEN}secret:PASSWORD{CLOSE}"}}'
    calls = [asked(n, "POST /login", 401, "control", sent=both) for n in (1, 2, 3)]
    return RowResult("login/login", "login", 1, Verdict.INCONCLUSIVE, exchanges=tuple(calls))


@pytest.mark.parametrize(
    ("fixtures", "shown", "verdict"),
    [
        (PATHS | {"missing_insert_path": "gone/insert"}, '{"code": "no_group"}', "inconclusive"),
        (PATHS | {"missing_insert_path": "gone/insert"}, '{"code": "no_group", "field": "title"}', "violates"),
        (PATHS, '{"code": "no_group"}', "violates"),
    ],
)
def test_a_path_that_refuses_all_as_a_missing_one_would_is_not_the_targets(
    fixtures: dict[str, str], shown: str, verdict: str
) -> None:
    refused = asked(1, "POST /do/insert", 400, "step", shown=shown)
    assert explain(fixtures, violated(refused, found=(wrong(1, "control", 200),)))[1] == [verdict]


@pytest.mark.parametrize(("code", "verdict"), [(None, "inconclusive"), ("not_found", "violates")])
def test_a_path_that_answers_404_without_a_code_leads_nowhere(code: str | None, verdict: str) -> None:
    finding = [Finding("code", Level.MUST, "bad_request", code, "example", exchange=n) for n in (1, 2)]
    calls = [asked(n, "POST /gone/insert", 404, "example") for n in (1, 2)]
    assert explain({"missing_path": "gone/insert"}, violated(*calls, found=tuple(finding)))[1] == [verdict]


@pytest.mark.parametrize(
    ("listed", "verdict"), [('{"createdBy": "m-1"}', "inconclusive"), ('{"title": "m-1"}', "violates")]
)
def test_who_has_made_something_has_joined(listed: str, verdict: str) -> None:
    shown = asked(1, "GET /things", 200, "control", shown=listed)
    found = asked(2, "GET /members/m-1", 200, "boundary")
    assert explain({"invited_member_id": "m-1"}, violated(shown, found, found=(wrong(2),)))[1] == [verdict]


@pytest.mark.parametrize(
    ("block", "statuses", "verdict"),
    [
        ({}, (200, 201), "inconclusive"),
        ({}, (200, 400), "violates"),
        ({"pattern": "[0-9]+"}, (200, 201), "violates"),
    ],
)
def test_a_mismatch_that_is_always_accepted_proves_nothing_without_its_pattern(
    block: dict[str, str], statuses: tuple[int, int], verdict: str
) -> None:
    fields = {"fields": {"regex": {"name": "ext_1", "mismatch": "abc", **block}}}
    sent = [
        asked(n, "POST /insert", status, "example", sent='{"ext_1": "abc"}', shown='{"ext_1": ""}')
        for n, status in enumerate(statuses)
    ]
    assert explain(fields, violated(*sent, found=(wrong(0, "status", 400),)))[1] == [verdict]


def test_a_stale_id_is_the_cause_also_where_it_stands_in_a_body() -> None:
    stale = asked(1, "GET /members/gone", 404, "control")
    sent = asked(2, "PATCH /things/1", 400, "control", sent='{"createdBy": "gone"}')
    sentence = "fixtures.member_id: gone was answered 404 by every operation that uses it"
    assert explain({"member_id": "gone"}, violated(stale, sent, found=(wrong(2, "control", 200),))) == (
        [sentence],
        ["inconclusive"],
    )


def test_a_path_with_a_placeholder_is_not_taken_for_one_that_begins_alike() -> None:
    fixtures = {"insert_path": "topics/update", "update_path": "topics/update/{topics_id}"}
    row = RowResult(
        "things/one", "things", 1, Verdict.INCONCLUSIVE, exchanges=(asked(1, "POST /topics/update", 405, "control"),)
    )
    sentence = "fixtures.insert_path: topics/update was answered 405 by every operation that uses it"
    assert explain(fixtures, row) == ([sentence], ["inconclusive"])


PAGE = "<html>Log in to this network</html>"


@pytest.mark.parametrize("vantage", ["", "outside"])
def test_one_page_whatever_is_asked_is_not_the_targets(vantage: str) -> None:
    form = {"proxy": "http://proxy.test:1"} if vantage else {}
    shown = f"through {form['proxy']}" if vantage else ""
    both = [asked(n, f"GET /things/{n}", 200, "example", shown=PAGE) for n in (1, 2)]
    through = [replace(one, request=replace(one.request, vantage=shown)) for one in both]
    own = [asked(3, "GET /things", 200, "control", shown="{}")] if vantage else []
    row = violated(*through, *own, found=(wrong(1), wrong(2)))
    (cause,) = find_causes({"vantages": {"outside": form}}, [row])
    key = f"vantages.{vantage}" if vantage else "base_url"
    assert (cause.key, cause.text) == (key, f"{key}: every request was answered 200 with the same page")
    assert apply_causes([row], [cause])[0].verdict is Verdict.INCONCLUSIVE


def test_an_answer_that_hides_a_secret_is_no_page_of_another_site() -> None:
    shown = f"{OPEN}an answer that holds secret:full, 40 bytes, sha256 {'ab' * 32}{CLOSE}"
    both = [asked(n, f"GET /things/{n}", 400, "example", shown=shown) for n in (1, 2)]
    row = violated(*both, found=(wrong(1, "leak"), wrong(2, "leak")))
    assert explain({}, row) == ([], ["violates"])


def test_a_page_that_an_address_of_our_own_is_shown_is_the_targets() -> None:
    both = [asked(n, f"GET /things/{n}", 403, "example", shown=PAGE) for n in (1, 2)]
    through = [replace(one, request=replace(one.request, vantage="from 127.0.0.9")) for one in both]
    row = violated(*through, asked(3, "GET /things", 200, "control", shown="{}"), found=(wrong(1), wrong(2)))
    assert find_causes({"vantages": {"outside": {"source_address": "127.0.0.9"}}}, [row]) == ()


def explored(operation: str, verdict: Verdict, *exchanges: RecordedExchange, **more: Any) -> Exploration:
    return Exploration(operation, "GET", "/", verdict, exchanges=exchanges, **more)


def test_what_a_path_lacks_is_not_what_an_id_in_it_lacks() -> None:
    fixtures = {"detail_path": "topics/{topics_id}", "topics_id": 987654}
    stale = asked(1, "GET /topics/987654", 404, "control")
    own = asked(2, "GET /topics/12", 200, "control", shown="{}")
    causes, _ = explain(fixtures, violated(stale, own, found=(wrong(2, "effect", "a@b"),)))
    assert causes == ["fixtures.topics_id: 987654 was answered 404 by every operation that uses it"]


def test_of_two_values_that_are_only_asked_for_together_the_one_above_is_the_cause() -> None:
    calls = [asked(n, "GET /buckets/blogs/collections/posts", 404, "control") for n in (1, 2)]
    works = asked(3, "GET /", 200, "control")
    causes, _ = explain({"collection": "posts", "bucket": "blogs"}, violated(*calls, works, found=(wrong(1),)))
    assert causes == ["fixtures.bucket: blogs was answered 404 by every operation that uses it"]


def test_what_is_in_the_path_of_every_valid_call_may_be_wrong_as_well_as_the_base_url() -> None:
    calls = [asked(n, f"GET /buckets/blogs/collections/{n}", 404, "control") for n in (1, 2, 3)]
    causes, _ = explain({"bucket": "blogs", "other": "x"}, violated(*calls, found=(wrong(1),)))
    assert causes == ["every valid call was answered 404: the path of base_url or fixtures.bucket may be wrong"]


def test_two_entries_with_one_value_are_both_named() -> None:
    calls = [asked(n, "GET /settings/settings", 404, "control") for n in (1, 2, 3)]
    works = asked(4, "GET /others", 200, "control")
    causes, _ = explain({"endpoint": "settings", "item": "settings"}, violated(*calls, works, found=(wrong(1),)))
    said = "fixtures.endpoint or item: settings was answered 404 by every operation that uses it"
    assert causes == [said]


def test_what_rests_on_two_causes_blames_nobody_and_what_does_in_part_does() -> None:
    fixtures = {"first_path": "one/away", "second_path": "two/away"}
    lost = [asked(n, f"POST /{each}", 404, "example") for n, each in enumerate(("one/away", "two/away") * 2, start=1)]
    found = tuple(wrong(n, "code", "bad") for n in (1, 2, 3, 4))
    causes = [RunCause(f"fixtures.{name}", Message("x"), partial(Call.uses, value=fixtures[name])) for name in fixtures]
    row = violated(*lost, found=found)
    assert [one.verdict.value for one in apply_causes([row], causes)] == ["inconclusive"]
    assert [one.verdict.value for one in apply_causes([row], causes[:1])] == ["violates"]


def test_a_cause_holds_for_explorations_and_is_found_from_them() -> None:
    def asked(n: int, path: str, status: int, role: str) -> RecordedExchange:
        request = RecordedRequest("GET", f"http://api.test/{path}")
        return RecordedExchange(n, "plain", request, RecordedResponse(status), role=role)

    found = ExploredFinding("valid-data", Level.MUST, 200, 404, 1, 3)
    ended = explored("getThing", Verdict.INCONCLUSIVE, asked(1, "things/stale", 404, "example"), reason="refused")
    linked = explored("putThing", Verdict.VIOLATES, asked(3, "things/stale", 404, "step"), findings=(found,))
    other = explored("listThings", Verdict.VIOLATES, asked(3, "things", 404, "example"), findings=(found,))
    causes = find_causes({"fixtures": {"thing": "stale"}}, (), (ended, linked, other))
    assert [cause.key for cause in causes] == ["fixtures.thing"]
    after = apply_causes((ended, linked, other), causes)
    assert [item.verdict for item in after] == [Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE, Verdict.VIOLATES]
    assert after[0].reason == after[1].reason == causes[0].text
    assert after[1].findings == ()


@pytest.mark.parametrize(("other", "verdict"), [(200, "inconclusive"), (500, "violates")])
def test_a_hook_that_changes_no_answer_is_unknown_to_the_target(other: int, verdict: str) -> None:
    hooked = [asked(1, "GET /things", 200, "example"), asked(2, "GET /things/1", other, "example")]
    hooked = [replace(one, request=replace(one.request, headers=(("X-Fail", "1"),))) for one in hooked]
    # A page without items has fewer members than one with some.
    hooked[0] = replace(hooked[0], response=replace(hooked[0].response, body='{"things": [{"id": 1}]}'))
    plain = [
        asked(3, "GET /things?limit=0", 200, "control", shown='{"things": []}'),
        asked(4, "GET /things/1", 200, "control"),
    ]
    row = violated(*hooked, *plain, found=(wrong(1, "status", 500),))
    causes = find_causes({"hooks": {"broken": {"headers": ["x-fail"]}}}, [row])
    assert apply_causes([row], causes)[0].verdict.value == verdict
    if verdict == "inconclusive":
        assert [cause.text for cause in causes] == ["hooks.broken: the target answers as without its headers"]


@pytest.mark.parametrize(("theirs", "verdict"), [("ext_1", "inconclusive"), ("ext_2", "violates")])
def test_a_field_that_only_what_we_sent_shows_is_unknown_where_the_target_shows_whatever_it_is_sent(
    theirs: str, verdict: str
) -> None:
    fixtures = {"fields": {"email": {"name": "ext_2"}, "tel": {"name": "ext_1"}}}
    sent = asked(1, "POST /insert", 200, "example", sent='{"ext_2": "abc", "odd": "1"}')
    ours = '{"title": "conformance-abc123-0123456789ab", "ext_1": "", "ext_2": "abc", "odd": "1"}'
    own = asked(2, "GET /detail/9", 200, "control", shown=ours)
    other = asked(3, "GET /detail/1", 200, "control", shown=f'{{"title": "News", "ext_1": "", "{theirs}": ""}}')
    row = violated(sent, own, other, found=(wrong(1, "status", 400),))
    assert explain(fixtures, row)[1] == [verdict]


@pytest.mark.parametrize(("last", "verdict"), [(403, "inconclusive"), (400, "violates")])
def test_a_key_that_is_replaced_during_a_run_is_not_the_targets(last: int, verdict: str) -> None:
    statuses = [(200, "control"), (400, "example"), (403, "control"), (403, "step"), (403, "guard"), (last, "example")]
    sent = [
        replace(asked(n, f"GET /things?limit={n}", status, role), started=f"2026-01-01T00:00:0{n}.000Z")
        for n, (status, role) in enumerate(statuses)
    ]
    secret = (("X-Key", f"{OPEN}secret:full{CLOSE}"),)
    sent = [replace(one, request=replace(one.request, headers=secret)) for one in sent]
    row = violated(*sent, found=(wrong(2, "control", 200), wrong(5)))
    causes, verdicts = explain({}, row)
    assert verdicts == [verdict]
    said = (
        "from 2026-01-01T00:00:02.000Z on every call with credentials.full was answered 403: it may have been replaced"
    )
    assert causes == ([f"{said} meanwhile"] if verdict == "inconclusive" else [])


def test_an_open_request_that_is_granted_does_not_show_that_a_token_works() -> None:
    statuses = [(401, "control"), (401, "step"), (200, "open"), (401, "control")]
    marker = f"{OPEN}secret:token{CLOSE}"
    sent = [
        replace(asked(n, f"POST /things/{n}", status, role, sent=marker), started=f"2026-01-01T00:00:0{n}.000Z")
        for n, (status, role) in enumerate(statuses)
    ]
    row = replace(violated(*sent, found=()), verdict=Verdict.INCONCLUSIVE)
    assert explain({}, row) == (["every call with credentials.token was answered 401"], ["inconclusive"])


SECRET = (("X-Key", f"{OPEN}secret:full{CLOSE}"),)


@pytest.mark.parametrize(("other", "verdict"), [(403, "inconclusive"), (200, "violates")])
def test_an_operation_that_a_key_is_never_allowed_is_the_keys(other: int, verdict: str) -> None:
    valid = [asked(1, "GET /members/a", 403, "control"), asked(2, "GET /members/b", other, "control")]
    valid += [asked(3, "GET /things", 200, "control"), asked(4, "GET /members/c", 403, "example")]
    labels = ("control a: getMember", "control b: getMember", "control a list: list", "example")
    sent = [
        replace(one, label=label, request=replace(one.request, headers=SECRET), started=f"2026-01-01T00:00:0{n}.000Z")
        for n, (one, label) in enumerate(zip(valid, labels, strict=True))
    ]
    said = "getMember was answered 403 each time with credentials.full, which may lack a permission for it"
    assert explain({}, violated(*sent, found=(wrong(4),))) == (
        ([said], [verdict]) if verdict == "inconclusive" else ([], [verdict])
    )


@pytest.mark.parametrize(("code", "verdict"), [(104, "inconclusive"), (121, "violates")])
def test_an_account_that_is_refused_as_nobody_is_unknown(code: int, verdict: str) -> None:
    nobody = asked(1, "GET /things", 401, "example", shown='{"errno": 104}')
    stranger = asked(2, "GET /things", 401, "example", shown=f'{{"errno": {code}}}')
    sent = replace(stranger, request=replace(stranger.request, headers=SECRET))
    said = "every call with credentials.full was answered 401"
    assert explain({}, violated(nobody, sent, found=(wrong(2, "status", 403),))) == (
        ([said], [verdict]) if verdict == "inconclusive" else ([], [verdict])
    )


@pytest.mark.parametrize("same", [True, False])
def test_one_answer_to_several_queries_may_be_a_caches_and_is_still_blamed(same: bool) -> None:
    calls = [
        asked(n, f"GET /things?limit={limit}", 200, role, shown='{"limit": 10}' if same else f'{{"limit": {n}}}')
        for n, (limit, role) in enumerate((("-1", "example"), *((str(each), "control") for each in range(9))), start=1)
    ]
    said = "base_url: 10 queries of /things had one answer: the target ignores them, or a cache before it"
    row = violated(*calls, found=(wrong(1), wrong(2, "effect", 0)))
    assert explain({}, row) == ([said] if same else [], ["violates"])


@pytest.mark.parametrize("status", [307, 400])
def test_where_every_valid_call_was_answered_404_no_other_answer_is_held_against_the_target(status: int) -> None:
    calls = [asked(n, f"GET /v1/{n}", 404, "control") for n in (1, 2, 3)]
    row = violated(*calls, asked(4, "GET /v1", status, "example"), found=(wrong(4),))
    assert explain({}, row)[1] == ["inconclusive"]


def test_what_a_key_may_do_is_named_where_one_without_permission_is_let_in() -> None:
    with reference.start("microcms-management", faults=["admits_key_without_permissions_to_member"]) as server:
        [row] = run_at(server.profile, "standard", ["common/forbidden"]).rows
    assert (row.verdict, list(map(str, row.warnings))) == (
        Verdict.VIOLATES,
        [f"target.yaml: credentials.forbidden: {UNSEEN}"],
    )


def test_what_a_row_changed_by_a_write_that_was_accepted_is_held_against_no_other_row() -> None:
    with reference.start("microcms-management") as server:
        profile = copy.deepcopy(dict(server.profile)) | {"late_effects": "1ms"}
        profile.pop("pace", None)
        profile["hooks"]["internal_error"]["headers"] = {"X-Unknown": "1"}
        run = run_at(profile, "standard", ["common/internal-server-error", "contents-patch/status-not-allowed"])
    assert [row.id for row in run.rows if row.verdict != Verdict.CONFORMS] == ["common/internal-server-error"]
    assert run.warnings == ()


def test_what_was_let_in_from_outside_holds_only_if_the_address_is_outside() -> None:
    with reference.start("microcms-management", faults=["admits_any_address"]) as server:
        [row] = run_at(server.profile, only=["common/ip-address-rejected"]).rows
    assert row.verdict == Verdict.VIOLATES
    assert f"target.yaml: vantages.outside: {UNSEEN}" in row.warnings


@pytest.mark.parametrize("fault", [None, "accepts_changed_token"])
def test_a_finding_that_rests_on_what_no_answer_shows_says_so_and_another_does_not(fault: str | None) -> None:
    with reference.start("microcms-management", faults=[fault] if fault else []) as server:
        profile = copy.deepcopy(dict(server.profile))
        if fault is None:
            key = profile["credentials"]["full"]
            url = f"{profile['base_url']}/api/v2/media?limit=2"
            with urlopen(Request(url, headers={key["header"]: key["value"]})) as answer:
                profile["fixtures"]["expired_media_token"] = json.load(answer)["token"]
        profile.pop("pace", None)
        [row] = run_at(profile, "standard", ["media-get/token-invalid"]).rows
    said = [f"target.yaml: fixtures.expired_media_token: {UNSEEN}"]
    assert (row.verdict, list(map(str, row.warnings))) == (Verdict.VIOLATES, [] if fault else said)


@pytest.mark.parametrize(("bound", "value"), [("max", 11), ("max", 9), ("min", 2), ("min", 4)])
def test_of_two_bounds_only_the_one_that_findings_rest_on_is_named(bound: str, value: int) -> None:
    with reference.start("kuroco") as server:
        profile = copy.deepcopy(dict(server.profile))
        profile["fixtures"]["fields"]["length"] |= {bound: value, "valid": "nnnnn"}
        [row] = run_at(profile, "standard", ["topics-write/length"]).rows
    assert list(map(str, row.warnings)) == [f"target.yaml: fixtures.fields.length.{bound}: {UNSEEN}"]


def titles_exchanged(profile: dict[str, Any]) -> None:
    fields = profile["fixtures"]["fields"]
    fields["email"]["title"], fields["tel"]["title"] = fields["tel"]["title"], fields["email"]["title"]


def a_mistyped_title(profile: dict[str, Any]) -> None:
    profile["fixtures"]["fields"]["tel"]["title"] = "Foon"


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (
            titles_exchanged,
            f"fixtures.fields.email.title and fixtures.fields.tel.title {EXCHANGED}",
        ),
        (a_mistyped_title, "fixtures.fields.tel.title: all messages show Phone in the place of Foon"),
    ],
)
def test_a_title_that_all_messages_show_otherwise_is_named(change: Change, cause: str) -> None:
    with reference.start("kuroco") as server:
        profile = copy.deepcopy(dict(server.profile))
        change(profile)
        run = run_at(profile, only=["topics-write/email", "topics-write/tel"])
    assert run.counts.get("violates", 0) == 0
    assert list(map(str, run.warnings)) == [cause]


def test_a_target_that_names_a_field_by_the_title_of_another_is_blamed() -> None:
    with reference.start("kuroco", faults=["names_title_of_zip_in_zip"]) as server:
        run = run_at(server.profile, only=["topics-write/zip"])
    assert [row.verdict for row in run.rows] == [Verdict.VIOLATES]


@pytest.mark.parametrize(("seconds", "short"), [(0.0009, True), (0.0001, False)])
def test_a_timeout_that_others_nearly_took_is_too_short(seconds: float, short: bool) -> None:
    late = replace(asked(1, "GET /a", 200, "guard"), response=None, failure=RecordedNoResponse("timeout", "late"))
    answered = replace(asked(2, "GET /b", 400, "example"), seconds=seconds)
    doubts = [
        RowResult(f"things/{name}", "things", 1, Verdict.INCONCLUSIVE, reason=name, exchanges=(late, answered))
        for name in "abc"
    ]
    causes = find_causes({"timeout": "1ms"}, doubts)
    text = "timeout: in 3 rows no answer was complete within 1ms, and others took nearly as long"
    expected = [text] * 3 if short else ["a", "b", "c"]
    assert [row.reason for row in apply_causes(doubts, causes)] == expected


REFUSED_SOON = Message(EXCHANGED_ALLOWANCE, name="full", limited="throttled", n=4, seconds=8)


@pytest.mark.parametrize(
    "failures",
    [
        [RecordedNoResponse("not-sent", Message("the target is gone: {reason}", reason=REFUSED_SOON))],
        [RecordedNoResponse("unavailable", REFUSED_SOON), RecordedNoResponse("reset", "reset")],
    ],
)
@pytest.mark.parametrize("answers", [0, 1])
def test_a_key_that_is_refused_as_another_should_be_is_one_cause(
    failures: list[RecordedNoResponse], answers: int
) -> None:
    lost = [replace(answered(n, 0), response=None, failure=each) for n, each in enumerate(failures, 2)]
    exchanges = (*[answered(1, 200)] * answers, *lost)
    row = RowResult("things/one", "things", 1, Verdict.INCONCLUSIVE, exchanges=exchanges)
    (cause,) = find_causes({}, [row])
    assert (cause.key, cause.text) == ("credentials.full", REFUSED_SOON)
    assert apply_causes([row], [cause])[0].reason == REFUSED_SOON


PORTAL = "<html>Sign in to the network</html>"


def of_a_way(*calls: tuple[str, str, int, str, str]) -> RowResult:
    """A row that blames the target for each firm call that is not refused: what, role, status, body, place."""
    exchanges = []
    for n, (what, role, status, body, place) in enumerate(calls, 1):
        one = asked(n, what, status, role, shown=body)
        assert one.response is not None
        headers = (("Location", place),) if place else ()
        exchanges.append(replace(one, response=replace(one.response, headers=headers)))
    found = tuple(wrong(one.n) for one in exchanges if one.role == "example" and one.response.status != 404)
    return violated(*exchanges, found=found)


def causes_of(row: RowResult) -> tuple[list[tuple[str, str]], Verdict]:
    found = find_causes({"base_url": HOST}, [row])
    return [(cause.key, str(cause.text)) for cause in found], apply_causes([row], found)[0].verdict


def test_redirects_that_valid_requests_met_too_are_of_the_way() -> None:
    away = "https://login.example.net/?back=1"
    row = of_a_way(
        ("GET /a", "control", 200, '{"a": 1}', ""),
        ("GET /a", "example", 302, "", away),
        ("GET /b", "guard", 302, "", away),
        ("POST /c", "step", 302, "", away),
        ("GET /b", "example", 404, "{}", ""),
    )
    said = (
        "3 requests were redirected to https://login.example.net, valid ones among them; requests are never redirected"
    )
    assert causes_of(row) == ([("base_url", said)], Verdict.INCONCLUSIVE)


def test_redirects_that_one_valid_request_and_few_faulty_ones_met_are_of_the_way() -> None:
    away = "https://login.example.net/"
    refused = ("GET /a", "example", 404, "{}", "")
    row = of_a_way(refused, refused, ("GET /a", "example", 302, "", away), ("GET /b", "guard", 302, "", away))
    assert causes_of(row)[1] is Verdict.INCONCLUSIVE
    found = ("GET /a", "control", 200, "{}", "")
    always = of_a_way(found, ("GET /a", "example", 302, "", away), ("GET /b", "guard", 302, "", away))
    assert causes_of(always) == ([], Verdict.VIOLATES)


@pytest.mark.parametrize(
    ("valid", "place"),
    [
        ("GET /a", "https://login.example.net/"),  # one valid request for one thing may be redirected by the target
        ("GET /b", f"{HOST}/error"),  # its own page for errors
        ("GET /b", "/error"),
    ],
)
def test_a_target_that_redirects_what_it_should_refuse_is_blamed(valid: str, place: str) -> None:
    row = of_a_way(
        ("GET /a", "control", 200, '{"a": 1}', ""),
        ("GET /a", "example", 302, "", place),
        ("GET /a", "control", 302, "", place),
        (valid, "control", 302, "", place),
    )
    assert causes_of(row) == ([], Verdict.VIOLATES)


def test_a_page_that_valid_requests_were_given_at_times_is_of_the_way() -> None:
    row = of_a_way(
        ("GET /a", "control", 200, '{"a": 1}', ""),
        ("GET /b", "guard", 200, '{"b": 1}', ""),
        ("GET /a", "example", 200, PORTAL, ""),
        ("GET /a", "control", 200, PORTAL, ""),
        ("GET /b", "guard", 200, PORTAL, ""),
    )
    said = "3 requests were answered 200 with the same page, valid ones among them: it is not the target's"
    assert causes_of(row) == ([("base_url", said)], Verdict.INCONCLUSIVE)


@pytest.mark.parametrize(
    "more",
    [
        [("GET /a", "control", 200, PORTAL, "")],  # of one thing
        [("GET /c", "control", 200, PORTAL, ""), ("GET /d", "control", 200, PORTAL, "")],  # which have nothing else
        [("GET /b", "control", 500, PORTAL, ""), ("GET /a", "control", 500, PORTAL, "")],  # a 500 is an answer
    ],
)
def test_a_target_that_gives_a_page_instead_of_a_refusal_is_blamed(more: list[tuple[str, str, int, str, str]]) -> None:
    row = of_a_way(
        ("GET /a", "control", 200, '{"a": 1}', ""),
        ("GET /b", "guard", 200, '{"b": 1}', ""),
        ("GET /a", "example", 200, PORTAL, ""),
        *more,
    )
    assert causes_of(row) == ([], Verdict.VIOLATES)


def test_a_page_of_a_network_that_wants_a_log_in_is_none_of_the_target() -> None:
    row = of_a_way(("GET /a", "control", 200, "{}", ""), ("GET /a", "example", 511, PORTAL, ""))
    said = "base_url: 1 request did not reach the target: a network on the way answered 511: it wants a log-in"
    assert causes_of(row) == ([("base_url", said)], Verdict.INCONCLUSIVE)


def test_a_login_at_the_path_of_something_else_is_the_path_and_not_the_password() -> None:
    body, wants_key = f'{{"email": "{OPEN}secret:login.email{CLOSE}"}}', '{"errors": ["a token is needed"]}'
    row = violated(
        asked(1, "POST /insert", 401, "control", sent=body, shown=wants_key),
        asked(2, "GET /list", 401, "step", shown=wants_key),
        asked(3, "POST /login", 200, "control", shown="{}"),
        found=(),
    )
    fixtures = {"login_path": "/insert", "insert_path": "/login", "list_path": "/list"}
    keys = [cause.key for cause in find_causes({"fixtures": fixtures}, [replace(row, verdict=Verdict.INCONCLUSIVE)])]
    assert keys[:1] == ["fixtures.login_path"]
    wrong_password = replace(row.exchanges[0], response=RecordedResponse(401, body='{"errors": ["wrong password"]}'))
    row = replace(row, verdict=Verdict.INCONCLUSIVE, exchanges=(wrong_password, *row.exchanges[1:]))
    (cause,) = find_causes({"fixtures": fixtures}, [row])
    assert cause.key == "credentials.login"


@pytest.mark.parametrize(
    ("listed", "keys"), [("GET /members", ["fixtures.file_name"]), ("GET /v1/files", [])], ids=["elsewhere", "there"]
)
def test_a_value_that_is_shown_elsewhere_is_not_there_where_it_is_asked_for(listed: str, keys: list[str]) -> None:
    row = violated(
        asked(1, "GET /v2/files?name=m-1", 404, "control", shown="{}"),
        asked(2, listed, 200, "control", shown='{"by": "m-1"}'),
        asked(3, "GET /v2/files?name=none", 404, "example", shown="{}"),
        found=(wrong(1, "control", 200),),
    )
    assert [cause.key for cause in find_causes({"fixtures": {"file_name": "m-1"}}, [row])] == keys
