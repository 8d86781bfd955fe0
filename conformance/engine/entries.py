"""Writes entries of the ledger: what a request may create on a target, before the request leaves.

The response adds the IDs of what was created; once nothing of it is left, the entry is struck. Rows, set-ups and
exploration use the same functions. No secret is written.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from conformance.client.builder import PlaceholderScope
from conformance.contract.contract import Contract
from conformance.contract.request_template import LiteralTemplate, RequestTemplate
from conformance.contract.schema import Step
from conformance.contract.templates import MissingValue, captures_used, find_placeholders
from conformance.engine.context import RunContext
from conformance.engine.journal import LedgerEntry, find_suite_names
from conformance.engine.ownership import without_foreign
from conformance.engine.step_sequence import read_captures
from conformance.http import Exchange, FailureKind, NoResponse, Response
from conformance.plan.model import PlannedStep
from conformance.plan.steps import plan_steps

RESTORE: Final = "restore"
"""The operation of an entry for the steps that set back what a whole row changes."""

_NAMED_PARTS = ("path", "query", "json", "raw", "multipart", "url")
_NEVER_ARRIVED = frozenset({FailureKind.NOT_SENT, FailureKind.REFUSED, FailureKind.UNRESOLVED, FailureKind.TLS})


def record_intent(
    context: RunContext,
    operation: str,
    request: RequestTemplate,
    steps: Iterable[Step],
    *,
    row: str,
    scope: PlaceholderScope,
    produced: Iterable[str] = (),
) -> LedgerEntry:
    """Write an entry into the ledger before a request leaves; what is written holds no secret, what is returned may.

    `steps` take back what it may do; `produced` names the captures that only its response gives, so that an earlier
    value of the same name is not taken for it.
    """
    undo = tuple(step.model_dump(by_alias=True, exclude_unset=True, mode="json") for step in steps)
    later = set(produced)
    known = {name: value for name, value in scope.captures.items() if name not in later}
    planned = plan_written(context.contract, undo)
    parts = [request.list_members().get(key) for key in _NAMED_PARTS]
    if not isinstance(request, LiteralTemplate):
        parts = [context.builder.fill_known(part, scope) for part in parts]
    there = set(find_suite_names(known))  # what an earlier request has made
    fixtures = dict.fromkeys(members[0] for head, members, _ in find_placeholders(undo) if head == "fixture")
    entry = LedgerEntry(
        contract=context.contract.name,
        base_url=context.target.base_url,
        operation=operation,
        row=row,
        names=tuple(name for name in dict.fromkeys(find_suite_names(parts)) if name not in there),
        steps=undo,
        captures=_captures_needed([undo, *(step.request.list_members() for step in planned)], known),
        fixtures={name: context.target.fixtures[name] for name in fixtures if name in context.target.fixtures},
    )
    specs = [context.contract.operations[step.operation].spec for step in planned]
    if undo and all("read" in (step.permission, spec.permission) for step, spec in zip(planned, specs, strict=True)):
        return entry  # such as a log-out: nothing that a sweep would have to look for
    return record_again(context, entry)


def record_again(context: RunContext, entry: LedgerEntry) -> LedgerEntry:
    """Write an entry into the ledger under an ID of its own."""
    return replace(entry, id=context.ledger.record_intent(_without_secrets(context, replace(entry, id=""))))


def record_restore(
    context: RunContext, row: str, steps: Iterable[Step], captures: Mapping[str, Any]
) -> LedgerEntry | None:
    """The entry for the steps that set back a row's changes, but do not delete what it created; None without any."""
    kept = [step for step in steps if step.call not in context.deleting_operations]
    if not kept:
        return None
    scope = PlaceholderScope(captures, salt=f"{row}/{RESTORE}")
    return record_intent(context, RESTORE, RequestTemplate(), kept, row=row, scope=scope)


def record_outcome(
    context: RunContext, entry: LedgerEntry, exchange: Exchange, created: Mapping[str, Any] | None
) -> LedgerEntry | None:
    """The entry with the IDs of what a success `created`; None, and struck, where certainly nothing was made."""
    outcome = exchange.outcome
    if outcome.kind in _NEVER_ARRIVED if isinstance(outcome, NoResponse) else 400 <= outcome.status < 500:
        strike(context, entry)
        return None
    if created is None:
        return entry
    created = without_foreign(context, entry, exchange, created)
    if exchange.maybe_done and entry.names:  # an earlier try may have created the same: it is looked for after the run
        lost = record_again(context, entry)
        with context.shared.lock:
            context.shared.left["lost try", len(context.shared.left), *entry.names] = lost
    resource = context.created_resource(entry.operation)
    steps = [*entry.steps, *([resource.get.model_dump(exclude_unset=True)] if resource and resource.get else [])]
    used = [steps, *(step.request.list_members() for step in plan_written(context.contract, steps))]
    made = replace(entry, captures={**entry.captures, **_captures_needed(used, created)}, made=True)
    if entry.id:
        context.ledger.record_created(entry.id, _without_secrets(context, made).captures)
    return made


def strike(context: RunContext, entry: LedgerEntry | None) -> None:
    """Mark an entry in the ledger as undone."""
    if entry is not None and entry.id:
        context.ledger.record_undone(entry.id)


def read_created(context: RunContext, operation: str, response: Response | None) -> dict[str, Any]:
    """The IDs that a response gives of what an operation has created."""
    resource = context.created_resource(operation)
    return {} if resource is None or response is None else read_captures(response, resource.made)


def undo_key(context: RunContext, entry: LedgerEntry) -> tuple[object, ...] | None:
    """The key of the request that takes an entry back; None as long as it lacks an ID."""
    step = next(iter(plan_written(context.contract, entry.steps)), None)
    if step is None:
        return None
    scope = PlaceholderScope(entry.captures, salt=entry.row)
    try:
        return context.builder.build(step.operation, step.request, step.permission, scope).key
    except MissingValue:
        return None


def plan_written(contract: Contract, steps: Iterable[Any]) -> list[PlannedStep]:
    """The calls of steps in the form in which an entry holds them."""
    return list(plan_steps(contract, [Step.model_validate(step) for step in steps], "standard"))


def _without_secrets(context: RunContext, entry: LedgerEntry) -> LedgerEntry:
    kept = {name: value for name, value in entry.captures.items() if context.redactor.json(value) == value}
    return replace(entry, captures=kept)


def _captures_needed(steps: Any, captures: Mapping[str, Any]) -> dict[str, Any]:
    return {name: captures[name] for name in captures_used(steps) if captures.get(name) is not None}
