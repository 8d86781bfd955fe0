"""`conformance lint`: reports every problem of case files as `file:line: what; how to correct it`."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from conformance.authoring.draft import list_todos
from conformance.contract.contract import Contract
from conformance.contract.folders import find_contract_folders, find_contracts
from conformance.contract.loader import read_contract
from conformance.contract.openapi import check_openapi
from conformance.contract.power import check_power
from conformance.errors import ConfigError, Problem
from conformance.files import read_text
from conformance.messages import format_count
from conformance.report.sanitize import to_one_line
from conformance.yaml_document import read


@click.command("lint")
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
def command(path: Path | None) -> int:
    """Report every problem in case files at once; PATH is one file, a contract's folder, or a folder of contracts.

    A power.json that is older than its cases is named, and is no problem.

    Exit codes: 0 no problem, 4 problems.
    """
    problems: list[Problem] = []
    contracts: list[Contract] = []
    for folder in _folders(path):
        openapi, unreadable = read(folder / "openapi.yaml")
        if openapi is not None and not unreadable:
            written, _ = read(folder / "contract.yaml")
            fixtures = written.members.get("fixtures") if written else None
            problems += check_openapi(openapi, fixtures if isinstance(fixtures, dict) else ())
        try:
            contracts.append(read_contract(folder))
        except ConfigError as unusable:
            problems += unusable.problems
    if path is not None and path.is_file():
        problems = [one for one in problems if one.where.rpartition(":")[0] == str(path) or one.where == str(path)]
    for problem in dict.fromkeys(problems):
        click.echo(to_one_line(str(problem)))
    if problems:
        return 4
    for outdated in (problem for contract in contracts for problem in check_power(contract)):
        click.echo(to_one_line(str(outdated)))
    files = [file for contract in contracts for file in sorted(contract.folder.glob("*.yaml"))]
    todos = [(file, *todo) for file in files for todo in list_todos(read_text(file))]
    alike = Counter((file, what) for file, _, what in todos)
    for file, line, what in todos:
        if count := alike.pop((file, what), 0):
            more = f" (and {count - 1} more of this file)" if count > 1 else ""
            click.echo(to_one_line(f"{file}:{line}: TODO: {what}{more}"))
    unfinished = f", {format_count(len(todos), 'TODOs')}" if todos else ""
    rows = sum(1 for contract in contracts for _ in contract.rows)
    click.echo(f"{format_count(len(files), 'files')}, {format_count(rows, 'rows')}, no problem{unfinished}")
    return 0


def _folders(path: Path | None) -> Sequence[Path]:
    if path is None:
        return find_contract_folders(Path.cwd())
    found = sorted(file.parent for file in path.rglob("contract.yaml")) if path.is_dir() else find_contracts(path)
    if not found:
        raise ConfigError([Problem(str(path), "there is no contract.yaml here", "a contract's folder has one")])
    return found
