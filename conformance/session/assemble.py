"""Rows and explorations become the results of a run; verdicts only ever get worse on the way up."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from conformance.checks.model import Level, Verdict, worst_verdict
from conformance.contract.contract import Contract
from conformance.messages import Message
from conformance.results.events import Event
from conformance.results.model import (
    BeyondPlan,
    ContractName,
    Exploration,
    KnownDeviationNote,
    NamedCause,
    OutsideRows,
    Results,
    RowResult,
    Suite,
    TableName,
    TargetRun,
)
from conformance.session.causes.apply import apply_causes
from conformance.session.causes.find import find_causes
from conformance.target.known_deviations import KnownDeviation, RowDeviation, match_deviation
from conformance.version import VERSION


def utc_now() -> str:
    """The time as RFC 3339, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def describe_run(contract: Contract, target: Mapping[str, Any]) -> TargetRun:
    """A run of which no row is known yet: whose contract, whose target."""
    file, japanese = contract.file, contract.japanese
    tables = tuple(TableName(one.name, one.title, japanese.titles.get(one.name, "")) for one in contract.tables)
    name = ContractName(
        file.contract, file.edition, file.title, file.document, tables, japanese.labels, sum(1 for _ in contract.rows)
    )
    return TargetRun(name, dict(target), Verdict.NOT_EXERCISED, {}, 0, ())


def describe_deviation(row: RowResult) -> RowDeviation:
    """How a row deviates: by check, what was answered instead."""
    actual = tuple((found.check, found.actual) for found in row.findings if found.level is not Level.NOTE)
    checks = "; ".join(sorted({check for check, _ in actual}))
    return RowDeviation(row.id, row.verdict.value, actual, row.reason or checks)


def mark_known_deviation(row: RowResult, expectations: Sequence[KnownDeviation], today: date) -> RowResult:
    """The row, with a note that its deviation is known where the target's expectations excuse all of it."""
    if row.verdict in (Verdict.CONFORMS, Verdict.NOT_EXERCISED):
        return row
    entry = match_deviation(expectations, describe_deviation(row), today)
    if entry is None:
        return row
    if entry.is_live(today):
        return replace(row, known=KnownDeviationNote(entry.reason, entry.link or "", entry.expires))
    warning = Message(
        "the expectation of {row} ({where}) expired on {date}", row=entry.row, where=entry.where, date=entry.expires
    )
    return replace(row, warnings=(*row.warnings, warning))


def assemble_run(run: TargetRun, rows: Iterable[RowResult], explored: Iterable[Exploration] = ()) -> TargetRun:
    """The run with its rows in the document's order, its counts and its verdict."""
    order = {table.name: index for index, table in enumerate(run.contract.tables)}
    sorted_rows = tuple(sorted(rows, key=lambda row: (order.get(row.table, len(order)), row.row)))
    found = tuple(explored)
    causes = find_causes(run.target, sorted_rows, found)
    sorted_rows, found = apply_causes(sorted_rows, causes), apply_causes(found, causes)
    parts: list[RowResult | Exploration | OutsideRows] = [*sorted_rows, *found, run.outside_rows]
    counts = Counter(row.verdict.value for row in sorted_rows)
    editions = Counter(edition for row in sorted_rows for edition in row.editions[:1])
    verdicts = [*(row.verdict for row in sorted_rows if row.known is None), *(one.verdict for one in found)]
    if sorted_rows and not verdicts:  # each deviation is known
        verdicts = [Verdict.CONFORMS]
    return replace(
        run,
        rows=sorted_rows,
        explored=found,
        undocumented=tuple(one for each in found for one in each.undocumented) or run.undocumented,
        counts={verdict.value: counts[verdict.value] for verdict in Verdict if counts[verdict.value]},
        requests=sum(part.requests for part in parts),
        planned=sum(part.planned for part in parts),
        beyond_plan=sum((part.beyond_plan for part in parts), BeyondPlan()),
        verdict=worst_verdict(verdicts),
        warnings=tuple(dict.fromkeys([*(cause.text for cause in causes), *run.warnings])),
        causes=tuple(NamedCause(cause.key, cause.text) for cause in causes),
        editions=tuple(name for name, _ in editions.most_common()),
    )


# --- from events, while a run goes on, or from the lines of results.jsonl after it was killed


def rebuild_runs(lines: Iterable[Event]) -> tuple[TargetRun, ...]:
    """The runs that the lines describe; a later line of the same row takes the place of an earlier one."""
    runs: dict[str, TargetRun] = {}
    rows: defaultdict[str, dict[str, RowResult]] = defaultdict(dict)
    explored: defaultdict[str, dict[str, Exploration]] = defaultdict(dict)
    for line in lines:
        name = line.contract
        if line.run is not None:
            known = runs.setdefault(name, line.run)
            warnings = tuple(dict.fromkeys([*known.warnings, *line.run.warnings]))
            # The last line of a process has counted its clean-up, too.
            outside = max(known.outside_rows, line.run.outside_rows, key=lambda one: one.requests)
            runs[name] = replace(known, warnings=warnings, outside_rows=outside)
        if line.row is not None:
            rows[name][line.row.id] = line.row
        if line.explored is not None:
            explored[name][line.explored.operation] = line.explored
    return tuple(assemble_run(run, rows[name].values(), explored[name].values()) for name, run in runs.items())


def rebuild_results(lines: Iterable[Event]) -> Results:
    """The whole of what a run leaves; partial where it has no end."""
    events = list(lines)
    first = next((line for line in events if line.started), Event("run", depth="standard", started=utc_now()))
    killed = Event("end", why_partial=Message("the run was killed before it ended"))
    end = next((line for line in events if line.kind == "end"), killed)
    return Results(
        suite=Suite("conformance", VERSION),
        seed=first.seed,
        depth=first.depth,
        started=first.started,
        seconds=round(end.seconds, 3),
        runs=tuple(sorted(rebuild_runs(events), key=lambda run: run.contract.name)),
        partial=bool(end.why_partial),
        why_partial=end.why_partial,
    )
