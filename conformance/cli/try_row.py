"""`conformance try`: sends a row's example and control, and shows both with the `expect` that would hold."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from conformance.authoring.attempt import format_attempt, suggest_expect
from conformance.authoring.draft import list_todos
from conformance.checks.context import ResponseRules
from conformance.cli import options
from conformance.cli.contracts import find_row, resolve_targets, with_contracts
from conformance.contract.contract import Contract, Row
from conformance.errors import ConfigError, Problem
from conformance.files import write_text
from conformance.report.format import format_finding
from conformance.report.sanitize import show_invisible, to_one_line
from conformance.results.model import RecordedExchange, RowResult
from conformance.session.target_runner import RunOptions, TargetRunner
from conformance.target.selection import TargetSelection
from conformance.yaml_document import dump, replace_value


@click.command("try")
@click.argument("row")
@with_contracts
@options.allow
@click.option("--write", is_flag=True, help="Add to the case what it does not say, unless the answer contradicts it.")
def command(contracts: Sequence[Contract], selection: TargetSelection, *, row: str, write: bool) -> int:
    """Send the example and the control of a ROW as at smoke, show every exchange whole, and the expect that would hold.

    ROW is an ID such as contents-get/limit-below-minimum, or its last part. What is made on the target stands in the
    ledger of the folder reports, from which sweep deletes what is left.

    Exit codes: 0 the row conforms or drifts, 1 it violates or is inconclusive, 4 row or target is unusable,
    5 it was not exercised.
    """
    found = find_row(contracts, row)
    if len(found) > 1:
        names = ", ".join(sorted(f"{one.name}: {entry.id}" for one, entry in found))
        raise ConfigError([Problem("ROW", f"{row!r} is several rows: {names}", "give the whole ID, or --contract")])
    ((one, entry),) = found
    one = replace(one, power={})  # or smoke might choose another probe than the written example
    for _, resolved in resolve_targets([one], selection):
        run_options = RunOptions("smoke", 0, relative_to=Path.cwd(), output=Path("reports"))
        with closing(TargetRunner(one, resolved, run_options)) as runner:
            runner.begin([entry.id])
            runner.row(entry.id)
        (result,) = runner.results().runs[0].rows
    for line in format_attempt(result):
        for part in line.splitlines() or [""]:
            click.echo(to_one_line(part))
    return _conclude(one, entry, result, write=write)


def _conclude(contract: Contract, row: Row, result: RowResult, *, write: bool) -> int:
    reason = f": {to_one_line(result.reason)}" if result.reason else ""
    click.echo(f"{row.id}: {result.verdict}{reason}")
    answered = (one for one in result.exchanges if one.role == "example" and one.response is not None)
    example = next(answered, None)
    if example is not None:
        expect = suggest_expect(ResponseRules(contract, lambda _: ()), example)
        click.echo(f"\nThis expect would hold:\n{show_invisible(dump({'expect': expect}).rstrip())}")
        if write:
            _write(row, result, example, expect)
    return {"conforms": 0, "drifts": 0, "not-exercised": 5}.get(result.verdict.value, 1)


def _write(row: Row, result: RowResult, example: RecordedExchange, expect: Mapping[str, Any]) -> None:
    """Add what was answered to the case, but nothing if the answer contradicts the case."""
    text = row.file.read_text(encoding="utf-8")
    place = row.own_place("expect")
    unknown = {"status"} if row.document.lines[place] in dict(list_todos(text)) else set()
    if wrong := [one for one in result.findings if one.exchange == example.n and one.check not in unknown]:
        said = "".join(f"\n  {to_one_line(format_finding(one))}" for one in wrong)
        click.echo(f"not written: the answer contradicts the row, whose source is what the vendor documents{said}")
        return
    kept = {key: value for key, value in row.document.value["rows"][place[1]]["expect"].items() if key not in unknown}
    added = {key: value for key, value in expect.items() if key != "message" or "wordings" not in kept}
    write_text(row.file, replace_value(text, place, {**added, **kept}))
    click.echo(f"written to {row.file}:{row.line}")
