"""Text that may come from a target, made safe to look at.

Nothing in it moves a cursor, reorders a line, or is a command to the CI service that reads the log.
Escaping for a language (HTML, XML, Markdown, JSON) is the work of each writer; this is what they have in common.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from conformance.results.serialization import INVISIBLE

_COMMAND = re.compile(r"#(?=#(?:vso)?\[)|^\s*:(?=:[a-z])", re.IGNORECASE | re.MULTILINE)
"""The beginning of what makes a line of a log a command: `##vso[…` (Azure), `##[…` and `::name` (GitHub)."""


def show_invisible(text: str) -> str:
    """The text with every control, bidi control, invisible character and surrogate named as `⟨U+202E⟩`.

    So is a character of what a CI service would take for a command. Tabs and line feeds stay; a carriage return before
    a line feed goes. The result encodes as UTF-8.
    """
    if not text.isprintable():  # nothing of INVISIBLE is, and this is much faster
        text = INVISIBLE.sub(_name, text.replace("\r\n", "\n"))
    return _COMMAND.sub(_name, text) if "##" in text or "::" in text else text


def _name(match: re.Match[str]) -> str:
    return f"{match[0][:-1]}⟨U+{ord(match[0][-1]):04X}⟩"


def to_one_line(text: str) -> str:
    """`show_invisible` in one line: line ends are shown as `⏎`, tabs as spaces."""
    return show_invisible(text).replace("\n", "⏎").replace("\t", " ")


def clip_text(text: str, limit: int) -> str:
    """At most `limit` characters, the last of them `…` where something was left off."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def format_json(value: Any) -> str:
    """A value as JSON in one line, as people read it: not ASCII only."""
    return json.dumps(value, ensure_ascii=False, default=str)


def escape_cell(text: str) -> str:
    """`to_one_line`, with an apostrophe before what a spreadsheet into which it is pasted would take for a formula."""
    line = to_one_line(text)
    return f"'{line}" if line.lstrip().startswith(("=", "+", "-", "@")) else line


def is_web_link(text: str) -> bool:
    """Whether a text may become a link: http or https with a host, and nothing invisible in it."""
    if INVISIBLE.search(text) or any(character.isspace() for character in text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)
