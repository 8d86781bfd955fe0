"""The pages beside the report in a real browser: audit, history and comparison."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.audit.forms import format_audit
from conformance.audit.matrix import build_matrix
from conformance.compare.compare import compare
from conformance.compare.forms import format_comparison
from conformance.history.forms import format_history
from tests.audit.test_matrix import two
from tests.compare.test_forms import changed
from tests.history.test_page import over_time
from tests.report.browser import DARK, NO_SCRIPT, needs_chromium, opened, reported, with_axe, with_probe
from tests.report.hostile import PAYLOADS
from tests.report.made_up import map_text, sample_results

pytestmark = needs_chromium


def pages() -> dict[str, str]:
    return {
        "audit": format_audit(two(good="good"), "html"),
        "history": format_history(over_time("conforms", "violates", "", "drifts", "inconclusive"), "html"),
        "comparison": format_comparison(compare(*changed()), "html"),
    }


def test_an_audit_can_be_filtered_and_sorted(tmp_path: Path) -> None:
    page = tmp_path / "audit.html"
    page.write_text(
        with_probe(
            format_audit(two(good="good"), "html"),
            """
            const rows = () => [...document.querySelectorAll('tr.audited')].filter((row) => !row.hidden).length;
            const targets = () => [...document.querySelectorAll('.matrix th.target')];
            const heads = () => targets().slice(0, 2).map((th) => th.dataset.name);
            const change = (id, value) => { const box = document.getElementById(id); box.value = value;
              box.dispatchEvent(new Event(box.tagName === 'SELECT' ? 'change' : 'input')); };
            const steps = [rows()];
            change('find', 'OFFSET'); steps.push(rows()); change('find', '');
            document.getElementById('differ').click(); steps.push(rows());
            document.getElementById('reset').click(); steps.push(rows());
            change('order', 'worst'); steps.push(heads());
            change('find-target', 'good');
            steps.push(targets().filter((th) => !th.hidden).length);
            const requests = [...document.querySelectorAll('#target-table thead button')][7];
            change('find-target', ''); requests.click(); requests.click();
            steps.push(document.querySelector('#target-table tbody tr th').firstChild.textContent);
            document.documentElement.dataset.steps = JSON.stringify(steps);
            """,
        )
    )
    assert reported(opened(page), "steps") == [2, 1, 1, 2, ["bad", "good"], 2, "bad"]


def test_without_script_an_audit_shows_every_cell_and_no_tool(tmp_path: Path) -> None:
    page = tmp_path / "audit.html"
    page.write_text(format_audit(two(good="good"), "html").replace("<head>", f"<head>{NO_SCRIPT}", 1))
    dom = opened(page)
    assert 'class="cf cf-framed cf-audit"' in dom
    assert dom.count('class="audited"') == 2


def test_no_hostile_text_runs_in_any_page(tmp_path: Path) -> None:
    evil = map_text(sample_results(), lambda text: text + "".join(PAYLOADS.values()))
    found = {
        "audit": format_audit(build_matrix([("x", evil)], {"y": "".join(PAYLOADS.values())}, {"x": "x"}), "html"),
        "comparison": format_comparison(compare(evil, replace(evil, seed=3, runs=sample_results().runs)), "html"),
        "history": format_history(over_time("conforms", "violates", suffix="".join(PAYLOADS.values())), "html"),
    }
    for name, html in found.items():
        page = tmp_path / f"{name}.html"
        page.write_text(html)
        dom = opened(page)
        assert "cf-framed" in dom
        assert re.search("<html[^>]*data-ran", dom) is None


@pytest.mark.parametrize("flags", [(), (DARK,)], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["audit", "history", "comparison"])
def test_axe_finds_nothing_wrong(tmp_path: Path, axe: str, name: str, flags: tuple[str, ...]) -> None:
    page = tmp_path / f"{name}.html"
    page.write_text(with_axe(pages()[name], axe))
    assert reported(opened(page, *flags), "axe") == []
