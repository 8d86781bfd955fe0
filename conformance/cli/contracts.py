"""Reads and selects the contracts, targets and rows that a command is called with."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click

from conformance import reference
from conformance.cli import options
from conformance.contract.contract import Contract, Row
from conformance.contract.folders import find_all_contract_folders
from conformance.contract.loader import read_contract
from conformance.errors import ConfigError, Problem
from conformance.reference.embedded import EmbeddedServers
from conformance.report.sanitize import to_one_line
from conformance.target.loader import Target
from conformance.target.selection import TargetSelection, resolve_target, select_target
from conformance.validation import closest_name, suggest


def read_contracts(name: str | None, where: Path | None = None) -> tuple[list[Contract], list[Problem]]:
    """Return the valid contracts and the problems of others; only the named one, or raise ConfigError."""
    found: list[Contract] = []
    problems: list[Problem] = []
    for folder in find_all_contract_folders(where or Path.cwd()):
        try:
            found.append(read_contract(folder))
        except ConfigError as unusable:
            problems += unusable.problems
    if name is None:
        return found, problems
    named = [contract for contract in found if contract.name == name]
    if not named and problems:
        raise ConfigError(problems)
    if not named:
        hint = suggest(name, [contract.name for contract in found], "contracts")
        raise ConfigError([Problem("--contract", f"there is no contract {name!r}", hint)])
    return named, []


def select_contracts(
    target: str | None, contract: str | None, allow: Sequence[str] = (), cases: Path | None = None
) -> tuple[list[Contract], TargetSelection]:
    """Return the contracts and the target that the options select; raise ConfigError.

    Without a target, contracts that have no embedded server are left out with a message, as are invalid ones if there
    are valid ones.
    """
    contracts, problems = read_contracts(contract, cases)
    if not contracts:
        raise ConfigError(problems)
    for problem in problems:
        click.echo(to_one_line(str(problem)), err=True)
    selection = select_target(target, contract, allow, os.environ, [one.name for one in contracts])
    selected = [one for one in contracts if selection.takes(one.name)]
    if not selection.real and contract is None:
        for one in selected:
            if one.name not in reference.contracts():
                click.echo(f"{one.name} is left out: it has no embedded server; give --target", err=True)
        selected = [one for one in selected if one.name in reference.contracts()]
    return selected, selection


def with_contracts(command: Callable[..., int]) -> Callable[..., int]:
    """Add --target, --contract and --cases to a command, which is called with the selected contracts and target.

    An `--allow` option of the command is used for the selection, too.
    """

    @wraps(command)
    def call(
        *, target: str | None, contract: str | None, cases: Path | None, allow: tuple[str, ...] = (), **rest: Any
    ) -> int:
        return command(*select_contracts(target, contract, allow, cases), **rest)

    decorated: Callable[..., int] = options.target(options.contract(options.cases(call)))
    return decorated


def resolve_targets(contracts: Iterable[Contract], selection: TargetSelection) -> Iterator[tuple[Contract, Target]]:
    """Yield each contract with its target; embedded servers run until the iterator ends. Raises ConfigError."""
    with EmbeddedServers() as offer:
        for contract in contracts:
            yield contract, resolve_target(contract, selection, offer, os.environ)


def find_row(contracts: Sequence[Contract], text: str) -> list[tuple[Contract, Row]]:
    """Return the rows with an ID, its last part, or a case file's `FILE::ROW`; raise ConfigError if there are none."""
    expected = text.replace("::", "/").removesuffix("/")
    parts = expected.replace(".yaml", "").split("/")
    names = {"/".join(parts[-2:]), parts[-1]} if len(parts) > 2 else {expected.replace(".yaml", "")}
    every = [(contract, row) for contract in contracts for row in contract.rows]
    exact = [pair for pair in every if pair[1].id in names]
    found = exact or [pair for pair in every if pair[1].case.id in names]
    if not found:
        last = {row.case.id: row.id for _, row in every}
        near = closest_name(text, [row.id for _, row in every]) or last.get(closest_name(text, last) or "")
        hint = f"did you mean {near!r}?" if near else "`conformance list` names all"
        raise ConfigError([Problem("ROW", f"there is no row {text!r}", hint)])
    return found
