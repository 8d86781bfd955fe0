"""Judges the recorded exchanges of an earlier run by the current cases. Nothing is sent."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs

from conformance.checks.context import ResponseRules, build_expectation
from conformance.checks.model import Finding, Verdict, verdict_of_levels
from conformance.checks.response import check_response
from conformance.contract.contract import Contract, Row
from conformance.contract.templates import MissingValue
from conformance.http import Response, split_url
from conformance.jsontools import load_json
from conformance.results.model import FIRM, RecordedExchange, RecordedResponse, Results, RowResult, TargetRun
from conformance.session.assemble import assemble_run


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """A row whose verdict is different now, or that no longer exists (`after` is None)."""

    contract: str
    row: str
    before: Verdict
    after: Verdict | None
    why: tuple[Finding, ...] = ()


def rejudge(results: Results, contracts: Mapping[str, Contract]) -> tuple[Results, tuple[VerdictChange, ...]]:
    """Return the results as judged by the given contracts, without truncated responses, and the changed verdicts."""
    changes: list[VerdictChange] = []
    runs: list[TargetRun] = []
    for run in results.runs:
        contract = contracts.get(run.contract.name)
        if contract is None:
            runs.append(run)
            continue
        rules = ResponseRules(contract, lambda _: ())
        entries = ((row, contract.row(row.id)) for row in run.rows)
        judged = [_rejudge_row(row, entry, run, rules) for row, entry in entries if entry is not None]
        runs.append(assemble_run(run, judged, run.explored))
        after = {row.id: row for row in runs[-1].rows}
        for row in run.rows:
            now, why = (after[row.id].verdict, after[row.id].findings) if row.id in after else (None, ())
            if now is not row.verdict:
                changes.append(VerdictChange(contract.name, row.id, row.verdict, now, why))
    return replace(results, runs=tuple(runs)), tuple(changes)


def _rejudge_row(row: RowResult, entry: Row, run: TargetRun, rules: ResponseRules) -> RowResult:
    if row.verdict is Verdict.NOT_EXERCISED:
        return row
    in_doubt = row.verdict is Verdict.INCONCLUSIVE
    again: dict[int, tuple[Finding, ...]] = {}
    # A deviation that is not a finding was attributed to the profile or to the network.
    excused = {one.exchange for one in row.attempts if one.outcome in {"violation", "drift"}} if in_doubt else set()
    excused -= {one.exchange for one in row.findings}
    # Of the requests that use up an allowance, only the last response must be the row's.
    ends = {one.exchange for one in row.attempts}
    for exchange in row.exchanges:
        if exchange.n in excused or (entry.case.repeat and exchange.n not in ends):
            continue
        if exchange.role in FIRM and exchange.response is not None and not exchange.response.cut:
            with suppress(MissingValue):  # it needs a value that was only known during the run
                again[exchange.n] = tuple(_check(exchange, exchange.response, entry, run, rules))
    kept = [one for one in row.findings if one.exchange not in again or one.check in {"control", "effect", "repeat"}]
    findings = (*(one for found in again.values() for one in found), *kept)
    verdict = verdict_of_levels((one.level for one in findings), in_doubt=in_doubt)
    return replace(row, findings=findings, verdict=verdict)


def _check(
    exchange: RecordedExchange, recorded: RecordedResponse, entry: Row, run: TargetRun, rules: ResponseRules
) -> Iterator[Finding]:
    response = Response(recorded.status, recorded.headers, recorded.body.encode(), size=recorded.size)
    held = _values_of(exchange, run.target)

    def look_up(head: str, names: Sequence[str]) -> Any:
        value: Any = held.get(head)
        for name in names:
            value = value.get(name) if isinstance(value, Mapping) else None
        if value is None:
            raise MissingValue(".".join([head, *names]))
        return value

    expected = build_expectation(rules.promise(entry.id), look_up, language=_language_of(exchange, rules.contract))
    for found in check_response(response, expected, rules, exchange.label):
        yield replace(found, exchange=exchange.n)


def _values_of(exchange: RecordedExchange, target: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of placeholders: query and JSON body of the recorded request, and the fixtures of the run."""
    query = parse_qs(split_url(exchange.request.url).query, keep_blank_values=True)
    values = {"query": {name: texts[0] for name, texts in query.items()}, "fixture": target.get("fixtures")}
    with suppress(ValueError):
        values["json"] = load_json(exchange.request.body or "")
    return values


def _language_of(exchange: RecordedExchange, contract: Contract) -> str | None:
    """Return the language that a request asked for; None if the contract has no languages or none was asked for."""
    if not contract.file.languages:
        return None
    asked = parse_qs(split_url(exchange.request.url).query).get("_lang")
    if asked:
        return asked[0]
    preferred = (value for name, value in exchange.request.headers if name.lower() == "accept-language")
    return next((re.split("[,;]", value)[0] for value in preferred), None)
