"""Reads pages saved as text: tables with bars, tabs or columns, samples, lists, headings and paragraphs."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from conformance.authoring.blocks import Block, Code, Heading, Item, Paragraph, TableBlock, TableRow, build_table
from conformance.authoring.column_titles import role_of_label, split_titles
from conformance.authoring.error_text import ABOUT_ERRORS, PHRASES

_RULE = re.compile(r"\s*[|+]?\s*:?[-\u2013\u2014]{2,}:?\s*([|+]\s*:?[-\u2013\u2014]{2,}:?\s*)*[|+]?\s*\Z")
"""The line below a table's header."""
_UNDERLINE = re.compile(r"\s*[-=+~]{3,}[-=+~\s]*\Z")
_FENCE = re.compile(r"\|={3,}\s*\Z")
_ATTRIBUTES = re.compile(rf"\[%?[a-z]+[=,.%].*\]\Z|{_FENCE.pattern}")
"""A line of AsciiDoc about the block below it: `[cols="1,2"]`, or one around a table."""
_BULLET = re.compile(r"(\s*)(?:[\u2022\u2023\u25e6\u25aa\u25cf\u30fb\u00b7*+-]|\d{1,2}[.)])\s+(?=\S)")
_TERM = re.compile(r"(\S.{0,60}?)::(?:\s+(\S.*))?")
"""A term of a description list in AsciiDoc, with its definition in the line or the next one."""
_GAP = re.compile(r"\t| {2,}")
_PHRASES = "|".join(sorted((re.escape(phrase) for _, phrase in PHRASES), key=len, reverse=True))
_JOINED = {
    "status": rf"(-?\d{{3,6}}(?![-\u2013\d])(?: (?i:{_PHRASES}))?)",
    "code": r"([A-Z][A-Z0-9]+(?:[_-][A-Z0-9]+)*(?![a-z_-])|[a-z]+(?:_[a-z]+)+"
    r"|[a-z]{4,}(?=\s?[^\W\da-z])|-?\d{3,}(?!\d)|-?\d{3,}?(?=[45]\d\d(?!\d))|-?\d{1,2}(?=\s|[^ -~]|[A-Z][a-z])"
    r"|(?:[A-Z][a-z0-9]+){2,}?(?=[A-Z][a-z]* |[^ -~]))",
}
"""The content of a column's cell that no separator divides from the next cell."""
_APART = r"(?:(?<=[a-z.!?)])(?=[A-Z][a-z]|[AI] )|(?<=[.!?])(?=[^ -~])|(?<=[\u3002\uff01\uff1f])(?=[A-Za-z]))"
_TEXT_APART = rf"(.(?:(?!{_APART}).)*)(?:{_APART}|\Z)"
"""One of several texts in a line; it ends where a capital letter, or after a sentence another script, follows."""
_TEXT_ENDED = rf"((?i:{_PHRASES})(?=\s)|[^\u3002]+\u3002(?=\s))"
"""One of several texts in a line that is a reason phrase or a sentence, with a blank after it."""
_TITLE_WITH_STATUS = re.compile(r"[^\W\d][^.|:]{2,50}\s\([45]\d\d(\s*[/,]\s*[45]\d\d)*\)")
_OPENS = re.compile(r"\s*(\{|\[)\s*\Z|\s*\{\s*[\"\u201c\u201d]|\s*\{ ")
_GLUED = re.compile(r"^([A-Z][A-Z0-9]*(?:[_-][A-Z0-9]+)+)(?=[A-Z][a-z]|[^ -~])")
"""A code directly followed by its text: `AUTH-401Unauthenticated`."""
_RUN_ON = re.compile(rf"(?<=[\w).])(?=[1-5]\d\d (?:\s*[-\u2013:] |(?i:{_PHRASES})\Z))")
"""The beginning of another entry in a line: `201 - Created400 - Bad Request`, `It is wrong.401 Unauthorized`."""
_MARKED = r"[1-5]\d\d ?[:\uff1a\u2192] ?(?=\D)"
_RUN_ON_MARKED = re.compile(rf"(?<=[^\W\d_]|[).\u3002])(?<!\W[A-Z])(?={_MARKED})")
"""The same in a line that begins with such an entry: `400: It is wrong401: No key`."""

_SHORTEST_OF_SEVERAL = 40
"""The fewest characters of a line that can continue in the next one."""
_LONGEST_TEXT = 2000


def read_text_page(text: str) -> tuple[Block, ...]:
    lines = [line.rstrip().replace("\xa0", " ") for line in text.splitlines()]
    blocks: list[Block] = []
    at = 0
    while at < len(lines):
        reads = (read(lines, at) for read in (_read_fenced, _read_bars, _read_columns, _read_joined, _read_sample))
        if (found := next(filter(None, reads), None)) is not None:
            made, at = found
            blocks.append(made)
            continue
        if lines[at].strip() and not _UNDERLINE.match(lines[at]) and not _ATTRIBUTES.match(lines[at]):
            made_of_line, before = _read_line(lines, at), blocks[-1] if blocks and lines[at - 1].strip() else None
            if isinstance(before, Paragraph | Item) and _continues(before.text, made_of_line[0]):
                blocks[-1] = replace(before, text=f"{before.text} {lines[at].strip()}")
            else:
                blocks += made_of_line
        at += 1
    return tuple(blocks)


_Read = tuple[Block, int] | None
"""The block that begins at a line and the index of the line after it, or None."""


def _read_bars(lines: Sequence[str], at: int) -> _Read:
    """Read a table with bars: a row begins after a bar alone in its line, or has as many bars as the titles."""
    ruled = at + 1 < len(lines) and _RULE.match(lines[at + 1]) is not None
    alone = lines[at].strip() == "|"
    end = _end(lines, at, lambda line: "|" in line)
    if not ruled and ((end - at < 3 and not alone) or (at and "|" in lines[at - 1]) or _FENCE.match(lines[at])):
        return None  # not a table that begins at this line
    end = next((n for n in range(at + 2, end - 1) if ruled and _RULE.match(lines[n + 1])), end)
    first_row = next((lines[n] for n in range(at + 1, end) if not _RULE.match(lines[n])), "")
    only_titles = lines[at].lstrip()[:1] == "|" != first_row.lstrip()[:1]  # begin with a bar
    most = lines[at].count("|") - only_titles
    texts: list[tuple[str, int]] = []
    for n in (n for n in range(at, end) if not _RULE.match(lines[n])):
        bars = texts[-1][0].count("|") + lines[n].count("|") if texts else 0
        if not texts or (lines[n].strip() == "|" if alone else bars > most):
            texts.append((lines[n], n + 1 + alone))
        else:
            texts[-1] = (f"{texts[-1][0]} {lines[n]}", texts[-1][1])
    titles, *rows = [TableRow(_split_cells(text, most), line) for text, line in texts] or [TableRow((), at + 1)]
    # A sentence may precede the titles.
    titles = replace(titles, cells=titles.cells[-max((len(row.cells) for row in rows), default=1) :])
    made = build_table([titles, *rows], at + 1)
    return (made, end) if made is not None else None


def _read_fenced(lines: Sequence[str], at: int) -> _Read:
    """Read a table of AsciiDoc between lines `|===`: a bar begins a cell, the first line or group has the titles."""
    closed = range(at + 1, len(lines)) if _FENCE.match(lines[at]) else ()
    end = next((n for n in closed if _FENCE.match(lines[n])), at)
    cells: list[tuple[str, int]] = []
    width = 0
    for n in range(at + 1, end):
        before, *begun = re.split(r"(?:(?:(?<=\s)|^)[\d.+*<^>]*[adehlms]?)?(?<!\\)\|", lines[n])
        if cells and before.strip():
            cells[-1] = (f"{cells[-1][0]} {before.strip()}", cells[-1][1])
        width = width or (len(begun) if len(begun) > 1 else len(cells) if not lines[n].strip() else 0)
        cells += [(cell.strip(), n + 1) for cell in begun]
    rows = [cells[place : place + width] for place in range(0, len(cells), width)] if width else []
    table = build_table([TableRow(tuple(text for text, _ in row), row[0][1]) for row in rows], at + 1)
    return (table, end + 1) if table is not None else None


def _read_columns(lines: Sequence[str], at: int) -> _Read:
    """Read a table with cells separated by tabs or at least two spaces; the first line has the titles."""
    titled = "\t" in lines[at] or any(role_of_label(cell) for cell in _GAP.split(lines[at].strip()))
    if not titled or lines[at].lstrip()[:1] in {"|", "+"} or _BULLET.match(lines[at]):
        return None
    end = _end(lines, at, lambda line: _GAP.search(line) is not None or bool(_UNDERLINE.match(line)))
    rows: list[TableRow] = []
    for n in (n for n in range(at, end) if not _UNDERLINE.match(lines[n])):
        line = lines[n] if "\t" in lines[n] else lines[n].strip()
        cells = tuple(cell.strip() for cell in _GAP.split(line))
        if rows and len(cells) < len(rows[0].cells) and len(lines[n]) - len(lines[n].lstrip()) > 3:
            last = rows.pop()
            rows.append(TableRow((*last.cells[:-1], " ".join((last.cells[-1], *cells))), last.line))
        else:
            rows.append(TableRow(cells, n + 1))
    table = build_table(rows, at + 1)
    return (table, end) if table is not None else None


def _read_joined(lines: Sequence[str], at: int) -> _Read:
    """Read a table whose titles and cells are separated by a blank or nothing.

    A second text begins with a capital letter directly after a small one, or else both are put in the first column.
    """
    titles = split_titles(lines[at].strip())
    named = [str(role_of_label(title) or "code") for title in titles]
    once = [role if role not in named[:place] else "message" for place, role in enumerate(named)]
    # Of two such columns, one may have texts.
    for roles, keys in ((named, _JOINED.keys()), (once, _JOINED.keys()), (once, {"code"}), (once, {"status"})):
        wordy = [place for place, role in enumerate(roles) if role not in keys]
        texts = [dict.fromkeys(wordy, _TEXT_APART), dict.fromkeys(wordy, "()") | {wordy[0]: "(.*)"}] if wordy else [{}]
        if len(wordy) > 1:
            is_glued = "".join(titles) == lines[at].strip()
            texts.insert(is_glued, dict.fromkeys(wordy, _TEXT_ENDED) | {wordy[-1]: "(.*)"})
        patterns = [
            re.compile(r"\s*".join(one.get(place, _JOINED.get(role, "")) for place, role in enumerate(roles)))
            for one in texts
        ]
        if len(wordy) < len(roles) and (found := _rows_of(patterns, lines, at + 1, wordy)):
            return TableBlock(titles, tuple(found[0]), at + 1), found[1]
    return None


def _rows_of(
    patterns: Sequence[re.Pattern[str]], lines: Sequence[str], at: int, wordy: Sequence[int]
) -> tuple[list[TableRow], int] | None:
    """Return the rows from `at` that match a pattern, and the line after them; texts may continue in the next line."""
    found: list[TableRow] = []
    for end in range(at, len(lines) + 1):
        here, after = (
            next(filter(None, (one.fullmatch(lines[n].strip()) for one in patterns)), None) if n < len(lines) else None
            for n in (end, end + 1)
        )
        if here is not None:
            found.append(TableRow(here.groups(), end + 1))
        elif found and after is not None and lines[end].strip():
            cells = list(found[-1].cells)
            cells[wordy[0] if wordy else -1] += f" {lines[end].strip()}"
            found[-1] = TableRow(tuple(cells), found[-1].line)
        else:
            break
    return (found, end) if found else None


def _read_sample(lines: Sequence[str], at: int) -> _Read:
    """Read a sample response: lines from a bracket to the one that closes it."""
    if not _OPENS.match(lines[at]):
        return None
    depth = 0
    for n in range(at, min(at + 60, len(lines))):
        depth += sum(lines[n].count(sign) for sign in "{[") - sum(lines[n].count(sign) for sign in "}]")
        if depth <= 0:
            return Code("\n".join(lines[at : n + 1]), at + 1), n + 1
    return Code(lines[at], at + 1), at + 1


def _read_line(lines: Sequence[str], at: int) -> list[Block]:
    """Read a line of text: a list entry with a bullet, a heading right before a table, or else a paragraph.

    A line such as `It is wrong.401 Unauthorized` is split in two.
    """
    text = lines[at].strip()
    if len(parts := (_RUN_ON_MARKED if re.match(_MARKED, text) else _RUN_ON).split(text)) > 1:
        return [(Item if len(parts) > 2 else Paragraph)(part.strip("{["), at + 1) for part in parts]
    text = _GLUED.sub(r"\1: ", text)
    if (title := re.fullmatch(r"(={1,6}) (\S.*)", text)) is not None:
        return [Heading(title[2], at + 1, len(title[1]))]
    if (term := _TERM.fullmatch(text)) is not None:
        return [Item(f"{term[1]}: {term[2] or next(filter(None, map(str.strip, lines[at + 1 :])), '')}", at + 1)]
    bullet = _BULLET.match(lines[at])
    near = [line for line in lines[at + 1 : at + 4] if line.strip()]
    if bullet is not None:
        return [Item(lines[at][bullet.end() :].strip(), at + 1, 1 + len(bullet[1]) // 2)]
    is_column = " " in text and not text.endswith("s") and any(role_of_label(line.strip()) for line in near[:1])
    may_be_cell = role_of_label(text) is not None and (ABOUT_ERRORS.search(text) is None or is_column)
    titled = not may_be_cell and any(split_titles(line.strip()) for line in near[:1])
    before_table = titled or any("|" in line or "\t" in line for line in near[:1])
    is_title = (before_table and len(text) < 60 and "|" not in text) or _TITLE_WITH_STATUS.fullmatch(text) is not None
    return [Heading(text, at + 1, 2) if is_title else Paragraph(text, at + 1)]


def _continues(before: str, line: Block) -> bool:
    """Return whether a line that begins with a small letter continues the long text before it."""
    is_open = _SHORTEST_OF_SEVERAL < len(before) < _LONGEST_TEXT and before[-1] not in ".:\u3002"
    return is_open and isinstance(line, Paragraph) and line.text[0].islower() and not re.match("[a-z]+_", line.text)


def _end(lines: Sequence[str], start: int, holds: Callable[[str], bool]) -> int:
    """Return the first line from `start` that is blank or for which `holds` is false."""
    return next((n for n in range(start, len(lines)) if not (lines[n].strip() and holds(lines[n]))), len(lines))


def _split_cells(line: str, most: int) -> tuple[str, ...]:
    """Split a line into cells at bars; a bar at either end is none, nor are two bars in a line with too many."""
    bar = r"(?<!\|)\|(?!\|)" if line.count("|") > most else r"\|"
    return tuple(cell.strip() for cell in re.split(bar, line.strip().removeprefix("|").removesuffix("|")))
