"""A comparison can be read in Japanese: every word of ours, and none of a target's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.checks.model import Level, Verdict
from conformance.compare.attribution import row_changes, run_changes, session_changes
from conformance.compare.compare import compare
from conformance.compare.forms import format_comparison
from conformance.compare.model import (
    ChoiceChange,
    Comparison,
    ExploredChange,
    Kind,
    OurChange,
    RowChange,
    RunChange,
    Stamp,
    UndocumentedChange,
    WordingChange,
)
from conformance.compare.rows import EXAMPLE, compare_rows
from conformance.errors import ConfigError
from conformance.http import FailureKind, NoResponse
from conformance.messages import Message
from conformance.report.translation import translate
from conformance.results.model import KnownDeviationNote, Suite
from tests.compare.test_forms import changed
from tests.report.browser import needs_chromium, opened, reported, with_probe
from tests.report.hostile import PAYLOADS
from tests.report.made_up import map_text, sample_results
from tests.report.two_languages import english_left, seen

FACTS = (
    "conformance 0.1.0", "conformance 0.2.0", "standard", "thorough", "staging", "kuroco", "View in English",
    "listContents", "t/two", "teapot", "tracked as 42", "200 1 content", "base_url", "fixtures.endpoint", "JSON",
)  # fmt: skip
"""What targets, profiles and contracts say, and what the button says in the other language."""


def names_of_our_changes() -> tuple[str, ...]:
    old = sample_results()
    new = replace(old, suite=Suite("other", "2"), depth="smoke", seed=old.seed + 1, partial=not old.partial)
    run, row = old.runs[0], replace(old.runs[0].rows[0], known=None)
    later = replace(run, contract=replace(run.contract, edition="2099"))
    otherwise = replace(row, expected=None, known=KnownDeviationNote("it is known"))
    (chosen,) = compare_rows(replace(run, rows=()), replace(run, rows=(row,)), ())
    found = (*session_changes(old, new), *run_changes(run, later), *row_changes(row, otherwise))
    return (*(one.what for one in found), *chosen.ours)


OURS = names_of_our_changes()


JSON_BODY = Message("a JSON body")
CONTROL = Message("control {label}", label=Message("set-up"))


def row(kind: Kind, **more: object) -> RowChange:
    given: dict[str, object] = {
        "old": Verdict.CONFORMS, "new": Verdict.VIOLATES, "was": NoResponse(FailureKind.TIMEOUT).summary, "now": "",
        "why": Message("nothing that was sent was answered"), "cause": "Cause.", "cause_ja": "原因です。",
    }  # fmt: skip
    return RowChange(id=f"t/{kind}", table="t", row=1, kind=kind, **{**given, **more})  # type: ignore[arg-type]


def everything() -> Comparison:
    """Every kind of change, every word of ours."""
    stamp = Stamp("2026-11-22T01:00:00Z", "conformance 0.1.0", "standard", 0, Verdict.CONFORMS, 17, partial=False)
    rows = [
        *(
            row(kind, worse=kind is Kind.NEWLY_VIOLATING)
            for kind in Kind
            if kind not in {Kind.ADDED, Kind.REMOVED, Kind.IMPROVED}
        ),
        row(Kind.IMPROVED, known="tracked as 42"),
        row(Kind.ADDED, old=None, was="", now="200 1 content", ours=OURS),
        row(Kind.REMOVED, new=None, ours=OURS[-1:]),
    ]
    run = RunChange(
        contract="kuroco", target="staging", old=Verdict.CONFORMS, new=Verdict.VIOLATES, rows=tuple(rows),
        wordings=tuple(
            WordingChange("t/one", about, where, "a", "b", OURS)
            for about, where in ((Message("message"), EXAMPLE), (Message("edition"), ""), (Message("answer"), CONTROL))
        ),
        choices=(ChoiceChange("t/one", "limit=+5", "accepted", "accepted, t/two"),),
        undocumented=(
            UndocumentedChange("listContents", 418, "teapot", new=True),
            UndocumentedChange("listContents", 418, "teapot", new=False),
        ),
        explored=(
            ExploredChange("listContents", "body", Level.MUST, JSON_BODY, "", new=True, ours=OURS),
            ExploredChange("listContents", "schema", Level.SHOULD, Message("an error body"), None, new=False),
        ),
        ours=tuple(OurChange(name, None, [], "t/one") for name in (*OURS, "base_url", "fixtures.endpoint")),
    )  # fmt: skip
    new = replace(
        stamp, suite="conformance 0.2.0", depth="thorough", verdict=Verdict.VIOLATES, requests=1, partial=True
    )
    all_of_us = (OurChange(OURS[1], "standard", "thorough"), OurChange(OURS[3], None, "staging"))
    return Comparison(stamp, new, (run,), all_of_us, (run.name,), (run.name,))


def better() -> Comparison:
    whole = everything()
    return replace(whole, runs=(replace(whole.runs[0], rows=(row(Kind.IMPROVED),), explored=()),))


ALL = {
    "worse": everything,
    "better": better,
    "same": lambda: replace(everything(), runs=(replace(everything().runs[0], rows=(), wordings=(), choices=(),
                                                        undocumented=(), explored=()),)),
    "nothing": lambda: replace(everything(), runs=()),
    "made-up": lambda: compare(*changed()),
}  # fmt: skip
every = pytest.mark.parametrize("name", ALL)


@pytest.mark.parametrize("name", [name for name in ALL if name != "made-up"])
def test_a_japanese_comparison_has_no_word_of_ours_in_english(name: str) -> None:
    assert english_left(format_comparison(ALL[name](), "html", "ja"), FACTS) == set()


@every
def test_each_page_can_be_switched_into_the_other(name: str) -> None:
    english, japanese = (format_comparison(ALL[name](), "html", language) for language in ("en", "ja"))
    assert seen(english, silent=("style", "script")) == seen(japanese, "en", silent=("style", "script"))
    assert seen(japanese, silent=("style", "script")) == seen(english, "ja", silent=("style", "script"))


def test_what_is_in_code_is_said_in_japanese_where_it_is_ours() -> None:
    shown = seen(format_comparison(everything(), "html", "ja"), silent=("style", "script"))
    assert {"応答なし（時間切れ）", "（なし）", "JSONの本文", "記載例", "対照「準備」", "なし"} <= set(shown)  # noqa: RUF001


def test_headlines_and_excuses_are_whole_sentences() -> None:
    shown = {name: "\n".join(seen(format_comparison(each(), "html", "ja"))) for name, each in ALL.items()}
    assert "悪化はしていませんが、変化がありました: 改善した行1件、変化した文言3件、" in shown["better"]
    assert "対象の動作に変化はありません。" in shown["same"]
    assert "比較できません。" in shown["nothing"]
    assert "悪化しました: 新たに違反した行1件、" in shown["made-up"]
    assert "プロファイルに既知として登録されています: tracked as 42" in shown["worse"]
    assert "kuroco（対象: staging）: 今回の実行にはありません" in shown["worse"]  # noqa: RUF001


def test_the_english_comparison_says_what_it_always_said() -> None:
    shown = "\n".join(seen(format_comparison(everything(), "html")))
    for text in (
        "What changed", "Newly violating", "conforms → violates", "Expected by the profile: tracked as 42",
        "May be explained by our side: suite, depth, seed, broken off, contract edition, expected answer,",
        "Since then", "gone",
        "Wordings that changed", "Open choices that changed", "Undocumented answers", "Exploration beyond the tables",
        "No target is blamed for it.", "kuroco on staging: not in the new run", "written by conformance 0.2.0",
        "seed 0", "17 requests", "broken off", "accepted, t/two",
        "Explained by our side: suite; depth: standard → thorough; seed; broken off: nothing",
    ):  # fmt: skip
        assert text in shown.replace('"', ""), text


def test_causes_and_reasons_come_from_the_results() -> None:
    old, new = changed()
    shown = replace(new.runs[0], rows=tuple(replace(one, cause_ja="原因です。") for one in new.runs[0].rows))
    found = compare(old, replace(new, runs=(shown, new.runs[1])))
    (one,) = [one for run in found.runs for one in run.rows]
    assert one.cause_ja == "原因です。"
    assert translate(one.why, "ja") == "ステータス（offset=min-1）: 期待 400、結果 200"  # noqa: RUF001


def test_without_a_language_the_page_is_in_english_and_follows_the_browser() -> None:
    page = {language: format_comparison(everything(), "html", language) for language in (None, "en", "ja")}
    assert seen(page[None]) == seen(page["en"])
    assert ['data-follow="1"' in one for one in page.values()] == [True, False, False]
    with pytest.raises(ConfigError, match="there is no translation into 'de'"):
        format_comparison(everything(), "html", "de")


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_hostile_text_becomes_an_element_in_either_language(language: str, payload: str) -> None:
    evil = map_text(sample_results(), lambda text: text + payload)
    page = format_comparison(compare(evil, replace(evil, seed=3, runs=sample_results().runs)), "html", language)
    assert page.count("<script") == 1
    assert "<img" not in page
    assert "<svg" not in page


@needs_chromium
def test_a_reader_can_switch_the_language_of_a_comparison(tmp_path: Path) -> None:
    file = tmp_path / "comparison.html"
    file.write_text(
        with_probe(
            format_comparison(better(), "html"),
            """
            const text = (of) => document.querySelector(of).textContent;
            const said = () => [document.title, text("h3"), document.documentElement.lang];
            const steps = [said()];
            document.getElementById("cf-language").click(); steps.push(said());
            document.getElementById("cf-language").click(); steps.push(said());
            document.documentElement.dataset.steps = JSON.stringify(steps);
            """,
        ),
        encoding="utf-8",
    )
    english, japanese, again = reported(opened(file), "steps")
    assert english == again
    assert english[1:] == ["Improved", "en"]
    assert japanese[1:] == ["改善した行", "ja"]
    assert japanese[0].startswith("悪化はしていませんが、")
    assert '<html lang="ja"' in opened(file, "--accept-lang=ja")
