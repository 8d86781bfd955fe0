"""Exploration from outside: right servers are left in peace, wrong ones are found once, nothing is sent unasked."""

from __future__ import annotations

import json
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

import pytest

from conformance.checks.model import Verdict
from conformance.engine import culprit
from conformance.explore.driver import count_requests, explore_operation
from conformance.http import Exchange, FailureKind, NoResponse, Request
from tests.explore.explored_servers import CONTRACTS, KEY, Newsroom, Server, Site, found

NEWS = ("listContents", "getContent", "patchStatus", "patchCreatedBy", "uploadMedia", "deleteMedia")
SITE = ("login", "token", "logout", "listTopics", "getTopic", "insertTopic", "updateTopic", "deleteTopic")


@pytest.fixture(autouse=True)
def nobody_else_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """These servers are alone with us, so there is nobody to be noticed in a quiet time."""
    monkeypatch.setattr(culprit, "SHORTEST_QUIET", 0.01)
    monkeypatch.setattr(culprit, "LONGEST_QUIET", 0.05)


@pytest.mark.parametrize("operation", NEWS)
@pytest.mark.parametrize("ways", ["", "strict", "c-like", "refuses-unknown", "differs", "cached"])
def test_right_servers_that_differ_are_left_in_peace(operation: str, ways: str) -> None:
    server = Newsroom(*ways.split())
    explored = server.explore(operation)
    assert found(explored) == []
    assert explored.verdict is Verdict.CONFORMS
    assert explored.reason is None


@pytest.mark.parametrize("operation", SITE)
def test_a_right_site_is_left_in_peace(operation: str) -> None:
    server = Site()
    explored = server.explore(operation)
    assert found(explored) == []
    assert explored.verdict is Verdict.CONFORMS


@pytest.mark.parametrize("operation", ["patchStatus", "patchCreatedBy", "uploadMedia"])
def test_a_target_is_left_as_it_was(operation: str) -> None:
    server, before = Newsroom(), Newsroom()
    server.explore(operation)
    assert server.contents == before.contents
    assert server.media == before.media


@pytest.mark.parametrize("operation", ["insertTopic", "updateTopic", "deleteTopic"])
def test_what_exploration_makes_is_deleted_again(operation: str) -> None:
    server, before = Site(), Site()
    run = server.run()
    explore_operation(run, operation)
    assert server.topics == before.topics
    assert any("/topics1/delete/" in request.url for request in server.requests)
    assert list(run.shared.warnings) == []


def test_a_crash_on_a_rare_input_is_found_once_with_the_smallest_request() -> None:
    server = Newsroom("crashes-at-emoji")
    explored = server.explore("listContents", budget=90)
    assert found(explored) == ["must status"]
    finding = explored.findings[0]
    assert finding.count > 1
    kept = explored.exchanges[(finding.exchange or 0) - 1].request.url
    assert unquote(kept.partition("?")[2]).count("=") == 1
    assert unquote(kept).endswith("=😀")


def test_a_crash_on_a_rare_input_is_found_within_a_small_budget() -> None:
    several = [
        found(server.explore("listContents", seed=seed))
        for seed in range(3)
        for server in [Newsroom("crashes-at-emoji")]
    ]
    assert several == [["must status"]] * 3


def test_error_pages_are_one_finding_with_a_count() -> None:
    server = Newsroom("html")
    explored = server.explore("getContent")
    assert found(explored) == ["must envelope"]
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
    assert found(server.explore(operation, budget=45)) == [expected]


@pytest.mark.parametrize(
    ("operation", "way", "expected"),
    [
        ("insertTopic", "stores-refused", "must effect"),
        ("insertTopic", "forgets", "must state"),
        ("updateTopic", "forgets", "must effect"),
        ("login", "forgets-logins", "must valid-data"),
        ("login", "redeems-no-grant", "must valid-data"),
    ],
)
def test_each_fault_of_a_site_is_found_once(operation: str, way: str, expected: str) -> None:
    server = Site(way)
    assert found(server.explore(operation)) == [expected]


def test_a_rejected_write_that_took_effect_is_shown_by_its_own_request() -> None:
    server = Newsroom("applies-rejected")
    explored = server.explore("patchStatus")
    request = explored.exchanges[(explored.findings[0].exchange or 0) - 1].request
    assert request.method == "PATCH"
    assert request.body == '{"status": ["PUBLISH", "PUBLISH"]}'


@pytest.mark.parametrize("seed", [2])
@pytest.mark.parametrize("operation", ["updateTopic", "insertTopic", "patchStatus", "patchCreatedBy"])
def test_an_accepted_write_is_not_taken_for_the_effect_of_a_refused_one(operation: str, seed: int) -> None:
    server: Server = Site() if operation.endswith("Topic") else Newsroom()
    assert found(server.explore(operation, budget=60, seed=seed)) == []


@pytest.mark.parametrize("operation", ["patchStatus", "uploadMedia", "deleteMedia"])
def test_nothing_is_written_without_the_permission(operation: str) -> None:
    server = Newsroom()
    explored = server.explore(operation, allow="")
    assert server.requests == []
    assert explored.verdict is Verdict.NOT_EXERCISED
    assert set(explored.lacks) <= {"allow: write", "allow: delete"}
    assert explored.lacks
    assert count_requests(server.run(allow=""), operation) == 0


@pytest.mark.parametrize(("server", "operation"), [(Newsroom(), "uploadMedia"), (Site(), "insertTopic")])
def test_nothing_is_made_that_may_not_be_deleted(server: Server, operation: str) -> None:
    before = str(vars(server).get("media")) + str(vars(server).get("topics"))
    explored = server.explore(operation, allow="write")
    assert explored.requests > 1
    assert before == str(vars(server).get("media")) + str(vars(server).get("topics"))
    assert {"read", "write"} >= {request.permission for request in server.requests}


@pytest.mark.parametrize("operation", NEWS)
def test_only_the_operations_own_method_and_those_of_its_links_are_sent(operation: str) -> None:
    server = Newsroom()
    server.explore(operation, budget=120)
    methods = {name: {"POST", "GET", "DELETE"} for name in ("uploadMedia", "deleteMedia")}
    methods |= {name: {"PATCH", "GET"} for name in ("patchStatus", "patchCreatedBy")}
    assert methods.get(operation, {"GET", "HEAD"}) >= {request.method for request in server.requests}
    assert all(request.url.startswith("http://127.0.0.1:9/base/api/") for request in server.requests)
    assert all(("X-MICROCMS-API-KEY", KEY) in request.headers for request in server.requests)


def test_a_real_address_is_never_tried_with_a_wrong_password() -> None:
    server = Site()
    server.explore("login", budget=300)
    mine = [request.body for request in server.requests if b"me@site.example" in (request.body or b"")]
    assert mine == [b'{"email": "me@site.example", "password": "right"}']


@pytest.mark.parametrize("way", ["", "html", "crashes-at-emoji", "total-is-text"])
@pytest.mark.parametrize("operation", ["listContents", "patchStatus", "uploadMedia"])
def test_the_budget_is_kept_whatever_is_found(operation: str, way: str) -> None:
    server = Newsroom(way)
    explored = server.explore(operation)
    assert explored.requests == len(server.requests) <= 30


@pytest.mark.parametrize("operation", NEWS)
def test_a_plan_is_not_exceeded_where_nothing_is_found(operation: str) -> None:
    server = Newsroom()
    explored = server.explore(operation)
    assert explored.requests <= count_requests(server.run(), operation) <= 30


def test_a_head_is_asked_for_once_and_only_noted() -> None:
    server = Newsroom("no-heads")
    explored = server.explore("listContents")
    assert [request.method for request in server.requests][:2] == ["GET", "HEAD"]
    assert [request.method for request in server.requests].count("HEAD") == 1
    assert [(note.about, note.reference) for note in explored.notes if note.about == "HEAD"] == [
        ("HEAD", "RFC 9110, 9.3.2")
    ]
    assert explored.verdict is Verdict.CONFORMS


def test_secrets_that_answers_give_are_kept_back() -> None:
    server = Site()
    run = server.run()
    explored = explore_operation(run, "login")
    assert set(run.redactor.found_in("grant-token-7 and access-9")) == {"grant_token", "access_token"}
    assert "grant-token-7" not in repr(explored)


def test_a_login_is_ended_again() -> None:
    for operation in ("login", "token", "logout"):
        server = Site()
        server.explore(operation)
        paths = [request.url.rpartition("/")[2] for request in server.requests]
        assert [path for path in paths if path != "profile"][:3] == ["login", "token", "logout"]


def test_another_operations_password_is_sent_nowhere_else() -> None:
    server = Site()
    server.explore("token", budget=300)
    reported = [request.url.rpartition("/")[2] for request in server.requests if b"right" in (request.body or b"")]
    assert reported == ["login"]


def test_of_a_chain_only_what_leads_to_the_operation_is_sent() -> None:
    server = Site()
    server.explore("deleteTopic")
    assert [request.url.removeprefix("http://127.0.0.1:9/base/topics1/") for request in server.requests] == [
        "insert",
        "delete/2",
    ]


def test_a_status_is_tried_with_what_is_valid_even_in_a_small_budget() -> None:
    server = Newsroom()
    server.explore("patchStatus", budget=15)
    bodies = [request.body for request in server.requests if request.method == "PATCH"]
    assert bodies[:2] == [b'{"status": ["PUBLISH"]}', b'{"status": ["DRAFT"]}']
    assert len(bodies) > 3


@pytest.mark.parametrize("budget", [15, 30, 120])
def test_nothing_is_deleted_that_was_not_made_for_it(budget: int) -> None:
    server = Newsroom()
    kept = {"id": "mine", "url": "https://images.microcms-assets.io/assets/mine.png"}
    server.media.append(kept)
    explored = server.explore("deleteMedia", budget=budget)
    assert server.media == [kept]
    assert 200 in dict(explored.statuses)
    assert explored.verdict is Verdict.CONFORMS


def test_no_budget_sends_nothing() -> None:
    server = Newsroom()
    assert server.explore("listContents", budget=0).verdict is Verdict.NOT_EXERCISED
    assert server.requests == []
    assert count_requests(server.run(budget=0), "listContents") == 0


def test_the_same_seed_sends_the_same_requests_and_another_seed_others() -> None:
    sent = []
    for seed in (1, 1, 2):
        server = Newsroom()
        server.explore("listContents", seed=seed)
        sent.append([request.key for request in server.requests])
    assert sent[0] == sent[1]
    assert sent[0] != sent[2]


class SilentNewsroom(Newsroom):
    def send(self, request: Request, **_: Any) -> Exchange:
        self.requests.append(request)
        return Exchange(request, NoResponse(FailureKind.TIMEOUT, "10 s"))


def test_a_target_that_falls_silent_is_not_blamed() -> None:
    server = SilentNewsroom()
    explored = server.explore("listContents")
    assert explored.findings == ()
    assert explored.verdict is Verdict.INCONCLUSIVE
    assert explored.reason == "no answer: timeout 10 s"
    assert len(server.requests) == 3


class LossySite(Site):
    """Its first answer is lost on the way."""

    def send(self, request: Request, **options: Any) -> Exchange:
        exchange = super().send(request, **options)
        return replace(exchange, outcome=NoResponse(FailureKind.RESET)) if self.sent == 1 else exchange


@pytest.mark.parametrize("operation", ["updateTopic", "token"])
def test_what_leads_to_an_operation_is_begun_again_where_an_answer_is_lost(operation: str) -> None:
    server, before = LossySite(), Site()
    explored = server.explore(operation)
    assert (explored.verdict, explored.reason) == (Verdict.CONFORMS, None)
    assert explored.beyond_plan.repeated > 0
    assert server.topics == before.topics


class EndlessIds(Site):
    """It gives what it makes an ID of so many characters."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.length = length

    def _insert(self, *given: Any) -> tuple[int, Any]:
        status, made = super()._insert(*given)
        return status, made | {"id": "7" * self.length}


def test_a_text_longer_than_any_id_is_put_into_no_request() -> None:
    server = EndlessIds(1 << 20)
    explored = server.explore("updateTopic")
    assert explored.reason == "nothing could be created for updateTopic alone"
    assert max(len(request.url) for request in server.requests) < 200


def test_a_refused_plain_request_is_a_reason_and_no_finding() -> None:
    server = Newsroom()
    server.contents.pop("foo")
    explored = server.explore("getContent")
    assert explored.findings == ()
    assert explored.reason == "the plainest valid request was refused: 404 Content not found"


def test_missing_fixtures_are_named() -> None:
    server = Newsroom()
    server.fixtures = MappingProxyType({"endpoint": "news"})
    assert server.explore("getContent").lacks == ("fixtures.content_id",)


def test_undocumented_answers_are_listed_with_placeholders() -> None:
    server = Newsroom("refuses-unknown")
    found = explore_operation(server.run(), "listContents")
    assert (400, "unknown parameter") in {(pair.status, pair.message) for pair in found.undocumented}


def test_importing_exploration_does_not_import_schemathesis() -> None:
    code = "import sys, conformance.explore; sys.exit('schemathesis' in sys.modules or 'hypothesis' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("budget", [15, 120])
@pytest.mark.parametrize("operation", NEWS)
def test_exactly_the_planned_requests_are_sent_where_nothing_is_found(operation: str, budget: int) -> None:
    server = Newsroom()
    planned = count_requests(server.run(budget=budget), operation)
    explored = server.explore(operation, budget=budget)
    assert explored.requests == len(server.requests) == planned > 0


@pytest.mark.parametrize("budget", [21, 120])
@pytest.mark.parametrize("operation", SITE)
def test_exactly_the_planned_requests_are_sent_to_a_site(operation: str, budget: int) -> None:
    server = Site()
    planned = count_requests(server.run(budget=budget), operation)
    explored = server.explore(operation, budget=budget)
    assert explored.requests == len(server.requests) == planned > 0


@pytest.mark.parametrize("operation", [*NEWS, *SITE])
@pytest.mark.parametrize("allow", ["write", "write delete"])
def test_what_was_there_is_never_written_to(operation: str, allow: str) -> None:
    server: Server = Newsroom() if operation in NEWS else Site()
    server.explore(operation, budget=120, allow=allow)
    writes = [request.url for request in server.requests if request.method not in ("GET", "HEAD")]
    fixtures = ("/foo/", "/draft-1/", "/update/1", "/delete/1")
    assert [url for url in writes if any(f"{name}/" in f"{url}/" for name in fixtures)] == []


def test_a_change_without_a_record_of_its_own_is_not_sent() -> None:
    server = Newsroom()
    document = json.loads(json.dumps(CONTRACTS["microcms-management"].openapi))
    for item in document["paths"].values():
        for method in item.values():
            method.pop("x-own", None)
    run = server.run()
    explored = explore_operation(replace(run, contract=replace(run.contract, openapi=document)), "patchStatus")
    assert server.requests == []
    assert explored.verdict is Verdict.NOT_EXERCISED
    assert explored.reason == "it would change what is there, as it has no record of its own (x-own)"


@pytest.mark.parametrize(("operation", "requests"), [("insertTopic", 0), ("login", 0), ("listTopics", 3)])
def test_of_a_document_with_nothing_but_paths_only_what_reads_is_explored(operation: str, requests: int) -> None:
    paths = {
        path: {method: {"operationId": one["operationId"]} for method, one in item.items()}
        for path, item in CONTRACTS["kuroco"].openapi["paths"].items()
    }
    server = Site()
    run = server.run(budget=12)
    file = run.contract.file
    bare = {name: one.model_copy(update={"body": {}, "json_": None}) for name, one in file.operations.items()}
    file = file.model_copy(update={"operations": bare})
    explored = explore_operation(
        replace(run, contract=replace(run.contract, openapi={"paths": paths}, file=file)), operation
    )
    assert len(server.requests) == explored.requests == requests
    idle = (
        "nothing is sent: no valid request is known whose effect can be taken back, and no input that must be refused"
    )
    assert explored.reason == (None if requests else idle)
    assert explored.verdict is (Verdict.CONFORMS if requests else Verdict.NOT_EXERCISED)


def test_what_was_created_for_a_deletion_is_deleted_with_success() -> None:
    server = Newsroom()
    explored = server.explore("deleteMedia", budget=12)
    deleted = [request.url for request in server.requests if request.method == "DELETE"]
    assert deleted[-1].endswith("/1.png".replace("/", "%2F"))
    read = [request.url for request in server.requests if request.method == "GET"]
    looks = [url for url in read if "fileName=conformance-" in url]  # whose it is, as its URL lacks the name
    assert len(looks) == 1
    assert dict(explored.statuses)[200] == 1 + len(read) - len(looks)


class Writer(Newsroom):
    """A newsroom in which somebody else writes: each request finds another content."""

    def answer(self, request: Request) -> tuple[int, Any]:
        name = f"theirs-{len(self.requests)}"
        self.contents["draft-2"]["updatedBy"] = name
        return super().answer(request)


class Late(Newsroom):
    """What it does although it refuses is done only when somebody waits."""

    due: dict[str, Any] | None = None

    def answer(self, request: Request) -> tuple[int, Any]:
        before = deepcopy(self.contents)
        status, body = super().answer(request)
        if status >= 400 and self.contents != before:
            self.due, self.contents = self.contents, before
        return status, body

    def wait(self, seconds: float) -> bool:
        if seconds and self.due is not None:
            self.due, self.contents = None, self.due
        return False


@pytest.mark.parametrize(("way", "expected"), [("applies-rejected", ["must effect"]), ("", [])])
def test_what_a_refused_write_does_late_is_found_by_the_last_look(
    monkeypatch: pytest.MonkeyPatch, way: str, expected: list[str]
) -> None:
    server = Late(way)
    run = server.run()
    run = replace(run, target=replace(run.target, late_effects=60.0))  # nobody waits, and no slow machine lets it pass
    monkeypatch.setattr(run.shared.stopping, "wait", server.wait)
    assert found(explore_operation(run, "patchStatus")) == expected


def test_somebody_elses_writes_are_not_blamed_on_a_refused_write() -> None:
    explored = Writer().explore("patchStatus")
    assert found(explored) == []
    assert explored.verdict is Verdict.INCONCLUSIVE
    assert explored.reason == "something changes while nothing is sent: somebody else writes"


class AnotherRun(Newsroom):
    """A newsroom whose record for exploration another run publishes at one read of it, and sets back at another."""

    def __init__(self, publishes: int, sets_back: int) -> None:
        super().__init__()
        self.turns, self.reads = {publishes: "PUBLISH", sets_back: "DRAFT"}, 0

    def _one(self, name: str) -> tuple[int, Any]:
        self.reads += 1
        if self.reads in self.turns:
            self.contents[name]["status"] = [self.turns[self.reads]]
        return super()._one(name)


@pytest.mark.parametrize("operation", ["patchStatus", "patchCreatedBy"])
def test_a_record_that_another_run_is_changing_is_not_written_to(operation: str) -> None:
    server, before = AnotherRun(1, 3), Newsroom()
    explored = server.explore(operation)
    assert explored.reason == "somebody else changes the record of fixtures.own_content_id"
    assert {request.method for request in server.requests} == {"GET"}
    assert server.contents == before.contents


@pytest.mark.parametrize("publishes", range(2, 12))
def test_a_record_that_another_run_changed_for_a_moment_is_a_draft_again(publishes: int) -> None:
    server, before = AnotherRun(publishes, publishes + 2), Newsroom()
    explored = server.explore("patchStatus")
    assert found(explored) == []
    assert server.contents == before.contents


def test_a_record_that_is_no_draft_and_stays_so_is_explored_and_stays_so() -> None:
    server = AnotherRun(1, 0)
    explored = server.explore("patchStatus")
    assert (explored.verdict, explored.beyond_plan.confirmed) == (Verdict.CONFORMS, 5)
    assert server.contents["draft-2"]["status"] == ["PUBLISH"]


@pytest.mark.parametrize(
    ("media", "expected"),
    [("application/problem+json", []), ("", ["should content-type"]), ("text/plain", ["must content-type"])],
)
def test_the_content_type_of_an_error_is_judged_as_for_a_row(media: str, expected: list[str]) -> None:
    server = Newsroom()
    server.media_type = media
    assert found(server.explore("getContent")) == expected


def test_what_was_found_before_ctrl_c_is_kept_and_what_is_right_so_far_is_not() -> None:
    class Interrupted(Newsroom):
        def send(self, request: Request, **how: Any) -> Exchange:
            if self.sent == 8:
                raise KeyboardInterrupt
            return super().send(request, **how)

    for ways, kept in (("ignores-negatives", {"listContents"}), ("", set())):
        run = Interrupted(*ways.split()).run()
        with pytest.raises(KeyboardInterrupt):
            explore_operation(run, "listContents")
        assert run.shared.kept.keys() == kept
        assert {one.verdict for one in run.shared.kept.values()} <= {Verdict.VIOLATES}
