"""Messages within results can be read from results.json again."""

from __future__ import annotations

from dataclasses import replace

from conformance.checks.model import Finding, Level
from conformance.messages import Message, join_messages
from conformance.results.events import Event, format_event, parse_event
from conformance.results.redaction import Redactor
from conformance.results.serialization import format_results, parse_results
from conformance.results.stored_messages import restore_messages, store_messages
from tests.report.made_up import sample_results

MARK = "\u2039secret:full\u203a"
REFUSED = Message("control {label} was refused: {answer}", label="limit=0", answer=Message("no answer"))


def test_a_row_keeps_each_of_its_messages_once() -> None:
    finding = Finding("body", Level.MUST, Message("a JSON body"), "", REFUSED)
    row = replace(sample_results().runs[0].rows[0], reason=REFUSED, findings=(finding,))
    stored = store_messages(row).messages
    assert [message.template for message in stored] == [
        "control {label} was refused: {answer}",
        "no answer",
        "a JSON body",
    ]
    assert stored[0].text == "control limit=0 was refused: no answer"
    assert stored[0].values == {"label": "limit=0", "answer": "no answer"}


def test_messages_come_back_from_results_json() -> None:
    results = sample_results()
    run = replace(results.runs[0], warnings=(Message("interrupted"),))
    text = format_results(replace(results, runs=(run,), why_partial=Message("the run was killed before it ended")))
    read = parse_results(text, "results.json")
    assert [message.template for message in read.messages] == ["the run was killed before it ended"]
    assert [message.template for message in read.runs[0].messages] == ["interrupted"]


def test_messages_come_back_from_a_line_of_results_jsonl() -> None:
    row = replace(sample_results().runs[0].rows[0], reason=REFUSED)
    read = parse_event(format_event(Event("row", "microcms-management", row=row))).row
    assert read is not None
    assert [message.template for message in read.messages] == ["control {label} was refused: {answer}", "no answer"]


def test_a_redacted_message_is_still_one() -> None:
    redactor = Redactor({"full": "abcdefgh12345678"})
    message = Message("control {label}: {why}", label="limit=0", why=Message("got {body}", body="abcdefgh12345678!"))
    redacted = redactor.text(message)
    assert redacted == f"control limit=0: got {MARK}!"
    assert isinstance(redacted, Message)
    assert [part.values for part in redacted.walk()] == [
        {"label": "limit=0", "why": f"got {MARK}!"},
        {"body": f"{MARK}!"},
    ]


def test_a_secret_across_template_and_value_is_redacted_in_plain_text() -> None:
    redacted = Redactor({"full": "abcdefgh: 12345678"}).text(Message("abcdefgh: {why}", why="12345678"))
    assert redacted == MARK
    assert not isinstance(redacted, Message)


def test_messages_joined_in_a_reason_are_kept_one_by_one() -> None:
    row = replace(sample_results().runs[0].rows[0], reason=join_messages("; ", [REFUSED, Message("interrupted")]))
    templates = [message.template for message in store_messages(row).messages]
    assert templates == ["{part_1}; {part_2}", "control {label} was refused: {answer}", "no answer", "interrupted"]


def test_what_was_stored_is_a_message_again_where_it_stood() -> None:
    finding = Finding("body", Level.MUST, Message("a JSON body"), "a JSON body that came", REFUSED)
    row = replace(sample_results().runs[0].rows[0], reason=str(REFUSED), findings=(finding,))
    read = parse_event(format_event(Event("row", "microcms-management", row=row))).row
    assert read is not None
    assert [type(text) for text in (read.reason, read.findings[0].expected)] == [Message, Message]
    assert [type(text) for text in (read.findings[0].actual, read.cause)] == [str, str]
    assert isinstance(read.findings[0].where, Message)
    assert isinstance(read.findings[0].where.values["answer"], Message)


def test_a_stored_message_that_was_edited_is_plain_text() -> None:
    row = store_messages(replace(sample_results().runs[0].rows[0], reason=REFUSED))
    edited = tuple(replace(message, template="{label.__class__} {missing}") for message in row.messages)
    read = restore_messages(replace(row, reason=str(REFUSED), messages=edited))
    assert read.reason == "control limit=0 was refused: no answer"
    assert type(read.reason) is str
