"""The terminal and the summary speak the reader's language, and leave facts as they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.checks.model import Finding, Level
from conformance.messages import Message
from conformance.report.writers import WRITERS
from conformance.results.model import Results
from tests.report.made_up import sample_results

CONTROL = Message("control {label}", label="limit=0")
PLACE = Message("at {pointer}", pointer="/contents")
CAUSE, JAPANESE = "The limit is below 0.", "limit が 0 より小さい。"


@pytest.fixture
def results() -> Results:
    whole = sample_results()
    run = whole.runs[0]
    found = (
        Finding("body", Level.MUST, Message("a JSON body"), Message("an empty body"), CONTROL, 1, PLACE),
        Finding("message", Level.MUST, "a JSON body", "an empty body", "limit=min-1", 1, ""),
    )
    row = replace(run.rows[0], cause=CAUSE, cause_ja=JAPANESE, findings=found)
    return replace(whole, runs=(replace(run, rows=(row,)),))


@pytest.mark.parametrize("form", ["table", "markdown", "junit", "sarif", "earl"])
def test_a_form_says_the_cause_in_the_language_that_was_asked_for(results: Results, form: str) -> None:
    english, japanese = (WRITERS[form].write(results, language) for language in ("en", "ja"))
    assert (CAUSE in english, JAPANESE in english) == (True, False)
    assert (CAUSE in japanese, JAPANESE in japanese) == (False, True)


def test_messages_are_translated_and_what_a_target_says_is_not(results: Results) -> None:
    text = WRITERS["markdown"].write(results, "ja")
    assert "- `本文（対照「limit=0」）: 期待 JSONの本文、結果 空の本文; /contents の位置`" in text  # noqa: RUF001
    assert '- `メッセージ（limit=min-1）: 期待 "a JSON body"、結果 "an empty body"`' in text  # noqa: RUF001
