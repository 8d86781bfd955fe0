"""Rows over time, in lines and as `history.html`: a strip of signs, and what holds since when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from conformance.checks.model import Verdict
from conformance.history.model import RowHistory, TargetHistory
from conformance.messages import Message, join_messages, plural_message
from conformance.report.format import format_choice
from conformance.report.page import render_page
from conformance.report.translation import Translator, check_language
from conformance.report.words import SYMBOLS, VERDICTS

ABSENT: Final = "·"
_SHOWN: Final = 60
_MOST_CELLS: Final = 366
"""Runs shown of one target on a page: a year of nights; the file has all."""
_LONGEST: Final = 200


def format_history(history: Sequence[TargetHistory], language: str | None = None) -> str:
    """For each target its rows over time, the newest run on the right."""
    say = Translator(check_language(language))
    if not history:
        return say(Message("The history holds no such run.")) + "\n"
    return "\n".join(line for target in history for line in _target(target, say)).rstrip() + "\n"


def format_summary(line: RowHistory) -> str:
    """`violates since 2026-11-05T01:00:00Z; changed back 2 times; wording changed 2026-11-04T01:00:00Z`."""
    if line.verdict is None:
        return ""
    parts = [Message("{verdict} since {since}", verdict=VERDICTS[line.verdict], since=line.since)]
    if line.flickers:
        parts.append(plural_message(line.flickers, "changed back {n} time", "changed back {n} times"))
    if line.wording_changed:
        parts.append(Message("wording changed {date}", date=line.wording_changed))
    if line.cells and line.cells[-1] is None:
        parts.append(Message("not in the newest run"))
    return join_messages("; ", parts)


def describe_newest(target: TargetHistory) -> str:
    """`newest: violates; 2 rows not exercised; 1 known deviation; exploration found deviations in 1 operation`."""
    newest, cells = target.runs[-1], target.newest_cells
    parts: list[str] = [Message("newest: {verdict}", verdict=VERDICTS[newest.verdict])]
    if left := sum(cell.verdict is Verdict.NOT_EXERCISED for cell in cells):
        parts.append(plural_message(left, "{n} row not exercised", "{n} rows not exercised"))
    if known := sum(bool(cell.known) for cell in cells):
        parts.append(plural_message(known, "{n} known deviation", "{n} known deviations"))
    if newest.explored:
        parts.append(
            plural_message(
                newest.explored,
                "exploration found deviations in {n} operation",
                "exploration found deviations in {n} operations",
            )
        )
    if newest.partial:
        parts.append(Message("broken off"))
    return join_messages("; ", parts)


def _target(target: TargetHistory, say: Translator) -> Iterator[str]:
    runs = target.runs
    name = Message("{contract} on {target}", contract=target.contract, target=target.target)
    span = {"run": name, "first": runs[0].started, "last": runs[-1].started}
    yield say(plural_message(len(runs), "{run}: {n} run, {first}", "{run}: {n} runs, {first} to {last}", **span))
    yield "  " + "  ".join(f"{SYMBOLS[verdict]} {say(VERDICTS[verdict])}" for verdict in reversed(Verdict))
    yield f"  {say(describe_newest(target))}"
    if len(runs) > _SHOWN:
        yield f"  {say(Message('the newest {n} runs are shown', n=_SHOWN))}"
    width = max((len(line.id) for line in target.lines), default=0)
    for line in target.lines:
        strip = "".join(SYMBOLS[cell.verdict] if cell else ABSENT for cell in line.cells[-_SHOWN:])
        yield f"  {say(line.id):<{width}}  {strip}  {say(format_summary(line))}"
    changed = [line for line in target.lines if line.wording_changed]
    if changed:
        yield f"  {say(Message('Wordings over time'))}"
    for line in changed:
        yield f"    {say(line.id)}"
        yield from (f"      {since}  {say(text, _LONGEST)}" for since, text in line.wordings)
    if target.choices:
        yield f"  {say(Message('Open choices over time'))}"
    for row, text, stretches in target.choices:
        yield f"    {say(row)} {say(text, _LONGEST)}"
        yield from (f"      {since}  {say(format_choice(answer), _LONGEST)}" for since, answer in stretches)
    yield ""


def render_history(history: Sequence[TargetHistory], language: str | None = None) -> str:
    """The page of a history; for `language` see `render_page`."""
    return render_page(
        "conformance.history",
        "history.html.jinja",
        title=Message("Rows over time"),
        language=language,
        targets=history,
        most=_MOST_CELLS,
        absent=ABSENT,
        attention=_attention,
        newest_of=describe_newest,
        summary=format_summary,
        tables=_tables,
        stretches=_stretches,
    )


def _attention(target: TargetHistory) -> list[RowHistory]:
    """The rows that violate or are inconclusive now, then those whose verdict is another than in the run before."""
    bad = [line for line in target.lines if line.verdict in {Verdict.VIOLATES, Verdict.INCONCLUSIVE}]
    bad.sort(key=lambda line: line.verdict is not Verdict.VIOLATES)
    return [*bad, *(line for line in target.lines if line.just_changed and line not in bad)]


def _tables(target: TargetHistory) -> list[tuple[str, list[RowHistory]]]:
    return [(table, list(lines)) for table, lines in groupby(target.lines, key=lambda line: line.table)]


def _stretches(line: RowHistory) -> str:
    """The strip for those who do not see it: each stretch of one verdict with how many runs it lasted."""
    verdicts = [cell.verdict if cell else None for cell in line.cells[-_MOST_CELLS:]]
    stretches = [(verdict, len(list(group))) for verdict, group in groupby(verdicts)]
    names = [(VERDICTS[verdict] if verdict else Message("absent"), runs) for verdict, runs in stretches]
    return join_messages(", ", [Message("{verdict} in {n} runs", verdict=name, n=runs) for name, runs in names])
