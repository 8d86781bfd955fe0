"""What a write has changed: looks before and after, and the request that is to blame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.checks.model import Level
from conformance.explore.checks import CheckFailure, parse_body
from conformance.explore.inputs import ExploreProbe, plain_probe
from conformance.explore.openapi import DocumentedOperation, base_inputs
from conformance.explore.sending import BudgetExhausted, TargetStopped
from conformance.explore.walk import OperationExplorer, ProbeAnswer
from conformance.jsontools import first_value
from conformance.messages import Message

__all__ = ["EffectWatch", "comparable_value"]

BATCH = 4
"""Refused writes between two looks: one look for each would double the requests."""


@dataclass(slots=True)
class EffectWatch:
    """Watches one resource through the operation that reads it."""

    walk: OperationExplorer
    operation: DocumentedOperation
    reading: DocumentedOperation
    place: ExploreProbe
    """The path of what is written, and of what is read."""
    shown: Any = None
    stale: bool = False
    """Something of its own was changed since the last look, as it was meant to be."""
    _refused: list[ProbeAnswer] = field(default_factory=list)

    def look(self, *, last: bool = False) -> Any:
        """What the reading operation shows now; Stopped where it shows nothing. The last look is always affordable."""
        path = {**dict(plain_probe(self.reading).path), **dict(self.place.path)}
        names = {one.name for one in self.reading.among("path")}
        query = (("limit", "100"),) if any(one.name == "limit" for one in self.reading.among("query")) else ()
        own = tuple((name, value) for name, value in path.items() if name in names)
        probe = ExploreProbe(path=own, query=query, role="guard")
        exchange = self.walk.quietly(self.reading, probe, cleaning=last)
        body = parse_body(exchange.response) if exchange.response else None
        if exchange.response is None or exchange.response.status >= 300 or body is None:
            status = exchange.response.status if exchange.response else Message("no answer")
            why = Message(
                "what is written cannot be read: {operation}: {answer}", operation=self.reading.id, answer=status
            )
            raise TargetStopped(why)
        return body

    def start(self) -> Any:
        """The first look."""
        self.shown = self.look()
        return self.shown

    def changed(self) -> None:
        """Something was accepted: what was refused before it can no longer be told from it."""
        self._refused, self.stale = [], True

    def lost_sight(self) -> None:
        """The target failed at a write: whether it was done is anybody's guess, so what is there now counts."""
        self._refused = []
        if not self.stale:
            self.shown = self.look()

    def refused(self, attempted: ProbeAnswer) -> None:
        """A write was refused; look after a few of them."""
        if self.stale:
            return
        self._refused.append(attempted)
        if len(self._refused) >= BATCH:
            self.check()

    def check(self, *, last: bool = False) -> None:
        """Nothing that was refused may have had an effect."""
        batch, self._refused = self._refused, []
        if not batch:
            return
        before, after = self.shown, self.look(last=last)
        if self._differences(before, after):
            self.walk.sending.found = True  # to be sure costs what is kept for following up
            changed = self._differences(before, after) - self._differences(after, self.look(last=last))
            if changed:
                self._blame(batch, before, changed)
            self.shown = self.look(last=last)

    def restoration(self) -> ExploreProbe | None:
        """The request that sets back what can be set back; None where there is nothing."""
        values = _restorable(self.operation.body, self.shown)
        if not values:
            return None
        given = base_inputs(self.walk.context, self.operation)
        return replace(self.place, body={**given, **values}, role="clean-up", about="set back")

    def restore(self) -> bool:
        """Set back what can be set back; whether there was anything to set."""
        probe = self.restoration()
        if probe is not None:
            self.walk.quietly(self.operation, probe, cleaning=True)
        return probe is not None

    def _blame(self, batch: list[ProbeAnswer], before: Any, changed: frozenset[str]) -> None:
        culprit = batch[0] if len(batch) == 1 else None
        for attempted in batch if culprit is None else ():
            try:
                self.shown = before
                if self.restore():
                    before = self.look()
                again = self.walk.attempt(self.operation, replace(attempted.probe), as_sort=attempted.sort)
                now = self.look()
            except BudgetExhausted:
                break
            if again.refused and self._differences(before, now):
                culprit = again
                break
            before = now
        shown = culprit or batch[-1]
        where = ", ".join(sorted(changed))
        detail = Message("a refused write changed {places}", places=where)
        if culprit is None:
            detail = Message("a refused write changed {places}; it is one of {n} requests", places=where, n=len(batch))
        expected = Message("a refused write changes nothing")
        found = CheckFailure(
            "effect", Level.MUST, expected, Message("changed: {places}", places=where), detail, kind="refused"
        )
        self.walk.report(found, self.walk.entry(shown))

    def _differences(self, before: Any, after: Any) -> frozenset[str]:
        schema = next((self.reading.responses[status] for status in self.reading.successes), None)
        one, other = comparable_value(schema, before), comparable_value(schema, after)
        return frozenset(_different(one, other, ""))


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


def _different(one: Any, other: Any, where: str) -> list[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        names = sorted(one.keys() | other.keys())
        return [place for name in names for place in _different(one.get(name), other.get(name), f"{where}/{name}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [place for pair in zip(one, other, strict=True) for place in _different(*pair, f"{where}/*")]
    return [] if one == other else [where or "/"]


def _restorable(schema: Mapping[str, Any] | None, shown: Any) -> dict[str, Any]:
    result = {}
    for name, inner in (schema or {}).get("properties", {}).items():
        pointer = inner.get("x-from") or inner.get("x-same")
        value = first_value(shown, pointer) if pointer else None
        if value is not None:
            result[name] = value
    return result
