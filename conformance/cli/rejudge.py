"""`conformance rejudge`: judges the evidence of an earlier run by the current cases, without sending anything."""

from pathlib import Path

import click

from conformance.authoring.rejudge import rejudge
from conformance.cli import options
from conformance.cli.contracts import read_contracts
from conformance.errors import ConfigError
from conformance.files import write_text
from conformance.report.format import format_finding
from conformance.report.sanitize import to_one_line
from conformance.report.writers import WRITERS
from conformance.results.serialization import read_results


@click.command("rejudge")
@click.argument("results", type=click.Path(path_type=Path))
@options.contract
@options.cases
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write reports there.")
@options.language
def command(results: Path, contract: str | None, cases: Path | None, output: Path | None, language: str | None) -> int:
    """Judge the answers in RESULTS (a results.json or its folder) by today's cases, and list the rows that change.

    Exit codes: 0 no row violates or is inconclusive now, 1 one does, 4 the results or the contracts are unusable.
    """
    contracts, problems = read_contracts(contract, cases)
    if problems:
        raise ConfigError(problems)
    judged, changes = rejudge(read_results(results), {one.name: one for one in contracts})
    for change in changes:
        after = change.after.value if change.after is not None else "there is no such row any more"
        why = f": {format_finding(change.why[0])}" if change.why else ""
        click.echo(to_one_line(f"{change.row}: {change.before.value} → {after}{why}"))
    if not changes:
        click.echo("every row is judged as before")
    if output is not None:
        for form in ("json", "html"):
            writer = WRITERS[form]
            write_text(output / writer.file, writer.write(judged, language))
        click.echo(f"written to {output}")
    verdicts = {row.verdict.value for run in judged.runs for row in run.rows if row.known is None}
    return int(bool(verdicts & {"violates", "inconclusive"}))
