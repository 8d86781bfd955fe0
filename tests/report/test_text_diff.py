"""Texts that look alike and differ are shown so that a reader sees it, in every form of the report."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from conformance.checks.model import Finding, Level
from conformance.report.failure import format_failure
from conformance.report.format import format_finding
from conformance.report.text_diff import DiffPiece, diff_texts, reveal_difference
from conformance.report.translation import Translator
from conformance.report.writers import WRITERS
from conformance.results.model import ExpectedAnswer, Results
from tests.report.made_up import sample_results

ALIKE = {
    "composed": ("caf\u00e9", "cafe\u0301", "⟨U+00E9⟩", "⟨U+0065⟩⟨U+0301⟩"),
    "zero width": ("Not Found", "Not\u200b Found", "Not Found", "⟨U+200B⟩"),
    "blank at the end": ("Not Found", "Not Found ", "Not Found", "Not Found⟨U+0020⟩"),
    "Cyrillic": ("page", "p\u0430ge", "p⟨U+0061⟩ge", "p⟨U+0430⟩ge"),
    "full width": ("limit=1", "limit\uff1d1", "limit⟨U+003D⟩1", "limit⟨U+FF1D⟩1"),
    "kanji and katakana": ("エラー", "\u5de5ラー", "⟨U+30A8⟩ラー", "⟨U+5DE5⟩ラー"),
    "dash": ("no-such", "no\u2010such", "no⟨U+002D⟩such", "no⟨U+2010⟩such"),
    "blank of another kind": ("Not Found", "Not\u00a0Found", "Not⟨U+0020⟩Found", "Not⟨U+00A0⟩Found"),
}


@pytest.mark.parametrize("name", ALIKE)
def test_characters_in_which_two_alike_texts_differ_are_named(name: str) -> None:
    expected, actual, first, second = ALIKE[name]
    shown = reveal_difference(expected, actual)
    assert first in shown[0]
    assert second in shown[1]


@pytest.mark.parametrize(
    ("expected", "actual"), [("a", "b"), ("Not Found", "not found"), ("a", "a"), ("カ", "キ"), (400, "400")]
)
def test_what_looks_different_stays_as_it_is(expected: object, actual: object) -> None:
    assert reveal_difference(expected, actual) == (expected, actual)


def test_words_are_marked_where_enough_are_the_same() -> None:
    alike, other = "a b c d e f g h i j", "a b c D E F G H I J"
    assert [piece.text for piece in diff_texts(alike, other).expected if piece.marked] == [*"defghij"]
    assert diff_texts("a b", "c d e f g h i", as_json=False).expected == (DiffPiece("a b", marked=True),)


def test_of_a_long_text_1000_characters_are_compared() -> None:
    shown = diff_texts("x" * 2000, "y", as_json=False).expected
    assert len("".join(piece.text for piece in shown)) == 1000


def results_with(expected: str, actual: str) -> Results:
    sample = sample_results()
    row = replace(
        sample.runs[0].rows[0],
        findings=(Finding("message", Level.MUST, expected, actual, "limit=min-1", 3),),
    )
    return replace(sample, runs=(replace(sample.runs[0], rows=(row,), explored=()),))


@pytest.mark.parametrize("form", ["html", "junit", "markdown", "sarif", "earl", "table"])
@pytest.mark.parametrize("name", ALIKE)
def test_every_form_shows_that_two_alike_texts_differ(form: str, name: str) -> None:
    expected, actual, _, second = ALIKE[name]
    text = re.sub("</?(ins|del)>", "", WRITERS[form].write(results_with(expected, actual), "en"))
    assert re.findall(r"⟨U\+[0-9A-F]+⟩", second)[-1] in text


def test_pytests_own_output_shows_four_findings_and_counts_the_rest() -> None:
    row = results_with("a", "b").runs[0].rows[0]
    each = tuple(replace(row.findings[0], actual=str(number), check=f"check {number}") for number in range(6))
    text = format_failure(replace(row, findings=each), Translator("en"))
    assert ([f"check {number}" in text for number in range(6)], "and 2 more findings" in text) == (
        [True] * 4 + [False] * 2,
        True,
    )


def test_pytests_own_output_shows_three_wordings_and_counts_the_rest() -> None:
    row = results_with("a", "b").runs[0].rows[0]
    expected = ExpectedAnswer(400, tuple(f"wording {number}" for number in range(5)))
    text = format_failure(replace(row, expected=expected), Translator("en"))
    assert 'promised: 400 "wording 0" / "wording 1" / "wording 2" (and 2 more wordings)' in text


@pytest.mark.parametrize("name", ALIKE)
def test_pytests_own_output_shows_it_too(name: str) -> None:
    expected, actual, _, second = ALIKE[name]
    text = format_failure(results_with(expected, actual).runs[0].rows[0], Translator("en"))
    assert re.findall(r"⟨U\+[0-9A-F]+⟩", second)[-1] in text


def test_of_several_documented_values_any_would_do() -> None:
    finding = Finding("message", Level.MUST, ["Too low", "Too small"], "No", "example")
    assert format_finding(finding) == 'message at example: expected one of "Too low", "Too small", got "No"'
    in_body = replace(finding, check="body")
    assert format_finding(in_body) == 'body at example: expected ["Too low", "Too small"], got "No"'
