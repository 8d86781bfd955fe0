"""What exploration of one operation stands on, taken from the run; and what it found, as results.

Loads Schemathesis; import it only where something is explored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from conformance.checks.model import Level, Verdict
from conformance.client.builder import PlaceholderScope
from conformance.contract.contract import Row
from conformance.contract.messages import compile_wording, list_wordings
from conformance.contract.templates import MissingValue
from conformance.engine.context import RunContext
from conformance.explore.cleanup import CreatedResourceTracker
from conformance.explore.context import DocumentedAnswer, ExchangePair, ExplorationResult, RecordedProbe
from conformance.explore.context import ExploreContext as Standing
from conformance.explore.driver import count_requests, explore
from conformance.messages import Message
from conformance.plan.overlay import operation_request
from conformance.results.model import Exploration, ExploredFinding, Undocumented
from conformance.results.recording import record_exchange

__all__ = ["count_planned_requests", "explore_operation"]


def explore_operation(context: RunContext, operation: str) -> tuple[Exploration, tuple[Undocumented, ...]]:
    """Explore one operation within its budget."""
    with context.shared.exploring:
        return _explored(context, operation)


def _explored(context: RunContext, operation: str) -> tuple[Exploration, tuple[Undocumented, ...]]:
    standing = _standing(context, operation)
    if isinstance(standing, str):
        said = context.contract.operations[operation]
        return Exploration(
            operation,
            said.method,
            said.path,
            Verdict.NOT_EXERCISED,
            reason=Message("lacks {names}", names=standing),
            lacks=(standing,),
        ), ()
    traces = CreatedResourceTracker(context, operation)
    try:
        found = explore(standing, traces.send)
        context.shared.warn(map(context.redactor.text, found.warnings))
    finally:
        context.shared.warn(traces.put_away())
    return _told(context, found), tuple(_pair(context, found, pair) for pair in found.undocumented)


def count_planned_requests(context: RunContext, operation: str) -> int:
    """How many requests it sends at most where it finds nothing; nothing is sent."""
    standing = _standing(context, operation)
    return 0 if isinstance(standing, str) else count_requests(standing)


def _standing(context: RunContext, operation: str) -> Standing | str:
    """The ground of an operation, or what a profile lacks for it."""
    file = context.contract.file
    try:
        request = context.binder.bind(
            operation,
            {"credential": operation_request(context.contract, operation).get("credential"), "url": "/"},
            "read",
            PlaceholderScope(),
        ).request
        parameters = dict(_fixtures(context))
        paths = {
            name: "/" + str(context.binder.fill(said.url, PlaceholderScope())).lstrip("/")
            for name, said in file.operations.items()
            if said.url is not None
        }
    except MissingValue as missing:
        return str(missing).replace("fixture.", "fixtures.").replace("credential.", "credentials.")
    return Standing(
        schema=context.contract.openapi,
        operation=operation,
        base_url=context.target.base_url,
        budget=file.exploration.get(context.depth, 0),
        seed=context.seed,
        envelope=file.envelope.schema_,
        paths=paths,
        parameters=parameters,
        headers=request.headers,
        permissions=frozenset({"read", *context.target.allow}),
        error_content_types=tuple(file.content_types),
        documented=tuple(_documented(context)),
        bodies=dict(_bodies(context)),
        empty_error=Level.SHOULD if file.envelope.body_may_lack else Level.MUST,
        learn=context.redactor.learn,
    )


def _fixtures(context: RunContext) -> Iterator[tuple[str, Any]]:
    for name in context.contract.file.fixtures:
        try:
            yield name, context.binder.fill(f"{{fixture.{name}}}", PlaceholderScope())
        except MissingValue:
            continue


def _bodies(context: RunContext) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, said in context.contract.file.operations.items():
        body = said.body or said.json_
        if isinstance(body, dict) and body:
            try:
                yield name, context.binder.fill(body, PlaceholderScope(salt="exploring"))
            except MissingValue:
                continue


def _documented(context: RunContext) -> Iterator[DocumentedAnswer]:
    for row in context.contract.rows:
        patterns = [compile_wording(wording.text).pattern for wording in list_wordings(row)]
        for status in row.case.expect.statuses:
            yield DocumentedAnswer(
                row.id,
                status,
                re.compile("|".join(f"(?:{text})" for text in patterns), re.DOTALL) if patterns else None,
                _operations(row),
                frozenset(part for part in row.case.vary if part.startswith(("query.", "json.", "path."))),
            )


def _operations(row: Row) -> frozenset[str]:
    """A row of the whole contract holds for every operation."""
    return frozenset() if row.table == "common" else frozenset(ref.call for ref in row.operations)


def _told(context: RunContext, found: ExplorationResult) -> Exploration:
    levels = {item.level for item in found.findings}
    drifted = Verdict.DRIFTS if Level.SHOULD in levels else Verdict.CONFORMS
    verdict = Verdict.VIOLATES if Level.MUST in levels else drifted
    if found.lacks or not found.requests:
        verdict = Verdict.NOT_EXERCISED
    elif found.reason and verdict is not Verdict.VIOLATES:
        verdict = Verdict.INCONCLUSIVE
    document = context.contract.folder / "openapi.yaml"
    return Exploration(
        operation=found.operation,
        method=found.method,
        path=found.path,
        verdict=verdict,
        requests=found.requests,
        planned=found.requests,
        statuses=found.statuses,
        findings=tuple(_told_safely(context, item) for item in found.findings),
        exchanges=tuple(_kept(context, item) for item in found.kept),
        reason=found.reason or (Message("lacks {names}", names=", ".join(found.lacks)) if found.lacks else None),
        lacks=found.lacks,
        notes=found.notes,
        file=document.name,
        line=1,
    )


def _told_safely(context: RunContext, finding: ExploredFinding) -> ExploredFinding:
    tell = context.redactor
    return replace(
        finding,
        expected=tell.json(finding.expected),
        actual=tell.json(finding.actual),
        detail=tell.text(finding.detail),
    )


def _kept(context: RunContext, kept: RecordedProbe) -> Any:
    return replace(record_exchange(kept.exchange, kept.n, kept.label, kept.role, context.redactor), n=kept.n)


def _pair(context: RunContext, found: ExplorationResult, pair: ExchangePair) -> Undocumented:
    kept = next((item for item in found.kept if item.n == pair.exchange), None)
    shown = _kept(context, kept) if kept else None
    return Undocumented(
        found.operation,
        pair.status,
        context.redactor.text(pair.message),
        pair.count,
        shown.curl if shown else "",
        shown.label if shown else "",
    )
