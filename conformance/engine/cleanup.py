"""Sends steps in order, and deletes what they, or any other request, have created on a target.

`take_back` undoes an entry of the ledger: by the IDs that are known, or by looking for the names that the request
carried. The entry is struck once nothing is left. A DELETE that is answered 404 proves nothing (its path may be
wrong), so the thing is looked for by name.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from time import monotonic, sleep
from typing import Any, Final, TypeVar

from conformance.checks.context import parse_json
from conformance.client.builder import BuiltRequest
from conformance.contract.schema import CreatedResource, Step
from conformance.engine.context import RunContext
from conformance.engine.entries import plan_written, read_created, record_intent, record_outcome, strike, undo_key
from conformance.engine.evidence import Evidence
from conformance.engine.journal import LedgerEntry, has_run_name
from conformance.engine.stale_reads import PAUSE
from conformance.engine.step_sequence import StepResult, StepSender, StepSequence
from conformance.jsontools import find_texts, resolve_pointer
from conformance.messages import Message
from conformance.plan.model import PlannedStep
from conformance.plan.requirements import missing_for_steps
from conformance.plan.steps import plan_steps

T = TypeVar("T")

INTERRUPTED = "interrupted"
"""First part of the key, in `SharedState.left`, of entries whose requests were under way at an interruption."""
_LABEL = Message("clean-up")
_STILL_LISTED = Message("it is still listed, though its deletion was answered with a success")


def run_steps(
    context: RunContext,
    evidence: Evidence,
    steps: Iterable[PlannedStep],
    captures: dict[str, Any],
    *,
    label: str,
    role: str,
    salt: str,
) -> StepSequence:
    """Send steps in order until one fails, and take back at the end what they leave, unless later steps need it."""
    sender = CleaningSender(context, evidence, captures, label=label, role=role, salt=salt)
    try:
        return sender.run(steps)
    finally:
        sender.take_back()


@dataclass(slots=True)
class CleaningSender(StepSender):
    """Sends steps, and keeps a ledger entry for each that may create or change something."""

    leaves_created: bool = True
    """Whether things created by steps without an `undo` stay for later steps, at most until the end of the run."""
    _open: list[LedgerEntry] = field(default_factory=list)
    """Entries of the steps that were answered."""
    _under_way: LedgerEntry | None = None
    """The entry of the step whose request is under way."""

    def before_send(self, step: PlannedStep) -> None:
        """Write into the ledger what the step may create or change, and how that is undone."""
        resource = self.context.created_resource(step.operation)
        if step.undo is not None:
            steps, produced = [step.undo.step], tuple(step.step.capture or ())
        elif resource is not None:
            steps, produced = resource.undo, tuple(resource.made)
        else:
            return
        self._under_way = record_intent(
            self.context, step.operation, step.request, steps, row=self.salt, scope=self.scope, produced=produced
        )

    def after_send(self, built: BuiltRequest, result: StepResult) -> None:
        """Add the IDs of the answer to the ledger; strike the entries that this step has undone."""
        entry, self._under_way = self._under_way, None
        if entry is not None:
            self._open.append(entry)
            created = None
            if result.accepted:  # of the steps of a resource what its own response gives, no other
                made = read_created(self.context, result.step.operation, result.exchange.response)
                created = made if result.step.undo is None else self.captures | made
            entry = record_outcome(self.context, entry, result.exchange, created)
            if entry is None:
                self._open.pop()
                return
            self._open[-1] = entry
        if not result.accepted:
            return
        self._strike_undone(built, entry)
        if entry is not None and result.step.undo is None and self.leaves_created:
            self._open.remove(entry)
            with self.context.shared.lock:
                self.context.shared.left[undo_key(self.context, entry) or (entry.id,)] = entry

    def take_back(self) -> None:
        """Undo the open entries, the last first; a failure is a warning, never a verdict."""
        if self._under_way is not None:
            leave_for_later(self.context, self._under_way)
            self._under_way = None
        for left in reversed(self._open):
            why = take_back(self.context, self.evidence, left, self.label)
            if why:
                self.evidence.warnings.append(describe_left(left.operation, why))
        self._open.clear()

    def _strike_undone(self, built: BuiltRequest, current: LedgerEntry | None) -> None:
        """Strike the entries that the request which was just accepted has undone."""
        key, deletes = built.request.key, built.request.permission == "delete"
        with self.context.shared.lock:
            elsewhere = self.context.shared.left.pop(key, None)
        strike(self.context, elsewhere)
        for left in self._open[:]:
            undo = undo_key(self.context, left) if left is not current else None
            # Of what deletes a thing, method and URL say which; a change of it may be another with the same.
            if undo is not None and (undo[:2] == key[:2] if deletes else undo == key):
                self.context.shared.deleted |= dict.fromkeys(left.names if deletes else (), left.operation)
                strike(self.context, left)
                self._open.remove(left)


def take_back(context: RunContext, evidence: Evidence, entry: LedgerEntry, label: str = _LABEL) -> str:
    """Undo one entry and strike it; returns why something may be left on the target, or nothing.

    First by the IDs that are known; where that fails, by looking for it. Where both are refused, the operation that
    created it is not called again. A 500 is a finding, whatever a later try comes to.
    """
    sequence = _undo_by_steps(context, evidence, entry, label)
    if sequence is not None and sequence.broken is not None and sequence.broken.status == 500:
        evidence.find(sequence.broken.found, sequence.broken.n)
    if sequence is not None and sequence.passed:
        strike(context, entry)
        return ""
    with evidence.count_as("confirmed"):
        looked = look_and_delete(context, evidence, entry)
    if not looked:
        strike(context, entry)
    elif sequence is not None and sequence.response is not None:
        context.shared.undeletable.setdefault(_creating_operation(context, entry), sequence.why)
    return looked and ((sequence is not None and sequence.why) or looked)


def leave_for_later(context: RunContext, entry: LedgerEntry) -> None:
    """Leave an entry whose request was interrupted to the end of the run: the request may arrive until then."""
    with context.shared.lock:
        context.shared.left[INTERRUPTED, entry.id] = entry


def _describe_undeletable(operation: str, why: str) -> Message:
    return Message(
        "{operation} makes nothing more, as what it had made could not be deleted: {reason}",
        operation=operation,
        reason=why,
    )


NOTHING_MORE: Final = _describe_undeletable("", "").template
"""Why a row sends nothing, where what it makes could not be deleted."""


def describe_undeletable(context: RunContext, operations: Iterable[str], tried: Collection[str] = ()) -> str:
    """Why operations may not be called: what one made could not be deleted, unless a deletion is what is `tried`."""
    for operation in operations:
        why, resource = context.shared.undeletable.get(operation), context.created_resource(operation)
        if why and resource is not None and not any(step.call in tried for step in resource.undo):
            return _describe_undeletable(operation, why)
    return ""


def find_undeletable(context: RunContext, evidence: Evidence, shown: str) -> None:
    """Stop creating things that are still `shown` after two deletions that succeeded: the path may be wrong."""
    for name, operation in list(context.shared.deleted.items()):
        if name in shown and not context.shared.undeletable.get(operation):
            with evidence.count_as("confirmed"):
                _, why = find_and_delete(context, evidence, operation, [name])
            if why == _STILL_LISTED:
                context.shared.undeletable[operation] = why


def look_and_delete(context: RunContext, evidence: Evidence, entry: LedgerEntry) -> str:
    """Delete what an entry made, found by its names and its ID; return why something may be left, or nothing."""
    operation = _creating_operation(context, entry)
    resource = context.created_resource(operation)
    if resource is None or not (entry.names or (resource.get and entry.made)):
        return Message("nothing shows whether {operation} made something", operation=entry.operation)
    if entry.names:
        _, why = find_and_delete(context, evidence, operation, entry.names)
        if why:
            return why
    return _look_by_id(context, evidence, resource, entry)


def _creating_operation(context: RunContext, entry: LedgerEntry) -> str:
    """The operation of an entry, or the one that creates what its steps delete: rows may send it by another."""
    deleting = {str(step.get("call")) for step in entry.steps}
    creating = (
        name
        for name, resource in context.contract.file.created_resources.items()
        if deleting & {step.call for step in resource.undo}
    )
    return entry.operation if context.created_resource(entry.operation) else next(creating, entry.operation)


def find_and_delete(
    context: RunContext, evidence: Evidence, operation: str, names: Iterable[str]
) -> tuple[list[str], str]:
    """Delete what is listed under these names; return the names found, and why something may be left, or nothing."""
    resource = context.created_resource(operation)
    expected, found = list(names), list[str]()
    if resource is None or not expected:
        return found, Message("nothing shows whether {operation} made something", operation=operation)
    for name in expected:
        listed, why = _list_named(context, evidence, resource, name)
        found += [name] if listed else []
        undone = [(captures, _send(context, evidence, resource.undo, captures)) for captures in listed]
        if listed:
            read = partial(_list_named, context, evidence, resource, name)
            left, why = _read_until_settled(context, read, lambda found: bool(found[0]))
            why = why or next((sequence.why or _STILL_LISTED for made, sequence in undone if made in left), "")
        if why:
            return found, why
    return found, ""


def look_for_leftovers(context: RunContext, evidence: Evidence) -> tuple[str, ...]:
    """Delete all that has a name of this run; what stays gets a ledger entry and a warning, which are returned."""
    warnings, name = list[str](), context.builder.run_name
    for operation, resource in context.contract.file.created_resources.items():
        steps = plan_steps(context.contract, [resource.read, *resource.undo])
        # What a deletion was refused for is in the ledger already.
        known = context.shared.undeletable.get(operation, _STILL_LISTED) != _STILL_LISTED
        if known or any(missing_for_steps(context.contract, context.target, steps)):
            continue
        with evidence.count_as("confirmed"):
            found, why = find_and_delete(context, evidence, operation, [name])
        if found and why:
            entry = LedgerEntry(context.contract.name, context.target.base_url, operation, names=(name,), made=True)
            context.ledger.record_intent(entry)
            warnings.append(describe_left(operation, why))
    return tuple(warnings)


def _look_by_id(context: RunContext, evidence: Evidence, resource: CreatedResource, entry: LedgerEntry) -> str:
    """Read one created resource by its ID, and delete it if it bears a name of this suite; why it may be left."""
    if resource.get is None or not entry.made:
        return ""
    read = partial(_send, context, evidence, [resource.get], entry.captures)
    sequence = _read_until_settled(context, read, lambda sequence: sequence.passed)
    response = sequence.response
    if sequence.lacking and entry.names:
        return ""  # the ID is not known, and nothing bears the name
    if response is not None and response.status in (404, 410) and sequence.stale is None:
        return ""
    if response is None or sequence.why:
        return Message("could not be looked for: {reason}", reason=sequence.why)
    if has_run_name(response.text):
        undone = _send(context, evidence, resource.undo, entry.captures)
        return undone.why
    return Message("{operation} still shows it, without a name of this suite", operation=resource.get.call)


def _read_until_settled(context: RunContext, read: Callable[[], T], is_shown: Callable[[T], bool]) -> T:
    """Read again as long as what was deleted is still shown, until the target has settled; the last that was read."""
    end = monotonic() + context.target.settle
    while is_shown(latest := read()) and monotonic() < end:
        sleep(PAUSE)  # also while the run is stopping, so that it can clean up
    return latest


def describe_left(what: str, why: str) -> Message:
    return Message("what {operation} left behind may still be there: {reason}", operation=what, reason=why)


def _undo_by_steps(context: RunContext, evidence: Evidence, entry: LedgerEntry, label: str) -> StepSequence | None:
    """Send the steps of an entry; None where they could not be sent."""
    if not entry.steps:
        return None
    sender = partial(StepSender, context, evidence, label=label, role="clean-up", salt=entry.row)
    sequence = sender(dict(entry.captures)).run(plan_written(context.contract, entry.steps))
    if sequence.lacking:
        return None
    checked = [] if sequence.passed else _steps_that_check_first(context, sequence)
    if checked and (again := sender(dict(entry.captures)).run(checked)).passed:
        return again
    return sequence


def _steps_that_check_first(context: RunContext, sequence: StepSequence) -> list[PlannedStep]:
    """The contract's chain that does what failed, but reads first whether it is so already, which is no failure."""
    broken = sequence.broken
    if broken is None or broken.step.permission == "delete" or broken.exchange.response is None:
        return []
    for steps in context.contract.file.chains.values():
        planned = list(plan_steps(context.contract, steps, "standard"))
        if any(step.step.unless and step.key == broken.step.key for step in planned):
            return planned
    return []


def _list_named(
    context: RunContext, evidence: Evidence, resource: CreatedResource, name: str
) -> tuple[list[dict[str, Any]], str]:
    """The captures of each listed item that bears a name, and why the list proves nothing (or nothing)."""
    items, why = _list_items(context, evidence, resource, resource.read, name)
    if why:
        return [], why
    bearing = [item for item in items if _bears(resource, item, name)]
    if not bearing and str(len(items)) in map(str, (resource.read.request.query or {}).values()):
        what = Message("{operation} lists more than one page", operation=resource.read.call)
        return [], Message("could not be looked for: {reason}", reason=what)
    if not bearing and resource.also is not None:
        items, why = _list_items(context, evidence, resource, resource.also, name)
        bearing = [item for item in items if _bears(resource, item, name)]
    return [{key: resolve_pointer(item, at)[1] for key, at in resource.capture.items()} for item in bearing], why


def _list_items(
    context: RunContext, evidence: Evidence, resource: CreatedResource, read: Step, name: str
) -> tuple[list[Any], str]:
    """The items of a list, and why there are none to be seen (or nothing)."""
    sequence = _send(context, evidence, [read], {"name": name})
    response = sequence.response
    if response is None or sequence.why:
        return [], Message("could not be looked for: {reason}", reason=sequence.why)
    if response.status in (404, 410):
        return [], ""  # the contract says that this is how an empty result is answered
    there, items = resolve_pointer(parse_json(response), resource.in_)
    if not there or not isinstance(items, list):
        what = Message("the response of {operation} holds no list", operation=read.call)
        return [], Message("could not be looked for: {reason}", reason=what)
    return items, ""


def _bears(resource: CreatedResource, item: Any, name: str) -> bool:
    """Whether an item of the list bears the name as a whole word."""
    word = re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])")
    return any(word.search(text) for _, text in find_texts(resolve_pointer(item, resource.name)[1]))


def _send(context: RunContext, evidence: Evidence, steps: Iterable[Step], captures: Mapping[str, Any]) -> StepSequence:
    sender = StepSender(context, evidence, dict(captures), label=_LABEL, role="clean-up", salt=_LABEL, believed=False)
    return sender.run(plan_steps(context.contract, steps, "standard"))
