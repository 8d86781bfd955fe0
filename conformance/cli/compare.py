"""`conformance compare`: shows what changed between two results."""

from pathlib import Path

import click

from conformance.cli import options
from conformance.compare.compare import compare
from conformance.compare.forms import FORMS, format_comparison
from conformance.files import move_assets_out, write_text
from conformance.results.serialization import read_results


@click.command("compare")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--form", type=click.Choice(list(FORMS)), default="text", show_default=True, help="Form of the comparison."
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write it there.")
@options.language
@options.report_assets
@click.option("--strict", is_flag=True, help="A row that began to drift is worse, too.")
def command(
    old: Path, new: Path, form: str, output: Path | None, language: str | None, *, report_assets: bool, strict: bool
) -> int:
    """Tell what changed between two results.json, or the folders that hold them.

    What the target does otherwise is kept apart from what we did otherwise (suite, depth, seed, profile), for which
    no target is blamed.

    \b
    Exit codes: 0 it did not get worse, 1 it got worse, 4 a file cannot be used.
    """  # noqa: D301 - click obeys the character itself
    comparison = compare(read_results(old), read_results(new))
    text = format_comparison(comparison, form, language)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_text(output, text)
        move_assets_out([output] if report_assets and form == "html" else ())
    return int(comparison.worse or (strict and comparison.drifted))
