"""Pages saved as text: tables by bars, tabs or columns, cells that became lines, lists, terms and definitions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

from conformance.authoring.blocks import Block, Code, Heading, Item, Paragraph, TableBlock, TableRow, build_table
from conformance.authoring.columns import PHRASES, STATUS, role_of_label, split_titles

_RULE = re.compile(r"\s*\|?\s*:?[-\u2013\u2014]{2,}:?\s*([|+]\s*:?[-\u2013\u2014]{2,}:?\s*)*\|?\s*\Z")
"""The line below a table's header."""
_UNDERLINE = re.compile(r"\s*[-=+~]{3,}[-=+~\s]*\Z")
_BULLET = re.compile(r"(\s*)(?:[\u2022\u2023\u25e6\u25aa\u25cf\u30fb\u00b7*+-]|\d{1,2}[.)])\s+(?=\S)")
_NUMBER = re.compile(r"\s*\d{1,2}[.)]\s")
"""How an entry of a numbered list begins; where there is but one, it is a title."""
_GAP = re.compile(r"\t| {2,}")
_PHRASES = "|".join(sorted((re.escape(phrase) for _, phrase in PHRASES), key=len, reverse=True))
_TITLE_AT_END = re.compile(rf"(?<=[.)])[45]\d\d (?i:{_PHRASES})\Z")
_JOINED = {
    "status": rf"(-?\d{{3,6}}(?![-\u2013\d])(?: (?i:{_PHRASES}))?)",
    "code": r"([A-Z][A-Z0-9]+(?:[_-][A-Z0-9]+)*(?![a-z_-])|[a-z]+(?:_[a-z]+)+"
    r"|[a-z]{4,}(?=\s[^\W\da-z])|-?\d{3,}|-?\d{1,2}(?=\s|[^ -~]))",
}
"""What stands in a cell of a column that is joined to the next one."""
_TEXT_BEGINS = re.compile(r"(?<=[a-z.!?)])(?=[A-Z][a-z])")
_TITLE_WITH_STATUS = re.compile(r"[^\W\d][^.|:]{2,50}\s\([45]\d\d(\s*[/,]\s*[45]\d\d)*\)")
_STATUS_LINE = re.compile(r"HTTP/\d(\.\d)? \d{3}\b")
_OPENS = re.compile(r"\s*(\{|\[)\s*\Z|\s*\{\s*[\"\u201c\u201d]|\s*\{ ")
_GLUED = re.compile(r"([A-Z][A-Z0-9]*(?:[_-][A-Z0-9]+)+)(?=[A-Z][a-z]|[^ -~])(.+)")
"""A code with its text right behind it: `AUTH-401Unauthenticated`."""
_RUN_ON = re.compile(r"(?<=[\w)])(?=[1-5]\d\d \s*[-\u2013:] )")
"""Where another entry of a list begins in a line: `201 - Created400 - Bad Request`."""
_SNAKE = re.compile(r"[A-Za-z]+(_[A-Za-z0-9]+)+")

_TERM = re.compile(r"\s*[A-Za-z0-9_.:-]{3,60}(?: [A-Za-z]+){0,3}\s*\Z")


def read_text_page(text: str) -> tuple[Block, ...]:
    """The blocks of a page that was saved as text."""
    lines = [line.rstrip().replace("\xa0", " ") for line in text.splitlines()]
    blocks: list[Block] = []
    at = 0
    while at < len(lines):
        reads = (
            read(lines, at)
            for read in (_read_cells, _read_bars, _read_columns, _read_joined, _read_sample, _read_definition)
        )
        if (found := next(filter(None, reads), None)) is not None:
            made, at = found
            blocks.append(made)
            continue
        if lines[at].strip() and not _UNDERLINE.match(lines[at]):
            blocks += _line(lines, at)
        at += 1
    return tuple(blocks)


_Read = tuple[Block, int] | None
"""What begins on a line, and the line after it; None where nothing of the kind does."""


def _read_bars(lines: Sequence[str], at: int) -> _Read:
    """Lines with bars: rows below a header, or cells that each became a line."""
    ruled = at + 1 < len(lines) and "|" in lines[at] and _RULE.match(lines[at + 1]) is not None
    if not ruled and _goes_on(lines, at):
        return None
    start = at + 2 if ruled else at
    end = _end(lines, start, lambda line: "|" in line)
    end = next((n for n in range(start, end - 1) if ruled and _RULE.match(lines[n + 1])), end)
    if not ruled and end - at < 3:
        return None
    rows = [
        TableRow(_cells(text), n + 1) for text, n in _whole_lines(lines, start if ruled else at + 1, end, lines[at])
    ]
    # A sentence may stand before the titles.
    header = _cells(lines[at])[-max((len(row.cells) for row in rows), default=1) :]
    in_rows = sum(sum(map(bool, row.cells)) > 1 for row in rows) * 2 > len(rows)
    if in_rows:
        return TableBlock(header, tuple(rows), at + 1), end
    # Line breaks broke the rows: so many bars make one row, wherever its lines end.
    pieces = _pieces(lines, start, end)
    header, first = (header, 0) if ruled else _titles_of_pieces(pieces)
    width = len(header)
    if width < 2:
        return None
    cells = [pieces[n : n + width] for n in range(first, len(pieces) - width + 2, width)]
    return TableBlock(header, tuple(TableRow(tuple(text for text, _ in row), row[0][1]) for row in cells), at + 1), end


def _read_cells(lines: Sequence[str], at: int) -> _Read:
    """Cells that have a line each, with a line of nothing but a bar before each row.

    The first cell of a row that lacks one is that of the row above.
    """
    if lines[at].strip() != "|" or _goes_on(lines, at):
        return None
    end = _end(lines, at, lambda line: "|" in line)
    rows: list[TableRow] = []
    for n in range(at, end):
        if lines[n].strip() == "|":
            rows.append(TableRow((), n + 1))
        elif rows and not _RULE.match(lines[n]):
            rows[-1] = TableRow((*rows[-1].cells, *_cells(lines[n])), rows[-1].line)
    rows = [row for row in rows if row.cells]
    if len(rows) < 2:
        return None
    width = len(rows[0].cells)
    for n, row in enumerate(rows):
        if len(row.cells) == width - 1 and not STATUS.match(row.cells[0]):
            rows[n] = TableRow((rows[n - 1].cells[0], *row.cells), row.line)
    table = build_table(rows, at + 1)
    return (table, end) if table is not None else None


def _whole_lines(lines: Sequence[str], start: int, end: int, header: str) -> list[tuple[str, int]]:
    """Lines with bars, those made whole that a break within a cell cut in two."""
    made: list[tuple[str, int]] = []
    for n in range(start, end):
        bars = made[-1][0].count("|") + lines[n].count("|") if made else 0
        is_cut = bool(made) and header.endswith("|") and not made[-1][0].endswith("|")
        if made and (bars == header.count("|") or (is_cut and bars <= header.count("|"))):
            made[-1] = (f"{made[-1][0]} {lines[n]}", made[-1][1])
        else:
            made.append((lines[n], n))
    return made


def _goes_on(lines: Sequence[str], at: int) -> bool:
    """Whether a line stands within lines with bars that were no table from their first one on."""
    return at > 0 and "|" in lines[at - 1]


def _titles_of_pieces(pieces: Sequence[tuple[str, int]]) -> tuple[tuple[str, ...], int]:
    """The titles of cells that each became a line, and where their rows begin: by their statuses or their codes."""
    statuses = [n for n, (text, _) in enumerate(pieces) if STATUS.match(text)]
    starts = statuses or [n for n, (text, _) in enumerate(pieces) if _SNAKE.fullmatch(text)]
    steps = Counter(after - before for before, after in pairwise(starts))
    if not steps:
        return (), 0
    width = steps.most_common(1)[0][0]
    titles = tuple(text for text, _ in pieces[max(starts[0] - width, 0) : starts[0]])
    if not any(map(role_of_label, titles)):
        between = not any(pieces[n + width - 1][0] for n in starts if n + width <= len(pieces))  # an empty cell each
        blank = [""] * (width - 2 - (between and width > 2))
        titles = ("HTTP status" if statuses else "error code", *blank, "cause", *[""] * (width - 2 - len(blank)))
    return titles, starts[0]


def _read_columns(lines: Sequence[str], at: int) -> _Read:
    """Lines whose cells are divided by tabs or at least two spaces; the first has the titles."""
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
    titled = bool(rows) and ("\t" in lines[at] or any(map(role_of_label, rows[0].cells)))
    table = build_table(rows, at + 1) if titled and not _BULLET.match(lines[at]) else None
    return (table, end) if table is not None else None


def _read_joined(lines: Sequence[str], at: int) -> _Read:
    """Lines whose cells stand one after the other, with a blank or nothing between them, as their titles do."""
    titles = split_titles(lines[at].strip())
    roles = [str(role_of_label(title) or "code") for title in titles]
    for keys in (_JOINED.keys(), {"code"}, {"status"}):  # of two such columns, one may hold texts
        wordy = [place for place, role in enumerate(roles) if role not in keys]
        groups = ["()" if place in wordy[1:] else _JOINED.get(role, "(.*)") for place, role in enumerate(roles)]
        groups = ["(.*)" if place in wordy[:1] else group for place, group in enumerate(groups)]
        if len(wordy) < len(roles) and (found := _rows_of(re.compile(r"\s*".join(groups)), lines, at + 1, wordy)):
            rows, end = found
            return TableBlock(titles, tuple(_with_texts_apart(one, wordy) for one in rows), at + 1), end
    return None


def _rows_of(
    pattern: re.Pattern[str], lines: Sequence[str], at: int, wordy: Sequence[int]
) -> tuple[list[TableRow], int] | None:
    """The lines from one on that are rows of a pattern, and the line after them; a text may go on in the next line."""
    found: list[TableRow] = []
    for end in range(at, len(lines) + 1):
        line, after = (lines[n].strip() if n < len(lines) else "" for n in (end, end + 1))
        if match := pattern.fullmatch(line):
            found.append(TableRow(match.groups(), end + 1))
        elif found and pattern.fullmatch(after):
            cells = list(found[-1].cells)
            cells[wordy[0] if wordy else -1] += f" {line}"
            found[-1] = TableRow(tuple(cells), found[-1].line)
        else:
            break
    return (found, end) if found else None


def _with_texts_apart(row: TableRow, wordy: Sequence[int]) -> TableRow:
    """A row whose texts stand in their columns, where a capital letter right after a small one divides them."""
    texts = _TEXT_BEGINS.split(row.cells[wordy[0]]) if wordy else []
    if len(texts) != len(wordy):
        return row
    apart = dict(zip(wordy, texts, strict=True))
    return TableRow(tuple(apart.get(place, cell) for place, cell in enumerate(row.cells)), row.line)


def _read_sample(lines: Sequence[str], at: int) -> _Read:
    """A sample answer: lines from a bracket to the one that closes it, with the status line and the headers above."""
    has_head = _STATUS_LINE.match(lines[at]) is not None
    first = next((n for n in range(at, min(at + 8, len(lines))) if _OPENS.match(lines[n])), None) if has_head else at
    if first is None or not _OPENS.match(lines[first]):
        return None
    depth = 0
    for n in range(first, min(first + 60, len(lines))):
        depth += sum(lines[n].count(sign) for sign in "{[") - sum(lines[n].count(sign) for sign in "}]")
        if depth <= 0:
            return Code("\n".join(lines[at : n + 1]), at + 1), n + 1
    return Code(lines[at], at + 1), at + 1


def _read_definition(lines: Sequence[str], at: int) -> _Read:
    """A term on a line of its own with its definition indented below it."""
    indent = len(lines[at]) - len(lines[at].lstrip())
    end = _end(lines, at + 1, lambda line: len(line) - len(line.lstrip()) > indent + 1)
    if not _TERM.match(lines[at]) or end == at + 1:
        return None
    definition = " ".join(line.strip() for line in lines[at + 1 : end])
    return Item(f"{lines[at].strip()}: {definition}", at + 1), end


def _line(lines: Sequence[str], at: int) -> list[Block]:
    """A line of text; one with a bullet is an entry of a list, a short one right before a table a title.

    A title that follows a sentence with nothing between them, as in `It is wrong.401 Unauthorized`, is another line.
    """
    text = lines[at].strip()
    if glued := _GLUED.fullmatch(text):
        return [Item(f"{glued[1]}: {glued[2]}", at + 1)]
    if len(entries := _RUN_ON.split(text)) > 2:
        return [Item(entry.strip("{["), at + 1) for entry in entries]
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
    is_title = is_title or _TITLE_WITH_STATUS.fullmatch(text) is not None
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


def _cells(line: str) -> tuple[str, ...]:
    """The cells of a line; a bar at either end encloses, it does not separate."""
    return tuple(cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|"))
