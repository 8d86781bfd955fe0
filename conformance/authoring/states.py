"""Recognizes the tables and lists of a page that are no errors: the states of a thing, and its events."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from conformance.authoring.blocks import Block, Item, TableBlock
from conformance.authoring.error_tables import classify_columns
from conformance.authoring.error_text import error_statuses, plain_cell

_OF_PROGRESS = re.compile(
    "accepted|activated?|active|approved|authorized|captured|completed?|confirmed|created|delivered|dispatched|draft|"
    "finished|fulfilled|inprogress|open|paid|pending|placed|process(ed|ing)|published|queued|ready|received|running|"
    "scheduled|sent|settled|shipped|started|submitted|succeeded|updated|waiting"
)
"""Words for states that no error has."""
_OF_AN_END = re.compile(
    "aborted|busy|cancell?ed|closed|declined|deleted|denied|disputed|error|expired|failed|failure|inactive|noanswer|"
    "onhold|paused|purchased|refunded|rejected|returned|reversed|stopped|success|successful|suspended|timeout|unknown|"
    "voided|withdrawn"
)
"""Words for states that may also be errors."""
_LEAD = re.compile(r"\W*(\w+(?:\.\w+)*)")
_MARKED = re.compile(r"`(\w+(?:\.\w+)*)`")


def without_states(blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the blocks of a page except its tables and lists of states (`pending`) or events (`order.paid`)."""
    for is_list, group in groupby(blocks, lambda block: isinstance(block, Item)):
        run = list(group)
        entries = [block for block in run if isinstance(block, Item)]
        if is_list and are_states(_words_of_list(entries)):
            continue
        yield from (block for block in run if not (isinstance(block, TableBlock) and _has_states(block)))


def are_states(words: Sequence[str]) -> bool:
    """Return whether words name states or events: at least two of them, one of progress, and a third of all words."""
    plain = [re.sub(r"[\W_]", "", word.rpartition(".")[2]).casefold() for word in words]
    states = [word for word in plain if _OF_PROGRESS.fullmatch(word) or _OF_AN_END.fullmatch(word)]
    several = len({word.casefold() for word, one in zip(words, plain, strict=True) if one in states}) > 1
    return several and any(map(_OF_PROGRESS.fullmatch, states)) and 3 * len(states) >= len(words)


def _has_states(table: TableBlock) -> bool:
    """Return whether a column of a table without error statuses has states, in about each row another."""
    places = [n for n, (role, _) in enumerate(classify_columns(table)) if role in {"code", "message", "status", None}]
    columns = [[plain_cell(row.cells[n]) for row in table.rows if n < len(row.cells)] for n in places]
    is_answered = any(error_statuses(cell) for row in table.rows for cell in row.cells)
    return not is_answered and any(are_states(cells) and 2 * len({*cells}) > len(cells) for cells in columns)


def _words_of_list(entries: Sequence[Item]) -> list[str]:
    """Return the first word of each entry of a list, or all marked ones if it shows transitions between states."""
    outer = [one.text for one in entries if one.level == entries[0].level]
    if any(map(error_statuses, outer)):
        return []
    found = (_MARKED.findall(text) if "\u2192" in text else _LEAD.findall(text)[:1] for text in outer)
    return [word for words in found for word in words]
