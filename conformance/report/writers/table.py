"""For the terminal, through rich: counts per table of each contract, then each violation in four lines."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from conformance.checks.model import Verdict
from conformance.report.evidence import proof_exchanges
from conformance.report.format import format_answer, format_exploration_finding, format_promise
from conformance.report.sanitize import clip_text, format_json, to_one_line
from conformance.report.translation import checked_language, translate, translate_results, translate_row
from conformance.report.view import SYMBOLS, WORST_FIRST, collect_sentences, count_verdicts
from conformance.results.model import Results, RowResult, TargetRun

__all__ = ["STYLES", "build_renderable", "build_violation", "format_table", "print_table"]

STYLES = {
    Verdict.CONFORMS: "green", Verdict.DRIFTS: "yellow", Verdict.VIOLATES: "bold red",
    Verdict.INCONCLUSIVE: "magenta", Verdict.NOT_EXERCISED: "dim",
}  # fmt: skip
"""Of verdicts, for everything that a terminal shows; a symbol or a word always stands beside the colour."""

_LONGEST = 100


def build_renderable(results: Results, language: str | None = None) -> RenderableType:
    """What a console prints when a run is over; every text is plain, so that nothing in it is read as markup."""
    chosen = checked_language(language)
    results = translate_results(results, chosen)
    parts: list[RenderableType] = []
    for run in results.runs:
        parts += [_counts(run, chosen), *_violations(run, chosen)]
    said = " ".join(translate(key, chosen, **values) for key, values in collect_sentences(results.runs))
    verdict = results.verdict
    if results.partial:
        parts.append(Text(f"{translate('report.partial', chosen)} {to_one_line(results.why_partial)}", style="yellow"))
    word = (f"{SYMBOLS[verdict]} {translate(f'verdict.{verdict}', chosen)}", STYLES[verdict])
    parts.append(Text.assemble(word, f"  {said}"))
    return Group(*parts)


def print_table(console: Console, results: Results, language: str | None = None) -> None:
    """Prints it. Commands are not broken over lines, so that they can be copied: the terminal wraps them itself."""
    console.print(build_renderable(results, language), crop=False)


def format_table(results: Results, language: str | None = None) -> str:
    """The same as text without colour, 120 columns wide."""
    console = Console(file=StringIO(), width=120, color_system=None, force_terminal=False, legacy_windows=False)
    with console.capture() as capture:
        print_table(console, results, language)
    return capture.get()


def build_violation(row: RowResult, language: str = "en") -> Iterator[Text]:
    """Four lines: row and promise; the command that sends it again, in one piece; what was expected; what came."""
    row = translate_row(row, language)
    known = f" ({translate('row.known', language)})" if row.known else ""
    proof = proof_exchanges(row)
    worst = next((one for one in row.findings if proof and one.exchange == proof.n), next(iter(row.findings), None))
    yield Text.assemble(
        (f"{SYMBOLS[row.verdict]} {to_one_line(row.id)}", STYLES[row.verdict]),
        f"{known}  {to_one_line(row.cause)} → {format_promise(row)}",
    )
    sent = (proof.curl or f"{proof.request.method} {proof.request.url}") if proof else ""
    yield _entry(translate("line.sent", language), to_one_line(sent or (worst.where if worst else "")), no_wrap=True)
    expected = (
        f"{to_one_line(worst.check)} {_value(worst.expected)} ({to_one_line(worst.where)})"
        if worst
        else format_promise(row)
    )
    yield _entry(translate("finding.expected", language), expected)
    actual = _value(worst.actual) if worst else to_one_line(row.reason or row.observed)
    yield _entry(
        translate("finding.actual", language),
        actual + (f"  ←  {clip_text(format_answer(proof), _LONGEST)}" if proof else ""),
    )


def _counts(run: TargetRun, language: str) -> Table:
    title = to_one_line(f"{run.contract.title or run.contract.name} · {run.target.get('base_url', '')}")
    table = Table(title=Text(title), title_justify="left", box=None, pad_edge=False, header_style="dim")
    table.add_column(translate("tool.table", language))
    for verdict in WORST_FIRST:
        table.add_column(f"{SYMBOLS[verdict]} {translate(f'verdict.{verdict}', language)}", justify="right")
    table.add_column(translate("fact.requests", language), justify="right")
    for name in dict.fromkeys(row.table for row in run.rows):
        rows = [row for row in run.rows if row.table == name]
        table.add_row(Text(to_one_line(name)), *_cells(rows), str(sum(row.requests for row in rows)))
    table.add_section()
    table.add_row("", *_cells(run.rows), str(run.requests), style="bold")
    return table


def _cells(rows: tuple[RowResult, ...] | list[RowResult]) -> Iterator[Text]:
    for verdict, count in count_verdicts(rows):
        yield Text(str(count) if count else "·", style=STYLES[verdict] if count else "dim")


def _violations(run: TargetRun, language: str) -> Iterator[Text]:
    for row in run.rows:
        if row.verdict is Verdict.VIOLATES:
            yield from build_violation(row, language)
            yield Text("")
    for one in run.explored:
        if one.verdict is Verdict.VIOLATES:
            head = f"{SYMBOLS[one.verdict]} {translate('section.explored', language)}"
            yield Text.assemble((head, STYLES[one.verdict]), f"  {format_exploration_finding(one)}\n")


def _entry(name: str, text: str, *, no_wrap: bool = False) -> Text:
    entry = Text.assemble((f"  {name}: ", "dim"), text)
    entry.no_wrap = no_wrap
    entry.overflow = "ignore" if no_wrap else "fold"
    return entry


def _value(value: object) -> str:
    return to_one_line(clip_text(format_json(value), _LONGEST))
