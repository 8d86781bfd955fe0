"""Collects results in the process that reports: streamed to results.jsonl as they come, all forms at the end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING, TextIO

from conformance.checks.model import Verdict
from conformance.errors import ConfigError, ConformanceError, OutputError, Problem
from conformance.files import append_to_job_summary, hold_file, write_text
from conformance.pytest_plugin.options import PluginOptions
from conformance.results.events import Event, EventWriter, map_parts, read_events
from conformance.results.model import Results, TargetRun
from conformance.results.redaction import Redactor
from conformance.session.assemble import describe_deviation, rebuild_results, utc_now

if TYPE_CHECKING:
    from conformance.report.writers import Writer

_OF_PROCESSES = "results-gw*.jsonl"
"""Files in which the processes of xdist write what they have found, as soon as they have."""


def write_from_process(folder: Path, worker: str) -> Callable[[Event], None]:
    """A function, for any thread, that writes results of one process of xdist to a file of its own."""
    writer, lock = EventWriter(folder / f"results-{worker}.jsonl"), Lock()

    def write(event: Event) -> None:
        with lock, suppress(OutputError):  # what is reported in time is not lost
            writer.write(event)

    return write


class ResultSink:
    """Keeps events in the order in which they come; the results are built from them alone."""

    def __init__(self, options: PluginOptions) -> None:
        self._options = options
        self._events: list[Event] = []
        self._announced: set[str] = set()
        self._stream = EventWriter(options.output / "results.jsonl")
        self._is_outdated = False
        """Whether lines of results.jsonl hold what was only later known to be a secret."""
        self._held: TextIO | None = None
        self._started, self._clock = utc_now(), perf_counter()
        self._results: Results | None = None
        self.planned = 0
        self.why_partial = ""
        self.written: set[str] = set()
        """Names of the files that have been written."""
        self.failed: list[str] = []
        """What could not be written, and why."""

    @property
    def any(self) -> bool:
        return bool(self._events)

    def announce(self, run: TargetRun, planned: int) -> None:
        """Begin the results of a contract, of whose rows so many requests are planned."""
        self.planned += planned
        if run.contract.name not in self._announced:
            self._announced.add(run.contract.name)
            self.take(Event("run", run.contract.name, run=run))

    def warn(self, run: TargetRun) -> None:
        """Add the warnings and the requests outside of rows of a run, which are complete only at its end."""
        if (run.warnings or run.outside_rows.requests) and run.contract.name in self._announced:
            self.take(Event("warnings", run.contract.name, run=run))

    def take(self, event: Event, text: str | None = None) -> None:
        """Keep an event and append it to results.jsonl; `text` is its JSON where that is known already."""
        if not self._events:
            event = replace(event, seed=self._options.seed, depth=self._options.depth, started=self._started)
        self._events.append(event)
        self._results = None
        with self._noting_failures():
            self._stream.write(event, text)

    def take_from_processes(self) -> None:
        """Take what processes of xdist have written and not reported; their files are deleted."""
        known = {(event.contract, event.kind, _name_of(event)) for event in self._events}
        for path in sorted(self._options.output.glob(_OF_PROCESSES)):
            with suppress(ConfigError):
                for event in read_events(path):
                    if event.run is not None and (event.contract, event.kind, _name_of(event)) not in known:
                        self.announce(event.run, 0)
                        self.take(replace(event, run=None))
        self._delete_files_of_processes()

    def redact_again(self, late: Redactor, runs: Mapping[str, Redactor]) -> None:
        """Keep back what was only known to be a secret after an event that holds it, such as a token given later.

        `late` knows all such secrets. One of `runs` knows those of a contract that this process has run, and which
        of its results it has searched for all of them.
        """
        redactors = [late if event.result is None else runs.get(event.contract, late) for event in self._events]
        redacted = [map_parts(event, one.redact) for event, one in zip(self._events, redactors, strict=True)]
        self._is_outdated = self._is_outdated or redacted != self._events
        self._events, self._results = redacted, None

    def _delete_files_of_processes(self) -> None:
        for path in self._options.output.glob(_OF_PROCESSES):
            with suppress(OSError):
                path.unlink()

    def check(self) -> None:
        """Keep other runs out of the folder; raises ConfigError where one is there, or nothing could be written."""
        folder = self._options.output
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name in ("results.jsonl", "results.json", "report.html"):
                if os.path.lexists(folder / name) and not (folder / name).is_file():
                    raise OSError(0, f"{name} there is no plain file")  # noqa: TRY301 - reported as the others are
            self._held = (folder / "results.jsonl").open("a", encoding="utf-8")
            is_ours = hold_file(self._held)
        except OSError as error:
            what = f"cannot write to {folder}: {error.strerror or error}"
            raise ConfigError([Problem("--output", what, "give another folder")]) from None
        if not is_ours:
            self.release()
            raise ConfigError([Problem("--output", f"another run is writing to {folder}", "give another folder")])
        self._delete_files_of_processes()

    def release(self) -> None:
        if self._held is not None:
            self._held.close()

    def results(self) -> Results:
        if self._results is None:
            self._results = rebuild_results([*self._events, self._end()])
        return self._results

    def _end(self) -> Event:
        return Event("end", seconds=perf_counter() - self._clock, why_partial=self.why_partial)

    def finish(self) -> None:
        """Write results.json and the other forms that were asked for (HTML is pytest-html's to write)."""
        self._results = None
        with self._noting_failures():
            with closing(self._stream):
                self._stream.write(self._end())
            self.written.add("results.jsonl")
        for writer in map(_writer, ("json", *self._options.also_write)):
            with self._noting_failures():
                self._save(self._options.output / writer.file, writer.write(self.results(), self._options.language))
        if self._is_outdated:  # only now: a run that is killed meanwhile has its results in results.json
            with self._noting_failures(), closing(EventWriter(self._options.output / "results.jsonl")) as stream:
                for event in (*self._events, self._end()):
                    stream.write(event)
        with self._noting_failures():
            append_to_job_summary(lambda: _writer("markdown").write(self.results(), self._options.language))

    def write_expectations(self) -> None:
        """Write the present deviations as expectations that a profile can name."""
        path = self._options.write_expectations
        if path is None:
            return
        from conformance.target.known_deviations import format_deviations  # noqa: PLC0415 - only where it was asked for

        deviating = (Verdict.VIOLATES, Verdict.INCONCLUSIVE, Verdict.DRIFTS)
        rows = [describe_deviation(row) for run in self.results().runs for row in run.rows if row.verdict in deviating]
        self._save(path, format_deviations(rows, expires=(datetime.now(UTC) + timedelta(days=90)).date()))

    @contextmanager
    def _noting_failures(self) -> Iterator[None]:
        """What cannot be written is noted, once."""
        try:
            yield
        except ConformanceError as error:
            if str(error) not in self.failed:
                self.failed.append(str(error))

    def _save(self, path: Path, text: str) -> None:
        with self._noting_failures():
            write_text(path, text)
            self.written.add(path.name)


def _name_of(event: Event) -> str:
    return event.result.id if event.result else ""


def _writer(form: str) -> Writer:
    from conformance.report.writers import WRITERS  # noqa: PLC0415 - 70 ms that a session that only collects need not pay

    return WRITERS[form]
