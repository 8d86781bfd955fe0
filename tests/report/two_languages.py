"""What a reader of a page sees, in the language that is shown and in the one that the script would switch to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser

_VOID = {"br", "input", "meta", "link", "img", "hr"}
_SILENT = {"script", "style", "code", "pre", "time"}
_HINTS = ("title", "aria-label")


class Reader(HTMLParser):
    """Gathers texts, tooltips and labels; with `switch` as they are after a switch into that language."""

    def __init__(self, switch: str | None = None, *, silent: Iterable[str] = _SILENT) -> None:
        super().__init__()
        self.shown: list[str] = []
        self._switch, self._silent = switch, set(silent)
        self._within: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        instead = None
        if self._switch is not None:
            instead = given.get("data-alt")
        for name in _HINTS:
            beside = f"data-alt-{name}" if self._switch is not None else name
            self.shown += [given[beside]] if beside in given else [given[name]] if name in given else []
        if instead is not None:
            self.shown.append(instead)
        if tag not in _VOID:
            self._within.append((tag, instead is not None))

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert tag == self._within.pop()[0]

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(tag in self._silent or replaced for tag, replaced in self._within):
            self.shown.append(data)


def seen(page: str, switch: str | None = None, *, silent: Iterable[str] = _SILENT) -> list[str]:
    """Each text of a page, without white space at its ends."""
    reader = Reader(switch, silent=silent)
    reader.feed(page)
    return [" ".join(text.split()) for text in reader.shown if text.strip()]


def english_left(page: str, facts: Iterable[str]) -> set[str]:
    """Texts of a page in which a word in Latin letters is left, when `facts` are taken out."""
    longest_first = sorted((fact for fact in facts if fact), key=len, reverse=True)
    known = re.compile("|".join(re.escape(fact) for fact in longest_first))
    return {text for text in seen(page) if re.search(r"[A-Za-z]{2,}", known.sub("", text))}
