"""Lists of errors, with what the entries below an entry say of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.authoring.blocks import Block, Code, Item
from conformance.authoring.columns import IDENTIFIER, STATUS, find_statuses, plain_cell
from conformance.authoring.error_row import ErrorRow, build_rows
from conformance.authoring.error_text import (
    LEADING_CODE,
    MARKS,
    QUOTED,
    STATUS_IN_TEXT,
    follows_status,
    is_code_in_text,
    read_labels,
    strip_phrase,
    trim,
)

__all__ = ["leading_entries", "read_item", "read_list"]

_FIRST_OF_OWN = re.compile(r"\W*100\W+(success|ok\b)", re.IGNORECASE)


def leading_entries(blocks: Sequence[Block]) -> list[Block]:
    """The entries of the list at the beginning, with the code and tables within them."""
    end = 0
    for place, block in enumerate(blocks):
        if isinstance(block, Item):
            end = place + 1
        elif not isinstance(block, Code):
            break
    return list(blocks[:end])


def read_list(entries: Sequence[Block], status: int | None, *, about_errors: bool) -> Iterator[ErrorRow]:
    items = [entry for entry in entries if isinstance(entry, Item)]
    if about_errors and any(_FIRST_OF_OWN.match(item.text) for item in items):
        yield from _read_numbered(items)
        return
    at = 0
    while at < len(items):
        item = items[at]
        below = []
        for one in items[at + 1 :]:
            if one.level <= item.level:
                break
            below.append(one)
        rows = list(read_item(item, status, about_errors=about_errors))
        if rows and below:
            own = rows[0].status or status
            inner = list(read_list(below, own, about_errors=about_errors)) if not rows[0].code else []
            rows = inner or [_with_entries(row, below) for row in rows]
            at += len(below)
        phrase = trim(find_statuses(item.text)[1])
        yield from (one if one.cause or one.code or one.messages else replace(one, cause=phrase) for one in rows)
        at += 1


def _read_numbered(items: Sequence[Item]) -> Iterator[ErrorRow]:
    """A list that counts from 100, which is its success: the numbers are codes of the vendor's own, and no statuses."""
    for item in items:
        match = re.match(r"\W*(\d{3})\W+(.*)", " ".join(item.text.split()))
        if match and not _FIRST_OF_OWN.match(item.text):
            yield ErrorRow(None, match[1], "", (), match[2].replace("`", ""), "", "", item.line)


def _with_entries(row: ErrorRow, below: Sequence[Item]) -> ErrorRow:
    """A row with what the entries below it say: labels such as `Message: …`, or else its cause."""
    labels = read_labels([item.text for item in below])
    plain = [" ".join(item.text.split()).replace("`", "") for item in below]
    labelled = next(iter(build_rows({**labels, "code": ["x"]}, row.line, status=row.status)), row)
    cause = row.cause or " ".join(labels.get("cause", [])) or ("" if labels else " ".join(plain))
    code = row.code or plain_cell(" ".join(labels.get("code", [])))
    return replace(
        row, cause=cause, code=code, messages=row.messages or labelled.messages, note=row.note or labelled.note
    )


def read_item(item: Item, status: int | None, *, about_errors: bool) -> Iterator[ErrorRow]:
    text = " ".join(item.text.split())
    if read_labels([text]):
        return
    first = STATUS.match(text)
    statuses, rest = find_statuses(text) if first else ((), text)
    if first and (
        int(first[1]) < 400 or not (about_errors or status or follows_status(text[first.end() :], int(first[1])))
    ):
        return
    if first:
        rest = text[first.end() :] if len(statuses) == 1 else rest
    lead = LEADING_CODE.match(rest) if about_errors or status or first else None
    if lead and lead[2] and not first:
        lead = None  # a word with nothing that divides it from a sentence
    if not statuses and not (lead or (status and QUOTED.match(text))):
        return
    if not statuses:
        named = STATUS_IN_TEXT.search(text)
        statuses = (int(named[1] or named[2]),) if named else (status,) if status else ()
    if rest.count("`") % 2:
        rest = f"`{rest.lstrip()}"  # the status stood within the same code
    own = statuses[0] if statuses else None
    rest = strip_phrase(rest, own) if own else trim(rest)
    quoted = [next(filter(None, groups)).strip() for groups in QUOTED.findall(rest)]
    first_quoted = quoted[0] if quoted and QUOTED.match(rest.lstrip(MARKS.replace("`", "") + '"')) else None
    codes = [one for one in quoted if is_code_in_text(one) or (one == first_quoted and IDENTIFIER.fullmatch(one))]
    if not codes and (lead := LEADING_CODE.match(rest)) is not None and own != lead[1]:
        codes, rest = [lead[1] or lead[2]], rest[lead.end(1 if lead[1] else 2) :]
    messages = [one for one in quoted if one not in codes and (" " in one or not one.isascii())]
    taken = {*codes[:1], *messages[:1]}
    cause = QUOTED.sub(lambda match: " " if match[0].strip('`"“”「」') in taken else match[0], rest)
    cause = trim(" ".join(cause.replace("`", "").split()))
    for one in statuses or (None,):
        yield ErrorRow(
            one, codes[0] if codes else "", "", tuple((text, None) for text in messages[:1]), cause, "", "", item.line
        )
