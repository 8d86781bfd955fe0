"""Recognizes tables, headings and list entries that a page shows as plain paragraphs."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain, groupby, pairwise, takewhile

from conformance.authoring.blocks import LEVEL_OF_LINES, Block, Code, Heading, Item, Paragraph, TableBlock, TableRow
from conformance.authoring.column_titles import role_of_label
from conformance.authoring.error_text import (
    CLASS_OF_STATUSES,
    CODE,
    CODE_OF_PARTS,
    IDENTIFIER,
    STATUS,
    SUBSTATUS,
    error_statuses,
    find_statuses,
    follows_status,
    read_labels,
    strip_phrase,
    trim,
)

_CONSTANTS = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"""\b[A-Z][A-Z\d_]{2,}\s*\(\s*["']?(?P<code>-?\w+)["']?\s*,\s*(?P<mark>["'])(?P<text>.+?)(?P=mark)""",
        r"""^[^\w\n]*(?P<code>-?\d{3,9}|[A-Z]+(?:_[A-Z\d]+)+)["']?\s*(?::|=>)\s*(?P<mark>["'])(?P<text>.+?)(?P=mark)""",
        r"""\b[A-Z][A-Z\d_]{2,}\s*=\s*["']?(?P<code>-?\w+)["']?\s*[,;]?\s*(?://+|/\*|#)\s*(?P<text>[^*\n]+)""",
    )
)
"""Constants of programs: `NO_NAME(1001, "No name")`, `"1001": "No name"`, `NO_NAME = 1001  // No name`."""
_NUMBER = re.compile(r"-?\d{1,9}\Z")
_SECTION_NUMBER = re.compile(r"((?:[A-Z]|\d{1,3})(?:\.\d{1,3})+)[.:)]?\s+(?=\w|`)")
_WORD = re.compile(r"[^\W\d_]")
_MOST_TITLES = 8
_LONGEST_TITLE = 40
_LONGEST_LINE = 60
_STARTS_WITH_CODE = re.compile(rf"`?(?:{CODE.pattern})`?(?:\s*\([^)]*\))?(?:\s*[:\uff1a\u2013\u2014]|\s+-)\s*\S")
"""The beginning of a line with a code and its meaning: `701: Username is empty`."""
_UNSEPARATED = re.compile(r"([a-z]+(?:_[a-z0-9]+)+) (?=[a-z])")
"""The same without a separator, as in lists that lost their marks: `no_name there is none`."""


def read_lines(blocks: Sequence[Block]) -> list[Block]:
    """Replace the paragraphs of a page that are cells of tables, headings or list entries by such blocks."""
    made: list[Block] = []
    rest = _with_tables(_with_constants(blocks))
    for place, block in enumerate(rest):
        of_code = bool(made) and isinstance(made[-1], Heading) and is_code_alone(made[-1].text)
        one = _title_or_entry(block, rest, place, of_code=of_code) if isinstance(block, Paragraph) else block
        if one is not block and isinstance(one, Item) and _has_phrase(one.text):
            _join_entries(made)
        made.append(one)
    return made


def without_section_numbers(blocks: Sequence[Block]) -> list[Block]:
    """Remove the numbers of sections from headings (`4.2 Authentication`), unless all of a level are of error statuses.

    Then they are codes, as in `400.1 Invalid name`.
    """
    numbered: dict[int, list[str]] = {}
    for block in blocks:
        if isinstance(block, Heading) and (number := _SECTION_NUMBER.match(block.text)) is not None:
            numbered.setdefault(block.level, []).append(number[1])
    levels = {level for level, numbers in numbered.items() if not all(map(SUBSTATUS.fullmatch, numbers))}
    return [
        replace(block, text=_SECTION_NUMBER.sub("", block.text))
        if isinstance(block, Heading) and block.level in levels
        else block
        for block in blocks
    ]


def _join_entries(blocks: list[Block]) -> None:
    """Join each status alone in its line with the text below it, because another one begins a line of text."""
    for place in reversed(range(len(blocks) - 1)):
        title, text = blocks[place : place + 2]
        if isinstance(title, Item) and _has_phrase(title.text):
            break  # above it this was done
        if isinstance(title, Heading):
            if title.level != LEVEL_OF_LINES or not error_statuses(title.text) or not isinstance(text, Paragraph):
                break
            blocks[place : place + 2] = [Item(f"{title.text}: {text.text}", title.line)]


def is_code_alone(text: str) -> bool:
    return CODE_OF_PARTS.match(text.strip("`* ")) is not None


def _title_or_entry(line: Paragraph, blocks: Sequence[Block], place: int, *, of_code: bool) -> Block:
    """Return a line as a list entry, as a heading if it is only a status or code, or unchanged.

    An entry begins with a status and its phrase, or as a neighbour does.
    """
    text = line.text
    sides = (blocks[max(place - 2, 0) : place][::-1], blocks[place + 1 : place + 3])
    near = [next((one.text for one in side if isinstance(one, Paragraph)), "") for side in sides]
    statuses, rest = find_statuses(text)
    of_status = bool(statuses) and STATUS.match(text) and follows_status(rest, statuses[0])
    begins = None if of_code else STATUS if of_status else _STARTS_WITH_CODE if _STARTS_WITH_CODE.match(text) else None
    bare = [one for one in chain(*sides) if isinstance(one, Paragraph) and _UNSEPARATED.match(one.text)]
    if _UNSEPARATED.match(text) and len(bare) > 1:
        return Item(_UNSEPARATED.sub(r"\1: ", text, count=1), line.line)
    before_other = any(isinstance(one, Paragraph) and STATUS.match(one.text) for one in sides[1][:1])
    is_alone = begins is STATUS and not strip_phrase(rest, statuses[0]) and not (before_other and text[0] != "[")
    is_short = len(text) <= _LONGEST_LINE and text[-1:] not in ".:\u3002\uff1a" and not read_labels(text)
    is_entry = (not is_short and _has_phrase(text)) or any(map(begins.match, near) if begins else ())
    if begins and begins.match(text) and not is_alone and is_entry:
        return Item(text, line.line)
    has_text = any(isinstance(one, Paragraph) for one in blocks[place + 1 : place + 2])
    is_labelled = bool(begins) and is_short and len(read_labels(near[1])) == 1
    is_title = (
        CLASS_OF_STATUSES.fullmatch(text)
        or (begins is STATUS and is_short)
        or (has_text and is_code_alone(text))
        or is_labelled
    )
    return Heading(text, line.line, LEVEL_OF_LINES + is_code_alone(text)) if is_title else line


def _has_phrase(text: str) -> bool:
    """Return whether a text begins with an error status and its phrase, and goes on."""
    statuses, rest = find_statuses(text)
    meaning = strip_phrase(rest, statuses[0]) if statuses and statuses[0] >= 400 and STATUS.match(text) else ""
    return meaning not in {"", trim(" ".join(rest.split()))}


def _with_constants(blocks: Sequence[Block]) -> list[Block]:
    made: list[Block] = []
    for _, group in groupby(blocks, lambda block: bool(_find_constants(block))):
        run = list(group)
        rows = [row for block in run for row in _find_constants(block)]
        made += [TableBlock(("code", "message"), tuple(rows), rows[0].line)] if len(rows) > 1 else run
    return made


def _find_constants(block: Block) -> list[TableRow]:
    """Return the codes and messages of a block, if most of its lines, except comments, are constants."""
    text = block.text if isinstance(block, Code | Paragraph) else ""
    lines = sum(line.strip()[:1] not in "/*#{}" for line in text.split("\n"))
    found = next(filter(None, (list(one.finditer(text)) for one in _CONSTANTS)), [])
    if 2 * len(found) < lines:
        return []
    return [TableRow((one["code"], one["text"]), block.line + text.count("\n", 0, one.start())) for one in found]


def _with_tables(blocks: Sequence[Block]) -> list[Block]:
    made: list[Block] = []
    at = 0
    while at < len(blocks):
        first = blocks[at]
        is_title = isinstance(first, Paragraph) and role_of_label(first.text) is not None
        block, taken = (_table_of_cells(blocks[at:]) if is_title else None) or (first, 1)
        made.append(block)
        at += taken
    return made


def _table_of_cells(blocks: Sequence[Block]) -> tuple[TableBlock, int] | None:
    """Return a table from paragraphs that begin with its titles, and their number; None if they are no table.

    The number of columns is that of the lines before the first blank one, or else the distance between its statuses,
    codes or numbers, or the number of lines before the first of them, unless another of these gives far more rows.
    """
    lines = _leading_paragraphs(blocks[: 3 * _MOST_TITLES])
    first = [one.text for one in lines]
    of_titles = next((n for n, (one, after) in enumerate(pairwise(lines), 1) if after.line != one.line + 1), 0)
    if of_titles <= _MOST_TITLES and sum(role_of_label(text) is not None for text in first[:of_titles]) > 1:
        tables = [_build_table_of_cells(blocks, of_titles, 0, IDENTIFIER.fullmatch, sure=False)]
    else:
        tables = []
        for holds in (STATUS.match, CODE_OF_PARTS.match, _NUMBER.match):
            starts = [n for n, text in enumerate(first) if holds(text)]
            steps = Counter(after - before for before, after in pairwise(starts))
            widths = {steps.most_common(1)[0][0], starts[0]} if steps else set()
            widths = {width for width in widths if width <= starts[0] < 2 * width}
            tables += [_build_table_of_cells(blocks, width, starts[0] - width, holds) for width in sorted(widths)]
    most = max((len(found[0].rows) for found in tables if found), default=0)
    return next((found for found in tables if found and 4 * len(found[0].rows) >= 3 * most), None)


def _build_table_of_cells(
    blocks: Sequence[Block], width: int, place: int, holds: Callable[[str], object], *, sure: bool = True
) -> tuple[TableBlock, int] | None:
    """Return the table whose rows have `width` lines, of which `holds` tells those at `place`, and its number of lines.

    If they are `sure`, a row may lack a line or have more, if two rows follow it.
    """
    titles = [one.text for one in _leading_paragraphs(blocks[:width])]
    of_status = [role_of_label(title) for title in titles].count("status")
    are_others = any(
        len(text) > _LONGEST_TITLE or is_code_alone(text) or STATUS.match(text) or _STARTS_WITH_CODE.match(text)
        for text in titles
    )
    if not 2 <= width <= _MOST_TITLES or are_others or of_status > 1:
        return None
    lines = _leading_paragraphs(blocks)
    texts = [one.text for one in lines]
    worded = [_WORD.search(text) is not None for text in texts[width + place :][:1]]

    def begins(n: int) -> bool:
        text = "".join(texts[n + place : n + place + 1])
        return bool(holds(text)) and [_WORD.search(text) is not None] == worded

    rows: list[TableRow] = []
    at = width
    short = 0
    sizes = (width, *range(width - 1, 1, -1), width + 1, width + 2) if sure else (width,)
    while begins(at):
        size = next((n for n in sizes if begins(at + n)), width)
        if size != width and not any(begins(at + size + n) for n in sizes):
            size = width
        short += size < width
        cells = texts[at : at + size]
        rows.append(TableRow((*cells[: width - 1], " ".join(cells[width - 1 :])), lines[at].line))
        at += size
    if 2 * short >= len(rows) or any(map(role_of_label, rows[0].cells)):
        return None
    return TableBlock(tuple(titles), tuple(rows), lines[0].line), min(at, len(lines))


def _leading_paragraphs(blocks: Sequence[Block]) -> list[Paragraph]:
    return [one for one in takewhile(lambda block: isinstance(block, Paragraph), blocks) if isinstance(one, Paragraph)]
