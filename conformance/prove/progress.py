"""Progress of a proof: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import perf_counter

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from conformance.prove.trials import Trial

_SECONDS_BETWEEN_LINES = 15.0
"""Seconds between two lines where there is no terminal."""


def show_trials(trials: Iterable[Trial], total: int, console: Console | None = None) -> Iterator[Trial]:
    """The same trials, with their number shown on standard error."""
    screen = console or Console(stderr=True)
    return _with_bar(trials, total, screen) if screen.is_terminal else _with_lines(trials, total, screen)


def _with_bar(trials: Iterable[Trial], total: int, screen: Console) -> Iterator[Trial]:
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    words = TextColumn("{task.description}", markup=False)
    with Progress(*columns, words, console=screen, transient=True) as progress:
        task = progress.add_task("servers", total=total)
        for trial in trials:
            progress.update(task, advance=1, description=trial.subject.name)
            yield trial


def _with_lines(trials: Iterable[Trial], total: int, screen: Console) -> Iterator[Trial]:
    last_line = -_SECONDS_BETWEEN_LINES
    for count, trial in enumerate(trials, start=1):
        yield trial
        if perf_counter() - last_line >= _SECONDS_BETWEEN_LINES or count == total:
            last_line = perf_counter()
            screen.print(f"{count} of {total} servers tried", markup=False, highlight=False)
