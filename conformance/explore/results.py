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
from conformance.contract.messages import loose, wordings_of
from conformance.contract.templates import MissingValue
from conformance.engine.context import RunContext
from conformance.explore.cleanup import CreatedResourceTracker
from conformance.explore.context import DocumentedAnswer, ExchangePair, ExplorationResult, RecordedProbe
from conformance.explore.context import ExploreContext as Standing
from conformance.explore.driver import count_requests, explore
from conformance.plan.overlay import operation_request
from conformance.results.model import Exploration, ExploredFinding, Undocumented
from conformance.results.recording import record_exchange

__all__ = ["count_planned_requests", "explore_operation"]


def explore_operation(ground: RunContext, operation: str) -> tuple[Exploration, tuple[Undocumented, ...]]:
    """Explore one operation within its budget."""
    with ground.shared.exploring:
        return _explored(ground, operation)


def _explored(ground: RunContext, operation: str) -> tuple[Exploration, tuple[Undocumented, ...]]:
    standing = _standing(ground, operation)
    if isinstance(standing, str):
        said = ground.contract.operations[operation]
        return Exploration(
            operation, said.method, said.path, Verdict.NOT_EXERCISED, reason=f"lacks {standing}", lacks=(standing,)
        ), ()
    traces = CreatedResourceTracker(ground, operation)
    try:
        found = explore(standing, traces.send)
        ground.shared.warn(map(ground.redactor.text, found.warnings))
    finally:
        ground.shared.warn(traces.put_away())
    return _told(ground, found), tuple(_pair(ground, found, pair) for pair in found.undocumented)


def count_planned_requests(ground: RunContext, operation: str) -> int:
    """How many requests it sends at most where it finds nothing; nothing is sent."""
    standing = _standing(ground, operation)
    return 0 if isinstance(standing, str) else count_requests(standing)


def _standing(ground: RunContext, operation: str) -> Standing | str:
    """The ground of an operation, or what a profile lacks for it."""
    file = ground.contract.file
    try:
        request = ground.binder.bind(
            operation,
            {"credential": operation_request(ground.contract, operation).get("credential"), "url": "/"},
            "read",
            PlaceholderScope(),
        ).request
        parameters = dict(_fixtures(ground))
        paths = {
            name: "/" + str(ground.binder.fill(said.url, PlaceholderScope())).lstrip("/")
            for name, said in file.operations.items()
            if said.url is not None
        }
    except MissingValue as missing:
        return str(missing).replace("fixture.", "fixtures.").replace("credential.", "credentials.")
    return Standing(
        schema=ground.contract.openapi,
        operation=operation,
        base_url=ground.target.base_url,
        budget=file.exploration.get(ground.depth, 0),
        seed=ground.seed,
        envelope=file.envelope.schema_,
        paths=paths,
        parameters=parameters,
        headers=request.headers,
        tiers=frozenset({"read", *ground.target.allow}),
        error_content_types=tuple(file.content_types),
        documented=tuple(_documented(ground)),
        bodies=dict(_bodies(ground)),
        empty_error=Level.SHOULD if file.envelope.body_may_lack else Level.MUST,
        learn=ground.redactor.learn,
    )


def _fixtures(ground: RunContext) -> Iterator[tuple[str, Any]]:
    for name in ground.contract.file.fixtures:
        try:
            yield name, ground.binder.fill(f"{{fixture.{name}}}", PlaceholderScope())
        except MissingValue:
            continue


def _bodies(ground: RunContext) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, said in ground.contract.file.operations.items():
        body = said.body or said.json_
        if isinstance(body, dict) and body:
            try:
                yield name, ground.binder.fill(body, PlaceholderScope(salt="exploring"))
            except MissingValue:
                continue


def _documented(ground: RunContext) -> Iterator[DocumentedAnswer]:
    for row in ground.contract.rows:
        statuses = row.case.expect.status if isinstance(row.case.expect.status, list) else [row.case.expect.status]
        patterns = [loose(wording.text).pattern for wording in wordings_of(row)]
        for status in statuses:
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


def _told(ground: RunContext, found: ExplorationResult) -> Exploration:
    levels = {item.level for item in found.findings}
    drifted = Verdict.DRIFTS if Level.SHOULD in levels else Verdict.CONFORMS
    verdict = Verdict.VIOLATES if Level.MUST in levels else drifted
    if found.lacks or not found.requests:
        verdict = Verdict.NOT_EXERCISED
    elif found.reason and verdict is not Verdict.VIOLATES:
        verdict = Verdict.INCONCLUSIVE
    document = ground.contract.folder / "openapi.yaml"
    return Exploration(
        operation=found.operation,
        method=found.method,
        path=found.path,
        verdict=verdict,
        requests=found.requests,
        statuses=found.statuses,
        findings=tuple(_told_safely(ground, item) for item in found.findings),
        exchanges=tuple(_kept(ground, item) for item in found.kept),
        reason=found.reason or (f"lacks {', '.join(found.lacks)}" if found.lacks else None),
        lacks=found.lacks,
        notes=found.notes,
        file=document.name,
        line=1,
    )


def _told_safely(ground: RunContext, finding: ExploredFinding) -> ExploredFinding:
    tell = ground.redactor
    return replace(
        finding, wanted=tell.json(finding.wanted), got=tell.json(finding.got), detail=tell.text(finding.detail)
    )


def _kept(ground: RunContext, kept: RecordedProbe) -> Any:
    return replace(record_exchange(kept.exchange, kept.n, kept.label, kept.role, ground.redactor), n=kept.n)


def _pair(ground: RunContext, found: ExplorationResult, pair: ExchangePair) -> Undocumented:
    kept = next((item for item in found.kept if item.n == pair.exchange), None)
    shown = _kept(ground, kept) if kept else None
    return Undocumented(
        found.operation,
        pair.status,
        ground.redactor.text(pair.message),
        pair.count,
        shown.curl if shown else "",
        shown.label if shown else "",
    )
