"""For the terminal, through rich: counts per table of each contract, then each violation in four lines."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from conformance.report.evidence import proof_of
from conformance.report.harmless import as_json, clip, one_line
from conformance.report.saying import answer_of, promise_of, stray_line
from conformance.report.speaking import spoken, spoken_row
from conformance.report.view import SYMBOLS, WORST_FIRST, sentences, tally
from conformance.report.words import checked_language, say
from conformance.results.model import Results, RowResult, TargetRun, Verdict

__all__ = ["STYLES", "renderable", "show", "violation", "write"]

STYLES = {
    Verdict.CONFORMS: "green", Verdict.DRIFTS: "yellow", Verdict.VIOLATES: "bold red",
    Verdict.INCONCLUSIVE: "magenta", Verdict.NOT_EXERCISED: "dim",
}  # fmt: skip
"""Of verdicts, for everything that a terminal shows; a symbol or a word always stands beside the colour."""

_LONGEST = 100


def renderable(results: Results, language: str | None = None) -> RenderableType:
    """What a console prints when a run is over; every text is plain, so that nothing in it is read as markup."""
    chosen = checked_language(language)
    results = spoken(results, chosen)
    parts: list[RenderableType] = []
    for run in results.runs:
        parts += [_counts(run, chosen), *_violations(run, chosen)]
    said = " ".join(say(key, chosen, **values) for key, values in sentences(results.runs))
    verdict = results.verdict
    if results.partial:
        parts.append(Text(f"{say('report.partial', chosen)} {one_line(results.why_partial)}", style="yellow"))
    word = (f"{SYMBOLS[verdict]} {say(f'verdict.{verdict}', chosen)}", STYLES[verdict])
    parts.append(Text.assemble(word, f"  {said}"))
    return Group(*parts)


def show(console: Console, results: Results, language: str | None = None) -> None:
    """Prints it. Commands are not broken over lines, so that they can be copied: the terminal wraps them itself."""
    console.print(renderable(results, language), crop=False)


def write(results: Results, language: str | None = None) -> str:
    """The same as text without colour, 120 columns wide."""
    console = Console(file=StringIO(), width=120, color_system=None, force_terminal=False, legacy_windows=False)
    with console.capture() as capture:
        show(console, results, language)
    return capture.get()


def violation(row: RowResult, language: str = "en") -> Iterator[Text]:
    """Four lines: row and promise; the command that sends it again, in one piece; what was wanted; what came."""
    row = spoken_row(row, language)
    known = f" ({say('row.known', language)})" if row.known else ""
    proof = proof_of(row)
    worst = next((one for one in row.findings if proof and one.exchange == proof.n), next(iter(row.findings), None))
    yield Text.assemble(
        (f"{SYMBOLS[row.verdict]} {one_line(row.id)}", STYLES[row.verdict]),
        f"{known}  {one_line(row.cause)} → {promise_of(row)}",
    )
    sent = (proof.curl or f"{proof.request.method} {proof.request.url}") if proof else ""
    yield _entry(say("line.sent", language), one_line(sent or (worst.where if worst else "")), no_wrap=True)
    wanted = f"{one_line(worst.aspect)} {_value(worst.wanted)} ({one_line(worst.where)})" if worst else promise_of(row)
    yield _entry(say("finding.wanted", language), wanted)
    got = _value(worst.got) if worst else one_line(row.reason or row.observed)
    yield _entry(say("finding.got", language), got + (f"  ←  {clip(answer_of(proof), _LONGEST)}" if proof else ""))


def _counts(run: TargetRun, language: str) -> Table:
    title = one_line(f"{run.contract.title or run.contract.name} · {run.target.get('base_url', '')}")
    table = Table(title=Text(title), title_justify="left", box=None, pad_edge=False, header_style="dim")
    table.add_column(say("tool.table", language))
    for verdict in WORST_FIRST:
        table.add_column(f"{SYMBOLS[verdict]} {say(f'verdict.{verdict}', language)}", justify="right")
    table.add_column(say("fact.requests", language), justify="right")
    for name in dict.fromkeys(row.table for row in run.rows):
        rows = [row for row in run.rows if row.table == name]
        table.add_row(Text(one_line(name)), *_cells(rows), str(sum(row.requests for row in rows)))
    table.add_section()
    table.add_row("", *_cells(run.rows), str(run.requests), style="bold")
    return table


def _cells(rows: tuple[RowResult, ...] | list[RowResult]) -> Iterator[Text]:
    for verdict, count in tally(rows):
        yield Text(str(count) if count else "·", style=STYLES[verdict] if count else "dim")


def _violations(run: TargetRun, language: str) -> Iterator[Text]:
    for row in run.rows:
        if row.verdict is Verdict.VIOLATES:
            yield from violation(row, language)
            yield Text("")
    for one in run.explored:
        if one.verdict is Verdict.VIOLATES:
            head = f"{SYMBOLS[one.verdict]} {say('section.explored', language)}"
            yield Text.assemble((head, STYLES[one.verdict]), f"  {stray_line(one)}\n")


def _entry(name: str, text: str, *, no_wrap: bool = False) -> Text:
    entry = Text.assemble((f"  {name}: ", "dim"), text)
    entry.no_wrap = no_wrap
    entry.overflow = "ignore" if no_wrap else "fold"
    return entry


def _value(value: object) -> str:
    return one_line(clip(as_json(value), _LONGEST))
