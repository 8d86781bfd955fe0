"""What an OpenAPI document gives a drafted contract: operations, path parameters, what makes a thing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Resource", "find_resources", "list_operations", "name_operations", "path_parameters"]

METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
_PARAMETER = re.compile(r"\{([^{}/]+)\}")


@dataclass(frozen=True, slots=True)
class Resource:
    """Operations that belong together: one makes a thing below a path, one lists what is there, one deletes it."""

    create: str
    list: str
    delete: str


def name_operations(document: dict[str, Any]) -> dict[str, Any]:
    """The document with an `operationId` for each operation that has none, made of its method and path."""
    taken = {str(one["operationId"]) for _, _, one in _operations(document) if "operationId" in one}
    for method, path, operation in _operations(document):
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


def list_operations(document: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Method and path of each operation, by its name."""
    return {
        str(one["operationId"]): (method.upper(), path)
        for method, path, one in _operations(document)
        if "operationId" in one
    }


def path_parameters(path: str) -> Sequence[str]:
    """The names of a path's parameters, in order."""
    return _PARAMETER.findall(path)


def find_resources(operations: Mapping[str, tuple[str, str]]) -> tuple[Resource, ...]:
    """Every path with a POST and a GET below which one more parameter has a DELETE."""
    by_place = {place: name for name, place in operations.items()}
    found = []
    for (method, path), name in by_place.items():
        below = [
            each for (other, longer), each in by_place.items()
            if other == "DELETE" and re.fullmatch(re.escape(path.rstrip("/")) + r"/\{[^{}/]+\}", longer)
        ]  # fmt: skip
        if method == "POST" and below and ("GET", path) in by_place:
            found.append(Resource(name, by_place["GET", path], below[0]))
    return tuple(found)


def _operations(document: Mapping[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    paths = document.get("paths")
    items = paths.items() if isinstance(paths, dict) else ()
    return [
        (method, path, item[method])
        for path, item in items
        if isinstance(item, dict)
        for method in METHODS
        if isinstance(item.get(method), dict)
    ]
