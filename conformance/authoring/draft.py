"""Drafts a contract from the error tables of a page: files that lint accepts, with a TODO for all that is missing."""

import re
import unicodedata
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from conformance.authoring.envelope import DEFAULT_ENVELOPE, has_whole_codes
from conformance.authoring.error_tables import ErrorRow, ErrorTable
from conformance.authoring.openapi_document import find_resources
from conformance.contract.openapi import PARAMETER, list_operations
from conformance.report.page import render_template
from conformance.yaml_document import dump

TODO_OPERATION = "todo"
UNFINISHED = "TODO: write the request that provokes it, its control, and remove this line"
_NO_CAUSE = "TODO: the situation in which it comes, in a sentence."
_PLACEHOLDER = re.compile(
    r"\$?\{[^{}]*\}|<[A-Za-z][\w .-]{0,40}>|%\(\w+\)[sd]|%[sdifgr]\b|\[[a-z][a-z_ -]{0,30}\]|"
    r"(?<![A-Za-z0-9])[xX]{3,}(?![A-Za-z0-9])|(?<=\s):[a-z_]{2,30}\b|…|\.{3}"
)
"""How pages write placeholders: {name}, <id>, %s, [field], xxx, :id, an ellipsis."""
_LONGEST_NAME = 48
_LONGEST_CODE = 24
_MOST_NAMED = 3
"""The most pages that are named as the document of a contract."""
_END_OF_ADDRESS = re.compile(r"\w[\w.-]*")
_RowOfPage = tuple[str, ErrorRow]
"""A row with the name of its page."""
_TODO = re.compile(r"(?<![/\w])TODO: *(.*)")


def draft_contract(
    name: str,
    pages: Mapping[str, Sequence[ErrorTable]],
    *,
    today: str,
    envelope: Mapping[str, Any] | None = None,
    kinds: Mapping[str, str] | None = None,
    addresses: Iterable[str] = (),
    openapi: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """Return the texts of `contract.yaml`, `openapi.yaml` and one file for each table, by file name.

    `pages` are the errors by the name of their page, `today` is the edition, `kinds` are pointers of other members than
    the code by their values, which a table may list instead of codes, and `addresses` those of problem types, of which
    it may list the ends. Without an `openapi` document, the only
    operation is `todo`, for a person to replace.
    """
    tables = [*_list_tables(pages)]
    source = ", ".join(pages) if len(pages) <= _MOST_NAMED else f"{next(iter(pages))} and {len(pages) - 1} more pages"
    envelope = envelope or DEFAULT_ENVELOPE
    kinds = kinds or {}
    paths = {one: path for one, _, path in list_operations(openapi)} or {TODO_OPERATION: "/TODO"}
    parameters = {one: PARAMETER.findall(path) for one, path in paths.items()}
    calls = {
        one: {"path": {name: f"{{fixture.{name}}}" for name in names}} if names else {}
        for one, names in parameters.items()
    }
    names = unique_names([slug(titles[-1]) if titles else "" for titles, _ in tables], "errors")
    files = {
        "contract.yaml": render_template(
            "conformance.authoring",
            "contract.yaml.jinja",
            name=name,
            source=source,
            today=today,
            tables=names,
            envelope=dict(envelope),
            variable=f"{re.sub('[^A-Z0-9]', '_', name.upper())}_KEY",
            parameters=sorted({one for names in parameters.values() for one in names}),
            operations=calls,
            resources=find_resources(openapi),
        ),
        "openapi.yaml": dump(dict(openapi))
        if openapi
        else render_template("conformance.authoring", "openapi.yaml.jinja", name=name, operation=TODO_OPERATION),
    }
    pointers = {
        row: pointer
        for table in chain.from_iterable(pages.values())
        if (pointer := next((kinds[row.code] for row in table.rows if row.code in kinds), ""))
        for row in table.rows
    }
    complete = _complete_rows(pages, addresses)
    languages = {language for _, found in tables for _, row in found for _, language in row.messages if language}
    for table_name, (titles, found) in zip(names, tables, strict=True):
        ids = unique_names(_row_names([row for _, row in found]), "error")
        rows = [
            {
                "id": row_id,
                "cause": row.cause or row.note or _NO_CAUSE,
                "source": {"document": f"{page}:{row.line}"} | ({"note": note} if (note := _note(row, calls)) else {}),
                "operation": row.operation if row.operation in calls else "",
                "expect": _expect(
                    complete[row],
                    pointers.get(row, ""),
                    several=len(languages) > 1,
                    whole_codes=has_whole_codes(envelope),
                ),
                "has_status": complete[row].status is not None,
            }
            for row_id, (page, row) in zip(ids, found, strict=True)
        ]
        title = " ".join(" / ".join(titles).split()) or "Errors"
        usual = "" if all(row["operation"] for row in rows) else next(iter(calls))
        files[f"{table_name}.yaml"] = render_template(
            "conformance.authoring",
            "table.yaml.jinja",
            name=table_name,
            title=title,
            usual=usual,
            rows=rows,
            unfinished=UNFINISHED,
        )
    return files


def _list_tables(pages: Mapping[str, Sequence[ErrorTable]]) -> Iterator[tuple[Sequence[str], list[_RowOfPage]]]:
    """Yield titles and rows of each table; the errors of pages that have one each are in one table."""
    single = [page for page, tables in pages.items() if sum(len(table.rows) for table in tables) == 1]
    alone = [(page, row) for page in single for table in pages[page] for row in table.rows]
    if len(single) > 1:
        yield (), alone
    for page, tables in pages.items():
        if page not in single or len(single) == 1:
            yield from ((table.titles, [(page, row) for row in table.rows]) for table in tables)


def _complete_rows(pages: Mapping[str, Sequence[ErrorTable]], addresses: Iterable[str]) -> dict[ErrorRow, ErrorRow]:
    """Return each row with what another part of the pages says: the status of its code, and the address of its type."""
    tables = [*chain.from_iterable(pages.values())]
    known = {(row.code, row.status) for table in tables for row in table.rows if row.code and row.status}
    counts = Counter(code for code, _ in known)
    statuses = {code: status for code, status in known if counts[code] == 1}
    starts = dict(address.rsplit("/", 1)[::-1] for address in addresses)
    found: dict[ErrorRow, ErrorRow] = {}
    for table in tables:
        start = next((starts[row.code] for row in table.rows if row.code in starts), "")
        for row in table.rows:
            code = f"{start}/{row.code}" if start and _END_OF_ADDRESS.fullmatch(row.code) else row.code
            found[row] = replace(row, code=code, status=row.status or statuses.get(row.code))
    return found


def _note(row: ErrorRow, calls: Container[str]) -> str:
    """Return the note of a row, with the operation that the page names where it is none of the contract."""
    return ". ".join(filter(None, (row.note if row.cause else "", "" if row.operation in calls else row.operation)))


def list_todos(text: str) -> Iterator[tuple[int, str]]:
    """Yield line number (from 1) and text of each `TODO: …` in a drafted file."""
    for number, line in enumerate(text.splitlines(), 1):
        if (found := _TODO.search(line)) is not None:
            yield number, found[1].rstrip("\"'}, ")


def slug(text: str) -> str:
    """Return a name of lower-case words and hyphens; "" if the text has no Latin letters or digits."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    name = "-".join(re.findall(r"[a-z0-9]+", plain))
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME + 1].rpartition("-")[0]


def mark_placeholders(message: str) -> str:
    """Replace the placeholders of a documented message by `{any}`."""
    return _PLACEHOLDER.sub("{any}", message)


def unique_names(names: Iterable[str], fallback: str = "") -> list[str]:
    """Append a number to repeated names, keeping their order; `fallback` replaces an empty name."""
    taken: dict[str, int] = {}  # the last number of each name, so that thousands of equal names take linear time
    for name in names:
        base = found = name or fallback
        while found in taken:
            taken[base] += 1
            found = f"{base}-{taken[base]}"
        taken[found] = 1
    return list(taken)


def _row_names(rows: Sequence[ErrorRow]) -> Iterator[str]:
    """Yield a name for each row, with its code, if that is short, where several would have the same."""
    counts = Counter(map(_row_name, rows))
    for row in rows:
        name, code = _row_name(row), slug(row.code)
        yield f"{name}-{code}" if counts[name] > 1 and 0 < len(code) <= _LONGEST_CODE else name


def _row_name(row: ErrorRow) -> str:
    texts = [text for text, language in row.messages if language == "en"] or [text for text, _ in row.messages]
    message = next((text for text in texts if slug(text)), "")
    named = slug(row.code) if re.search("[A-Za-z]{3}", row.code) and not row.messages else ""
    short = slug(message) or slug(" ".join(row.cause.split()[:7])) or slug(row.code)
    return named or short or f"status-{row.status or 'unknown'}"


def _expect(row: ErrorRow, pointer: str, *, several: bool, whole_codes: bool) -> dict[str, Any]:
    """Return the `expect` of a row.

    `pointer`: the member that the page gives instead of the code; `several`: whether it has several languages.
    """
    code: int | str = int(row.code) if whole_codes and re.fullmatch(r"-?(0|[1-9]\d*)", row.code) else row.code
    texts: list[Any] = [
        {"text": mark_placeholders(text), **({"language": language} if language and several else {})}
        for text, language in row.messages
    ]
    message = texts[0]["text"] if len(texts) == 1 and not several else texts
    named = {"equals": {pointer: code}} if pointer and code else {"code": code}
    said = {**named, "field": row.field, "message": message}
    return {"status": row.status or 400, **{name: value for name, value in said.items() if value not in ("", [])}}
