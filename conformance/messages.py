"""Sentences of our own that reports can show in another language.

A `Message` is the English text, and remembers the template and the values that it was made from. As in gettext, the
English template is the key of the translation: `Message("control {label} was refused: {answer}", label=…, answer=…)`.
Templates are written as literals, so that a test finds each of them and asks for its translation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Self, TypeAlias

Value: TypeAlias = str | int | float | None
"""What a placeholder can hold: a JSON scalar, or another message."""


class Message(str):
    """English text made from a template with named placeholders, as `str.format` fills them.

    It behaves as the text itself: it compares, hashes and is written as a `str`. What string methods and f-strings
    return is plain text that can no longer be translated; to combine messages use `join_messages`, or give one as a
    value of another.
    """

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, Value]

    def __new__(cls, template: str, /, **values: object) -> Self:
        kept = {name: _scalar(value) for name, value in values.items()}
        message = super().__new__(cls, template.format(**kept))
        message.template = template
        message.values = MappingProxyType(kept)
        return message

    def __reduce__(self) -> tuple[Callable[..., Message], tuple[str, dict[str, Value]]]:
        return _restore, (self.template, dict(self.values))

    def map_texts(self, convert: Callable[[str], str]) -> Message:
        """The same message with `convert` applied to each value that is text."""
        values = {name: convert(value) if isinstance(value, str) else value for name, value in self.values.items()}
        return Message(self.template, **values)

    def walk(self) -> Iterator[Message]:
        """The message itself and all messages among its values."""
        yield self
        for value in self.values.values():
            if isinstance(value, Message):
                yield from value.walk()


def join_messages(separator: str, parts: Iterable[str]) -> str:
    """The parts with the separator between them; a message where any part is one."""
    texts = tuple(parts)
    if len(texts) == 1 or not any(isinstance(text, Message) for text in texts):
        return texts[0] if len(texts) == 1 else separator.join(texts)
    values = {f"part_{number}": text for number, text in enumerate(texts, 1)}
    return Message(separator.join(f"{{{name}}}" for name in values), **values)


def error_message(error: BaseException) -> str:
    """What an exception says: the message that it was raised with where it has one, else its text."""
    return error.args[0] if error.args and isinstance(error.args[0], Message) else str(error)


def plural_message(count: int, one: str, many: str, /, **values: object) -> Message:
    """The message of the template `one` for a count of 1, else of `many`; both may use `{n}`, the count."""
    return Message(one if count == 1 else many, n=count, **values)


def drop_zeros(messages: Iterable[Message]) -> list[Message]:
    """The messages without those that count nothing."""
    return [message for message in messages if message.values["n"]]


def _scalar(value: object) -> Value:
    if value is None or isinstance(value, Message) or type(value) in (str, int, float, bool):
        return value  # type: ignore[return-value] # the types are those of Value
    return str(value)


def _restore(template: str, values: dict[str, Value]) -> Message:
    return Message(template, **values)
