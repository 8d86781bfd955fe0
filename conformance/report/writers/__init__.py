"""Formats results as text in every form. Nothing here reads or writes files."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from conformance.report import html
from conformance.report.writers import badge, earl, har, junit, markdown, sarif, table
from conformance.results.model import Results
from conformance.results.serialization import format_results

__all__ = ["WRITERS", "Writer"]


class Writer(NamedTuple):
    """A form of the report: its file name, and the function that formats results in a language (None: English)."""

    file: str
    write: Callable[[Results, str | None], str]


WRITERS: Mapping[str, Writer] = {
    "html": Writer("report.html", html.render_document),
    "json": Writer("results.json", lambda results, _: format_results(results)),
    "junit": Writer("junit.xml", junit.format_junit),
    "junit-gitlab": Writer("junit-gitlab.xml", partial(junit.format_junit, places=True)),
    "markdown": Writer("summary.md", markdown.format_markdown),
    "sarif": Writer("results.sarif", sarif.format_sarif),
    "har": Writer("exchanges.har", lambda results, _: har.format_har(results)),
    "badge": Writer("badge.json", lambda results, _: badge.format_badge(results)),
    "earl": Writer("earl.jsonld", earl.format_earl),
    "table": Writer("summary.txt", table.format_table),
}
