"""What writes have changed: looks before and after, the refused request that is to blame, and the way back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

from conformance.checks.model import Level
from conformance.engine.cleanup import describe_left
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
from conformance.explore.checks import Observation, ProbeAnswer
from conformance.explore.explorer import BudgetExhausted, Explorer, TargetStopped
from conformance.explore.openapi import DocumentedOperation
from conformance.explore.own_record import is_set_back, record_change, set_back_body
from conformance.explore.probes import ExploreProbe, plain_probe
from conformance.explore.validity import Validity
from conformance.jsontools import first_value, json_equal
from conformance.messages import Message

_BATCH = 4
"""Refused writes between two looks: one look for each would double the requests."""


@dataclass(slots=True)
class EffectGuard:
    """Watches what an operation changes, through the operation that reads it."""

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
    _refused: list[ProbeAnswer] = field(default_factory=list)
    _changed: LedgerEntry | None = None

    def look(self) -> Any:
        """What the reading operation shows now; TargetStopped where it shows nothing."""
        path = {**dict(plain_probe(self._reading).path), **dict(self.place.path)}
        names = {one.name for one in self._reading.among("path")}
        longest = ((one.name, one.schema.get("maximum")) for one in self._reading.among("query") if one.bounds)
        probe = ExploreProbe(
            path=tuple((name, value) for name, value in path.items() if name in names),
            query=tuple((name, str(most)) for name, most in longest if most is not None),
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

    def record_change(self) -> None:
        """Write what the record holds into the ledger, before any of it is changed that has to be set back."""
        body = set_back_body(self.explorer.context, self.operation, self.shown)
        if body is not None:
            self._changed = record_change(self.explorer.context, body)

    def forget(self) -> None:
        """Something was accepted, or may have been: what is there now is not known."""
        self._refused, self.shown = [], None

    def add_refused(self, answer: ProbeAnswer) -> None:
        """A write was refused; look after a few of them. Where it is not known what was there before, it is not."""
        if self.shown is None:
            return
        self._refused.append(answer)
        if len(self._refused) >= _BATCH:
            self.check()

    def check(self) -> None:
        """Nothing that was refused since the last look may have had an effect."""
        batch, self._refused = self._refused, []
        if not batch:
            return
        before, after = self.shown, self.look()
        if not self._differ(before, after):
            return
        guarded = GuardedResource(
            read=self.look,
            set_back=lambda: self.restore(before),
            repeat=self._repeat,
            differ=self._differ,
            stopping=self.explorer.context.run.shared.stopping,
            is_own=self.is_own,
        )
        try:
            with self.explorer.confirming():
                found = find_culprits(guarded, batch, after)
                self.restore(before)
        except BudgetExhausted:
            found = Culprits(doubt=NOT_AGAIN)
        if found.writes:
            self._report(found.writes[0], before, after)
        elif found.doubt:
            self.doubt = found.doubt

    def finish(self) -> None:
        """The last look; the ledger keeps what does not read as it was before."""
        if self._refused:
            self.check()
        else:
            self.look()
        context = self.explorer.context
        if self._changed is not None and is_set_back(self.operation, self._changed, self.shown):
            strike(context.run, self._changed)
        elif self._changed is not None:
            why = Message("{operation} still reads otherwise than before", operation=self.operation.read)
            self.explorer.evidence.warnings.append(describe_left(self.operation.id, why))

    @property
    def has_refused(self) -> bool:
        """Whether a write that had to be refused was, since the last look."""
        return any(answer.validity is Validity.INVALID for answer in self._refused)

    @property
    def is_look_due(self) -> bool:
        """Whether the next refused write is followed by a look."""
        return len(self._refused) >= _BATCH - 1

    def restore(self, before: Any) -> Any:
        """Set back what can be set back, and look again; what is shown then. Nothing where nothing has changed."""
        body = set_back_body(self.explorer.context, self.operation, before)
        if body is not None and (self.shown is None or self._differ(before, self.shown)):
            probe = replace(self.place, body=body, role="clean-up", about="set back")
            self.explorer.look(self.operation, probe)
            self.look()
        return self.shown

    def check_written(self, written: ProbeAnswer) -> None:
        """What was valid and accepted is there now."""
        shown = self.look()
        lost = self._lost_members(written, shown) if written.validity is Validity.VALID else {}
        if lost and not self._loses_every_time(written, shown):
            self.doubt = NOT_AGAIN
            return
        for name, now in lost.items():
            detail = Message("a write was accepted and had no effect")
            found = written.find(
                "effect", Level.MUST, Message("{name} reads as it was written", name=name), now, detail
            )
            self.explorer.report(Observation(found, f"lost {name}"), written)

    @property
    def _reading(self) -> DocumentedOperation:
        return self.explorer.operation(self.operation.read)

    def _lost_members(self, written: ProbeAnswer, shown: Any) -> dict[str, Any]:
        """The members of a body that was accepted which do not read as they were written, with what they read."""
        body = written.probe.body if isinstance(written.probe.body, dict) else {}
        now = {name: first_value(shown, pointer) for name, pointer in self.operation.readable.items() if name in body}
        return {name: value for name, value in now.items() if not json_equal(value, body[name])}

    def _loses_every_time(self, written: ProbeAnswer, shown: Any) -> bool:
        """Whether a write without effect has none three times in a row, and nobody else writes meanwhile."""
        stopping, took = self.explorer.context.run.shared.stopping, 0.0
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

    def _repeat(self, refused: ProbeAnswer) -> ProbeAnswer | None:
        again = self.explorer.attempt(self.operation, refused.probe, refused.validity)
        return again if again.refused else None

    def _report(self, culprit: ProbeAnswer, before: Any, after: Any) -> None:
        where = ", ".join(sorted(self._differences(before, after)))
        actual, detail = (
            Message("changed: {places}", places=where),
            Message("a refused write changed {places}", places=where),
        )
        found = culprit.find("effect", Level.MUST, Message("a refused write changes nothing"), actual, detail)
        self.explorer.report(Observation(found, "refused"), culprit)

    def _differ(self, before: Any, after: Any) -> bool:
        return bool(self._differences(before, after))

    def _differences(self, before: Any, after: Any) -> frozenset[str]:
        success = next((status for status in self._reading.statuses if status.startswith("2")), "")
        schema = self._reading.responses.get(success)
        return frozenset(_changed_places(_comparable_value(schema, before), _comparable_value(schema, after), ""))


def _comparable_value(schema: Mapping[str, Any] | None, value: Any) -> Any:
    """Only those members of an answer that its schema names and that last from one look to the next."""
    if schema is None:
        return None
    if isinstance(value, list):
        return [_comparable_value(schema.get("items"), item) for item in value]
    if not isinstance(value, dict):
        return value
    properties = {**schema.get("properties", {}), **schema.get("then", {}).get("properties", {})}
    if not properties:
        return value if "type" in schema and schema["type"] != "object" else None
    kept = {name: inner for name, inner in properties.items() if not inner.get("x-volatile") and name in value}
    return {name: _comparable_value(inner, value[name]) for name, inner in kept.items()}


def _changed_places(one: Any, other: Any, where: str) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted(one.keys() | other.keys()):
            yield from _changed_places(one.get(name), other.get(name), f"{where}/{name}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for left, right in zip(one, other, strict=True):
            yield from _changed_places(left, right, f"{where}/*")
    elif not json_equal(one, other):
        yield where or "/"
