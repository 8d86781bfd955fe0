"""What a failing row shows in pytest's output: its YAML, what was expected and what came, and how to send it again."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.model import Finding
from conformance.report.format import format_values
from conformance.report.sanitize import to_one_line
from conformance.results.model import Exploration, ExploredFinding, RecordedExchange, RowResult

__all__ = ["format_exploration_failure", "format_row_failure"]

SHOWN = 4
"""Findings that are shown; the report holds all."""


def format_row_failure(row: RowResult, excerpt: str) -> str:
    """The text of one failing row."""
    return "\n".join(_row(row, excerpt))


def format_exploration_failure(one: Exploration) -> str:
    """The text of one operation in which exploration found something."""
    exchanges = {item.n: item for item in one.exchanges}
    lines = [f"{one.method} {one.path} ({one.operation}): {one.verdict.value}"]
    for found in one.findings:
        count = f" ({found.count} times)" if found.count > 1 else ""
        lines += ["", f"  {found.level.value} {found.check}{count}", *_values(found)]
        lines += _exchange(exchanges.get(found.exchange or 0))
    return "\n".join(lines)


def _row(row: RowResult, excerpt: str) -> Iterator[str]:
    yield f"{row.id} {row.verdict.value}: {row.cause}"
    if row.reason:
        yield f"  {to_one_line(row.reason)}"
    if excerpt:
        yield ""
        yield f"{row.file}:{row.line}"
        yield from (f"  | {line}" for line in excerpt.splitlines()[:24])
    exchanges = {item.n: item for item in row.exchanges}
    findings = sorted(row.findings, key=lambda item: item.level.value != "must")
    for found in findings[:SHOWN]:
        yield ""
        yield from _finding(found)
        yield from _exchange(exchanges.get(found.exchange or 0))
    if len(findings) > SHOWN:
        yield ""
        yield f"  and {len(findings) - SHOWN} more findings"


def _finding(found: Finding) -> Iterator[str]:
    times = f", {found.times}" if found.times else ""
    yield f"  {found.level.value} {found.check} ({to_one_line(found.where)}{times})"
    yield from _values(found)
    if found.detail:
        yield f"    {to_one_line(found.detail)}"


def _exchange(exchange: RecordedExchange | None) -> Iterator[str]:
    if exchange is None:
        return
    yield f"    sent    {exchange.request.method} {to_one_line(exchange.request.url)}"
    if exchange.response is not None:
        yield f"    answer  {exchange.response.status} {to_one_line(exchange.response.body)[:300]}"
    elif exchange.failure is not None:
        yield f"    answer  none: {exchange.failure.kind} {to_one_line(exchange.failure.detail)}"
    if exchange.curl:
        yield f"    again   {to_one_line(exchange.curl)}"


def _values(found: Finding | ExploredFinding) -> Iterator[str]:
    expected, actual = map(to_one_line, format_values(found))
    yield f"    expected  {expected}"
    yield f"    got       {actual}"
