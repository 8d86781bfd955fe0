"""Values of a profile against what its contract says of them: mistakes that a run would blame on the target."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.contract.contract import Contract
from conformance.contract.messages import list_wordings
from conformance.contract.schema import FixtureRule
from conformance.errors import Problem
from conformance.expressions import matches_whole
from conformance.jsontools import resolve_pointer
from conformance.target.loader import Target

__all__ = ["check_fixture_values"]


def check_fixture_values(target: Target, contract: Contract) -> Iterator[Problem]:
    """A problem for each fixture that breaks a rule of the contract, and for each language without any wording."""
    yield from _check_languages(target, contract)
    for name, named in contract.file.fixtures.items():
        if name in target.fixtures:
            for rule in named.rules:
                yield from _check_rule(target, name, rule)


def _check_languages(target: Target, contract: Contract) -> Iterator[Problem]:
    name = contract.file.language_fixture
    listed = target.fixtures.get(name) if name else None
    if name is None or listed is None:
        return
    where = target.where("fixtures", name)
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        yield Problem(where, f"fixtures.{name} is no list of languages", f"write {name}: [ja, en]")
        return
    known = {wording.language for row in contract.rows for wording in list_wordings(row)} - {None}
    for index, language in enumerate(listed):
        if language not in known:
            what = f"fixtures.{name}: the contract has no wording in the language {language!r}"
            hint = f"its wordings are in {', '.join(sorted(map(str, known)))}; leave other languages out"
            yield Problem(target.where("fixtures", name, str(index)), what, hint)


def _check_rule(target: Target, name: str, rule: FixtureRule) -> Iterator[Problem]:
    """Nothing is said of members that the profile does not give."""
    kind, pointers = rule.kind_and_pointers
    found = [resolve_pointer(target.fixtures[name], pointer) for pointer in pointers]
    if not all(there for there, _ in found):
        return
    (_, first), (_, second) = found
    names = [".".join(["fixtures", name, *pointer.split("/")[1:]]) for pointer in pointers]
    where = target.where("fixtures", name, *pointers[0].split("/")[1:])
    if kind == "ordered":
        if not (_is_number(first) and _is_number(second)):
            yield Problem(where, f"{names[0]} and {names[1]} must be numbers", "write them as digits, without quotes")
        elif first > second:
            yield Problem(where, f"{names[0]} is {first}, above {names[1]}, {second}", "exchange them")
        return
    matched = _matches(first, second)
    if kind == "match" and matched is False:
        yield Problem(where, f"{names[0]} does not match {names[1]}", "give a value that the server accepts")
    if kind == "mismatch" and matched:
        yield Problem(where, f"{names[0]} matches {names[1]}", "give a value that the server must refuse")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _matches(text: Any, pattern: Any) -> bool | None:
    """Whether a text matches a pattern as a whole; None where the pattern is written for another kind of expression."""
    return matches_whole(pattern, text) if isinstance(text, str) and isinstance(pattern, str) else None
