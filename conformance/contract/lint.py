"""Cross-file checks of a contract.

They report unknown names, captures that no step makes, missing path parameters, and probes that could create something
that nothing removes: mistakes that would silently have no effect, or fail only when a row is run.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
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
    Input,
    NamedInput,
    OperationRef,
    OperationSpec,
    Step,
    TranslationFile,
    find_forms,
    find_steps,
)
from conformance.contract.short_forms import fill_variables, list_variables
from conformance.contract.templates import captures_used, find_placeholders, unknown_placeholders
from conformance.contract.values import FRAMING_HEADER, Names, StrictModel
from conformance.errors import Problem
from conformance.jsontools import walk_texts, walk_values
from conformance.validation import problems_from_validation, suggest
from conformance.yaml_document import ALIAS_NOTE, Document, Place

SPECIAL_CREDENTIALS = frozenset(["none", "wrong", "empty"])
"""Credentials that need no profile: no header, a value that is not valid for anybody, an empty value."""

_PARTS = ("request", *(field.alias or name for name, field in RequestTemplate.model_fields.items()))
_KINDS_WITH_PLACEHOLDERS = frozenset(["credential", "vantage", "hook"])
"""Kinds of names that may contain placeholders."""
_REQUESTS: Final = TypeAdapter(dict[str, RequestTemplate])
_FOR_ROWS = ("inputs", "open_choices", "controls", "guards", "wordings")
"""Sections of contract.yaml to which rows refer; variables in them take their values from `vars` of the row."""


def check_contract(contract: Contract, head: Document) -> list[Problem]:
    """Return every problem that needs more than one file to detect; `head` is the document of contract.yaml."""
    found: list[Problem] = []
    seen: dict[str, str] = {}
    variables = frozenset(name for row in contract.rows for name in row.case.vars)
    captures = defaultdict[str, set[str]](lambda: {"drawn"})
    for row in contract.rows:
        undo = row.case.undo.capture if row.case.undo else {}
        captures[row.id] |= {*undo, *_list_captures(contract, find_steps(row.case))}
    found += _check_head(_File(contract, head, variables), _captures_of_contract(contract).union(*captures.values()))
    for table in contract.tables:
        file = _File(contract, table.rows[0].document, variables)
        for row in table.rows:
            where = file.document.where(row.place)
            if row.id in seen:
                found.append(Problem(where, f"the ID {row.id} stands twice", f"see {seen[row.id]}"))
            seen[row.id] = where
            found += _check_row(file, row, captures[row.id])
        found += _check_shared_keys(file, table, set().union(*(captures[row.id] for row in table.rows)))
        if table.name != file.document.path.stem:
            found.append(Problem(f"{file.document.path}:1", f"`table` is {table.name!r}", "name it as its file"))
    return drop_repeated(found, lambda problem: problem.what.partition(ALIAS_NOTE)[0])


def check_translation(contract: Contract, japanese: TranslationFile, document: Document) -> list[Problem]:
    """Return a problem for each row in `ja.yaml` that its table does not have; rows of unlisted tables are ignored."""
    rows, tables = list(contract.rows), {table.name for table in contract.tables}
    left_out = {name for name in (*japanese.causes, *japanese.notes) if name.partition("/")[0] not in tables}
    known = {
        "row": {row.id for row in rows} | left_out,
        "row with a note": {row.id for row in rows if row.case.source.note} | left_out,
    }
    return list(_check_names(_File(contract, document, frozenset()), [((), japanese)], known))


def drop_repeated(problems: Sequence[Problem], text: Callable[[Problem], str]) -> list[Problem]:
    """Return the problems without those that aliases repeat (equal line and `text`); the original one is kept."""
    first: dict[tuple[str, str], Problem] = {}
    for problem in sorted(problems, key=lambda each: ALIAS_NOTE in each.what):
        first.setdefault((problem.where, text(problem)), problem)
    kept = {id(problem) for problem in first.values()}
    return [problem for problem in problems if id(problem) in kept]


@dataclass(frozen=True, slots=True)
class _File:
    """One file of a contract, which makes problems with its line numbers."""

    contract: Contract
    document: Document
    variables: frozenset[str] | None
    """Names of variables that any row of the contract defines; None if every name is allowed as a variable."""

    def problem(self, place: Place, what: str, hint: str = "") -> Problem:
        """Return a problem at a place; if the value is reached through an alias, the line of the alias is added."""
        return Problem(self.document.where(place), what + self.document.alias_note(place), hint)

    def unknown_names(self, place: Place, used: Iterable[str], known: Iterable[str], kind: str) -> Iterator[Problem]:
        """Yield a problem for each unknown name; `kind` is what it names, in the singular."""
        names = list(known)
        for name in used:
            if name not in names:
                head = re.split(" of | with ", kind)[0]
                kinds = f"{head.replace(' or ', 's or ')}s{kind.removeprefix(head)}"
                yield self.problem(place, f"there is no {kind} {name!r}", suggest(name, names, kinds))


# --- contract.yaml


def _check_head(file: _File, captures: set[str]) -> Iterator[Problem]:
    contract, head, anything = file.contract, file.contract.file, replace(file, variables=None)
    for key, value in file.document.value.items():
        yield from _check_texts(anything if key in _FOR_ROWS else file, value, (key,), captures)
    yield from _check_forms(file, find_forms(head, ()))
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
    """Check that the chain that obtains a credential captures it as a secret, and that its header is known."""
    head = file.contract.file
    steps = head.chains.get(chain, [])
    if steps and not any("token" in (step.capture or {}) and "token" in (step.secret or ()) for step in steps):
        what = f"the chain {chain!r} captures no `token`"
        yield file.problem(place, what, "capture it, and name it under `secret`")
    for step in _expand_chains(file.contract, steps):
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


def _check_shared_keys(file: _File, table: Table, captures: set[str]) -> Iterator[Problem]:
    """Check the keys that a table has for all its rows: placeholders, and operations that some row must have."""
    written = file.document.value
    for key in SHARED_KEYS & written.keys():
        yield from _check_texts(file, written[key], (key,), captures)
    forms = ((place, form) for place, form in find_forms(table.shared, ()) if not _is_in_head(file, place, form))
    yield from _check_names(file, forms, _names_of_rows(table.rows))


def _names_of_rows(rows: Iterable[Row]) -> dict[str, set[str]]:
    refs = [ref for row in rows for ref in row.operations]
    labels, calls = {ref.label or ref.call for ref in refs}, {ref.call for ref in refs}
    return {"operation of this row": labels, "operation that this row calls": calls}


# --- rows


def _check_row(file: _File, row: Row, captures: set[str]) -> Iterator[Problem]:
    case, contract, place = row.case, file.contract, row.place
    written = file.document.value
    if not row.operations:
        what, hint = f"{row.id} names no operation", "add `operation` to the table or `operations` to the row"
        yield file.problem(place, what, hint)
    if case.expect.message == []:
        yield file.problem((*place, "expect"), f"{row.id} expects an empty list of wordings", "leave `message` out")
    parts = {part.partition(".")[0] for values in (case.vary, *(one.vary for one in case.open)) for part in values}
    varies_the_path = not {"path", "url", "request"}.isdisjoint(parts)  # may supply what the example lacks
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
    filled = fill_variables(written["rows"][row.number - 1], case.vars)
    yield from _check_texts(file, filled, place, captures)
    yield from _check_variables(file, case, filled, place)
    forms = [(_place_in_file(row, at), form) for at, form in find_forms(case, place)]
    local = [(at, form) for at, form in forms if not _is_in_head(file, at, form)]
    rows = {one.id for one in contract.rows} if case.open else set()
    yield from _check_names(file, forms, {**_names_of_rows([row]), "row": {*rows, *ACCEPTED}})
    path_values = {ref.call: _path_values([case.request, ref.request]) for ref in row.operations}
    yield from _check_forms(file, local, path_values)
    for at, form in forms:
        if isinstance(form, Input):
            yield from _check_input(file, form, at, captures)


def _place_in_file(row: Row, place: Place) -> Place:
    """Return the path in the file for a path in a row's case: at the table if the key is shared by all rows."""
    inside = place[len(row.place) :]
    return inside if inside[:1] and inside[0] in row.shared else place


def _is_in_head(file: _File, place: Place, form: StrictModel) -> bool:
    """Whether a form is written in contract.yaml, where it is checked, and does not depend on the row."""
    written = file.document.value
    for part in place:
        if isinstance(written, str):
            return not (isinstance(form, Step) and form.call == "this")
        written = written[int(part)] if isinstance(written, list) else written.get(part, "")
    return isinstance(written, str) and not isinstance(form, Step)


def _check_variables(file: _File, case: Case, written: Any, place: Place) -> Iterator[Problem]:
    """Check that the row defines each variable used in the row, in its table, or in anything that it names."""
    texts = [text for text in walk_texts(case.model_dump(by_alias=True, exclude_unset=True)) if "{" in text]
    lacking, heads = list_variables(texts, (file.variables or frozenset()) - case.vars.keys()), _unknown_heads(texts)
    for name in sorted(lacking | (heads and heads - _unknown_heads(written))):
        yield file.problem(
            place, f"{{{name}}} has no value in the row {case.id}", f"write it under `vars: {{{name}: …}}`"
        )


def _unknown_heads(value: Any) -> set[str]:
    """Return the heads of everything in a JSON value that looks like a placeholder but is not one."""
    found = (each for text in walk_texts(value) if "{" in text for each in unknown_placeholders(text))
    return {each.strip("{}").partition(".")[0] for each in found if "." in each}


def _check_forms(
    file: _File, forms: Iterable[tuple[Place, StrictModel]], rows: Mapping[str, Mapping[str, Any]] = {}
) -> Iterator[Problem]:
    """Check the names that forms contain; `rows` has the path values of each operation that `this` means in a step."""
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
    given = {"allow": PERMISSIONS, "credentials": head.credentials, "fixtures": head.fixtures}
    given |= {"vantages": head.vantages, "hooks": head.hooks}
    return {f"{section}.{name}" for section, names in given.items() for name in names}


def _check_names(
    file: _File, forms: Iterable[tuple[Place, StrictModel]], known: Mapping[str, Collection[str]]
) -> Iterator[Problem]:
    """Check all names of the given kinds in forms. In a mapping, the keys are the names."""
    for place, form in forms:
        for field, written, kind in _list_naming_fields(form.__class__):
            given = getattr(form, field) if kind in known else None
            at = (*place, written)
            for text in [given] if isinstance(given, str) else [one for one in given or () if isinstance(one, str)]:
                inside = (*at, text) if isinstance(given, Mapping) else at
                head, _, name = text.partition(".") if kind == "part of a request" else (text, "", "")
                if not (kind in _KINDS_WITH_PLACEHOLDERS and "{" in text):
                    yield from file.unknown_names(inside, [head], known[kind], kind)
                if head == "headers" and FRAMING_HEADER.fullmatch(name):
                    yield file.problem(inside, f"{name} is set by the suite alone", "leave it out")


@cache
def _list_naming_fields(form: type[StrictModel]) -> list[tuple[str, str, str]]:
    """List the fields of a form that hold names of other things: field, name in a file, and what it names."""
    fields = [(name, info.alias or name, info.metadata) for name, info in form.model_fields.items()]
    return [(name, alias, one.kind) for name, alias, metadata in fields for one in metadata if isinstance(one, Names)]


def _check_path(file: _File, step: Step, place: Place, rows: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    """Check that a step gives values for all path parameters of its operation, and for no others."""
    operations, values = file.contract.operations, _path_values([step.request])
    calls = {step.call: values} if step.call != "this" else {name: {**own, **values} for name, own in rows.items()}
    called = [operations[name] for name in calls if name in operations]
    yield from _check_surplus(file, place, values, called)
    for operation in called:
        yield from _check_missing(file, place, operation, calls[operation.name])


def _check_headers(file: _File, place: Place, specs: Sequence[RequestTemplate | OperationSpec]) -> Iterator[Problem]:
    """Check that no header of a call is the header of its credential. The first of `specs` with a credential wins."""
    contract = file.contract.file
    name = next((one.credential for one in specs if one.credential is not None), contract.credential)
    named = contract.credentials.get(contract.credential or "" if name in SPECIAL_CREDENTIALS else name or "")
    header = str(((named.usual if named is not None else None) or {}).get("header", "")).lower()
    if name != "none" and header and header in {one.lower() for spec in specs for one in spec.headers or ()}:
        hint = "name another `credential`, such as `wrong`; with `credential: none` the header is sent as it is"
        yield file.problem(place, f"the header {header} is replaced by that of the credential", hint)


def _check_creation(file: _File, place: Place, row: Row, ref: OperationRef) -> Iterator[Problem]:
    """Check that what a wrongly accepted probe may create can be removed again."""
    case, operation = row.case, file.contract.operations.get(ref.call)
    if operation is None or operation.method != "POST" or case.not_provokable:
        return
    method = ref.request.method or case.request.method or operation.method
    permission = ref.permission or case.permission or operation.spec.permission
    undone = case.undo is not None and (case.undo.for_ is None or ref.call in case.undo.for_)
    known = ref.call in file.contract.file.created_resources
    if method == "POST" and permission not in {"read", "delete"} and not (undone or known or case.after):
        what = f"a probe of {ref.call} that is wrongly accepted may create something, and nothing takes it back"
        hint = "add `undo` or `after` to the row, or `created_resources` for the operation"
        yield file.problem(
            place, what, f"{hint}; if it creates nothing, `permission: read`, or `delete` where it changes something"
        )


def _check_input(file: _File, item: Input, place: Place, captures: Collection[str]) -> Iterator[Problem]:
    """Check that each value of an input is allowed in its part of a request, and that its captures exist."""
    if _is_in_head(file, place, item):
        used = sorted(set(captures_used([*item.edges.values(), *item.near_misses.values(), item.unless])))
        yield from file.unknown_names(place, used, captures, "capture")
    for kind, values in (("edges", item.edges), ("near_misses", item.near_misses), ("draw", _drawn_samples(item.draw))):
        for label, value in values.items():
            yield from _check_value(file, str(place[-1]), label, value, (*place, kind, label))


def _check_value(file: _File, part: str, label: str, value: Any, place: Place) -> Iterator[Problem]:
    """Check that a value is allowed in this part of a request; below a member any value is."""
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


def _drawn_samples(draw: Draw | None) -> dict[str, Any]:
    """Return a sample value for each kind that is drawn, by its key."""
    if draw is None or draw.wrap is not None:
        return {} if draw is None else {"wrap": draw.wrap}
    kinds = {"integers": 0, "matching": "", "lists": [], "words": ""}
    return {kind: value for kind, value in kinds.items() if getattr(draw, kind)}


# --- parameters of paths


def _path_values(requests: Iterable[RequestTemplate]) -> dict[str, Any]:
    """Return the path values of requests, and under the empty name `url` if it replaces the whole path."""
    found: dict[str, Any] = {}
    for request in requests:
        found |= request.path or {}
        if request.url is not None:
            found[""] = request.url
    return found


def _path_parameters(operation: Operation) -> set[str]:
    return set(PARAMETER.findall(operation.path))


def _check_surplus(
    file: _File,
    place: Place,
    values: Mapping[str, Any],
    operations: Sequence[Operation],
    below: Place = ("request", "path"),
) -> Iterator[Problem]:
    """Check that each value is a path parameter of one of the operations."""
    known = {name for operation in operations for name in _path_parameters(operation)}
    surplus = sorted(values.keys() - known - {""}) if operations else []
    yield from file.unknown_names((*place, *below), surplus, sorted(known), "path parameter")


def _check_missing(file: _File, place: Place, operation: Operation, values: Mapping[str, Any]) -> Iterator[Problem]:
    """Check that every path parameter of an operation has a value, unless the contract or the request sets a URL."""
    missing = sorted(_path_parameters(operation) - operation.spec.path.keys() - values.keys())
    if missing and operation.spec.url is None and "" not in values:
        parameters = f"path parameter{'s' if len(missing) > 1 else ''} {' and '.join(missing)}"
        what = f"{operation.name} is called without the {parameters}"
        yield file.problem(place, what, f"give it under `path`, here or in operations.{operation.name}")


# --- captures and other placeholders


def _captures_of_contract(contract: Contract) -> set[str]:
    head = contract.file
    resources = [name for each in head.created_resources.values() for name in (*each.made, *each.capture)]
    return {"taken", "name", *resources, *_list_captures(contract, find_steps(head))}


def _list_captures(contract: Contract, steps: Iterable[Step]) -> Iterator[str]:
    """Yield the names that these steps capture, including those of their `undo` and of the chains that they call."""
    for step in _expand_chains(contract, steps):
        undone = () if step.undo is None else _list_captures(contract, [step.undo])
        yield from (*(step.capture or {}), *undone)


def _expand_chains(contract: Contract, steps: Iterable[Step]) -> Iterator[Step]:
    """Yield these steps and the steps of each chain that they call. Each chain is entered once."""
    pending, seen = list(steps), set[str]()
    while pending:
        step = pending.pop()
        yield step
        if step.call not in seen:
            seen.add(step.call)
            pending += contract.file.chains.get(step.call, [])


def _check_texts(file: _File, value: Any, place: Place, captures: set[str]) -> Iterator[Problem]:
    """Check the placeholders of every text: known heads, and known fixtures, credentials and captures."""
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
        elif head == "path":
            called = file.contract.operations.values()
            known = set[str]().union(*map(_path_parameters, called))
            yield from file.unknown_names(place, members[:1], known, "path parameter")
