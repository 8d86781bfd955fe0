"""`conformance drift`: compares a vendor's current pages with the rows of a contract."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from conformance.authoring.draft import mark_placeholders
from conformance.authoring.drift import Drift, compare_pages, wordings_to_accept
from conformance.authoring.error_rows import find_error_tables
from conformance.authoring.error_tables import ErrorTable
from conformance.authoring.read_page import read_page
from conformance.cli import options
from conformance.cli.contracts import read_contracts
from conformance.contract.contract import Contract, Row
from conformance.contract.short_forms import write_out_message
from conformance.errors import ConfigError, Problem
from conformance.files import write_text
from conformance.messages import clip_text, format_count
from conformance.report.sanitize import to_one_line
from conformance.yaml_document import replace_value

_LONGEST = 200


@click.command("drift")
@click.argument("contract")
@click.argument("pages", nargs=-1, required=True, metavar="PAGE...")
@click.option(
    "--accept",
    is_flag=True,
    help="Take reworded messages over as a new edition; the old ones stay. Reworded causes are replaced.",
)
@click.option("--edition", metavar="NAME", help="What that edition is called; today's date without it.")
@options.cases
def command(contract: str, pages: tuple[str, ...], *, accept: bool, edition: str | None, cases: Path | None) -> int:
    """Tell which rows of CONTRACT are new, gone, moved or reworded on its vendor's pages (files or addresses).

    Exit codes: 0 nothing differs (or all that differs was accepted), 1 something differs.
    """
    if edition and not accept:
        raise ConfigError([Problem("--edition", "there is nothing to name", "give --accept, too")])
    one = read_contracts(contract, cases)[0][0]
    read: dict[str, tuple[ErrorTable, ...]] = {}
    for page in map(read_page, pages):
        read[page.name] = (*read.get(page.name, ()), *find_error_tables(page))
    if empty := [where for where, tables in read.items() if not tables]:
        hint = "give the page that lists statuses with messages or codes"
        raise ConfigError(Problem(where, "no table of errors was found", hint) for where in empty)
    found = compare_pages(one, read)
    for drift in found:
        click.echo("\n".join(to_one_line(line) if n == 0 else line for n, line in enumerate(_lines(drift))))
    left = _accept_wordings(one, found, edition or datetime.now(UTC).date().isoformat()) if accept else found
    rows = sum(len(table.rows) for tables in read.values() for table in tables)
    counts = Counter(drift.kind for drift in found)
    summary = ", ".join(f"{counts[kind]} {kind}" for kind in ("new", "gone", "moved", "changed") if counts[kind])
    click.echo(
        f"{format_count(rows, 'rows')} on {format_count(len(pages), 'pages')}, "
        f"{sum(1 for _ in one.rows)} in the cases: {summary or 'nothing differs'}"
    )
    return int(bool(left))


def _lines(drift: Drift) -> Iterator[str]:
    row = drift.contract
    where = f"{row.file}:{row.line}" if row else drift.page.where if drift.page else ""
    name = row.id if row else "a row that the cases do not have"
    page = f" ({drift.page.where})" if drift.page and row else ""
    change = f"{drift.kind}: {drift.what}" if drift.what else drift.kind
    yield f"{where}: {name}: {change}{page}"
    if drift.kind == "changed":
        yield f"    cases  {_text(drift.ours)}"
        yield f"    page   {_text(drift.theirs)}"
    elif drift.kind == "new" and drift.page is not None:
        new = drift.page.row
        texts = [str(new.status or ""), new.code, *(text for text, _ in new.messages), new.cause]
        yield f"    page   {_text(' · '.join(text for text in texts if text))}"


def _text(text: str) -> str:
    return clip_text(to_one_line(text), _LONGEST)


def _accept_wordings(contract: Contract, found: Sequence[Drift], edition: str) -> list[Drift]:
    """Add each reworded message to its case as another wording, and replace reworded causes; return the rest."""
    accepted = wordings_to_accept(found)
    changed = [(one.contract, one) for one in found if one.what == "cause" and one.contract is not None]
    causes = {row.id: one for row, one in changed if "cause" not in row.inherited}
    texts: dict[Path, str] = {}
    # From the last row of a file to its first, because an insertion moves the lines below it.
    for row in sorted(contract.rows, key=lambda each: -each.number):
        if row.id in accepted and not ("expect" in row.inherited and _parent_id(row) in accepted):
            text = texts.get(row.file) or row.document.text
            texts[row.file] = _with_wordings(contract, row, accepted[row.id], edition, text)
        if row.id in causes:
            text = texts.get(row.file) or row.document.text
            texts[row.file] = replace_value(text, row.own_place("cause"), causes[row.id].theirs)
    for path, text in texts.items():
        write_text(path, text)
        click.echo(f"written: {path}")
    taken = {id(one) for drifts in (*accepted.values(), causes.values()) for one in drifts}
    return [one for one in found if id(one) not in taken and not (one.kind == "changed" and one.what == "message")]


def _parent_id(row: Row) -> str:
    """Return the ID of the row that a row is `like`."""
    name = row.case.like or ""
    return name if "/" in name else f"{row.table}/{name}"


def _with_wordings(contract: Contract, row: Row, reworded: Sequence[Drift], edition: str, text: str) -> str:
    """Return the text of the row's file with new wordings after its own; `wordings` shared by rows are not changed.

    A row that inherits its `expect` gets its own one below its `like`.
    """
    expect = row.document.value["rows"][row.number - 1]["expect"]
    own = write_out_message(expect.get("message", []))
    written = [{"text": own, "edition": contract.file.edition}] if isinstance(own, str) else own
    new = [{"text": mark_placeholders(one.theirs), "language": one.language, "edition": edition} for one in reworded]
    items = [*written, *({key: value for key, value in one.items() if value} for one in new)]
    if "expect" in row.inherited:
        text = _with_own_expect(row, text)
        return replace_value(text, (*row.place, "expect"), {**expect, "message": items})
    place = row.own_place("expect")
    if "message" in expect:
        return replace_value(text, (*place, "message"), items)
    return replace_value(text, place, {**expect, "message": items})


def _with_own_expect(row: Row, text: str) -> str:
    """Return the text of a row's file with an empty `expect` below the `like` of the row."""
    lines, at = text.splitlines(keepends=True), row.document.lines[(*row.place, "like")]
    if mark := re.match(r"[ -]*(?=like:)", lines[at - 1]):
        lines.insert(at, f"{' ' * mark.end()}expect: {{}}\n")
    else:
        row.own_place("expect")  # raises: a row in braces must be edited by a person
    return "".join(lines)
