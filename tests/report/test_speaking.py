"""The terminal and the summary speak the reader's language, and leave facts as they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.checks.model import Finding, Level
from conformance.report.translation import translate_results
from conformance.report.writers import WRITERS
from conformance.results.model import Results
from tests.report.made_up import sample_results

CAUSE, JAPANESE = "The limit is below 0.", "limit が 0 より小さい。"


@pytest.fixture
def results() -> Results:
    whole = sample_results()
    run = whole.runs[0]
    found = (
        Finding("body", Level.MUST, "a JSON body", "an empty body", "control limit=0", 1, "at /contents"),
        Finding("message", Level.MUST, "a JSON body", "an empty body", "limit=min-1", 1, ""),
    )
    row = replace(run.rows[0], cause=CAUSE, cause_ja=JAPANESE, findings=found)
    return replace(whole, runs=(replace(run, rows=(row,)),))


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_a_form_says_the_cause_in_the_language_that_was_asked_for(results: Results, form: str) -> None:
    english, japanese = (WRITERS[form].write(results, language) for language in ("en", "ja"))
    assert (True, False) == (CAUSE in english, JAPANESE in english)
    assert (False, True) == (CAUSE in japanese, JAPANESE in japanese)


def test_words_of_ours_are_said_and_messages_stay(results: Results) -> None:
    body, message = translate_results(results, "ja").runs[0].rows[0].findings
    assert ("本文", "JSONの本文", "空の本文", "対照「limit=0」", "/contents の位置") == (
        body.check, body.expected, body.actual, body.where, body.detail,
    )  # fmt: skip
    assert ("a JSON body", "an empty body") == (message.expected, message.actual)


def test_english_results_are_the_results_themselves(results: Results) -> None:
    assert translate_results(results, "en") is results
