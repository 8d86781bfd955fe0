"""Progress on a terminal, and lines elsewhere: how the state of a run looks while it goes on."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import TextIO

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from conformance.report.format import format_duration
from conformance.report.sanitize import to_one_line

__all__ = ["ProgressPrinter", "ProgressState", "real_output"]


@dataclass(frozen=True, slots=True)
class ProgressState:
    """How far a run is. `planned` is the most that is sent where nothing has to be repeated or shrunk."""

    running: str = ""
    sent: int = 0
    planned: int = 0
    done: int = 0
    rows: int = 0
    violations: int = 0
    left: float | None = None
    """Seconds, under the pace; None where that cannot be told yet."""


def real_output() -> TextIO:
    """Standard output as it is now: pytest takes it away while items run."""
    try:
        copy = os.dup(sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return sys.stdout
    return os.fdopen(copy, "w", encoding=sys.stdout.encoding or "utf-8", errors="replace", buffering=1)


class ProgressPrinter:
    """Writes to one stream; a stream that is gone (`| head`) is left alone from then on."""

    def __init__(self, stream: TextIO, look: Callable[[], ProgressState]) -> None:
        wide = None if stream.isatty() else 120
        self.console = _Console(file=stream, width=wide, highlight=False, emoji=False, markup=False)
        self._look = look
        self._plain = not self.console.is_terminal
        self._live: Live | None = None
        self._since = perf_counter()

    @property
    def moves(self) -> bool:
        """Whether there is a terminal on which a line can be drawn again."""
        return not self._plain and not self.console.is_dumb_terminal

    def begin(self) -> None:
        """Show progress from now on."""
        self._since = perf_counter()
        if self.moves and self._live is None:
            self._live = Live(_Drawn(self._look), console=self.console, refresh_per_second=4, transient=True,
                              redirect_stdout=False, redirect_stderr=False)  # fmt: skip
            with self._forgiving():
                self._live.start(refresh=True)

    def end(self) -> None:
        """Take the progress away."""
        if self._live is not None:
            with self._forgiving():
                self._live.stop()
            self._live = None

    def lines(self, lines: Iterable[RenderableType]) -> None:
        """Print above the progress; long lines are left for the terminal to wrap."""
        with self._forgiving():
            for line in lines:
                if isinstance(line, Text) and self._plain:
                    self.console.file.write(f"{line.plain}\n")
                else:
                    self.console.print(line, soft_wrap=True, crop=False)

    @staticmethod
    def _forgiving() -> contextlib.AbstractContextManager[None]:
        return contextlib.suppress(BrokenPipeError, ValueError)


class _Console(Console):
    """Rich ends the process when its reader has gone; a run goes on and writes its reports."""

    def on_broken_pipe(self) -> None:
        self.quiet = True


class _Drawn:
    """What a refresh asks for anew each time."""

    def __init__(self, look: Callable[[], ProgressState]) -> None:
        self._look = look

    def __rich__(self) -> RenderableType:
        state = self._look()
        total = max(state.planned, state.sent, 1)
        grid = Table.grid(padding=(0, 1))
        grid.add_row(ProgressBar(total, state.sent, width=30), Text(_said(state), no_wrap=True, overflow="ellipsis"))
        grid.add_row("", Text(to_one_line(state.running), style="dim", no_wrap=True, overflow="ellipsis"))
        return grid


def _said(state: ProgressState) -> str:
    planned = f" of at most {state.planned}" if state.planned else ""
    parts = [f"{state.sent}{planned} requests", f"{state.done} of {state.rows} rows"]
    parts += [f"about {format_duration(state.left)} left"] if state.left is not None else []
    parts += [f"{state.violations} violated"] if state.violations else []
    return " · ".join(parts)
