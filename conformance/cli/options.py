"""Options that several commands have, each with one meaning everywhere."""

from __future__ import annotations

from pathlib import Path

import click

target = click.option(
    "--target", metavar="T", help="A target profile (YAML), or a base URL with --contract.  [default: embedded]"
)
contract = click.option("--contract", metavar="NAME", help="Only this contract.")
depth = click.option(
    "--depth", type=click.Choice(["smoke", "standard", "thorough"]), help="How much is tried.  [default: standard]"
)
budget = click.option(
    "--budget",
    metavar="N|TIME",
    help="The most requests that the rows of a contract may plan: 120, or 2m at the target's pace. What shows most "
    "goes first; the report says what is left untried. smoke, standard and thorough are budgets, too.",
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
