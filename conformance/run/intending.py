"""What a request may leave on a target, written into the ledger before the request is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from conformance.contract.model import Step
from conformance.contract.placeholders import Missing, names
from conformance.exchange.binding import Scope
from conformance.plan.attempts import Template
from conformance.run.ground import Ground
from conformance.run.ledger import Entry, names_in
from conformance.wire import Exchange, Silence, SilenceKind

__all__ = ["certainly_nothing", "entry_of", "needed", "traced"]

_BODY = ("path", "query", "json", "raw", "multipart", "url")
_NEVER_ARRIVED = frozenset({SilenceKind.NOT_SENT, SilenceKind.REFUSED, SilenceKind.UNRESOLVED, SilenceKind.TLS})


def entry_of(
    ground: Ground, row: str, operation: str, request: Template, steps: Iterable[Step], *, scope: Scope
) -> Entry:
    """The entry for one request: its recognisable names, and the steps that undo what it may do."""
    undo = tuple(step.model_dump(by_alias=True, exclude_unset=True, mode="json") for step in steps)
    return Entry(
        contract=ground.contract.name,
        base_url=ground.target.base_url,
        operation=operation,
        row=row,
        names=tuple(dict.fromkeys(names_in(_filled(ground, request, scope)))),
        steps=undo,
        captures=needed(ground, undo, scope.captures),
    )


def needed(ground: Ground, steps: Any, captures: Mapping[str, Any]) -> dict[str, Any]:
    """The captures that steps use, without any that holds a secret."""
    used = dict.fromkeys(".".join(members) for head, members, _ in names(steps) if head == "capture")
    kept = {name: captures[name] for name in used if name in captures}
    return {name: value for name, value in kept.items() if ground.redactor.json(value) == value}


def traced(ground: Ground, operation: str) -> bool:
    """Whether the contract says how what the operation makes is found again."""
    return operation in ground.contract.file.traces


def certainly_nothing(exchange: Exchange) -> bool:
    """Whether the request certainly made nothing: it never arrived, or it was refused."""
    reply = exchange.reply
    if isinstance(reply, Silence):
        return reply.kind in _NEVER_ARRIVED
    return 400 <= reply.status < 500


def _filled(ground: Ground, request: Template, scope: Scope) -> list[Any]:
    """The parts of a request that can hold a name; a part that lacks a value is never sent."""
    parts = []
    for key in _BODY:
        try:
            parts.append(ground.binder.fill(request.get(key), scope))
        except Missing:
            continue
    return parts
