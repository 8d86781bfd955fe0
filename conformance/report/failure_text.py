"""A row or an operation that failed, as text: what was expected, what came, and how to send it again."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.model import Level
from conformance.messages import Message, join_messages, plural_message
from conformance.report.evidence import Group, group_findings, row_of_exploration
from conformance.report.format import format_answer, format_finding, format_promise
from conformance.report.sanitize import clip_text
from conformance.report.translation import Translator
from conformance.report.words import name_of
from conformance.results.model import Exploration, KnownDeviationNote, RecordedExchange, RowResult

_SHOWN = 4
"""Groups of findings that say the same which are shown; the report holds all."""
_LONGEST, _MOST_LINES = 300, 24


def format_failure(result: RowResult | Exploration, say: Translator, excerpt: str = "") -> str:
    """The text of one row, of which `excerpt` is the YAML, or of one operation that was explored."""
    row = result if isinstance(result, RowResult) else row_of_exploration(result)
    return "\n".join(_row(row, say, excerpt))


def describe_promise(row: RowResult, say: Translator) -> str:
    """`promised: 400 "Limit: must be no less than 0."`."""
    return f"{say(Message('promised'))}: {say(format_promise(row))}"


def describe_known_deviation(known: KnownDeviationNote, say: Translator) -> str:
    """`known deviation: …`."""
    return f"{say(Message('known deviation'))}: {say(format_known_deviation(known))}"


def format_known_deviation(known: KnownDeviationNote) -> str:
    """The reason, link and expiry of a deviation that a profile lists as known."""
    return " ".join(filter(None, (known.reason, known.link, known.expires)))


def _row(row: RowResult, say: Translator, excerpt: str) -> Iterator[str]:
    yield f"{say(row.id)} {say(name_of(row.verdict))}: {say.choose(row.cause, row.cause_ja)}"
    if row.expected:
        yield f"  {describe_promise(row, say)}"
    if row.known:
        yield f"  {describe_known_deviation(row.known, say)}"
    if row.reason:
        yield f"  {say(row.reason)}"
    if row.lacks:
        yield f"  {say(Message('lacks {names}', names=', '.join(row.lacks)))}"
    if excerpt:
        yield f"\n{row.file}:{row.line}"
        yield from (f"  | {clip_text(line, _LONGEST)}" for line in excerpt.splitlines()[:_MOST_LINES])
    exchanges = {item.n: item for item in row.exchanges}
    groups = group_findings(row.findings)
    for group in groups[:_SHOWN]:
        yield ""
        yield f"  {_level(group[0].level, say)}{say(_describe_group(group))}"
        yield from _exchange(exchanges.get(group[0].exchange or 0), say)
    if more := sum(len(group) for group in groups[_SHOWN:]):
        yield ""
        yield f"  {say(plural_message(more, 'and {n} more finding', 'and {n} more findings'))}"
    yield from (f"  {say(warning)}" for warning in row.warnings)


def _describe_group(group: Group) -> str:
    more = len(group) - 1
    finding = format_finding(group[0])
    if not more:
        return finding
    return join_messages("; ", [finding, plural_message(more, "and at {n} more input", "and at {n} more inputs")])


def _level(level: Level | str, say: Translator) -> str:
    return "" if level == Level.MUST else f"{say(name_of(level))}: "


def _exchange(exchange: RecordedExchange | None, say: Translator) -> Iterator[str]:
    if exchange is None:
        return
    yield f"    {say(Message('sent'))}: {exchange.request.method} {say(exchange.request.url)}"
    yield f"    {say(Message('answer'))}: {say(format_answer(exchange), _LONGEST)}"
    if exchange.curl:
        yield f"    {say(Message('repeat'))}: {say(exchange.curl)}"
