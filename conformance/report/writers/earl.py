"""Formats W3C's Evaluation and Report Language 1.0 as JSON-LD, for programs that compare suites.

There is an assertion for each row and each explored operation:

conforms, drifts → passed · violates → failed · inconclusive → cantTell · not-exercised → untested
"""

from typing import Any
from urllib.parse import quote

from conformance.checks.model import Verdict
from conformance.report.evidence import list_rows
from conformance.report.format import describe_known_deviation, describe_promise, format_reason
from conformance.report.sanitize import is_web_link, show_invisible, to_one_line
from conformance.report.translation import Bilingual, Translator
from conformance.results.model import Results, RowResult, TargetRun
from conformance.results.serialization import format_json_text

_OUTCOMES = {
    Verdict.CONFORMS: "earl:passed", Verdict.DRIFTS: "earl:passed", Verdict.VIOLATES: "earl:failed",
    Verdict.INCONCLUSIVE: "earl:cantTell", Verdict.NOT_EXERCISED: "earl:untested",
}  # fmt: skip
_CONTEXT = {
    "earl": "http://www.w3.org/ns/earl#",
    "dct": "http://purl.org/dc/terms/",
    "doap": "http://usefulinc.com/ns/doap#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "assertedBy": {"@id": "earl:assertedBy", "@type": "@id"},
    "subject": {"@id": "earl:subject", "@type": "@id"},
    "mode": {"@id": "earl:mode", "@type": "@id"},
    "outcome": {"@id": "earl:outcome", "@type": "@id"},
    "date": {"@id": "dct:date", "@type": "xsd:dateTime"},
    "title": "dct:title",
    "description": "dct:description",
}


def format_earl(results: Results, language: str | None = None) -> str:
    """Return the graph: the suite, each target, and each row as a test criterion within its assertion."""
    say = Translator.of(results.runs, language)
    suite: dict[str, Any] = {
        "@id": "urn:conformance:suite",
        "@type": ["earl:Assertor", "earl:Software"],
        "title": show_invisible(results.suite.name),
        "doap:release": {"doap:revision": show_invisible(results.suite.version)},
    }
    graph = [suite]
    for number, run in enumerate(results.runs, 1):
        subject = f"urn:conformance:target:{number}"
        title = show_invisible(str(run.target.get("base_url", "")))
        graph.append({"@id": subject, "@type": "earl:TestSubject", "title": title})
        graph += [_assertion(results, run, row, subject, say) for row in list_rows(run)]
    return format_json_text({"@context": _CONTEXT, "@graph": graph})


def _assertion(results: Results, run: TargetRun, row: RowResult, subject: str, say: Translator) -> dict[str, Any]:
    promised = describe_promise(row, say) if row.expected else ""
    criterion: dict[str, Any] = {
        "@id": f"urn:conformance:row:{quote(show_invisible(run.contract.name))}:{quote(show_invisible(row.id))}",
        "@type": "earl:TestCase",
        "title": to_one_line(row.id),
        "description": f"{say(Bilingual(row.cause, row.cause_ja))} {promised}".strip(),
    }
    if is_web_link(row.source.document):
        criterion["dct:isPartOf"] = {"@id": row.source.document}
    result: dict[str, Any] = {"@type": "earl:TestResult", "outcome": _OUTCOMES[row.verdict], "date": results.started}
    description = "" if row.verdict is Verdict.CONFORMS else f"{row.verdict}: {say(format_reason(row))}".rstrip(": ")
    if row.known:
        description += f"; {describe_known_deviation(row.known, say)}"
    if description:
        result["description"] = to_one_line(description)
    return {
        "@type": "earl:Assertion",
        "assertedBy": "urn:conformance:suite",
        "subject": subject,
        "mode": "earl:automatic",
        "earl:test": criterion,
        "earl:result": result,
    }
