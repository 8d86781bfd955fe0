"""What refused writes have changed: looks before and after, and the request that is to blame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from typing import Any

from conformance.checks.model import Finding, Level
from conformance.engine.culprit import (
    NOT_AGAIN,
    TIMES_IN_A_ROW,
    Culprits,
    GuardedResource,
    find_culprits,
    stays_as_it_is,
)
from conformance.explore.checks import Observation
from conformance.explore.explorer import Explorer, ProbeAnswer
from conformance.explore.openapi import DocumentedOperation
from conformance.explore.probes import ExploreProbe, label_probe, plain_probe
from conformance.explore.sender import BudgetExhausted, TargetStopped
from conformance.explore.validity import Validity
from conformance.jsontools import first_value, json_equal
from conformance.messages import Message

__all__ = ["BATCH", "EffectGuard", "comparable_value"]

BATCH = 4
"""Refused writes between two looks: one look for each would double the requests."""


@dataclass(slots=True)
class EffectGuard:
    """Watches what an operation changes, through the operation that reads it."""

    explorer: Explorer
    operation: DocumentedOperation
    reading: DocumentedOperation
    place: ExploreProbe
    """The path of what is written, and of what is read."""
    is_own: bool = False
    """Whether what is read was created here, so that nobody else writes to it."""
    shown: Any = None
    """The body of the last look; None where something has changed since."""
    doubt: str | None = None
    """Why it is in doubt whether a refused write had an effect."""
    _refused: list[ProbeAnswer] = field(default_factory=list)

    def look(self, *, reserved: bool = False, confirming: bool = False) -> Any:
        """What the reading operation shows now; TargetStopped where it shows nothing."""
        path = {**dict(plain_probe(self.reading).path), **dict(self.place.path)}
        names = {one.name for one in self.reading.among("path")}
        query = (("limit", "100"),) if any(one.name == "limit" for one in self.reading.among("query")) else ()
        own = tuple((name, value) for name, value in path.items() if name in names)
        probe = ExploreProbe(path=own, query=query, role="guard")
        answer = self.explorer.look(self.reading, probe, reserved=reserved, confirming=confirming)
        if not answer.accepted or answer.body is None:
            raise TargetStopped(
                Message(
                    "what is written cannot be read: {operation} gave {status}",
                    operation=self.reading.id,
                    status=answer.status or Message("no answer"),
                )
            )
        self.shown = answer.body
        return answer.body

    def look_first(self) -> None:
        """Look where it is not known what is there."""
        if self.shown is None:
            self.look()

    def forget(self) -> None:
        """Something was accepted, or may have been: what is there now is not known."""
        self._refused, self.shown = [], None

    def add_refused(self, answer: ProbeAnswer) -> None:
        """A write was refused; look after a few of them. Where it is not known what was there before, it is not."""
        if self.shown is None:
            return
        self._refused.append(answer)
        if len(self._refused) >= BATCH:
            self.check()

    def check(self, *, reserved: bool = False) -> None:
        """Nothing that was refused since the last look may have had an effect."""
        batch, self._refused = self._refused, []
        if not batch:
            return
        before, after = self.shown, self.look(reserved=reserved)
        if not self._differences(before, after):
            return
        guarded = GuardedResource(
            read=partial(self.look, confirming=True),
            set_back=partial(self.restore, before, confirming=True),
            repeat=self._repeat,
            differ=self._differ,
            stopping=self.explorer.context.run.shared.stopping,
            is_own=self.is_own,
        )
        try:
            found = find_culprits(guarded, batch, after)
            self.restore(before, confirming=True)
        except BudgetExhausted:
            found = Culprits(doubt=NOT_AGAIN)
        if found.writes:
            self._report(found.writes[0], self._differences(before, after))
        else:
            self.doubt = found.doubt

    def finish(self) -> None:
        """The last look, with what is kept back for it."""
        if self._refused:
            self.check(reserved=True)
        else:
            self.look(reserved=True)

    @property
    def has_refused(self) -> bool:
        """Whether a write that had to be refused was, since the last look."""
        return any(answer.validity is Validity.INVALID for answer in self._refused)

    @property
    def is_look_due(self) -> bool:
        """Whether the next refused write is followed by a look."""
        return len(self._refused) >= BATCH - 1

    def restoration(self, before: Any) -> ExploreProbe | None:
        """The request that sets back what can be set back; None where there is nothing."""
        values = {}
        for name, schema in (self.operation.body or {}).get("properties", {}).items():
            pointer = schema.get("x-from") or schema.get("x-same")
            value = first_value(before, pointer) if pointer else None
            if value is not None:
                values[name] = value
        if not values:
            return None
        base = self.explorer.context.base_body(self.operation)
        return replace(self.place, body={**base, **values}, role="clean-up", about="set back")

    def restore(self, before: Any, *, confirming: bool = False) -> Any:
        """Set back what can be set back, and look again; what is shown then. Nothing where nothing has changed."""
        probe = self.restoration(before)
        if probe is not None and (self.shown is None or self._differences(before, self.shown)):
            self.explorer.look(self.operation, probe, reserved=True, confirming=confirming)
            self.look(reserved=True, confirming=confirming)
        return self.shown

    def lost_members(self, written: ProbeAnswer, shown: Any) -> dict[str, Any]:
        """The members of a body that was accepted which do not read as they were written, with what they read."""
        body, lost = written.probe.body, {}
        for name, schema in (self.operation.body or {}).get("properties", {}).items():
            pointer = schema.get("x-from") or schema.get("x-same")
            if pointer and isinstance(body, dict) and name in body:
                now = first_value(shown, pointer)
                if not json_equal(now, body[name]):
                    lost[name] = now
        return lost

    def loses_every_time(self, written: ProbeAnswer, shown: Any) -> bool:
        """Whether a write without effect has none three times in a row, and nobody else writes meanwhile."""
        look, stopping = partial(self.look, confirming=True), self.explorer.context.run.shared.stopping
        took = 0.0
        try:
            for time in range(1 if self.is_own else TIMES_IN_A_ROW):
                if time:
                    began = perf_counter()
                    again = self.explorer.attempt(
                        self.operation, written.probe, validity=written.validity, confirming=True
                    )
                    shown, took = look(), perf_counter() - began
                    if not (again.accepted and self.lost_members(written, shown)):
                        return False
                if not self.is_own and not stays_as_it_is(look, self._differ, shown, took, stopping):
                    return False
        except BudgetExhausted:
            return False
        return True

    def _repeat(self, refused: ProbeAnswer) -> ProbeAnswer | None:
        again = self.explorer.attempt(self.operation, refused.probe, validity=refused.validity, confirming=True)
        return again if again.refused else None

    def _report(self, culprit: ProbeAnswer, changed: frozenset[str]) -> None:
        where = ", ".join(sorted(changed))
        found = Finding(
            "effect",
            Level.MUST,
            Message("a refused write changes nothing"),
            Message("changed: {places}", places=where),
            label_probe(culprit.probe),
            detail=Message("a refused write changed {places}", places=where),
        )
        self.explorer.report(Observation(found, "refused"), culprit.labelled)

    def _differ(self, before: Any, after: Any) -> bool:
        return bool(self._differences(before, after))

    def _differences(self, before: Any, after: Any) -> frozenset[str]:
        successes = [status for status in self.reading.statuses if status.startswith("2")]
        schema = self.reading.responses[successes[0]] if successes else None
        return frozenset(_changed_places(comparable_value(schema, before), comparable_value(schema, after), ""))


def comparable_value(schema: Mapping[str, Any] | None, value: Any) -> Any:
    """Only those members of an answer that its schema names and that last from one look to the next."""
    if schema is None:
        return None
    if isinstance(value, list):
        return [comparable_value(schema.get("items"), item) for item in value]
    if not isinstance(value, dict):
        return value
    properties = {**schema.get("properties", {}), **schema.get("then", {}).get("properties", {})}
    if not properties:
        return value if "type" in schema and schema["type"] != "object" else None
    kept = {name: inner for name, inner in properties.items() if not inner.get("x-volatile") and name in value}
    return {name: comparable_value(inner, value[name]) for name, inner in kept.items()}


def _changed_places(one: Any, other: Any, where: str) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted(one.keys() | other.keys()):
            yield from _changed_places(one.get(name), other.get(name), f"{where}/{name}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for left, right in zip(one, other, strict=True):
            yield from _changed_places(left, right, f"{where}/*")
    elif not json_equal(one, other):
        yield where or "/"
