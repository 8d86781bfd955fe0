"""`conformance prove`: runs the suite against faulty servers and against different conforming ones."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import track

from conformance.checks.model import Verdict
from conformance.cli import options as shared
from conformance.cli.contracts import read_contracts, select_contracts
from conformance.contract.contract import Contract
from conformance.contract.power import FILE as POWER_FILE
from conformance.contract.power import format_power as format_power_file
from conformance.contract.schema import Depth
from conformance.errors import ConfigError, Problem
from conformance.files import move_assets_out, write_text
from conformance.prove.forms import format_proof
from conformance.prove.model import Proof, ServerProof
from conformance.prove.proof import build_proof, number_faults
from conformance.prove.recorded_power import measure_recorded
from conformance.prove.servers import choose_faults, contracts_with_server, right_servers, wrong_servers
from conformance.prove.target_power import RowPower, format_power, measure_target
from conformance.prove.trials import TrialOptions, run_trials
from conformance.report.sanitize import to_one_line
from conformance.results.serialization import read_results
from conformance.session.target_runner import RunOptions
from conformance.target.selection import resolve_target

Item = TypeVar("Item")

BROKEN, INTERRUPTED, NOTHING_EXERCISED = 1, 2, 5
_SECONDS_BETWEEN_LINES = 15.0
"""Seconds between lines of progress without a terminal."""
ENOUGH = 0.95
"""The least share of faults that a usable contract's cases catch on a target."""
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("prove")
@shared.contract
@shared.depth
@click.option("--fault", "names", multiple=True, metavar="NAME", help="only this fault; may be given more than once")
@click.option(
    "--seeds", type=click.IntRange(min=0), default=20, show_default=True, metavar="N", help="how many right servers"
)
@shared.seed
@click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True, metavar="N", help="processes")
@click.option("--output", type=_FOLDER, default=Path("reports"), show_default=True, metavar="DIR", help="for the proof")
@click.option("--target", metavar="T", help="a right target of your own, in place of the reference servers")
@click.option(
    "--recorded",
    type=click.Path(path_type=Path),
    metavar="RESULTS",
    help="the answers in a results.json, in place of the reference servers: nothing is sent",
)
@click.option("--own-rows", is_flag=True, help="send wrong servers only the rows that they violate: five times as fast")
@click.option("--write-power", is_flag=True, help="write power.json beside the cases: the order of runs follows it")
@shared.language
@shared.report_assets
@shared.cases
def command(  # noqa: PLR0917 - click gives them by name
    contract: str | None,
    depth: Depth | None,
    names: Sequence[str],
    seeds: int,
    seed: int | None,
    workers: int,
    output: Path,
    target: str | None,
    recorded: Path | None,
    own_rows: bool,
    write_power: bool,
    language: str | None,
    cases: Path | None,
    *,
    report_assets: bool,
) -> int:
    """Run the suite against servers that are wrong on purpose and right ones that differ.

    Prints and writes (proof.json, proof.html) which faults were caught, by which row and after how many requests;
    which right servers were blamed; and which rows catch nothing. Ends with 1 where a fault survives, a right server
    is blamed or a row catches no fault. Ctrl-C writes what there is.

    With --write-power, which probe shows which fault is kept in power.json beside the cases: runs send first what shows
    most, and --budget and smoke choose by it.

    With --target no reference server is needed: the target's answers to one run are recorded and made wrong in one way
    at a time (another status, another row's message, success instead of the error, ...), and each row is judged on
    them again. Nothing is sent for the faults; what is missed is listed with what would catch it. Ends with 1 where
    less than 95 % are caught. With --recorded the answers are those of an earlier run at standard or thorough, and
    nothing is sent at all; rows whose answers were recorded in part only are named, and not measured.
    """
    depth, seed = depth or "standard", seed or 0
    if recorded is not None:
        return _measure_recorded(recorded, contract, cases)
    if target is not None:
        return _measure_target(target, contract, cases, RunOptions(depth, seed, relative_to=Path.cwd(), output=output))
    if write_power and (names or depth != "standard"):
        what = "the power of all faults at standard is written, and only a part of it is measured"
        raise ConfigError([Problem("--write-power", what, "leave --fault and --depth out")])
    found = contracts_with_server(cases or Path.cwd(), contract)
    faults = choose_faults(found, names)
    chosen = {name: found[name] for name in faults}
    options = TrialOptions({name: one.folder for name, one in chosen.items()}, depth, seed, own_rows)
    servers: list[ServerProof] = [one for name in chosen for one in wrong_servers(chosen[name], faults[name])]
    servers += [one for name in chosen for one in right_servers(name, seeds, seed)]
    started, began = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"), perf_counter()
    done, partial = _take_until_interrupted(_show_progress(run_trials(servers, options, workers), len(servers)))
    proof = build_proof(chosen, done, options, started, round(perf_counter() - began, 1), partial=partial)
    click.echo(format_proof(proof, language=language), nl=False)
    write_text(output / "proof.json", format_proof(proof, "json"))
    write_text(output / "proof.html", format_proof(proof, "html", language))
    move_assets_out([output / "proof.html"] if report_assets else ())
    if write_power:
        _write_power(proof, chosen)
    if proof.partial:
        return INTERRUPTED
    return 0 if proof.stands else BROKEN


def _measure_target(text: str, contract: str | None, cases: Path | None, options: RunOptions) -> int:
    """Measure each row of the target's contract; return the exit code. Raises ConfigError."""
    contracts, selection = select_contracts(text, contract, (), cases)
    target = resolve_target(contracts[0], selection, lambda _: {}, os.environ)
    return _print_powers(measure_target(contracts[0], target, options), target.described)


def _measure_recorded(path: Path, contract: str | None, cases: Path | None) -> int:
    """Measure the rows of recorded runs on their recorded responses; return the exit code. Raises ConfigError."""
    results = read_results(path)
    runs = [run for run in results.runs if contract in {None, run.contract.name}]
    contracts, problems = read_contracts(contract, cases)
    known = {one.name: one for one in contracts}
    problems += [
        Problem(str(path), f"there is no contract {run.contract.name}", "work where its cases are, or give --contract")
        for run in runs
        if run.contract.name not in known
    ]
    if problems or not runs:
        raise ConfigError(problems or [Problem(str(path), f"holds no run of {contract}")])
    codes = [_print_powers(measure_recorded(known[run.contract.name], results, run), run.target) for run in runs]
    return next(code for code in (INTERRUPTED, BROKEN, 0, NOTHING_EXERCISED) if code in codes)


def _take_until_interrupted(items: Iterable[Item]) -> tuple[list[Item], bool]:
    """Return the items until the end or Ctrl-C, and whether it was Ctrl-C."""
    taken: list[Item] = []
    try:
        for item in items:
            taken.append(item)  # noqa: PERF402 - an interrupted loop keeps what it has
    except KeyboardInterrupt:
        return taken, True
    return taken, False


def _print_powers(measured: Iterable[RowPower], described: Mapping[str, Any]) -> int:
    powers, interrupted = _take_until_interrupted(measured)
    if interrupted:
        click.echo("interrupted", err=True)
    click.echo("\n".join(map(to_one_line, format_power(powers, described))))
    faults, caught = sum(len(one.faults) for one in powers), sum(one.caught for one in powers)
    if interrupted:
        return INTERRUPTED
    if all(one.verdict is Verdict.NOT_EXERCISED for one in powers):
        return NOTHING_EXERCISED
    return 0 if faults and caught >= ENOUGH * faults else BROKEN


def _show_progress(trials: Iterable[ServerProof], total: int) -> Iterator[ServerProof]:
    """Pass the servers on, and show their number on standard error."""
    screen, last_line = Console(stderr=True), -_SECONDS_BETWEEN_LINES
    if screen.is_terminal:
        trials = track(trials, "servers tried", total, console=screen, transient=True)
    for count, trial in enumerate(trials, start=1):
        yield trial
        if not screen.is_terminal and (perf_counter() - last_line >= _SECONDS_BETWEEN_LINES or count == total):
            last_line = perf_counter()
            screen.print(f"{count} of {total} servers tried", markup=False, highlight=False)


def _write_power(proof: Proof, contracts: Mapping[str, Contract]) -> None:
    """Write `power.json` of each contract whose faults were all tried; raise OutputError."""
    for one in proof.contracts:
        if one.whole and not proof.partial:
            contract = contracts[one.contract]
            path = contract.folder / POWER_FILE
            write_text(path, format_power_file(contract, number_faults(one)))
            click.echo(f"written: {path}")
