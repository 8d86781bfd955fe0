"""Pages saved as text: tables by bars, tabs or columns, cells that became lines, lists, terms and definitions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from conformance.authoring.blocks import Block, Code, Heading, Item, Paragraph, Table, TableRow
from conformance.authoring.columns import STATUS, role_of_label, split_titles
from conformance.authoring.error_text import PHRASES

__all__ = ["read_text_page"]

_RULE = re.compile(r"\s*\|?\s*:?-{3,}:?\s*([|+]\s*:?-{3,}:?\s*)*\|?\s*\Z")
"""The line below a table's header."""
_UNDERLINE = re.compile(r"\s*[-=+~]{3,}[-=+~\s]*\Z")
_BULLET = re.compile(r"(\s*)(?:[\u2022\u2023\u25e6\u25aa\u25cf\u30fb\u00b7*+-]|\d{1,2}[.)])\s+(?=\S)")
_NUMBER = re.compile(r"\s*\d{1,2}[.)]\s")
"""How an entry of a numbered list begins; where there is but one, it is a title."""
_GAP = re.compile(r"\t| {2,}")
_PHRASES = "|".join(sorted((re.escape(phrase) for _, phrase in PHRASES), key=len, reverse=True))
_TITLE_AT_END = re.compile(rf"(?<=[.)])[45]\d\d (?i:{_PHRASES})\Z")
_JOINED = {
    "status": rf"([1-5]\d\d(?![-\u2013\d])(?: (?i:{_PHRASES}))?)",
    "code": r"([A-Z][A-Z_]*[A-Z]|[a-z]+(?:_[a-z]+)+|-?\d{3,})",
}
"""What stands in a cell of a column that is joined to the next one."""
_SNAKE = re.compile(r"[A-Za-z]+(_[A-Za-z0-9]+)+")
_TERM = re.compile(r"\s*[A-Za-z0-9_.:-]{3,60}(?: [A-Za-z]+){0,3}\s*\Z")


def read_text_page(text: str) -> tuple[Block, ...]:
    """The blocks of a page that was saved as text."""
    lines = [line.rstrip().replace("\xa0", " ") for line in text.splitlines()]
    blocks: list[Block] = []
    at = 0
    while at < len(lines):
        for read in (_read_ruled, _read_bars, _read_columns, _read_joined, _read_sample, _read_definition):
            made, end = read(lines, at)
            if end > at:
                blocks += made
                at = end
                break
        else:
            if lines[at].strip() and not _UNDERLINE.match(lines[at]):
                blocks += _line(lines, at)
            at += 1
    return tuple(blocks)


_Read = tuple[Sequence[Block], int]


def _read_ruled(lines: Sequence[str], at: int) -> _Read:
    """A table whose header has a line below it."""
    if at + 1 >= len(lines) or "|" not in lines[at] or not _RULE.match(lines[at + 1]):
        return (), at
    end = next(
        (
            n
            for n in range(at + 2, len(lines))
            if "|" not in lines[n] or (n + 1 < len(lines) and _RULE.match(lines[n + 1]))
        ),
        len(lines),
    )
    header = _cells(lines[at])
    body = [TableRow(_cells(lines[n]), n + 1) for n in range(at + 2, end)]
    if sum(len([cell for cell in row.cells if cell]) > 1 for row in body) * 2 > len(body):
        return [Table(header, tuple(_with_halves_joined(body, len(header))), at + 1)], end
    # Line breaks within the cells broke each row: so many bars make one row, wherever its lines end.
    pieces = _pieces(lines, at + 2, end)
    rows = [pieces[n : n + len(header)] for n in range(0, len(pieces) - len(header) + 1, len(header))]
    return [Table(header, tuple(map(_row, rows)), at + 1)], end


def _with_halves_joined(rows: Sequence[TableRow], width: int) -> Iterator[TableRow]:
    """Rows that a line break within a cell cut in two are one again, where both halves together are as wide."""
    left = list(rows)
    while left:
        row = left.pop(0)
        if left and len(row.cells) + len(left[0].cells) == width:
            row = TableRow((*row.cells, *left.pop(0).cells), row.line)
        yield row


def _read_bars(lines: Sequence[str], at: int) -> _Read:
    """Lines with bars and no line below a header: rows, or cells that each became a line."""
    end = _end(lines, at, lambda line: "|" in line)
    if end - at < 3:
        return (), at
    rows = [TableRow(_cells(lines[n]), n + 1) for n in range(at, end)]
    widths = Counter(len(row.cells) for row in rows)
    if widths.most_common(1)[0][0] > 1:
        return [Table(rows[0].cells, tuple(rows[1:]), at + 1)], end
    pieces = _pieces(lines, at, end)
    starts = [n for n, (text, _) in enumerate(pieces) if STATUS.match(text)]
    starts = starts or [n for n, (text, _) in enumerate(pieces) if _SNAKE.fullmatch(text)]
    steps = Counter(after - before for before, after in pairwise(starts))
    if not steps or (width := steps.most_common(1)[0][0]) < 2:
        return (), at
    titles = tuple(text for text, _ in pieces[max(starts[0] - width, 0) : starts[0]])
    first = "HTTP status" if STATUS.match(pieces[starts[0]][0]) else "error code"
    cells = [pieces[n : n + width] for n in range(starts[0], len(pieces) - 1, width)]
    if width > 2 and not any(row[width - 1][0] for row in cells if len(row) == width):
        cells, width = [row[: width - 1] for row in cells], width - 1  # between two rows stands nothing
    header = titles if any(map(role_of_label, titles)) else (first, *[""] * (width - 2), "cause")
    return [Table(header, tuple(map(_row, cells)), at + 1)], end


def _read_columns(lines: Sequence[str], at: int) -> _Read:
    """Lines whose cells are divided by tabs or at least two spaces; the first has the titles."""
    end = _end(lines, at, lambda line: _GAP.search(line) is not None or bool(_UNDERLINE.match(line)))
    rows: list[TableRow] = []
    for n in range(at, end):
        if _UNDERLINE.match(lines[n]):
            continue
        cells = tuple(
            cell.strip() for cell in _GAP.split(lines[n].strip("\n") if "\t" in lines[n] else lines[n].strip())
        )
        if rows and len(cells) < len(rows[0].cells) and len(lines[n]) - len(lines[n].lstrip()) > 3:
            last = rows.pop()
            cells, number = (*last.cells[:-1], " ".join((last.cells[-1], *cells))), last.line
            rows.append(TableRow(cells, number))
        else:
            rows.append(TableRow(cells, n + 1))
    if (
        len(rows) < 2
        or _BULLET.match(lines[at])
        or ("\t" not in lines[at] and not any(map(role_of_label, rows[0].cells)))
    ):
        return (), at
    return [Table(rows[0].cells, tuple(rows[1:]), at + 1)], end


def _read_joined(lines: Sequence[str], at: int) -> _Read:
    """Lines whose cells stand one after the other, with a blank or nothing between them, as their titles do."""
    titles = split_titles(lines[at].strip())
    roles = [role_of_label(title) for title in titles]
    if not {"status", "code"} & set(roles):
        return (), at
    wordy = [place for place, role in enumerate(roles) if role not in {"status", "code"}]
    kept = [place for place in range(len(roles)) if place not in wordy[1:]]  # nothing divides one text from the next
    row = re.compile(r"\s*".join(_JOINED.get(str(roles[place]), "(.*)") for place in kept))
    found: list[TableRow] = []
    end = at + 1
    while end < len(lines):
        after = lines[end + 1].strip() if end + 1 < len(lines) else ""
        if match := row.fullmatch(lines[end].strip()):
            found.append(TableRow(match.groups(), end + 1))
        elif found and row.fullmatch(after):  # a cell that goes on
            found[-1] = TableRow((*found[-1].cells[:-1], f"{found[-1].cells[-1]} {lines[end].strip()}"), found[-1].line)
        else:
            break
        end += 1
    if not found:
        return (), at
    header = tuple(titles[place] for place in kept)
    return [Table(header, tuple(found), at + 1)], end


def _read_sample(lines: Sequence[str], at: int) -> _Read:
    """A sample answer: lines from a bracket to the one that closes it."""
    if not (lines[at].strip() in {"{", "["} or lines[at].lstrip().startswith(("{ ", '{"'))):
        return (), at
    depth = 0
    for n in range(at, min(at + 60, len(lines))):
        depth += sum(lines[n].count(sign) for sign in "{[") - sum(lines[n].count(sign) for sign in "}]")
        if depth <= 0:
            return [Code("\n".join(lines[at : n + 1]), at + 1)], n + 1
    return [Code(lines[at], at + 1)], at + 1


def _read_definition(lines: Sequence[str], at: int) -> _Read:
    """A term on a line of its own with its definition indented below it."""
    indent = len(lines[at]) - len(lines[at].lstrip())
    end = _end(lines, at + 1, lambda line: len(line) - len(line.lstrip()) > indent + 1)
    if not _TERM.match(lines[at]) or end == at + 1:
        return (), at
    definition = " ".join(line.strip() for line in lines[at + 1 : end])
    return [Item(f"{lines[at].strip()}: {definition}", at + 1)], end


def _line(lines: Sequence[str], at: int) -> list[Block]:
    """A line of text; one with a bullet is an entry of a list, a short one right before a table a title.

    A title that follows a sentence with nothing between them, as in `It is wrong.401 Unauthorized`, is another line.
    """
    text = lines[at].strip()
    if title := _TITLE_AT_END.search(text):
        return [Paragraph(text[: title.start()], at + 1), Paragraph(title[0], at + 1)]
    bullet = _BULLET.match(lines[at])
    near = [line for line in lines[at + 1 : at + 4] if line.strip()]
    around = [*near[:1], *[line for line in lines[max(at - 3, 0) : at] if line.strip()][-1:]]
    if bullet is not None and _NUMBER.match(text) and not any(map(_NUMBER.match, around)) and text[-1] not in ".\u3002":
        return [Heading(lines[at][bullet.end() :].strip(), 2, at + 1)]
    if bullet is not None:
        return [Item(lines[at][bullet.end() :].strip(), at + 1, 1 + len(bullet[1]) // 2)]
    before_table = bool(near) and ("|" in near[0] or "\t" in near[0] or bool(split_titles(near[0].strip())))
    underlined = at + 1 < len(lines) and _UNDERLINE.match(lines[at + 1]) is not None
    is_title = (before_table or underlined) and len(text) < 60 and "|" not in text and text[-1] not in ".\u3002:"
    return [Heading(text, 2, at + 1) if is_title else Paragraph(text, at + 1)]


def _end(lines: Sequence[str], start: int, holds: Callable[[str], bool]) -> int:
    """The first line from `start` on for which something does not hold."""
    return next((n for n in range(start, len(lines)) if not (lines[n].strip() and holds(lines[n]))), len(lines))


def _pieces(lines: Sequence[str], start: int, end: int) -> list[tuple[str, int]]:
    """What stands between the bars of some lines, with the line where each begins."""
    pieces, line = [], start + 1
    for piece in "\n".join(lines[start:end]).split("|"):
        begins = line + len(piece) - len(piece.lstrip("\n"))
        pieces.append((" ".join(piece.split()), begins))
        line += piece.count("\n")
    return pieces


def _row(pieces: Sequence[tuple[str, int]]) -> TableRow:
    return TableRow(tuple(text for text, _ in pieces), pieces[0][1])


def _cells(line: str) -> tuple[str, ...]:
    """The cells of a line; a bar at either end encloses, it does not separate."""
    return tuple(cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|"))
