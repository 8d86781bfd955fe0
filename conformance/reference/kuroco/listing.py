"""Lists of topics: filters, order and pages."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

PER_PAGE: Final = 20
_TERM = re.compile(r"""\s*(\w+)\s*(!=|=|contains)\s*("[^"]*"|'[^']*'|\S+)\s*""")
_FILTERS: Final = ("id[]", "id", "filter", "topics_keyword", "contents_type[]")
Query = Mapping[str, Sequence[str]]
Topic = Mapping[str, Any]


def has_filter(query: Query) -> bool:
    """Whether the query has a filter."""
    return any(query.get(name, [""])[0] for name in _FILTERS)


def filter_topics(topics: Iterable[Topic], query: Query) -> list[Topic] | None:
    """The topics that every filter of the query matches; None where `filter` is malformed."""
    ids = {*query.get("id[]", ()), *query.get("id", ())} - {""}
    types = {*query.get("contents_type[]", ())} - {""}
    word = query.get("topics_keyword", [""])[0]
    terms = _parse_filter(query.get("filter", [""])[0])
    if terms is None:
        return None
    return [
        topic
        for topic in topics
        if (not ids or str(topic["topics_id"]) in ids)
        and (not types or str(topic["contents_type"]) in types)
        and (not word or any(word in str(value) for value in topic.values()))
        and all(_matches(topic, *term) for term in terms)
    ]


def sort_topics(topics: list[Topic], query: Query, default: str) -> list[Topic]:
    """Sorted by `order_query` (such as `topics_id:asc`), else in the site's default order."""
    name, _, direction = query.get("order_query", [""])[0].partition(":")
    if name and all(name in topic for topic in topics):
        return sorted(topics, key=lambda topic: (str(type(topic[name])), topic[name]), reverse=direction == "desc")
    return sorted(topics, key=lambda topic: topic["topics_id"], reverse=default == "newest first")


def select_page(topics: list[Topic], query: Query, path: str) -> tuple[list[Topic], dict[str, Any]]:
    """The topics of one page (`cnt` per page, 0 for all; `pageID` from 1), and its `pageInfo`."""
    count = _read_number(query, "cnt", PER_PAGE) or max(1, len(topics))
    pages = max(1, math.ceil(len(topics) / count))
    number = max(1, _read_number(query, "pageID", 1))
    shown = topics[(number - 1) * count : number * count]
    first = (number - 1) * count + 1 if shown else 0
    return shown, {
        "totalCnt": len(topics),
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


def _parse_filter(text: str) -> list[tuple[str, str, str]] | None:
    if not text.strip():
        return []
    found = [_TERM.fullmatch(part) for part in re.split(r"\s+AND\s+", text, flags=re.IGNORECASE)]
    terms = [(term[1], term[2], term[3].strip("\"'")) for term in found if term]
    return terms if len(terms) == len(found) else None


def _matches(topic: Topic, name: str, operator: str, operand: str) -> bool:
    value = str(topic.get(name, ""))
    if operator == "contains":
        return operand in value
    return (value == operand) == (operator == "=")


def _read_number(query: Query, name: str, default: int) -> int:
    text = query.get(name, [""])[0]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default
