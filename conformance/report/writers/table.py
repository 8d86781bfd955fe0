"""Formats results for the terminal with rich: counts for each table, then each violation in four lines."""

from collections.abc import Iterable, Iterator
from io import StringIO

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from conformance.checks.model import Verdict
from conformance.messages import Message
from conformance.report.evidence import list_rows, proof_exchanges
from conformance.report.format import format_answer, format_promise, format_reason
from conformance.report.sanitize import to_one_line
from conformance.report.translation import Bilingual, Translator
from conformance.report.view import collect_sentences, count_verdicts
from conformance.report.words import SYMBOLS, VERDICTS, WORST_FIRST
from conformance.results.model import Results, RowResult, TargetRun

STYLES = {
    Verdict.CONFORMS: "green", Verdict.DRIFTS: "yellow", Verdict.VIOLATES: "bold red",
    Verdict.INCONCLUSIVE: "magenta", Verdict.NOT_EXERCISED: "dim",
}  # fmt: skip
"""Terminal styles of verdicts; a symbol or a word always accompanies the colour."""

_LONGEST = 100
_WIDTH_FOR_NAMES = 100


def print_table(console: Console, results: Results, language: str | None = None, *, with_causes: bool = True) -> None:
    """Print the results of a run as plain text, not markup; commands keep their lines, so that they can be copied.

    `with_causes` is false where causes of the whole run were printed before, with their lines of the profile.
    """
    say = Translator.of(results.runs, language)
    parts: list[RenderableType] = []
    for run in results.runs:
        named = console.width >= _WIDTH_FOR_NAMES
        parts += [_counts(run, say, named=named), *_warnings(run, say, with_causes=with_causes), *_violations(run, say)]
    if results.partial:
        broken = say(Message("This run was broken off; what it had found is below."))
        parts.append(Text(f"{broken} {say(results.why_partial)}", style="yellow"))
    verdict = results.verdict
    sentences = " ".join(map(say, collect_sentences(results.runs)))
    parts.append(Text.assemble((f"{SYMBOLS[verdict]} {say(VERDICTS[verdict])}", STYLES[verdict]), f"  {sentences}"))
    console.print(Group(*parts), crop=False)


def format_table(results: Results, language: str | None = None, *, with_causes: bool = True) -> str:
    """Return the printed results as text without colour, 120 columns wide."""
    console = Console(file=StringIO(), width=120, color_system=None, force_terminal=False, legacy_windows=False)
    with console.capture() as capture:
        print_table(console, results, language, with_causes=with_causes)
    return capture.get()


def describe_violation(row: RowResult, say: Translator) -> Iterator[Text]:
    """Yield its lines: row and promise; warnings; finding; answer; command that reproduces it."""
    known = f" ({say(Message('Known deviation'))})" if row.known else ""
    promise = f" → {say(format_promise(row))}" if row.expected else ""
    head = f"{SYMBOLS[row.verdict]} {to_one_line(row.id)}"
    yield Text.assemble((head, STYLES[row.verdict]), f"{known}  {say(Bilingual(row.cause, row.cause_ja))}{promise}")
    for warning in row.warnings:
        yield Text(f"  ! {say(warning)}", style="yellow", no_wrap=True, overflow="ignore")
    yield _entry(say(Message("found")), say(format_reason(row)))
    if proof := proof_exchanges(row):
        yield _entry(say(Message("answer")), say(format_answer(proof), _LONGEST))
        yield _entry(say(Message("repeat")), say(proof.curl or f"{proof.request.method} {proof.request.url}"))


def _counts(run: TargetRun, say: Translator, *, named: bool) -> Table:
    """Return the table of counts; verdicts are not `named` on a terminal that has no room for it."""
    title = to_one_line(f"{run.contract.title or run.contract.name} · {run.target.get('base_url', '')}")
    table = Table(title=Text(title), title_justify="left", box=None, pad_edge=False, header_style="dim")
    table.add_column(say(Message("Table")))
    for verdict in WORST_FIRST:
        head = f"{SYMBOLS[verdict]} {say(VERDICTS[verdict])}" if named else SYMBOLS[verdict]
        table.add_column(head, justify="right")
    table.add_column(say(Message("Requests")), justify="right")
    every = list_rows(run)
    for name in dict.fromkeys(row.table for row in every):
        rows = [row for row in every if row.table == name]
        table.add_row(Text(to_one_line(name)), *_cells(rows), str(sum(row.requests for row in rows)))
    counted = sum(row.requests for row in every)
    if run.requests > counted:
        nothing = [Text("·", style="dim")] * len(WORST_FIRST)
        table.add_row(say(Message("set-up and clean-up")), *nothing, str(run.requests - counted))
    table.add_section()
    table.add_row("", *_cells(every), str(max(counted, run.requests)), style="bold")
    return table


def _cells(rows: Iterable[RowResult]) -> Iterator[Text]:
    for verdict, count in count_verdicts(rows):
        yield Text(str(count) if count else "·", style=STYLES[verdict] if count else "dim")


def _violations(run: TargetRun, say: Translator) -> Iterator[Text]:
    for row in list_rows(run):
        if row.verdict is Verdict.VIOLATES:
            yield from describe_violation(row, say)
            yield Text("")


def _warnings(run: TargetRun, say: Translator, *, with_causes: bool) -> Iterator[Text]:
    """Yield the run's causes and warnings, such as possible leftovers, except reasons of single rows."""
    causes, reasons = {cause.text for cause in run.causes}, {row.reason for row in list_rows(run)}
    for text in run.warnings:
        if with_causes if text in causes else text not in reasons:
            yield Text(f"! {say(text)}", style="yellow")


def _entry(name: str, text: str) -> Text:
    """Return a line that is not broken, so that it can be copied completely; the terminal wraps it."""
    entry = Text.assemble((f"  {name}: ", "dim"), text)
    entry.no_wrap, entry.overflow = True, "ignore"
    return entry
