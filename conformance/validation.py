"""Converts validation errors of pydantic to problems with `file:line`, and suggests known names for unknown ones."""

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from conformance.errors import Problem
from conformance.messages import format_count
from conformance.yaml_document import Place

SAID_ELSEWHERE: Final = "said_elsewhere"
"""The type of an error that is not reported, because the error that causes it is."""
Locate = Callable[[Place], str]
"""Returns `file:line` of a place."""

_MOST_SHOWN = 200
_MAPPING = "must be a mapping (key: value)"
_MESSAGES = {
    "string_type": "must be text; put it in quotes",
    "string_too_short": "is empty",
    "model_type": _MAPPING,
    "dict_type": _MAPPING,
    "list_type": "must be a list ([…])",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "string_unicode": "holds half a character",
    "json_invalid": "holds half a character",
}
HYPHENATED = r"^[a-z0-9]+(-[a-z0-9]+)*$"
"""The pattern of the names of contracts, tables and rows."""
_SHOULD = re.compile(r"^(Input|String|Value|List|Dictionary|Data) should ")


def closest_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most similar to `name`, or None."""
    found = difflib.get_close_matches(name.lower(), sorted(known), n=1)
    return found[0] if found else None


def suggest(name: str, known: Iterable[str], kind: str) -> str:
    """Return a hint for an unknown name: the most similar known one, or else all; `kind` is their plural."""
    names = sorted(known)
    if (found := closest_name(name, names)) is not None:
        return f"did you mean {found!r}?"
    return f"the {kind} are {', '.join(names)}" if names else f"no {kind} are known here"


def format_location(place: Place) -> str:
    """Return a place in dotted form: `credentials.full.env`."""
    return ".".join(map(str, place))


def problems_from_validation(
    error: ValidationError,
    value: Any,
    locate: Locate,
    *,
    schema: Mapping[str, Any],
    renamed: Mapping[str, str] | None = None,
    private: frozenset[str] = frozenset(),
    note: Callable[[Place], str] = lambda _: "",
) -> tuple[Problem, ...]:
    """Return a problem for each error that a model found in `value`; no message quotes a value.

    `schema` is the JSON Schema of the model, which has the known keys of a place. `renamed` maps keys of earlier
    versions to their present name or file. `note` returns a remark on a place that is appended to the problem. Below
    the top-level keys in `private`, an unknown key is quoted only if it is similar to a known one, because it may be a
    misplaced secret.
    """
    details = error.errors(include_url=False, include_input=False)
    found = [(_place_of_error(detail, value), detail) for detail in details if detail["type"] != SAID_ELSEWHERE]
    own_types = _places_of_own_types(found)
    messages: dict[Place, list[str]] = {}
    for place, detail in found:
        # An error about another type of a union says nothing where the value's own type has errors, too.
        if not (detail["type"].endswith("_type") and place in own_types):
            if detail["type"] == "extra_forbidden":
                keys = _known_keys(schema, place[:-1])
                text = _unknown_key(place, keys, renamed or {}, hidden=place[0] in private)
            else:
                text = _describe_error(place, detail)
            messages.setdefault(place, []).append(text)
    shown = [_join_texts(locate(place), texts, note(place)) for place, texts in islice(messages.items(), _MOST_SHOWN)]
    if (more := len(messages) - _MOST_SHOWN) > 0:
        shown.append(Problem(shown[0].where, f"{format_count(more, 'more problems')} of this file are not shown"))
    return tuple(shown)


def _place_of_error(detail: ErrorDetails, value: Any) -> Place:
    """Return the place of an error in the file, without the names of union branches that pydantic adds."""
    place: list[str | int] = []
    for part in detail["loc"]:
        is_index = isinstance(value, list) and isinstance(part, int) and part < len(value)
        if is_index or (isinstance(value, Mapping) and part in value):
            place.append(part)
            value = value[part]
    return (*place, detail["loc"][-1]) if detail["type"] == "missing" else tuple(place)


def _places_of_own_types(found: Sequence[tuple[Place, ErrorDetails]]) -> frozenset[Place]:
    """Return the places at which something else than the type is wrong, or something within them."""
    within = {place[:length] for place, _ in found for length in range(len(place))}
    return frozenset(within.union(place for place, detail in found if not detail["type"].endswith("_type")))


def _unknown_key(place: Place, keys: Sequence[str], renamed: Mapping[str, str], *, hidden: bool) -> str:
    key, above = str(place[-1]), f" in {format_location(place[:-1])}" if place[:-1] else ""
    if renamed.get(key) in keys:
        return f"{key!r} is called {renamed[key]!r}"
    if "." in renamed.get(key, ""):
        return f"{key!r}{above} now stands in {renamed[key]}"
    shown = "" if hidden and closest_name(key, keys) is None else f" {key!r}"
    return f"unknown key{shown}{above}; {suggest(key, keys, 'keys')}"


def _describe_error(place: Place, detail: ErrorDetails) -> str:
    """Return what is wrong and, after a semicolon, how to correct it."""
    kind = detail["type"]
    index = place[-1] if place else None
    name = format_location(place[:-1] if isinstance(index, int) else place)
    name = name or (f"entry {index + 1}" if isinstance(index, int) else "the file")
    if kind == "missing":
        return f"{name} is missing; add `{place[-1]}:`"
    if kind == "value_error":
        return f"{name} {detail['ctx']['error']}"
    if kind == "literal_error":
        return f"{name} is none of {detail['ctx']['expected']}"
    if kind == "too_short" and detail["ctx"].get("actual_length") == 0:
        return f"{name} is empty"
    if kind == "string_pattern_mismatch" and detail["ctx"]["pattern"] == HYPHENATED:
        return f"{name} is no name; use a-z, 0-9 and single hyphens"
    return f"{name} {_MESSAGES.get(kind) or _SHOULD.sub('must ', detail['msg'])}"


def _join_texts(where: str, texts: Sequence[str], note: str) -> Problem:
    """Join the errors of one value to a problem, which names every type of a union that was refused."""
    parts = [text.partition("; ") for text in dict.fromkeys(texts)]
    what = parts[0][0]
    for text, _, _ in parts[1:]:
        before, found, after = text.partition(" must be ")
        what += f" or {after}" if found and what.startswith(before) else f", or {text}"
    return Problem(where, what + note, parts[0][2] if len(parts) == 1 else "")


def _known_keys(schema: Mapping[str, Any], place: Place) -> tuple[str, ...]:
    found = list(_alternatives(schema, schema))
    for part in place:
        found = [
            branch for node in found for inner in _schemas_at(node, part) for branch in _alternatives(inner, schema)
        ]
    return tuple(sorted({key for node in found for key in node.get("properties", ())}))


def _alternatives(node: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the alternatives of a schema, with references and unions resolved."""
    if "$ref" in node:
        yield from _alternatives(root["$defs"][node["$ref"].rpartition("/")[2]], root)
        return
    yield node
    for key in ("anyOf", "oneOf", "allOf"):
        for branch in node.get(key, ()):
            yield from _alternatives(branch, root)


def _schemas_at(node: Mapping[str, Any], part: str | int) -> Iterator[Mapping[str, Any]]:
    inner = node.get("items") if isinstance(part, int) else node.get("properties", {}).get(part)
    inner = inner if inner is not None or isinstance(part, int) else node.get("additionalProperties")
    if isinstance(inner, Mapping):
        yield inner
