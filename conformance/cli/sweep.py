"""`conformance sweep`: deletes or restores what a killed run has left on its target, and nothing else."""

import os
from pathlib import Path

import click

from conformance.cli import options
from conformance.cli.contracts import select_contracts
from conformance.engine.journal import LEDGER_FILE, is_in_use, read_open_entries
from conformance.errors import ConfigError, Problem
from conformance.messages import format_count
from conformance.report.sanitize import to_one_line
from conformance.sweep import sweep
from conformance.target.selection import resolve_target


@click.command("sweep")
@options.target
@options.contract
@click.option("--output", metavar="DIR", default="reports", show_default=True, help="The folder of the killed run.")
@options.allow
def command(target: str | None, contract: str | None, output: str, allow: tuple[str, ...]) -> int:
    """Delete or set back what the ledger of a killed run lists, and nothing else.

    Only what bears a name of this suite is deleted, and only with the permissions of the profile or of --allow. What
    is not seen to be gone is said, and stays in the ledger.

    Exit codes: 0 nothing is left, 1 something may be left, 4 the target or the ledger is unusable.
    """
    if target is None:
        raise ConfigError([Problem("--target", "sweep needs the target of the run", "give its profile")])
    (selected, *_), selection = select_contracts(target, contract, allow)
    resolved = resolve_target(selected, selection, lambda _: {}, os.environ)
    path = Path(output) / LEDGER_FILE
    if not os.path.lexists(path):
        click.echo(f"{path} is not there: a run that changes nothing keeps no ledger, so there is nothing to delete")
        return 0
    own = (selected.name, resolved.base_url)
    others = [entry for entry in read_open_entries(path) if (entry.contract, entry.base_url) != own]
    if is_in_use(path):
        what = "a run that has not ended writes to it: what it has made is not left behind"
        raise ConfigError([Problem(str(path), what, "let it end, or interrupt it")])
    swept = []
    for result in sweep(selected, resolved, path):
        swept.append(result)
        what = " ".join([result.operation, *result.names, f"({result.row})" if result.row else ""]).strip()
        click.echo(to_one_line(f"left  {what}: {result.why}" if result.why else f"gone  {what}"))
    left = [result for result in swept if result.why]
    if others:
        click.echo(f"{path} has {format_count(len(others), 'entries')} of other targets or contracts")
    nothing = "nothing was left on this target" if others else "nothing was left"
    click.echo(f"{len(swept) - len(left)} of {len(swept)} deleted or set back" if swept else nothing)
    return 1 if left else 0
