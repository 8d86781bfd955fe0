"""What comes back from items, in the process that reports: gathered, streamed to disk, written at the end."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from conformance.errors import ConformanceError, Problem, Unusable, Unwritable
from conformance.judge.finding import Verdict
from conformance.pytest_plugin.settings import Settings
from conformance.results.model import Results, TargetRun
from conformance.results.streaming import Line, Stream
from conformance.run.assembling import now, results
from conformance.run.retelling import retold

if TYPE_CHECKING:
    from conformance.report import Writer

__all__ = ["Gathering"]


class Gathering:
    """Keeps lines in the order in which they come; results are drawn from them and from nothing else."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lines: list[Line] = []
        self._announced: set[str] = set()
        self._stream = Stream(settings.output / "results.jsonl")
        self._started, self._clock = now(), perf_counter()
        self._drawn: Results | None = None
        self.planned = 0
        self.why_partial = ""
        self.written: set[str] = set()
        """Names of the files that have been written."""
        self.failed: list[str] = []
        """What could not be written, and why."""

    @property
    def any(self) -> bool:
        """Whether anything has come."""
        return bool(self._lines)

    def announce(self, run: TargetRun, planned: int) -> None:
        """A contract begins."""
        self.planned += planned
        self.take(Line("run", run.contract.name, run=run))

    def warn(self, run: TargetRun) -> None:
        """What is known of a run only at its end."""
        if run.warnings and run.contract.name in self._announced:
            self._keep(Line("warnings", run.contract.name, run=run))

    def take(self, line: Line, text: str | None = None) -> None:
        """Keep a line, and stream it to disk; `text` is the line where it has been written already."""
        if line.kind == "run":
            if line.contract in self._announced:
                return
            self._announced.add(line.contract)
        said = self._settings
        if not self._lines:
            line = Line(line.kind, line.contract, line.run, seed=said.seed, depth=said.depth, started=self._started)
        self._keep(line, text)

    def _keep(self, line: Line, text: str | None = None) -> None:
        self._lines.append(line)
        self._drawn = None
        try:
            self._stream.write(line, text)
        except Unwritable as error:
            self._fail(str(error))

    def check(self) -> None:
        """Raise Unusable where nothing could be written at the end."""
        folder = self._settings.output
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "results.jsonl").open("a", encoding="utf-8").close()
        except OSError as error:
            what = f"cannot write to {folder}: {error.strerror or error}"
            raise Unusable([Problem("--output", what, "give another folder")]) from None

    def results(self) -> Results:
        """Everything so far."""
        if self._drawn is None:
            runs = retold(self._lines)
            self._drawn = results(
                runs,
                seed=self._settings.seed,
                depth=self._settings.depth,
                started=self._started,
                seconds=perf_counter() - self._clock,
                why_partial=self.why_partial,
            )
        return self._drawn

    def finish(self) -> None:
        """Write results.json and the other forms that were asked for (HTML is pytest-html's to write)."""
        self._drawn = None
        self._end_stream()
        for form in ("json", *self._settings.also_write):
            self._write(form)
        self._summarise(os.environ.get("GITHUB_STEP_SUMMARY", ""))

    def expectations(self) -> None:
        """Write the present deviations as expectations that a profile can name."""
        path = self._settings.write_expectations
        if path is None:
            return
        from conformance.target.expectations import as_yaml  # noqa: PLC0415 - only where it was asked for

        deviating = (Verdict.VIOLATES, Verdict.INCONCLUSIVE, Verdict.DRIFTS)
        rows = [
            (row.id, row.verdict.value, row.reason or "; ".join(sorted({item.aspect for item in row.findings})))
            for run in self.results().runs
            for row in run.rows
            if row.verdict in deviating
        ]
        self._save(path, as_yaml(rows, expires=(datetime.now(UTC) + timedelta(days=90)).date()))

    def _summarise(self, path: str) -> None:
        """GitHub shows what is appended to a file that it names."""
        if not path:
            return
        try:
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(_writer("markdown").write(self.results(), self._settings.language))
        except (OSError, ConformanceError) as error:
            self._fail(f"GITHUB_STEP_SUMMARY: {getattr(error, 'strerror', None) or error}")

    def _fail(self, said: str) -> None:
        if said not in self.failed:
            self.failed.append(said)

    def _end_stream(self) -> None:
        try:
            self._stream.write(Line("end", seconds=perf_counter() - self._clock, why_partial=self.why_partial))
            self._stream.close()
            self.written.add("results.jsonl")
        except Unwritable as error:
            self._fail(str(error))
        except OSError as error:
            self._fail(f"results.jsonl: {error.strerror or error}")

    def _write(self, form: str) -> None:
        writer = _writer(form)
        try:
            text = writer.write(self.results(), self._settings.language)
        except ConformanceError as error:
            self._fail(str(error))
            return
        self._save(self._settings.output / writer.file, text)

    def _save(self, path: Path, text: str) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            self.written.add(path.name)
        except OSError as error:
            self._fail(f"{path}: {error.strerror or error}")


def _writer(form: str) -> Writer:
    from conformance.report import WRITERS  # noqa: PLC0415 - 70 ms that a session that only collects need not pay

    return WRITERS[form]
