"""Reads an OpenAPI document for a draft: error responses as a table, operations, and resources with their deletion."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from conformance.authoring.blocks import Block, Heading, TableRow, build_table
from conformance.authoring.envelope import find_fault, read_fault, statuses_as_codes
from conformance.contract.openapi import PARAMETER, list_operations, walk_operations
from conformance.errors import ConfigError, Problem
from conformance.jsontools import load_json, resolve_pointer
from conformance.yaml_document import Document, read_text

_CODE_IN_DESCRIPTION = re.compile(r"(?i:Error codes?)[\s:*`]*(-?\w*[A-Z\d_]\w*)[`*]*\s*(?:<br\s*/?>)?[\s:*-]*([^\n<]*)")
"""A code and message in a description, such as `**Error Code:** `1001`<br>No such user`."""
_MOST_REFERENCES = 20


class Resource(NamedTuple):
    """The operations that create, list and delete the items below a path."""

    create: str
    list: str
    delete: str


def parse_openapi(text: str, name: str) -> tuple[dict[str, Any], Document | None]:
    """Parse an OpenAPI document in JSON or YAML, with line numbers if possible; raise ConfigError if it is not one."""
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
    """Add an `operationId` from method and path to each operation that has none; return the same document."""
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
    """Return a resource for every path with POST and GET, and a DELETE one parameter below it."""
    places = {(method, PARAMETER.sub("{}", path)): name for name, method, path in list_operations(document)}
    return [
        Resource(name, places["GET", path], places["DELETE", below])
        for (method, path), name in places.items()
        if method == "POST" and ("GET", path) in places and ("DELETE", below := f"{path.rstrip('/')}/{{}}") in places
    ]


def read_openapi(text: str, name: str) -> Iterator[Block]:
    """Yield the document's title and a table with the error responses of each operation."""
    value, document = parse_openapi(text, name)
    rows = [TableRow(("operation", "status", "code", "message", "cause"), 1)]
    for method, path, operation in walk_operations(value):
        label = str(operation.get("operationId") or f"{method.upper()} {path}")
        responses = operation.get("responses")
        for status, answer in responses.items() if isinstance(responses, dict) else ():
            found = _resolve(value, answer)
            if re.fullmatch(r"[45](\d\d|XX)", str(status)) and isinstance(found, dict):
                line = document.line(("paths", path, method, "responses", status)) if document is not None else 1
                answers = _error_responses(value, found, str(status))
                rows += [TableRow((label, str(status), *answered), line) for answered in answers]
    info = value.get("info")
    yield Heading(str(info.get("title", "Errors")) if isinstance(info, dict) else "Errors", 1)
    if (table := build_table(rows, 1)) is not None:
        yield table


def _error_responses(document: Any, answer: dict[str, Any], status: str) -> list[tuple[str, str, str]]:
    """Return code, message and cause of each example of an error response, or else from its description.

    An example in a schema that several responses share may be about another status.
    """
    description = str(answer.get("description", ""))
    cause = " ".join(description.split())
    contents = answer.get("content")
    media = [one for one in contents.values() if isinstance(one, dict)] if isinstance(contents, dict) else []
    examples = [each for one in media for each in (one.get("example"), *_example_values(document, one.get("examples")))]
    if isinstance(answer.get("examples"), dict):  # Swagger 2: by content type
        examples += list(answer["examples"].values())
    schemas = [_resolve(document, one.get("schema")) for one in (*media, answer)]
    of_schemas = (_example_of(document, schema) for schema in schemas if isinstance(schema, dict))
    own = [one for one in of_schemas if isinstance(one, dict) and {*statuses_as_codes(one)} <= {status}]
    bodies = [one for one in examples if isinstance(one, dict)] or own
    found = [(*read_fault(body, find_fault(body)[1] or {}), cause) for body in bodies]
    if not any(code or message for code, message, _ in found) and (coded := _CODE_IN_DESCRIPTION.findall(description)):
        return [(code, message.strip(" *`"), message.strip(" *`")) for code, message in coded]
    return list(dict.fromkeys(found)) or [("", "", cause)]


def _example_values(document: Any, examples: Any) -> list[Any]:
    named = examples.values() if isinstance(examples, dict) else examples if isinstance(examples, list) else ()
    return [one.get("value", one) for one in (_resolve(document, each) for each in named) if isinstance(one, dict)]


def _example_of(document: Any, schema: dict[str, Any]) -> Any:
    """Return the example of a schema, or an object of those of its properties that allow only one value."""
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
    for _ in range(_MOST_REFERENCES):
        reference = value.get("$ref") if isinstance(value, dict) else None
        if not isinstance(reference, str) or not reference.startswith("#/"):
            break
        value = resolve_pointer(document, reference[1:])[1]
    return value
