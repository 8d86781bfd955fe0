"""Values of JSON types: pointers into them, equality, one text for equal values, and a bound on how deep they nest."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

DEEPEST: Final = 200
"""Levels of nesting that are kept of a value; code that follows a value down by recursion is safe within it."""

_SURROGATE = re.compile("[\ud800-\udfff]")

MOST_VISITED: Final = 50_000
"""Values of one answer that are looked at one by one."""

TOO_DEEP: Final = "(nested too deeply to be shown)"
"""What stands in place of everything below the deepest level."""


_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_OTHER_BYTES = bytes(set(range(256)) - set(b'[]{}"\\'))


def load_json(text: bytes | str) -> Any:
    """The value of a JSON text (UTF-8) that somebody else wrote; raises ValueError where it is none.

    Nothing that reads the value runs out of stack or fails to write it: what nests deeper than `DEEPEST` is cut there
    (or no JSON, if the parser itself cannot follow), and halves of characters are replaced.
    """
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    try:
        value = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply to be read") from None
    if _nests_deeply(data):
        value = limit_depth(value)
    return replace_surrogates(value) if _ESCAPED_SURROGATE.search(data) else value


def _nests_deeply(body: bytes) -> bool:
    """Whether arrays and objects stand in each other more than so many levels deep; quick also for wide ones."""
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return False
    brackets = body.translate(None, _OTHER_BYTES).replace(b'""', b"")
    if b'"' in brackets or b"\\" in brackets:  # some text holds a bracket, a quote or an escape
        brackets = _STRING.sub(b"", body).translate(None, _OTHER_BYTES)
    for _ in range(DEEPEST):
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if not brackets:
            return False
    return True


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def resolve_pointer(value: Any, pointer: str) -> tuple[bool, Any]:
    """Whether something is at a JSON pointer (RFC 6901), and what.

    `*` stands for every item of an array: the result is then a list with an entry for each item, None where the item
    has nothing there.
    """
    steps = _steps(pointer)
    for index, step in enumerate(steps):
        if step == "*":
            if not isinstance(value, list):
                return False, None
            below = "".join(f"/{_escape(rest)}" for rest in steps[index + 1 :])
            return True, [resolve_pointer(item, below)[1] for item in value]
        found = _members(value, step)
        if not found:
            return False, None
        value = found[0]
    return True, value


def find_values(value: Any, pointer: str) -> Iterator[Any]:
    """Every value at a JSON pointer in which `*` stands for any item; nothing where there is none."""
    found = [value]
    for step in _steps(pointer):
        found = [inner for outer in found for inner in _members(outer, step)]
    yield from found


def first_value(value: Any, pointer: str) -> Any:
    """The first value at a JSON pointer in which `*` stands for any item, or None."""
    return next(find_values(value, pointer), None)


def find_texts(value: Any) -> Iterator[tuple[str, str]]:
    """The texts in a value, with their JSON pointers, as they stand there; of the first `MOST_VISITED` values."""
    for steps, one in islice(walk_values(value), MOST_VISITED):
        if isinstance(one, str):
            yield "".join(f"/{_escape(str(step))}" for step in steps), one


def walk_values(value: Any) -> Iterator[tuple[Sequence[str | int], Any]]:
    """A value and every value in it, as they stand there, each with the steps that lead to it.

    The steps are those of the moment: they change with the next value.
    """
    steps: list[Any] = []
    yield steps, value
    left = [_members_of(value)]
    while left:
        following = next(left[-1], None)
        if following is None:
            left.pop()
            del steps[-1:]
            continue
        steps[len(left) - 1 :] = [following[0]]
        yield steps, following[1]
        if isinstance(following[1], dict | list):
            left.append(_members_of(following[1]))


def walk_texts(value: Any) -> Iterator[str]:
    """Every text in a value, the names of members included."""
    for steps, one in walk_values(value):
        yield from (text for text in (*steps[-1:], one) if isinstance(text, str))


def _members_of(value: Any) -> Iterator[tuple[str | int, Any]]:
    return iter(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())


def has_more_values(value: Any, most: int) -> bool:
    """Whether more than so many members and items are in a value, at all levels together."""
    return any(True for _ in islice(walk_values(value), most + 1, None))


def json_equal(one: Any, other: Any) -> bool:
    """Whether two values are equal in JSON, where true is not 1 (in Python it is) and 1 is 1.0."""
    pairs = [(one, other)]
    while pairs:
        left, right = pairs.pop()
        if isinstance(left, dict) and isinstance(right, dict):
            if left.keys() != right.keys():
                return False
            pairs += [(left[key], right[key]) for key in left]
        elif isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                return False
            pairs += zip(left, right, strict=True)
        elif left != right or isinstance(left, bool) != isinstance(right, bool):
            return False
    return True


def canonical_text(value: Any) -> str:
    """A value as JSON with its members sorted: the same text for values that differ in nothing but their order."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def limit_depth(value: Any, deepest: int = DEEPEST) -> Any:
    """The value, where everything below `deepest` levels is replaced by a word; changed in place.

    A value that an answer holds may nest as deeply as its parser allows, which is deeper than most code can follow.
    """
    level = [value]
    for _ in range(deepest):
        level = [inner for outer in level for _, inner in _members_of(outer) if isinstance(inner, dict | list)]
        if not level:
            return value
    for outer in level:
        for key in list(outer) if isinstance(outer, dict) else range(len(outer)):
            if isinstance(outer[key], dict | list):
                outer[key] = TOO_DEEP
    return value


def map_texts(value: Any, convert: Callable[[str], Any]) -> Any:
    """The value with each text in it converted, the names of members included."""
    if isinstance(value, str):
        return convert(value)
    if isinstance(value, list | tuple):
        return [map_texts(inner, convert) for inner in value]
    if isinstance(value, Mapping):
        return {map_texts(key, convert): map_texts(inner, convert) for key, inner in value.items()}
    return value


def replace_surrogates(value: Any) -> Any:
    """The value with U+FFFD for each half of a character that JSON can escape: such a text cannot be written."""
    return map_texts(value, lambda text: _SURROGATE.sub("\ufffd", text))


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _escape(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")


def _members(value: Any, step: str) -> list[Any]:
    """The member or the item of this name, as a list of one; empty where there is none. Of `*`, every item."""
    if isinstance(value, dict | Mapping):
        return [value[step]] if step in value else []
    if isinstance(value, list) and step == "*":
        return value
    if isinstance(value, list) and step.isascii() and step.isdigit() and len(step) < 10 and int(step) < len(value):
        return [value[int(step)]]
    return []
