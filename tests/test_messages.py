"""A message is its English text, and remembers what it was made from."""

from __future__ import annotations

import copy
import pickle

import pytest

from conformance.messages import Message, error_message, format_count, join_messages, plural_message


def test_a_message_is_its_text() -> None:
    message = Message("control {label} was refused: {answer}", label="limit=0", answer="403 Forbidden")
    assert message == "control limit=0 was refused: 403 Forbidden"
    assert hash(message) == hash("control limit=0 was refused: 403 Forbidden")
    assert message.template == "control {label} was refused: {answer}"
    assert dict(message.values) == {"label": "limit=0", "answer": "403 Forbidden"}


def test_a_message_survives_a_copy_and_a_pickle() -> None:
    message = Message("set-up failed: {why}", why=Message("timed out"))
    for again in (copy.deepcopy(message), pickle.loads(pickle.dumps(message))):
        assert again == message
        assert again.template == message.template
        assert isinstance(again.values["why"], Message)


def test_values_that_are_no_json_become_text() -> None:
    assert Message("answered {status}", status=400).values["status"] == 400
    assert Message("at {path}", path=("a", 1)).values["path"] == "('a', 1)"


@pytest.mark.parametrize(
    ("template", "n", "total", "expected"),
    [
        ("{n} rows are inconclusive", 1, 1, "1 row is inconclusive"),
        ("{n} rows are inconclusive", 2, 1, "2 rows are inconclusive"),
        ("{n} of {total} rows were tried", 1, 3, "1 of 3 rows was tried"),
        ("{n} of {total} rows were tried", 1, 1, "1 of 1 row was tried"),
        ("{n} of {total} are new", 1, 3, "1 of 3 is new"),
        ("after {n} rejected requests", 1, 1, "after 1 rejected request"),
        ("{n:,} bytes", 1, 1, "1 byte"),
        ("{n} entries", 1, 1, "1 entry"),
        ("{n} rows and operations", 1, 1, "1 row or operation"),
        ("{n} rows and operations", 24, 1, "24 rows and operations"),
        ("{n} status", 1, 1, "1 status"),
    ],
)
def test_what_is_counted_agrees_with_a_count_of_one(template: str, n: int, total: int, expected: str) -> None:
    assert Message(template, n=n, total=total) == expected
    assert Message(template, n=n, total=total).template == template


def test_a_count_of_plain_text_agrees_too() -> None:
    assert [format_count(1, "files"), format_count(0, "files")] == ["1 file", "0 files"]


def test_texts_among_the_values_can_be_converted() -> None:
    message = Message("{n} of {name}", n=2, name=Message("key {key}", key="abc"))

    def hide(text: str) -> str:
        return text.map_texts(hide) if isinstance(text, Message) else "…"

    hidden = message.map_texts(hide)
    assert hidden == "2 of key …"
    assert [part.template for part in hidden.walk()] == ["{n} of {name}", "key {key}"]


def test_joined_messages_can_still_be_translated() -> None:
    joined = join_messages("; ", [Message("timed out"), "400 Bad Request"])
    assert joined == "timed out; 400 Bad Request"
    assert isinstance(joined, Message)
    assert [part.template for part in joined.walk()] == ["{part_1}; {part_2}", "timed out"]


def test_joining_plain_texts_gives_plain_text() -> None:
    assert not isinstance(join_messages(", ", ["a", "b"]), Message)
    assert join_messages(", ", []) == ""


def test_a_single_part_is_returned_as_it_is() -> None:
    message = Message("timed out")
    assert join_messages("; ", [message]) is message


def test_a_plural_message_follows_its_count() -> None:
    texts = [plural_message(n, "{n} request to {place}", "{n} requests to {place}", place="x") for n in (0, 1, 2)]
    assert texts == ["0 requests to x", "1 request to x", "2 requests to x"]


def test_an_exception_gives_back_the_message_that_it_was_raised_with() -> None:
    message = Message("no byte for {seconds:g} s", seconds=2.5)
    assert error_message(TimeoutError(message)) is message
    assert error_message(TimeoutError("timed out")) == "timed out"
    assert error_message(TimeoutError()) == ""
