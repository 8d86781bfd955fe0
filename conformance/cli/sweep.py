"""`conformance sweep`: what a killed run has left on its target is deleted, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import click

from conformance.cli import options
from conformance.cli.contracts import read_contracts
from conformance.engine.journal import FILE, read_open_entries
from conformance.errors import ConfigError, Problem
from conformance.report.sanitize import to_one_line
from conformance.sweep import SweepResult, sweep
from conformance.target.selection import resolve_target, select_target

__all__ = ["command"]


@click.command("sweep")
@options.target
@options.contract
@click.option("--output", metavar="DIR", default="reports", show_default=True, help="The folder of the killed run.")
def command(target: str | None, contract: str | None, output: str) -> int:
    """Delete what the ledger of a killed run lists, by ID or by its recognisable name, and nothing else.

    Exit codes: 0 nothing is left, 1 something may be left, 4 the target or the ledger is unusable.
    """
    if target is None:
        raise ConfigError([Problem("--target", "sweep needs the target of the run", "give its profile")])
    contracts, problems = read_contracts(contract)
    if not contracts:
        raise ConfigError(problems)
    aimed = select_target(target, contract, (), os.environ, [one.name for one in contracts])
    one = next(each for each in contracts if aimed.takes(each.name))
    held = resolve_target(one, aimed, lambda _: {}, os.environ)
    path = Path(output) / FILE
    if not path.is_file():
        click.echo(f"{path} is not there: a run that changes nothing keeps no ledger, so there is nothing to delete")
        return 0
    others = [entry for entry in read_open_entries(path) if entry.base_url != held.base_url]
    swept = []
    for entry in sweep(one, held, path):
        swept.append(entry)
        click.echo(_told(entry))
    left = [entry for entry in swept if entry.why]
    if others:
        click.echo(f"{len(others)} more entries of {path} are of other targets")
    click.echo(f"{len(swept) - len(left)} of {len(swept)} deleted or set back" if swept else "nothing was left")
    return 1 if left else 0


def _told(entry: SweepResult) -> str:
    if entry.doubt:
        return to_one_line(f"?     {entry.operation} ({entry.row}): {entry.doubt}")
    what = " ".join([entry.operation, *entry.names, f"({entry.row})" if entry.row else ""]).strip()
    return to_one_line(f"{'left' if entry.why else 'gone'}  {what}" + (f": {entry.why}" if entry.why else ""))
