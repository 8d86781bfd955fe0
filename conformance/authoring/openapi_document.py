"""What an OpenAPI document gives a draft: its error answers as a table, its operations, and what makes a thing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from conformance.authoring.blocks import Block, Heading, TableRow, build_table
from conformance.authoring.envelope import find_fault, read_fault
from conformance.contract.openapi import PARAMETER, list_operations, walk_operations
from conformance.errors import ConfigError, Problem
from conformance.jsontools import load_json, resolve_pointer
from conformance.yaml_document import Document, read_text

_CODED = re.compile(r"Error codes?:?[\s*`]*(-?\w+)[`*]*\s*(?:<br\s*/?>)?[\s:*-]*([^\n<]*)", re.IGNORECASE)
"""A code with its message in a description, such as `**Error Code:** `1001`<br>No such user`."""
_MOST_REFERENCES = 20


class Resource(NamedTuple):
    """Operations that belong together: one makes a thing below a path, one lists what is there, one deletes it."""

    create: str
    list: str
    delete: str


def parse_openapi(text: str, name: str) -> tuple[dict[str, Any], Document | None]:
    """An OpenAPI document in JSON or YAML, with its lines where they are known; raises ConfigError where it is none."""
    document, _ = read_text(text, Path(name))
    value: Any = document.value if document is not None else None
    if not isinstance(value, dict):
        try:
            value = load_json(text)
        except ValueError:
            raise ConfigError([Problem(name, "is neither YAML nor JSON", "give an OpenAPI document")]) from None
    if not isinstance(value, dict) or not isinstance(value.get("paths"), dict):
        hint = "give one, or a page of another form"
        raise ConfigError([Problem(name, "is no OpenAPI document: it has no `paths`", hint)])
    return value, document


def name_operations(document: dict[str, Any]) -> dict[str, Any]:
    """The document with an `operationId` for each operation that has none, made of its method and path."""
    taken = {str(one["operationId"]) for _, _, one in walk_operations(document) if "operationId" in one}
    for method, path, operation in walk_operations(document):
        if "operationId" not in operation:
            words = re.findall(r"[A-Za-z0-9]+", path)
            base = method + "".join(word[:1].upper() + word[1:] for word in words)
            name, count = base, 1
            while name in taken:
                count += 1
                name = f"{base}{count}"
            taken.add(name)
            operation["operationId"] = name
    return document


def find_resources(document: Mapping[str, Any] | None) -> list[Resource]:
    """Of every path with a POST and a GET below which one more parameter has a DELETE, the three."""
    places = {(method, PARAMETER.sub("{}", path)): name for name, method, path in list_operations(document)}
    return [
        Resource(name, places["GET", path], places["DELETE", below])
        for (method, path), name in places.items()
        if method == "POST" and ("GET", path) in places and ("DELETE", below := f"{path.rstrip('/')}/{{}}") in places
    ]


def read_openapi(text: str, name: str) -> Iterator[Block]:
    """The error answers of each operation as a table below the document's title."""
    value, document = parse_openapi(text, name)
    rows = [TableRow(("operation", "status", "code", "message", "cause"), 1)]
    for method, path, operation in walk_operations(value):
        label = str(operation.get("operationId") or f"{method.upper()} {path}")
        responses = operation.get("responses")
        for status, answer in responses.items() if isinstance(responses, dict) else ():
            found = _resolve(value, answer)
            if re.fullmatch(r"[45](\d\d|XX)", str(status)) and isinstance(found, dict):
                line = document.line(("paths", path, method, "responses", status)) if document is not None else 1
                rows += [TableRow((label, str(status), *answered), line) for answered in _answers(value, found)]
    info = value.get("info")
    yield Heading(str(info.get("title", "Errors")) if isinstance(info, dict) else "Errors", 1)
    if (table := build_table(rows, 1)) is not None:
        yield table


def _answers(document: Any, answer: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Code, message and cause of each example of an error answer, or of what its description says."""
    description = str(answer.get("description", ""))
    cause = " ".join(description.split())
    contents = answer.get("content")
    media = [one for one in contents.values() if isinstance(one, dict)] if isinstance(contents, dict) else []
    examples = [each for one in media for each in (one.get("example"), *_values(document, one.get("examples")))]
    if isinstance(answer.get("examples"), dict):  # of Swagger 2, by content type
        examples += list(answer["examples"].values())
    schemas = [_resolve(document, one.get("schema")) for one in (*media, answer)]
    of_schemas = [_example_of(document, schema) for schema in schemas if isinstance(schema, dict)]
    bodies = [one for one in examples if isinstance(one, dict)] or [one for one in of_schemas if isinstance(one, dict)]
    found = [(*read_fault(body, find_fault(body)[1] or {}), cause) for body in bodies]
    if not any(code or message for code, message, _ in found) and (coded := _CODED.findall(description)):
        return [(code, message.strip(" *`"), message.strip(" *`")) for code, message in coded]
    return list(dict.fromkeys(found)) or [("", "", cause)]


def _values(document: Any, examples: Any) -> list[Any]:
    named = examples.values() if isinstance(examples, dict) else examples if isinstance(examples, list) else ()
    return [one.get("value", one) for one in (_resolve(document, each) for each in named) if isinstance(one, dict)]


def _example_of(document: Any, schema: dict[str, Any]) -> Any:
    """A schema's example, or what its properties say where each can be one value alone."""
    if "example" in schema:
        return schema["example"]
    made: dict[str, Any] = {}
    every = schema.get("allOf")
    for part in (_resolve(document, each) for each in (*(every if isinstance(every, list) else ()), schema)):
        properties = part.get("properties") if isinstance(part, dict) else None
        for name, each in properties.items() if isinstance(properties, dict) else ():
            if isinstance(each, dict):
                values = each.get("enum", [each[key] for key in ("const", "example") if key in each])
                made |= {name: values[0]} if isinstance(values, list) and len(values) == 1 else {}
    return made or None


def _resolve(document: Any, value: Any) -> Any:
    """What a local `$ref` points to, through at most so many of them."""
    for _ in range(_MOST_REFERENCES):
        reference = value.get("$ref") if isinstance(value, dict) else None
        if not isinstance(reference, str) or not reference.startswith("#/"):
            break
        value = resolve_pointer(document, reference[1:])[1]
    return value
