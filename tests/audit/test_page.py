"""An audit can be read in Japanese: every word of ours, and none of a target's."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.audit.forms import format_audit
from conformance.audit.matrix import Matrix, build_matrix
from conformance.errors import ConfigError
from conformance.http import FailureKind, NoResponse
from conformance.messages import Message
from conformance.results.model import KnownDeviationNote, Results, RowResult
from tests.report.browser import needs_chromium, opened, reported, with_probe
from tests.report.hostile import PAYLOADS
from tests.report.made_up import HOST, map_text, sample_results
from tests.report.two_languages import english_left, seen

FACTS = (
    "atlas", "birch", "dead", "lost", "200 1 content", "limit=min-1000", "limit=max+1", "limit=abc", "offset=abc",
    "limit=+5", "limit=-0", "limit must be less than or equal to 100", "contents-get/limit-below-minimum", HOST,
    "View in English", "{total}", "{n}", "microcms-management 2025-12-10", "kuroco 2024", "Connection refused",
    "http://127.0.0.1:8080/rcms-api/1", "write",
    "12.4 s", "fixtures.member_id, allow: write", "Offset: must be no less than 0", "Invalid integer in query",
    "url=missing", "contents-get/limit-not-an-integer", "contents-get/limit-above-maximum", "subject=empty",
    '"invalid"', '"required"', "(limit=abc)", "(limit: abc)",
)  # fmt: skip
"""What targets, profiles and contracts say, and what the button says in the other language."""


def ours(results: Results) -> Results:
    """Results in which everything that is no fact is a sentence that we can say."""
    return replace(results, runs=tuple(replace(run, rows=tuple(map(_row, run.rows))) for run in results.runs))


def _row(row: RowResult) -> RowResult:
    reason = row.reason and (
        Message("lacks {names}", names="fixtures.member_id, allow: write")
        if row.lacks
        else Message("{label}: {answer}", label="offset=abc", answer=NoResponse(FailureKind.REFUSED).summary)
    )
    known = row.known and KnownDeviationNote("ベンダーに報告済み", "https://tracker.example/42", "2027-01-31")
    found = tuple(replace(one, detail="") for one in row.findings)
    return replace(row, cause_ja="原因です。", reason=reason, known=known, findings=found)


def matrix() -> Matrix:
    sample = ours(sample_results())
    titled = [
        replace(
            run, contract=replace(run.contract, tables=tuple(replace(t, title_ja="表") for t in run.contract.tables))
        )
        for run in sample.runs
    ]
    other = replace(sample, runs=(replace(titled[0], target={**titled[0].target, "allow": []}),), depth="smoke", seed=3)
    whole = replace(sample, runs=tuple(titled), partial=True, why_partial=Message("interrupted"))
    return build_matrix(
        [("atlas", whole), ("birch", other)],
        {
            "atlas": Message("interrupted"),
            "dead": Message("not done after {seconds:g} s", seconds=60),
            "lost": Message("the worker died: {error}", error="Connection refused"),
        },
        {"atlas": "atlas"},
    )


def page(language: str | None) -> str:
    return format_audit(matrix(), "html", language)


def test_a_column_that_no_target_fills_is_left_out() -> None:
    runs = tuple(replace(run, editions=()) for run in sample_results().runs)
    without = format_audit(build_matrix([("t", replace(sample_results(), runs=runs))], {}, {}), "html", "en")
    assert ["Messages worded as in" in text for text in (page("en"), without)] == [True, False]


def test_a_japanese_audit_has_no_word_of_ours_in_english() -> None:
    assert english_left(page("ja"), FACTS) == set()


def test_an_english_audit_has_no_word_of_ours_in_japanese() -> None:
    japanese = {text for text in seen(page("en")) if not text.isascii()}
    mine = {text for text in japanese if any("\u3040" <= letter <= "\u9fff" for letter in text)}
    assert all(text == "日本語で表示" or "ベンダーに報告済み" in text for text in mine), mine


def test_each_page_can_be_switched_into_the_other() -> None:
    english, japanese = page("en"), page("ja")
    assert seen(english) == seen(japanese, "en")
    assert seen(japanese) == seen(english, "ja")


def test_without_a_language_the_audit_is_in_english_and_follows_the_browser() -> None:
    assert seen(page("en")) == seen(page(None))
    assert tuple('data-follow="1"' in page(one) for one in (None, "ja")) == (True, False)
    assert tuple(page(one)[16:32] for one in (None, "ja")) == ('<html lang="en">', '<html lang="ja">')


def test_causes_titles_and_reasons_are_said_in_japanese() -> None:
    shown = "\n".join(seen(page("ja")))
    for text in (
        "対象4件、9行", "原因です。", "表", "次の条件が対象によって異なるため", "中断されました",
        "ステータス（limit=min-1000）: 期待 400、結果 200（2回中2回）; 違反となる最小の入力: -11",  # noqa: RUF001
        "プロファイルに fixtures.member_id, allow: write が不足しています。", "既知の逸脱: ベンダーに報告済み",
        "60 秒たっても終わりませんでした", "判定不能: offset=abc: 応答なし（接続拒否）",  # noqa: RUF001
        "違反: 2、判定不能: 1、文言差異: 1、適合: 1",
    ):  # fmt: skip
        assert text in shown, text


def test_the_english_audit_says_what_it_always_said() -> None:
    shown = seen(page("en"))
    for text in (
        "4 targets, 9 rows", "Not the same for all targets, so compare with care: depth, seed, permissions, contracts.",
        "violates: status at limit=min-1000: expected 400, got 200 (2 of 2 times); smallest failing input: -11",
        "not exercised: The profile lacks fixtures.member_id, allow: write.", "Good rows", "read-only", "not asked",
        "Open choices compared", "accepted", "broken off", "only where targets differ",
        "left no results", "violates: 2, inconclusive: 1, drifts: 1, conforms: 1",
    ):  # fmt: skip
        assert any(text in one for one in shown), text


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ConfigError, match="there is no translation into 'de'"):
        page("de")


def test_json_has_the_japanese_that_results_hold() -> None:
    told_of = json.loads(format_audit(matrix(), "json"))
    table = told_of["tables"][0]
    assert (table["title_ja"], table["rows"][0]["cause_ja"]) == ("表", "原因です。")


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_hostile_text_becomes_an_element_in_either_language(language: str, payload: str) -> None:
    evil = map_text(sample_results(), lambda text: text + payload)
    plain = format_audit(build_matrix([("t", sample_results())], {"d": "x"}, {"t": "t"}), "html", language)
    hostile = format_audit(build_matrix([("t", evil)], {"d": payload}, {"t": "t"}), "html", language)
    assert plain.count("<script") == hostile.count("<script") == 1
    assert "<img" not in hostile
    assert "<svg" not in hostile


@needs_chromium
def test_a_reader_can_switch_the_language_of_an_audit(tmp_path: Path) -> None:
    file = tmp_path / "audit.html"
    file.write_text(
        with_probe(
            page(None),
            """
            const said = () => [document.title, document.querySelector("h1").textContent,
              document.getElementById("shown").textContent, document.documentElement.lang,
              document.querySelector("#target-table thead button").textContent,
              document.querySelector("td[data-verdict=conforms] > *").title];
            const steps = [said()];
            document.getElementById("cf-language").click(); steps.push(said());
            document.getElementById("cf-language").click(); steps.push(said());
            document.documentElement.dataset.steps = JSON.stringify(steps);
            """,
        ),
        encoding="utf-8",
    )
    english, japanese, again = reported(opened(file), "steps")
    assert english == again == ["Audit", "4 targets, 9 rows", "9 of 9 rows shown", "en", "Target", "conforms"]
    assert japanese == ["監査", "対象4件、9行", "9行中9行を表示", "ja", "対象", "適合"]
    assert '<html lang="ja"' in opened(file, "--accept-lang=ja")
