"""Formats SARIF 2.1.0 for code scanning: every row is a rule, and a deviation has the row's line in the case file.

violates → error · drifts → warning · inconclusive → kind `open`, SARIF's term for it. A known deviation is suppressed
with its reason.
"""

import re
from typing import Any
from urllib.parse import quote

from conformance.checks.model import Verdict
from conformance.report.evidence import list_rows
from conformance.report.format import describe_promise, format_known_deviation, format_reason, format_repeat_command
from conformance.report.sanitize import is_web_link, show_invisible, to_one_line
from conformance.report.translation import Bilingual, Translator
from conformance.results.matching import label_run
from conformance.results.model import Results, RowResult, TargetRun
from conformance.results.serialization import format_json_text

_KINDS = {
    Verdict.VIOLATES: ("fail", "error"),
    Verdict.DRIFTS: ("fail", "warning"),
    Verdict.INCONCLUSIVE: ("open", "none"),
}


def format_sarif(results: Results, language: str | None = None) -> str:
    """Return the log, with a run for each contract and target."""
    say = Translator.of(results.runs, language)
    log = {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [_run(results, run, say) for run in results.runs],
    }
    return format_json_text(log)


def _run(results: Results, run: TargetRun, say: Translator) -> dict[str, Any]:
    rows = list_rows(run)
    rules = [_rule(run, row, say) for row in rows]
    driver = {
        "name": show_invisible(results.suite.name),
        "version": show_invisible(results.suite.version),
        "rules": rules,
    }
    places = {rule["id"]: number for number, rule in enumerate(rules)}
    return {
        "tool": {"driver": driver},
        "automationDetails": {"id": show_invisible(f"conformance/{run.contract.name}/{label_run(run)}/")},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not results.partial, "startTimeUtc": show_invisible(results.started)}],
        "properties": {
            "seed": results.seed,
            "depth": results.depth,
            "requests": run.requests,
            "edition": show_invisible(run.contract.edition),
        },
        "results": [_result(places, _id(run, row), row, say) for row in rows if row.verdict in _KINDS],
    }


def _rule(run: TargetRun, row: RowResult, say: Translator) -> dict[str, Any]:
    cause = say(Bilingual(row.cause, row.cause_ja))
    promised = describe_promise(row, say) if row.expected else ""
    rule: dict[str, Any] = {
        "id": _id(run, row),
        "shortDescription": _message(cause or row.id),
        "fullDescription": _message(f"{cause} {promised}".strip()),
        "properties": {"table": row.table, "row": row.row},
    }
    if is_web_link(row.source.document):
        rule["helpUri"] = row.source.document
    return rule


def _result(places: dict[str, int], rule: str, row: RowResult, say: Translator) -> dict[str, Any]:
    kind, level = _KINDS[row.verdict]
    result: dict[str, Any] = {
        "ruleId": rule, "ruleIndex": places[rule], "kind": kind, "level": level,
        "message": _message(say(format_reason(row)) or row.verdict),
        "partialFingerprints": {"conformanceRow/v1": rule},
    }  # fmt: skip
    if row.file:
        where = {"artifactLocation": {"uri": quote(show_invisible(row.file)), "uriBaseId": "%SRCROOT%"}}
        result["locations"] = [{"physicalLocation": {**where, "region": {"startLine": max(1, row.line)}}}]
    if curl := format_repeat_command(row):
        result["properties"] = {"curl": show_invisible(curl)}
    if row.known:
        result["suppressions"] = [{"kind": "external", "justification": say(format_known_deviation(row.known))}]
    return result


def _id(run: TargetRun, row: RowResult) -> str:
    return show_invisible(f"{run.contract.name}/{row.id}")


def _message(text: str) -> dict[str, str]:
    """Return a message object; brackets are escaped as SARIF requires, because `[text](url)` would become a link."""
    return {"text": re.sub(r"([\\\[\]])", r"\\\1", to_one_line(text))}
