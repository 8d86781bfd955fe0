"""`conformance history`: what changed over time."""

from __future__ import annotations

from pathlib import Path

import click

from conformance.cli.filing import write_text
from conformance.report import history as drawn
from conformance.results.history import Keep, let_go, read

__all__ = ["command"]

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("history")
@click.argument("file", type=_FILE)
@click.option("--html", type=_FILE, metavar="OUT", help="Draw it as a page, too.")
@click.option("--contract", metavar="NAME", help="Only this contract.")
@click.option("--target", metavar="NAME", help="Only the target that reports call so.")
@click.option("--last", type=click.IntRange(1), metavar="N", help="Only the newest N runs of each target.")
@click.option("--keep", metavar="HOW MUCH", help="Delete what is older first: `90 days`, `500 runs` (of each target).")
def command(  # noqa: PLR0917 - click gives them by name
    file: Path, html: Path | None, contract: str | None, target: str | None, last: int | None, keep: str | None
) -> int:
    """Tell of every row since when its verdict holds, how often it flickered and when its wording changed.

    FILE is what `conformance run --history FILE` writes.
    """
    if keep is not None:
        let_go(file, Keep.parse(keep, "--keep"))
    found = read(file, contract, target, last)
    click.echo(drawn.text(found), nl=False)
    if html is not None:
        write_text(html, drawn.html(found))
    return 0
