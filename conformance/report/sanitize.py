"""Makes text that may come from a target safe to display.

The result cannot move the cursor, reorder a line, or be a command to the CI service that reads the log. Escaping for a
language (HTML, XML, Markdown, JSON) is done by each writer in addition.
"""

import json
import re
from typing import Any
from urllib.parse import urlsplit

from conformance.results.serialization import INVISIBLE

_COMMAND = re.compile(r"#(?=#(?:vso)?\[)|^\s*:(?=:[a-z])", re.IGNORECASE | re.MULTILINE)
"""The beginning of a command in a log: `##vso[…` (Azure), `##[…` and `::name` (GitHub)."""


def show_invisible(text: str) -> str:
    """Replace control, bidi and invisible characters and surrogates by their code points, such as `⟨U+202E⟩`.

    A character of each CI command is also replaced. Tabs and line feeds stay; a carriage return before a line feed is
    removed. The result can be encoded as UTF-8.
    """
    if not text.isprintable():  # faster, because no printable text matches INVISIBLE
        text = INVISIBLE.sub(_name, text.replace("\r\n", "\n"))
    return _COMMAND.sub(_name, text) if "##" in text or "::" in text else text


def _name(match: re.Match[str]) -> str:
    return f"{match[0][:-1]}⟨U+{ord(match[0][-1]):04X}⟩"


def to_one_line(text: str) -> str:
    """Apply `show_invisible`, and replace line feeds by `⏎` and tabs by spaces."""
    return show_invisible(text).replace("\n", "⏎").replace("\t", " ")


def format_json(value: Any) -> str:
    """Format a value as JSON in one line, without escaping non-ASCII characters."""
    return json.dumps(value, ensure_ascii=False, default=str)


def escape_cell(text: str) -> str:
    """Apply `to_one_line`, and put an apostrophe before text that a spreadsheet would evaluate as a formula."""
    line = to_one_line(text)
    return f"'{line}" if line.lstrip().startswith(("=", "+", "-", "@")) else line


def is_web_link(text: str) -> bool:
    """Return whether a text may become a link: http or https with a host, and no invisible characters."""
    if INVISIBLE.search(text) or any(character.isspace() for character in text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)
