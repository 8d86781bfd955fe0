"""The options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from conformance.run_options import RUN_OPTIONS


def run_option(name: str) -> Callable[[Any], Any]:
    """Return a decorator for an option of a run, whose value is None, False or () if it is not given."""
    option = RUN_OPTIONS[name]
    kind: Any = click.Choice(option.choices) if option.choices else None
    if type(option.default) is int:
        kind = click.IntRange(1) if option.default else click.INT
    return click.option(
        f"--{name}",
        is_flag=option.default is False or None,  # False would make the value optional
        multiple=isinstance(option.default, tuple),
        type=kind,
        metavar=option.value,
        help=option.help,
    )


target, contract, depth, budget, allow, seed, language, report_assets = map(
    run_option, ("target", "contract", "depth", "budget", "allow", "seed", "language", "report-assets")
)
cases = click.option(
    "--cases",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where contracts are (./cases, and those of the package).",
)
