"""Reads reStructuredText pages: docutils renders them to HTML with line numbers."""

import re
from html import escape
from typing import Any

from docutils import nodes
from docutils.core import publish_parts
from docutils.parsers.rst import Directive, directives
from docutils.parsers.rst.languages import en
from docutils.writers.html5_polyglot import HTMLTranslator, Writer

from conformance.authoring.blocks import Block
from conformance.authoring.html_page import read_html

_SETTINGS = {
    "report_level": 5,
    "halt_level": 5,
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "doctitle_xform": False,
    "docinfo_xform": True,
    "initial_header_level": 1,
    "smart_quotes": False,
}
"""Unknown directives and roles (of Sphinx) are not reported, and a page must not include files."""
_ROLE = re.compile(r":[a-z][\w:+.-]*:`([^`<]*?)\s*(?:<[^`>]*>)?`([^\s|`]*)")
"""A role such as :ref:`the text <target>` or :http:statuscode:`404`, of which the page shows the text."""
_KNOWN_DIRECTIVES = frozenset(en.directives)
_DIRECTIVE = re.compile(r"^\s*\.\. ([a-z][\w:+-]*)::", re.MULTILINE)


def read_rst(text: str) -> tuple[Block, ...]:
    plain = _ROLE.sub(lambda match: (match[1] + match[2]).ljust(len(match[0])), text)  # keeps columns of tables aligned
    for name in set(_DIRECTIVE.findall(plain)):
        if name not in _KNOWN_DIRECTIVES:
            directives.register_directive(name, _UnknownDirective)
    writer = Writer()
    writer.translator_class = _Translator
    return read_html(publish_parts(plain, writer=writer, settings_overrides=_SETTINGS)["body"])


class _UnknownDirective(Directive):  # type: ignore[misc]
    """A directive that docutils does not know, such as `http:get`: its content is kept, its options are ignored."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[Any]:
        held = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, held)
        return [held]


class _Translator(HTMLTranslator):  # type: ignore[misc]
    """Writes elements with line numbers, and inline code as `<code>`."""

    def starttag(self, node: Any, tagname: str, *arguments: Any, **attributes: Any) -> str:
        if isinstance(node, nodes.Element) and (line := _line(node)):
            attributes["data-line"] = str(line)
        return str(super().starttag(node, tagname, *arguments, **attributes))

    def visit_literal(self, node: Any) -> None:
        self.body.append(f"<code>{escape(node.astext())}</code>")
        raise nodes.SkipNode


def _line(node: Any) -> int | None:
    """Return the line of a node, or of its first descendant or its parent that has one."""
    return next((int(one.line) for one in (*node.findall(), node.parent) if getattr(one, "line", None)), None)
