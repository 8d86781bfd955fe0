"""One documented error, built of what its cells or labels say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.authoring.columns import Role, find_statuses, is_phrase, plain_cell, split_codes
from conformance.authoring.error_text import (
    STATUS_IN_TEXT,
    STATUS_WITH_MESSAGE,
    is_error_code,
    strip_phrase,
    tells_success,
    trim,
)

__all__ = ["ErrorRow", "ErrorTable", "build_rows"]


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One documented error; what the page does not say is empty. `messages` pairs texts with languages."""

    status: int | None
    code: str
    field: str
    messages: tuple[tuple[str, str | None], ...]
    cause: str
    note: str
    operation: str
    line: int


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """The errors of one section of a page, under the titles of the sections around it."""

    titles: tuple[str, ...]
    rows: tuple[ErrorRow, ...]
    line: int


def build_rows(
    held: Mapping[Role, Sequence[str]],
    line: int,
    *,
    status: int | None = None,
    languages: Sequence[str | None] = (),
) -> Iterator[ErrorRow]:
    """The rows of one entry: one for each of its statuses and codes; none where it tells of a success.

    `held` has the cells by role, `status` is that of the section, `languages` those of the messages.
    """
    texts = {role: [" ".join(cell.split()) for cell in cells] for role, cells in held.items()}
    statuses, rest = find_statuses(texts.get("status", [""])[0])
    causes = [text.replace("`", "") for text in texts.get("cause", [])]
    cause = " ".join([text for text in causes if not is_phrase(text)] or causes)
    messages = [
        (text, language)
        for cell, language in zip(held.get("message", ()), [*languages, *[None] * 9], strict=False)
        for text in _messages(cell)
    ]
    if not statuses and messages and (status_line := STATUS_WITH_MESSAGE.fullmatch(messages[0][0])):
        statuses, messages = (int(status_line[1]),), [(status_line[2], messages[0][1]), *messages[1:]]
    elif (
        statuses
        and not messages
        and (status_line := STATUS_WITH_MESSAGE.fullmatch(texts["status"][0].replace("`", "")))
    ):
        messages = [(status_line[2], None)]
    if not statuses:
        named = STATUS_IN_TEXT.search(cause)
        statuses = (status,) if status else (int(named[1] or named[2]),) if named else ()
    codes = split_codes((held.get("code") or [""])[0]) or [""]
    codes = ["" if code == str(status) else code for code in codes]
    if not statuses and (
        tells_success([*codes, cause, *(text for text, _ in messages)]) or not (any(codes) or messages or cause)
    ):
        return
    if not cause and statuses:
        cause = strip_phrase(rest, statuses[0]) or ("" if any(codes) or messages else trim(rest))
    parts = [*codes, cause, *(text for text, _ in messages)]
    for one in statuses or (None,):
        for code in codes:
            if one is not None and one < 400 and (not is_error_code(code, one) or tells_success(parts)):
                continue
            yield ErrorRow(
                status=one,
                code=code.replace("`", ""),
                field=texts.get("field", [""])[0].replace("`", ""),
                messages=tuple(dict.fromkeys(messages)),
                cause=cause,
                note=" ".join(texts.get("note", [])).replace("`", ""),
                operation=texts.get("operation", [""])[0].replace("`", ""),
                line=line,
            )


def _messages(cell: str) -> list[str]:
    """The wordings in a message cell: each text in backticks on a line of its own, or else the whole cell."""
    lines = [line.strip() for line in cell.split("\n") if line.strip()]
    if len(lines) > 1 and all(re.fullmatch(r"`[^`]+`", line) for line in lines):
        return [plain_cell(line) for line in lines]
    whole = " ".join(lines)
    coded = re.findall(r"`([^`]+)`", whole)
    if len(coded) == 1 and not whole.startswith('"') and len(coded[0]) * 2 > len(whole):
        return [coded[0]]
    text = plain_cell(whole).replace("`", "")
    return [text] if text else []
