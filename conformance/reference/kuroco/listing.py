"""Searches topics and divides lists of them into pages."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

PER_PAGE: Final = 20
Query = Mapping[str, Sequence[str]]
Topic = Mapping[str, Any]


def search_topics(topics: Iterable[Topic], word: str) -> list[Topic]:
    """Return the topics with a member that contains a word."""
    return [topic for topic in topics if any(word in str(value) for value in topic.values())]


def select_page(topics: list[Topic], query: Query, path: str) -> tuple[list[Topic], dict[str, Any]]:
    """Return the topics of one page (`cnt` per page, 0 for all; `pageID` from 1), and its `pageInfo`."""
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


def _read_number(query: Query, name: str, default: int) -> int:
    text = query.get(name, [""])[0]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default
