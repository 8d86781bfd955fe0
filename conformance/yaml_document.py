"""Reads and writes strict YAML: JSON types only, no duplicate keys, every value with its line.

YAML reads `on` as true, `012` as ten and `2025-12-10` as a date, and keeps the last of two equal keys. Here all of
that is refused or read as text, because these files decide who violates a contract. No other module imports PyYAML.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from pathlib import Path
from typing import Any

import yaml

from conformance.errors import ConfigError, Problem
from conformance.files import read_bytes

Place = tuple[str | int, ...]
"""The keys and indices that lead to a value in a file."""

ALIAS_NOTE = " (used in line "
LARGEST = 16 << 20
"""The largest file, in bytes."""
DEEPEST = 200
"""The most levels of nesting."""
MOST = 200_000
"""The most values in one file, with aliases expanded: a hundred times the largest table."""

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,999})\Z")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")
_AMBIGUOUS = re.compile(
    r"(?i:y|yes|no|n|on|off|~|null|true|false)\Z|[-+]?0[0-9_]+\Z|0x[0-9a-fA-F_]+\Z|0o[0-7_]+\Z|0b[01_]+\Z|\+[0-9]|"
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?\Z|[-+]?\.(?i:inf|nan)\Z|"
    r"[-+]?[0-9][0-9_]*_[0-9_]*(\.[0-9_]*)?\Z|[-+]?[0-9][0-9_]*\.\Z|[-+]?\.[0-9][0-9_]*\Z|[0-9]+(:[0-5]?[0-9])+\Z"
)
_KEYWORDS = {"true": True, "false": False, "null": None}
_BREAKS = re.compile("[\r\x85\u2028\u2029]")
"""Characters that YAML folds as line ends unless they are escaped."""
_TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Characters that show what stands after them in another direction."""
_TAG = "tag:yaml.org,2002:"
_STR, _MERGE = f"{_TAG}str", "<<"
_IMPLIED = yaml.resolver.Resolver()


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML file: its JSON value, and the line number (from 1) of each place in it."""

    path: Path
    value: Any
    lines: dict[Place, int]
    text: str
    aliases: tuple[Place, ...] = ()
    """The places that are written as an alias, in the order of the file."""

    @property
    def members(self) -> Mapping[str, Any]:
        """The members of the top-level mapping; empty if the file is not a mapping."""
        return self.value if isinstance(self.value, dict) else {}

    def line(self, place: Sequence[str | int]) -> int:
        """Return the line of the value at `place`, or of the nearest enclosing place that exists."""
        for end in range(len(place), -1, -1):
            if (found := self.lines.get(tuple(place[:end]))) is not None:
                return found
        return 1

    def where(self, place: Sequence[str | int]) -> str:
        """Return `file:line` of a place; for a value reached through an alias, where that value is written."""
        return f"{self.path}:{self.line(place)}"

    def alias_note(self, place: Sequence[str | int]) -> str:
        """Return a remark for a message with the line of the alias through which the place is reached, if any."""
        within = [index for index, alias in enumerate(self.aliases) if alias == tuple(place[: len(alias)])]
        if not within:
            return ""
        events = yaml.parse(self.text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        marks = [event.start_mark for event in events if isinstance(event, yaml.AliasEvent)]
        lines = [mark.line + 1 for mark in marks if mark is not None]
        used = lines[within[0]] if len(lines) == len(self.aliases) else self.line(place)
        return "" if used == self.line(place) else f"{ALIAS_NOTE}{used})"

    def excerpt(self, place: Sequence[str | int]) -> str:
        """Return the lines of the file that contain the value at `place`."""
        first = self.line(place)
        inside = [line for key, line in self.lines.items() if key[: len(place)] == tuple(place)]
        return "\n".join(self.text.splitlines()[first - 1 : max(inside, default=first)])


def read(path: Path) -> tuple[Document | None, tuple[Problem, ...]]:
    """Read a file; return its document, or None if it could not be built, and its problems."""
    try:
        text = read_bytes(path, LARGEST).decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except ConfigError as error:
        return None, error.problems
    except UnicodeDecodeError as error:
        return None, (Problem(f"{path}:1", f"not UTF-8 (byte {error.start})", "save it as UTF-8"),)
    return read_text(text, path)


def read_text(text: str, path: Path) -> tuple[Document | None, tuple[Problem, ...]]:
    """Read a text like `read`; problems name `path` as the file."""
    try:
        _check_depth(text)
        node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{path}:{mark.line + 1}" if mark else f"{path}:1"
        what = str(error.problem or error.context)
        hint = "in single quotes a backslash is itself" if "escape" in what else "check indentation and quotes"
        return None, (Problem(where, f"not YAML: {what}", hint),)
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        return None, (Problem(f"{path}:1", f"not YAML: {str(error).splitlines()[0]}"),)
    if node is None:
        return None, (Problem(f"{path}:1", "the file is empty"),)
    builder = _YamlBuilder(path)
    try:
        value = builder.build(node, ())
    except RecursionError:
        return None, (Problem(f"{path}:1", "nested too deeply"),)
    except _TooMuch:
        return None, (Problem(f"{path}:1", f"more than {MOST:,} values, aliases written out", "use fewer aliases"),)
    return Document(path, value, builder.lines, text, tuple(builder.aliases)), tuple(builder.problems)


def _check_depth(text: str) -> None:
    """Raise YAMLError for a text so deeply nested that composing it, which recurses in C, would crash the process."""
    depth = 0
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise yaml.YAMLError(f"nested in more than {DEEPEST} levels")


def dump(value: Any) -> str:
    """Return a JSON value as YAML that `read` reads back unchanged."""
    return _escape(yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110))


def dump_flow(value: Any, width: float = inf) -> str:
    """Return a JSON value as YAML in flow style, in lines of about `width` characters."""
    text = yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=True, width=width)
    return _escape(text).removesuffix("...\n").strip()


def _escape(text: str) -> str:
    """Return YAML in which no character of a quoted text turns the direction of what a person reads."""
    return _TURNS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def replace_value(text: str, place: Sequence[str | int], value: Any) -> str:
    """Return the text of a document with another value, in flow style, at `place`; nothing else is changed.

    Raises KeyError if the place does not exist.
    """
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    for part in place:
        node = _child(node, part)
    start = node.start_mark.index
    end = start + len(text[start : node.end_mark.index].rstrip())
    line = text[text.rfind("\n", 0, start) + 1 : start]
    indent = " " * (len(line) - len(line.lstrip(" -")) + 2)
    # A value in block style begins on a line of its own, but the new one begins after its key.
    before = text[:start] if line.strip() else f"{text[:start].rstrip()} "
    return before + dump_flow(value, 100).replace("\n", f"\n{indent}") + text[end:]


def _child(node: Any, part: str | int) -> Any:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part]
    raise KeyError(part)


class _Dumper(yaml.SafeDumper):
    """Quotes each text that `read` would refuse or not read as text."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    is_odd = _BREAKS.search(text) or _TURNS.search(text)
    is_safe = not (_AMBIGUOUS.match(text) or _NUMBER.match(text) or is_odd or text == "")
    return dumper.represent_scalar(_STR, text, style=None if is_safe else '"')


_Dumper.add_representer(str, _represent_text)


class _TooMuch(Exception):
    """Raised if aliases expand to more values than `MOST`."""


class _YamlBuilder:
    """Converts nodes to JSON values and records the line of each."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self.aliases: list[Place] = []
        self._ancestors: set[int] = set()
        self._built: set[int] = set()
        self._in_alias = False

    def build(self, node: yaml.Node, place: Place) -> Any:
        self.lines.setdefault(place, node.start_mark.line + 1)
        if len(self.lines) > MOST:
            raise _TooMuch
        if id(node) in self._ancestors:
            return self._problem(node, "an alias that contains itself", "write the value out")
        self._ancestors.add(id(node))
        is_alias = id(node) in self._built and not self._in_alias
        if is_alias:
            self.aliases.append(place)
            self._in_alias = True
        self._built.add(id(node))
        try:
            if node.tag != _usual_tag(node):
                return self._problem(node, f"the tag {node.tag} is not read", "leave the tag out")
            if isinstance(node, yaml.MappingNode):
                return dict(self._members(node, place))
            if isinstance(node, yaml.SequenceNode):
                return [self.build(item, (*place, index)) for index, item in enumerate(node.value)]
            return self._scalar(node) if isinstance(node, yaml.ScalarNode) else None
        finally:
            self._ancestors.discard(id(node))
            self._in_alias = self._in_alias and not is_alias

    def _members(self, node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, Any]]:
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._problem(key_node, "a key that is not a word", "write a plain word as the key")
                continue
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key == _MERGE and not key_node.style:
                self._problem(key_node, "merge keys (<<) are not read", "write the members out")
            elif key in seen:
                self._problem(key_node, f"the key {key!r} stands twice (first in line {seen[key]})", "keep one of them")
            else:
                seen[key] = line
                self.lines[(*place, key)] = line
                yield key, self.build(value_node, (*place, key))

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        text = str(node.value)
        if node.style:
            return text
        if text == "":
            return self._problem(node, "a value is missing", "write it, or leave the key out")
        if _NUMBER.match(text):
            number = int(text) if _INTEGER.match(text) else float(text)
            if isinstance(number, int) or isfinite(number):
                return number
            return self._problem(node, f"{text[:20]}… is too large a number", "write it as a text, in quotes")
        if _AMBIGUOUS.match(text) and text not in _KEYWORDS:
            what = f"the value {text!r} is read otherwise by other programs"
            return self._problem(node, what, f'put it in quotes: "{text}"')
        return _KEYWORDS.get(text, text)

    def _problem(self, node: yaml.Node, what: str, hint: str) -> None:
        self.problems.append(Problem(f"{self.path}:{node.start_mark.line + 1}", what, hint))


def _usual_tag(node: yaml.Node) -> str:
    """Return the tag that a node has if none is written."""
    if isinstance(node, yaml.ScalarNode):
        return _STR if node.style else str(_IMPLIED.resolve(yaml.ScalarNode, node.value, (True, False)))  # type: ignore[no-untyped-call]
    return f"{_TAG}map" if isinstance(node, yaml.MappingNode) else f"{_TAG}seq"
