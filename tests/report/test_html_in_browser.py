"""The page in a real browser: nothing hostile runs, and everything works that a reader would try."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.report.html import render_document
from tests.report.browser import DARK, NO_SCRIPT, needs_chromium, opened, reported, with_axe, with_probe
from tests.report.hostile import PAYLOADS, hostile_results
from tests.report.made_up import many_rows, sample_results

pytestmark = needs_chromium

USE_EVERYTHING = """
for (const box of document.querySelectorAll("details")) box.open = true;
for (const one of document.querySelectorAll("#cf *")) {
  for (const kind of ["mouseover", "focus", "mouseenter"]) one.dispatchEvent(new Event(kind));
  const link = one.getAttribute("href") ?? "";
  if (link && !/^(#|https?:)/.test(link)) document.documentElement.dataset.ran = link;
}
document.documentElement.dataset.done = document.querySelectorAll("#cf *").length;
"""
READ_AS_A_PERSON = """
const reported = {}, get = (id) => document.getElementById(id), shown = () => get("cf-shown").textContent;
const use = (id, value, kind) => { get(id).value = value; get(id).dispatchEvent(new Event(kind)); };
const order = () => [...document.querySelectorAll(".cf-row")].map((row) => row.dataset.verdict);
reported.all = shown();
use("cf-search", "offset WRONG reason", "input"); reported.searched = shown();
use("cf-search", "", "input");
for (const pick of document.querySelectorAll(".cf-pick input")) if (pick.value !== "violates") pick.click();
reported.violations = shown();
get("cf-reset").click(); reported.reset = shown();
use("cf-table", "run-1/table/media-delete", "change"); reported.table = shown();
get("cf-reset").click();
reported.before = order();
use("cf-sort", "worst", "change"); reported.worst = order();
use("cf-sort", "order", "change"); reported.again = order();
get("cf-open").click(); reported.opened = document.querySelectorAll(".cf-row details.cf-proof[open]").length;
get("cf-close").click(); reported.closed = document.querySelectorAll(".cf-row details.cf-proof[open]").length;
document.querySelector(".cf-main").click();
reported.clicked = document.querySelectorAll(".cf-row details.cf-proof[open]").length;
const heading = () => get("cf-legend").textContent;
reported.english = heading(); get("cf-language").click(); reported.japanese = heading();
reported.lang = document.documentElement.lang;
reported.verdict = document.querySelector("h1 .cf-v").textContent;
reported.said = document.querySelector(".cf-sentence").textContent;
get("cf-language").click(); reported.back = heading();
document.documentElement.dataset.reported = JSON.stringify(reported);
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "report.html"
    path.write_text(text, encoding="utf-8")
    return path


def test_no_hostile_text_runs(tmp_path: Path) -> None:
    pages = {name: hostile_results(text) for name, text in PAYLOADS.items() if name != "long"}
    everything = replace(sample_results(), runs=tuple(run for page in pages.values() for run in page.runs))
    dom = opened(written(tmp_path, with_probe(render_document(everything), USE_EVERYTHING)))

    assert reported(dom, "done") > 10_000
    assert "data-ran" not in dom[: dom.index("<head")]


def test_reader_can_search_filter_sort_open_and_switch_language(tmp_path: Path) -> None:
    seen = reported(
        opened(written(tmp_path, with_probe(render_document(sample_results()), READ_AS_A_PERSON))), "reported"
    )

    assert seen["all"] == seen["reset"] == "10 of 10 rows shown"
    assert seen["searched"] == seen["table"] == "1 of 10 rows shown"
    assert seen["violations"] == "5 of 10 rows shown"
    assert seen["before"] == seen["again"] != seen["worst"]
    worst = ["violates", "violates", "inconclusive", "drifts", "conforms", "violates", "violates", "not-exercised"]
    assert worst == seen["worst"][:8]
    assert (seen["opened"], seen["closed"], seen["clicked"]) == (10, 0, 1)
    assert seen["english"] == seen["back"] == "What the verdicts mean"
    assert (seen["japanese"], seen["lang"], seen["verdict"]) == ("判定の意味", "ja", "✗ 違反")
    assert seen["said"].startswith("9行中3行で")


@pytest.mark.parametrize("head", ["", NO_SCRIPT], ids=["with-script", "without-script"])
def test_link_to_a_row_opens_it(tmp_path: Path, head: str) -> None:
    page = render_document(sample_results()).replace("<head>", f"<head>{head}")
    dom = opened(written(tmp_path, page), fragment="#contents-get/limit-not-an-integer")

    opened_rows = re.findall(r'<details class="cf-proof" open=""><summary><code class="cf-id">([^<]*)', dom)
    assert opened_rows == ["contents-get/limit-not-an-integer"]


def test_browser_in_japanese_gets_japanese_unless_a_language_was_asked_for(tmp_path: Path) -> None:
    for language, lang in ((None, "ja"), ("en", "en")):
        dom = opened(written(tmp_path, render_document(sample_results(), language)), "--accept-lang=ja")

        assert f'<html lang="{lang}"' in dom


def processor_seconds_to_open(page: Path) -> float:
    """Those of the browser's processes, for they do not hang on what else the machine does."""
    before = os.times()
    opened(page)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def test_five_hundred_rows_with_evidence_are_small_and_open_within_two_seconds(tmp_path: Path) -> None:
    page = render_document(many_rows(500))
    path, blank = written(tmp_path, page), tmp_path / "blank.html"
    blank.write_text("<!DOCTYPE html>", encoding="utf-8")

    assert page.count('<tbody class="cf-row') == 500
    assert len(page.encode()) < 5_000_000
    assert any(processor_seconds_to_open(path) - processor_seconds_to_open(blank) < 2 for _ in range(5))


def test_nothing_is_wider_than_a_phone(tmp_path: Path) -> None:
    frame = '<iframe id="phone" src="report.html" style="width:390px;height:800px"></iframe>'
    written(tmp_path, render_document(sample_results()))
    outer = tmp_path / "outer.html"
    probe = """
    const inner = document.getElementById("phone").contentDocument;
    for (const box of inner.querySelectorAll("details")) box.open = true;
    document.documentElement.dataset.wide = inner.documentElement.scrollWidth;
    """
    text = f"<!DOCTYPE html><html><head></head><body>{frame}</body></html>"
    outer.write_text(with_probe(text, probe), encoding="utf-8")

    assert reported(opened(outer, "--allow-file-access-from-files"), "wide") <= 390


@pytest.mark.parametrize("flags", [(), (DARK,)], ids=["light", "dark"])
def test_axe_finds_nothing_wrong_with_everything_open(tmp_path: Path, axe: str, flags: tuple[str, ...]) -> None:
    page = with_axe(render_document(sample_results()), axe)

    assert reported(opened(written(tmp_path, page), *flags), "axe") == []
