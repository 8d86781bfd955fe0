"""Functions for JSON values: pointers, traversal, equality, canonical text, and a limit on nesting."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

DEEPEST: Final = 200
"""How many levels of nesting are kept of a value, so that recursive code does not run out of stack."""

_SURROGATE = re.compile("[\ud800-\udfff]")

MOST_VISITED: Final = 50_000
"""The most values of one response that are visited one by one."""

TOO_DEEP: Final = "(nested too deeply to be shown)"
"""The text that replaces everything below the deepest level."""


_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_OTHER_BYTES = bytes(set(range(256)) - set(b'[]{}"\\'))


def load_json(text: bytes | str) -> Any:
    """Parse an untrusted JSON text (UTF-8); raise ValueError if it is not JSON or nests too deeply for the parser.

    The value can be read recursively and written: levels below `DEEPEST` are cut, and lone surrogates are replaced.
    """
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    try:
        value = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply to be read") from None
    if _nests_deeply(data):
        value = limit_depth(value)
    return replace_surrogates(value) if _ESCAPED_SURROGATE.search(data) else value


def _nests_deeply(body: bytes) -> bool:
    """Return whether arrays and objects nest more than `DEEPEST` levels; fast for wide values, too."""
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return False
    brackets = body.translate(None, _OTHER_BYTES).replace(b'""', b"")
    if b'"' in brackets or b"\\" in brackets:  # some text contains a bracket, a quote or an escape
        brackets = _STRING.sub(b"", body).translate(None, _OTHER_BYTES)
    for _ in range(DEEPEST):
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if not brackets:
            return False
    return True


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def resolve_pointer(value: Any, pointer: str) -> tuple[bool, Any]:
    """Return whether a JSON pointer (RFC 6901) resolves, and the value.

    `*` stands for every item of an array: the value is then a list with an entry for each item, which is None if the
    rest of the pointer does not resolve in it.
    """
    steps = _split_pointer(pointer)
    for index, step in enumerate(steps):
        if step == "*":
            if not isinstance(value, list):
                return False, None
            below = "".join(f"/{_escape(rest)}" for rest in steps[index + 1 :])
            return True, [resolve_pointer(item, below)[1] for item in value]
        found = _resolve_step(value, step)
        if not found:
            return False, None
        value = found[0]
    return True, value


def find_values(value: Any, pointer: str) -> Iterator[Any]:
    """Yield every value at a JSON pointer in which `*` stands for any item."""
    found = [value]
    for step in _split_pointer(pointer):
        found = [inner for outer in found for inner in _resolve_step(outer, step)]
    yield from found


def first_value(value: Any, pointer: str) -> Any:
    """Return the first value at a JSON pointer in which `*` stands for any item, or None."""
    return next(find_values(value, pointer), None)


def find_texts(value: Any) -> Iterator[tuple[str, str]]:
    """Yield JSON pointer and text of the texts among the first `MOST_VISITED` values, in document order."""
    for steps, one in islice(walk_values(value), MOST_VISITED):
        if isinstance(one, str):
            yield "".join(f"/{_escape(str(step))}" for step in steps), one


def walk_values(value: Any) -> Iterator[tuple[Sequence[str | int], Any]]:
    """Yield a value and every value in it, in document order, each with the steps that lead to it.

    All share one list of steps, which changes with the next value.
    """
    steps: list[Any] = []
    yield steps, value
    stack = [_iterate_members(value)]
    while stack:
        following = next(stack[-1], None)
        if following is None:
            stack.pop()
            del steps[-1:]
            continue
        steps[len(stack) - 1 :] = [following[0]]
        yield steps, following[1]
        if isinstance(following[1], dict | list):
            stack.append(_iterate_members(following[1]))


def walk_texts(value: Any) -> Iterator[str]:
    """Yield every text in a value, including the names of members."""
    for steps, one in walk_values(value):
        yield from (text for text in (*steps[-1:], one) if isinstance(text, str))


def _iterate_members(value: Any) -> Iterator[tuple[str | int, Any]]:
    return iter(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())


def has_more_values(value: Any, most: int) -> bool:
    """Return whether a value has more than `most` members and items at all levels together."""
    return any(True for _ in islice(walk_values(value), most + 1, None))


def json_equal(one: Any, other: Any) -> bool:
    """Return whether two JSON values are equal: true is not 1, unlike in Python, and 1 is 1.0."""
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
    """Return a value as JSON text with sorted members, so that equal values have equal texts."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def limit_depth(value: Any, deepest: int = DEEPEST) -> Any:
    """Replace everything below `deepest` levels of a value by `TOO_DEEP`, in place; return the value.

    The parser allows a response to nest deeper than recursive code can follow.
    """
    level = [value]
    for _ in range(deepest):
        level = [inner for outer in level for _, inner in _iterate_members(outer) if isinstance(inner, dict | list)]
        if not level:
            return value
    for outer in level:
        for key in list(outer) if isinstance(outer, dict) else range(len(outer)):
            if isinstance(outer[key], dict | list):
                outer[key] = TOO_DEEP
    return value


def map_texts(value: Any, convert: Callable[[str], Any]) -> Any:
    """Return a copy of a value with each text converted, including the names of members."""
    if isinstance(value, str):
        return convert(value)
    if isinstance(value, list | tuple):
        return [map_texts(inner, convert) for inner in value]
    if isinstance(value, Mapping):
        return {map_texts(key, convert): map_texts(inner, convert) for key, inner in value.items()}
    return value


def replace_surrogates(value: Any) -> Any:
    """Return a copy of a value with U+FFFD for each lone surrogate, because a text with one cannot be written."""
    return map_texts(value, lambda text: _SURROGATE.sub("\ufffd", text))


def _split_pointer(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _escape(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")


def _resolve_step(value: Any, step: str) -> list[Any]:
    """Return the members or items for one step of a pointer: at most one, or every item of an array for `*`."""
    if isinstance(value, dict | Mapping):
        return [value[step]] if step in value else []
    if isinstance(value, list) and step == "*":
        return value
    if isinstance(value, list) and step.isascii() and step.isdigit() and len(step) < 10 and int(step) < len(value):
        return [value[int(step)]]
    return []
