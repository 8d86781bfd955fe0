"""What is done with the results of a run once it is over: compared, kept in the history, written as metrics."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import click

from conformance.errors import ConfigError, ConformanceError, OutputError, Problem
from conformance.files import append_to_job_summary, move_assets_out, refuse_file, write_text
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
        report_assets: bool = False,
    ) -> None:
        if history_keep is not None and history is None:
            problem = Problem("--history-keep", "there is no history to thin out", "give --history FILE, too")
            raise ConfigError([problem])
        self._acts: list[Callable[[Results], object]] = []
        if history is not None:
            from conformance.history.store import Retention, append_results, read_history  # noqa: PLC0415 - SQLite only where it is asked for

            if history.exists() or refuse_file(history) is not None:
                read_history(history, last=1)  # refuses a file that is no history, and one that is damaged
            keep = Retention.parse(history_keep) if history_keep is not None else None
            self._acts.append(lambda results: append_results(history, results, keep))
        if metrics is not None:
            from conformance.report.writers.metrics import format_metrics  # noqa: PLC0415 - prometheus_client only where it writes

            self._acts.append(lambda results: write_text(metrics, format_metrics(results)))
        if baseline is not None:
            self._acts.append(partial(self._is_worse, read_results(baseline)))
        self.strict, self.language, self.report_assets = strict, language, report_assets
        self.results = output / "results.json"
        self.before = _stamp(self.results)
        """What stood in the place of the results before the run: not its results."""

    def end(self, code: int) -> int:
        """Do what was asked for with the results of the run, if it left any; the exit code, the run's being `code`.

        What cannot be done is printed, and the rest is done.
        """
        if not self._acts or _stamp(self.results) in {None, self.before}:
            return code
        results, worse = read_results(self.results), False
        for act in self._acts:
            try:
                worse = act(results) is True or worse
            except ConformanceError as error:
                click.echo(str(error), err=True)
                code = error.exit_code
        return 1 if worse and code == 0 else code

    def _is_worse(self, baseline: Results, results: Results) -> bool:
        """Compare with an earlier run, and write how it compares."""
        from conformance.compare.compare import compare  # noqa: PLC0415 - only where it was asked for
        from conformance.compare.forms import format_comparison  # noqa: PLC0415 - the same

        found = compare(baseline, results)
        click.echo(f"\n{format_comparison(found, language=self.language)}", nl=False)
        for form, ending in (("json", "json"), ("markdown", "md"), ("html", "html")):
            write_text(self.results.with_name(f"comparison.{ending}"), format_comparison(found, form, self.language))
        move_assets_out([self.results.with_name("comparison.html")] if self.report_assets else ())
        with suppress(OutputError):  # where it cannot be had, the text is in the reports
            append_to_job_summary(lambda: f"\n{format_comparison(found, 'markdown', self.language)}")
        return found.worse or (self.strict and found.drifted)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_ino
