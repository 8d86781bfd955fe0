"""Names and ranges that would silently do nothing, or fail only once a row is planned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.contract import templates as placeholders
from conformance.contract.schema import Case, Draw, Expect, Input, NamedInput, RequestSpec, Step
from conformance.errors import Problem
from conformance.validation import suggest
from conformance.yaml_document import Document

if TYPE_CHECKING:
    from conformance.contract.contract import Contract, Row
if TYPE_CHECKING:
    from conformance.contract.contract import Contract, Row

__all__ = ["SPECIAL_CREDENTIALS", "check_contract", "check_draw", "check_names", "report_unknown_names"]

SPECIAL_CREDENTIALS = frozenset(["none", "wrong", "empty"])
"""Credentials that no profile gives: no header at all, a value that nobody has, an empty value."""

_PARTS = ("request", *(field.alias or name for name, field in RequestSpec.model_fields.items()))
_KINDS = {"credential": "credentials", "vantage": "vantages", "hook": "hooks"}
_NEEDS = ("credentials", "fixtures", "vantages", "hooks", "allow")
_PERMISSIONS = ("write", "delete", "exhaust")
_KINDS_OF_DRAW = ("integers", "matching", "lists", "words", "sampled")


def check_names(contract: Contract, row: Row, written: Any, where: str) -> Iterator[Problem]:
    """Parts of a request, operations of the row, what a profile may give; `written` is the row as it stands."""
    case = row.case
    varied = _varied(contract, case)
    combined = [case.combine, *(ref.combine for ref in row.operations)]
    parts = [*(part for part, _ in varied), *(part for values in combined for part in values)]
    yield from report_unknown_names(where, dict.fromkeys(_head(part) for part in parts), _PARTS, "part of a request")
    labels = [ref.label or ref.call for ref in row.operations]
    for chosen in _chosen(case, varied):
        yield from report_unknown_names(where, chosen, labels, "operation of this row")
    if case.undo and case.undo.for_:
        yield from report_unknown_names(
            where, case.undo.for_, [ref.call for ref in row.operations], "operation of this row"
        )
    yield from _needs(contract, case, where)
    for kind, name in dict.fromkeys([*_given(written), *_given_by_edges(varied)]):
        known = getattr(contract.file, _KINDS[kind])
        yield from report_unknown_names(
            where, [name], [*known, *(SPECIAL_CREDENTIALS if kind == "credential" else ())], kind
        )
    for _, item in varied:
        if item.draw and item not in contract.file.inputs.values():
            yield from check_draw(item.draw, where)
    for control in case.control:
        if control.draw:
            yield from check_draw(control.draw, where)


def _needs(contract: Contract, case: Case, where: str) -> Iterator[Problem]:
    """What a row needs is something that a profile can give."""
    for need in case.needs:
        kind, _, name = need.partition(".")
        yield from report_unknown_names(where, [kind], _NEEDS, "kind of need")
        if kind in _NEEDS:
            known = _PERMISSIONS if kind == "allow" else getattr(contract.file, kind)
            yield from report_unknown_names(where, [name], known, "permission" if kind == "allow" else kind[:-1])


def check_draw(draw: Draw, where: str) -> Iterator[Problem]:
    """A description of drawn values describes some."""
    if not any(getattr(draw, kind) for kind in _KINDS_OF_DRAW):
        yield Problem(where, "`draw` names no kind of value", f"add one of {', '.join(_KINDS_OF_DRAW)}")
    for low, high in filter(None, (draw.integers, draw.sizes)):
        if low > high:
            yield Problem(where, f"{low} to {high} holds nothing", "write the smaller one first")


def report_unknown_names(where: str, used: Iterable[str], known: Iterable[str], kind: str) -> Iterator[Problem]:
    """A problem for each name that is not known; `kind` is what it is a name of, in the singular."""
    names = list(known)
    for name in used:
        if name not in names:
            yield Problem(where, f"there is no {kind} {name!r}", suggest(name, names, f"{kind}s"))


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
            values = [*item.edges.values(), *item.near_misses.values()]
            yield from ((part, value) for value in values if isinstance(value, str))


def _head(part: str) -> str:
    return part.partition(".")[0]


_ACCEPTS = ("accepted", "this", "any-4xx", "not-5xx")


def check_contract(contract: Contract, documents: Mapping[Path, Document]) -> list[Problem]:
    """Every problem that shows only when the files of a contract are seen together."""
    found: list[Problem] = []
    seen: dict[str, str] = {}
    head = documents.get(contract.folder / "contract.yaml")
    if head is not None:
        found += _texts(contract, head.value, head, ())
        found += _chains(contract, head)
        found += _shared_inputs(contract, head)
        found += _fixtures(contract, head)
    for table in contract.tables:
        for row in table.rows:
            document = documents[row.file]
            place = ("rows", row.number - 1)
            if row.id in seen:
                found.append(Problem(document.where(place), f"the ID {row.id} stands twice", f"see {seen[row.id]}"))
            seen[row.id] = document.where(place)
            found += _row(contract, row, document, place)
        if table.name != table.rows[0].file.stem:
            found.append(Problem(f"{table.rows[0].file}:1", f"`table` is {table.name!r}", "name it as its file"))
    return found


def _row(contract: Contract, row: Row, document: Document, place: tuple[str | int, ...]) -> Iterator[Problem]:
    where = document.where(place)
    if not row.operations:
        yield Problem(where, f"{row.id} names no operation", "add `operation` to the table or `operations` to the row")
    yield from report_unknown_names(where, [ref.call for ref in row.operations], contract.operations, "operation")
    yield from _inputs(contract, row.case, where)
    yield from check_names(contract, row, document.value["rows"][row.number - 1], where)
    yield from _schemas(row.case, where)
    yield from _texts(contract, document.value["rows"][row.number - 1], document, place)
    for step in _steps(row.case):
        yield from report_unknown_names(
            where, [step.call], {"this", *contract.operations, *contract.file.chains}, "operation or chain"
        )
    if row.case.expect.message == []:
        yield Problem(where, f"{row.id} expects an empty list of wordings", "leave `message` out")


def _chains(contract: Contract, document: Document) -> Iterator[Problem]:
    for name, steps in contract.file.chains.items():
        for index, step in enumerate(steps):
            where = document.where(("chains", name, index))
            yield from report_unknown_names(
                where, [step.call], {*contract.operations, *contract.file.chains}, "operation or chain"
            )


def _fixtures(contract: Contract, document: Document) -> Iterator[Problem]:
    """How fixtures are found, made and checked, credentials obtained, and how what is made is found again."""
    calls = {*contract.operations, *contract.file.chains}
    for name, said in contract.file.fixtures.items():
        where = document.where(("fixtures", name))
        chains = [said.discover.chain] if said.discover else []
        yield from report_unknown_names(
            where, [*chains, *([said.make] if said.make else [])], contract.file.chains, "chain"
        )
        yield from report_unknown_names(where, [step.call for step in said.check], calls, "operation or chain")
    for name, credential in contract.file.credentials.items():
        yield from _obtained(contract, document.where(("credentials", name)), credential)
    for name, trace in contract.file.created_resources.items():
        where = document.where(("created_resources", name))
        yield from report_unknown_names(where, [name], contract.operations, "operation")
        yield from report_unknown_names(
            where,
            [step.call for step in (trace.read, *([trace.get] if trace.get else []), *trace.undo)],
            calls,
            "operation or chain",
        )


def _obtained(contract: Contract, where: str, named: NamedInput) -> Iterator[Problem]:
    """A chain that obtains a credential is there, captures it as a secret, and its header is known."""
    if named.obtain is None:
        return
    yield from report_unknown_names(where, [named.obtain], contract.file.chains, "chain")
    steps = contract.file.chains.get(named.obtain, [])
    if steps and not any("token" in (step.capture or {}) and "token" in (step.secret or ()) for step in steps):
        yield Problem(
            where, f"the chain {named.obtain!r} captures no `token`", "capture it, and name it under `secret`"
        )
    for step in _calls(contract, steps):
        usual = contract.operations[step.call].spec.credential or contract.file.credential
        needed = contract.file.credentials.get(step.request.credential or usual or "")
        if needed is not None and needed.obtain:
            what = f"{step.call} in the chain {named.obtain!r} needs a credential that has to be obtained itself"
            yield Problem(where, what, "give the operation `credential: none`, or another one")
    if "header" not in (named.usual or {}):
        yield Problem(where, "`obtain` needs to know the header", "write `header` under `usual`")


def _calls(contract: Contract, steps: Iterable[Step]) -> Iterator[Step]:
    """The calls of operations among these steps, each chain that they name written out once."""
    left, seen = list(steps), set[str]()
    while left:
        step = left.pop()
        if step.call in contract.operations:
            yield step
        elif step.call not in seen:
            seen.add(step.call)
            left += contract.file.chains.get(step.call, [])


def _inputs(contract: Contract, case: Case, where: str) -> Iterator[Problem]:
    varied = [*case.vary.values(), *(value for item in case.open for value in item.vary.values())]
    yield from report_unknown_names(
        where, [item for item in varied if isinstance(item, str)], contract.file.inputs, "input"
    )
    for item in varied:
        if isinstance(item, Input) and item.draw:
            yield from _expressions(item, where)
    rows = {row.id for row in contract.rows} if case.open else set()
    for choice in case.open:
        accepts = [item for item in choice.accept if isinstance(item, str) and item not in _ACCEPTS]
        yield from report_unknown_names(where, accepts, rows, "row")


def _shared_inputs(contract: Contract, document: Document) -> Iterator[Problem]:
    for name, item in contract.file.inputs.items():
        where = document.where(("inputs", name, "draw"))
        if item.draw:
            yield from _expressions(item, where)
            yield from check_draw(item.draw, where)


def _expressions(item: Input, where: str) -> Iterator[Problem]:
    draw = item.draw
    for text in [*(draw.matching or [] if draw else []), *([draw.except_] if draw and draw.except_ else [])]:
        try:
            re.compile(text)
        except re.error as error:
            yield Problem(where, f"{text!r} is no regular expression: {error}", "mend it")


def _schemas(case: Case, where: str) -> Iterator[Problem]:
    import jsonschema_rs  # noqa: PLC0415 - 30 ms that a run without bodies to check need not pay

    for expect in _expects(case):
        if expect.body is None:
            continue
        try:
            jsonschema_rs.meta.validate(expect.body)
        except (jsonschema_rs.ValidationError, ValueError) as error:
            yield Problem(where, f"`body` is no JSON Schema: {str(error).splitlines()[0]}", "mend it")


def _texts(contract: Contract, value: Any, document: Document, place: tuple[str | int, ...]) -> Iterator[Problem]:
    """Placeholders of a part of a file: unknown heads, and fixtures or credentials that the contract does not name."""
    if isinstance(value, str):
        for odd in placeholders.unknown_placeholders(value):
            yield Problem(document.where(place), f"{odd} is no placeholder", "see docs/cases.md")
        for head, members, _ in placeholders.find_placeholders(value):
            known = {"fixture": contract.file.fixtures, "credential": contract.file.credentials}.get(head)
            if known is not None:
                yield from report_unknown_names(document.where(place), members[:1], known, head)
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from _texts(contract, key, document, (*place, key))
            yield from _texts(contract, member, document, (*place, key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _texts(contract, member, document, (*place, index))


def _steps(case: Case) -> Iterator[Step]:
    chains: list[Iterable[Step]] = [case.before, case.after, *(control.steps for control in case.control)]
    chains += [[guard.read] for guard in case.unchanged] + ([case.undo.steps] if case.undo else [])
    for chain in chains:
        for step in chain:
            yield step
            if step.undo:
                yield step.undo


def _expects(case: Case) -> Iterator[Expect]:
    yield case.expect
    yield from (step.expect for step in _steps(case))
