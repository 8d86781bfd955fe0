"""Reads YAML files into a validated contract, or reports every problem of every file at once as `file:line`."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from conformance.contract.contract import Contract, Operation, Row, Table
from conformance.contract.lint import check_contract, check_translation, drop_repeated
from conformance.contract.openapi import check_paths, list_operations
from conformance.contract.power import FILE as POWER_FILE
from conformance.contract.power import read_power
from conformance.contract.schema import (
    ACCEPTED,
    RENAMED_KEYS,
    SHARED_KEYS,
    Case,
    ContractFile,
    Open,
    OperationRef,
    OperationSpec,
    TableFile,
    TranslationFile,
)
from conformance.contract.short_forms import fill_variables, write_out_likes
from conformance.errors import ConfigError, Problem
from conformance.files import read_bytes
from conformance.validation import problems_from_validation
from conformance.yaml_document import ALIAS_NOTE, Document, read

_NAMED_PARTS = ("schemas", "inputs", "open_choices", "controls", "guards", "wordings")
_NUMBER = re.compile(r"\.[0-9]+(?=\.|\b)")
Model = TypeVar("Model", bound=BaseModel)


def read_contract(folder: Path) -> Contract:
    """Read the contract in a folder, again only once a file has changed; raise ConfigError with every problem."""
    return _read_contract(folder, digest_files(folder))


def digest_files(path: Path) -> str:
    """Return a digest of a file, or of a contract's files in a folder; empty if there is none or one is unreadable."""
    files = sorted([*path.glob("*.y*ml"), *path.glob(POWER_FILE)]) if path.is_dir() else [path]
    found = hashlib.sha256()
    try:
        for file in files:
            found.update(file.name.encode() + b"\0" + hashlib.sha256(read_bytes(file)).digest())
    except ConfigError:
        return ""
    return found.hexdigest() if files else ""


@lru_cache(maxsize=16)
def _read_contract(folder: Path, _digest: str) -> Contract:
    problems: list[Problem] = []
    head_document, unreadable = read(folder / "contract.yaml")
    problems += unreadable
    written = head_document.members if head_document else {}
    # The named parts and the tables of contract.yaml are read even if it is invalid, so that tables are checked too.
    named = {kind: {**written[kind]} if isinstance(written.get(kind), dict) else {} for kind in _NAMED_PARTS}
    listed = written["tables"] if isinstance(written.get("tables"), list) else []
    names = [name for name in listed if isinstance(name, str)]
    head = None if unreadable else _validate(ContractFile, head_document, named, problems)
    openapi, found = read(folder / "openapi.yaml")
    has_operations = openapi is not None and not (found := found or check_paths(openapi))
    problems += found
    tables_read = {name: read(folder / f"{name}.yaml") for name in names}
    problems += [problem for _, found in tables_read.values() for problem in found]
    parsed = {name: document for name, (document, found) in tables_read.items() if document and not found}
    parsed, found_in_likes = write_out_likes(parsed)
    problems += found_in_likes
    files = [(document, _validate(TableFile, document, named, problems)) for document in map(parsed.get, names)]
    tables = tuple(_build_table(table, document) for document, table in files if table and document)
    problems += _find_unlisted_files(folder, names)
    if head is None or head_document is None or openapi is None or not has_operations or len(tables) < len(names):
        raise ConfigError(problems)
    operations = {
        name: Operation(name, method, path, head.operations.get(name, OperationSpec()))
        for name, method, path in list_operations(openapi.value)
    }
    translated, found = read(folder / "ja.yaml") if os.path.lexists(folder / "ja.yaml") else (None, ())
    problems += found
    japanese = (None if found else _validate(TranslationFile, translated, {}, problems)) or TranslationFile()
    contract = Contract(folder, head, tables, operations, openapi.members, japanese, read_power(folder))
    problems += check_contract(contract, head_document)
    problems += check_translation(contract, japanese, translated) if translated else []
    if problems:
        raise ConfigError(problems)
    return contract


def _find_unlisted_files(folder: Path, names: Iterable[str]) -> Iterator[Problem]:
    known = {"contract", "openapi", "ja", *names}
    for path in sorted(folder.glob("*.y*ml")):
        if path.stem not in known or path.suffix != ".yaml":
            yield Problem(f"{path}:1", "no table of contract.yaml is called so", "add it to `tables` or move the file")


def _validate(
    model: type[Model], document: Document | None, named: Mapping[str, Any], problems: list[Problem]
) -> Model | None:
    if document is None:
        return None
    try:
        return model.model_validate(document.value, context=named)
    except ValidationError as error:
        form, note = model.model_json_schema(by_alias=True), document.alias_note
        found = problems_from_validation(
            error, document.value, document.where, schema=form, renamed=RENAMED_KEYS, note=note
        )
        problems += drop_repeated(found, lambda problem: _NUMBER.sub("", problem.what.partition(ALIAS_NOTE)[0]))
        return None


def _build_table(table: TableFile, document: Document) -> Table:
    rows = tuple(_build_row(table, case, index, document) for index, case in enumerate(table.rows))
    shared = {name: getattr(table, name) for name in SHARED_KEYS & table.model_fields_set}
    return Table(table.table, table.title, rows, shared)


def _build_row(table: TableFile, case: Case, index: int, document: Document) -> Row:
    usual = [_to_operation_ref(ref) for ref in table.operations or ([table.operation] if table.operation else [])]
    named = {ref.label or ref.call: ref for ref in usual}
    refs = case.operations if case.operations is not None else usual
    operations = tuple(named.get(ref) or _to_operation_ref(ref) if isinstance(ref, str) else ref for ref in refs)
    shared = _select_shared_keys(table, case, operations)
    case = case.model_copy(update={**shared, "open": [_accept_rows_of(table, choice) for choice in case.open]})
    if case.vars:
        case = case.model_copy(update={"operations": list(operations)})
        case = _fill_case_variables(case, document.where(("rows", index)))
        operations = tuple(ref for ref in case.operations or () if isinstance(ref, OperationRef))
    return Row(
        case=case,
        table=table.table,
        number=index + 1,
        operations=operations,
        file=document.path,
        line=document.line(("rows", index)),
        document=document,
        shared=frozenset(shared),
    )


def _to_operation_ref(ref: OperationRef | str) -> OperationRef:
    return OperationRef(call=ref) if isinstance(ref, str) else ref


def _accept_rows_of(table: TableFile, choice: Open) -> Open:
    """Return the choice with complete IDs for rows of its own table, which it may name without the table."""
    names = {row.id for row in table.rows} - set(ACCEPTED)
    accept = [f"{table.table}/{name}" if name in names else name for name in choice.accept]
    return choice.model_copy(update={"accept": accept})


def _fill_case_variables(case: Case, where: str) -> Case:
    """Return the case with its variables filled in; raise ConfigError at `where` if a value is invalid there."""
    value = case.model_dump(by_alias=True, exclude_unset=True)
    filled = {**fill_variables(value, case.vars), "vars": case.vars}
    try:
        return Case.model_validate(filled)
    except ValidationError as error:
        problems = problems_from_validation(error, filled, lambda _: where, schema=Case.model_json_schema())
        raise ConfigError(problems) from None


def _select_shared_keys(table: TableFile, case: Case, operations: Sequence[OperationRef]) -> dict[str, Any]:
    """Return the keys of the table that the row does not have itself, limited to the row's operations."""
    shared = {name: getattr(table, name) for name in SHARED_KEYS & table.model_fields_set - case.model_fields_set}
    labels = {ref.label or ref.call for ref in operations}
    for name in ("unchanged", "control"):
        if name in shared:
            shared[name] = [kept for each in shared[name] if (kept := _limit_operations(each, labels)) is not None]
    if "undo" in shared:
        shared["undo"] = _limit_operations(shared["undo"], {ref.call for ref in operations})
    return shared


def _limit_operations(part: Any, operations: set[str]) -> Any:
    """Return a guard, control or undo limited to these operations, or None if it is for none of them."""
    if part is None or part.for_ is None:
        return part
    named = [name for name in part.for_ if name in operations]
    return part.model_copy(update={"for_": named}) if named else None
