"""Keeps the messages within results beside them, as JSON has no place for a template within a text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from conformance.messages import Message
from conformance.results.model import Exploration, Results, RowResult, StoredMessage, TargetRun

__all__ = ["store_messages"]

_PARTS = (RowResult, Exploration, TargetRun, Results)
"""The parts of the results that keep the messages which stand in them."""
Part = TypeVar("Part", RowResult, Exploration, TargetRun, Results)


def store_messages(part: Part) -> Part:
    """The same results, run, row or exploration with `messages` filled in it and in its parts, each text once."""
    if isinstance(part, Results):
        part = replace(part, runs=tuple(map(store_messages, part.runs)))
    elif isinstance(part, TargetRun):
        part = replace(
            part,
            rows=tuple(map(store_messages, part.rows)),
            explored=tuple(map(store_messages, part.explored)),
        )
    known = {message.text: message for message in part.messages}
    for value in _field_values(part):
        for message in _find_messages(value):
            known.setdefault(str(message), _stored(message))
    return replace(part, messages=tuple(known.values())) if len(known) > len(part.messages) else part


def _find_messages(value: object) -> Iterator[Message]:
    """Every message within a value, and among the values of messages; not those of parts that keep their own."""
    if isinstance(value, Message):
        yield from value.walk()
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _find_messages(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _find_messages(item)
    elif is_dataclass(value) and not isinstance(value, (*_PARTS, StoredMessage, type)):
        for item in _field_values(value):
            yield from _find_messages(item)


def _stored(message: Message) -> StoredMessage:
    values = {name: str(value) if isinstance(value, str) else value for name, value in message.values.items()}
    return StoredMessage(str(message), message.template, values)


def _field_values(value: Any) -> Iterator[Any]:
    return (getattr(value, field.name) for field in fields(value))
