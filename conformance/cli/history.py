"""`conformance history`: shows what changed over time."""

from pathlib import Path

import click

from conformance.cli.options import language, report_assets
from conformance.files import move_assets_out, write_text
from conformance.history.forms import format_history
from conformance.history.store import Retention, delete_old_runs, read_history

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("history")
@click.argument("file", type=_FILE)
@click.option("--html", type=_FILE, metavar="OUT", help="Draw it as a page, too.")
@click.option("--contract", metavar="NAME", help="Only this contract.")
@click.option("--target", metavar="NAME", help="Only the target that reports call by this name.")
@click.option("--last", type=click.IntRange(1), metavar="N", help="Only the newest N runs of each target.")
@language
@report_assets
@click.option("--keep", metavar="HOW MUCH", help="Delete what is older first: `90 days`, `500 runs` (of each target).")
def command(  # noqa: PLR0917 - click gives them by name
    file: Path,
    html: Path | None,
    contract: str | None,
    target: str | None,
    last: int | None,
    language: str | None,
    keep: str | None,
    *,
    report_assets: bool,
) -> int:
    """Show of every row since when its verdict holds, how often it changed back and when its wording changed.

    FILE is what `conformance run --history FILE` writes.
    """
    if keep is not None:
        delete_old_runs(file, Retention.parse(keep, "--keep"))
    found = read_history(file, contract, target, last)
    click.echo(format_history(found, language=language), nl=False)
    if html is not None:
        write_text(html, format_history(found, "html", language))
        move_assets_out([html] if report_assets else ())
    return 0
