"""Exploration of one operation from beginning to end."""

from __future__ import annotations

from conformance.explore.context import ExplorationResult, ExploreContext, Send
from conformance.explore.findings import FindingCollector
from conformance.explore.links import link_steps
from conformance.explore.openapi import DocumentedOperation, view_operation
from conformance.explore.reads import SMALL, explore_reading, sends_head
from conformance.explore.sending import BudgetedSender, BudgetExhausted, TargetStopped
from conformance.explore.walk import OperationExplorer
from conformance.explore.writes import delete_own_records, explore_writing, run_link_chain
from conformance.http import Exchange, Request
from conformance.messages import Message

__all__ = ["count_requests", "explore"]

_LEAST = 3
"""Below this no operation can be explored and cleaned up after."""
_RESERVE = 3
_MAKING = 2
"""Making something for an operation alone, and deleting it."""
_LOOKS = 3
"""Looks at what is written: before, after what was accepted, in between. One at the end is kept back for clean-up."""


def explore(context: ExploreContext, send: Send) -> ExplorationResult:
    """Explore one operation through `send`; every finding, none twice, never more than `budget` requests.

    Nothing is sent but through `send`, and nothing whose permission the context does not allow. KeyError where the
    document has no such operation.
    """
    operation = view_operation(context)
    lacks = _lacks(context, operation)
    if lacks or context.budget <= _LEAST:
        why = None if lacks else Message("not explored at this depth")
        return ExplorationResult(operation.id, operation.method, operation.template, reason=why, lacks=lacks)
    walk = _walk(context, operation, send)
    reason = None
    try:
        _explore(walk, operation)
    except BudgetExhausted:
        pass
    except TargetStopped as stopped:
        reason = str(stopped)
    finally:
        delete_own_records(walk)
    return walk.gathering.explored(operation, walk.sending.requests, reason)


def count_requests(context: ExploreContext) -> int:
    """How many requests exploration sends at most where it finds nothing; following up a finding may use the budget."""
    operation = view_operation(context)
    if context.budget <= _LEAST or _lacks(context, operation):
        return 0
    return _walk(context, operation, _never).sending.aim


def _walk(context: ExploreContext, operation: DocumentedOperation, send: Send) -> OperationExplorer:
    """A chain of links is paid for besides, as it says more than as many single requests."""
    source = view_operation(context, operation.within or operation.own or operation.id)
    spent = _beside(context, operation) + (_RESERVE if operation.within else _tries(context, operation))
    reserve = _MAKING if source.makes else 0 if operation.explored_as == "read" else 1
    return OperationExplorer(
        context, BudgetedSender(send, context.budget, min(spent, context.budget), reserve), FindingCollector()
    )


def _tries(context: ExploreContext, operation: DocumentedOperation) -> int:
    """Inputs that are tried; in a small budget fewer where each of them may make something."""
    small = context.budget // (4 if operation.makes else 3)
    most = small if context.budget <= SMALL else context.budget * 4 // 5
    return most if operation.most is None else min(most, operation.most)


def _beside(context: ExploreContext, operation: DocumentedOperation) -> int:
    """Requests for what lasts, for looks and for the head of a GET: paid for beside the inputs that are tried."""
    own = 0 if not operation.own else _RESERVE if operation.explored_as == "read" else _MAKING
    links = view_operation(context, operation.within or operation.id)
    to = operation.id if operation.within else ""
    chain_of = 1 + link_steps(context, links, to=to) if any(links.links.values()) else 0
    watched = bool(operation.read) and operation.explored_as != "read"
    return own + chain_of + (_LOOKS if watched else int(sends_head(context, operation)))


def _explore(walk: OperationExplorer, operation: DocumentedOperation) -> None:
    if operation.within:
        run_link_chain(walk, walk.view(operation.within), to=operation.id)
    elif operation.explored_as == "read":
        explore_reading(walk, operation)
    else:
        explore_writing(walk, operation)


def _lacks(context: ExploreContext, operation: DocumentedOperation) -> tuple[str, ...]:
    source = view_operation(context, operation.within) if operation.within else operation
    permissions = {operation.permission, source.permission}
    missing = tuple(f"allow: {permission}" for permission in sorted(permissions - context.permissions))
    if operation.within:  # what its path needs comes from the links
        return (*missing, *source.lacks)
    return (*missing, *operation.lacks)


def _never(_: Request) -> Exchange:
    raise AssertionError("planning sends nothing")
