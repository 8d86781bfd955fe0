"""The values of a proof: which faulty servers the suite caught, and which conforming ones it blamed.

A fault is caught by the verdict of one of its own rows: `violates`; `drifts` if only a wording has changed; also
`inconclusive` if the fault refuses valid requests, because no row can be judged on such a server.
"""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from conformance.checks.model import Verdict
from conformance.plan.power import Offer, order_offers
from conformance.results.model import Suite


class Outcome(StrEnum):
    """The outcome of a fault, from best to worst."""

    CAUGHT = "caught"
    ELSEWHERE = "elsewhere"
    """Only other rows complained: a right verdict for the wrong reason."""
    SURVIVED = "survived"


@dataclass(frozen=True, slots=True)
class Blame:
    """A row that did not conform, with the first finding of the level that its verdict follows from."""

    row: str
    verdict: Verdict
    after: int
    """The number of requests that the run had sent when it was found."""
    checks: tuple[str, ...] = ()
    """The checks of all findings of that level."""
    where: str = ""
    expected: str = ""
    actual: str = ""
    reason: str = ""
    catches: tuple[str, ...] = ()
    """Labels of the row's probes and controls that each show the fault alone, as in `ProbePower.label`."""


@dataclass(frozen=True, slots=True)
class ProbePower:
    """A probe or control of a row, in the order of the plan, with the faults that it shows alone."""

    row: str
    label: str
    """The label, for a control with that word before it; equal for every seed."""
    requests: int
    """The number of requests that it adds to the row."""
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerProof:
    """A server with the rows that blamed it; empty before it is tried."""

    contract: str
    blames: tuple[Blame, ...] = ()
    requests: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultProof(ServerProof):
    """A server with one fault, and the rows that blamed it."""

    name: str
    check: str
    rows: tuple[str, ...]
    """Its own rows: those that the fault violates."""
    wording_only: bool = False
    refuses: bool = False
    """Whether the fault refuses valid requests."""

    @property
    def outcome(self) -> Outcome:
        return Outcome.CAUGHT if self.catching else Outcome.ELSEWHERE if self.strays else Outcome.SURVIVED

    @property
    def row(self) -> str | None:
        """The first of its own rows that caught it."""
        return self.catching[0].row if self.catching else None

    @property
    def after(self) -> int | None:
        """The number of requests of the run until it was caught."""
        return self.catching[0].after if self.catching else None

    @property
    def catching(self) -> tuple[Blame, ...]:
        """The blames of its own rows with a verdict that counts, in the order of the run."""
        counting = verdicts_that_count(wording_only=self.wording_only, refuses=self.refuses)
        found = (blame for blame in self.blames if blame.row in self.rows and blame.verdict in counting)
        return tuple(sorted(found, key=lambda blame: blame.after))

    @property
    def probes(self) -> tuple[tuple[str, str], ...]:
        """Row and label of everything that shows the fault alone."""
        return tuple((blame.row, catch) for blame in self.catching for catch in blame.catches)

    @property
    def missed(self) -> tuple[str, ...]:
        """Its own rows that did not catch it."""
        caught = {blame.row for blame in self.catching}
        return tuple(row for row in self.rows if row not in caught)

    @property
    def strays(self) -> tuple[Blame, ...]:
        """Blames of other rows."""
        return tuple(blame for blame in self.blames if blame.row not in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class RightServerProof(ServerProof):
    """A conforming server, with its choices where the documents leave the response open."""

    seed: int | None
    """The seed of its choices; None for the server with every usual choice."""
    variants: dict[str, str]
    """Its unusual choices."""

    @property
    def alarms(self) -> tuple[Blame, ...]:
        """The blames that are wrong; a drifting wording is not an alarm."""
        return tuple(blame for blame in self.blames if blame.verdict is not Verdict.DRIFTS)


@dataclass(frozen=True, slots=True)
class RowProof:
    """A row with the number of its faults, and how many of them it caught."""

    id: str
    faults: int
    caught: int


@dataclass(frozen=True, slots=True)
class ContractProof:
    """The proof of one contract. `whole`: every fault of its catalogue was tried."""

    contract: str
    edition: str
    whole: bool
    rows: tuple[RowProof, ...]
    faults: tuple[FaultProof, ...]
    conforming: tuple[RightServerProof, ...]
    probes: tuple[ProbePower, ...] = ()

    @property
    def survivors(self) -> tuple[FaultProof, ...]:
        """The faults that none of their own rows caught."""
        return tuple(fault for fault in self.faults if fault.outcome is not Outcome.CAUGHT)

    @property
    def alarms(self) -> tuple[RightServerProof, ...]:
        return tuple(server for server in self.conforming if server.alarms)

    @property
    def idle(self) -> tuple[RowProof, ...]:
        """The rows that caught no fault; empty unless the whole catalogue was tried."""
        return tuple(row for row in self.rows if not row.caught) if self.whole else ()

    @property
    def caught(self) -> int:
        return len(self.faults) - len(self.survivors)

    @property
    def curve(self) -> tuple[tuple[int, int], ...]:
        """Pairs of a number of requests and the number of faults caught by then."""
        taken = Counter(fault.after for fault in self.faults if fault.after is not None)
        total, points = 0, [(0, 0)]
        for after in sorted(taken):
            total += taken[after]
            points.append((after, total))
        return tuple(points)

    @property
    def bound(self) -> tuple[tuple[int, int], ...]:
        """The curve of the best possible order of probes that show faults, without set-up, reads and clean-up."""
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
        """Return the share of faults caught after so many requests, from 0 to 1; 0 if there are no faults."""
        caught = max((total for after, total in self.curve if after <= requests), default=0)
        return caught / len(self.faults) if self.faults else 0.0

    @property
    def requests(self) -> int:
        """The number of requests sent to the first conforming server, which is the usual one if it was tried."""
        return next((server.requests for server in self.conforming), 0)


@dataclass(frozen=True, slots=True)
class Proof:
    """The content of `proof.json`."""

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
        """Whether every fault was caught, no conforming server was blamed, and every row caught a fault."""
        return not any(one.survivors or one.alarms or one.idle for one in self.contracts)


def verdicts_that_count(*, wording_only: bool, refuses: bool) -> frozenset[Verdict]:
    """Return the verdicts that catch a fault of this kind."""
    if wording_only:
        return frozenset({Verdict.DRIFTS})
    return frozenset({Verdict.VIOLATES, *([Verdict.INCONCLUSIVE] if refuses else [])})
