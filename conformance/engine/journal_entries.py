"""What a request may leave on a target, written into the ledger before the request is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from conformance.client.builder import PlaceholderScope
from conformance.contract.schema import Step
from conformance.contract.templates import MissingValue, find_placeholders
from conformance.engine.context import RunContext
from conformance.engine.journal import Entry, find_suite_names
from conformance.http import Exchange, FailureKind, NoResponse
from conformance.plan.model import RequestData

__all__ = ["captures_needed", "had_no_effect", "is_traced", "journal_entry"]

_BODY = ("path", "query", "json", "raw", "multipart", "url")
_NEVER_ARRIVED = frozenset({FailureKind.NOT_SENT, FailureKind.REFUSED, FailureKind.UNRESOLVED, FailureKind.TLS})


def journal_entry(
    context: RunContext,
    row: str,
    operation: str,
    request: RequestData,
    steps: Iterable[Step],
    *,
    scope: PlaceholderScope,
) -> Entry:
    """The entry for one request: its recognisable names, and the steps that undo what it may do."""
    undo = tuple(step.model_dump(by_alias=True, exclude_unset=True, mode="json") for step in steps)
    return Entry(
        contract=context.contract.name,
        base_url=context.target.base_url,
        operation=operation,
        row=row,
        names=tuple(dict.fromkeys(find_suite_names(_filled(context, request, scope)))),
        steps=undo,
        captures=captures_needed(context, undo, scope.captures),
    )


def captures_needed(context: RunContext, steps: Any, captures: Mapping[str, Any]) -> dict[str, Any]:
    """The captures that steps use, without any that holds a secret."""
    used = dict.fromkeys(".".join(members) for head, members, _ in find_placeholders(steps) if head == "capture")
    kept = {name: captures[name] for name in used if name in captures}
    return {name: value for name, value in kept.items() if context.redactor.json(value) == value}


def is_traced(context: RunContext, operation: str) -> bool:
    """Whether the contract says how what the operation makes is found again."""
    return operation in context.contract.file.created_resources


def had_no_effect(exchange: Exchange) -> bool:
    """Whether the request certainly made nothing: it never arrived, or it was refused."""
    outcome = exchange.outcome
    if isinstance(outcome, NoResponse):
        return outcome.kind in _NEVER_ARRIVED
    return 400 <= outcome.status < 500


def _filled(context: RunContext, request: RequestData, scope: PlaceholderScope) -> list[Any]:
    """The parts of a request that can hold a name; a part that lacks a value is never sent."""
    parts = []
    for key in _BODY:
        try:
            parts.append(context.binder.fill(request.get(key), scope))
        except MissingValue:
            continue
    return parts
