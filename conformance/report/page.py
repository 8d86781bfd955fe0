"""Renders documents with Jinja: everything written is escaped, and our texts are in the reader's language.

The suffix of a template is its form: `.html.jinja` an HTML page, `.md.jinja` GitHub's Markdown, `.txt.jinja` lines,
`.xml.jinja` JUnit XML, `.yaml.jinja` YAML with comments, in which every value is written as a YAML value. Templates
create our texts with `_("English template", name=value)` and show them, like any text of the results, with the filter
`t`. A page shows one language and has the other in `data-alt` attributes for its script: there, `t` returns a span, `w`
the end of a start tag followed by the text, `a` an attribute.
"""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from conformance.contract.templates import show_placeholders
from conformance.messages import Message, clip_text, join_messages
from conformance.report.format import format_duration
from conformance.report.markdown_text import escape_prose, format_code, format_code_block
from conformance.report.sanitize import escape_cell, format_json, is_web_link, show_invisible, to_one_line
from conformance.report.text_diff import diff_texts, list_statuses
from conformance.report.translation import LANGUAGES, NO_LABELS, Bilingual, Translator, check_language
from conformance.report.words import SYMBOLS, VERDICT_MEANINGS, WORST_FIRST, name_of
from conformance.yaml_document import dump, dump_flow

_ESCAPES: Final[Mapping[str, Callable[[Any], str]]] = {
    "html": show_invisible,  # Jinja also escapes it
    "md": lambda text: Markup(escape_prose(text)),  # noqa: S704 - escaped for its own form
    "txt": lambda text: Markup(to_one_line(text)),  # noqa: S704 - the same
    "yaml": lambda value: Markup(dump_flow(value)),  # noqa: S704 - the same
    "xml": show_invisible,
}
"""The function by form that escapes every text that a template writes, in YAML every value."""


@lru_cache(maxsize=1024, typed=True)  # a page repeats few texts for thousands of rows
def gettext(template: str, /, **values: Any) -> Message:
    """Return the message of a template."""
    return Message(template, **values)


class PageTexts:
    """Shows the texts of a page in its language, with the other language in an attribute if it differs."""

    def __init__(self, language: str, labels: Mapping[str, str] = NO_LABELS) -> None:
        self._here = Translator(language, labels)
        self._other = Translator(LANGUAGES[1 - LANGUAGES.index(language)], labels)
        self._known: dict[object, Markup] = {}

    def tag_end(self, text: str | Bilingual, limit: int | None = None) -> Markup:
        """Return the end of a start tag followed by the text."""
        # A page repeats few texts for thousands of exchanges.
        key = (text, isinstance(text, str) and getattr(text, "template", None), limit)
        if key not in self._known:
            shown, other = self._here(text, limit), self._other(text, limit)
            alternative = Markup("") if shown == other else Markup(' data-alt="{}"').format(other)
            self._known[key] = Markup("{}>{}").format(alternative, shown)
        return self._known[key]

    def span(self, text: str | Bilingual, limit: int | None = None) -> Markup:
        """Return the text, in a span if it differs in the other language."""
        end = self.tag_end(text, limit)
        return end[1:] if end.startswith(">") else Markup(f"<span{end}</span>")  # noqa: S704 - escaped there

    def attribute(self, text: str | Bilingual, name: str, limit: int | None = None) -> Markup:
        """Return ` title="…"` or ` aria-label="…"`, with the other language for `language.js` in another attribute."""
        shown, other = self._here(text, limit), self._other(text, limit)
        if shown == other:
            return Markup(' {}="{}"').format(name, shown)
        return Markup(' {0}="{1}" data-alt-{0}="{2}"').format(name, shown, other)


@cache
def build_environment(package: str, form: str = "html") -> Environment:
    """Return an environment with the templates of `package` and the shared ones of the report."""

    def escape(value: Any) -> Any:
        is_written = (isinstance(value, str) or form == "yaml") and not isinstance(value, Markup)
        return _ESCAPES[form](value) if is_written else value

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("conformance.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=escape,
    )
    environment.globals.update(
        _=gettext,
        bilingual=Bilingual,
        difference=diff_texts,
        join=join_messages,
        listed=list_statuses,
        is_message=lambda value: isinstance(value, Message),
        is_web_link=is_web_link,
        meaning=VERDICT_MEANINGS.__getitem__,
        name_of=name_of,
        switch_language=Bilingual("日本語で表示", "View in English"),
        symbols=SYMBOLS,
        worst_first=WORST_FIRST,
    )
    environment.filters.update(
        a=_filter(PageTexts.attribute),
        t=_filter(PageTexts.span if form == "html" else Translator.__call__),
        w=_filter(PageTexts.tag_end),
        block=lambda text: Markup(format_code_block(text)),  # noqa: S704 - a fence that the text cannot end
        cell=escape_cell,
        clip=clip_text,
        code=_filter(lambda say, text, limit=None: Markup(format_code(say(text), limit))),  # noqa: S704 - the same
        content=escape_content,
        duration=lambda seconds: Markup(format_duration(seconds)),  # noqa: S704 - a number and its unit
        json=format_json,
        line=to_one_line,
        wording=show_placeholders,
        yaml=lambda value: Markup(dump(value)),  # noqa: S704 - YAML in separate lines
    )
    return environment


def render_template(
    package: str, template: str, *, language: str | None = None, labels: Mapping[str, str] = NO_LABELS, **values: Any
) -> str:
    """Render a document: text or Markdown in one language, or an HTML page with a language switch.

    The language is `language`, or English for None, in which case a page's script follows the browser's language. A
    page is one file that needs no network; it has the report's style and, if they exist, the template's own style sheet
    and script, such as `audit.css` and `audit.js` for `audit.html.jinja`. Raises ConfigError for an unknown language.
    """
    name, form, _ = template.split(".")
    chosen = check_language(language)
    document = build_environment(package, form).get_template(template)
    if form != "html":
        return document.render(texts=Translator(chosen, labels), **values).rstrip("\n") + "\n"
    style = read_asset("conformance.report", "report.css") + read_asset("conformance.report", "frame.css")
    # Our own files, without text of a target.
    assets = {
        "style": Markup(style + read_asset(package, f"{name}.css")),  # noqa: S704
        "script": Markup(read_asset("conformance.report", "language.js") + read_asset(package, f"{name}.js")),  # noqa: S704
    }
    values = {**assets, "texts": PageTexts(chosen, labels), "language": chosen, "follow": language is None, **values}
    return document.render(values)


@cache
def read_asset(package: str, name: str) -> str:
    """Return the text of a file among the templates of a package; "" if there is none."""
    file = files(package).joinpath("templates", name)
    return file.read_text("utf-8") if file.is_file() else ""


def escape_content(text: str) -> Markup:
    """Escape the content of an element, but not quotes, which are a fifth of a JSON body and do no harm there."""
    escaped = show_invisible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Markup(escaped)  # noqa: S704 - escaped in the line above


def _filter(show: Callable[..., str]) -> Callable[..., str]:
    @pass_context
    def filter_text(context: Context, text: str | Bilingual, *values: Any) -> str:
        return show(context["texts"], text, *values)

    return filter_text
