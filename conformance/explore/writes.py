"""Writes of one operation that another one reads: what was refused changes nothing, and what was accepted is there.

A look comes before the first write, after a few that were refused, and when all have had their time: what was refused
may be carried out late. A record that the profile gives for exploration
alone is set back: the ledger holds how its members read before. What is set back after a kill is only what the
contract's OpenAPI document says can be read and written there, and only on the record that the profile names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from typing import Any

from conformance.checks.model import Level
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

_BATCH = 4
"""Refused writes between two looks: one look for each would double the requests."""
_SETTING_BACK = 3
"""Requests that setting a record back takes: a look, the change, and another look."""
_MEMBERS = "set_back"
"""The capture of a ledger entry that holds the members of a record as they were."""


@dataclass(slots=True)
class GuardedWrites:
    """Sends the writes of an operation one at a time, and watches what they change."""

    explorer: Explorer
    operation: DocumentedOperation
    place: ExploreProbe
    """The path of what is written, and of what is read."""
    is_own: bool
    """Whether what is read was created here, so that nobody else writes to it."""
    shown: Any = None
    """The body of the last look; None where something has changed since."""
    doubt: str | None = None
    """Why it is in doubt whether a write had an effect."""
    changed: LedgerEntry | None = None
    """Holds what a record of the target's owner held before; None where none is written to."""
    _refused: list[ProbeAnswer] = field(default_factory=list)
    """Those since the last look."""
    _refused_before: list[ProbeAnswer] = field(default_factory=list)
    """Those that had changed nothing by the look after them; they may do so later."""

    def look(self) -> Any:
        """What the reading operation shows now; TargetStopped where it shows nothing."""
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
        """Send writes, each only if what it may need afterwards is still planned.

        What a record of the target's owner holds is in the ledger before any of it is changed.
        """
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
        before, answer = self.shown, self.explorer.attempt(self.operation, probe)
        if answer.refused:
            self._refused += [answer] if self.shown is not None else []
            if len(self._refused) >= _BATCH:
                self.check()
            return answer
        self._refused, self.shown = [], None  # whether it was done may be anybody's guess: what is there now counts
        if answer.accepted and self.operation.creates:
            self.explorer.take_back()
        elif answer.accepted and (validity is Validity.VALID or self.operation.sets_back):
            self._check_written(answer)
        if answer.accepted and self.operation.sets_back:
            self._restore(before)
        return answer

    def _most_requests(self, validity: Validity) -> int:
        """How many requests a write takes at most, with looks around it and with taking it back."""
        if validity is Validity.INVALID:
            return 1 + int(self.shown is None) + int(len(self._refused) >= _BATCH - 1)
        return 2 + int(self._has_refused) + (_SETTING_BACK if self.operation.sets_back else 0)

    def check(self, *, late: bool = False) -> None:
        """Nothing that was refused since the last look may have had an effect, nor anything before, if it is `late`."""
        batch, self._refused = self._refused, []
        self._refused_before += batch
        if late and self._refused_before:
            self.explorer.wait_for_late_effects()
        before, after = self.shown, self.look() if batch or late else self.shown
        if before is None or not (self._refused_before and self._differ(before, after)):
            return
        others = Message(
            "somebody else writes to what {operation} shows: what came late of refused writes was not looked for",
            operation=self.operation.read,
        )
        resource = GuardedResource(
            read=self.look,
            set_back=lambda: self._restore(before),
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
                self._restore(before)
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
        """The last look, which is late; the ledger keeps what does not read as it was before."""
        self.check(late=True)
        if self.changed is not None and self.is_set_back():
            strike(self.explorer.context, self.changed)
        elif self.changed is not None:
            self.explorer.evidence.warnings.append(describe_left(self.operation.id, self.still_differs))

    def is_set_back(self) -> bool:
        """Whether the last look shows what the ledger holds."""
        members = self.changed.captures[_MEMBERS].items() if self.changed else ()
        return all(json_equal(first_value(self.shown, self.operation.readable[name]), value) for name, value in members)

    @property
    def still_differs(self) -> Message:
        """Why something may be left of what was changed."""
        return Message("{operation} still reads otherwise than before", operation=self.operation.read)

    def _record(self, body: Mapping[str, Any]) -> LedgerEntry:
        """Write into the ledger what the record holds now; `body` is what sets it back."""
        run, operation = self.explorer.context, self.operation
        readable = ((name, value) for name, value in body.items() if name in operation.readable)
        members = {name: value for name, value in readable if run.redactor.json(value) == value}
        row, captures = f"explore {operation.id}", {_MEMBERS: members}
        entry = LedgerEntry(run.contract.name, run.target.base_url, operation.id, row=row, captures=captures)
        return replace(entry, id=run.ledger.record_intent(entry))

    def _body_to_restore(self, shown: Any) -> dict[str, Any] | None:
        """The body that sets a record back to what a look showed; None where nothing can be set back."""
        values = {name: first_value(shown, pointer) for name, pointer in self.operation.readable.items()}
        known = {name: value for name, value in values.items() if value is not None}
        return {**self.operation.base, **known} if known else None

    def write_back(self, body: Mapping[str, Any]) -> None:
        """Set a record back, and look again."""
        self.explorer.look(self.operation, replace(self.place, body=dict(body), role="clean-up", about="set back"))
        self.look()

    @property
    def _reading(self) -> DocumentedOperation:
        return self.explorer.document.operation(self.operation.read)

    @property
    def _has_refused(self) -> bool:
        """Whether a write that had to be refused was, since the last look."""
        return any(answer.validity is Validity.INVALID for answer in self._refused)

    def _restore(self, before: Any) -> Any:
        """Set back what can be set back, and look again; what is shown then. Nothing where nothing has changed."""
        body = self._body_to_restore(before)
        if body is not None and (self.shown is None or self._differ(before, self.shown)):
            self.write_back(body)
        return self.shown

    def _check_written(self, written: ProbeAnswer) -> None:
        """What was valid and accepted is there now."""
        shown = self.look()
        lost = self._lost_members(written, shown) if written.validity is Validity.VALID else {}
        if lost and not self._loses_every_time(written, shown):
            self.doubt = NOT_AGAIN
            return
        for name, now in lost.items():
            expected = Message("{name} reads as the accepted write gave it", name=name)
            self._report(written, expected, now)

    def _lost_members(self, written: ProbeAnswer, shown: Any) -> dict[str, Any]:
        """The members of a body that was accepted which do not read as they were written, with what they read."""
        body = written.probe.body if isinstance(written.probe.body, dict) else {}
        now = {name: first_value(shown, pointer) for name, pointer in self.operation.readable.items() if name in body}
        return {name: value for name, value in now.items() if not json_equal(value, body[name])}

    def _loses_every_time(self, written: ProbeAnswer, shown: Any) -> bool:
        """Whether a write without effect has none three times in a row, and nobody else writes meanwhile."""
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
        """Where two looks differ, as JSON pointers with `*` for each item."""
        schema = self._reading.schema_of(200)
        one, other = (dict(_lasting_values(schema, body)) for body in (before, after))
        places = (place for place in one.keys() | other.keys() if not json_equal(one.get(place), other.get(place)))
        return frozenset(re.sub(r"/\d+(?=/|$)", "/*", place) or "/" for place in places)


def is_of_own_record(entry: LedgerEntry) -> bool:
    """Whether an entry of the ledger says what a record of the target's owner held."""
    return isinstance(entry.captures.get(_MEMBERS), Mapping)


def set_back(run: RunContext, entry: LedgerEntry) -> str:
    """Set a record back to what the entry holds, unless it reads so, and strike the entry; why it may differ, or ""."""
    try:
        explorer = Explorer(run, entry.operation)
    except MissingValue as missing:
        return Message("needs {names}", names=str(missing))
    operation, members = explorer.explored, entry.captures[_MEMBERS]
    if not (operation.read and operation.sets_back) or members.keys() - operation.readable:
        return Message("{operation} is no write that can be set back", operation=entry.operation)
    explorer.planned = _SETTING_BACK
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


def _lasting_values(schema: Mapping[str, Any] | None, value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Those values of an answer that its schema names and that last from one look to the next, by JSON pointer."""
    if schema is None:
        return
    properties = {**schema.get("properties", {}), **schema.get("then", {}).get("properties", {})}
    if isinstance(value, list):
        yield place, len(value)
        for index, item in enumerate(value):
            yield from _lasting_values(schema.get("items"), item, f"{place}/{index}")
    elif isinstance(value, dict) and properties:
        for name, inner in properties.items():
            if name in value and not inner.get("x-volatile"):
                yield from _lasting_values(inner, value[name], f"{place}/{name}")
    elif not isinstance(value, dict) or schema.get("type", "object") != "object":
        yield place, value
