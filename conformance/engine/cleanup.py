"""What a request may leave on a target, and how it is taken back: one way for rows, set-ups, exploration and sweep.

Before a request that may create or change something leaves, `record_intent` writes an entry of the ledger. After the
response `record_created` adds the IDs. `take_back` undoes the entry by these IDs, or by looking for the names that the
request carried, and strikes it once nothing is left. A DELETE that is answered 404 proves nothing (its path may be
wrong), so the thing is looked for by name.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final

from conformance.checks.context import parse_json
from conformance.client.builder import PlaceholderScope
from conformance.contract.contract import Contract
from conformance.contract.request_template import RequestTemplate
from conformance.contract.schema import CreatedResource, Step
from conformance.contract.templates import MissingValue, find_placeholders
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.engine.journal import LedgerEntry, find_suite_names, has_run_name
from conformance.engine.probe import ProbeResult, send_probe
from conformance.engine.step_sequence import StepSender, StepSequence, read_capture
from conformance.http import Exchange, FailureKind, NoResponse, Response
from conformance.jsontools import resolve_pointer
from conformance.messages import Message
from conformance.plan.model import Probe, RowPlan
from conformance.plan.steps import plan_steps

__all__ = [
    "RESTORE",
    "ProbeCleanup",
    "created_resource",
    "describe_left",
    "find_and_delete",
    "had_no_effect",
    "look_and_delete",
    "read_created",
    "record_created",
    "record_intent",
    "record_lost_try",
    "record_restore",
    "strike",
    "take_back",
    "undo_key",
]

_LABEL = Message("clean-up")

RESTORE: Final = "restore"
"""The operation of an entry for the steps that set back what a whole row changes."""

_NAMED_PARTS = ("path", "query", "json", "raw", "multipart", "url")
_NEVER_ARRIVED = frozenset({FailureKind.NOT_SENT, FailureKind.REFUSED, FailureKind.UNRESOLVED, FailureKind.TLS})
_READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


# --- the ledger


def record_intent(
    context: RunContext,
    operation: str,
    request: RequestTemplate,
    steps: Iterable[Step],
    *,
    row: str,
    scope: PlaceholderScope,
    names: Iterable[str] = (),
    produced: Iterable[str] = (),
) -> LedgerEntry:
    """Write an entry into the ledger before a request leaves; what is written holds no secret, what is returned may.

    `steps` take back what it may do; `produced` names the captures that only its response gives, so that an earlier
    value of the same name is not taken for it. `names` are added to those found in the request.
    """
    undo = tuple(step.model_dump(by_alias=True, exclude_unset=True, mode="json") for step in steps)
    later = set(produced)
    known = {name: value for name, value in scope.captures.items() if name not in later}
    entry = LedgerEntry(
        contract=context.contract.name,
        base_url=context.target.base_url,
        operation=operation,
        row=row,
        names=tuple(dict.fromkeys([*find_suite_names(_filled_parts(context, request, scope)), *names])),
        steps=undo,
        captures=_captures_needed([undo, *_requests_of(context.contract, undo)], known),
        fixtures=_fixtures_needed(context, undo),
    )
    if all(step.permission == "read" for step in plan_steps(context.contract, _steps_of(entry), "standard")) and undo:
        return entry  # such as a log-out: nothing that a sweep would have to look for
    return replace(entry, id=context.ledger.record_intent(_without_secrets(context, entry)))


def record_restore(
    context: RunContext, row: str, steps: Iterable[Step], captures: Mapping[str, Any]
) -> LedgerEntry | None:
    """The entry for the steps that set back what a row changes; None where there is nothing to set back.

    Steps that delete a created resource are left out: that resource has an entry of its own.
    """
    kept = [step for step in steps if step.call not in _deleting_operations(context.contract)]
    if not kept:
        return None
    scope = PlaceholderScope(captures, salt=f"{row}/{RESTORE}")
    return record_intent(context, RESTORE, RequestTemplate(), kept, row=row, scope=scope)


def record_created(context: RunContext, entry: LedgerEntry, captures: Mapping[str, Any]) -> LedgerEntry:
    """The entry with the IDs that a response gave, of those that its steps need; written into the ledger."""
    resource = created_resource(context.contract, entry.operation)
    steps = [*entry.steps, *([resource.get.model_dump(exclude_unset=True)] if resource and resource.get else [])]
    used = [steps, *_requests_of(context.contract, steps)]
    created = replace(entry, captures={**entry.captures, **_captures_needed(used, captures)}, made=True)
    if entry.id:
        context.ledger.record_created(entry.id, _without_secrets(context, created).captures)
    return created


def record_lost_try(context: RunContext, entry: LedgerEntry, exchange: Exchange) -> None:
    """Where an earlier try of a write may have made the same thing, an entry of its own: looked for after the run."""
    if exchange.maybe_done and entry.names:
        lost = replace(entry, id=context.ledger.record_intent(_without_secrets(context, replace(entry, id=""))))
        with context.shared.lock:
            context.shared.left["lost try", len(context.shared.left), *entry.names] = lost


def read_created(context: RunContext, operation: str, response: Response | None) -> dict[str, Any]:
    """The IDs that a response gives of what an operation has created."""
    resource = created_resource(context.contract, operation)
    if resource is None or response is None:
        return {}
    found = {name: read_capture(response, pointer) for name, pointer in resource.made.items()}
    return {name: value for name, (there, value) in found.items() if there}


def strike(context: RunContext, entry: LedgerEntry | None) -> None:
    """Mark an entry in the ledger as undone."""
    if entry is not None and entry.id:
        context.ledger.record_undone(entry.id)


def had_no_effect(exchange: Exchange) -> bool:
    """Whether the request certainly made nothing: it never arrived, or it was refused."""
    outcome = exchange.outcome
    if isinstance(outcome, NoResponse):
        return outcome.kind in _NEVER_ARRIVED
    return 400 <= outcome.status < 500


def created_resource(contract: Contract, operation: str) -> CreatedResource | None:
    """What the contract says an operation creates, and how that is found again; None where it says nothing."""
    return contract.file.created_resources.get(operation)


def _deleting_operations(contract: Contract) -> frozenset[str]:
    """The operations that delete what others create."""
    return frozenset(step.call for resource in contract.file.created_resources.values() for step in resource.undo)


def _without_secrets(context: RunContext, entry: LedgerEntry) -> LedgerEntry:
    kept = {name: value for name, value in entry.captures.items() if context.redactor.json(value) == value}
    return replace(entry, captures=kept)


def _captures_needed(steps: Any, captures: Mapping[str, Any]) -> dict[str, Any]:
    """The captures that steps use, as far as they are known."""
    used = dict.fromkeys(".".join(members) for head, members, _ in find_placeholders(steps) if head == "capture")
    return {name: captures[name] for name in used if captures.get(name) is not None}


def _requests_of(contract: Contract, steps: Iterable[Any]) -> list[Any]:
    """What steps send, with what their operations always have."""
    planned = plan_steps(contract, [Step.model_validate(step) for step in steps], "standard")
    return [step.request.members() for step in planned]


def _fixtures_needed(context: RunContext, steps: Any) -> dict[str, Any]:
    """The fixtures that steps use, by their first name."""
    used = dict.fromkeys(members[0] for head, members, _ in find_placeholders(steps) if head == "fixture")
    return {name: context.target.fixtures[name] for name in used if name in context.target.fixtures}


def _filled_parts(context: RunContext, request: RequestTemplate, scope: PlaceholderScope) -> list[Any]:
    """The parts of a request that can hold a name; a part that lacks a value is never sent."""
    parts = []
    for key in _NAMED_PARTS:
        try:
            parts.append(context.builder.fill(request.members().get(key), scope))
        except MissingValue:
            continue
    return parts


# --- taking back


def take_back(context: RunContext, evidence: Evidence, entry: LedgerEntry, label: str = _LABEL) -> str:
    """Undo one entry and strike it; why something may be left on the target, or nothing.

    First by the IDs that are known. Where that is not possible or not successful, it is looked for.
    """
    why = _undo_by_steps(context, evidence, entry, label)
    if why or why is None:
        with evidence.count_as("confirmed"):
            looked = look_and_delete(context, evidence, entry)
        why = (why or looked) if looked else ""
    if not why:
        strike(context, entry)
    return why


def look_and_delete(context: RunContext, evidence: Evidence, entry: LedgerEntry) -> str:
    """Look for what an entry made, by its names and its ID, and delete what bears a name of this suite.

    Returns why something may be left, or nothing: it was deleted, or is seen not to be there.
    """
    operation = _creating_operation(context.contract, entry)
    resource = created_resource(context.contract, operation)
    if resource is None or not (entry.names or (resource.get and entry.made)):
        return Message("nothing tells what {operation} made", operation=entry.operation)
    if entry.names:
        why = find_and_delete(context, evidence, operation, entry.names)
        if why:
            return why
    return _look_by_id(context, evidence, resource, entry)


def _creating_operation(contract: Contract, entry: LedgerEntry) -> str:
    """The operation of an entry, or the one that creates what its steps delete: rows may send it by another."""
    deleting = {step.call for step in _steps_of(entry)}
    creating = (
        name
        for name, resource in contract.file.created_resources.items()
        if deleting & {step.call for step in resource.undo}
    )
    return entry.operation if created_resource(contract, entry.operation) else next(creating, entry.operation)


def find_and_delete(context: RunContext, evidence: Evidence, operation: str, names: Iterable[str]) -> str:
    """Look for what bears one of these names, and delete it; why something may be left, or nothing."""
    resource = created_resource(context.contract, operation)
    expected = list(names)
    if resource is None or not expected:
        return Message("nothing tells what {operation} made", operation=operation)
    for name in expected:
        listed, why = _list_named(context, evidence, resource, name)
        for captures in listed:
            undone = _send(context, evidence, resource.undo, captures)
            if not undone.passed:
                left, why = _list_named(context, evidence, resource, name)
                why = why or (undone.why if captures in left else "")
            if why:
                return why
        if why:
            return why
    return ""


def _look_by_id(context: RunContext, evidence: Evidence, resource: CreatedResource, entry: LedgerEntry) -> str:
    """Read one created resource by its ID, and delete it if it bears a name of this suite; why it may be left."""
    if resource.get is None or not entry.made:
        return ""
    sequence = _send(context, evidence, [resource.get], entry.captures)
    response = sequence.calls[-1].exchange.response if sequence.calls else None
    if sequence.lacking and entry.names:
        return ""  # the ID is not known, and nothing bears the name
    if response is not None and response.status in (404, 410):
        return ""
    if response is None or not sequence.passed:
        return Message("could not be looked for: {reason}", reason=sequence.why)
    if has_run_name(response.text):
        undone = _send(context, evidence, resource.undo, entry.captures)
        return undone.why
    return Message("{operation} still shows it, without a name of this suite", operation=resource.get.call)


def describe_left(what: str, why: str) -> str:
    """The warning that what a request left on the target may still be there."""
    return Message("what {operation} left behind may still be there: {reason}", operation=what, reason=why)


def _undo_by_steps(context: RunContext, evidence: Evidence, entry: LedgerEntry, label: str) -> str | None:
    """Send the steps of an entry: empty where they succeeded, why where not, None where they could not be sent."""
    steps = _steps_of(entry)
    if not steps:
        return None
    sequence = _send(context, evidence, steps, entry.captures, label=label, salt=entry.row)
    if sequence.passed:
        return ""
    if sequence.lacking:
        return None
    checked = _steps_that_check_first(context, sequence)
    if checked and _send(context, evidence, checked, entry.captures, label=label, salt=entry.row).passed:
        return ""
    return sequence.why


def _steps_that_check_first(context: RunContext, sequence: StepSequence) -> list[Step]:
    """The contract's steps that do the same only where it is not so already.

    To set a state that holds already may be refused, and is then no failure.
    """
    broken = sequence.broken
    if broken is None or broken.step.permission == "delete" or broken.exchange.response is None:
        return []
    for steps in context.contract.file.chains.values():
        planned = list(plan_steps(context.contract, steps, "standard"))
        if any(step.step.unless and step.key == broken.step.key for step in planned):
            return steps
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
    return [dict(_captures_of(resource, item)) for item in bearing], why


def _list_items(
    context: RunContext, evidence: Evidence, resource: CreatedResource, read: Step, name: str
) -> tuple[list[Any], str]:
    """The items of a list, and why there are none to be seen (or nothing)."""
    sequence = _send(context, evidence, [read], {"name": name})
    response = sequence.calls[-1].exchange.response if sequence.calls else None
    if response is None or not sequence.passed:
        return [], Message("could not be looked for: {reason}", reason=sequence.why)
    if response.status in (404, 410):
        return [], ""  # the contract says that this is how an empty result is answered
    there, items = resolve_pointer(parse_json(response), resource.in_)
    if not there or not isinstance(items, list):
        what = Message("the response of {operation} holds no list", operation=read.call)
        return [], Message("could not be looked for: {reason}", reason=what)
    return items, ""


def _captures_of(resource: CreatedResource, item: Any) -> Iterator[tuple[str, Any]]:
    for key, pointer in resource.capture.items():
        yield key, resolve_pointer(item, pointer)[1]


def _bears(resource: CreatedResource, item: Any, name: str) -> bool:
    """Whether an item of the list bears the name as a whole word."""
    _, value = resolve_pointer(item, resource.name)
    word = re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])")
    return any(word.search(text) for text in _texts(value))


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value of JSON types."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)


def _steps_of(entry: LedgerEntry) -> list[Step]:
    return [Step.model_validate(step) for step in entry.steps]


def _send(
    context: RunContext,
    evidence: Evidence,
    steps: Iterable[Step],
    captures: Mapping[str, Any],
    *,
    label: str = _LABEL,
    salt: str = _LABEL,
) -> StepSequence:
    planned = plan_steps(context.contract, steps, "standard")
    sender = StepSender(context, evidence, dict(captures), label=label, role="clean-up", salt=salt)
    return sender.run(planned)


# --- probes


class ProbeCleanup:
    """Sends one row's probes, and takes back what they make although they were to be refused."""

    def __init__(self, context: RunContext, plan: RowPlan, captures: Mapping[str, Any]) -> None:
        self._context, self._plan, self._captures = context, plan, captures
        self._row = plan.row.id
        self._refused: list[tuple[Probe, LedgerEntry]] = []
        self._lock = threading.Lock()

    def attempt(self, evidence: Evidence, probe: Probe) -> ProbeResult | None:
        """Send a probe and judge it; what it made is taken back at once. None where a placeholder had no value.

        What cannot be taken back is a warning of the row, and stays in the ledger.
        """
        entry = self._record(probe)
        if entry is None:
            return send_probe(self._context, evidence, self._row, probe, self._captures)
        return self._conclude(evidence, entry, self._send(evidence, entry, probe))

    def attempt_at_once(self, gathered: Sequence[Evidence], probe: Probe) -> list[ProbeResult | None]:
        """Send a probe as often as there are evidences, all at the same time, and judge each.

        What they made is taken back once all of them are answered.
        """
        entries = [self._record(probe) for _ in gathered]
        start = threading.Barrier(len(entries))

        def send(evidence: Evidence, entry: LedgerEntry | None) -> ProbeResult | None:
            start.wait()
            return self._send(evidence, entry, probe, unpaced=True)

        with ThreadPoolExecutor(len(entries)) as pool:
            results = list(pool.map(send, gathered, entries))
        for evidence, entry, result in zip(gathered, entries, results, strict=True):
            if entry is not None:
                self._conclude(evidence, entry, result)
        return results

    def _send(
        self, evidence: Evidence, entry: LedgerEntry | None, probe: Probe, *, unpaced: bool = False
    ) -> ProbeResult | None:
        finished = False
        try:
            result = send_probe(self._context, evidence, self._row, probe, self._captures, unpaced=unpaced)
            finished = True
        finally:
            if not finished and entry is not None and entry.names:  # interrupted: it may have arrived
                take_back(self._context, evidence, entry)
        return result

    def _conclude(self, evidence: Evidence, entry: LedgerEntry, result: ProbeResult | None) -> ProbeResult | None:
        """Take back what a probe made, or strike its entry."""
        if result is None or had_no_effect(result.exchange):
            strike(self._context, entry)
            if result is not None and created_resource(self._context.contract, result.probe.operation) is not None:
                with self._lock:
                    self._refused.append((result.probe, entry))
            return result
        why = self._take_back(evidence, entry, result)
        if why:
            evidence.warnings.append(describe_left(result.probe.label, why))
        return result

    def take_back_refused(self, evidence: Evidence, *, guilty: bool) -> None:
        """Delete what probes may have made although they were refused; for when a change has been seen.

        What bears no name by which it could be found is a warning if the row is `guilty`, and in the ledger again.
        """
        with self._lock:
            refused, self._refused = self._refused, []
        for probe, entry in refused:
            if not (entry.names or guilty):
                continue
            why = find_and_delete(self._context, evidence, probe.operation, entry.names)
            if why:
                self._context.ledger.record_intent(_without_secrets(self._context, entry))
                evidence.warnings.append(describe_left(probe.label, why))

    def _record(self, probe: Probe) -> LedgerEntry | None:
        """The entry of a probe that may leave something; None for one that only reads, deletes, or is set back."""
        contract = self._context.contract
        operation, own_method = contract.operations[probe.operation], probe.request.method
        method = own_method or operation.method
        if probe.permission == "read" or method in _READING or (operation.spec.permission == "read" and not own_method):
            return None
        deleting = _deleting_operations(contract)
        to_its_path = probe.request.url in {contract.operations[name].spec.url for name in deleting} - {None}
        if method == "DELETE" or to_its_path or (probe.operation in deleting and not own_method):
            return None  # nothing is left of it that could be taken back; guards tell what it has deleted
        resource = created_resource(contract, probe.operation)
        if resource is None and not self._undo_applies(probe) and self._plan.after:
            return None
        scope = PlaceholderScope(self._captures, probe.language, probe.other_language, f"{self._row}/{probe.salt}")
        steps, produced = self._steps(probe), self._pointers(probe)
        return record_intent(
            self._context, probe.operation, probe.request, steps, row=self._row, scope=scope, produced=produced
        )

    def _take_back(self, evidence: Evidence, entry: LedgerEntry, result: ProbeResult) -> str:
        response, probe = result.exchange.response, result.probe
        resource = created_resource(self._context.contract, probe.operation)
        if response is not None and result.accepted:
            record_lost_try(self._context, entry, result.exchange)
            entry = record_created(self._context, entry, self._captured(probe, response))
            if resource is None and self._plan.after and self._lacks_id(entry):
                strike(self._context, entry)  # a change, which the end of the row sets back
                return ""
        elif resource is None:
            return Message("nothing tells what {operation} made", operation=probe.operation)
        return take_back(self._context, evidence, entry, Message("undo of {label}", label=probe.label))

    def _lacks_id(self, entry: LedgerEntry) -> bool:
        used = {".".join(members) for head, members, _ in find_placeholders(entry.steps) if head == "capture"}
        return not entry.steps or bool(used - entry.captures.keys())

    def _captured(self, probe: Probe, response: Response) -> dict[str, Any]:
        """The IDs that the response gives."""
        created = read_created(self._context, probe.operation, response)
        found = {name: read_capture(response, pointer) for name, pointer in self._pointers(probe).items()}
        return created | {name: value for name, (there, value) in found.items() if there}

    def _undo_applies(self, probe: Probe) -> bool:
        undo = self._plan.row.case.undo
        return undo is not None and bool(self._plan.undo) and (undo.for_ is None or probe.operation in undo.for_)

    def _steps(self, probe: Probe) -> list[Step]:
        """The row's own steps that take a probe back, or else those of the resource that it creates."""
        undo = self._plan.row.case.undo
        if undo is not None and self._undo_applies(probe):
            return undo.steps
        resource = created_resource(self._context.contract, probe.operation)
        return resource.undo if resource else []

    def _pointers(self, probe: Probe) -> dict[str, str]:
        """Where the response holds the IDs that these steps need."""
        undo = self._plan.row.case.undo
        if undo is not None and self._undo_applies(probe):
            return undo.capture
        resource = created_resource(self._context.contract, probe.operation)
        return resource.made if resource else {}


def undo_key(context: RunContext, entry: LedgerEntry) -> tuple[object, ...] | None:
    """The key of the request that takes an entry back; None as long as it lacks an ID."""
    step = next(plan_steps(context.contract, _steps_of(entry), "standard"), None)
    if step is None:
        return None
    scope = PlaceholderScope(entry.captures, salt=entry.row)
    try:
        return context.builder.build(step.operation, step.request, step.permission, scope).key
    except MissingValue:
        return None
