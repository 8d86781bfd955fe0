"""Processes the results of a run after its end: compares them, adds them to the history, writes metrics."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import click

from conformance.errors import ConfigError, ConformanceError, OutputError, Problem
from conformance.files import append_to_job_summary, move_assets_out, refuse_file, write_text
from conformance.report.sanitize import show_invisible
from conformance.results.model import Results
from conformance.results.serialization import read_results


class AfterRun:
    """The requested actions after a run; options are checked before the run, so that no long run is wasted.

    Reads the baseline at once, because the run may overwrite it. Raises ConfigError for unusable options.
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
            from conformance.history.store import Retention, append_results, read_history  # noqa: PLC0415 - SQLite only if requested

            if history.exists() or refuse_file(history) is not None:
                read_history(history, last=1)  # raises if the file is damaged or not a history
            keep = Retention.parse(history_keep) if history_keep is not None else None
            self._acts.append(lambda results: append_results(history, results, keep))
        if metrics is not None:
            from conformance.report.writers.metrics import format_metrics  # noqa: PLC0415 - prometheus_client only if requested

            self._acts.append(lambda results: write_text(metrics, format_metrics(results)))
        if baseline is not None:
            self._acts.append(partial(self._is_worse, read_results(baseline)))
        self.strict, self.language, self.report_assets = strict, language, report_assets
        self.results = output / "results.json"
        self.before = _stamp(self.results)
        """The stamp of an earlier results file, by which it is recognized if the run writes none."""

    def end(self, code: int) -> int:
        """Perform the actions on the results of the run, if it wrote any; return the exit code, given the run's `code`.

        Errors of an action are printed, and the other actions are performed.
        """
        if not self._acts or _stamp(self.results) in {None, self.before}:
            return code
        results, worse = read_results(self.results), False
        for act in self._acts:
            try:
                worse = act(results) is True or worse
            except ConformanceError as error:
                click.echo(show_invisible(str(error)), err=True)
                code = error.exit_code
        return 1 if worse and code == 0 else code

    def _is_worse(self, baseline: Results, results: Results) -> bool:
        """Compare with an earlier run, print and write the comparison, and return whether the target got worse."""
        from conformance.compare.compare import compare  # noqa: PLC0415 - only if requested
        from conformance.compare.forms import format_comparison  # noqa: PLC0415 - the same

        found = compare(baseline, results)
        click.echo(f"\n{format_comparison(found, language=self.language)}", nl=False)
        for form, ending in (("json", "json"), ("markdown", "md"), ("html", "html")):
            write_text(self.results.with_name(f"comparison.{ending}"), format_comparison(found, form, self.language))
        move_assets_out([self.results.with_name("comparison.html")] if self.report_assets else ())
        with suppress(OutputError):  # the text is also in the reports
            append_to_job_summary(lambda: f"\n{format_comparison(found, 'markdown', self.language)}")
        return found.worse or (self.strict and found.drifted)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_ino
