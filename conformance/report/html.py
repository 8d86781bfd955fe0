"""Renders the HTML report: one page that needs neither network nor script, which only adds search, filter, language."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from markupsafe import Markup

from conformance.checks.model import Verdict
from conformance.messages import Message, join_messages
from conformance.report.evidence import TIERS, Tier, estimate_size
from conformance.report.format import format_answer, format_times, format_value
from conformance.report.page import escape_content, read_asset, render_template
from conformance.report.sanitize import to_one_line
from conformance.report.translation import Translator, collect_labels
from conformance.report.view import build_view, collect_sentences, count_verdicts, group_rows, share_of_bar
from conformance.report.words import CONFIDENCES, SYMBOLS, VERDICTS
from conformance.results.model import Results, TargetRun

_PACKAGE: Final = "conformance.report"
_MOST_BYTES: Final = 4_500_000
"""The largest page; above it, less evidence is shown. A browser opens 5 MB within two seconds."""

# pytest-html's own page has neither a language nor a viewport. A second `<html>` tag adds its attributes to the
# first, and browsers accept a viewport anywhere.
_FRAME = Markup(
    '<html lang="{language}"><meta name="viewport" content="width=device-width, initial-scale=1">{page}'
    '<aside class="cf" lang="{language}" aria-label="{log}">'
    '<details id="pytest-log"><summary>{log}</summary></details></aside>'
)


def render_head() -> str:
    """Return the style sheet for light, dark, narrow and printed pages; all its rules are below `.cf`."""
    return read_asset(_PACKAGE, "report.css")


def render_fragment(results: Results, language: str | None = None) -> str:
    """Return the report as HTML with its script, below 4.5 MB: with many rows, less of the evidence is shown."""
    return _render("page.html.jinja", results, language)


def render_in_frame(results: Results, language: str | None = None) -> str:
    """Return our page to insert into pytest-html's, whose table is collapsed under "pytest's own log" at the end."""
    page = Markup(render_fragment(results, language))  # noqa: S704 - made by our templates, which escape
    say = Translator(language)
    return str(_FRAME.format(language=say.language, page=page, log=say(Message("pytest's own log"))))


def render_document(results: Results, language: str | None = None) -> str:
    """Return the report as a separate document, without pytest-html's frame."""
    return _render("document.html.jinja", results, language)


def format_title(results: Results, language: str | None = None) -> str:
    """Return the page's title, with the verdict first, because a tab shows only the beginning."""
    return Translator(language)(_title(results))


def _title(results: Results) -> str:
    names = _titles(results.runs)
    verdict = Message("{symbol} {verdict}", symbol=SYMBOLS[results.verdict], verdict=VERDICTS[results.verdict])
    return join_messages(" · ", [verdict, *([names] if names else []), Message("Conformance report")])


def _titles(runs: Iterable[TargetRun]) -> str:
    return ", ".join(dict.fromkeys(run.contract.title or run.contract.name for run in runs))


def _render(template: str, results: Results, language: str | None) -> str:
    for limits in TIERS:
        is_least = limits is TIERS[-1]
        if is_least or estimate_size(results, limits) <= _MOST_BYTES:
            values = _context(results, limits)
            labels = collect_labels(results.runs)
            text = render_template(_PACKAGE, template, language=language, labels=labels, **values)
            if is_least or len(text.encode()) <= _MOST_BYTES:
                break
    return text


def _context(results: Results, limits: Tier) -> dict[str, Any]:
    runs = build_view(results, limits)
    return {
        "title": _title(results),
        "style": Markup(render_head()),  # noqa: S704 - our own file
        "script": Markup(read_asset(_PACKAGE, "language.js") + read_asset(_PACKAGE, "report.js")),  # noqa: S704 - our own file
        "results": results,
        "runs": runs,
        "limits": limits,
        "broken": group_rows((row for run in runs for row in run.rows), Verdict.VIOLATES),
        "doubtful": group_rows((row for run in runs for row in run.rows), Verdict.INCONCLUSIVE),
        "tally": count_verdicts(row for run in results.runs for row in run.rows),
        "share": share_of_bar,
        "sentences": collect_sentences,
        "confidences": CONFIDENCES,
        "tally_of": count_verdicts,
        "answer_of": format_answer,
        "titles": _titles,
        "editions": lambda runs: dict.fromkeys((run.contract.name, run.contract.edition) for run in runs),
        "value_of": format_value,
        "times_of": format_times,
        "header_lines": _header_lines,
    }


def _header_lines(headers: Sequence[tuple[str, str]]) -> Markup:
    return escape_content("".join(f"{to_one_line(f'{name}: {value}')}\n" for name, value in headers))
