"""JSON text in which nothing moves a cursor, reorders a line or fails to encode, whatever the values hold."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

__all__ = ["UNSEEN", "dumped", "encodable", "json_text"]

UNSEEN: Final = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1 controls, but for tab and line feed
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # bidi, invisible, separators
    "\ud800-\udfff\ufffe\uffff"  # no characters at all
    "\U000e0000-\U000e007f"  # tags
    "]"
)
"""Characters that a person does not see and a terminal or a browser may obey."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def encodable(text: str) -> str:
    """The text with U+FFFD for every lone surrogate; all else as it is."""
    return _SURROGATE.sub("\ufffd", text)


def json_text(value: Any, indent: int | None = 1) -> str:
    """JSON values as JSON, to be written as UTF-8: what is not seen is written as an escape, so that nothing is lost.

    Lone surrogates become U+FFFD and numbers that JSON does not have become their names.
    """
    text = json.dumps(_plain(value), ensure_ascii=False, allow_nan=False, indent=indent)
    return UNSEEN.sub(_escaped, text) + "\n"


def dumped(adapter: TypeAdapter[Any], value: Any, *, indent: int | None = None, all_members: bool = True) -> str:
    """The same of a value that an adapter knows, much faster; `all_members` is false to leave out defaults."""
    try:
        written = adapter.dump_json(value, indent=indent, exclude_defaults=not all_members, warnings=False)
    except (PydanticSerializationError, UnicodeError):
        plain = adapter.dump_python(value, exclude_defaults=not all_members, warnings=False)
        return json_text(plain, indent=indent).removesuffix("\n")
    return UNSEEN.sub(_escaped, written.decode())


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict):
        return {encodable(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
