"""Names and ranges that would silently do nothing, or fail only once a row is planned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from conformance.contract.model import Case, Draw, Input, RequestSpec
from conformance.errors import Problem

if TYPE_CHECKING:
    from conformance.contract.contract import Contract, Row

__all__ = ["SPECIAL_CREDENTIALS", "check_draw", "check_names", "near"]

SPECIAL_CREDENTIALS = frozenset(["none", "wrong", "empty"])
"""Credentials that no profile gives: no header at all, a value that nobody has, an empty value."""

_PARTS = ("request", *(field.alias or name for name, field in RequestSpec.model_fields.items()))
_KINDS = {"credential": "credentials", "vantage": "vantages", "hook": "hooks"}
_NEEDS = ("credentials", "fixtures", "vantages", "hooks", "allow")
_KINDS_OF_DRAW = ("integers", "matching", "lists", "words", "sampled")


def check_names(contract: Contract, row: Row, written: Any, where: str) -> Iterator[Problem]:
    """Parts of a request, operations of the row, what a profile may give; `written` is the row as it stands."""
    case = row.case
    varied = _varied(contract, case)
    besides = [case.beside, *(ref.beside for ref in row.operations)]
    parts = [*(part for part, _ in varied), *(part for beside in besides for part in beside)]
    yield from near(where, dict.fromkeys(_head(part) for part in parts), _PARTS, "part of a request")
    labels = [ref.label or ref.call for ref in row.operations]
    for chosen in _chosen(case, varied):
        yield from near(where, chosen, labels, "operation of this row")
    if case.undo and case.undo.for_:
        yield from near(where, case.undo.for_, [ref.call for ref in row.operations], "operation of this row")
    yield from near(where, [need.partition(".")[0] for need in case.needs], _NEEDS, "kind of need")
    for kind, name in dict.fromkeys([*_given(written), *_given_by_edges(varied)]):
        known = getattr(contract.file, _KINDS[kind])
        yield from near(where, [name], [*known, *(SPECIAL_CREDENTIALS if kind == "credential" else ())], kind)
    for _, item in varied:
        if item.draw and item not in contract.file.inputs.values():
            yield from check_draw(item.draw, where)
    for control in case.control:
        if control.draw:
            yield from check_draw(control.draw, where)


def check_draw(draw: Draw, where: str) -> Iterator[Problem]:
    """A description of drawn values describes some."""
    if not any(getattr(draw, kind) for kind in _KINDS_OF_DRAW):
        yield Problem(where, "`draw` names no kind of value", f"add one of {', '.join(_KINDS_OF_DRAW)}")
    for low, high in filter(None, (draw.integers, draw.sizes)):
        if low > high:
            yield Problem(where, f"{low} to {high} holds nothing", "write the smaller one first")


def near(where: str, used: Iterable[str], known: Iterable[str], kind: str) -> Iterator[Problem]:
    """A problem for each name that is not known, with the known one that is the most like it."""
    names = list(known)
    for name in used:
        if name not in names:
            found = get_close_matches(name, names, n=1)
            mend = f"did you mean {found[0]!r}?" if found else f"known: {', '.join(sorted(names)) or 'none'}"
            yield Problem(where, f"there is no {kind} {name!r}", mend)


def _varied(contract: Contract, case: Case) -> list[tuple[str, Input]]:
    """Every part that is varied, firm and open, with its values; inputs that do not exist are told elsewhere."""
    given = [*case.vary.items(), *(pair for choice in case.open for pair in choice.vary.items())]
    named = [(part, contract.file.inputs.get(item) if isinstance(item, str) else item) for part, item in given]
    return [(part, item) for part, item in named if item is not None]


def _chosen(case: Case, varied: Iterable[tuple[str, Input]]) -> Iterator[list[str]]:
    lists = [
        *(item.for_ for _, item in varied),
        *(choice.for_ for choice in case.open),
        *(control.for_ for control in case.control),
        *(guard.for_ for guard in case.unchanged),
    ]
    return (chosen for chosen in lists if chosen)


def _given(written: Any, above: str = "") -> Iterator[tuple[str, str]]:
    """Credentials, vantages and hooks that are named anywhere in a row; below `vary` such a key is a place."""
    if isinstance(written, Mapping):
        for key, value in written.items():
            if key in _KINDS and above != "vary" and isinstance(value, str) and "{" not in value:
                yield key, value
            yield from _given(value, str(key))
    elif isinstance(written, list):
        for value in written:
            yield from _given(value, above)


def _given_by_edges(varied: Iterable[tuple[str, Input]]) -> Iterator[tuple[str, str]]:
    for part, item in varied:
        if part in _KINDS:
            values = [*item.edges.values(), *item.near.values()]
            yield from ((part, value) for value in values if isinstance(value, str))


def _head(part: str) -> str:
    return part.partition(".")[0]
