"""`conformance doctor`: checks by reads alone whether a target is ready for a run, and what is missing."""

from collections.abc import Sequence

import click

from conformance.cli import options
from conformance.cli.contracts import resolve_targets, with_contracts
from conformance.contract.contract import Contract
from conformance.doctor.examine import examine_target
from conformance.doctor.format import format_diagnosis
from conformance.errors import ConfigError, Problem
from conformance.target.selection import TargetSelection


@click.command("doctor")
@with_contracts
@options.allow
@options.seed
def command(contracts: Sequence[Contract], selection: TargetSelection, *, seed: int | None) -> int:
    """Examine whether a target is ready for a run: reachable, credentials good, fixtures there, and what is missing.

    Sends reads only, whatever the profile allows, and gives no verdict.

    Exit codes: 0 a run would be possible, 1 it would, but something is marked ✗, 4 it would not.
    """
    if not selection.real and selection.contract is None and len(contracts) > 1:
        names = " or ".join(one.name for one in contracts)
        raise ConfigError([Problem("--target", "no target is given", f"give a profile, or --contract {names}")])
    code = 0
    for one, resolved in resolve_targets(contracts, selection):
        diagnosis = examine_target(one, resolved, seed or 0)
        click.echo(format_diagnosis(diagnosis), nl=False)
        code = max(code, int(diagnosis.wrong) if diagnosis.possible else 4)
    return code
