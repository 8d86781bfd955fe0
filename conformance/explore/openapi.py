"""One operation as the contract's OpenAPI document describes it, bound to a target's fixtures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.explore.context import ExploreContext
from conformance.jsontools import first_value

__all__ = [
    "MULTIPART",
    "DocumentedOperation",
    "Link",
    "Parameter",
    "base_inputs",
    "fill_known",
    "find_secrets",
    "place_path",
    "view_operation",
]

MULTIPART = "multipart/form-data"
_DEPTH = 40
_NONE: Mapping[str, Any] = {}
_TIERS = {"get": "read", "delete": "delete"}
_METHODS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of path or query; `known` holds the values that exist, None where any fitting value is valid."""

    name: str
    where: str
    schema: Mapping[str, Any]
    required: bool = False
    invalid: frozenset[str] = frozenset()
    known: tuple[str, ...] | None = None
    never_from: int | None = None
    bounds: tuple[str, ...] = ()
    echo: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """What can be done next with an answer."""

    name: str
    operation: str
    parameters: Mapping[str, Any]
    body: Mapping[str, Any] | None
    statuses: tuple[int, ...]
    expect: Mapping[str, Any]
    unexpected: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DocumentedOperation:
    """All that exploration needs to know of one operation; schemas are written out, without references."""

    id: str
    method: str
    template: str
    parameters: tuple[Parameter, ...] = ()
    body: Mapping[str, Any] | None = None
    media_type: str = ""
    responses: Mapping[int, Mapping[str, Any] | None] = field(default_factory=dict)
    links: Mapping[int, tuple[Link, ...]] = field(default_factory=dict)
    explored_as: str = "read"
    """How it is explored: as something that only looks, or as something that changes."""
    read: str = ""
    within: str = ""
    own: str = ""
    most: int | None = None
    example: Any = None
    lacks: tuple[str, ...] = ()

    @property
    def permission(self) -> str:
        """The permission that a call of it uses: nothing but a GET is ever a read."""
        return "write" if self.explored_as == "read" and self.method != "GET" else self.explored_as

    @property
    def successes(self) -> tuple[int, ...]:
        """The documented statuses below 300."""
        return tuple(status for status in self.responses if status < 300)

    def among(self, where: str) -> tuple[Parameter, ...]:
        """The parameters in one place, `path` or `query`."""
        return tuple(parameter for parameter in self.parameters if parameter.where == where)

    @property
    def makes(self) -> bool:
        """Whether a success leaves something behind that has to be deleted again."""
        return any(link.name == "deleted" for links in self.links.values() for link in links)


def base_inputs(context: ExploreContext, operation: DocumentedOperation) -> dict[str, Any]:
    """The members that every valid body has on this target; what is updated needs those of what was made."""
    updated = operation.own if operation.explored_as != "read" else ""
    return dict(context.bodies.get(operation.id) or context.bodies.get(updated) or {})


def view_operation(context: ExploreContext, operation: str = "") -> DocumentedOperation:
    """The operation of this ID (default: the one to be explored); KeyError where the document has none."""
    expected = operation or context.operation
    for path, method, raw in _operations(context.schema):
        if raw.get("operationId") == expected:
            return _bound(context, path, method, _written_out(raw, context.schema))
    raise KeyError(expected)


def fill_known(operation: DocumentedOperation, shown: Any, given: Mapping[str, Any]) -> DocumentedOperation:
    """The operation with the values that are valid now noted in the schema of its body.

    They come from what its read shows, and from `given`, the members that every valid body of this target has.
    """
    if operation.body is None:
        return operation
    noted = _noted(operation.body, shown)
    own = {name: {"x-known": [value]} for name, value in given.items() if name not in noted.get("properties", {})}
    return replace(operation, body={**noted, "properties": {**noted.get("properties", {}), **own}})


def place_path(operation: DocumentedOperation, path: Iterable[tuple[str, str]]) -> DocumentedOperation:
    """The operation where the values of a request's path are those that exist."""
    there = dict(path)
    noted = (
        replace(one, known=(there[one.name],)) if one.where == "path" and one.name in there else one
        for one in operation.parameters
    )
    return replace(operation, parameters=tuple(noted))


def find_secrets(schema: Mapping[str, Any] | None, value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Name and value of everything in an answer that its schema calls `x-secret`; `name` is that of the whole."""
    if schema is None:
        return
    own = bool(schema.get("x-secret"))
    if isinstance(value, str) and value and own:
        yield name, value
    for one in schema.get("anyOf", ()):
        yield from find_secrets({**one, "x-secret": own}, value, name)
    if isinstance(value, dict):
        for key, inner in schema.get("properties", {}).items():
            marked = {**inner, "x-secret": True} if own else inner
            yield from find_secrets(marked, value.get(key), name if own else key)


def _operations(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in schema["paths"].items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def _written_out(value: Any, schema: Mapping[str, Any], depth: int = 0) -> Any:
    if depth > _DEPTH:
        raise RecursionError("the OpenAPI document refers to itself")
    if isinstance(value, Mapping):
        if isinstance(reference := value.get("$ref"), str):
            return _written_out(first_value(schema, reference.removeprefix("#")), schema, depth + 1)
        return {key: _written_out(inner, schema, depth + 1) for key, inner in value.items()}
    return [_written_out(inner, schema, depth + 1) for inner in value] if isinstance(value, list) else value


def _bound(context: ExploreContext, path: str, method: str, raw: Mapping[str, Any]) -> DocumentedOperation:
    contents: Mapping[str, Any] = raw.get("requestBody", _NONE).get("content", _NONE)
    parameters = tuple(_parameter(context, item) for item in raw.get("parameters", ()))
    media_type, body = next(iter(contents.items()), ("", _NONE))
    responses = {int(status): response for status, response in raw["responses"].items()}
    template = context.paths.get(raw["operationId"], path)
    needed = [one for one in parameters if one.where == "path" and "{" + one.name + "}" in template]
    names = {item["name"]: item.get("x-fixture") or item["name"] for item in raw.get("parameters", ())}
    return DocumentedOperation(
        id=raw["operationId"],
        method=method.upper(),
        template=template,
        parameters=(*needed, *(one for one in parameters if one.where == "query")),
        body=_noted(body["schema"], None) if "schema" in body else None,
        media_type=media_type,
        responses={status: _content(response) for status, response in responses.items()},
        links={status: tuple(_links(response)) for status, response in responses.items()},
        explored_as=raw.get("x-permission", _TIERS.get(method, "write")),
        read=raw.get("x-read", ""),
        within=raw.get("x-within", ""),
        own=raw.get("x-own", ""),
        most=raw.get("x-most"),
        example=body.get("example"),
        lacks=tuple(f"fixtures.{names[one.name]}" for one in needed if not one.known),
    )


def _parameter(context: ExploreContext, raw: Mapping[str, Any]) -> Parameter:
    fixture = raw.get("x-fixture")
    value = context.parameters.get(fixture) if fixture else None
    exists = None if fixture is None else () if value is None else (str(value),)
    return Parameter(
        name=raw["name"],
        where=raw["in"],
        schema=raw["schema"],
        required=raw.get("required", False),
        invalid=frozenset(raw.get("x-invalid", ())),
        known=exists,
        never_from=raw.get("x-never-from"),
        bounds=tuple(raw.get("x-bounds", ())),
        echo=raw.get("x-echo", ""),
    )


def _content(response: Mapping[str, Any]) -> Mapping[str, Any] | None:
    contents: Mapping[str, Any] = response.get("content", _NONE)
    return contents["application/json"]["schema"] if "application/json" in contents else None


def _links(response: Mapping[str, Any]) -> Iterator[Link]:
    links: Mapping[str, Any] = response.get("links", _NONE)
    for name, raw in links.items():
        yield Link(
            name=name,
            operation=raw["operationId"],
            parameters=raw.get("parameters", {}),
            body=raw.get("requestBody"),
            statuses=tuple(raw.get("x-status", ())),
            expect=raw.get("x-expect", {}),
            unexpected=raw.get("x-unexpected", {}),
        )


def _noted(schema: Mapping[str, Any], shown: Any) -> dict[str, Any]:
    result = dict(schema)
    if "properties" in schema:
        result["properties"] = {name: _noted(inner, shown) for name, inner in schema["properties"].items()}
    if "x-fixture" in schema:
        result["x-known"] = []
    if "x-same" in schema:
        current = first_value(shown, schema["x-same"])
        result["x-known"] = [current] if isinstance(current, str) and current else []
    if "x-toggle" in schema:
        first, second = schema["x-toggle"]
        result["x-known"] = [second] if first_value(shown, schema["x-from"]) == first else []
    return result
