"""Sections that are about one error each, by their status or code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from conformance.authoring.blocks import Block, Code, Heading, Item, Paragraph, Table
from conformance.authoring.columns import STATUS, Role, find_statuses, role_of_label
from conformance.authoring.envelope import read_sample
from conformance.authoring.error_lists import leading_entries, read_item
from conformance.authoring.error_row import ErrorRow, build_rows
from conformance.authoring.error_tables import labels_of_table, read_table
from conformance.authoring.error_text import (
    ABOUT_ERRORS,
    CODE,
    STATUS_IN_TEXT,
    code_of_title,
    error_statuses,
    read_labels,
    strip_phrase,
)

__all__ = ["LEVEL_OF_LINES", "levels_of_codes", "read_section", "section_of"]

LEVEL_OF_LINES = 7
"""The level of headings that are lines with nothing but a status."""


def section_of(blocks: Sequence[Block], place: int) -> list[Block]:
    """What belongs to a heading: everything until one of its level or above."""
    heading = blocks[place]
    of_lines = isinstance(heading, Heading) and heading.level == LEVEL_OF_LINES
    inside: list[Block] = []
    for block in blocks[place + 1 :]:
        if isinstance(block, Heading) and isinstance(heading, Heading) and block.level <= heading.level:
            break
        if of_lines and isinstance(block, Item) and error_statuses(block.text):
            break
        inside.append(block)
    return inside


def levels_of_codes(blocks: Sequence[Block]) -> frozenset[int]:
    """The levels at which at least two headings are codes; half of them, where they may as well be names."""
    titles = [(block.level, code_of_title(block.text)) for block in blocks if isinstance(block, Heading)]
    every = [level for level, _ in titles]
    coded = [level for level, code in titles if code]
    sure = [level for level, code in titles if code and re.search(r"[_\d.]|(Error|Exception|Fault)$", code[0])]
    return frozenset(
        level
        for level in coded
        if sure.count(level) > 1 or (coded.count(level) > 1 and 2 * coded.count(level) >= every.count(level))
    )


def read_section(heading: Heading, inside: Sequence[Block], status: int | None, *, is_code: bool) -> Iterator[ErrorRow]:
    """A heading with a status or a code whose section has no rows of its own: it is one error, or one each sample."""
    statuses = error_statuses(heading.text)
    coded = code_of_title(heading.text) if is_code and not statuses else None
    if not (statuses or coded):
        return
    record = next((found for one in inside if isinstance(one, Table) and (found := labels_of_table(one))), None)
    if record is None and _has_rows(inside, statuses[0] if statuses else None):
        return
    if statuses and len(parts := _parts_with_samples(inside)) > 0:
        for part_title, part in parts:
            labels = {**_labels_of_section(part), "status": [", ".join(map(str, statuses))]}
            labels.setdefault("cause", [part_title.text])
            yield from build_rows(labels, part_title.line)
        return
    labels = {**_labels_of_section(inside), **(record or {})}
    title = strip_phrase(find_statuses(heading.text)[1], statuses[0]) if statuses else ""
    code = coded[0] if coded else title if CODE.fullmatch(title) and not ABOUT_ERRORS.search(title) else ""
    if code:
        labels["code"] = [code]
    if statuses:
        labels["status"] = [", ".join(map(str, statuses))]
    labels.setdefault("cause", [coded[1] if coded else "" if code else title])
    if coded and "status" not in labels:
        prose = [block.text for block in inside if isinstance(block, Paragraph | Item)]
        named = next((match for text in prose if (match := STATUS_IN_TEXT.search(text))), None)
        status = int(named[1] or named[2]) if named else status
    yield from build_rows(labels, heading.line, status=status)


def _parts_with_samples(inside: Sequence[Block]) -> list[tuple[Heading, Sequence[Block]]]:
    """The sections within one about a status that show a sample answer each."""
    places = [place for place, block in enumerate(inside) if isinstance(block, Heading)]
    parts = [(inside[place], section_of(inside, place)) for place in places]
    return [(title, part) for title, part in parts if isinstance(title, Heading) and _sample_of(part) is not None]


def _sample_of(inside: Sequence[Block]) -> tuple[str, str] | None:
    return next(
        (sample for one in inside if isinstance(one, Code) and (sample := read_sample(one.text)) is not None), None
    )


def _labels_of_section(inside: Sequence[Block]) -> dict[Role, list[str]]:
    """What a section says: by its labels, the titles within it, its sample answer, and its first paragraph or list."""
    texts = [block.text for block in inside if isinstance(block, Paragraph | Item)]
    titled = _labels_of_titles(inside)
    labels: dict[Role, list[str]] = {**read_labels(texts), **titled}
    held = {text for several in titled.values() for text in several}
    prose = [text for text in texts if not read_labels([text]) and role_of_label(text) is None and text not in held]
    code, message = _sample_of(inside) or ("", "")
    if code and not code.isdigit():
        labels.setdefault("code", [code])
    if "message" not in labels:
        quoted = [
            one
            for text in prose[:3]
            for one in re.findall(r"`([^`]+)`", text)
            if " " in one and (len(one) * 2 > len(text) or "message" in text.casefold())
        ]
        labels.update({"message": [f"`{(quoted or [message])[0]}`"]} if quoted or message else {})
    if prose:
        entries = [block.text for block in inside if isinstance(block, Item) and block.text in prose]
        text = " ".join(entries) if prose[0] in entries else prose[0]
        statuses, rest = find_statuses(text) if STATUS.match(text) else ((), text)
        labels.setdefault("cause", [strip_phrase(rest, statuses[0]) if statuses else text])
    return labels


def _has_rows(inside: Sequence[Block], status: int | None) -> bool:
    """Whether a section about an error lists others: then they are its rows, and it is none itself."""
    levels = levels_of_codes(inside)
    return any(
        (isinstance(block, Table) and any(read_table(block, status, about_errors=status is not None)))
        or (
            isinstance(block, Item)
            and any(read_item(block, status, about_errors=False))
            and not read_labels([block.text])
        )
        or (isinstance(block, Heading) and block.level in levels)
        for block in inside
    )


def _labels_of_titles(inside: Sequence[Block]) -> dict[Role, list[str]]:
    """What stands under headings and lines such as `Cause` within a section: a paragraph, or a list."""
    labels: dict[Role, list[str]] = {}
    for place, title in enumerate(inside[:-1]):
        role = role_of_label(title.text) if isinstance(title, Heading | Paragraph) else None
        below = [] if role is None else leading_entries(inside[place + 1 :]) or inside[place + 1 : place + 2]
        texts = [block.text for block in below if isinstance(block, Paragraph | Item)]
        if role is not None and texts:
            labels.setdefault(role, []).extend(texts)
    return labels
