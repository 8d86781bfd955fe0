"""A proof of the suite: which wrong servers it caught, which right ones it blamed.

A fault is caught by the verdict of a row that it belongs to: `violates`; `drifts` where no more than a wording has
changed; also `inconclusive` where the fault is that valid requests are refused, since such a server lets no
row be judged.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from conformance.checks.model import Verdict
from conformance.plan.power import Offer, order_offers
from conformance.results.model import Suite


class Outcome(StrEnum):
    """What became of a fault; from best to worst."""

    CAUGHT = "caught"
    ELSEWHERE = "elsewhere"
    """Only rows that it does not belong to complained: a right verdict for the wrong reason."""
    SURVIVED = "survived"


@dataclass(frozen=True, slots=True)
class Blame:
    """A row that did not conform, and the first thing that weighs as much as its verdict."""

    row: str
    verdict: Verdict
    after: int
    """How many requests of the run had been sent when it was seen."""
    checks: tuple[str, ...] = ()
    """Of every finding that weighs as much as the verdict."""
    where: str = ""
    expected: str = ""
    actual: str = ""
    reason: str = ""
    catches: tuple[str, ...] = ()
    """Everything that the row has sent and that shows the fault by itself: by label, as `ProbePower.label`."""


@dataclass(frozen=True, slots=True)
class ProbePower:
    """One probe or control of a row, in the order of the plan, and the faults that it shows by itself."""

    row: str
    label: str
    """Of a control with the word before it: the same for every seed, and on every target."""
    requests: int
    """What it adds to the row."""
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerProof:
    """One server: who blamed it, and what that took; nobody has as long as it was not tried."""

    contract: str
    blames: tuple[Blame, ...] = ()
    requests: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultProof(ServerProof):
    """One server that is wrong on purpose, and which rows blamed it."""

    name: str
    check: str
    rows: tuple[str, ...]
    """The rows that it violates."""
    wording_only: bool = False
    refuses: bool = False
    """Whether the fault is that valid requests are refused."""

    @property
    def outcome(self) -> Outcome:
        """What became of it."""
        return Outcome.CAUGHT if self.catching else Outcome.ELSEWHERE if self.strays else Outcome.SURVIVED

    @property
    def row(self) -> str | None:
        """The first of its own rows that caught it."""
        return self.catching[0].row if self.catching else None

    @property
    def after(self) -> int | None:
        """How many requests of the run that took."""
        return self.catching[0].after if self.catching else None

    @property
    def catching(self) -> tuple[Blame, ...]:
        """The complaints that count, of rows that it belongs to, in the order of the run."""
        counting = verdicts_that_count(wording_only=self.wording_only, refuses=self.refuses)
        found = (blame for blame in self.blames if blame.row in self.rows and blame.verdict in counting)
        return tuple(sorted(found, key=lambda blame: blame.after))

    @property
    def probes(self) -> tuple[tuple[str, str], ...]:
        """Everything that shows it by itself: its row and its label."""
        return tuple((blame.row, catch) for blame in self.catching for catch in blame.catches)

    @property
    def missed(self) -> tuple[str, ...]:
        """Of its rows, those that did not catch it."""
        caught = {blame.row for blame in self.catching}
        return tuple(row for row in self.rows if row not in caught)

    @property
    def strays(self) -> tuple[Blame, ...]:
        """Complaints of rows that it does not belong to."""
        return tuple(blame for blame in self.blames if blame.row not in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class RightServerProof(ServerProof):
    """One server that conforms, with the answers that it gives where the documents leave them open."""

    seed: int | None
    """Of its choices; None for the server that makes every usual choice."""
    variants: dict[str, str]
    """The choices that are not the usual ones."""

    @property
    def alarms(self) -> tuple[Blame, ...]:
        """What a right server must not hear; that its wording drifts is no alarm."""
        return tuple(blame for blame in self.blames if blame.verdict is not Verdict.DRIFTS)


@dataclass(frozen=True, slots=True)
class RowProof:
    """One row: how many faults belong to it, how many of them it caught."""

    id: str
    faults: int
    caught: int


@dataclass(frozen=True, slots=True)
class ContractProof:
    """The proof of one contract. `whole`: every fault of its catalogue was run."""

    contract: str
    edition: str
    whole: bool
    rows: tuple[RowProof, ...]
    faults: tuple[FaultProof, ...]
    conforming: tuple[RightServerProof, ...]
    probes: tuple[ProbePower, ...] = ()

    @property
    def survivors(self) -> tuple[FaultProof, ...]:
        """Faults that none of their own rows caught."""
        return tuple(fault for fault in self.faults if fault.outcome is not Outcome.CAUGHT)

    @property
    def alarms(self) -> tuple[RightServerProof, ...]:
        """Right servers that were blamed."""
        return tuple(server for server in self.conforming if server.alarms)

    @property
    def idle(self) -> tuple[RowProof, ...]:
        """Rows that caught no fault; known only where the whole catalogue was run."""
        return tuple(row for row in self.rows if not row.caught) if self.whole else ()

    @property
    def caught(self) -> int:
        """How many faults were caught."""
        return len(self.faults) - len(self.survivors)

    @property
    def curve(self) -> tuple[tuple[int, int], ...]:
        """Pairs of a number of requests and how many faults were caught by then."""
        taken = Counter(fault.after for fault in self.faults if fault.after is not None)
        total, points = 0, [(0, 0)]
        for after in sorted(taken):
            total += taken[after]
            points.append((after, total))
        return tuple(points)

    @property
    def bound(self) -> tuple[tuple[int, int], ...]:
        """The same for whoever knows all of this beforehand, and needs no set-up, no read and nothing taken away."""
        offers = [
            Offer((probe.row, str(number)), frozenset(probe.faults), max(probe.requests, 1))
            for number, probe in enumerate(self.probes)
            if probe.faults
        ]
        sent, points, shown = 0, [(0, 0)], set[str]()
        for offer in order_offers(offers):
            if not offer.faults <= shown:
                sent += int(offer.requests)
                shown |= offer.faults
                points.append((sent, len(shown)))
        return tuple(points)

    def share_after(self, requests: int) -> float:
        """Which share of the faults is caught after so many requests; 0 where there is none."""
        caught = max((total for after, total in self.curve if after <= requests), default=0)
        return caught / len(self.faults) if self.faults else 0.0

    @property
    def requests(self) -> int:
        """How many requests a right server was sent; of the usual one where it was run."""
        return next((server.requests for server in self.conforming), 0)


@dataclass(frozen=True, slots=True)
class Proof:
    """The whole of `proof.json`."""

    suite: Suite
    depth: str
    seed: int
    started: str
    """RFC 3339, UTC."""
    seconds: float
    contracts: tuple[ContractProof, ...]
    partial: bool = False
    format: Literal[1] = 1

    @property
    def stands(self) -> bool:
        """Every fault caught, no right server blamed, no row that catches nothing."""
        return not any(one.survivors or one.alarms or one.idle for one in self.contracts)


def verdicts_that_count(*, wording_only: bool, refuses: bool) -> frozenset[Verdict]:
    """The verdicts that catch a fault of this kind."""
    if wording_only:
        return frozenset({Verdict.DRIFTS})
    return frozenset({Verdict.VIOLATES, *([Verdict.INCONCLUSIVE] if refuses else [])})
