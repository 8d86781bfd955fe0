"""What can be wrong with the operations of an `openapi.yaml`: their names, their paths, what they refer to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.contract.loader import METHODS
from conformance.errors import Problem
from conformance.jsontools import resolve_pointer
from conformance.yaml_document import Document

__all__ = ["check_openapi"]

Place = tuple[str | int, ...]
_PARAMETER = re.compile(r"\{([^{}]*)\}")


def check_openapi(document: Document) -> list[Problem]:
    """Every problem of its operations and references, each with its line."""
    value = document.value
    if not isinstance(value, Mapping) or not isinstance(value.get("paths"), Mapping):
        return [Problem(document.where(()), "this is no OpenAPI document with `paths`", "write its operations there")]
    found = list(_version(document)) + list(_references(document, value, ()))
    seen: dict[str, str] = {}
    for path, item in value["paths"].items():
        place: Place = ("paths", path)
        if not path.startswith("/"):
            found.append(Problem(document.where(place), f"the path {path!r} does not begin with /", "begin it with /"))
        if not isinstance(item, Mapping):
            found.append(Problem(document.where(place), f"the path {path!r} has no operations", "write them below it"))
            continue
        for method in item.keys() & set(METHODS):
            found += _operation(document, (*place, method), item, seen)
    return found


def _version(document: Document) -> Iterator[Problem]:
    version = document.value.get("openapi")
    if not isinstance(version, str) or not version.startswith("3."):
        yield Problem(document.where(("openapi",)), "`openapi` says no version 3", 'write openapi: "3.1.0"')


def _operation(document: Document, place: Place, item: Mapping[str, Any], seen: dict[str, str]) -> Iterator[Problem]:
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
    if not isinstance(operation.get("responses"), Mapping) or not operation["responses"]:
        yield Problem(where, f"{method.upper()} {path} has no responses", "write those that are documented")
    given = [*item.get("parameters", ()), *operation.get("parameters", ())]
    declared = {one.get("name") for one in (_resolved(document, each) for each in given) if _in_path(one)}
    needed = set(_PARAMETER.findall(path))
    for missing in sorted(needed - declared):
        yield Problem(
            where, f"{method.upper()} {path} does not declare {missing!r}", "add it to `parameters`, in: path"
        )
    for extra in sorted(map(str, declared - needed)):
        yield Problem(where, f"{method.upper()} {path} declares {extra!r}, which is not in it", "leave it out")


def _in_path(parameter: Any) -> bool:
    return isinstance(parameter, Mapping) and parameter.get("in") == "path"


def _resolved(document: Document, value: Any) -> Any:
    reference = value.get("$ref") if isinstance(value, Mapping) else None
    return value if not isinstance(reference, str) else _looked_up(document, reference) or {}


def _looked_up(document: Document, reference: str) -> Any:
    return resolve_pointer(document.value, reference.removeprefix("#"))[1]


def _references(document: Document, value: Any, place: Place) -> Iterator[Problem]:
    if isinstance(value, Mapping):
        reference = value.get("$ref")
        if isinstance(reference, str):
            where = document.where((*place, "$ref"))
            if not reference.startswith("#/"):
                yield Problem(where, f"{reference} leads out of the file", "write it into this file")
            elif _looked_up(document, reference) is None:
                yield Problem(where, f"{reference} leads nowhere", "correct the path, or add what it names")
        for key, member in value.items():
            yield from _references(document, member, (*place, key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _references(document, member, (*place, index))
