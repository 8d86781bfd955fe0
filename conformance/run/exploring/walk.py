"""One step of exploration: send a probe, judge the answer, keep what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from conformance.judge.http_notes import head_as_get
from conformance.results.model import Level
from conformance.run.exploring.document import Operation, secrets, view
from conformance.run.exploring.gathering import Entry, Gathering
from conformance.run.exploring.ground import Ground
from conformance.run.exploring.judging import Found, Matter, applies, judge, messages, parsed, shape
from conformance.run.exploring.probes import Probe, label, request, smaller
from conformance.run.exploring.sending import Sending, Spent
from conformance.run.exploring.sorting import Sort, sort
from conformance.wire import Exchange

__all__ = ["Attempted", "Walk"]

_MOST_STEPS = 8
"""Requests that making one finding smaller may cost."""


@dataclass(frozen=True, slots=True)
class Attempted:
    """A probe with what came of it."""

    probe: Probe
    sort: Sort
    exchange: Exchange
    found: tuple[Found, ...] = ()

    @property
    def status(self) -> int:
        """The status, or 0 where there was no answer."""
        return self.exchange.answer.status if self.exchange.answer else 0

    @property
    def accepted(self) -> bool:
        """Whether the target did what was asked."""
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether the target said no, so that nothing may have changed."""
        return 400 <= self.status < 500


@dataclass(slots=True)
class Walk:
    """Exploration of one operation under way."""

    ground: Ground
    sending: Sending
    gathering: Gathering
    undo: list[tuple[Operation, Probe]] = field(default_factory=list)
    """What has been made and is still to be deleted, the last first."""
    undone: set[str] = field(default_factory=set)
    """Requests for deletion that have done their work."""

    def view(self, operation: str) -> Operation:
        """Another operation of the same document."""
        return view(self.ground, operation)

    def attempt(self, operation: Operation, probe: Probe, *, as_sort: Sort | None = None, tier: str = "") -> Attempted:
        """Send, judge and gather; `as_sort` where more is known of the probe than its values say."""
        attempted = self._tried(operation, probe, as_sort, tier)
        entry = self.entry(attempted)
        for found in attempted.found:
            self.report(found, entry)
        self._pairs(operation, attempted, entry)
        return attempted

    def quietly(self, operation: Operation, probe: Probe, *, tier: str = "", cleaning: bool = False) -> Exchange:
        """Send without judging: a guard's look, or clean-up."""
        exchange = self.sending(request(self.ground, operation, probe, tier), cleaning=cleaning)
        self.gathering.answered(Entry(label(probe), "guard", exchange))
        return exchange

    def head(self, got: Attempted) -> None:
        """Ask for the head of what a GET has got, and note where the two differ."""
        asked = replace(got.exchange.request, method="HEAD", tier="read")
        entry = Entry(f"HEAD, {label(got.probe)}", "guard", self.sending(asked))
        self.gathering.answered(entry)
        for note in head_as_get(got.exchange, entry.exchange):
            self.gathering.note(note, entry)

    def report(self, found: Found, entry: Entry) -> None:
        """Gather a finding; one above a note opens the budget for following up."""
        self.gathering.add(found, entry)
        self.sending.found = self.gathering.found

    def entry(self, attempted: Attempted) -> Entry:
        """An exchange with its label."""
        return Entry(label(attempted.probe), attempted.probe.role, attempted.exchange)

    def simplify(self, operation: Operation, failed: Sequence[Attempted]) -> None:
        """Show each finding by the smallest request that still leads to it, as far as the budget goes."""
        seen: set[str] = set()
        try:
            for attempted in failed:
                for found in attempted.found:
                    if found.level is not Level.NOTE and found.follow and found.key not in seen:
                        seen.add(found.key)
                        self._smallest(operation, attempted, found.key)
        except Spent:
            return

    def _smallest(self, operation: Operation, attempted: Attempted, key: str) -> None:
        steps, tried = _MOST_STEPS, {attempted.probe.key}
        candidates = smaller(operation, attempted.probe)
        while steps > 0 and (probe := next(candidates, None)) is not None:
            if probe.key in tried:
                continue
            tried.add(probe.key)
            steps -= 1
            again = self._tried(operation, probe, None, "")
            found = next((one for one in again.found if one.key == key), None)
            if found is not None:
                self.gathering.simplify(found, self.entry(again))
                candidates = smaller(operation, probe)

    def _tried(self, operation: Operation, probe: Probe, as_sort: Sort | None, tier: str) -> Attempted:
        sent = request(self.ground, operation, probe, tier)
        exchange = self.sending(sent)
        kind = as_sort or sort(operation, probe)
        answer = exchange.answer
        if answer is not None:
            for name, value in secrets(operation.responses.get(answer.status), parsed(answer)):
                self.ground.learn(name, value)
        self.gathering.answered(Entry(label(probe), probe.role, exchange))
        found = judge(Matter(self.ground, operation, probe, kind, sent, answer)) if answer else ()
        return Attempted(probe, kind, exchange, found)

    def _pairs(self, operation: Operation, attempted: Attempted, entry: Entry) -> None:
        answer = attempted.exchange.answer
        if answer is None or answer.status < 400 or attempted.sort is Sort.ODD:
            return
        matter = Matter(self.ground, operation, attempted.probe, attempted.sort, entry.exchange.request, answer)
        rows = [row for row in self.ground.documented if applies(row, operation) and row.status == answer.status]
        for message in messages(parsed(answer)) or ("",):
            if not any(row.message is None or row.message.fullmatch(message) for row in rows):
                self.gathering.pair(answer.status, shape(matter, message), entry)
