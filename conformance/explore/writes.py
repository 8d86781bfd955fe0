"""Checks writes through the operation that reads them: refused ones must change nothing, accepted ones must be stored.

The resource is read before the first write, after every few refused ones, and at the end, after a wait, because a
refused write may be carried out late. A record that the profile provides for exploration is restored: the ledger has
its original values. After a kill, only members that the contract's OpenAPI document marks as readable and writable are
restored, and only on the record that the profile names.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf
from time import perf_counter
from typing import Any

from conformance.checks.model import Level
from conformance.client.builder import PlaceholderScope
from conformance.contract.templates import MissingValue
from conformance.engine.cleanup import describe_left
from conformance.engine.context import RunContext
from conformance.engine.culprit import (
    NOT_AGAIN,
    TIMES_IN_A_ROW,
    Culprits,
    GuardedResource,
    find_culprits,
    stays_as_it_is,
)
from conformance.engine.entries import strike
from conformance.engine.journal import LedgerEntry
from conformance.engine.state_guard import shows_another_run
from conformance.explore.checks import ProbeAnswer
from conformance.explore.explorer import BudgetExhausted, Explorer, TargetStopped
from conformance.explore.openapi import DocumentedOperation
from conformance.explore.probes import ExploreProbe, plain_probe
from conformance.explore.validity import Validity, classify_probe
from conformance.jsontools import first_value, json_equal
from conformance.messages import Message
from conformance.plan.steps import plan_steps

_BATCH_SIZE = 4
"""Refused writes between two reads, because a read after each would double the requests."""
_RESTORE_REQUESTS = 3
"""Requests for restoring a record: a read, the write, and another read."""
_MEMBERS = "set_back"
"""The capture of a ledger entry with the original members of a record."""


@dataclass(slots=True)
class GuardedWrites:
    """Sends the writes of an operation one at a time, and checks their effects."""

    explorer: Explorer
    operation: DocumentedOperation
    place: ExploreProbe
    """A probe with the path (and query) of the record that is written and read."""
    is_own: bool
    """Whether this run created the record, so that nobody else writes to it."""
    shown: Any = None
    """The body of the last read; None if it may be out of date."""
    doubt: str | None = None
    """Why it is in doubt whether a write had an effect, or None."""
    original: Any = None
    """The body of the read before the first write, which the target owner's record is restored to."""
    changed: LedgerEntry | None = None
    """The ledger entry with the original members of the target owner's record; None if none is written to."""
    _refused: list[ProbeAnswer] = field(default_factory=list)
    """Refused writes since the last read."""
    _refused_before: list[ProbeAnswer] = field(default_factory=list)
    """Earlier refused writes, which had changed nothing by the next read but may do so later."""

    def look_first(self) -> Any:
        """Read the resource before the first write, and return the body.

        If it is not as the checks of its fixture expect, another run may have changed it and will restore it. Then what
        it shows is taken for its original state only if that stays for a while; otherwise TargetStopped is raised.
        """
        self.original = self.look()
        if not self._is_as_expected(self.original):
            stopping = self.explorer.context.shared.stopping
            with self.explorer.confirming():
                if not stays_as_it_is(self.look, self._differ, self.original, inf, stopping):
                    name = self.operation.own
                    raise TargetStopped(Message("somebody else changes the record of fixtures.{name}", name=name))
        return self.original

    def _is_as_expected(self, shown: Any) -> bool:
        """Return whether no member shows another value than the checks of the record's fixture expect."""
        run = self.explorer.context
        fixture = run.contract.file.fixtures.get(self.operation.own)
        steps = plan_steps(run.contract, fixture.check if fixture else [])
        values = {pointer: value for one in steps for pointer, value in (one.step.expect.equals or {}).items()}
        expected = run.builder.fill_known(values, PlaceholderScope(), {})
        members = ((first_value(shown, pointer), value) for pointer, value in expected.items())
        return all(json_equal(now, value) for now, value in members if now is not None)

    def look(self) -> Any:
        """Return the body of the reading operation's response; raise TargetStopped unless it is a success with JSON."""
        path = {**dict(plain_probe(self._reading).path), **dict(self.place.path)}
        names = {one.name for one in self._reading.among("path")}
        bounds = ((one.name, one.schema) for one in self._reading.among("query") if "x-bounds" in one.schema)
        probe = ExploreProbe(
            path=tuple((name, value) for name, value in path.items() if name in names),
            query=tuple((name, str(schema["maximum"])) for name, schema in bounds if "maximum" in schema),
            role="guard",
        )
        answer = self.explorer.look(self._reading, probe)
        if not answer.accepted or answer.body is None:
            name, status = self._reading.id, answer.status or Message("no answer")
            raise TargetStopped(
                Message("what is written cannot be read: {operation} gave {status}", operation=name, status=status)
            )
        self.shown = answer.body
        return answer.body

    def send(self, probes: Sequence[ExploreProbe]) -> list[ProbeAnswer]:
        """Send writes that fit the plan, after noting the owner's record in the ledger; return their answers."""
        body = self._body_to_restore(self.shown) if self.operation.sets_back else None
        self.changed = None if body is None else self._record(body)
        answers = []
        for probe in probes:
            validity = classify_probe(self.operation, probe)
            if self.explorer.left >= self._most_requests(validity):
                answers.append(self._send(probe, validity))
        return answers

    def _send(self, probe: ExploreProbe, validity: Validity) -> ProbeAnswer:
        must_refuse = validity is Validity.INVALID
        if self.shown is None and (must_refuse or self.operation.sets_back):
            self.look()
        if not must_refuse and self._has_refused:
            self.check()
        answer = self.explorer.attempt(self.operation, probe)
        if answer.refused:
            self._refused += [answer] if self.shown is not None else []
            if len(self._refused) >= _BATCH_SIZE:
                self.check()
            return answer
        self._refused, self.shown = [], None  # it may have been carried out, so the next read is the new baseline
        if answer.accepted and self.operation.creates:
            self.explorer.take_back()
        elif answer.accepted and (validity is Validity.VALID or self.operation.sets_back):
            self._check_written(answer)
        if answer.accepted and self.operation.sets_back:
            self._restore(self.original)
        return answer

    def _most_requests(self, validity: Validity) -> int:
        """Return the most requests of a write, including reads around it and undoing it."""
        if validity is Validity.INVALID:
            return 1 + int(self.shown is None) + int(len(self._refused) >= _BATCH_SIZE - 1)
        return 2 + int(self._has_refused) + (_RESTORE_REQUESTS if self.operation.sets_back else 0)

    def check(self, *, late: bool = False) -> None:
        """Read the resource and report a refused write that changed it; if `late`, consider all earlier ones, too."""
        batch, self._refused = self._refused, []
        self._refused_before += batch
        if late and self._refused_before:
            self.explorer.wait_for_late_effects()
        before, after = self.shown, self.look() if batch or late else self.shown
        original = self.original if self.operation.sets_back else before
        if before is None or not (self._refused_before and self._differ(before, after)):
            return
        others = Message(
            "somebody else writes to what {operation} shows: what came late of refused writes was not looked for",
            operation=self.operation.read,
        )
        resource = GuardedResource(
            read=self.look,
            set_back=lambda: self._restore(original),
            repeat=self._repeat,
            differ=self._differ,
            stopping=self.explorer.context.shared.stopping,
            is_own=self.is_own,
            others_write=self._shows_another_run(before, after),
            late=self._refused_before,
            repeat_late=partial(self._repeat, late=True),
            shows_another_run=self._shows_another_run,
            note_others=partial(self.explorer.context.shared.warn, [others] if late else []),
        )
        try:
            with self.explorer.confirming():
                found = find_culprits(resource, batch, after)
                self._restore(original)
        except BudgetExhausted:
            found = Culprits(doubt=NOT_AGAIN)
        self.doubt = found.doubt or self.doubt
        if found.writes:
            where = ", ".join(sorted(self._differences(before, after)))
            actual = Message("changed: {places}", places=where)
            self._report(found.writes[0], Message("no change by a refused write"), actual)

    def _shows_another_run(self, before: Any, after: Any) -> bool:
        one, other = ({"": body} if not isinstance(body, Mapping) else body for body in (before, after))
        return shows_another_run(one, other, self.explorer.context.builder.run_name)

    def finish(self) -> None:
        """Check a last time, for late effects; strike the ledger entry if the record reads as before, else warn."""
        self.check(late=True)
        if self.changed is not None and self.is_set_back():
            strike(self.explorer.context, self.changed)
        elif self.changed is not None:
            self.explorer.evidence.warnings.append(describe_left(self.operation.id, self.still_differs))

    def is_set_back(self) -> bool:
        """Return whether the last read shows the members in the ledger."""
        members = self.changed.captures[_MEMBERS].items() if self.changed else ()
        return all(json_equal(first_value(self.shown, self.operation.readable[name]), value) for name, value in members)

    @property
    def still_differs(self) -> Message:
        return Message("{operation} still reads otherwise than before", operation=self.operation.read)

    def _record(self, body: Mapping[str, Any]) -> LedgerEntry:
        """Write the record's current members to the ledger; `body` is the request body that restores it."""
        run, operation = self.explorer.context, self.operation
        readable = ((name, value) for name, value in body.items() if name in operation.readable)
        members = {name: value for name, value in readable if run.redactor.json(value) == value}
        row, captures = f"explore {operation.id}", {_MEMBERS: members}
        entry = LedgerEntry(run.contract.name, run.target.base_url, operation.id, row=row, captures=captures)
        return replace(entry, id=run.ledger.record_intent(entry))

    def _body_to_restore(self, shown: Any) -> dict[str, Any] | None:
        """Return the request body that restores a record to what a read showed; None if no member is readable."""
        values = {name: first_value(shown, pointer) for name, pointer in self.operation.readable.items()}
        known = {name: value for name, value in values.items() if value is not None}
        return {**self.operation.base, **known} if known else None

    def write_back(self, body: Mapping[str, Any]) -> None:
        """Send the body that restores a record, and read it again."""
        self.explorer.look(self.operation, replace(self.place, body=dict(body), role="clean-up", about="set back"))
        self.look()

    @property
    def _reading(self) -> DocumentedOperation:
        return self.explorer.document.operation(self.operation.read)

    @property
    def _has_refused(self) -> bool:
        """Whether an invalid write was refused since the last read."""
        return any(answer.validity is Validity.INVALID for answer in self._refused)

    def _restore(self, original: Any) -> Any:
        """Restore the record if it has changed and can be restored; return the state that the last read showed."""
        body = self._body_to_restore(original)
        if body is not None and (self.shown is None or self._differ(original, self.shown)):
            self.write_back(body)
        return self.shown

    def _check_written(self, written: ProbeAnswer) -> None:
        """Report members of an accepted valid write that the next read does not show."""
        shown = self.look()
        lost = self._lost_members(written, shown) if written.validity is Validity.VALID else {}
        if lost and not self._loses_every_time(written, shown):
            self.doubt = NOT_AGAIN
            return
        for name, now in lost.items():
            expected = Message("{name} reads as the accepted write gave it", name=name)
            self._report(written, expected, now)

    def _lost_members(self, written: ProbeAnswer, shown: Any) -> dict[str, Any]:
        """Return the readable members of an accepted body whose stored value differs, with that value."""
        body = written.probe.body if isinstance(written.probe.body, dict) else {}
        now = {name: first_value(shown, pointer) for name, pointer in self.operation.readable.items() if name in body}
        return {name: value for name, value in now.items() if not json_equal(value, body[name])}

    def _loses_every_time(self, written: ProbeAnswer, shown: Any) -> bool:
        """Return whether the write has no effect three times in a row while nobody else writes."""
        stopping, took = self.explorer.context.shared.stopping, 0.0
        try:
            with self.explorer.confirming():
                for time in range(1 if self.is_own else TIMES_IN_A_ROW):
                    if time:
                        began = perf_counter()
                        again = self.explorer.attempt(self.operation, written.probe, written.validity)
                        shown, took = self.look(), perf_counter() - began
                        if not (again.accepted and self._lost_members(written, shown)):
                            return False
                    if not self.is_own and not stays_as_it_is(self.look, self._differ, shown, took, stopping):
                        return False
        except BudgetExhausted:
            return False
        return True

    def _repeat(self, refused: ProbeAnswer, *, late: bool = False) -> ProbeAnswer | None:
        again = self.explorer.attempt(self.operation, refused.probe, refused.validity)
        if late:
            self.explorer.wait_for_late_effects()
        return again if again.refused else None

    def _report(self, culprit: ProbeAnswer, expected: Message, actual: Any) -> None:
        self.explorer.report(culprit.observe("effect", Level.MUST, expected, actual), culprit)

    def _differ(self, before: Any, after: Any) -> bool:
        return bool(self._differences(before, after))

    def _differences(self, before: Any, after: Any) -> frozenset[str]:
        """Return the JSON pointers at which two reads differ, with `*` for list indexes."""
        schema = self._reading.schema_of(200)
        one, other = (dict(_stable_values(schema, body)) for body in (before, after))
        places = (place for place in one.keys() | other.keys() if not json_equal(one.get(place), other.get(place)))
        return frozenset(re.sub(r"/\d+(?=/|$)", "/*", place) or "/" for place in places)


def is_of_own_record(entry: LedgerEntry) -> bool:
    """Return whether a ledger entry has the original members of the target owner's record."""
    return isinstance(entry.captures.get(_MEMBERS), Mapping)


def set_back(run: RunContext, entry: LedgerEntry) -> str:
    """Restore a record to the members of a ledger entry and strike the entry; return why that failed, or ""."""
    try:
        explorer = Explorer(run, entry.operation)
    except MissingValue as missing:
        return Message("needs {names}", names=str(missing))
    operation, members = explorer.explored, entry.captures[_MEMBERS]
    if not (operation.read and operation.sets_back) or members.keys() - operation.readable:
        return Message("{operation} is no write that can be set back", operation=entry.operation)
    explorer.planned = _RESTORE_REQUESTS
    writes = GuardedWrites(explorer, operation, plain_probe(operation), is_own=False, changed=entry)
    try:
        writes.look()
        if not writes.is_set_back():
            writes.write_back({**operation.base, **members})
    except TargetStopped as stopped:
        return str(stopped)
    if not writes.is_set_back():
        return writes.still_differs
    strike(run, entry)
    return ""


def _stable_values(schema: Mapping[str, Any] | None, value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of a response by JSON pointer, without those that its schema omits or calls `x-volatile`."""
    if schema is None:
        return
    properties = {**schema.get("properties", {}), **schema.get("then", {}).get("properties", {})}
    if isinstance(value, list):
        yield place, len(value)
        for index, item in enumerate(value):
            yield from _stable_values(schema.get("items"), item, f"{place}/{index}")
    elif isinstance(value, dict) and properties:
        for name, inner in properties.items():
            if name in value and not inner.get("x-volatile"):
                yield from _stable_values(inner, value[name], f"{place}/{name}")
    elif not isinstance(value, dict) or schema.get("type", "object") != "object":
        yield place, value
