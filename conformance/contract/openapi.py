"""An `openapi.yaml` of paths, methods and operationIds alone, completed to a document that tools accept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
PARAMETER = re.compile(r"\{([^{}]*)\}")


def list_operations(document: Any) -> Iterator[tuple[str, str, str]]:
    """Name, method (upper case) and path of each operation that has an `operationId`."""
    paths = document.get("paths") if isinstance(document, Mapping) else None
    for path, item in paths.items() if isinstance(paths, Mapping) else ():
        for method, operation in item.items() if isinstance(item, Mapping) else ():
            if method in METHODS and isinstance(operation, Mapping) and isinstance(operation.get("operationId"), str):
                yield operation["operationId"], method.upper(), path


def complete_openapi(document: Any) -> dict[str, Any]:
    """The document with what OpenAPI 3 asks for and nobody needs to write: version, info, responses, path parameters.

    What is written stays as it is: only what is absent is added. Empty for a document of another form.
    """
    if not isinstance(document, Mapping):
        return {}
    paths = document.get("paths")
    completed = {
        path: _path_item(str(path), item) if isinstance(item, Mapping) else item
        for path, item in (paths.items() if isinstance(paths, Mapping) else ())
    }
    usual = {"openapi": "3.1.0", "info": {"title": "API", "version": "1"}}
    return {**usual, **document, "paths": completed if isinstance(paths, Mapping) else paths}


def _path_item(path: str, item: Mapping[str, Any]) -> dict[str, Any]:
    common = _parameters(item)
    declared = [*common, *(each for method in METHODS for each in _parameters(item.get(method)))]
    if any(isinstance(each, Mapping) and "$ref" in each for each in declared):
        missing = []  # a reference may be any of them
    else:
        names = {str(each.get("name")) for each in declared if isinstance(each, Mapping) and each.get("in") == "path"}
        missing = [name for name in dict.fromkeys(PARAMETER.findall(path)) if name not in names]
    added = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in missing]
    found = {key: _operation(value) if key in METHODS else value for key, value in item.items()}
    return {**found, "parameters": [*common, *added]} if added else found


def _parameters(holder: Any) -> list[Any]:
    """The parameters of a path or an operation; none where they are no list."""
    parameters = holder.get("parameters") if isinstance(holder, Mapping) else None
    return parameters if isinstance(parameters, list) else []


def _operation(operation: Any) -> Any:
    if not isinstance(operation, Mapping) or operation.get("responses"):
        return operation
    return {**operation, "responses": {"default": {"description": "Not documented."}}}
