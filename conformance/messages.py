"""Translatable sentences.

A `Message` is an English text that keeps the template and the values from which it was made. As in gettext, the
English template is the key of the translation: `Message("control {label} was refused: {answer}", label=…, answer=…)`.
Templates must be literals, so that a test can find each of them and require its translation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final, Self, TypeAlias

Value: TypeAlias = str | int | float | None
"""The value of a placeholder: a JSON scalar, or another message."""
_COUNTED: Final = re.compile(
    r"(?P<head>\{(?P<count>\w+)(?::,)?\}(?: of \{(?P<total>\w+)\})?"
    r"(?: (?:known|more|open|rejected|right|undocumented)\b)?)"
    r"(?P<noun> (?:answers|bytes|changes|characters|choices|codings|deviations|entries|exchanges|faults|files|findings|"
    r"headers|inputs|items|operations|pages|problems|requests|rows and operations|rows|runs|servers|targets|things|"
    r"times|TODOs|tries|violations|wordings)\b)?"
    r"(?P<verb> (?:are|were)\b)?"
)
"""What may have to agree with a count: the plural nouns that are counted here, and the verb after one."""
_SINGULAR: Final = {" are": " is", " were": " was", "": ""}


class Message(str):
    """An English text made from a template with named placeholders, as in `str.format`.

    It compares, hashes and is written as a `str`. String methods and f-strings return plain text that can no longer be
    translated; to combine messages, use `join_messages`, or use one as a value of another.
    """

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, Value]

    def __new__(cls, template: str, /, **values: object) -> Self:
        kept = {name: _scalar(value) for name, value in values.items()}
        message = super().__new__(cls, _agree_in_number(template, kept).format(**kept))
        message.template = template
        message.values = MappingProxyType(kept)
        return message

    def __reduce__(self) -> tuple[Callable[..., Message], tuple[str, dict[str, Value]]]:
        return _restore, (self.template, dict(self.values))

    def map_texts(self, convert: Callable[[str], str]) -> Message:
        """Return the message with `convert` applied to each value that is text."""
        values = {name: convert(value) if isinstance(value, str) else value for name, value in self.values.items()}
        return self if values == self.values else Message(self.template, **values)

    def walk(self) -> Iterator[Message]:
        """Yield the message itself and all messages among its values, recursively."""
        yield self
        for value in self.values.values():
            if isinstance(value, Message):
                yield from value.walk()


def join_messages(separator: str, parts: Iterable[str]) -> str:
    """Join parts with a separator; the result is a message if any part is one."""
    texts = tuple(parts)
    if len(texts) == 1 or not any(isinstance(text, Message) for text in texts):
        return texts[0] if len(texts) == 1 else separator.join(texts)
    values = {f"part_{number}": text for number, text in enumerate(texts, 1)}
    return Message(separator.join(f"{{{name}}}" for name in values), **values)


def error_message(error: BaseException) -> str:
    return error.args[0] if error.args and isinstance(error.args[0], Message) else str(error)


def plural_message(count: int, one: str, many: str, /, **values: object) -> Message:
    """Return a message of the template `one` for a count of 1, else of `many`; `{n}` is the count in both."""
    return Message(one if count == 1 else many, n=count, **values)


def format_count(count: int, things: str) -> str:
    """Return a count with the plural noun that is given, or with its singular."""
    return str(Message(f"{{n}} {things}", n=count))


def drop_zeros(messages: Iterable[Message]) -> list[Message]:
    """Return the messages whose count `n` is not 0."""
    return [message for message in messages if message.values["n"]]


def clip_text(text: str, limit: int) -> str:
    """Return at most `limit` characters; the last is `…` if the text was longer."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _scalar(value: object) -> Value:
    if value is None or isinstance(value, Message) or type(value) in (str, int, float, bool):
        return value  # type: ignore[return-value] # the types are those of Value
    return str(value)


def _agree_in_number(template: str, values: Mapping[str, Value]) -> str:
    """Return the template with the singular of the noun that follows a count of 1, and of the verb after it."""
    return _COUNTED.sub(partial(_choose_number, values=values), template) if 1 in values.values() else template


def _choose_number(found: re.Match[str], values: Mapping[str, Value]) -> str:
    noun, verb = found["noun"] or "", found["verb"] or ""
    if values.get(found["total"] or found["count"]) == 1 and noun:
        noun = re.sub(r"s\b", "", re.sub(r"ies\b", "y", noun.replace(" and ", " or ")))
    return f"{found['head']}{noun}{_SINGULAR[verb] if values.get(found['count']) == 1 else verb}"


def _restore(template: str, values: dict[str, Value]) -> Message:
    return Message(template, **values)
