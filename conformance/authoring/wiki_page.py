"""Wiki markup in pages saved as text: MediaWiki, Confluence and AsciiDoc with the bars and titles of plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_IS_WIKI = re.compile(r"^(\{\||\|===|\|\||\|_\.|\^ |h[1-6]\. |={2,} \S)", re.MULTILINE)
_TITLE = re.compile(r"h([1-6])\. +(\S.*)|(=+) +(\S.*?)(?: =+)?")
_CODE = re.compile(r"<code>(.*?)</code>|\{\{(.*?)\}\}|(?<!\S)@(\S+?)@(?!\S)")
_MARKS = re.compile(r"'''|\*\*|(?<=\|)_\.|(?<=\|)=(?=\s)|(?<=\s)=(?=\|)")
_LINK = re.compile(r"\[\[(?:[^\]|]*\|)?([^\]]*)\]\]")


def plain_wiki(lines: Sequence[str]) -> Sequence[str]:
    """The lines of a page, where they hold wiki markup as text has it, one for one.

    Titles begin with `#`; a bar alone stands before each row of a table whose rows are no lines.
    """
    if not _IS_WIKI.search("\n".join(lines)):
        return lines
    return list(_plain(lines))


def _plain(lines: Sequence[str]) -> Iterator[str]:
    table = ""
    for line in lines:
        text = _LINK.sub(r"\1", _CODE.sub(lambda match: f"`{match[match.lastindex or 0]}`", _MARKS.sub("", line)))
        if (title := _TITLE.fullmatch(text)) is not None:
            yield f"{'#' * int(title[1] or len(title[3]))} {title[2] or title[4]}"
        elif text.startswith(("{|", "|===", "|}")):
            table = "" if table else text[:2]
            yield "|" if table else ""
        elif table and (text.startswith("|-") or not text):
            yield "|"  # a row ends
        elif table == "{|" or text.startswith(("||", "^ ")):
            yield re.sub(r"^!|!!|\|\||\^", "|", text)
        else:
            yield text
