"""Results as text, in every form that people and programs read; nothing in here reads or writes a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from conformance.report import badge, earl, har, html, junit, markdown, sarif, table
from conformance.results.model import Results
from conformance.results.reading import write_json

__all__ = ["WRITERS", "Writer"]


class Writer(NamedTuple):
    """A form of the report: the name of its file, and what draws it from results in a language (None: English)."""

    file: str
    write: Callable[[Results, str | None], str]


def _one_language(write: Callable[[Results], str]) -> Callable[[Results, str | None], str]:
    return lambda results, _language: write(results)


WRITERS: Mapping[str, Writer] = MappingProxyType(
    {
        "html": Writer("report.html", html.document),
        "json": Writer("results.json", _one_language(write_json)),
        "junit": Writer("junit.xml", _one_language(junit.write)),
        "markdown": Writer("summary.md", markdown.write),
        "sarif": Writer("results.sarif", _one_language(sarif.write)),
        "har": Writer("exchanges.har", _one_language(har.write)),
        "badge": Writer("badge.json", _one_language(badge.write)),
        "earl": Writer("earl.jsonld", _one_language(earl.write)),
        "table": Writer("summary.txt", table.write),
    }
)
"""Every form by its name."""
