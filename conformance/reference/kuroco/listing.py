"""A list of topics: what the query leaves of it, in which order, and on which page."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

__all__ = ["is_filtered", "order", "page", "select"]

PER_PAGE: Final = 20
_TERM = re.compile(r"""\s*(\w+)\s*(!=|=|contains)\s*("[^"]*"|'[^']*'|\S+)\s*""")
_FILTERS: Final = ("id[]", "id", "filter", "topics_keyword", "contents_type[]")
Query = Mapping[str, Sequence[str]]
Row = Mapping[str, Any]


def is_filtered(query: Query) -> bool:
    """Whether the query asks for less than everything."""
    return any(query.get(name, [""])[0] for name in _FILTERS)


def select(rows: Iterable[Row], query: Query) -> list[Row] | None:
    """The rows that every filter of the query lets through; None where `filter` cannot be read."""
    ids = {*query.get("id[]", ()), *query.get("id", ())} - {""}
    types = {*query.get("contents_type[]", ())} - {""}
    word = query.get("topics_keyword", [""])[0]
    terms = _terms(query.get("filter", [""])[0])
    if terms is None:
        return None
    return [
        row
        for row in rows
        if (not ids or str(row["topics_id"]) in ids)
        and (not types or str(row["contents_type"]) in types)
        and (not word or any(word in str(value) for value in row.values()))
        and all(_holds(row, *term) for term in terms)
    ]


def order(rows: list[Row], query: Query, default: str) -> list[Row]:
    """By `order_query` (`topics_id:asc`), else as the site does it."""
    name, _, direction = query.get("order_query", [""])[0].partition(":")
    if name and all(name in row for row in rows):
        return sorted(rows, key=lambda row: (str(type(row[name])), row[name]), reverse=direction == "desc")
    return sorted(rows, key=lambda row: row["topics_id"], reverse=default == "newest first")


def page(rows: list[Row], query: Query, path: str) -> tuple[list[Row], dict[str, Any]]:
    """The rows of the page asked for (`cnt` on each, 0 for all; `pageID` from 1), and `pageInfo` about it."""
    count = _number(query, "cnt", PER_PAGE) or max(1, len(rows))
    pages = max(1, math.ceil(len(rows) / count))
    number = max(1, _number(query, "pageID", 1))
    shown = rows[(number - 1) * count : number * count]
    first = (number - 1) * count + 1 if shown else 0
    return shown, {
        "totalCnt": len(rows),
        "perPage": count,
        "totalPageCnt": pages,
        "pageNo": number,
        "firstIndex": first,
        "lastIndex": first + len(shown) - 1 if shown else 0,
        "path": path,
        "param": "?" + urlencode({k: v for k, v in query.items() if k != "pageID"}, doseq=True),
        "startPageNo": 1,
        "endPageNo": pages,
        "first_page_param": "pageID=1",
        "previous_page_param": f"pageID={number - 1}" if number > 1 else "",
        "next_page_param": f"pageID={number + 1}" if number < pages else "",
        "last_page_param": f"pageID={pages}",
        "other_page_param": [f"pageID={other}" for other in range(1, pages + 1) if other != number],
    }


def _terms(text: str) -> list[tuple[str, str, str]] | None:
    if not text.strip():
        return []
    found = [_TERM.fullmatch(part) for part in re.split(r"\s+AND\s+", text, flags=re.IGNORECASE)]
    terms = [(term[1], term[2], term[3].strip("\"'")) for term in found if term]
    return terms if len(terms) == len(found) else None


def _holds(row: Row, name: str, operator: str, wanted: str) -> bool:
    value = str(row.get(name, ""))
    if operator == "contains":
        return wanted in value
    return (value == wanted) == (operator == "=")


def _number(query: Query, name: str, default: int) -> int:
    text = query.get(name, [""])[0]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default
