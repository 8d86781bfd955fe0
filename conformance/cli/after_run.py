"""What is done with the results of a run once it is over: compared, kept in the history, written as metrics."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import click

from conformance.compare.compare import compare
from conformance.compare.forms import format_comparison
from conformance.errors import ConfigError, ConformanceError, OutputError, Problem
from conformance.files import append_to_job_summary, refuse_file, write_text
from conformance.results.model import Results
from conformance.results.serialization import read_results


class AfterRun:
    """What was asked for, checked before the run: a night's requests are not spent to find a typing error.

    Reads the baseline at once, for the run may write in its place. Raises ConfigError for what cannot be used.
    """

    def __init__(
        self,
        output: Path,
        *,
        baseline: Path | None = None,
        history: Path | None = None,
        history_keep: str | None = None,
        metrics: Path | None = None,
        strict: bool = False,
        language: str | None = None,
    ) -> None:
        if history_keep is not None and history is None:
            problem = Problem("--history-keep", "there is no history to thin out", "give --history FILE, too")
            raise ConfigError([problem])
        self.keep = None
        if history is not None:
            from conformance.history.store import Retention, read_history  # noqa: PLC0415 - SQLite only where it is asked for

            if history.exists() or refuse_file(history) is not None:
                read_history(history, last=1)  # refuses a file that is no history, and one that is damaged
            self.keep = Retention.parse(history_keep) if history_keep is not None else None
        self.baseline = read_results(baseline) if baseline is not None else None
        self.history, self.metrics, self.strict, self.language = history, metrics, strict, language
        self.results = output / "results.json"
        self.before = _stamp(self.results)
        """What stood in the place of the results before the run: not its results."""

    def end(self, code: int) -> int:
        """Do what was asked for with the results of the run, if it left any; the exit code, the run's being `code`.

        What cannot be done is printed, and the rest is done.
        """
        if not (self.baseline or self.history or self.metrics) or _stamp(self.results) in {None, self.before}:
            return code
        results = read_results(self.results)
        worse = False
        for act in (self._append, self._measure, self._compare):
            try:
                worse = act(results) or worse
            except ConformanceError as error:
                click.echo(str(error), err=True)
                code = error.exit_code
        return 1 if worse and code == 0 else code

    def _append(self, results: Results) -> bool:
        if self.history is not None:
            from conformance.history.store import append_results  # noqa: PLC0415 - SQLite only where a history is kept

            append_results(self.history, results, self.keep)
        return False

    def _measure(self, results: Results) -> bool:
        if self.metrics is not None:
            from conformance.report.writers.metrics import format_metrics  # noqa: PLC0415 - prometheus_client only where it writes

            write_text(self.metrics, format_metrics(results))
        return False

    def _compare(self, results: Results) -> bool:
        if self.baseline is None:
            return False
        found = compare(self.baseline, results)
        click.echo(f"\n{format_comparison(found, language=self.language)}", nl=False)
        for form, ending in (("json", "json"), ("markdown", "md"), ("html", "html")):
            write_text(self.results.with_name(f"comparison.{ending}"), format_comparison(found, form, self.language))
        with suppress(OutputError):  # where it cannot be had, the text is in the reports
            append_to_job_summary(lambda: f"\n{format_comparison(found, 'markdown', self.language)}")
        return found.worse or (self.strict and found.drifted)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_ino
