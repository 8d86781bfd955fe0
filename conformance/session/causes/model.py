"""A cause of what went wrong in a whole run, and what a run has shown: what the rules that look for causes work on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from conformance.checks.model import Finding
from conformance.messages import Message
from conformance.results.model import RecordedExchange, RowResult
from conformance.session.causes.exchanges import Calls, is_in_path

LEAST: Final = 3
"""Calls that must have failed alike before the base URL, or a fixture of faulty calls alone, is suspected."""


@dataclass(frozen=True, slots=True)
class RunCause:
    """One cause; `key` is the entry of the profile to check, such as `fixtures.endpoint`."""

    key: str
    text: Message
    affects: Callable[[RecordedExchange], bool]
    """Whether an exchange rests on what never worked."""
    names: str = ""
    """What only findings that rest on this mistake expect, or name; the field that rows are about which rest on it."""


@dataclass(frozen=True, slots=True)
class RunEvidence:
    """What a run has shown."""

    target: Mapping[str, Any]
    """The description of the target in the results."""
    rows: Sequence[RowResult]
    calls: Calls
    """Every exchange; of explorations, what was refused last, as if it were a control."""
    wrong: Mapping[int, Finding]
    """What was wrong with an exchange, by its identity."""

    @property
    def fixtures(self) -> Mapping[str, Any]:
        return self.target.get("fixtures") or {}

    @property
    def way(self) -> str:
        """The entry of the profile that says where every request goes first."""
        return "proxy" if self.target.get("proxy") else "base_url"

    def plain(self) -> dict[str, str]:
        """Fixtures that are a text or a number, as they stand in a request."""
        return {
            name: str(value)
            for name, value in self.fixtures.items()
            if not isinstance(value, bool) and isinstance(value, str | int) and str(value).strip("/")
        }

    def of_path(self, value: str, roles: frozenset[str]) -> Calls:
        """What was called in some roles with a value in its path, and on no path that is written out elsewhere."""
        others = [each for each in self.plain().values() if "/" in each and "{" not in each and each != value]
        calls = (one for one in self.calls if one.role in roles and is_in_path(one, value))
        return [one for one in calls if "{" not in value or not any(is_in_path(one, each) for each in others)]


Rule = Callable[[RunEvidence], Iterator[RunCause]]
