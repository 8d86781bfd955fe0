"""The evidence of a run in the form in which rules look for causes, and a cause as they find it."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from conformance.checks.model import Finding, Verdict
from conformance.http import split_url
from conformance.messages import Message
from conformance.results.model import FIRM, RecordedExchange, RowResult

LEAST: Final = 3
"""Calls that must have failed alike before the base URL, or a fixture of faulty calls alone, is suspected."""


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One request of a run and its answer; `finding` is what a row holds against the target for it."""

    exchange: RecordedExchange
    finding: Finding | None = None

    @property
    def status(self) -> int:
        """The status of the response; 0 where there was none."""
        return self.exchange.response.status if self.exchange.response is not None else 0

    @property
    def body(self) -> str:
        """The body of the response; empty where there was none."""
        return self.exchange.response.body if self.exchange.response is not None else ""

    @property
    def failure_kind(self) -> str:
        """Why there was no response; empty where there was one."""
        return self.exchange.failure.kind if self.exchange.failure is not None else ""

    @property
    def detail(self) -> str:
        """Why there was no response, in a sentence; empty where there was one."""
        return self.exchange.failure.detail if self.exchange.failure is not None else ""

    @property
    def is_valid(self) -> bool:
        """Whether a right target with a right profile answers it with a success."""
        return self.exchange.role in {"control", "step", "guard"}

    @property
    def is_firm(self) -> bool:
        """Whether it must be refused."""
        return self.exchange.role in FIRM

    @property
    def succeeded(self) -> bool:
        return 0 < self.status < 400

    @property
    def lacks_effect(self) -> bool:
        """Whether a success does not show what it should."""
        return self.finding is not None and self.finding.check == "effect"

    @property
    def asked_for(self) -> tuple[str, str]:
        return self.exchange.request.method, split_url(self.exchange.request.url).path

    @property
    def step(self) -> str:
        """The operation of a valid call, as its label says it."""
        return self.exchange.label.rpartition(": ")[2]

    @property
    def reason(self) -> tuple[int, str] | None:
        """Why a request was refused: by codes and fields where there are any, as words are others in each language."""
        if not 400 <= self.status < 500:
            return None
        codes = re.findall(r'"(?:code|errno|field|type)"\s*:\s*"?([^",}]*)', self.body)
        return self.status, " ".join(codes) or self.body

    def shows(self, value: str) -> bool:
        return self.exchange.response is not None and value in self.body

    def has_text(self, value: str) -> bool:
        return f'"{value}"' in (self.exchange.request.body or "")

    def is_in_path(self, value: str) -> bool:
        """Whether a value stands in the path as whole segments; a path with placeholders, or of several, to its end."""
        return _path_pattern(value).search(_parts_of_url(self.exchange.request.url)[0]) is not None

    def is_below(self, values: Iterable[str]) -> bool:
        return any(map(self.is_in_path, values))

    def names(self, value: str) -> bool:
        """Whether a value stands in the path, as whole segments, or is a value of the query."""
        of_query = not value.isdigit() and value in _parts_of_url(self.exchange.request.url)[1]
        return of_query or self.is_in_path(value)

    def uses(self, value: str) -> bool:
        return self.names(value) or self.has_text(value)

    def count_in_path(self, value: str) -> int:
        return _parts_of_url(self.exchange.request.url)[0].split("/").count(value)

    def uses_often(self, value: str, most: int) -> bool:
        """Whether it uses a value, and not less often than `most` where that is in the path."""
        return self.uses(value) and not 0 < self.count_in_path(value) < most

    def must_refuse(self, value: str) -> bool:
        return self.is_firm and self.uses(value)


@dataclass(frozen=True, slots=True)
class RunCause:
    """One cause; `key` is the entry of the profile to check, such as `fixtures.endpoint`."""

    key: str
    text: Message
    affects: Callable[[Call], bool]
    """Whether a call rests on what never worked."""
    names: str = ""
    """A text that only findings which rest on the cause expect or name; or the field that such rows are about."""
    check: str = ""
    """The only check whose findings rest on it; empty for any."""


@dataclass(frozen=True, slots=True)
class RunEvidence:
    """What a run has shown."""

    target: Mapping[str, Any]
    """The description of the target in the results."""
    rows: Sequence[Sequence[Call]]
    calls: Sequence[Call]
    """Those of all rows, and of explorations what was refused last, as if it were a control."""
    results: Sequence[RowResult]

    @property
    def blames(self) -> bool:
        """Whether a row holds anything against the target."""
        return any(one.finding for row in self.rows for one in row)

    @property
    def has_doubts(self) -> bool:
        return any(row.verdict is Verdict.INCONCLUSIVE for row in self.results)

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

    def of_path(self, value: str) -> list[Call]:
        """The calls with a value in their path, without those on a path that another fixture writes out."""
        others = [each for each in self.plain().values() if "/" in each and "{" not in each and each != value]
        calls = [one for one in self.calls if one.is_in_path(value)]
        return [one for one in calls if "{" not in value or not one.is_below(others)]

    def users(self, value: str) -> Callable[[Call], bool]:
        """Tells which calls use a value; where valid ones have it twice in the path, only those do.

        A segment that the path of an operation always has may read the same, such as the version of an API.
        """
        most = max((one.count_in_path(value) for one in self.calls if one.is_valid), default=1)
        return partial(Call.uses_often, value=value, most=most) if most > 1 else partial(Call.uses, value=value)


def describe_exchange(first: str, second: str) -> Message:
    return Message(
        "{first} and {second} stand in the place of each other: the first was always refused, the second never",
        first=first,
        second=second,
    )


def statuses_of_valid(calls: Iterable[Call]) -> set[int]:
    """How the valid calls were answered, and any call that succeeded; a faulty one may be refused before all else."""
    return {one.status for one in calls if one.status and (one.is_valid or one.status < 300)}


def shows_what_works(call: Call) -> bool:
    """Whether an answer depends on credential and fixtures: not one from elsewhere, of a fault, or of a limit."""
    return not call.exchange.request.vantage and 0 < call.status < 500 and call.status != 429


def members(body: str) -> frozenset[str]:
    """The names of all members in a JSON text; those of a text that is cut, as far as they can be seen."""
    strings = re.finditer(r'"((?:[^"\\]|\\.)*)"(\s*:)?', body, re.DOTALL)
    return frozenset(each[1] for each in strings if each[2])


@lru_cache(maxsize=4096)
def _parts_of_url(url: str) -> tuple[str, frozenset[str]]:
    """The path of a URL, decoded and with a slash at both ends, and the values of its query."""
    parts = split_url(url)
    values = frozenset(value for _, value in parse_qsl(parts.query, keep_blank_values=True))
    return f"/{unquote(parts.path).strip('/')}/", values


@lru_cache(maxsize=256)
def _path_pattern(value: str) -> re.Pattern[str]:
    segments = [re.escape(each) for each in value.strip("/").split("/")]
    pattern = "/".join("[^/]+" if "\\{" in each else each for each in segments)
    return re.compile(f"/{pattern}/{'$' if len(segments) > 1 else ''}")
