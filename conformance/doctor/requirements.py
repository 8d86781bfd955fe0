"""Which rows will not be exercised, what each is missing, and the line of a profile that would give it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.contract.contract import Contract
from conformance.contract.schema import NamedInput
from conformance.doctor.model import MissingRequirement
from conformance.plan.model import RowPlan
from conformance.target.loader import Target
from conformance.yaml_document import dump_flow

_SECTIONS = ("credentials", "fixtures", "vantages", "hooks")


def missing_rows(contract: Contract, target: Target, plans: Mapping[str, RowPlan]) -> Iterator[MissingRequirement]:
    """Each thing that keeps rows from being exercised, the one with the most rows first."""
    rows: dict[str, list[str]] = {}
    for name, plan in plans.items():
        for missing in plan.lacks:
            rows.setdefault(missing, []).append(name)
    for missing, names in sorted(rows.items(), key=lambda item: -len(item[1])):
        line, how = suggest_profile_line(contract, target, missing)
        yield MissingRequirement(missing, line, how, tuple(names))


def suggest_profile_line(contract: Contract, target: Target, missing: str) -> tuple[str, str]:
    """The line of a profile that gives what is missing, with its section; and how to get it."""
    if missing.startswith("allow: "):
        expected = sorted({*target.allow, missing.removeprefix("allow: ")})
        return f"allow: [{', '.join(expected)}]", "or --allow for one run"
    section, _, name = missing.partition(".")
    if missing.startswith("a way to provoke it"):
        return "", ""  # which no profile gives
    if section not in _SECTIONS:
        return missing, ""
    head, *rest = name.split(".")
    named: NamedInput = getattr(contract.file, section)[head]
    value = _deeper(named.example_in(section) or "…", rest)
    return f"{section}: {dump_flow({head: value})}", " ".join(filter(None, [named.about, named.get]))


def _deeper(value: Any, members: list[str]) -> Any:
    """Of a fixture with members, those that are missing."""
    for index, member in enumerate(members):
        inner = value.get(member, "…") if isinstance(value, dict) else "…"
        return {member: _deeper(inner, members[index + 1 :])}
    return value
