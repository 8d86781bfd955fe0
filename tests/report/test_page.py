"""What the page says, without a browser."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from conformance.checks.model import Finding, Level, Verdict
from conformance.errors import ConfigError
from conformance.report.evidence import (
    TIERS,
    choose_attempts,
    choose_exchanges,
    estimate_size,
    group_findings,
    proof_exchanges,
)
from conformance.report.html import format_title, render_document, render_fragment
from conformance.report.text_diff import diff_texts
from conformance.report.translation import catalogue, translate
from conformance.report.view import build_view, collect_sentences
from conformance.results.model import Attempt
from tests.report.made_up import answer, many_rows, sample_results, violates_by_status


def text_of(html: str) -> str:
    """What a reader sees, with one space for any white space."""
    bare = re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", "", bare).replace("&#34;", '"').replace("&#39;", "'").split())


def test_page_says_the_verdict_in_a_sentence_before_all_else() -> None:
    text = text_of(render_fragment(sample_results()))

    assert "✗ violates microCMS Management API, Kuroco API 4 of 9 rows are not answered as the vendor promises." in text
    assert text.index("4 of 9 rows") < text.index("What is broken") < text.index("What the verdicts mean")


@pytest.mark.parametrize(
    "proof",
    [
        "https://example.microcms-management.io", "edition 2025-12-10", "standard", "12.4 s", "Requests", "write",
        "Limit: must be no less than 0.", "The limit is below 0.", "limit=min-1000", "2 of 2 times",
        "smallest failing input : -11", "curl -sS -i -X GET", "41 ms", "cases/microcms-management/contents-get.yaml:6",
        "documented: the vendor's own words", "RFC 9110, 10.2.3", "fixtures.member_id", "allow: write",
        "No answer came within 10 s", "The connection was reset once.", "a known bug of the vendor",
        "Reported to the vendor; a mend is announced.", "until 2027-01-31", "and 22 more drawn values, all as promised",
        "code invalid", "field subject", "listContents", "500 \u00d7 1", "Query too long", "sample.png", "Open choices",
        "no answer", "timeout", "3 tries", "control", "written example", "2024, 2026",
    ],
)  # fmt: skip
def test_page_shows(proof: str) -> None:
    text = text_of(render_fragment(sample_results()))

    assert proof.replace(" :", ":") in text or proof in text


def test_rows_stand_in_the_vendors_order_whatever_order_they_ran_in() -> None:
    results = sample_results()
    shuffled = replace(results, runs=tuple(replace(run, rows=run.rows[::-1]) for run in results.runs))

    assert render_fragment(results).count("cf-main") == render_fragment(shuffled).count("cf-main")
    assert re.findall(r'cf-id">([^<]+)', render_fragment(results)) == re.findall(
        r'cf-id">([^<]+)', render_fragment(shuffled)
    )


def test_difference_between_wanted_and_got_is_marked_word_by_word() -> None:
    marked = diff_texts("limit must be less than 100", "limit must be more than 100")

    assert ["less"] == [piece.text for piece in marked.expected if piece.marked]
    assert ["more"] == [piece.text for piece in marked.actual if piece.marked]


def test_values_of_unlike_kinds_are_marked_whole() -> None:
    assert [("400", True)] == [(piece.text, piece.marked) for piece in diff_texts(400, "400 of 400").expected]


def test_same_row_in_two_runs_has_two_anchors() -> None:
    results = sample_results()
    twice = replace(results, runs=(results.runs[0], results.runs[0]))
    anchors = [row.anchor for run in build_view(twice, TIERS[0]) for row in run.rows]

    assert len(anchors) == len(set(anchors))
    assert "contents-get/limit-below-minimum" in anchors
    assert "run-2/contents-get/limit-below-minimum" in anchors


def test_every_link_inside_the_page_leads_somewhere() -> None:
    html = render_fragment(sample_results())
    anchors = set(re.findall(r' id="([^"]+)"', html))

    assert set(re.findall(r'href="#([^"]+)"', html)) - {"cf-tables"} <= anchors
    assert len(anchors) == len(re.findall(r' id="', html))


def test_long_body_is_cut_with_its_length_and_hash() -> None:
    long = answer(3, "limit=min-1000", "limit=-1000", 200, "y" * 9000)
    row = replace(violates_by_status(), exchanges=(long,))
    results = sample_results()
    html = render_fragment(replace(results, runs=(replace(results.runs[0], rows=(row,)),)))

    assert long.response is not None
    assert "y" * 4000 in html
    assert "y" * 4001 not in html
    assert f"9000 bytes in all</span> · SHA-256 {long.response.sha256}" in html


def test_with_many_rows_less_is_shown_and_the_proof_of_a_deviation_stays() -> None:
    results = many_rows(400, exchanges=12)
    row = results.runs[0].rows[0]
    spare = choose_exchanges(row, TIERS[-1])

    assert len(render_fragment(results).encode()) < 5_000_000
    assert estimate_size(results, TIERS[-1]) < estimate_size(results, TIERS[0])
    assert [proof_exchanges(row)] == list(spare)


def test_findings_that_say_the_same_are_read_once_with_every_input() -> None:
    alike = [Finding("status", Level.MUST, 400, 200, f"limit={n}", n) for n in range(5)]
    other = Finding("type", Level.NOTE, "a", "b", "limit=0", 0)
    groups = group_findings([other, *alike])

    assert [tuple(alike), (other,)] == [group.all for group in groups]
    row = replace(violates_by_status(), findings=tuple(alike))
    results = sample_results()
    text = text_of(render_fragment(replace(results, runs=(replace(results.runs[0], rows=(row,)),))))
    assert "status at limit=0 and at 4 more inputs" in text


def test_drawn_values_that_went_as_promised_are_counted_beyond_eight() -> None:
    dull = [Attempt(f"drawn {n}", "drawn", str(n), "as-promised") for n in range(100)]
    bad = Attempt("drawn x", "drawn", "x", "violation")

    assert ((*dull[:8], bad), 92) == choose_attempts([*dull, bad])


@pytest.mark.parametrize("verdict", list(Verdict))
def test_sentence_of_a_run_follows_its_worst_row(verdict: Verdict) -> None:
    run = sample_results().runs[0]
    rows = tuple(row for row in run.rows if row.verdict is verdict)
    said = collect_sentences([replace(run, rows=rows, explored=())])

    assert f"sentence.{verdict}" == said[0][0]


def test_japanese_page_has_our_words_in_japanese_and_messages_as_they_are() -> None:
    text = text_of(render_fragment(sample_results(), "ja"))

    assert "9行中4行で、応答がベンダーの約束と異なります。" in text
    assert "コンテンツ操作 GET" in text
    assert "Limit: must be no less than 0." in text
    assert "violates" not in text
    assert format_title(sample_results(), "ja").endswith("適合性レポート")


def test_unknown_language_is_refused_with_what_may_be_used() -> None:
    with pytest.raises(ConfigError, match="--language: there are no words in 'de'; use en or ja"):
        render_document(sample_results(), "de")


@pytest.mark.parametrize("key", catalogue())
def test_entry_of_the_catalogue_says_the_same_in_both_languages(key: str) -> None:
    entry = catalogue()[key]
    texts = [[one] if isinstance(one, str) else list(one.values()) for one in (entry["en"], entry["ja"])]
    names = [{name for text in side for name in re.findall(r"\{(\w+)\}", text)} for side in texts]

    assert {"en", "ja"} == entry.keys()
    assert names[0] == names[1]
    assert all(text.strip() for side in texts for text in side)


def test_every_word_that_a_template_uses_is_in_the_catalogue_and_none_is_idle() -> None:
    from importlib.resources import as_file, files

    report = files("conformance")
    with as_file(report) as folder:
        files_of_ours = [one for kind in ("py", "jinja", "js") for one in folder.rglob(f"*.{kind}")]
        text = "\n".join(one.read_text(encoding="utf-8") for one in files_of_ours)
    used = set(re.findall(r'["\']([a-z]+\.[a-z][a-z.-]*)["\']', text))
    prefixes = tuple(set(re.findall(r'["\']([a-z]+\.)["\' {]', text)) | {"verdict.", "sentence.", "also."})

    idle = {key for key in catalogue() if key not in used and not key.startswith(prefixes)}
    assert set() == idle
    assert set(re.findall(r'\b[tw]\("([a-z]+\.[a-z-]+)"', text)) <= catalogue().keys()


def test_one_is_not_many() -> None:
    assert ("1 row", "2 rows", "2行") == (
        translate("fact.rows", n=1),
        translate("fact.rows", n=2),
        translate("fact.rows", "ja", n=2),
    )
