"""The report for people: one page that needs no network and no script; a small script adds search, filter and language.

Everything that is written goes through Jinja's autoescape, and every text through `visible` before it: no template
can forget either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from conformance.checks.model import Verdict
from conformance.report.bilingual import build_translator, filters, script, script_words, show_both
from conformance.report.evidence import TIERS, Limits, estimate_size
from conformance.report.format import format_answer
from conformance.report.sanitize import clip_text, escape_cell, format_json, is_web_link, show_invisible, to_one_line
from conformance.report.text_diff import diff_texts
from conformance.report.translation import SPOKEN, catalogue, checked_language, phrases_for, translate
from conformance.report.view import SYMBOLS, WORST_FIRST, build_view, collect_sentences, count_verdicts
from conformance.results.model import Results

__all__ = ["format_title", "render_document", "render_fragment", "render_head"]

_MOST_BYTES: Final = 4_500_000
"""Of a page: beyond it, evidence is shortened further. A browser opens 5 MB within two seconds."""
_KNOWN_KINDS: Final = frozenset(SYMBOLS)


def render_head() -> str:
    """The style sheet, for light, dark, narrow and printed pages; all its rules are below `.cf`."""
    return _file("report.css")


def render_fragment(results: Results, language: str | None = None) -> str:
    """The report as an HTML fragment that holds its own script.

    Its text is in `language`; for None it is in English, and the script follows the browser's language. A reader can
    switch in either case. It stays below 4.5 MB: with many rows, fewer exchanges and less of each body are shown.
    Raises Unusable for a language that there are no words in.
    """
    return _rendered("page.html.jinja", results, language)


def render_document(results: Results, language: str | None = None) -> str:
    """The same page as a document of its own, without pytest-html's frame."""
    return _rendered("document.html.jinja", results, language)


def format_title(results: Results, language: str | None = None) -> str:
    """The page's title: the verdict first, for it is what a tab has room for."""
    names = ", ".join(run.contract.title or run.contract.name for run in results.runs)
    chosen = checked_language(language)
    verdict = translate(f"verdict.{results.verdict}", chosen)
    parts = (f"{SYMBOLS[results.verdict]} {verdict}", to_one_line(names), translate("report.name", chosen))
    return " · ".join(part for part in parts if part)


def _rendered(template: str, results: Results, language: str | None) -> str:
    environment = _environment(checked_language(language))
    tiers = list(TIERS)
    while len(tiers) > 1 and estimate_size(results, tiers[0]) > _MOST_BYTES:
        del tiers[0]
    text = ""
    for limits in tiers:
        text = environment.get_template(template).render(_context(results, language, limits))
        if len(text.encode()) <= _MOST_BYTES:
            break
    return text


def _context(results: Results, language: str | None, limits: Limits) -> dict[str, Any]:
    runs = build_view(results, limits)
    return {
        "results": results,
        "runs": runs,
        "limits": limits,
        "language": checked_language(language),
        "follow": language is None,
        "broken": [row for run in runs for row in run.rows if row.row.verdict is Verdict.VIOLATES],
        "strayed": [(anchor, one) for run in runs for anchor, one in run.strayed],
        "title": format_title(results, language),
        "tally": count_verdicts(row for run in results.runs for row in run.rows),
        "css": Markup(render_head()),  # noqa: S704 - our own file
        "js": script() + Markup(_file("report.js")),  # noqa: S704 - our own file
        "words": script_words(),
        **_tellers(results, checked_language(language)),
    }


def _tellers(results: Results, language: str) -> dict[str, Callable[..., Any]]:
    """What a template says of words of ours that results hold in English: in both languages, each looked for once."""
    phrases = phrases_for(results.runs)
    return {
        "answered": build_translator(language, phrases.answer),
        "check": build_translator(language, phrases.check),
        "label": build_translator(language, phrases.label),
        "failure": build_translator(language, phrases.kind),
        "told": build_translator(language, phrases.sentence),
        "value": build_translator(language, phrases.value),
        "worded": lambda value: isinstance(value, str) and phrases.value(value) != value,
    }


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("conformance.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_seen,
    )
    environment.globals.update(
        both=partial(show_both, language),
        difference=diff_texts,
        is_web_link=is_web_link,
        roles=frozenset(name for name in catalogue() if name.startswith("role.")),
        say=lambda key: translate(key, language),
        kind=lambda text: text if text in _KNOWN_KINDS else "other",
        sentences=collect_sentences,
        spoken=SPOKEN,
        symbols=SYMBOLS,
        tally_of=count_verdicts,
        worst_first=WORST_FIRST,
    )
    environment.filters.update(
        answer=format_answer,
        cell=escape_cell,
        clip=clip_text,
        content=_content,
        header_lines=_header_lines,
        json=format_json,
        line=to_one_line,
        time=_time,
        **filters(language),
    )
    return environment


def _seen(value: Any) -> Any:
    """What Jinja is about to write: text that is not ours yet is made visible, markup of ours stays."""
    return show_invisible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _content(text: str) -> Markup:
    """For the content of an element only, where quotes need no escape: a fifth of a JSON body is quotes."""
    escaped = show_invisible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Markup(escaped)  # noqa: S704 - escaped in the line above


def _header_lines(headers: Sequence[tuple[str, str]]) -> Markup:
    return _content("".join(f"{to_one_line(f'{name}: {value}')}\n" for name, value in headers))


def _time(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.{0 if seconds >= 0.01 else 1}f} ms"
    return f"{seconds:.1f} s"


@cache
def _file(name: str) -> str:
    return files("conformance.report").joinpath("templates", name).read_text(encoding="utf-8")
