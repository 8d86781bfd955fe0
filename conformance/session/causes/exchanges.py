"""What the rules that look for causes ask of one exchange: did it succeed, what does it name, what does it show."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, unquote

from conformance.checks.model import Verdict
from conformance.http import split_url
from conformance.results.model import FIRM, Exploration, RecordedExchange, RowResult

Calls = list[RecordedExchange]


VALID: Final = frozenset({"control", "step", "guard"})
"""Roles of requests that a right target with a right profile answers with a success."""


def succeeded(exchange: RecordedExchange) -> bool:
    return exchange.response is not None and exchange.response.status < 400


def refused_at_last(result: RowResult | Exploration) -> Calls:
    """What made a result inconclusive: valid requests that were refused or not answered, else what was refused last."""
    if result.verdict is not Verdict.INCONCLUSIVE:
        return []
    if isinstance(result, Exploration):
        return list(result.exchanges[-1:])
    valid = [one for one in result.exchanges if one.role in VALID and not succeeded(one)]
    unanswered = [one for one in result.exchanges if one.response is None]
    return valid or unanswered or [one for one in result.exchanges if not succeeded(one)][-1:]


def statuses_of_valid(calls: Calls) -> set[int]:
    """How the valid calls were answered, and any call that succeeded; a faulty one may be refused before all else."""
    statuses = {(one.role, one.response.status) for one in calls if one.response is not None}
    return {status for role, status in statuses if role in VALID or status < 300}


def shows_what_works(exchange: RecordedExchange) -> bool:
    """Whether an answer depends on credential and fixtures: not one from elsewhere, of a fault, or of a limit."""
    response = exchange.response
    return response is not None and not exchange.request.vantage and response.status < 500 and response.status != 429


def uses_value(exchange: RecordedExchange, value: str) -> bool:
    return names_value(exchange, value) or has_text(exchange, value)


def has_text(exchange: RecordedExchange, value: str) -> bool:
    """Whether a value is a text in the body of a request."""
    return f'"{value}"' in (exchange.request.body or "")


def names_value(exchange: RecordedExchange, value: str) -> bool:
    """Whether a value stands in the path of a request, as whole segments, or is a value of its query."""
    _, of_query = _parts_of_url(exchange.request.url)
    return (not value.isdigit() and value in of_query) or is_in_path(exchange, value)


def is_in_path(exchange: RecordedExchange, value: str) -> bool:
    """Whether a value stands in the path as whole segments; a path with placeholders, or of several, to its end."""
    path, _ = _parts_of_url(exchange.request.url)
    return _path_pattern(value).search(path) is not None


@lru_cache(maxsize=4096)
def _parts_of_url(url: str) -> tuple[str, frozenset[str]]:
    """The path of a URL, decoded and with a slash at both ends, and the values of its query."""
    parts = split_url(url)
    return f"/{unquote(parts.path).strip('/')}/", frozenset(
        value for _, value in parse_qsl(parts.query, keep_blank_values=True)
    )


@lru_cache(maxsize=256)
def _path_pattern(value: str) -> re.Pattern[str]:
    segments = [re.escape(each) for each in value.strip("/").split("/")]
    pattern = "/".join("[^/]+" if "\\{" in each else each for each in segments)
    return re.compile(f"/{pattern}/{'$' if len(segments) > 1 else ''}")


def is_below(exchange: RecordedExchange, values: Iterable[str]) -> bool:
    return any(is_in_path(exchange, each) for each in values)


def must_refuse(exchange: RecordedExchange, value: str) -> bool:
    return exchange.role in FIRM and uses_value(exchange, value)


def members(body: str) -> frozenset[str]:
    """The names of all members in a JSON text; those of a text that is cut, as far as they can be seen."""
    strings = re.finditer(r'"((?:[^"\\]|\\.)*)"(\s*:)?', body, re.DOTALL)
    return frozenset(each[1] for each in strings if each[2])


def shows(exchange: RecordedExchange, value: str) -> bool:
    return exchange.response is not None and value in exchange.response.body
