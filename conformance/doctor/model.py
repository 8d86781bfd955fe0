"""The values of a diagnosis."""

from dataclasses import dataclass
from typing import Literal

State = Literal["good", "bad", "unknown", "note"]


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact about a target: `bad` must be corrected, `unknown` cannot be found out by reads, `note` informs."""

    section: str
    """`reachable`, `credentials`, `fixtures`, `permissions` or `pace`."""
    about: str
    state: State
    detail: str


@dataclass(frozen=True, slots=True)
class RequestLoad:
    """The most requests of a run at a depth, and how many seconds they take at a pace, if one is known."""

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
        """The numbers of requests by permission, and of exploration."""
        exploring = [f"{self.explored} exploring"] if self.explored else []
        return [*(f"{count} {permission}" for permission, count in self.permissions), *exploring]


@dataclass(frozen=True, slots=True)
class MissingRequirement:
    """A requirement that a profile lacks, the line that provides it, how to get it, and the rows that need it."""

    name: str
    line: str
    how: str
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diagnosis:
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
        return any(fact.state == "bad" for fact in self.facts)

    @property
    def possible(self) -> bool:
        """Whether a run would exercise a row: the target responds, its credentials work, a row has its requirements."""
        bad = any(fact.state == "bad" and fact.section in ("reachable", "credentials") for fact in self.facts)
        return not bad and self.exercised > 0
