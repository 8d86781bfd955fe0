"""JUnit XML as CI systems read it: a suite per table, a case per row.

violates → failure · inconclusive → error · not-exercised → skipped, with the reason · drifts → passed, with a
property · a deviation that is listed as known → passed, with properties that name its reason, link and expiry.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from conformance.checks.model import Verdict
from conformance.report.format import format_reason, format_row_lines
from conformance.report.sanitize import show_invisible
from conformance.results.model import Exploration, Results, RowResult, TargetRun

__all__ = ["format_junit"]

_ELEMENTS = {Verdict.VIOLATES: "failure", Verdict.INCONCLUSIVE: "error", Verdict.NOT_EXERCISED: "skipped"}
_COUNTERS = {"failure": "failures", "error": "errors", "skipped": "skipped"}
_FORGIVEN = (Verdict.VIOLATES, Verdict.DRIFTS)


def format_junit(results: Results) -> str:
    """The document; characters that XML cannot hold are named, as `⟨U+0000⟩`."""
    root = ET.Element("testsuites", {"name": show_invisible(results.suite.name), "time": f"{results.seconds:.3f}"})
    for run in results.runs:
        for name in dict.fromkeys(row.table for row in run.rows):
            rows = [row for row in run.rows if row.table == name]
            _suite(root, results, run, name, [_row_case(run, row) for row in rows])
        if run.explored:
            _suite(root, results, run, "explored", [_explored_case(run, one) for one in run.explored])
    _count(root, root.iter("testcase"))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(root: ET.Element, results: Results, run: TargetRun, name: str, cases: list[ET.Element]) -> None:
    stamp = show_invisible(results.started).removesuffix("Z")
    suite = ET.SubElement(
        root, "testsuite", {"name": show_invisible(f"{run.contract.name}.{name}"), "timestamp": stamp}
    )
    properties = {
        "contract": run.contract.name, "edition": run.contract.edition, "target": str(run.target.get("base_url", "")),
        "depth": results.depth, "seed": str(results.seed),
    }  # fmt: skip
    _properties(suite, properties)
    suite.extend(cases)
    _count(suite, cases)
    suite.set("time", f"{sum(float(case.get('time', 0)) for case in cases):.3f}")


def _row_case(run: TargetRun, row: RowResult) -> ET.Element:
    case = _case(run, row.table, row.id, row)
    properties = {"verdict": row.verdict.value, "requests": str(row.requests)}
    if row.known:
        known = row.known
        properties |= {"known": known.reason, "known.link": known.link, "known.expires": known.expires}
    if row.verdict is Verdict.DRIFTS:
        properties["drift"] = format_reason(row)
    _properties(case, properties)
    if not (row.known and row.verdict in _FORGIVEN):
        _outcome(case, row.verdict, format_reason(row), "\n".join(format_row_lines(row)))
    return case


def _explored_case(run: TargetRun, one: Exploration) -> ET.Element:
    case = _case(run, "explored", one.operation, one)
    _properties(case, {"verdict": one.verdict.value, "requests": str(one.requests)})
    found = [
        f"{it.level}: {it.check}: expected {it.expected}, got {it.actual}. {it.detail}".rstrip() for it in one.findings
    ]
    text = one.reason or (found[0] if found else "")
    text += f" The profile lacks {', '.join(one.lacks)}." if one.lacks else ""
    _outcome(case, one.verdict, text, "\n".join([f"{one.method} {one.path}", *found]))
    return case


def _case(run: TargetRun, table: str, name: str, of: RowResult | Exploration) -> ET.Element:
    case = ET.Element(
        "testcase", {"name": show_invisible(name), "classname": show_invisible(f"{run.contract.name}.{table}")}
    )
    if of.file:
        case.attrib.update(file=show_invisible(of.file), line=str(of.line))
    case.set("time", f"{of.seconds:.3f}")
    return case


def _outcome(case: ET.Element, verdict: Verdict, message: str, text: str) -> None:
    if name := _ELEMENTS.get(verdict):
        ET.SubElement(case, name, {"type": verdict.value, "message": show_invisible(message)}).text = show_invisible(
            text
        )


def _properties(parent: ET.Element, values: dict[str, str]) -> None:
    element = ET.SubElement(parent, "properties")
    for name, value in values.items():
        if value:
            ET.SubElement(element, "property", {"name": name, "value": show_invisible(value)})


def _count(element: ET.Element, cases: Iterable[ET.Element]) -> None:
    cases = list(cases)
    element.set("tests", str(len(cases)))
    for name, counter in _COUNTERS.items():
        element.set(counter, str(sum(case.find(name) is not None for case in cases)))
