"""Tables whose cells follow each other one by one: as lines, as paragraphs, or as pieces between bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise, takewhile

from conformance.authoring.blocks import TableBlock, TableRow
from conformance.authoring.columns import CODE_OF_PARTS, STATUS, role_of_label

Cell = tuple[str, int]
"""The text of a cell and its line."""
_MOST_TITLES = 8
_LONGEST_TITLE = 40


def table_of_cells(cells: Sequence[Cell]) -> tuple[TableBlock, int] | None:
    """The table whose titles some cells begin with, and how many of them it takes.

    Its rows are as long as its statuses, or else its codes, are apart.
    """
    first = [text for text, _ in cells[: 3 * _MOST_TITLES]]
    anchor = STATUS if any(map(STATUS.match, first)) else CODE_OF_PARTS
    starts = [n for n, text in enumerate(first) if anchor.match(text)]
    steps = Counter(after - before for before, after in pairwise(starts))
    width = steps.most_common(1)[0][0] if steps else 0
    place = starts[0] - width if starts else -1
    titles = first[:width]
    if not 2 <= width <= _MOST_TITLES or not 0 <= place < width or any(len(text) > _LONGEST_TITLE for text in titles):
        return None
    starts_of_rows = takewhile(lambda n: anchor.match(cells[n + place][0]), range(width, len(cells) - place, width))
    rows = [cells[n : n + width] for n in starts_of_rows]
    made = tuple(TableRow(tuple(text for text, _ in row), row[0][1]) for row in rows)
    return TableBlock(tuple(titles), made, cells[0][1]), width * (1 + len(rows))


def table_of_pieces(pieces: Sequence[Cell]) -> TableBlock | None:
    """The table of what stands between bars: from the title of a column on, or without titles from its first row on."""
    titled = next((n for n, (text, _) in enumerate(pieces) if role_of_label(text)), None)
    if titled is not None and (found := table_of_cells(pieces[titled:])) is not None:
        return found[0]
    has_status = any(STATUS.match(text) for text, _ in pieces)
    anchor, title = (STATUS, "HTTP status") if has_status else (CODE_OF_PARTS, "code")
    start = next((n for n, (text, _) in enumerate(pieces) if anchor.match(text)), len(pieces))
    steps = [n - start for n in range(start + 2, len(pieces)) if anchor.match(pieces[n][0])]
    if not steps:
        return None
    line = pieces[start][1]
    found = table_of_cells([(title, line), *[("", line)] * (steps[0] - 1), *pieces[start:]])
    return found[0] if found is not None else None
