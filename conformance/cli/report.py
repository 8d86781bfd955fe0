"""`conformance report`: renders reports from results.json or from the results.jsonl of a killed run."""

from pathlib import Path

import click

from conformance.cli import options
from conformance.files import move_assets_out, write_text
from conformance.report.sanitize import to_one_line
from conformance.report.writers import WRITERS
from conformance.results.events import read_events
from conformance.results.serialization import read_results
from conformance.run_options import FORMS
from conformance.session.assemble import rebuild_results


@click.command("report")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Default: beside FILE.")
@click.option("--form", "forms", multiple=True, type=click.Choice(["html", "json", *FORMS]),
              help="May be given several times; default: html.")  # fmt: skip
@options.language
@options.report_assets
def command(
    file: Path, output: Path | None, forms: tuple[str, ...], language: str | None, *, report_assets: bool
) -> int:
    """Draw reports again from FILE: a results.json, or a results.jsonl, which a killed run leaves too."""
    results = rebuild_results(read_events(file)) if file.suffix == ".jsonl" else read_results(file)
    folder = output or (file if file.is_dir() else file.parent)
    for form in dict.fromkeys(forms or ("html",)):
        writer = WRITERS[form]
        write_text(folder / writer.file, writer.write(results, language))
        move_assets_out([folder / writer.file] if report_assets and form == "html" else ())
        click.echo(str(folder / writer.file))
    if results.partial:
        click.echo(to_one_line(f"partial: {results.why_partial}"), err=True)
    return 0
