"""What a row is tried on: each of its operations before anything is varied, and each voice it is asked in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from conformance.contract.contract import Contract, Row
from conformance.contract.model import Depth, OperationRef
from conformance.plan.attempts import Template
from conformance.plan.merging import base, merged, spec
from conformance.plan.steps import tier_of
from conformance.target.target import Target

__all__ = ["SILENT", "Ground", "Voice", "grounds_of", "voices_for", "voices_of"]


@dataclass(frozen=True, slots=True)
class Ground:
    """One operation that the row holds for, with its request before anything is varied."""

    label: str
    operation: str
    request: Template
    tier: str
    tier_is_said: bool
    """The case names the tier, whatever the method."""
    beside: tuple[tuple[str, Any], ...]
    """Valid values of other parameters, as pairs of a part and its value."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One way of asking for one language; silent where language plays no part."""

    label: str = ""
    request: Template = field(default_factory=dict)
    language: str | None = None
    other: str | None = None


SILENT: Final = Voice()


def grounds_of(contract: Contract, row: Row) -> list[Ground]:
    """Every operation of a row."""
    return [_ground(contract, row, ref) for ref in row.operations]


def voices_of(contract: Contract, target: Target, row: Row) -> list[Voice]:
    """Each way of asking for each language that the target lists, way by way."""
    wordings = row.case.expect.message
    localised = isinstance(wordings, list) and any(wording.language for wording in wordings)
    listed = target.fixtures.get(contract.file.language_fixture or "")
    if not localised or not contract.file.languages or not isinstance(listed, list) or not listed:
        return [SILENT]
    languages = [str(language) for language in listed]
    return [
        Voice(
            way.label.replace("{language}", language),
            {"query": dict(way.query), "headers": dict(way.headers)},
            language,
            next((other for other in languages if other != language), language),
        )
        for way in contract.file.languages
        for language in languages
    ]


def voices_for(voices: list[Voice], ways: int, index: int, grounds: int, depth: Depth) -> list[Voice]:
    """The voices of one ground: each language; where there are several grounds, the ways are dealt out over them."""
    if len(voices) == 1 or grounds == 1 or depth == "thorough":
        return voices
    languages = len(voices) // ways
    return [voices[(index + spoken) % ways * languages + spoken] for spoken in range(languages)]


def _ground(contract: Contract, row: Row, ref: OperationRef) -> Ground:
    request = merged(base(contract, ref.call), spec(row.case.request), spec(ref.request))
    said = ref.tier or row.case.tier
    tier = said or tier_of(contract, ref.call, request)
    beside = [(part, value) for part, values in {**row.case.beside, **ref.beside}.items() for value in values]
    return Ground(ref.label or ref.call, ref.call, request, tier, said is not None, tuple(beside))
