"""A contract drafted from the error tables of a page: files that lint accepts, and a TODO for what is missing."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.authoring.envelope import DEFAULT_ENVELOPE, has_whole_codes
from conformance.authoring.error_tables import ErrorRow, ErrorTable
from conformance.authoring.openapi_document import Resource, find_resources, path_parameters
from conformance.authoring.todos import list_todos
from conformance.contract.openapi import list_operations
from conformance.yaml_document import dump

TODO_OPERATION = "todo"
UNFINISHED = "TODO: write the request that provokes it, its control, and remove this line"
_PLACEHOLDER = re.compile(
    r"\$?\{[^{}]*\}|<[A-Za-z][\w .-]{0,40}>|%\(\w+\)[sd]|%[sdifgr]\b|\[[a-z][a-z_ -]{0,30}\]|"
    r"(?<![A-Za-z0-9])[xX]{3,}(?![A-Za-z0-9])|(?<=\s):[a-z_]{2,30}\b|…|\.{3}"
)
"""How pages write what is another value each time: {name}, <id>, %s, [field], xxx, :id, an ellipsis."""

_QUOTED_NUMBER = re.compile(r'(expect: \{status: \d+, code: )"(-?(?:0|[1-9]\d*))"')


@dataclass(frozen=True, slots=True)
class Draft:
    """The files of a drafted contract, by name below its folder, and how many rows and TODOs they hold."""

    files: Mapping[str, str]
    rows: int
    todos: int = field(default=0)


def draft_contract(
    name: str,
    tables: Sequence[ErrorTable],
    *,
    source: str,
    today: str,
    envelope: Mapping[str, Any] | None = None,
    openapi: Mapping[str, Any] | None = None,
) -> Draft:
    """Draft `contract.yaml`, `openapi.yaml` and one file for each table.

    `source` names the page in each row's provenance, `today` is the edition. Without an `openapi` document there is one
    operation, `todo`, for a person to replace.
    """
    named = {name: (method, path) for name, method, path in list_operations(openapi)}
    operations = named or {TODO_OPERATION: ("GET", "/TODO")}
    names = unique_names([slug(table.titles[-1]) if table.titles else "" for table in tables], "errors")
    files = {
        "contract.yaml": _contract(name, names, source, today, envelope, operations, find_resources(operations)),
        "openapi.yaml": dump(dict(openapi)) if openapi else _openapi(name),
    }
    languages = sorted({language for table in tables for row in table.rows for _, language in row.messages if language})
    for table_name, table in zip(names, tables, strict=True):
        text = _table(table_name, table, source, operations, several=len(languages) > 1)
        files[f"{table_name}.yaml"] = _QUOTED_NUMBER.sub(r"\1\2", text) if has_whole_codes(envelope or {}) else text
    todos = sum(1 for text in files.values() for _ in list_todos(text))
    return Draft(files, sum(len(table.rows) for table in tables), todos)


def slug(text: str) -> str:
    """A name of lower-case words and hyphens; empty where a text has no letters of the Latin alphabet."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    words = re.findall(r"[a-z0-9]+", plain)
    kept: list[str] = []
    for word in words:
        if len("-".join([*kept, word])) > 48:
            break
        kept.append(word)
    return "-".join(kept)


def mark_placeholders(message: str) -> str:
    """A documented message with `{any}` where the page shows that another value stands there each time."""
    return _PLACEHOLDER.sub("{any}", message)


def unique_names(names: Iterable[str], fallback: str = "") -> list[str]:
    """The names in their order, those that come again with a number; `fallback` is that of an empty one."""
    taken: dict[str, int] = {}  # with how many names begin so: of thousands that are equal each is not tried again
    for name in names:
        base = found = name or fallback
        while found in taken:
            taken[base] += 1
            found = f"{base}-{taken[base]}"
        taken[found] = 1
    return list(taken)


# --- contract.yaml


def _contract(  # noqa: PLR0917 - each is a part of the file
    name: str,
    tables: Sequence[str],
    source: str,
    today: str,
    envelope: Mapping[str, Any] | None,
    operations: Mapping[str, tuple[str, str]],
    resources: Sequence[Resource],
) -> str:
    variable = f"{re.sub('[^A-Z0-9]', '_', name.upper())}_KEY"
    parameters = sorted({each for _, path in operations.values() for each in path_parameters(path)})
    lines = [
        f"# Drafted on {today} from {source}. Every TODO is a sentence for a person: do it, and delete it.",
        f"contract: {name}",
        f"title: {_inline(name)}  # TODO: the product's name, as its vendor writes it",
        f"edition: {_inline(today)}  # TODO: the date or version of the page, where it has one",
        f"document: {_inline(source)}",
        f"tables: [{', '.join(map(_key, tables))}]",
        "credential: key",
        "",
        "# TODO: compare with a real error answer; list in `required` what each error must have.",
        *_envelope(envelope or DEFAULT_ENVELOPE),
        "",
        "credentials:",
        "  key:",
        '    about: "TODO: what it is and may do; where none is needed, delete `credential` and `credentials`."',
        f"    usual: {{header: Authorization, env: {variable}}}",
        "",
    ]
    if parameters:
        lines.append("fixtures:")
        for one in parameters:
            lines += [f"  {_key(one)}:", f'    about: "TODO: what `{one}` names, and where its value is found."']
        lines.append("")
    lines.append("operations:")
    for operation, (_, path) in operations.items():
        pairs = ", ".join(f'{_key(one)}: "{{fixture.{one}}}"' for one in path_parameters(path))
        lines.append(f"  {_key(operation)}: {{{f'path: {{{pairs}}}' if pairs else ''}}}")
    for made in resources:
        what = f"{made.create} makes a thing, {made.list} lists what is there, {made.delete} deletes it."
        lines += [
            "",
            f"# TODO: {what}",
            "# Say so in `created_resources`, so that nothing is left behind: see docs/cases.md.",
        ]
    return "\n".join(lines) + "\n"


def _envelope(envelope: Mapping[str, Any]) -> list[str]:
    if (envelope.get("message"), envelope.get("code"), envelope.get("faults")) == ("detail", "type", ""):
        return ["envelope: problem-details  # that of RFC 9457"]
    return dump({"envelope": dict(envelope)}).splitlines()


def _openapi(name: str) -> str:
    document = {
        "openapi": "3.1.0",
        "info": {"title": name, "version": "0"},
        "paths": {"/TODO": {"get": {"operationId": TODO_OPERATION, "responses": {"200": {"description": "success"}}}}},
    }
    todo = "# TODO: the operations that the tables are about: paths, methods and operationIds are enough.\n"
    return todo + dump(document)


# --- one file a table


def _table(
    name: str, table: ErrorTable, source: str, operations: Mapping[str, tuple[str, str]], *, several: bool
) -> str:
    title = " / ".join(table.titles) or "Errors"
    lines = [f"table: {_key(name)}", f"title: {_inline(title)}"]
    if any(row.operation not in operations for row in table.rows):
        usual = _key(next(iter(operations)))
        lines.append(
            f"operations: [{usual}]  # TODO: what these rows are about; a row may name `operations` of its own"
        )
    lines.append("rows:")
    ids = unique_names([_row_name(row) for row in table.rows], "error")
    for row_id, row in zip(ids, table.rows, strict=True):
        lines += _row(row_id, row, source, operations, several=several)
    return "\n".join(lines) + "\n"


def _row_name(row: ErrorRow) -> str:
    texts = [text for text, language in row.messages if language == "en"] or [text for text, _ in row.messages]
    message = next((text for text in texts if slug(text)), "")
    named = slug(row.code) if re.search("[A-Za-z]{3}", row.code) and not row.messages else ""
    short = slug(message) or slug(" ".join(row.cause.split()[:7])) or slug(row.code)
    return named or short or f"status-{row.status or 'unknown'}"


def _row(
    row_id: str, row: ErrorRow, source: str, operations: Mapping[str, tuple[str, str]], *, several: bool
) -> Iterator[str]:
    yield f"  - id: {_key(row_id)}"
    yield f"    cause: {_inline(row.cause or row.note or 'TODO: the situation in which it comes, in a sentence.')}"
    note = f", note: {_inline(row.note)}" if row.note and row.cause else ""
    yield f"    source: {{document: {_inline(f'{source}:{row.line}')}{note}}}"
    if row.operation in operations:
        yield f"    operations: [{_key(row.operation)}]"
    yield f'    not_provokable: "{UNFINISHED}"'
    said = {"code": _inline(row.code) if row.code else "", "field": _inline(row.field) if row.field else ""}
    said["message"] = _messages(row, several=several) if row.messages else ""
    parts = [f"status: {row.status or 400}", *(f"{key}: {text}" for key, text in said.items() if text)]
    yield f"    expect: {{{', '.join(parts)}}}" + ("" if row.status else "  # TODO: the page gives no status")


def _messages(row: ErrorRow, *, several: bool) -> str:
    texts = [(mark_placeholders(text), language) for text, language in row.messages]
    if len(texts) == 1 and not several:
        return _inline(texts[0][0])
    written = (
        f"{{text: {_inline(text)}{f', language: {language}' if language and several else ''}}}"
        for text, language in texts
    )
    return f"[{', '.join(written)}]"


def _inline(text: str) -> str:
    """A text as YAML reads it back within `{…}`: plain where it is one safe word, otherwise in quotes."""
    return _plain_or_quoted(text, r"[A-Za-z][A-Za-z_-]*")


def _key(name: str) -> str:
    return _plain_or_quoted(name, r"[A-Za-z_][\w.-]*")


def _plain_or_quoted(text: str, plain: str) -> str:
    is_plain = re.fullmatch(plain, text) and text.lower() not in _WORDS
    return text if is_plain else json.dumps(text, ensure_ascii=False)


_WORDS = frozenset({"y", "yes", "n", "no", "on", "off", "true", "false", "null"})
"""Words that YAML takes for something else."""
