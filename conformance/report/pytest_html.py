"""Puts our page into the file that pytest-html writes, and keeps pytest-html's own table out of its way.

Nothing in here imports pytest. pytest-html writes test IDs and the environment unescaped, so the host drops our rows
from its table and empties its environment: what is left of it (items that are not ours, such as a file that could not
be collected) is folded under "pytest's own log" at the end.
"""

from __future__ import annotations

from markupsafe import Markup

from conformance.messages import Message
from conformance.report import html
from conformance.report.page import read_asset
from conformance.report.translation import check_language, translate
from conformance.results.model import Results


def css() -> str:
    """The text of a style sheet for pytest-html's `--css`: ours, and what hides pytest-html's own parts.

    In a browser without `:has()` pytest-html's table is shown below our page instead of being folded.
    """
    return html.render_head() + read_asset("conformance.report", "pytest_html.css")


def summary(prefix: list[str], results: Results, language: str | None = None, script_file: str = "") -> None:
    """For `pytest_html_results_summary`: puts the page into `prefix`, before anything of pytest-html's.

    With `script_file` the page refers to that file instead of holding its script. A second `<html>` tag gives its
    attributes to the first, and a browser heeds a viewport wherever it stands;
    pytest-html's own page has neither a language nor a viewport.
    """
    frame = Markup(
        '<html lang="{language}"><meta name="viewport" content="width=device-width, initial-scale=1">{page}'
        '<aside class="cf" lang="{language}" aria-label="{log}">'
        '<details id="pytest-log"><summary>{log}</summary></details></aside>'
    )
    page = Markup(html.render_fragment(results, language, script_file))  # noqa: S704 - made by our templates, which escape
    chosen = check_language(language)
    prefix.insert(0, str(frame.format(language=chosen, page=page, log=translate(Message("pytest's own log"), chosen))))
