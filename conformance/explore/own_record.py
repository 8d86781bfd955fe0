"""A record that the profile gives for exploration alone: what it holds is written down first, so that it is set back.

The ledger holds how its members read before. What is set back after a kill is only what the contract's OpenAPI document
says can be read and written there, and only on the record that the profile names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from conformance.contract.templates import MissingValue
from conformance.engine.context import RunContext
from conformance.engine.entries import strike
from conformance.engine.evidence import Evidence
from conformance.engine.journal import LedgerEntry
from conformance.explore.context import ExploreContext, build_explore_context
from conformance.explore.explorer import Explorer, TargetStopped
from conformance.explore.openapi import DocumentedOperation
from conformance.explore.probes import ExploreProbe, plain_probe
from conformance.jsontools import first_value, json_equal
from conformance.messages import Message

_MOST = 3
"""Requests that setting a record back takes: a look, the change, and another look."""
_MEMBERS = "set_back"
"""The capture of a ledger entry that holds the members of a record as they were."""


def set_back_body(context: ExploreContext, operation: DocumentedOperation, shown: Any) -> dict[str, Any] | None:
    """The body that sets a record back to what its reading operation showed; None where nothing can be set back."""
    values = {name: first_value(shown, pointer) for name, pointer in operation.readable.items()}
    known = {name: value for name, value in values.items() if value is not None}
    return {**context.base_body(operation), **known} if known else None


def record_change(context: ExploreContext, body: Mapping[str, Any]) -> LedgerEntry:
    """Write into the ledger what the record holds now, before it is changed; `body` is what sets it back."""
    run, operation = context.run, context.operation
    members = {
        name: value for name, value in body.items() if name in operation.readable and run.redactor.json(value) == value
    }
    entry = LedgerEntry(
        run.contract.name,
        run.target.base_url,
        operation.id,
        row=f"explore {operation.id}",
        captures={_MEMBERS: members},
    )
    return replace(entry, id=run.ledger.record_intent(entry))


def is_set_back(operation: DocumentedOperation, entry: LedgerEntry, shown: Any) -> bool:
    """Whether a body of the reading operation shows what the entry holds."""
    members = entry.captures[_MEMBERS].items()
    return all(json_equal(first_value(shown, operation.readable[name]), value) for name, value in members)


def is_of_own_record(entry: LedgerEntry) -> bool:
    """Whether an entry of the ledger is of this kind."""
    return isinstance(entry.captures.get(_MEMBERS), Mapping)


def set_back(run: RunContext, entry: LedgerEntry) -> str:
    """Set a record back to what the entry holds, unless it reads so, and strike the entry; why it may differ, or ""."""
    try:
        context = build_explore_context(run, entry.operation)
    except MissingValue as missing:
        return Message("needs {names}", names=str(missing))
    operation, members = context.operation, entry.captures[_MEMBERS]
    if not (operation.read and context.sets_back(operation)) or members.keys() - operation.readable:
        return Message("{operation} is no write that can be set back", operation=entry.operation)
    place, explorer = plain_probe(operation), Explorer(context, _MOST, 0, Evidence(run.redactor))
    for probe in (None, replace(place, body={**context.base_body(operation), **members})):
        try:
            if probe is not None:
                explorer.look(operation, probe)
            shown = explorer.look(explorer.operation(operation.read), ExploreProbe(path=place.path))
        except TargetStopped as stopped:
            return stopped.why
        if is_set_back(operation, entry, shown.body if shown.accepted else None):
            strike(run, entry)
            return ""
    return Message("{operation} still reads otherwise than before", operation=operation.read)
