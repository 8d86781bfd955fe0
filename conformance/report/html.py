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

from conformance.report.bilingual import both, filters, script, script_words, teller
from conformance.report.difference import difference
from conformance.report.evidence import TIERS, Limits, estimate
from conformance.report.harmless import as_cell, as_json, clip, is_web_link, one_line, visible
from conformance.report.saying import answer_of
from conformance.report.speaking import SPOKEN, phrases_of
from conformance.report.view import SYMBOLS, WORST_FIRST, sentences, tally, view
from conformance.report.words import catalogue, checked_language, say
from conformance.results.model import Results, Verdict

__all__ = ["document", "head", "page", "title"]

_MOST_BYTES: Final = 4_500_000
"""Of a page: beyond it, evidence is shortened further. A browser opens 5 MB within two seconds."""
_KNOWN_KINDS: Final = frozenset(SYMBOLS)


def head() -> str:
    """The style sheet, for light, dark, narrow and printed pages; all its rules are below `.cf`."""
    return _file("report.css")


def page(results: Results, language: str | None = None) -> str:
    """The report as an HTML fragment that holds its own script.

    Its text is in `language`; for None it is in English, and the script follows the browser's language. A reader can
    switch in either case. It stays below 4.5 MB: with many rows, fewer exchanges and less of each body are shown.
    Raises Unusable for a language that there are no words in.
    """
    return _rendered("page.html.jinja", results, language)


def document(results: Results, language: str | None = None) -> str:
    """The same page as a document of its own, without pytest-html's frame."""
    return _rendered("document.html.jinja", results, language)


def title(results: Results, language: str | None = None) -> str:
    """The page's title: the verdict first, for it is what a tab has room for."""
    names = ", ".join(run.contract.title or run.contract.name for run in results.runs)
    chosen = checked_language(language)
    verdict = say(f"verdict.{results.verdict}", chosen)
    parts = (f"{SYMBOLS[results.verdict]} {verdict}", one_line(names), say("report.name", chosen))
    return " · ".join(part for part in parts if part)


def _rendered(template: str, results: Results, language: str | None) -> str:
    environment = _environment(checked_language(language))
    tiers = list(TIERS)
    while len(tiers) > 1 and estimate(results, tiers[0]) > _MOST_BYTES:
        del tiers[0]
    text = ""
    for limits in tiers:
        text = environment.get_template(template).render(_context(results, language, limits))
        if len(text.encode()) <= _MOST_BYTES:
            break
    return text


def _context(results: Results, language: str | None, limits: Limits) -> dict[str, Any]:
    runs = view(results, limits)
    return {
        "results": results,
        "runs": runs,
        "limits": limits,
        "language": checked_language(language),
        "follow": language is None,
        "broken": [row for run in runs for row in run.rows if row.row.verdict is Verdict.VIOLATES],
        "strayed": [(anchor, one) for run in runs for anchor, one in run.strayed],
        "title": title(results, language),
        "tally": tally(row for run in results.runs for row in run.rows),
        "css": Markup(head()),  # noqa: S704 - our own file
        "js": script() + Markup(_file("report.js")),  # noqa: S704 - our own file
        "words": script_words(),
        **_tellers(results, checked_language(language)),
    }


def _tellers(results: Results, language: str) -> dict[str, Callable[..., Any]]:
    """What a template says of words of ours that results hold in English: in both languages, each looked for once."""
    phrases = phrases_of(results.runs)
    return {
        "answered": teller(language, phrases.answer),
        "aspect": teller(language, phrases.aspect),
        "label": teller(language, phrases.label),
        "silence": teller(language, phrases.kind),
        "told": teller(language, phrases.sentence),
        "value": teller(language, phrases.value),
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
        both=partial(both, language),
        difference=difference,
        is_web_link=is_web_link,
        roles=frozenset(name for name in catalogue() if name.startswith("role.")),
        say=lambda key: say(key, language),
        kind=lambda text: text if text in _KNOWN_KINDS else "other",
        sentences=sentences,
        spoken=SPOKEN,
        symbols=SYMBOLS,
        tally_of=tally,
        worst_first=WORST_FIRST,
    )
    environment.filters.update(
        answer=answer_of,
        cell=as_cell,
        clip=clip,
        content=_content,
        header_lines=_header_lines,
        json=as_json,
        line=one_line,
        time=_time,
        **filters(language),
    )
    return environment


def _seen(value: Any) -> Any:
    """What Jinja is about to write: text that is not ours yet is made visible, markup of ours stays."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _content(text: str) -> Markup:
    """For the content of an element only, where quotes need no escape: a fifth of a JSON body is quotes."""
    escaped = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Markup(escaped)  # noqa: S704 - escaped in the line above


def _header_lines(headers: Sequence[tuple[str, str]]) -> Markup:
    return _content("".join(f"{one_line(f'{name}: {value}')}\n" for name, value in headers))


def _time(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.{0 if seconds >= 0.01 else 1}f} ms"
    return f"{seconds:.1f} s"


@cache
def _file(name: str) -> str:
    return files("conformance.report").joinpath("templates", name).read_text(encoding="utf-8")
