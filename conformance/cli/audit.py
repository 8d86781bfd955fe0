"""`conformance audit`: many targets at once, compared so fairly that the loser accepts it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import click

from conformance.audit import executors as crews
from conformance.audit.dispatch import ExecutorPool, JobDispatcher
from conformance.audit.folder import (
    clear_target_folder,
    drop_exchanges,
    read_kept_results,
    write_matrix,
    write_target_folder,
)
from conformance.audit.job import AuditOptions, Job, JobOutcome
from conformance.audit.jobs import JobList, build_jobs, choose_profiles, group_by_pace, load_contracts
from conformance.audit.profiles import ProfileSummary, find_profiles, summarize_profiles
from conformance.audit.progress import audit_exit_code, format_audit_summary, format_line
from conformance.audit.stop import StopSignal
from conformance.cli.options import language
from conformance.contract.folders import contract_folders
from conformance.contract.schema import Depth
from conformance.errors import ConfigError, Problem
from conformance.results.model import Results
from conformance.target.schema import parse_duration

__all__ = ["command"]

_PATH = click.Path(path_type=Path)
_CLEANING = 60.0
"""Seconds for targets to clean up after Ctrl-C."""
_AT_ONCE = 64
"""Threads: more would only wait for the processor."""


@click.command("audit")
@click.argument("targets", nargs=-1, type=_PATH)
@click.option("--contract", "only", multiple=True, metavar="NAME", help="Only targets of this contract; repeatable.")
@click.option("--depth", type=click.Choice(get_args(Depth)), default="standard", show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Same seed, same requests.")
@click.option(
    "--allow",
    multiple=True,
    type=click.Choice(["write", "delete", "exhaust"]),
    help="A permission beside those of the profiles.",
)
@click.option("--no-explore", is_flag=True, help="Do not explore beyond the tables.")
@click.option("--output", type=_PATH, default=Path("reports/audit"), show_default=True, metavar="DIR")
@click.option("--resume", is_flag=True, help="Do only what an earlier audit in DIR has not done.")
@click.option("--workers", type=click.IntRange(1), metavar="N", help=f"So many targets at once.  [default: {_AT_ONCE}]")
@click.option("--timeout", default="1h", show_default=True, metavar="TIME", help="The most that one target may take.")
@click.option("--scheduler", metavar="ADDRESS", help="Run on a Dask cluster: tcp://host:8786.")
@click.option("--strict", is_flag=True, help="Exit with 1 for a drift too.")
@language
@click.option("--pair", nargs=2, type=_PATH, metavar="A B", help="Send both the same; tell only where they differ.")
def command(  # noqa: PLR0917 - click gives them by name
    targets: tuple[Path, ...],
    only: tuple[str, ...],
    depth: Depth,
    seed: int,
    allow: tuple[str, ...],
    no_explore: bool,
    output: Path,
    resume: bool,
    workers: int | None,
    timeout: str,
    scheduler: str | None,
    strict: bool,
    language: str | None,
    pair: tuple[Path, Path] | None,
) -> int:
    """Run many targets at once and compare them.

    TARGETS are profiles, or folders of profiles. Each target keeps its own pace; those that name the same pace_group
    share one. DIR/<name>/ holds each target's report as soon as it is done, DIR/audit.html the matrix of all.

    \b
    Exit codes, the worst of all targets: 0 conforms or only drifts, 1 violates or inconclusive, 2 interrupted,
    3 an internal error, 4 a profile or option is unusable, 5 nothing was exercised.
    """  # noqa: D301 - click obeys the character itself
    manner = AuditOptions(depth, seed, tuple(sorted(set(allow))), not no_explore, _seconds(timeout))
    if pair is not None:
        from conformance.audit.pair_command import run_pair  # noqa: PLC0415 - only for pairs

        if targets:
            raise ConfigError([Problem("--pair", "compares two targets, and no others", "leave the others out")])
        return run_pair(pair, manner, output, load_contracts(contract_folders(Path.cwd())), language)
    if not targets:
        raise ConfigError([Problem("TARGETS", "there is none", "give profiles, or a folder of profiles")])
    known = load_contracts(contract_folders(Path.cwd()))
    glances = choose_profiles(summarize_profiles(find_profiles(targets)), only, known)
    audit = _Audit(glances, build_jobs(glances, known, manner, output), output, language)
    code = audit.run(scheduler, workers, resume=resume, strict=strict)
    return _leave(code) if audit.given_up else code


@dataclass(slots=True)
class _Audit:
    """One use."""

    glances: Sequence[ProfileSummary]
    ordered: JobList
    output: Path
    language: str | None
    """Of the pages; None for the reader's."""
    kept: dict[str, Results] = field(default_factory=dict)
    failed: list[JobOutcome] = field(default_factory=list)
    given_up: bool = False
    """Whether threads may be left that never end."""

    def run(self, scheduler: str | None, workers: int | None, *, resume: bool, strict: bool) -> int:
        """Run all that is to be run, write the matrix, give the exit code; Ctrl-C leaves what is done."""
        todo = self._todo(resume=resume)
        for outcome in self.ordered.unusable:
            self._take(outcome)
        interrupted = bool(todo) and self._work(todo, scheduler, workers)
        absent = [JobOutcome(name, problem="interrupted") for name in todo if name not in self._told]
        write_matrix(self.output, self.glances, self.kept, [*self.failed, *absent], self.language)
        click.echo(format_audit_summary(self.kept.values(), [*self.failed, *absent], self.output))
        return audit_exit_code(list(self.kept.values()), self.failed, strict=strict, interrupted=interrupted)

    @property
    def _told(self) -> set[str]:
        return {*self.kept, *(one.name for one in self.failed)}

    def _todo(self, *, resume: bool) -> dict[str, Job]:
        todo = {}
        for one in self.glances:
            folder, order = self.output / one.folder, self.ordered.orders.get(one.name)
            before = read_kept_results(folder, order) if resume and order is not None else None
            if before is not None:
                self.kept[one.name] = drop_exchanges(before)
                click.echo(format_line(JobOutcome(one.name, before), before=True), err=True)
                continue
            clear_target_folder(folder)
            if order is not None:
                todo[one.name] = order
        return todo

    def _work(self, todo: dict[str, Job], scheduler: str | None, workers: int | None) -> bool:
        """Hand everything out; whether it was interrupted. After a first Ctrl-C targets clean up, a second one ends."""
        halt = StopSignal()
        groups = group_by_pace(self.glances, todo)
        with _crew(scheduler, workers, halt, len(groups)) as crew:
            dispatch = JobDispatcher(groups, crew)
            try:
                for outcome in dispatch.outcomes():
                    self._take(outcome)
            except KeyboardInterrupt:
                click.echo("interrupted; targets that are under way clean up", err=True)
                halt.set()
                # Workers elsewhere do not hear of it: their targets are done again.
                for outcome in dispatch.drained(_CLEANING if scheduler is None else 0):
                    self._take(outcome)
                return True
            finally:
                self.given_up = dispatch.abandoned
        return False

    def _take(self, outcome: JobOutcome) -> None:
        """Write it and let go of its evidence."""
        click.echo(format_line(outcome), err=True)
        if outcome.results is None:
            self.failed.append(outcome)
            return
        one = next(glance for glance in self.glances if glance.name == outcome.name)
        write_target_folder(self.output / one.folder, outcome.results, self.ordered.orders[one.name], self.language)
        self.kept[one.name] = drop_exchanges(outcome.results)


def _crew(
    scheduler: str | None, workers: int | None, halt: StopSignal, most: int
) -> AbstractContextManager[ExecutorPool]:
    if scheduler is not None:
        return crews.dask_executor(scheduler, workers)
    return crews.thread_executor(min(workers or _AT_ONCE, most), halt)


def _seconds(timeout: str) -> float:
    try:
        return parse_duration(timeout)
    except ValueError as error:
        raise ConfigError([Problem("--timeout", f"{timeout!r} {error}")]) from None


def _leave(code: int) -> int:
    """Threads that were given up would keep Python from ending; everything is written, so they are left behind."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
