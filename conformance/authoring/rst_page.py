"""reStructuredText pages as HTML whose elements know their lines, through docutils, and read as that."""

from __future__ import annotations

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

_QUIET = {
    "report_level": 5,
    "halt_level": 5,
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "doctitle_xform": False,
    "docinfo_xform": True,
    "initial_header_level": 1,
    "smart_quotes": False,
}
"""Directives and roles of Sphinx are unknown to docutils, and no file is read on behalf of a page."""
_ROLE = re.compile(r":[a-z][\w:+.-]*:`([^`<]*?)\s*(?:<[^`>]*>)?`([^\s|`]*)")
"""A role such as :ref:`the text <target>` or :http:statuscode:`404`: its text is what the page shows."""
_KNOWN = frozenset(en.directives)
_DIRECTIVE = re.compile(r"^\s*\.\. ([a-z][\w:+-]*)::", re.MULTILINE)


def read_rst(text: str) -> tuple[Block, ...]:
    """The blocks of a reStructuredText document."""
    plain = _ROLE.sub(
        lambda match: (match[1] + match[2]).ljust(len(match[0])), text
    )  # columns of tables stay where they are
    for name in set(_DIRECTIVE.findall(plain)):
        if name not in _KNOWN:
            directives.register_directive(name, _Unknown)
    writer = Writer()
    writer.translator_class = _Translator
    return read_html(publish_parts(plain, writer=writer, settings_overrides=_QUIET)["body"])


class _Unknown(Directive):  # type: ignore[misc]
    """A directive that docutils does not know, such as `http:get`: its content is read, its options are not."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[Any]:
        """The content as if it stood there without the directive."""
        held = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, held)
        return [held]


class _Translator(HTMLTranslator):  # type: ignore[misc]
    """Writes elements with their lines, and inline code as `<code>`."""

    def starttag(self, node: Any, tagname: str, *arguments: Any, **attributes: Any) -> str:
        if isinstance(node, nodes.Element) and (line := _line(node)):
            attributes["data-line"] = str(line)
        return str(super().starttag(node, tagname, *arguments, **attributes))

    def visit_literal(self, node: Any) -> None:
        self.body.append(f"<code>{escape(node.astext())}</code>")
        raise nodes.SkipNode


def _line(node: Any) -> int | None:
    """The line of a node, or of the first below or around it that knows its own."""
    return next((int(one.line) for one in (*node.findall(), node.parent) if getattr(one, "line", None)), None)
