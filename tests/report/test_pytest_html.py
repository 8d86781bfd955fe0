"""The page inside the file that pytest-html writes, made by a run of pytest of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from conformance.report import html
from conformance.report.page import read_asset
from tests.report.browser import NO_SCRIPT, needs_chromium, opened, reported, with_axe, with_probe

HOST = """
import sys
sys.path.insert(0, {root!r})
from tests.report.made_up import sample_results
from pytest_metadata.plugin import metadata_key
from conformance.report import html

KEPT = []


def pytest_configure(config):
    config.stash[metadata_key].clear()


def pytest_html_report_title(report):
    KEPT.append(report)


def pytest_html_results_summary(prefix, summary, postfix, session):
    KEPT[0].title = html.format_title(sample_results())
    prefix.insert(0, html.render_in_frame(sample_results()))


def pytest_html_results_table_row(report, cells):
    if "test_row" in report.nodeid:
        cells.clear()
"""
ITEMS = """
import pytest


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>"])
def test_row(name):
    pass


def test_of_someone_else():
    assert "left" == "right"
"""
LOOK = """
const seen = (one) => one !== null && getComputedStyle(one).display !== "none" && one.getClientRects().length > 0;
const table = () => document.getElementById("results-table"), reported = {};
const names = ["#title", "#environment", "#environment-header", ".run-count", ".filter", "#results-table", ".controls"];
reported.theirs = names
  .filter((selector) => [...document.querySelectorAll(selector)].some(seen));
document.getElementById("pytest-log").open = true;
reported.folded = seen(table()) && table().textContent;
reported.heading = document.querySelector("h1:not(#title)").textContent;
reported.lang = document.documentElement.lang;
document.documentElement.dataset.reported = JSON.stringify(reported);
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("run")
    (folder / "conftest.py").write_text(HOST.format(root=str(Path(__file__).parents[2])), encoding="utf-8")
    (folder / "test_items.py").write_text(ITEMS, encoding="utf-8")
    (folder / "ours.css").write_text(
        html.render_head() + read_asset("conformance.report", "pytest_html.css"), encoding="utf-8"
    )
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(folder), "-p", "no:cacheprovider"]
    command += ["-p", "no:schemathesis", "-p", "no:conformance.pytest_plugin"]
    command += ["--html", "report.html", "--self-contained-html", "--css", "ours.css"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    return (folder / "report.html").read_text(encoding="utf-8")


def test_title_is_that_of_the_results_though_pytest_html_asks_before_they_are_there(report: str) -> None:
    title = "✗ violates · microCMS Management API, Kuroco API · Conformance report"
    assert f'<title id="head-title">{title}</title>' in report


def test_our_rows_and_the_environment_are_left_out_of_what_pytest_html_writes(report: str) -> None:
    blob = json.loads(unescape(report.split('data-jsonblob="', 1)[1].split('"', 1)[0]))

    assert blob["environment"] == {}
    assert [one for one, rows in blob["tests"].items() if rows] == ["test_items.py::test_of_someone_else"]
    assert "onerror=alert" not in report


@needs_chromium
def test_pytest_htmls_own_parts_are_folded_below_our_page(report: str, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(with_probe(report, LOOK), encoding="utf-8")
    seen = reported(opened(path), "reported")

    assert seen["theirs"] == []
    assert "test_of_someone_else" in seen["folded"]
    assert "microCMS Management API" in seen["heading"]
    assert seen["lang"] == "en"


@needs_chromium
def test_axe_finds_nothing_wrong_in_pytest_htmls_frame(report: str, tmp_path: Path, axe: str) -> None:
    path = tmp_path / "report.html"
    path.write_text(with_axe(report, axe), encoding="utf-8")

    assert reported(opened(path), "axe") == []


@needs_chromium
def test_page_in_pytest_htmls_frame_is_whole_without_script(report: str, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(report.replace("<head>", f"<head>{NO_SCRIPT}"), encoding="utf-8")
    dom = opened(path, fragment="#contents-get/limit-below-minimum")

    assert '<html lang="en">' in dom
    assert '<details class="cf-proof" open=""><summary><code class="cf-id">contents-get/limit-below-minimum' in dom
    assert "cf-live" not in dom.rsplit("</style>", 1)[1].split("<script", 1)[0]
