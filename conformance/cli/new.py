"""`conformance new`: drafts a contract from the pages on which a vendor documents its errors."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from conformance.authoring.blocks import Code
from conformance.authoring.draft import draft_contract, list_todos
from conformance.authoring.envelope import guess_envelope, read_addresses, read_kinds
from conformance.authoring.error_rows import find_error_tables
from conformance.authoring.error_tables import ErrorTable
from conformance.authoring.openapi_document import name_operations
from conformance.authoring.read_page import read_openapi_document, read_page
from conformance.client.download import mask_address
from conformance.errors import ConfigError, Problem
from conformance.files import write_text
from conformance.messages import format_count


@click.command("new")
@click.argument("name")
@click.option(
    "--from", "pages", multiple=True, required=True, metavar="PAGE", help="A page with error tables; repeatable."
)
@click.option("--openapi", metavar="FILE|URL", help="The API's OpenAPI document: adds operations and path parameters.")
@click.option("--output", default="cases", metavar="DIR", help="The folder of contracts to write into (cases).")
@click.option("--force", is_flag=True, help="Write over a contract that is there.")
def command(*, name: str, pages: tuple[str, ...], openapi: str | None, output: str, force: bool) -> int:
    """Draft the contract NAME from pages in HTML, Markdown, reStructuredText, AsciiDoc, CSV, text, or from OpenAPI.

    Every table or list of errors becomes a file, every entry a row with what the page says of it. What a person must
    add stands there as TODO; `conformance lint` counts them, and a row that is not finished is not exercised.
    """
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise ConfigError([Problem("NAME", f"{name!r} is no name", "use a-z, 0-9 and single hyphens")])
    folder = Path(output, name)
    if (folder / "contract.yaml").exists() and not force:
        raise ConfigError([Problem(str(folder), "there is a contract already", "choose another name, or give --force")])
    found: dict[str, tuple[ErrorTable, ...]] = {}
    samples: list[str] = []
    for where in pages:
        page = read_page(where)
        shown = page.name if "://" in where else Path(where).name
        found[shown] = (*found.get(shown, ()), *find_error_tables(page))
        samples += [block.text for block in page.blocks if isinstance(block, Code)]
    if not any(found.values()):
        hint = "give the page that lists statuses with messages or codes; tables, lists and headings are read"
        raise ConfigError([Problem(", ".join(map(mask_address, pages)), "no table of errors was found", hint)])
    document: dict[str, Any] | None = name_operations(read_openapi_document(openapi)) if openapi else None
    today = datetime.now(UTC).date().isoformat()
    envelope = guess_envelope(samples)
    kinds = read_kinds(samples, envelope) if envelope else None
    files = draft_contract(
        name,
        found,
        today=today,
        envelope=envelope,
        kinds=kinds,
        addresses=read_addresses(samples),
        openapi=document,
    )
    for file, text in files.items():
        write_text(folder / file, text)
    rows = sum(len(table.rows) for tables in found.values() for table in tables)
    todos = sum(len([*list_todos(text)]) for text in files.values())
    counts = {"files": len(files), "rows": rows, "TODOs": todos}
    click.echo(f"{folder}: {', '.join(format_count(count, things) for things, count in counts.items())}")
    for shown in (shown for shown, tables in found.items() if not tables):
        click.echo(f"no errors were found in {shown}")
    click.echo(f"next: conformance lint {folder}")
    return 0
