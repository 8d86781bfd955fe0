"""What exploration stands on, and what it leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.checks.model import Level, Verdict
from conformance.http import Exchange, Request
from conformance.results.model import ExploredFinding, Note

__all__ = ["DocumentedAnswer", "ExchangePair", "ExplorationResult", "ExploreContext", "RecordedProbe", "Send"]

Send = Callable[[Request], Exchange]


def _known_to_nobody(name: str, value: str) -> None:
    """Where nothing is written down, nothing has to be kept back."""


@dataclass(frozen=True, slots=True)
class DocumentedAnswer:
    """What a row of the contract says, as far as exploration needs it.

    `operations` is empty for a row that holds for every operation. `touches` names the parts of a request that the
    row is about (`query.limit`, `json.status`): where each of them is valid, or not there, the row cannot apply.
    """

    row: str
    status: int
    message: re.Pattern[str] | None = None
    operations: frozenset[str] = frozenset()
    touches: frozenset[str] = frozenset()
    applies: Callable[[Request], bool] | None = None


@dataclass(frozen=True, slots=True)
class ExploreContext:
    """One operation of one target, and what may be done to it.

    `bodies` holds, per operation, members that every valid body of this target needs (a login's are only used in
    links, never as the ground of drawn data). `fixtures` that are not in `parameters` are reported as lacking.
    """

    schema: Mapping[str, Any]
    operation: str
    base_url: str
    budget: int
    seed: int
    envelope: Mapping[str, Any]
    paths: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    permissions: frozenset[str] = frozenset(["read"])
    error_content_types: tuple[str, ...] = ("application/json",)
    documented: Sequence[DocumentedAnswer] = ()
    bodies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    empty_error: Level = Level.SHOULD
    """How much an error without any body weighs."""
    learn: Callable[[str, str], None] = field(default=_known_to_nobody, repr=False)
    """Told the name and the value of each secret that an answer gives, before anything else is done with it."""


@dataclass(frozen=True, slots=True)
class RecordedProbe:
    """One exchange that a finding, a note or a pair points at; `n` counts from 1."""

    n: int
    label: str
    role: str
    """`example`, `boundary`, `drawn`, `step`, `guard` or `clean-up`."""
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class ExchangePair:
    """A status and a message that no row documents; what was sent stands in the message as `{query.limit}`."""

    status: int
    message: str
    count: int
    exchange: int


@dataclass(frozen=True, slots=True)
class ExplorationResult:
    """What was found of one operation."""

    operation: str
    method: str = ""
    path: str = ""
    requests: int = 0
    statuses: tuple[tuple[int, int], ...] = ()
    findings: tuple[ExploredFinding, ...] = ()
    undocumented: tuple[ExchangePair, ...] = ()
    notes: tuple[Note, ...] = ()
    kept: tuple[RecordedProbe, ...] = ()
    reason: str | None = None
    """Why it was not explored, or not to the end."""
    lacks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst of the findings; without any, how far exploration came."""
        levels = {finding.level for finding in self.findings}
        if Level.MUST in levels:
            return Verdict.VIOLATES
        if self.requests == 0:
            return Verdict.NOT_EXERCISED
        if self.reason is not None:
            return Verdict.INCONCLUSIVE
        return Verdict.DRIFTS if Level.SHOULD in levels else Verdict.CONFORMS
