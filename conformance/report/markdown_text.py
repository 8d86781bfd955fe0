"""Escapes text of a target for GitHub's Markdown, so that nothing in it becomes markup."""

import re

from conformance.messages import clip_text
from conformance.report.sanitize import show_invisible, to_one_line

_MARKUP = re.compile(r"[\\`*_\[\]<>|~#]|(?<=http):|(?<=https):|(?<=ftp):|(?<=www)\.", re.IGNORECASE)
_NOT_WORD = re.compile(r"[^\w\s]|_", re.ASCII)


def escape_prose(text: str) -> str:
    """Return text in one line, with every character escaped that Markdown or HTML could read as markup."""
    escaped = _MARKUP.sub(lambda match: f"\\{match[0]}", to_one_line(text).replace("&", "&amp;").replace("@", "&#64;"))
    # The beginning of a list item or of a horizontal rule.
    return re.sub(r"^(\s*)([-+=]|\d+(?=[.)]))", r"\1\\\2" if not escaped.lstrip()[:1].isdigit() else r"\1\2\\", escaped)


def format_code(text: str, limit: int | None = None) -> str:
    """Return a code span that can be used in tables; "" for a blank text."""
    line = to_one_line(text).strip()
    line = line if limit is None else clip_text(line, limit)
    if not line:
        return ""
    if "|" in line or "\\" in line:  # a backslash would escape a bar only within a table
        return f"<code>{_NOT_WORD.sub(lambda match: f'&#{ord(match[0])};', line)}</code>"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{space}{line}{space}{fence}"


def format_code_block(text: str, language: str = "sh", limit: int = 4000) -> str:
    """Return a fenced block with a fence longer than any run of backticks in the text."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{show_invisible(clip_text(text, limit))}\n{fence}"
