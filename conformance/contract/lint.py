"""Problems of a contract that show only when its files are seen together.

Names that nothing has, captures that no step takes, parameters that a path lacks, schemas that are none, probes that
could leave something behind: whatever would silently do nothing, or fail only once a row is run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from conformance.contract.contract import Contract, Operation, Row, Table
from conformance.contract.openapi import PARAMETER
from conformance.contract.request_template import OMIT, RequestTemplate
from conformance.contract.schema import (
    ACCEPTED,
    PERMISSIONS,
    SHARED_KEYS,
    Case,
    ContractFile,
    Draw,
    Expect,
    Input,
    NamedInput,
    OperationRef,
    OperationSpec,
    Step,
    TranslationFile,
)
from conformance.contract.short_forms import fill_variables, list_variables
from conformance.contract.templates import captures_used, find_placeholders, unknown_placeholders
from conformance.contract.values import FRAMING_HEADERS, Names, StrictModel
from conformance.errors import Problem
from conformance.jsontools import walk_texts, walk_values
from conformance.validation import problems_from_validation, suggest
from conformance.yaml_document import ALIAS_NOTE, Document, Place

SPECIAL_CREDENTIALS = frozenset(["none", "wrong", "empty"])
"""Credentials that no profile gives: no header at all, a value that nobody has, an empty value."""

_PARTS = ("request", *(field.alias or name for name, field in RequestTemplate.model_fields.items()))
_FILLED = frozenset(["credential", "vantage", "hook"])
"""Kinds of names that may hold placeholders."""
_REQUESTS: Final = TypeAdapter(dict[str, RequestTemplate])
_FOR_ROWS = ("inputs", "open_choices", "controls", "guards", "wordings")
"""What rows name; `{item}` in it is what `vars` of the row says."""


def check_contract(contract: Contract, head: Document) -> list[Problem]:
    """Every problem that shows only when the files of a contract are seen together; `head` is contract.yaml.

    A value that several aliases stand for has each of its problems once.
    """
    found: list[Problem] = []
    seen: dict[str, str] = {}
    variables = frozenset(name for row in contract.rows for name in row.case.vars)
    found += _check_head(_File(contract, head, variables))
    for table in contract.tables:
        file = _File(contract, table.rows[0].document, variables)
        for row in table.rows:
            where = file.document.where(row.place)
            if row.id in seen:
                found.append(Problem(where, f"the ID {row.id} stands twice", f"see {seen[row.id]}"))
            seen[row.id] = where
            found += _check_row(file, row)
        found += _check_shared_keys(file, table)
        if table.name != file.document.path.stem:
            found.append(Problem(f"{file.document.path}:1", f"`table` is {table.name!r}", "name it as its file"))
    return drop_repeated(found, lambda problem: problem.what.partition(ALIAS_NOTE)[0])


def check_translation(contract: Contract, japanese: TranslationFile, document: Document) -> list[Problem]:
    """A problem for each row of `ja.yaml` that its table has not; a table that is left out may still stand there."""
    rows, tables = list(contract.rows), {table.name for table in contract.tables}
    left_out = {name for name in (*japanese.causes, *japanese.notes) if name.partition("/")[0] not in tables}
    known = {
        "row": {row.id for row in rows} | left_out,
        "row with a note": {row.id for row in rows if row.case.source.note} | left_out,
    }
    return list(_check_names(_File(contract, document, frozenset()), [((), japanese)], known))


def drop_repeated(problems: Sequence[Problem], text: Callable[[Problem], str]) -> list[Problem]:
    """The problems without those that an alias only repeats: equal in line and text, the first one is kept."""
    first: dict[tuple[str, str], Problem] = {}
    for problem in sorted(problems, key=lambda each: ALIAS_NOTE in each.what):
        first.setdefault((problem.where, text(problem)), problem)
    kept = {id(problem) for problem in first.values()}
    return [problem for problem in problems if id(problem) in kept]


@dataclass(frozen=True, slots=True)
class _File:
    """One file of a contract: makes problems of its places."""

    contract: Contract
    document: Document
    variables: frozenset[str] | None
    """What any row of the contract has under `vars`; None where any name may be one."""

    def problem(self, place: Place, what: str, hint: str = "") -> Problem:
        """A problem at a place; where an alias stands for the value, its line is named too."""
        return Problem(self.document.where(place), what + self.document.alias_note(place), hint)

    def unknown_names(self, place: Place, used: Iterable[str], known: Iterable[str], kind: str) -> Iterator[Problem]:
        """A problem for each name that is not known; `kind` says in the singular what it is a name of."""
        names = list(known)
        for name in used:
            if name not in names:
                yield self.problem(place, f"there is no {kind} {name!r}", suggest(name, names, f"{kind}s"))


# --- contract.yaml


def _check_head(file: _File) -> Iterator[Problem]:
    contract, head = file.contract, file.contract.file
    captures, anything = _captures_of_contract(contract), replace(file, variables=None)
    for key, value in file.document.value.items():
        yield from _check_texts(anything if key in _FOR_ROWS else file, value, (key,), captures)
    yield from _check_forms(file, _find_forms(head, ()))
    for section, kind in (("fixtures", "fixture"), ("credentials", "credential")):
        given: Mapping[str, NamedInput] = getattr(head, section)
        for name, named in given.items():
            yield from file.unknown_names((section, name, "differs_from"), named.differs_from, given, kind)
    for name, credential in head.credentials.items():
        if credential.obtain is not None:
            yield from _check_obtained(file, ("credentials", name), credential, credential.obtain)
    for name, operation in contract.operations.items():
        if name in head.operations:
            yield from _check_surplus(file, ("operations", name), operation.spec.path, [operation], ("path",))


def _check_obtained(file: _File, place: Place, named: NamedInput, chain: str) -> Iterator[Problem]:
    """A chain that obtains a credential captures it as a secret, and its header is known."""
    head = file.contract.file
    steps = head.chains.get(chain, [])
    if steps and not any("token" in (step.capture or {}) and "token" in (step.secret or ()) for step in steps):
        what = f"the chain {chain!r} captures no `token`"
        yield file.problem(place, what, "capture it, and name it under `secret`")
    for step in _written_out(file.contract, steps):
        if step.call not in file.contract.operations:
            continue
        usual = file.contract.operations[step.call].spec.credential or head.credential
        needed = head.credentials.get(step.request.credential or usual or "")
        if needed is not None and needed.obtain:
            what = f"{step.call} in the chain {chain!r} needs a credential that has to be obtained itself"
            yield file.problem(place, what, "give the operation `credential: none`, or another one")
    if "header" not in (named.usual or {}):
        yield file.problem(place, "`obtain` needs to know the header", "write `header` under `usual`")


# --- tables


def _check_shared_keys(file: _File, table: Table) -> Iterator[Problem]:
    """What a table says for all its rows: its names, and operations that some row has."""
    written = file.document.value
    captures = {name for row in table.rows for name in _captures_of_row(file.contract, row.case)}
    for key in SHARED_KEYS & written.keys():
        yield from _check_texts(file, written[key], (key,), captures)
    forms = ((place, form) for place, form in _find_forms(table.shared, ()) if not _is_named(file, place, form))
    yield from _check_names(file, forms, _names_of_rows(table.rows))


def _names_of_rows(rows: Iterable[Row]) -> dict[str, set[str]]:
    refs = [ref for row in rows for ref in row.operations]
    labels, calls = {ref.label or ref.call for ref in refs}, {ref.call for ref in refs}
    return {"operation of this row": labels, "operation that this row calls": calls}


# --- rows


def _check_row(file: _File, row: Row) -> Iterator[Problem]:
    case, contract, place = row.case, file.contract, row.place
    written = file.document.value
    if not row.operations:
        what, hint = f"{row.id} names no operation", "add `operation` to the table or `operations` to the row"
        yield file.problem(place, what, hint)
    if case.expect.message == []:
        yield file.problem((*place, "expect"), f"{row.id} expects an empty list of wordings", "leave `message` out")
    parts = {part.partition(".")[0] for values in (case.vary, *(one.vary for one in case.open)) for part in values}
    varies_the_path = not {"path", "url", "request"}.isdisjoint(parts)  # and may so give what the example lacks
    for number, ref in enumerate(row.operations):
        at = (*_place_in_file(row, (*place, "operations")), number) if case.operations else place
        named = at if case.operations else ("operations" if "operations" in written else "operation",)
        yield from file.unknown_names(named, [ref.call], contract.operations, "operation")
        yield from _check_creation(file, at, row, ref)
        if ref.call in contract.operations:
            operation = contract.operations[ref.call]
            yield from _check_surplus(file, at, _path_values([ref.request]), [operation])
            yield from _check_headers(file, at, (ref.request, case.request, operation.spec))
            if not varies_the_path:
                yield from _check_missing(file, at, operation, _path_values([case.request, ref.request]))
    called = [contract.operations[ref.call] for ref in row.operations if ref.call in contract.operations]
    yield from _check_surplus(file, place, _path_values([case.request]), called)
    filled, captures = fill_variables(written["rows"][row.number - 1], case.vars), _captures_of_row(contract, case)
    yield from _check_texts(file, filled, place, captures)
    yield from _check_variables(file, case, filled, place)
    forms = [(_place_in_file(row, at), form) for at, form in _find_forms(case, place)]
    own = [(at, form) for at, form in forms if not _is_named(file, at, form)]
    rows = {one.id for one in contract.rows} if case.open else set()
    yield from _check_names(file, forms, {**_names_of_rows([row]), "row": {*rows, *ACCEPTED}})
    yield from _check_forms(file, own, {ref.call: _path_values([case.request, ref.request]) for ref in row.operations})
    for at, form in forms:
        if isinstance(form, Input):
            yield from _check_input(file, form, at, captures)


def _place_in_file(row: Row, place: Place) -> Place:
    """Where a place of a row's case stands, which may be at its table for all rows."""
    inside = place[len(row.place) :]
    return inside if inside[:1] and inside[0] in row.shared else place


def _is_named(file: _File, place: Place, form: StrictModel) -> bool:
    """Whether a form stands in contract.yaml, where it is checked, and rests on nothing of the row."""
    written = file.document.value
    for part in place:
        if isinstance(written, str):
            return not (isinstance(form, Step) and form.call == "this")
        written = written[int(part)] if isinstance(written, list) else written.get(part, "")
    return isinstance(written, str) and not isinstance(form, Step)


def _check_variables(file: _File, case: Case, written: Any, place: Place) -> Iterator[Problem]:
    """What the row, its table and what it names write as a variable has a value in the row."""
    texts = [text for text in walk_texts(case.model_dump(by_alias=True, exclude_unset=True)) if "{" in text]
    lacking = list_variables(texts, (file.variables or frozenset()) - case.vars.keys())
    for name in sorted(lacking | (_unknown_heads(texts) - _unknown_heads(written))):
        yield file.problem(
            place, f"{{{name}}} has no value in the row {case.id}", f"write it under `vars: {{{name}: …}}`"
        )


def _unknown_heads(value: Any) -> set[str]:
    """The heads of what looks like a placeholder in a value of JSON types and is none."""
    found = (each for text in walk_texts(value) if "{" in text for each in unknown_placeholders(text))
    return {each.strip("{}").partition(".")[0] for each in found if "." in each}


def find_steps(*values: Any) -> Iterator[Step]:
    """Every step within some forms or parts of them."""
    return (form for value in values for _, form in _find_forms(value, ()) if isinstance(form, Step))


def _find_forms(value: Any, place: Place) -> Iterator[tuple[Place, StrictModel]]:
    """Every form within a value that was written, itself included, with its place, but for those within a request."""
    members: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, StrictModel):
        yield place, value
    if isinstance(value, StrictModel) and not isinstance(value, RequestTemplate | Expect):
        given = {name: info for name, info in type(value).model_fields.items() if name in value.model_fields_set}
        members = [(info.alias or name, getattr(value, name)) for name, info in given.items()]
    elif isinstance(value, dict | list):
        members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in members:
        if isinstance(member, StrictModel | dict | list):
            yield from _find_forms(member, (*place, key))


def _check_forms(
    file: _File, forms: Iterable[tuple[Place, StrictModel]], rows: Mapping[str, Mapping[str, Any]] = {}
) -> Iterator[Problem]:
    """What forms name is there; `rows` are the path values that `this` stands for in a step."""
    found, head, operations = list(forms), file.contract.file, file.contract.operations
    known = {
        "credential": {*head.credentials, *SPECIAL_CREDENTIALS},
        "vantage": head.vantages,
        "hook": head.hooks,
        "chain": head.chains,
        "operation of openapi.yaml": operations,
        "need": _list_needs(head),
        "operation or chain": {"this", *operations, *head.chains},
        "part of a request": _PARTS,
    }
    yield from _check_names(file, found, known)
    for place, form in found:
        if isinstance(form, Step):
            yield from _check_path(file, form, place, rows)


def _list_needs(head: ContractFile) -> set[str]:
    """What a row may need: whatever a profile can give, such as `fixtures.item` and `allow.write`."""
    given = {"allow": PERMISSIONS, "credentials": head.credentials, "fixtures": head.fixtures}
    given |= {"vantages": head.vantages, "hooks": head.hooks}
    return {f"{section}.{name}" for section, names in given.items() for name in names}


def _check_names(
    file: _File, forms: Iterable[tuple[Place, StrictModel]], known: Mapping[str, Collection[str]]
) -> Iterator[Problem]:
    """What forms say by a name of one of these kinds is there; of a mapping its keys are names."""
    for place, form in forms:
        for field, info in type(form).model_fields.items():
            for names in (one for one in info.metadata if isinstance(one, Names) and one.kind in known):
                given = getattr(form, field)
                at = (*place, info.alias or field)
                for text in [given] if isinstance(given, str) else [one for one in given or () if isinstance(one, str)]:
                    inside = (*at, text) if isinstance(given, Mapping) else at
                    head, _, name = text.partition(".") if names.kind == "part of a request" else (text, "", "")
                    if not (names.kind in _FILLED and "{" in text):
                        yield from file.unknown_names(inside, [head], known[names.kind], names.kind)
                    if head == "headers" and name.lower() in FRAMING_HEADERS:
                        yield file.problem(inside, f"{name} is set by the suite alone", "leave it out")


def _check_path(file: _File, step: Step, place: Place, rows: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    """The path of a step has its parameters."""
    operations, values = file.contract.operations, _path_values([step.request])
    calls = {step.call: values} if step.call != "this" else {name: {**own, **values} for name, own in rows.items()}
    called = [operations[name] for name in calls if name in operations]
    yield from _check_surplus(file, place, values, called)
    for operation in called:
        yield from _check_missing(file, place, operation, calls[operation.name])


def _check_headers(file: _File, place: Place, specs: Sequence[RequestTemplate | OperationSpec]) -> Iterator[Problem]:
    """No header of a call is the one that its credential fills; the first that names a credential is heard."""
    contract = file.contract.file
    name = next((one.credential for one in specs if one.credential is not None), contract.credential)
    named = contract.credentials.get(contract.credential or "" if name in SPECIAL_CREDENTIALS else name or "")
    header = str(((named.usual if named is not None else None) or {}).get("header", "")).lower()
    if name != "none" and header and header in {one.lower() for spec in specs for one in spec.headers or ()}:
        hint = "name another `credential`, such as `wrong`; with `credential: none` the header is sent as it is"
        yield file.problem(place, f"the header {header} is replaced by that of the credential", hint)


def _check_creation(file: _File, place: Place, row: Row, ref: OperationRef) -> Iterator[Problem]:
    """Where a probe that is wrongly accepted could create something, there is a way to take it back."""
    case, operation = row.case, file.contract.operations.get(ref.call)
    if operation is None or operation.method != "POST" or case.not_provokable:
        return
    method = ref.request.method or case.request.method or operation.method
    permission = ref.permission or case.permission or operation.spec.permission
    undone = case.undo is not None and (case.undo.for_ is None or ref.call in case.undo.for_)
    known = ref.call in file.contract.file.created_resources
    if method == "POST" and permission != "read" and not (undone or known or case.after):
        what = f"a probe of {ref.call} that is wrongly accepted may create something, and nothing takes it back"
        hint = "add `undo` or `after` to the row, or `created_resources` for the operation"
        yield file.problem(place, what, f"{hint}; `permission: read` if it creates nothing")


def _check_input(file: _File, item: Input, place: Place, captures: Collection[str]) -> Iterator[Problem]:
    """What it puts in a part of a request can stand there, and what its values name is there."""
    if _is_named(file, place, item):
        used = sorted(set(captures_used([*item.edges.values(), *item.near_misses.values(), item.unless])))
        yield from file.unknown_names(place, used, captures, "capture")
    for kind, values in (("edges", item.edges), ("near_misses", item.near_misses), ("draw", _drawn(item.draw))):
        for label, value in values.items():
            yield from _check_value(file, str(place[-1]), label, value, (*place, kind, label))


def _check_value(file: _File, part: str, label: str, value: Any, place: Place) -> Iterator[Problem]:
    """A value can stand in this part of a request; below a member anything can."""
    if part not in _PARTS or value == OMIT:
        return
    written = {label: value if part == "request" else {part: value}}
    try:
        requests = _REQUESTS.validate_python(written)
    except ValidationError as error:
        schema = _REQUESTS.json_schema()
        yield from problems_from_validation(error, written, lambda _: file.document.where(place), schema=schema)
    else:
        yield from _check_forms(file, ((place, request) for request in requests.values()))


def _drawn(draw: Draw | None) -> dict[str, Any]:
    """A value of the kind that is drawn, by the key that says so."""
    if draw is None or draw.wrap is not None:
        return {} if draw is None else {"wrap": draw.wrap}
    kinds = {"integers": 0, "matching": "", "lists": [], "words": ""}
    return {kind: value for kind, value in kinds.items() if getattr(draw, kind)}


# --- parameters of paths


def _path_values(requests: Iterable[RequestTemplate]) -> dict[str, Any]:
    """The members of `path`, and `url` where the whole path is replaced."""
    found: dict[str, Any] = {}
    for request in requests:
        found |= request.path or {}
        if request.url is not None:
            found[""] = request.url
    return found


def _parameters(operation: Operation) -> set[str]:
    return set(PARAMETER.findall(operation.path))


def _check_surplus(
    file: _File,
    place: Place,
    values: Mapping[str, Any],
    operations: Sequence[Operation],
    below: Place = ("request", "path"),
) -> Iterator[Problem]:
    """Each value is a parameter of the path of one of the operations."""
    known = {name for operation in operations for name in _parameters(operation)}
    surplus = sorted(values.keys() - known - {""}) if operations else []
    yield from file.unknown_names((*place, *below), surplus, sorted(known), "path parameter")


def _check_missing(file: _File, place: Place, operation: Operation, values: Mapping[str, Any]) -> Iterator[Problem]:
    """Every parameter of an operation's path has a value, unless the target or the request chooses its own path."""
    missing = sorted(_parameters(operation) - operation.spec.path.keys() - values.keys())
    if missing and operation.spec.url is None and "" not in values:
        parameters = f"path parameter{'s' if len(missing) > 1 else ''} {' and '.join(missing)}"
        what = f"{operation.name} is called without the {parameters}"
        yield file.problem(place, what, f"give it under `path`, here or in operations.{operation.name}")


# --- captures and other placeholders


def _captures_of_row(contract: Contract, case: Case) -> set[str]:
    """The names that some step of a row captures, those of the chains that it calls included."""
    undo = case.undo.capture if case.undo else {}
    return {"drawn", *undo, *_captured(contract, find_steps(case))}


def _captures_of_contract(contract: Contract) -> set[str]:
    """The names that some step of the whole contract captures: a chain may go on with what a row has captured."""
    head = contract.file
    resources = [name for each in head.created_resources.values() for name in (*each.made, *each.capture)]
    rows = [name for row in contract.rows for name in _captures_of_row(contract, row.case)]
    return {"taken", "name", *resources, *rows, *_captured(contract, find_steps(head))}


def _captured(contract: Contract, steps: Iterable[Step]) -> Iterator[str]:
    """The names that these steps capture, those of what undoes them and of the chains that they call included."""
    for step in _written_out(contract, steps):
        undone = () if step.undo is None else _captured(contract, [step.undo])
        yield from (*(step.capture or {}), *undone)


def _written_out(contract: Contract, steps: Iterable[Step]) -> Iterator[Step]:
    """These steps, and the steps of each chain that they call, once."""
    left, seen = list(steps), set[str]()
    while left:
        step = left.pop()
        yield step
        if step.call not in seen:
            seen.add(step.call)
            left += contract.file.chains.get(step.call, [])


def _check_texts(file: _File, value: Any, place: Place, captures: set[str]) -> Iterator[Problem]:
    """The placeholders of every text: a known head, and a fixture, credential or capture that is there."""
    for steps, member in walk_values(value):
        for text in (*steps[-1:], member):
            if isinstance(text, str) and "{" in text:
                yield from _check_text(file, text, (*place, *steps), captures)


def _check_text(file: _File, text: str, place: Place, captures: set[str]) -> Iterator[Problem]:
    for unknown in unknown_placeholders(text, file.variables):
        yield file.problem(place, f"{unknown} is no placeholder", "see docs/cases.md")
    for head, members, _ in find_placeholders(text):
        if head == "fixture":
            yield from file.unknown_names(place, members[:1], file.contract.file.fixtures, head)
        elif head == "credential":
            yield from file.unknown_names(place, members[:1], file.contract.file.credentials, head)
            named = file.contract.file.credentials.get(members[0]) if members else None
            if named is not None and (members[1:] or named.fields):
                kind = f"member of the credential {members[0]}"
                yield from file.unknown_names(place, [".".join(members[1:])], named.fields, kind)
        elif head == "capture":
            yield from file.unknown_names(place, [".".join(members)], captures, head)
