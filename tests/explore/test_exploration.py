"""Exploration from outside: right servers are left in peace, wrong ones are found once, nothing is sent unasked."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from urllib.parse import unquote

import pytest

from conformance.checks.model import Verdict
from conformance.explore.driver import count_requests, explore
from conformance.http import Exchange, FailureKind, NoResponse, Request
from tests.explore.explored_servers import KEY, Newsroom, Server, Site, told

NEWS = ("listContents", "getContent", "patchStatus", "patchCreatedBy", "uploadMedia", "deleteMedia")
SITE = ("login", "token", "logout", "listTopics", "getTopic", "insertTopic", "updateTopic", "deleteTopic")


@pytest.mark.parametrize("operation", NEWS)
@pytest.mark.parametrize("ways", ["", "strict", "c-like", "refuses-unknown", "differs"])
def test_right_servers_that_differ_are_left_in_peace(operation: str, ways: str) -> None:
    server = Newsroom(*ways.split())
    explored = explore(server.context(operation), server.send)
    assert told(explored) == []
    assert explored.verdict is Verdict.CONFORMS
    assert explored.reason is None


@pytest.mark.parametrize("operation", SITE)
def test_a_right_site_is_left_in_peace(operation: str) -> None:
    server = Site()
    explored = explore(server.context(operation), server.send)
    assert told(explored) == []
    assert explored.verdict is Verdict.CONFORMS


@pytest.mark.parametrize("operation", ["patchStatus", "patchCreatedBy", "uploadMedia"])
def test_a_target_is_left_as_it_was(operation: str) -> None:
    server, before = Newsroom(), Newsroom()
    explore(server.context(operation), server.send)
    assert before.contents == server.contents
    assert before.media == server.media


@pytest.mark.parametrize("operation", ["insertTopic", "updateTopic", "deleteTopic"])
def test_what_exploration_makes_is_deleted_again(operation: str) -> None:
    server, before = Site(), Site()
    explored = explore(server.context(operation), server.send)
    assert before.topics == server.topics
    assert any("/topics1/delete/" in request.url for request in server.requests)
    assert explored.warnings == ()


def test_a_crash_on_a_rare_input_is_found_once_with_the_smallest_request() -> None:
    server = Newsroom("crashes-at-emoji")
    explored = explore(server.context("listContents", budget=90), server.send)
    assert told(explored) == ["must status"]
    finding = explored.findings[0]
    assert finding.count > 1
    kept = explored.kept[(finding.exchange or 0) - 1].exchange.request.url
    assert unquote(kept.partition("?")[2]).count("=") == 1
    assert unquote(kept).endswith("=😀")


def test_a_crash_on_a_rare_input_is_found_within_a_small_budget() -> None:
    found = [
        told(explore(server.context("listContents", seed=seed), server.send))
        for seed in range(3)
        for server in [Newsroom("crashes-at-emoji")]
    ]
    assert [["must status"]] * 3 == found


def test_error_pages_are_one_finding_with_a_count() -> None:
    server = Newsroom("html")
    explored = explore(server.context("getContent"), server.send)
    assert told(explored) == ["must envelope"]
    assert explored.findings[0].count > 5


@pytest.mark.parametrize(
    ("operation", "way", "expected"),
    [
        ("listContents", "total-is-text", "must schema"),
        ("listContents", "ignores-negatives", "must invalid-data"),
        ("listContents", "ignores-limit", "must effect"),
        ("listContents", "says-limit", "must message"),
        ("getContent", "silent-errors", "should envelope"),
        ("patchStatus", "applies-rejected", "must effect"),
        ("patchStatus", "forgets", "must effect"),
        ("uploadMedia", "loses-uploads", "must state"),
        ("uploadMedia", "keeps-deleted", "must state"),
    ],
)
def test_each_fault_is_found_once(operation: str, way: str, expected: str) -> None:
    server = Newsroom(way)
    assert [expected] == told(explore(server.context(operation, budget=45), server.send))


@pytest.mark.parametrize(
    ("operation", "way", "expected"),
    [
        ("insertTopic", "stores-refused", "must effect"),
        ("insertTopic", "forgets", "must state"),
        ("updateTopic", "forgets", "must effect"),
        ("login", "forgets-logins", "must valid-data"),
    ],
)
def test_each_fault_of_a_site_is_found_once(operation: str, way: str, expected: str) -> None:
    server = Site(way)
    assert [expected] == told(explore(server.context(operation), server.send))


def test_a_rejected_write_that_took_effect_is_shown_by_its_own_request() -> None:
    server = Newsroom("applies-rejected")
    explored = explore(server.context("patchStatus"), server.send)
    request = explored.kept[(explored.findings[0].exchange or 0) - 1].exchange.request
    assert "PATCH" == request.method
    assert b'{"status": ["PUBLISH", "PUBLISH"]}' == request.body


@pytest.mark.parametrize("seed", [2])
@pytest.mark.parametrize("operation", ["updateTopic", "insertTopic", "patchStatus", "patchCreatedBy"])
def test_an_accepted_write_is_not_taken_for_the_effect_of_a_refused_one(operation: str, seed: int) -> None:
    server: Server = Site() if operation.endswith("Topic") else Newsroom()
    assert told(explore(server.context(operation, budget=60, seed=seed), server.send)) == []


@pytest.mark.parametrize("operation", ["patchStatus", "uploadMedia", "deleteMedia"])
def test_nothing_is_written_without_the_permission(operation: str) -> None:
    server = Newsroom()
    explored = explore(server.context(operation, permissions="read"), server.send)
    assert server.requests == []
    assert explored.verdict is Verdict.NOT_EXERCISED
    assert explored.lacks in (("allow: write",), ("allow: delete",))
    assert count_requests(server.context(operation, permissions="read")) == 0


@pytest.mark.parametrize(("server", "operation"), [(Newsroom(), "uploadMedia"), (Site(), "insertTopic")])
def test_nothing_is_made_that_may_not_be_deleted(server: Server, operation: str) -> None:
    before = str(vars(server).get("media")) + str(vars(server).get("topics"))
    explored = explore(server.context(operation, permissions="read write"), server.send)
    assert explored.requests > 1
    assert before == str(vars(server).get("media")) + str(vars(server).get("topics"))
    assert {"read", "write"} >= {request.permission for request in server.requests}


@pytest.mark.parametrize("operation", NEWS)
def test_only_the_operations_own_method_and_those_of_its_links_are_sent(operation: str) -> None:
    server = Newsroom()
    explore(server.context(operation, budget=120), server.send)
    methods = {name: {"POST", "GET", "DELETE"} for name in ("uploadMedia", "deleteMedia")}
    methods |= {name: {"PATCH", "GET"} for name in ("patchStatus", "patchCreatedBy")}
    assert methods.get(operation, {"GET", "HEAD"}) >= {request.method for request in server.requests}
    assert all(request.url.startswith("http://server.test/base/api/") for request in server.requests)
    assert all(("X-MICROCMS-API-KEY", KEY) in request.headers for request in server.requests)


def test_a_real_address_is_never_tried_with_a_wrong_password() -> None:
    server = Site()
    explore(server.context("login", budget=300), server.send)
    mine = [request.body for request in server.requests if b"me@site.example" in (request.body or b"")]
    assert [b'{"email": "me@site.example", "password": "right"}'] == mine


@pytest.mark.parametrize("way", ["", "html", "crashes-at-emoji", "total-is-text"])
@pytest.mark.parametrize("operation", ["listContents", "patchStatus", "uploadMedia"])
def test_the_budget_is_kept_whatever_is_found(operation: str, way: str) -> None:
    server = Newsroom(way)
    explored = explore(server.context(operation), server.send)
    assert explored.requests == len(server.requests) <= 30


@pytest.mark.parametrize("operation", NEWS)
def test_a_plan_is_not_exceeded_where_nothing_is_found(operation: str) -> None:
    server = Newsroom()
    explored = explore(server.context(operation), server.send)
    assert explored.requests <= count_requests(server.context(operation)) <= 30


def test_a_head_is_asked_for_once_and_only_noted() -> None:
    server = Newsroom("no-heads")
    explored = explore(server.context("listContents"), server.send)
    assert ["GET", "HEAD"] == [request.method for request in server.requests][:2]
    assert 1 == [request.method for request in server.requests].count("HEAD")
    assert [("HEAD", "RFC 9110, 9.3.2")] == [
        (note.about, note.reference) for note in explored.notes if note.about == "HEAD"
    ]
    assert explored.verdict is Verdict.CONFORMS


def test_of_secrets_that_answers_give_is_told_before_anything_else() -> None:
    server, learned = Site(), []
    context = replace(server.context("login"), learn=lambda *secret: learned.append((*secret, len(server.requests))))
    explore(context, server.send)
    assert [("grant_token", "grant-7", 1), ("access_token", "access-9", 2)] == learned


def test_a_login_is_ended_again() -> None:
    for operation in ("login", "token", "logout"):
        server = Site()
        explore(server.context(operation), server.send)
        paths = [request.url.rpartition("/")[2] for request in server.requests]
        assert ["login", "token", "logout"] == [path for path in paths if path != "profile"][:3]


def test_another_operations_password_is_sent_nowhere_else() -> None:
    server = Site()
    explore(server.context("token", budget=300), server.send)
    told = [request.url.rpartition("/")[2] for request in server.requests if b"right" in (request.body or b"")]
    assert ["login"] == told


def test_of_a_chain_only_what_leads_to_the_operation_is_followed() -> None:
    server = Site()
    explore(server.context("deleteTopic"), server.send)
    assert ["insert", "2", "2"] == [request.url.rpartition("/")[2] for request in server.requests]


def test_a_status_is_tried_with_what_is_valid_even_in_a_small_budget() -> None:
    server = Newsroom()
    explore(server.context("patchStatus", budget=15), server.send)
    bodies = [request.body for request in server.requests if request.method == "PATCH"]
    assert [b'{"status": ["PUBLISH"]}', b'{"status": ["DRAFT"]}'] == bodies[:2]
    assert len(bodies) > 3


@pytest.mark.parametrize("budget", [15, 30, 120])
def test_nothing_is_deleted_that_was_not_made_for_it(budget: int) -> None:
    server = Newsroom()
    kept = {"id": "mine", "url": "https://images.microcms-assets.io/assets/mine.png"}
    server.media.append(kept)
    explored = explore(server.context("deleteMedia", budget=budget), server.send)
    assert [kept] == server.media
    assert 200 in dict(explored.statuses)
    assert explored.verdict is Verdict.CONFORMS


def test_no_budget_sends_nothing() -> None:
    server = Newsroom()
    assert explore(server.context("listContents", budget=0), server.send).verdict is Verdict.NOT_EXERCISED
    assert server.requests == []
    assert count_requests(server.context("listContents", budget=0)) == 0


def test_the_same_seed_sends_the_same_requests_and_another_seed_others() -> None:
    sent = []
    for seed in (1, 1, 2):
        server = Newsroom()
        explore(server.context("listContents", seed=seed), server.send)
        sent.append([request.key for request in server.requests])
    assert sent[0] == sent[1]
    assert sent[0] != sent[2]


def test_a_target_that_falls_silent_is_not_blamed() -> None:
    sent: list[Request] = []

    def silent(request: Request) -> Exchange:
        sent.append(request)
        return Exchange(request, NoResponse(FailureKind.TIMEOUT, "10 s"))

    explored = explore(Newsroom().context("listContents"), silent)
    assert explored.findings == ()
    assert explored.verdict is Verdict.INCONCLUSIVE
    assert explored.reason == "no answer: timeout 10 s"
    assert len(sent) == 3


def test_a_refused_plain_request_is_a_reason_and_no_finding() -> None:
    server = Newsroom()
    server.contents.pop("foo")
    explored = explore(server.context("getContent"), server.send)
    assert explored.findings == ()
    assert explored.reason == "the plainest valid request was refused: 404 Content not found"


def test_missing_fixtures_are_named() -> None:
    server = Newsroom()
    server.parameters = {"endpoint": "news"}
    assert explore(server.context("getContent"), server.send).lacks == ("fixtures.content_id",)


def test_undocumented_answers_are_listed_with_placeholders() -> None:
    server = Newsroom("refuses-unknown")
    pairs = explore(server.context("listContents"), server.send).undocumented
    assert (400, "unknown parameter") in {(pair.status, pair.message) for pair in pairs}


def test_importing_exploration_does_not_import_schemathesis() -> None:
    code = "import sys, conformance.explore; sys.exit('schemathesis' in sys.modules or 'hypothesis' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
