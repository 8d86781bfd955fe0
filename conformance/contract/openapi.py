"""Lists the operations of an `openapi.yaml` and checks it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from conformance.contract.schema import PERMISSIONS
from conformance.errors import Problem
from conformance.jsontools import resolve_pointer, walk_values
from conformance.validation import suggest
from conformance.yaml_document import Document, Place

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
PARAMETER = re.compile(r"\{([^{}/]+)\}")


def walk_operations(document: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, path and definition of each operation of an OpenAPI document."""
    paths = document.get("paths") if isinstance(document, Mapping) else None
    for path, item in paths.items() if isinstance(paths, Mapping) else ():
        for method, operation in item.items() if isinstance(item, Mapping) else ():
            if method in METHODS and isinstance(operation, dict):
                yield method, path, operation


def list_operations(document: Any) -> Iterator[tuple[str, str, str]]:
    """Yield name, method (upper case) and path of each operation that has an `operationId`."""
    for method, path, operation in walk_operations(document):
        if isinstance(operation.get("operationId"), str):
            yield operation["operationId"], method.upper(), path


_INVALID_CAUSES = ("type", "enum", "minimum", "maximum", "minLength", "minItems", "maxItems", "required", "unknown")
_VALUE_KEYWORDS = ("invalid", "fixture", "same", "from", "toggle", "never-from", "bounds", "echo", "volatile", "secret")
_KEYWORDS: Mapping[str, frozenset[str]] = {
    "a value": frozenset(f"x-{word}" for word in _VALUE_KEYWORDS),
    "an operation": frozenset(["x-permission", "x-read", "x-own", "x-most"]),
    "a link": frozenset(["x-status", "x-expect", "x-unexpected", "x-total"]),
}
"""Keywords that control exploration, by the kind of mapping in which they are allowed; see `docs/exploration.md`."""
_ALIKE = 0.75
"""From this similarity on, an unknown word is taken for one of ours with a mistake in it."""
_OTHER_TOOLS = ("x-ms-", "x-amazon-", "x-google-", "x-codegen", "x-schemathesis", "x-readme", "x-stainless", "x-logo")
_DRAFT_4 = "http://json-schema.org/draft-04/schema#"
_DATA = frozenset(["example", "examples", "default", "enum", "const", "x-expect", "x-unexpected"])
"""Members that contain data, in which nothing is a keyword."""
_BY_NAME = frozenset(
    ["properties", "patternProperties", "headers", "schemas", "parameters", "responses", "links", "paths"]
)
"""Members whose keys are names."""


def check_paths(document: Document) -> tuple[Problem, ...]:
    """Return the problem of a document without a mapping `paths`."""
    if isinstance(document.members.get("paths"), Mapping):
        return ()
    where = document.where(("paths",))
    return (Problem(where, "this is no OpenAPI document with `paths`", "write its operations there"),)


def check_openapi(document: Document, fixtures: Iterable[str] = ()) -> list[Problem]:
    """Return every problem of operations, references, schemas, and keywords that name none of the `fixtures`."""
    if without_paths := check_paths(document):
        return list(without_paths)
    value, found = document.value, list(_check_references(document))
    if not str(value.get("openapi", "3.1.0")).startswith("3."):
        found.append(Problem(document.where(("openapi",)), "`openapi` says no version 3", 'write openapi: "3.1.0"'))
    seen: dict[str, str] = {}
    for path, item in value["paths"].items():
        place: Place = ("paths", path)
        if not path.startswith("/"):
            found.append(Problem(document.where(place), f"the path {path!r} does not begin with /", "begin it with /"))
        if not isinstance(item, Mapping):
            found.append(Problem(document.where(place), f"the path {path!r} has no operations", "write them below it"))
            continue
        for method in item.keys() & set(METHODS):
            found += _check_operation(document, (*place, method), item, seen)
    names = {"operation": frozenset(seen), "fixture": frozenset(fixtures)}
    return found + list(_check_keywords(document, value, (), names)) + list(_check_schemas(document))


def _check_operation(
    document: Document, place: Place, item: Mapping[str, Any], seen: dict[str, str]
) -> Iterator[Problem]:
    path, method = str(place[-2]), str(place[-1])
    where, operation = document.where(place), item[method]
    if not isinstance(operation, Mapping):
        yield Problem(where, f"{method.upper()} {path} is no operation", "write operationId and responses below it")
        return
    if "x-tier" in operation:
        yield Problem(document.where((*place, "x-tier")), "'x-tier' is now called 'x-permission'")
    name = operation.get("operationId")
    if not isinstance(name, str):
        yield Problem(where, f"{method.upper()} {path} has no operationId", "give it one: cases name it by that")
    elif name in seen:
        yield Problem(where, f"the operationId {name!r} stands twice", f"see {seen[name]}")
    else:
        seen[name] = where
    lists = [holder.get("parameters", []) for holder in (item, operation)]
    if not all(isinstance(one, list) for one in lists):
        yield Problem(where, f"{method.upper()} {path} has `parameters` that are no list", "write `- name: …` below it")
        return
    parameters = [_dereference(document, each) for one in lists for each in one]
    declared = {str(one.get("name")) for one in parameters if isinstance(one, Mapping) and one.get("in") == "path"}
    needed = set(PARAMETER.findall(path))
    for extra in sorted(declared - needed):
        yield Problem(where, f"{method.upper()} {path} declares {extra!r}, which is not in it", "leave it out")


def _check_keywords(
    document: Document, value: Any, place: Place, names: Mapping[str, frozenset[str]]
) -> Iterator[Problem]:
    """Yield a problem for each exploration keyword that is unknown, misplaced, or names something unknown."""
    if isinstance(value, list):
        for index, member in enumerate(value):
            yield from _check_keywords(document, member, (*place, index), names)
    if not isinstance(value, Mapping):
        return
    are_names = bool(place) and place[-1] in _BY_NAME and not (len(place) > 1 and place[-2] in _BY_NAME)
    subject = _kind_of_mapping(place)
    for key, member in value.items():
        if not are_names and isinstance(key, str) and key.startswith("x-"):
            yield from _check_keyword(document, (*place, key), subject, member, names)
        elif not are_names and subject == "a link" and key == "operationId" and isinstance(member, str):
            yield from _unknown_name(document, (*place, key), member, names["operation"], "operations")
        if are_names or key not in _DATA:
            yield from _check_keywords(document, member, (*place, key), names)


def _check_schemas(document: Document) -> Iterator[Problem]:
    """Yield a problem for each invalid schema of a body, parameter or component. OpenAPI 3.0 implies draft 4."""
    import jsonschema_rs  # noqa: PLC0415 - 30 ms that a document without schemas need not pay

    old = {"$schema": _DRAFT_4} if str(document.value.get("openapi")).startswith("3.0") else {}
    for steps, value in walk_values(document.value):
        is_schema = steps[-1:] == ["schema"] or steps[:-1] == ["components", "schemas"]
        if not is_schema or not isinstance(value, Mapping) or _DATA.intersection(steps[:-1]):
            continue
        try:
            jsonschema_rs.meta.validate({**old, **value})
        except (jsonschema_rs.ValidationError, ValueError) as error:
            what = f"the schema is no JSON Schema: {str(error).splitlines()[0]}"
            yield Problem(document.where(steps), what, "correct it")


def _kind_of_mapping(place: Place) -> str:
    """Return which of the kinds of `_KEYWORDS` the mapping at this place is."""
    if len(place) > 1 and place[-2] == "links":
        return "a link"
    return "an operation" if len(place) == 3 and place[0] == "paths" and place[-1] in METHODS else "a value"


def _check_keyword(
    document: Document, place: Place, subject: str, value: Any, names: Mapping[str, frozenset[str]]
) -> Iterator[Problem]:
    word, where = str(place[-1]), document.where(place)
    if word == "x-tier" or word.startswith(_OTHER_TOOLS):
        return
    if word not in _KEYWORDS[subject]:
        others = [kind for kind, words in _KEYWORDS.items() if word in words]
        if not others and not get_close_matches(word[2:], [one[2:] for one in _KEYWORDS[subject]], cutoff=_ALIKE):
            return  # a word of another tool
        hint = f"it is said of {others[0]}" if others else suggest(word, _KEYWORDS[subject], "words")
        yield Problem(where, f"{word} is no word that is said of {subject}", hint)
    elif word == "x-read" and isinstance(value, str):
        yield from _unknown_name(document, place, value, names["operation"], "operations")
    elif word == "x-own" and isinstance(value, str):
        yield from _unknown_name(
            document, place, value, names["operation"] | names["fixture"], "operations and fixtures"
        )
    elif word == "x-fixture" and value != "":
        yield from _unknown_name(document, place, value, names["fixture"], "fixtures")
    elif word == "x-permission":
        yield from _unknown_name(document, place, value, ("read", *PERMISSIONS), "permissions")
    elif word == "x-invalid":
        for index, keyword in enumerate(value if isinstance(value, list) else [value]):
            yield from _unknown_name(document, (*place, index), keyword, _INVALID_CAUSES, "keywords")


def _unknown_name(document: Document, place: Place, name: Any, known: Iterable[str], kind: str) -> Iterator[Problem]:
    if not isinstance(name, str) or name not in known:
        word = next(str(step) for step in reversed(place) if isinstance(step, str))
        yield Problem(document.where(place), f"{word}: there is no {name!r}", suggest(str(name), known, kind))


def _dereference(document: Document, value: Any) -> Any:
    reference = value.get("$ref") if isinstance(value, Mapping) else None
    return value if not isinstance(reference, str) else _resolve_reference(document, reference) or {}


def _resolve_reference(document: Document, reference: str) -> Any:
    return resolve_pointer(document.value, reference.removeprefix("#"))[1]


def _check_references(document: Document) -> Iterator[Problem]:
    for steps, reference in walk_values(document.value):
        if steps[-1:] == ["$ref"] and isinstance(reference, str):
            where = document.where(steps)
            if not reference.startswith("#/"):
                yield Problem(where, f"{reference} leads out of the file", "write it into this file")
            elif _resolve_reference(document, reference) is None:
                yield Problem(where, f"{reference} leads nowhere", "correct the path, or add what it names")
        elif steps[-1:] == ["$ref"] and not _BY_NAME.intersection(steps[-2:-1]) and not _DATA.intersection(steps):
            yield Problem(document.where(steps), "a $ref that is no text", "write it as '#/components/…'")
