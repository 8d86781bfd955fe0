"""The report for people: one page that needs no network and no script; a small script adds search, filter and language.

Everything that is written goes through Jinja's autoescape, and every text through `visible` before it: no template
can forget either.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from conformance.report.difference import difference
from conformance.report.evidence import TIERS, Limits
from conformance.report.harmless import as_json, clip, is_web_link, one_line, visible
from conformance.report.view import SYMBOLS, WORST_FIRST, sentences, tally, view
from conformance.report.words import LANGUAGES, catalogue, checked_language, fixed_words, other, say
from conformance.results.model import Results, Verdict

__all__ = ["document", "head", "page", "title"]

_MOST_BYTES: Final = 4_500_000
"""Of a page: beyond it, evidence is shortened further. A browser opens 5 MB within two seconds."""
_KNOWN_KINDS: Final = frozenset(SYMBOLS)


def head() -> str:
    """The style sheet, for light, dark, narrow and printed pages; all its rules are below `.cf`."""
    return _file("report.css")


def page(results: Results, language: str = "en") -> str:
    """The report as an HTML fragment that holds its own script; text in `language`, switched to the other by the script.

    It stays below 4.5 MB: with many rows, fewer exchanges and less of each body are shown.
    Raises Unusable for a language that there are no words in.
    """
    return _rendered("page.html.jinja", results, language)


def document(results: Results, language: str = "en") -> str:
    """The same page as a document of its own, without pytest-html's frame."""
    return _rendered("document.html.jinja", results, language)


def title(results: Results, language: str = "en") -> str:
    """The page's title: the verdict first, for it is what a tab has room for."""
    names = ", ".join(run.contract.title or run.contract.name for run in results.runs)
    verdict = say(f"verdict.{results.verdict}", language)
    parts = (f"{SYMBOLS[results.verdict]} {verdict}", one_line(names), say("report.name", language))
    return " · ".join(part for part in parts if part)


def _rendered(template: str, results: Results, language: str) -> str:
    environment = _environment(checked_language(language))
    text = ""
    for limits in TIERS:
        text = environment.get_template(template).render(_context(results, language, limits))
        if len(text.encode()) <= _MOST_BYTES:
            break
    return text


def _context(results: Results, language: str, limits: Limits) -> dict[str, Any]:
    runs = view(results, limits)
    return {
        "results": results,
        "runs": runs,
        "limits": limits,
        "language": language,
        "broken": [row for run in runs for row in run.rows if row.row.verdict is Verdict.VIOLATES],
        "title": title(results, language),
        "rows_in_all": sum(len(run.run.rows) for run in runs),
        "tally": tally(row for run in results.runs for row in run.rows),
        "css": Markup(head()),  # noqa: S704 - our own file
        "js": Markup(_file("report.js")),  # noqa: S704 - our own file
        "words": _script_data({one: fixed_words(one) for one in LANGUAGES}),
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
        both=lambda english, japanese: _both(language, english, japanese),
        difference=difference,
        is_web_link=is_web_link,
        roles=frozenset(name for name in catalogue() if name.startswith("role.")),
        say=lambda key: say(key, language),
        kind=lambda text: text if text in _KNOWN_KINDS else "other",
        sentences=sentences,
        symbols=SYMBOLS,
        t=lambda key, **values: _text(language, key, values),
        tally_of=tally,
        ta=lambda attribute, key: _attribute(language, attribute, key),
        worst_first=WORST_FIRST,
    )
    environment.filters.update(clip=clip, json=as_json, line=one_line, time=_time)
    return environment


def _seen(value: Any) -> Any:
    """What Jinja is about to write: text that is not ours yet is made visible, markup of ours stays."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _text(language: str, key: str, values: dict[str, Any]) -> Markup:
    if not values:
        return Markup('<span data-t="{}">{}</span>').format(key, say(key, language))
    values = {name: one_line(value) if isinstance(value, str) else value for name, value in values.items()}
    return _both_texts(say(key, language, **values), say(key, other(language), **values))


def _both(language: str, english: str, japanese: str) -> Markup:
    texts = {"en": english or japanese, "ja": japanese or english}
    return _both_texts(visible(texts[language]), visible(texts[other(language)]))


def _both_texts(shown: str, switched: str) -> Markup:
    if shown == switched:
        return escape(shown)
    return Markup('<span data-alt="{}">{}</span>').format(switched, shown)


def _attribute(language: str, attribute: str, key: str) -> Markup:
    return Markup('{}="{}" data-t-{}="{}"').format(attribute, say(key, language), attribute, key)


def _time(seconds: float) -> tuple[str, str]:
    if seconds < 1:
        return "exchange.milliseconds", str(round(seconds * 1000))
    return "exchange.seconds", f"{seconds:.1f}"


def _script_data(value: Any) -> Markup:
    """JSON that may stand inside a script element."""
    text = json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
    return Markup(text)  # noqa: S704 - nothing in it can end the element


@cache
def _file(name: str) -> str:
    return files("conformance.report").joinpath("templates", name).read_text(encoding="utf-8")
