"""Arranges results for a page: runs, tables in the vendor's order, and rows with the evidence to show."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from conformance.checks.model import Finding, Level, Verdict
from conformance.messages import Message, drop_zeros, plural_message
from conformance.report.evidence import (
    Group,
    Tier,
    choose_attempts,
    choose_exchanges,
    group_findings,
    list_rows,
    proof_exchanges,
)
from conformance.report.sanitize import format_json, to_one_line
from conformance.report.translation import translate
from conformance.report.words import WORST_FIRST
from conformance.results.matching import group_by_table, label_run
from conformance.results.model import (
    Attempt,
    Choice,
    Exploration,
    RecordedExchange,
    Results,
    RowResult,
    TableName,
    TargetRun,
)

_EXPLORED = Message("Exploration beyond the tables")


@dataclass(frozen=True)
class RowView:
    """A row with the evidence to show; `anchor` is its ID, unless another run on the page has the same."""

    row: RowResult
    anchor: str
    target: str
    """The target, if the page shows several targets of the contract; else empty."""
    limits: Tier

    @cached_property
    def exchanges(self) -> tuple[RecordedExchange, ...]:
        return choose_exchanges(self.row, self.limits)

    @cached_property
    def attempts(self) -> tuple[Attempt, ...]:
        return choose_attempts(self.row.attempts, self.limits.attempts)

    @cached_property
    def findings(self) -> tuple[Group, ...]:
        """The findings in groups of equal ones, the most severe first."""
        return group_findings(self.row.findings)

    @property
    def proof(self) -> RecordedExchange | None:
        return proof_exchanges(self.row)

    @property
    def firm(self) -> tuple[Finding, ...]:
        """The findings other than notes, which do not affect the verdict."""
        return tuple(finding for finding in self.row.findings if finding.level is not Level.NOTE)


@dataclass(frozen=True, slots=True)
class TableView:
    name: TableName
    anchor: str
    rows: tuple[RowView, ...]


@dataclass(frozen=True, slots=True)
class RunView:
    run: TargetRun
    anchor: str
    rows_of: str
    """The target, if the page shows several targets of the contract; else empty."""
    tables: tuple[TableView, ...]

    @property
    def rows(self) -> Iterator[RowView]:
        for table in self.tables:
            yield from table.rows

    @property
    def choices(self) -> tuple[tuple[RowView, Choice], ...]:
        return tuple((row, choice) for row in self.rows for choice in row.row.choices)


def build_view(results: Results, limits: Tier) -> tuple[RunView, ...]:
    """Return the runs in order, with anchors that are unique on the page."""
    taken: set[str] = set()
    contracts = Counter(run.contract.name for run in results.runs)
    targets = [label_run(run) if contracts[run.contract.name] > 1 else "" for run in results.runs]
    return tuple(
        _run(run, f"run-{number}", target, limits, taken)
        for number, (run, target) in enumerate(zip(results.runs, targets, strict=True), 1)
    )


def group_rows(rows: Iterable[RowView], verdict: Verdict) -> list[list[RowView]]:
    """Group the rows of a verdict by equal first finding or reason; the largest groups first."""
    groups: dict[tuple[object, ...], list[RowView]] = {}
    for view in rows:
        if view.row.verdict is verdict:
            groups.setdefault(_cause(view), []).append(view)
    return sorted(groups.values(), key=lambda group: -len(group))


def _cause(view: RowView) -> tuple[object, ...]:
    if not view.findings:
        reason = view.row.reason or view.row.id
        if isinstance(reason, Message):  # equal reasons about different inputs are one cause
            return (reason.template, *(value for name, value in reason.values.items() if name != "label"))
        return (reason,)
    worst = view.findings[0][0]
    return worst.check, format_json(worst.expected), format_json(worst.actual), worst.detail, view.row.known


def count_verdicts(rows: Iterable[RowResult | Exploration]) -> tuple[tuple[Verdict, int], ...]:
    """Return the number of rows with each of the five verdicts, the worst first."""
    counts = Counter(row.verdict for row in rows)
    return tuple((verdict, counts[verdict]) for verdict in WORST_FIRST)


def share_of_bar(count: int, counts: Iterable[tuple[Verdict, int]]) -> int:
    """Return the width of a verdict's part of the bar in twentieths, for which the style sheet has classes."""
    return max(1, round(20 * count / max(1, sum(number for _, number in counts))))


def collect_sentences(runs: Iterable[TargetRun]) -> tuple[Message, ...]:
    """Return the result of the runs in one sentence, and further sentences for what must not be overlooked.

    Known deviations are not counted in the first sentence, because they do not affect the verdict; another sentence has
    their number.
    """
    runs = tuple(runs)
    rows = [row for run in runs for row in run.rows]
    known, counts = sum(row.known is not None for row in rows), Counter(row.verdict for row in rows if not row.known)
    none_tried = Verdict.CONFORMS if known else Verdict.NOT_EXERCISED
    worst = next((verdict for verdict in WORST_FIRST if counts[verdict]), none_tried)
    explored = Counter(one.verdict for run in runs for one in run.explored)
    first = _verdict_sentence(worst, counts[worst], len(rows))
    if worst is Verdict.NOT_EXERCISED and explored.keys() - {Verdict.NOT_EXERCISED}:
        first = Message("No row was exercised, only what goes beyond the tables.")
    del counts[worst]  # the first sentence has it
    further = (
        Message("{n} rows are inconclusive.", n=counts[Verdict.INCONCLUSIVE]),
        Message("Exploration beyond the tables found deviations in {n} operations.", n=explored[Verdict.VIOLATES]),
        Message("Exploration beyond the tables is inconclusive for {n} operations.", n=explored[Verdict.INCONCLUSIVE]),
        Message("{n} rows are not counted: what deviates there is listed as known in the profile.", n=known),
        Message("{n} rows were not exercised.", n=counts[Verdict.NOT_EXERCISED]),
        *map(_budget_sentence, runs),
    )
    return (first, *drop_zeros(further))


def _budget_sentence(run: TargetRun) -> Message:
    untried = sum(len(row.untried) for row in run.rows) if run.budget is not None else 0
    total = untried + sum(len(row.attempts) for row in run.rows)
    values = {"budget": run.budget, "n": untried, "total": total}
    return Message("The budget of {budget} requests left {n} of {total} probes and controls untried.", **values)


def _verdict_sentence(verdict: Verdict, count: int, total: int) -> Message:
    return {
        Verdict.CONFORMS: plural_message(
            count,
            "The one row that was tried is answered as the vendor promises.",
            "All {n} rows that were tried are answered as the vendor promises.",
        ),
        Verdict.DRIFTS: Message(
            "Every firm promise holds; in {n} of {total} rows something softer, such as the wording, is different.",
            n=count,
            total=total,
        ),
        Verdict.VIOLATES: Message("{n} of {total} rows are not answered as the vendor promises.", n=count, total=total),
        Verdict.INCONCLUSIVE: Message("No row is violated, but {n} of {total} are inconclusive.", n=count, total=total),
        Verdict.NOT_EXERCISED: Message("No row was exercised, so nothing can be said about the target."),
    }[verdict]


def _run(run: TargetRun, anchor: str, target: str, limits: Tier, taken: set[str]) -> RunView:
    explored = [TableName("explored", _EXPLORED, translate(_EXPLORED, "ja"))] if run.explored else []
    tables = tuple(
        TableView(
            table,
            f"{anchor}/table/{to_one_line(table.name)}",
            tuple(_row(row, anchor, target, limits, taken) for row in rows),
        )
        for table, rows in group_by_table(list_rows(run), (*run.contract.tables, *explored))
    )
    return RunView(run, anchor, target, tables)


def _row(row: RowResult, prefix: str, target: str, limits: Tier, taken: set[str]) -> RowView:
    anchor, more = to_one_line(row.id), 1
    while anchor in taken:
        anchor = f"{prefix}/{to_one_line(row.id)}" + (f"/{more}" if more > 1 else "")
        more += 1
    taken.add(anchor)
    return RowView(row, anchor, target, limits)
