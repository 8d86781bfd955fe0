"""Stores the templates of messages beside the results that hold their texts, and restores them from there."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from string import Formatter
from typing import Any, TypeVar

from conformance.messages import Message
from conformance.results.model import Exploration, Results, RowResult, StoredMessage, TargetRun

_PARTS = (RowResult, Exploration, TargetRun, Results)
"""The parts of the results that keep the messages which stand in them."""
_SPECS = ("", ",", "g")
"""Format specifications that our templates use."""
_DEEPEST = 8
"""How many messages are restored one within another."""
Part = TypeVar("Part", RowResult, Exploration, TargetRun, Results)


def store_messages(part: Part) -> Part:
    """The same results, run, row or exploration with `messages` filled in it and in its parts, each text once."""
    part = _map_parts(part, store_messages)
    known = {message.text: message for message in part.messages}
    for message in _find_messages(part):
        if message not in known:
            values = {name: str(one) if isinstance(one, str) else one for name, one in message.values.items()}
            known[str(message)] = StoredMessage(str(message), message.template, values)
    return replace(part, messages=tuple(known.values())) if len(known) > len(part.messages) else part


def restore_messages(part: Part) -> Part:
    """The same results, run, row or exploration with a `Message` wherever one stood when it was stored."""
    part = _map_parts(part, restore_messages)
    if not part.messages:
        return part
    stored = {message.text: message for message in part.messages}
    known = {text: _restored(message, stored, depth=0) for text, message in stored.items()}
    changes = {
        field.name: _put_back(getattr(part, field.name), known) for field in fields(part) if field.name != "messages"
    }
    return replace(part, **changes)


def _map_parts(part: Part, change: Callable[[Any], Any]) -> Part:
    """The results or the run with each of its parts changed; a row or an exploration has none."""
    names = {Results: ("runs",), TargetRun: ("rows", "explored")}.get(type(part), ())
    changes: dict[str, Any] = {name: tuple(map(change, getattr(part, name))) for name in names}
    return replace(part, **changes)


def _restored(message: StoredMessage, stored: Mapping[str, StoredMessage], depth: int) -> str:
    """The message; its plain text where template and values do not make that text, as in a file that was edited."""
    values: dict[str, Any] = {}
    for name, value in message.values.items():
        inner = stored.get(value) if isinstance(value, str) and depth < _DEEPEST else None
        values[name] = value if inner is None else _restored(inner, stored, depth + 1)
    try:
        made = Message(message.template, **values) if _is_plain(message.template) else message.text
    except (LookupError, ValueError):
        return message.text
    return made if made == message.text else message.text


def _is_plain(template: str) -> bool:
    """Whether it has nothing but named placeholders, as ours have; the file may come from somebody else."""
    parsed = Formatter().parse(template)
    return all(name is None or (name.isidentifier() and spec in _SPECS) for _, name, spec, _ in parsed)


def _put_back(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return known.get(value, value) if type(value) is str else value
    if isinstance(value, tuple | list):
        return type(value)(_put_back(item, known) for item in value)
    if is_dataclass(value) and not isinstance(value, (*_PARTS, StoredMessage, type)):
        return replace(value, **{field.name: _put_back(getattr(value, field.name), known) for field in fields(value)})
    return value


def _find_messages(part: Part) -> Iterator[Message]:
    """Every message within a part, and among the values of messages; not those of parts that keep their own."""
    left: list[Any] = [getattr(part, field.name) for field in reversed(fields(part))]
    while left:
        value = left.pop()
        if isinstance(value, str):
            yield from value.walk() if isinstance(value, Message) else ()
        elif isinstance(value, (list, tuple)):
            left += reversed(value)
        elif names := _names_of_members(value.__class__):
            left += [getattr(value, name) for name in names]
        elif isinstance(value, Mapping):
            left += reversed(list(value.values()))


@cache
def _names_of_members(kind: type) -> tuple[str, ...]:
    """The members of a dataclass in which messages are looked for, the last one first."""
    looked_into = is_dataclass(kind) and not issubclass(kind, (*_PARTS, StoredMessage))
    return tuple(field.name for field in reversed(fields(kind))) if looked_into else ()
