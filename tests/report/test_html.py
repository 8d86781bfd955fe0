"""What the page says, without a browser."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from conformance.checks.model import Finding, Level, Verdict
from conformance.errors import ConfigError
from conformance.messages import Message
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
from conformance.report.view import build_view, collect_sentences, group_rows
from conformance.results.model import Attempt, Exploration
from tests.report.made_up import answer, many_rows, sample_results, violates_by_status


def text_of(html: str) -> str:
    """What a reader sees, with one space for any white space."""
    bare = re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", "", bare).replace("&#34;", '"').replace("&#39;", "'").split())


def test_page_says_the_verdict_in_a_sentence_before_all_else() -> None:
    text = text_of(render_fragment(sample_results()))

    assert "✗ violates microCMS Management API, Kuroco API 3 of 9 rows are not answered as the vendor promises." in text
    assert text.index("3 of 9 rows") < text.index("What is broken") < text.index("What the verdicts mean")


@pytest.mark.parametrize(
    "proof",
    [
        "https://example.microcms-management.io", "edition 2025-12-10", "standard", "12 s", "Requests", "write",
        "Limit: must be no less than 0.", "The limit is below 0.", "limit=min-1000", "2 of 2 times",
        "smallest failing input: -11", "curl -sS -i -X GET", "41 ms", "cases/microcms-management/contents-get.yaml:6",
        "documented: the vendor's own words", "RFC 9110, 10.2.3", "fixtures.member_id", "allow: write",
        "No answer came within 10 s", "The connection was reset once.", "a known bug of the vendor",
        "Reported to the vendor; a fix is announced.", "until 2027-01-31", "smallest failing input",
        "code invalid", "field subject", "listContents", "1 x 500", "Query too long", "sample.png", "Open choices",
        "No answer: timeout", "3 tries", "limit=max \u00b7 control", "written example", "2024, 2026",
    ],
)  # fmt: skip
def test_page_shows(proof: str) -> None:
    assert proof in text_of(render_fragment(sample_results())).replace(" :", ":")


@pytest.mark.parametrize("proof", ["limit=min-1000", "No answer: timeout", "limit=max · control", "3 tries"])
def test_what_a_row_shows_is_not_on_a_page_without_rows(proof: str) -> None:
    results = sample_results()
    bare = replace(results, runs=tuple(replace(run, rows=(), explored=()) for run in results.runs))

    assert proof not in text_of(render_fragment(bare))


def test_rows_stand_in_the_vendors_order_whatever_order_they_ran_in() -> None:
    results = sample_results()
    shuffled = replace(results, runs=tuple(replace(run, rows=run.rows[::-1]) for run in results.runs))

    order = re.findall(r'cf-id">([^<]+)', render_fragment(shuffled))
    assert order == re.findall(r'cf-id">([^<]+)', render_fragment(results))
    assert len(order) == 10


def test_difference_between_expected_and_actual_is_marked_word_by_word() -> None:
    marked = diff_texts("limit must be less than 100", "limit must be more than 100")

    assert [piece.text for piece in marked.expected if piece.marked] == ["less"]
    assert [piece.text for piece in marked.actual if piece.marked] == ["more"]


def test_values_of_unlike_kinds_are_marked_whole() -> None:
    assert [(piece.text, piece.marked) for piece in diff_texts(400, "400 of 400").expected] == [("400", True)]


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

    assert list(groups) == [tuple(alike), (other,)]
    row = replace(violates_by_status(), findings=tuple(alike))
    results = sample_results()
    text = text_of(render_fragment(replace(results, runs=(replace(results.runs[0], rows=(row,)),))))
    assert "status at limit=0 and at 4 more inputs" in text


def test_of_many_attempts_those_that_deviate_are_shown_and_drawn_ones_that_conform_left_off_first() -> None:
    dull = [Attempt(f"drawn {n}", "drawn", str(n), "as-promised") for n in range(100)]
    edge, bad = Attempt("edge", "boundary", "0", "as-promised"), Attempt("drawn x", "drawn", "x", "violation")

    assert choose_attempts([*dull, bad, edge], 8) == (*dull[:6], bad, edge)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_sentence_of_a_run_follows_its_worst_row(verdict: Verdict) -> None:
    run = sample_results().runs[0]
    rows = tuple(row for row in run.rows if row.verdict is verdict)
    first = collect_sentences([replace(run, rows=rows, explored=())])[0]

    expected = {
        Verdict.CONFORMS: "The one row that was tried is answered as the vendor promises.",
        Verdict.DRIFTS: "Every firm promise holds; in 1 of 1 row something softer, such as the wording, is different.",
        Verdict.VIOLATES: "2 of 3 rows are not answered as the vendor promises.",
        Verdict.INCONCLUSIVE: "No row is violated, but 1 of 1 is inconclusive.",
        Verdict.NOT_EXERCISED: "No row was exercised, so nothing can be said about the target.",
    }
    assert first == expected[verdict]


def test_what_only_exploration_came_to_is_said() -> None:
    run = sample_results().runs[0]
    doubtful, fine = (Exploration("x", "GET", "/x", verdict) for verdict in (Verdict.INCONCLUSIVE, Verdict.CONFORMS))
    rows = tuple(row for row in run.rows if row.verdict is Verdict.CONFORMS)

    assert collect_sentences([replace(run, rows=rows, explored=(doubtful,))])[1:] == (
        "Exploration beyond the tables is inconclusive for 1 operation.",
    )
    assert collect_sentences([replace(run, explored=(doubtful,))])[1:3] == (
        "1 row is inconclusive.",
        "Exploration beyond the tables is inconclusive for 1 operation.",
    )
    only = "No row was exercised, only what goes beyond the tables."
    assert collect_sentences([replace(run, rows=(), explored=(fine,))]) == (only,)


def test_a_known_deviation_is_not_counted_in_the_first_sentence() -> None:
    run = sample_results().runs[0]
    rows = tuple(row for row in run.rows if row.known or row.verdict is Verdict.CONFORMS)
    sentences = collect_sentences([replace(run, rows=rows, explored=())])

    assert sentences == (
        "The one row that was tried is answered as the vendor promises.",
        "1 row is not counted: what deviates there is listed as known in the profile.",
    )


def test_japanese_page_has_our_words_in_japanese_and_messages_as_they_are() -> None:
    text = text_of(render_fragment(sample_results(), "ja"))

    assert "9行中3行で、応答がベンダーの約束と異なります。" in text
    assert "コンテンツ操作 GET" in text
    assert "Limit: must be no less than 0." in text
    assert "violates" not in text
    assert format_title(sample_results(), "ja").endswith("適合性レポート")


def test_unknown_language_is_refused_with_what_may_be_used() -> None:
    with pytest.raises(ConfigError, match="--language: there is no translation into 'de'; use en or ja"):
        render_document(sample_results(), "de")


def test_rows_with_one_cause_are_one_card_and_what_is_undecided_stands_at_the_top() -> None:
    results = sample_results()
    run = results.runs[0]
    refused = [
        replace(
            run.rows[0],
            id=f"contents-get/doubtful-{n}",
            verdict=Verdict.INCONCLUSIVE,
            findings=(),
            reason=Message("control {label} was refused: {answer}", label=f"limit={n}", answer="403 Forbidden"),
        )
        for n in range(3)
    ]
    other = replace(refused[0], id="contents-get/other", reason=Message("interrupted"))
    rows = (*refused, other)
    (view,) = build_view(replace(results, runs=(replace(run, rows=rows),)), TIERS[0])
    cards = group_rows(view.rows, Verdict.INCONCLUSIVE)
    assert [[row.row.id for row in card] for card in cards] == [
        ["contents-get/doubtful-0", "contents-get/doubtful-1", "contents-get/doubtful-2"],
        ["contents-get/other"],
    ]
    text = text_of(render_fragment(replace(results, runs=(replace(run, rows=rows, explored=()),))))
    assert "The same holds for 2 more rows: contents-get/doubtful-1 · contents-get/doubtful-2" in text
    rows = tuple(replace(one, reason=Message("interrupted")) for one in refused)
    text = text_of(render_fragment(replace(results, runs=(replace(run, rows=rows, explored=()),))))
    assert "interrupted 3 rows: contents-get/doubtful-0 · contents-get/doubtful-1 ·" in text
    assert text.index("What could not be decided") < text.index("What the verdicts mean")


def test_the_head_names_the_target_as_the_profile_does() -> None:
    results = sample_results()
    run = replace(results.runs[0], target={**results.runs[0].target, "name": "staging"})
    text = text_of(render_fragment(replace(results, runs=(run,))))
    assert "Targetstaging https://example.microcms-management.io" in text


def test_no_element_of_a_page_has_a_style_or_a_handler_of_its_own() -> None:
    assert not re.findall(r"<[^>]* (?:style|on[a-z]+)=", render_document(sample_results()))
