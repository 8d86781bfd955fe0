"""Progress of a proof: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import perf_counter

from rich.console import Console
from rich.progress import track

from conformance.prove.model import ServerProof

_SECONDS_BETWEEN_LINES = 15.0
"""Seconds between two lines where there is no terminal."""


def show_trials(trials: Iterable[ServerProof], total: int) -> Iterator[ServerProof]:
    """The same servers, with their number shown on standard error."""
    screen, last_line = Console(stderr=True), -_SECONDS_BETWEEN_LINES
    if screen.is_terminal:
        trials = track(trials, "servers tried", total, console=screen, transient=True)
    for count, trial in enumerate(trials, start=1):
        yield trial
        if not screen.is_terminal and (perf_counter() - last_line >= _SECONDS_BETWEEN_LINES or count == total):
            last_line = perf_counter()
            screen.print(f"{count} of {total} servers tried", markup=False, highlight=False)
