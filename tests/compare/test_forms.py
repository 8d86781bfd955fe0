"""A comparison as text, JSON, Markdown and a page: the same facts, and no text of a target does harm in any."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from conformance.checks.model import Finding, Level, Verdict
from conformance.compare.compare import compare
from conformance.compare.forms import FORMS, format_comparison
from conformance.results.model import Results, RowResult, Suite, Undocumented
from tests.report.made_up import map_text, sample_results

EVIL = "<script>alert(1)</script>\x1b[2J\u202e|`*_[x](javascript:1)\ud800\n# heading"


def changed() -> tuple[Results, Results]:
    old = sample_results()
    micro = old.runs[0]
    rows = {row.id: row for row in micro.rows}
    good = rows["contents-get/offset-below-minimum"]
    bad = replace(
        good,
        verdict=Verdict.VIOLATES,
        observed="200 1 content",
        findings=(Finding("status", Level.MUST, 400, 200, "offset=min-1", 1),),
        attempts=tuple(replace(one, answer="200 1 content") for one in good.attempts),
    )
    drift = rows["contents-get/limit-not-an-integer"]
    rows[good.id] = bad
    rows[drift.id] = replace(
        drift, observed="400 bad integer", choices=(replace(drift.choices[0], answer="refused"), drift.choices[1])
    )
    run = replace(
        micro,
        rows=tuple(rows.values()),
        undocumented=(Undocumented("listContents", 418, "teapot"),),
        target={**micro.target, "pace": "5/10s"},
        verdict=Verdict.VIOLATES,
    )
    return old, replace(old, runs=(run, old.runs[1]), depth="thorough", started="2026-11-23T01:00:00Z")


FACTS = (
    "contents-get/offset-below-minimum", "200 1 content", "400 bad integer", "limit=+5", "refused", "teapot",
    "thorough", "5/10s",
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_tells_every_fact(form: str) -> None:
    written = format_comparison(compare(*changed()), form)
    plain = _plain(written)
    assert [fact for fact in FACTS if fact not in plain] == []


def _plain(text: str) -> str:
    """What a reader sees: without tags, references resolved."""
    return html.unescape(re.sub(r"</?(?:del|ins|code)>", "", text))


def test_text_says_first_that_it_got_worse_and_last_what_we_did() -> None:
    lines = format_comparison(compare(*changed())).splitlines()
    assert lines[0].startswith("It got worse: 1 row newly violating, ")
    ours = lines.index("What changed on our side (no target is blamed for it)")
    assert "  depth: standard → thorough" in lines[ours:]


def test_nothing_changed_is_one_sentence_in_every_form() -> None:
    sample = sample_results()
    same = compare(sample, replace(sample, started="2026-11-23T01:00:00Z"))
    assert format_comparison(same).splitlines()[:1] == ["Nothing changed in what the target does."]
    assert len(format_comparison(same).splitlines()) == 2
    assert "Nothing changed" in format_comparison(same, "markdown")
    assert "<h2" not in format_comparison(same, "html")


def test_markdown_shows_forty_rows_of_a_kind_and_counts_the_rest() -> None:
    old = sample_results()
    micro = old.runs[0]
    good = next(row for row in micro.rows if row.verdict is Verdict.CONFORMS)
    rows = tuple(replace(good, id=f"t/row-{number}", row=number) for number in range(43))
    broken = tuple(replace(row, verdict=Verdict.VIOLATES) for row in rows)
    before, after = (replace(old, runs=(replace(micro, rows=one),)) for one in (rows, broken))
    text = format_comparison(compare(before, after), "markdown")
    assert (text.count("| `t/row-"), "And 3 more." in text) == (40, True)


def test_json_can_be_read_by_a_program() -> None:
    reported = json.loads(format_comparison(compare(*changed()), "json"))
    assert (reported["format"], reported["worse"], reported["changed"]) == (1, True, True)
    (row,) = [one for run in reported["runs"] for one in run["rows"]]
    assert (row["kind"], row["old"], row["new"], row["ours"]) == ("newly-violating", "conforms", "violates", [])


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]


def evil_pair() -> tuple[Results, Results]:
    def poisoned(result: Results) -> Results:
        evil: Results = map_text(result, lambda text: text + EVIL)
        return evil

    old, new = changed()
    return poisoned(old), poisoned(new)


def test_hostile_text_does_no_harm_in_any_form() -> None:
    found = compare(*evil_pair())
    page = format_comparison(found, "html")
    elements = Elements()
    elements.feed(page)
    assert elements.seen.count("script") == 1
    for written in (
        format_comparison(found),
        format_comparison(found, "markdown"),
        format_comparison(found, "json"),
        page,
    ):
        written.encode()
        assert "\x1b" not in written
        assert "\u202e" not in written
    prose = re.sub(r"^(`{3,})sh\n.*?\n\1$", "", format_comparison(found, "markdown"), flags=re.DOTALL | re.MULTILINE)
    assert "<script>" not in prose
    assert not [line for line in prose.splitlines() if line.startswith("# heading")]


def test_the_excuse_is_written_beside_a_row_that_is_ours() -> None:
    old, new = changed()
    row: RowResult = next(one for one in new.runs[0].rows if one.id == "contents-get/offset-below-minimum")
    same = replace(row, attempts=next(one for one in old.runs[0].rows if one.id == row.id).attempts)
    run = replace(new.runs[0], rows=tuple(same if one.id == row.id else one for one in new.runs[0].rows))
    judged = replace(new, runs=(run,), suite=Suite("conformance", "9.9"), depth="standard")
    found = compare(replace(old, runs=old.runs[:1]), judged)
    assert not found.worse
    excuse = "Explained by our side: suite: conformance 0.1.0 → conformance 9.9"
    for form in ("text", "markdown", "html"):
        assert excuse in _plain(format_comparison(found, form))
