"""`conformance audit`: runs many targets with the same options and compares them row by row."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from conformance.audit.jobs import AuditOptions, build_jobs, find_profiles, load_contracts
from conformance.audit.pair import format_pair
from conformance.audit.pair_run import run_pair
from conformance.audit.run import INTERRUPTED, NOTHING_EXERCISED, AuditRun
from conformance.cli import options
from conformance.contract.contract import Contract
from conformance.contract.folders import find_all_contract_folders
from conformance.contract.schema import Depth
from conformance.errors import ConfigError, Problem
from conformance.files import move_assets_out
from conformance.plan.budget import read_budget
from conformance.quantities import parse_duration

_PATH = click.Path(path_type=Path)


@click.command("audit")
@click.argument("targets", nargs=-1, type=_PATH)
@click.option("--contract", "only", multiple=True, metavar="NAME", help="Only targets of this contract; repeatable.")
@options.cases
@options.depth
@options.budget
@options.seed
@options.allow
@click.option("--no-explore", is_flag=True, help="Do not explore beyond the tables.")
@click.option("--output", type=_PATH, default=Path("reports/audit"), show_default=True, metavar="DIR")
@click.option("--resume", is_flag=True, help="Do only what an earlier audit in DIR has not done.")
@click.option("--workers", type=click.IntRange(1), metavar="N", help="So many targets at once.  [default: 64]")
@click.option("--timeout", default="1h", show_default=True, metavar="TIME", help="The most that one target may take.")
@click.option("--scheduler", metavar="ADDRESS", help="Run on a Dask cluster: tcp://host:8786.")
@click.option("--strict", is_flag=True, help="Exit with 1 for a drift too.")
@options.language
@options.report_assets
@click.option("--pair", nargs=2, type=_PATH, metavar="A B", help="Send both the same; print only where they differ.")
def command(  # noqa: PLR0917 - click gives them by name
    targets: tuple[Path, ...],
    only: tuple[str, ...],
    cases: Path | None,
    depth: Depth | None,
    budget: str | None,
    seed: int | None,
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
    *,
    report_assets: bool,
) -> int:
    """Run many targets at once and compare them.

    TARGETS are profiles, or folders of profiles. Each target keeps its own pace; those that name the same pace_group
    share one. DIR/<name>/ holds each target's report as soon as it is done, DIR/audit.html the matrix of all.

    \b
    Exit codes, the worst of all targets: 0 conforms or only drifts, 1 violates or inconclusive, 2 interrupted,
    3 an internal error, 4 a profile or option is unusable, 5 nothing was exercised.
    """  # noqa: D301 - click obeys the character itself
    depth, most = read_budget(budget, depth or "standard")
    limit = budget or "" if most else ""
    explore = not no_explore and not limit
    audit_options = AuditOptions(depth, seed or 0, tuple(sorted(set(allow))), explore, _parse_timeout(timeout), limit)
    contracts = load_contracts(find_all_contract_folders(cases or Path.cwd()))
    if pair is not None:
        if targets:
            raise ConfigError([Problem("--pair", "compares two targets, and no others", "leave the others out")])
        code = _run_pair(pair, audit_options, output, contracts, language)
        move_assets_out(output.rglob("*.html") if report_assets else ())
        return code
    if not targets:
        raise ConfigError([Problem("TARGETS", "there is none", "give profiles, or a folder of profiles")])
    jobs = build_jobs(find_profiles(targets), contracts, audit_options, output, only)
    audit = AuditRun(jobs, output, language, lambda line: click.echo(line, err=True))
    code, summary = audit.run(scheduler, workers, resume=resume, strict=strict)
    move_assets_out(output.rglob("*.html") if report_assets else ())
    click.echo(summary)
    return _leave_threads_behind(code) if audit.abandoned else code


def _run_pair(
    pair: tuple[Path, Path],
    audit_options: AuditOptions,
    output: Path,
    contracts: Mapping[str, Contract],
    language: str | None,
) -> int:
    """Print the differences of two targets; return 1 if there are any, 5 without comparison, 2 if interrupted."""
    pairing, interrupted = run_pair(pair, audit_options, output, contracts, language)
    click.echo(format_pair(pairing, language=language), nl=False)
    if interrupted or not pairing.compared:
        return INTERRUPTED if interrupted else NOTHING_EXERCISED
    return int(bool(pairing.differences))


def _parse_timeout(timeout: str) -> float:
    """Return the timeout in seconds; raise ConfigError."""
    try:
        return parse_duration(timeout)
    except ValueError as error:
        raise ConfigError([Problem("--timeout", f"{timeout!r} {error}")]) from None


def _leave_threads_behind(code: int) -> int:
    """Exit at once, because threads that never end would keep Python alive; everything is already written."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
