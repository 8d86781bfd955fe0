"""What an examination of a target found, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["good", "bad", "unknown", "note"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was examined: `bad` must be corrected, reads do not tell what is `unknown`, a `note` informs."""

    section: str
    """`reachable`, `credentials`, `fixtures`, `permissions` or `pace`."""
    about: str
    state: State
    detail: str


@dataclass(frozen=True, slots=True)
class RequestLoad:
    """How much a run sends at a depth, at most, and how many seconds that takes at which pace, if one is known."""

    depth: str
    permissions: tuple[tuple[str, int], ...]
    explored: int
    seconds: float | None
    pace: str = ""

    @property
    def requests(self) -> int:
        return sum(count for _, count in self.permissions) + self.explored

    @property
    def parts(self) -> list[str]:
        """What the requests are, by permission."""
        exploring = [f"{self.explored} exploring"] if self.explored else []
        return [*(f"{count} {permission}" for permission, count in self.permissions), *exploring]


@dataclass(frozen=True, slots=True)
class MissingRequirement:
    """Something that a profile does not give, the line that would give it, how to get it, and the rows without it."""

    name: str
    line: str
    how: str
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything about one target."""

    title: str
    base_url: str
    facts: tuple[Fact, ...]
    loads: tuple[RequestLoad, ...] = ()
    missing: tuple[MissingRequirement, ...] = ()
    rows: int = 0
    exercised: int = 0
    requests: int = 0

    @property
    def wrong(self) -> bool:
        """Whether something must be corrected."""
        return any(fact.state == "bad" for fact in self.facts)

    @property
    def possible(self) -> bool:
        """Whether a run would exercise a row: the target answers, its credentials work, a row has what it needs."""
        bad = any(fact.state == "bad" and fact.section in ("reachable", "credentials") for fact in self.facts)
        return not bad and self.exercised > 0
