"""One expectation as it is held against one answer: an `Expect` of a file, its placeholders filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.contract.model import Expect, Page, Wording
from conformance.contract.placeholders import Lookup, fill
from conformance.judge.finding import Level

__all__ = ["Expectation", "expectation"]


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one answer must be.

    `wordings` holds every documented wording with its placeholders; `lookup` fills them with what was sent. `row` is
    empty where the expectation belongs to no row (a step of a chain).
    """

    row: str
    statuses: tuple[int, ...]
    wordings: tuple[Wording, ...]
    lookup: Lookup
    message_level: Level
    codes: tuple[str, ...] = ()
    field: str | None = None
    body: Mapping[str, Any] | None = None
    body_level: Level = Level.MUST
    equals: Mapping[str, Any] | None = None
    absent: tuple[str, ...] = ()
    page: Page | None = None
    envelope: bool = True
    language: str | None = None


def expectation(
    said: Expect,
    lookup: Lookup,
    *,
    row: str = "",
    wordings: tuple[Wording, ...] = (),
    message_level: str = "should",
    language: str | None = None,
) -> Expectation:
    """Fill what can be filled now; raises placeholders.Missing."""
    codes = said.code if isinstance(said.code, list) else [said.code] if said.code is not None else []
    return Expectation(
        row=row,
        statuses=tuple(said.status) if isinstance(said.status, list) else (said.status,),
        wordings=wordings,
        lookup=lookup,
        message_level=Level(said.message_level or message_level),
        codes=tuple(codes),
        field=None if said.field is None else str(fill(said.field, lookup)),
        body=None if said.body is None else fill(said.body, lookup),
        body_level=Level(said.body_level),
        equals=None if said.equals is None else fill(said.equals, lookup),
        absent=tuple(said.absent or ()),
        page=said.page,
        envelope=said.envelope,
        language=language,
    )
