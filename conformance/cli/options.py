"""Options that several commands have, each with one meaning everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

__all__ = ["FORMS", "allow", "cases", "contract", "depth", "language", "seed", "target"]

FORMS: Final = ("junit", "junit-gitlab", "markdown", "sarif", "har", "badge", "earl", "table")
"""Of the report, beside HTML and JSON: named here too, so that `--help` need not load what writes them."""

target = click.option(
    "--target", metavar="T", help="A target profile (YAML), or a base URL with --contract.  [default: embedded]"
)
contract = click.option("--contract", metavar="NAME", help="Only this contract.")
depth = click.option(
    "--depth", type=click.Choice(["smoke", "standard", "thorough"]), help="How much is tried.  [default: standard]"
)
allow = click.option(
    "--allow",
    multiple=True,
    type=click.Choice(["write", "delete", "exhaust"]),
    help="A permission beside those of the profile; may be given several times.",
)
cases = click.option(
    "--cases",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where contracts are.  [default: ./cases, and those of the package]",
)
seed = click.option("--seed", type=int, metavar="N", help="Same seed, same requests.  [default: 0]")
language = click.option("--language", type=click.Choice(["en", "ja"]), help="Of reports; default: the reader's.")
