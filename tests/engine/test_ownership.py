"""Which IDs are not ours, by what lists show of the names of this run, and when they were asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing

import pytest

from conformance import load_contract, load_target
from conformance.contract.request_template import RequestTemplate
from conformance.engine.context import RunContext
from conformance.engine.journal import LedgerEntry
from conformance.engine.ownership import is_id, take_note, without_foreign
from conformance.http import Exchange, Request, Response
from conformance.session.contract_run import build_context

PATHS = {"list_path": "topics", "insert_path": "topics/insert", "delete_path": "topics/delete/{topics_id}"}


@pytest.fixture
def context() -> Iterator[RunContext]:
    target = load_target({"contract": "kuroco", "base_url": "http://127.0.0.1:1", "fixtures": PATHS})
    with closing(build_context(load_contract("kuroco"), target, "standard", 0)) as made:
        yield made


def answered(value: object, second: int, method: str = "GET") -> Exchange:
    """An exchange that took half a second."""
    permission = "read" if method == "GET" else "write"
    request = Request(method, "http://127.0.0.1:1/topics", permission=permission)
    response = Response(200, body=json.dumps(value).encode())
    return Exchange(request, response, 0.5, started=f"2026-11-29T12:00:{second:02}.000Z")


def insert(context: RunContext, number: int, second: int) -> None:
    name = f"{context.builder.run_name}-spoon"
    entry = LedgerEntry("kuroco", "http://127.0.0.1:1", "insertTopic", names=(name,))
    without_foreign(context, entry, answered({"id": number}, second, "POST"), {"topic": number})


def show(context: RunContext, number: int, second: int) -> None:
    item = {"topics_id": number, "subject": f"{context.builder.run_name}-spoon"}
    take_note(context, "listTopics", RequestTemplate(), {}, answered({"list": [item]}, second))


def test_what_bears_the_name_under_another_id_alone_makes_the_id_foreign(context: RunContext) -> None:
    insert(context, 7, second=1)
    show(context, 8, second=2)
    assert context.shared.foreign == {"7"}


def test_a_list_that_was_asked_for_before_says_nothing_of_what_was_made_since(context: RunContext) -> None:
    insert(context, 7, second=2)
    show(context, 8, second=2)
    assert context.shared.foreign == set()


def test_of_two_things_with_one_name_the_list_may_not_show_the_later_one_yet(context: RunContext) -> None:
    insert(context, 7, second=1)
    insert(context, 8, second=2)
    show(context, 7, second=3)
    assert context.shared.foreign == set()


@pytest.mark.parametrize(
    "value", ["", ".", "..", " ", "/", "//", "a/../1", "..\\1", "a/./b", "%2e%2e", "a%2F..", None, True, 1.5, ["1"]]
)
def test_what_leads_elsewhere_in_a_path_names_no_thing(value: object) -> None:
    assert not is_id(value)


@pytest.mark.parametrize("value", [0, "7", "a..b", "...", "https://h.test//a/b.png", "a/b", "100%", "-"])
def test_what_leads_to_itself_names_a_thing(value: object) -> None:
    assert is_id(value)
