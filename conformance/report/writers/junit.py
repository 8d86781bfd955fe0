"""JUnit XML as CI systems read it: a suite per table, a case per row.

violates → failure · inconclusive → error · not-exercised → skipped, with the reason · drifts → passed, and said in the
output · a deviation that is listed as known → skipped, with its reason, link and expiry.

Two forms: one is valid by the schema of Jenkins' xUnit plugin, in which a case has no place; in the other each case has
the `file` and `line` of its row, which GitLab shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from conformance.checks.model import Verdict
from conformance.report.evidence import list_rows
from conformance.report.format import describe_known_deviation, format_failure, format_reason
from conformance.report.sanitize import show_invisible
from conformance.report.translation import Translator
from conformance.results.model import Results, RowResult, TargetRun

_ELEMENTS = {Verdict.VIOLATES: "failure", Verdict.INCONCLUSIVE: "error", Verdict.NOT_EXERCISED: "skipped"}
_COUNTERS = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def format_junit(results: Results, language: str | None = None) -> str:
    """The document for Jenkins; characters that XML cannot hold are named, as `⟨U+0000⟩`."""
    root = _build_suites(results, language)
    for case in root.iter("testcase"):
        place = f"{case.attrib.pop('file', '')}:{case.attrib.pop('line', '')}"
        output = case.find("system-out")
        if output is not None and place != ":":
            output.text = f"{output.text}\nfile: {place}"
    return _write(root)


def format_junit_with_places(results: Results, language: str | None = None) -> str:
    """The document for GitLab: each case has the `file` and `line` of its row."""
    return _write(_build_suites(results, language))


def _write(root: ET.Element) -> str:
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _build_suites(results: Results, language: str | None) -> ET.Element:
    say = Translator.of(results.runs, language)
    root = ET.Element("testsuites", {"name": show_invisible(results.suite.name), "time": f"{results.seconds:.3f}"})
    for run in results.runs:
        rows = list_rows(run)
        for name in dict.fromkeys(row.table for row in rows):
            _suite(root, results, run, name, [_case(run, row, say) for row in rows if row.table == name])
    _count(root, root.iter("testcase"))
    return root


def _suite(root: ET.Element, results: Results, run: TargetRun, name: str, cases: list[ET.Element]) -> None:
    stamp = show_invisible(results.started).removesuffix("Z")
    suite = ET.SubElement(
        root, "testsuite", {"name": show_invisible(f"{run.contract.name}.{name}"), "timestamp": stamp}
    )
    properties = {
        "contract": run.contract.name, "edition": run.contract.edition, "target": str(run.target.get("base_url", "")),
        "depth": results.depth, "seed": str(results.seed),
    }  # fmt: skip
    element = ET.SubElement(suite, "properties")
    for key, value in properties.items():
        ET.SubElement(element, "property", {"name": key, "value": show_invisible(value)})
    suite.extend(cases)
    _count(suite, cases)
    suite.set("time", f"{sum(float(case.get('time', 0)) for case in cases):.3f}")


def _case(run: TargetRun, row: RowResult, say: Translator) -> ET.Element:
    place = {"file": show_invisible(row.file), "line": str(row.line)} if row.file else {}
    of = {"name": show_invisible(row.id), "classname": show_invisible(f"{run.contract.name}.{row.table}")}
    case = ET.Element("testcase", {**of, **place, "time": f"{row.seconds:.3f}"})
    facts = {"verdict": row.verdict.value, "requests": str(row.requests)}
    name = "skipped" if row.known else _ELEMENTS.get(row.verdict)
    if name:
        known = f"{describe_known_deviation(row.known, say)}; " if row.known else ""
        element = ET.SubElement(case, name, {"type": row.verdict.value})
        element.set("message", show_invisible(known + say(format_reason(row))))
        element.text = show_invisible(format_failure(row, say))
    elif row.verdict is Verdict.DRIFTS:
        facts["drift"] = say(format_reason(row))
    # Jenkins' schema allows no properties here.
    lines = (f"{name}: {value}" for name, value in facts.items())
    ET.SubElement(case, "system-out").text = show_invisible("\n".join(lines))
    return case


def _count(element: ET.Element, cases: Iterable[ET.Element]) -> None:
    cases = list(cases)
    element.set("tests", str(len(cases)))
    for name, counter in _COUNTERS.items():
        if element.tag == "testsuite" or name != "skipped":
            element.set(counter, str(sum(case.find(name) is not None for case in cases)))
