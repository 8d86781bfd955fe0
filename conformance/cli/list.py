"""`conformance list`: lists every row of every contract."""

from pathlib import Path

import click

from conformance.cli import options
from conformance.cli.contracts import read_contracts
from conformance.contract.contract import Contract, Row
from conformance.contract.messages import list_wordings
from conformance.contract.templates import show_placeholders
from conformance.messages import format_count
from conformance.report.sanitize import show_invisible, to_one_line


@click.command("list")
@options.contract
@options.cases
def command(contract: str | None, cases: Path | None) -> int:
    """List every row: its ID, and the status and message that it promises."""
    found, problems = read_contracts(contract, cases)
    click.echo(show_invisible("\n\n".join(_format_contract(one) for one in found)))
    for problem in problems:
        click.echo(to_one_line(str(problem)), err=True)
    return 4 if problems else 0


def format_row_promise(row: Row) -> tuple[str, str]:
    """Return status and code with message; of several wordings the first, and the number of others."""
    expect = row.case.expect
    wordings = list_wordings(row)
    more = f"  (and {len(wordings) - 1} more wordings)" if len(wordings) > 2 else "  (and 1 more wording)"
    codes = list(map(str, expect.codes))
    detail = [" or ".join(codes)] if codes else []
    detail += [show_placeholders(wordings[0].text) + (more if len(wordings) > 1 else "")] if wordings else []
    return " or ".join(map(str, expect.statuses)), ": ".join(detail)


def _format_contract(contract: Contract) -> str:
    rows = list(contract.rows)
    wide = max((len(row.id) for row in rows), default=0)
    count = format_count(len(rows), "rows")
    lines = [f"{contract.file.title} ({contract.name}, edition: {contract.file.edition}), {count}"]
    for table in contract.tables:
        lines += ["", f"  {table.title}"]
        lines += [f"    {row.id:{wide}}  {'  '.join(format_row_promise(row))}".rstrip() for row in table.rows]
    return "\n".join(lines)
