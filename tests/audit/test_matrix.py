"""An audit puts targets side by side: each cell right, each leading to its proof, and no cell a formula or a script."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from conformance.audit.forms import format_audit
from conformance.audit.matrix import Matrix, build_matrix
from conformance.checks.model import Verdict
from conformance.report.sanitize import escape_cell
from conformance.results.model import Choice, Results, RowResult
from tests.report.hostile import PAYLOADS
from tests.report.made_up import conforms, map_text, run_of, sample_results, violates_by_status

ROW = "contents-get/offset-below-minimum"


def results(*rows: RowResult, seconds: float = 1.0, **target: object) -> Results:
    sample = sample_results()
    run = run_of(sample.runs[0].contract, {**sample.runs[0].target, **target}, rows)
    return replace(sample, runs=(run,), seconds=seconds)


def refusing() -> RowResult:
    return replace(conforms(), verdict=Verdict.VIOLATES, choices=(Choice("limit=+5", "contents-get/x"),))


def accepting() -> RowResult:
    return replace(conforms(), choices=(Choice("limit=+5", "accepted"), Choice("limit=", "accepted")))


def two(**reports: str) -> Matrix:
    return build_matrix(
        [("good", results(accepting(), seconds=3.5)), ("bad", results(refusing(), violates_by_status()))],
        {"dead": "no connection within 10 s"},
        reports,
    )


def test_each_cell_has_the_verdict_of_its_row_on_its_target() -> None:
    cells = {row.id: [cell and cell.verdict for cell in row.cells] for row in two().rows}
    assert cells == {
        ROW: [Verdict.CONFORMS, Verdict.VIOLATES, None],
        "contents-get/limit-below-minimum": [None, Verdict.VIOLATES, None],
    }


def test_tables_are_summed_for_each_target_and_a_dead_one_has_a_line_of_its_own() -> None:
    found = two()
    (table,) = found.tables
    assert table.targets == (0, 1)
    good, bad, dead = table.sums
    assert good is not None
    assert bad is not None
    assert (
        good[Verdict.CONFORMS], good[Verdict.VIOLATES], bad[Verdict.CONFORMS], bad[Verdict.VIOLATES], dead,
    ) == (1, 0, 0, 2, None)  # fmt: skip
    assert (found.columns[2].verdict, found.columns[2].problem) == (None, "no connection within 10 s")


def test_open_choices_say_who_accepts_and_those_that_differ_come_first() -> None:
    first, second, _ = two().choices
    assert (first.input, first.answers, first.differs) == ("limit=+5", ("accepted", "contents-get/x", None), True)
    assert (second.input, second.answers, second.differs) == ("limit=", ("accepted", None, None), False)


def test_cost_and_editions_are_told() -> None:
    sample = sample_results()
    (column,) = build_matrix([("both", sample)]).columns
    assert (column.requests, column.seconds, column.editions) == (17, 12.4, ("2024", "2026"))
    assert column.contracts == ("microcms-management 2025-12-10", "kuroco 2024")


def test_what_was_not_the_same_for_all_is_said() -> None:
    found = build_matrix([("a", results(conforms())), ("b", replace(results(conforms(), allow=[]), depth="smoke"))])
    assert found.unfair == ("depth", "permissions")
    assert "compare with care: depth, permissions" in format_audit(found, "html")


def test_rows_of_several_contracts_stand_below_their_own() -> None:
    found = build_matrix([("both", sample_results())])
    assert [table.contract for table in found.tables] == ["microcms-management"] * 3 + ["kuroco"]
    assert len(found.rows) == 9


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.links: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        self.links += [value or "" for name, value in attrs if name == "href" and tag == "a"]


def parsed(html: str) -> Page:
    page = Page()
    page.feed(html)
    return page


def test_each_cell_leads_to_its_row_in_the_targets_report() -> None:
    page = parsed(format_audit(two(good="good", bad="the bad one"), "html"))
    assert f"good/report.html#{ROW}" in page.links
    assert f"the%20bad%20one/report.html#{ROW}" in page.links
    assert sum("#contents-get/" in link for link in page.links) == 5


def test_json_has_the_places_of_its_targets() -> None:
    reported = json.loads(format_audit(two(good="good"), "json"))
    assert [target["name"] for target in reported["targets"]] == ["good", "bad", "dead"]
    row = next(row for row in reported["tables"][0]["rows"] if row["id"] == ROW)
    assert [cell and cell["verdict"] for cell in row["cells"]] == ["conforms", "violates", None]
    assert row["cells"][0]["link"] == f"good/report.html#{ROW}"
    assert reported["targets"][0]["counts"]["conforms"] == 1


def test_csv_has_a_line_per_row_and_a_column_per_target() -> None:
    lines = list(csv.reader(io.StringIO(format_audit(two(), "csv"))))
    assert lines[0] == ["kind", "contract", "table", "row", "good", "bad", "dead"]
    assert ["row", "microcms-management", "contents-get", ROW, "conforms", "violates", ""] in lines
    assert {len(line) for line in lines} == {7}


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", " =1"])
def test_a_cell_that_a_spreadsheet_would_calculate_gets_an_apostrophe(cell: str) -> None:
    assert escape_cell(cell).startswith("'")


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_hostile_text_does_no_harm_in_any_form(payload: str) -> None:
    evil = map_text(sample_results(), lambda text: payload)
    found = build_matrix([(f"t {payload}", evil)], {f"dead {payload}": payload}, {f"t {payload}": "t"})
    page = parsed(format_audit(found, "html"))
    assert (page.seen.count("script"), page.handlers) == (1, [])
    assert not [link for link in page.links if not link.startswith(("t/report.html", "#"))]
    format_audit(found, "json").encode()
    for line in csv.reader(io.StringIO(format_audit(found, "csv"))):
        assert not [cell for cell in line if cell.lstrip().startswith(("=", "+", "-", "@"))]


def test_forty_targets_are_one_page_of_moderate_size() -> None:
    sample = sample_results()
    rows = tuple(replace(conforms(), id=f"t-{n % 6}/row-{n}", table=f"t-{n % 6}", row=n) for n in range(47))
    one = replace(sample, runs=(run_of(sample.runs[0].contract, sample.runs[0].target, rows),))
    names = [f"target-{n:02}" for n in range(40)]
    html = format_audit(build_matrix([(name, one) for name in names], {}, {name: name for name in names}), "html")
    assert len(html) < 1_000_000
    assert sum("#t-" in link for link in parsed(html).links) == 40 * 47


def test_the_page_shows_first_which_rows_are_violated_by_which_targets() -> None:
    page = format_audit(two(), "html")
    first = page[: page.index('id="targets"')]
    assert "What is broken" in first
    assert "contents-get/limit-below-minimum" in first
    assert "1 target" in first
    assert "What is broken" not in format_audit(build_matrix([("good", results(accepting()))]), "html")
