"""Runs a whole audit: every target is run or taken over from an earlier audit, written when done, and compared."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from conformance.audit.dispatch import JobDispatcher, dask_executor, thread_executor
from conformance.audit.folder import (
    clear_target_folder,
    drop_exchanges,
    read_kept_results,
    write_matrix,
    write_target_folder,
)
from conformance.audit.forms import format_counts
from conformance.audit.jobs import Job, JobOutcome, group_by_pace
from conformance.checks.model import Verdict
from conformance.messages import Message, join_messages
from conformance.report.format import format_duration
from conformance.report.translation import Translator
from conformance.report.words import SYMBOLS, VERDICTS

INTERRUPTED, NOTHING_EXERCISED = 2, 5
_INTERNAL, _UNUSABLE = 3, 4
_CLEANUP_SECONDS = 60.0
"""Seconds for targets to clean up after Ctrl-C."""
_MOST_THREADS = 64
"""More threads would only wait for the processor."""


@dataclass(slots=True)
class AuditRun:
    """An audit; `announce` is called with each line of progress."""

    jobs: Sequence[Job]
    output: Path
    language: str | None
    """The language of the pages; None for the reader's choice."""
    announce: Callable[[str], None]
    outcomes: dict[str, JobOutcome] = field(default_factory=dict)
    """The outcome of each target, without its exchanges."""
    abandoned: bool = False
    """Whether threads may remain that never end."""

    def run(self, scheduler: str | None, workers: int | None, *, resume: bool, strict: bool) -> tuple[int, str]:
        """Run all targets and write the matrix; return exit code and summary. Ctrl-C keeps finished results."""
        left = [job for job in self.jobs if not self._is_settled(job, resume=resume)]
        interrupted = bool(left) and self._run_jobs(left, scheduler, workers)
        for job in self.jobs:
            self.outcomes.setdefault(job.name, JobOutcome(job.name, problem=Message("interrupted")))
        outcomes = list(self.outcomes.values())
        write_matrix(self.output, self.jobs, self.outcomes, self.language)
        code = INTERRUPTED if interrupted else audit_exit_code(outcomes, strict=strict)
        return code, format_audit_summary(outcomes, self.output, self.language)

    def _is_settled(self, job: Job, *, resume: bool) -> bool:
        """Record the outcome of a job that is already done or cannot be run; return whether it is such a job."""
        folder = self.output / job.folder
        if resume and not job.problem and (earlier := read_kept_results(folder, job)) is not None:
            self.outcomes[job.name] = JobOutcome(job.name, drop_exchanges(earlier))
            self.announce(format_line(self.outcomes[job.name], self.language, before=True))
            return True
        clear_target_folder(folder)
        if job.problem:
            self._keep_outcome(JobOutcome(job.name, problem=job.problem, exit_code=_UNUSABLE))
        return bool(job.problem)

    def _run_jobs(self, jobs: Sequence[Job], scheduler: str | None, workers: int | None) -> bool:
        """Run the jobs; return whether they were interrupted. After Ctrl-C, running targets clean up."""
        stop_signal = threading.Event()
        groups = group_by_pace(jobs)
        most = min(workers or _MOST_THREADS, len(groups))
        with dask_executor(scheduler, workers) if scheduler is not None else thread_executor(most, stop_signal) as pool:
            dispatcher, at_hand = JobDispatcher(groups, pool), list[JobOutcome]()
            try:
                for outcome in dispatcher.outcomes():
                    at_hand = [outcome]
                    self._keep_outcome(outcome)
                    at_hand = []
            except KeyboardInterrupt:
                self.announce("interrupted; targets that are under way clean up")
                stop_signal.set()
                # Workers of a cluster are not notified; a later audit runs their targets again.
                for outcome in chain(at_hand, dispatcher.drain(_CLEANUP_SECONDS if scheduler is None else 0)):
                    self._keep_outcome(outcome)
                return True
            finally:
                self.abandoned = dispatcher.abandoned
        return False

    def _keep_outcome(self, outcome: JobOutcome) -> None:
        """Write the results of a target, and record them without their exchanges."""
        kept = outcome
        if outcome.results is not None:
            job = next(job for job in self.jobs if job.name == outcome.name)
            write_target_folder(self.output / job.folder, outcome.results, job, self.language)
            kept = replace(outcome, results=drop_exchanges(outcome.results))
        self.outcomes[outcome.name] = kept
        self.announce(format_line(outcome, self.language))


def format_line(outcome: JobOutcome, language: str | None = None, *, before: bool = False) -> str:
    """Format an outcome: `✓ conforms  staging  32/32  523 requests in 54 s`."""
    say = Translator(language)
    name, results = say(outcome.name), outcome.results
    if results is None:
        return f"! {say(Message('no results'))}  {name}  " + say(outcome.problem).replace("⏎", "\n  ")
    rows = [row for run in results.runs for row in run.rows]
    good = sum(row.verdict in {Verdict.CONFORMS, Verdict.DRIFTS} for row in rows)
    requests, time = sum(run.requests for run in results.runs), format_duration(results.seconds)
    cost = Message("{n} requests in {time}", n=requests, time=time)
    verdict = f"{SYMBOLS[results.verdict]} {say(VERDICTS[results.verdict])}"
    line = f"{verdict}  {name}  {good}/{len(rows)}  {say(Message('done before') if before else cost)}"
    causes = {row.reason for row in rows} & {warning for run in results.runs for warning in run.warnings}
    whys = [outcome.problem] if outcome.problem else sorted(filter(None, causes))
    return f"{line}  ({'; '.join(map(say, whys))})" if whys else line


def format_audit_summary(outcomes: Sequence[JobOutcome], output: Path, language: str | None = None) -> str:
    """Format the number of targets with each verdict, and the path of the page."""
    kept = [outcome.results for outcome in outcomes if outcome.results is not None]
    lost = Message("{n} without results", n=len(outcomes) - len(kept)) if len(outcomes) > len(kept) else ""
    counts = format_counts(Counter(results.verdict for results in kept))
    summary = join_messages(", ", filter(None, [counts, lost])) or Message("nothing")
    return Translator(language)(Message("{summary}; see {page}", summary=summary, page=output / "audit.html"))


def audit_exit_code(outcomes: Sequence[JobOutcome], *, strict: bool) -> int:
    """Return the exit code of the worst target; our errors first, because a target that was not run must not pass."""
    codes = {outcome.exit_code for outcome in outcomes}
    for code in (_INTERNAL, _UNUSABLE):
        if code in codes:
            return code
    kept = [outcome.results for outcome in outcomes if outcome.results is not None]
    verdicts = {results.verdict for results in kept}
    bad = {Verdict.VIOLATES, Verdict.INCONCLUSIVE} | ({Verdict.DRIFTS} if strict else set())
    if verdicts & bad or any(results.partial for results in kept):
        return 1
    return 0 if verdicts - {Verdict.NOT_EXERCISED} else NOTHING_EXERCISED
