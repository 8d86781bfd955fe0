"""The operations of a contract's OpenAPI document, with the values of one target filled in.

Schemathesis reads the document and resolves references, parameters of path items and the targets of links. The `x-…`
keywords that control exploration are read here; `docs/exploration.md` explains them.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from conformance.checks.context import compile_schema
from conformance.contract.schema import OperationSpec
from conformance.contract.templates import find_placeholders
from conformance.engine.generate import DRAWING
from conformance.jsontools import first_value

MULTIPART = "multipart/form-data"
_MOST_EXPANSIONS = 3
"""How often a definition is expanded within itself; one that refers to itself twice doubles each time."""
_PERMISSIONS = {"get": "read", "head": "read", "delete": "delete"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A path or query parameter; its schema includes the `x-…` keywords.

    `known` has the values that exist; None if any value that fits the schema is valid.
    """

    name: str
    where: str
    schema: Mapping[str, Any]
    required: bool = False
    known: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A link from a response to a request; `words` has its OpenAPI definition: what is sent and what is promised."""

    name: str
    operation: str
    parameters: tuple[tuple[str, str, Any], ...]
    """Location (`path`, `query` or `headers`), name, and value: or an expression (`$response.body#/id`), or several."""
    words: Mapping[str, Any]

    @property
    def statuses(self) -> Sequence[int]:
        """The promised statuses, if not a success."""
        statuses: Sequence[int] = self.words.get("x-status", ())
        return statuses


@dataclass(frozen=True, slots=True)
class DocumentedOperation:
    """An operation as exploration uses it; references in its schemas are resolved."""

    id: str
    method: str
    template: str
    """The path on this target, with parameters in braces; empty if it is not known."""
    parameters: tuple[Parameter, ...] = ()
    body: Mapping[str, Any] | None = None
    media_type: str = ""
    responses: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    """The schema of each response by status, `4XX` or `default`; None if it has no JSON."""
    links: Mapping[str, tuple[Link, ...]] = field(default_factory=dict)
    kind: str = "read"
    """How it is explored: `read` changes nothing; `write` and `delete` do."""
    read: str = ""
    own: str = ""
    most: int | None = None
    example: Any = None
    base: Mapping[str, Any] = field(default_factory=dict)
    """The members of every valid body on this target; for a `read`, they are not sent with drawn data."""
    creates: bool = False
    """Whether a success creates a resource, which the contract says how to find and delete."""
    sets_back: bool = False
    """Whether its changes are restored, because it writes to a record of the target's owner, not to a created one."""

    @property
    def lacks(self) -> tuple[str, ...]:
        """The fixtures of its path that the target lacks."""
        fixtures = (one.schema.get("x-fixture") for one in self.among("path") if not one.known)
        return tuple(f"fixtures.{name}" for name in fixtures if name)

    @property
    def unnamed(self) -> tuple[str, ...]:
        """The path parameters without a value for which the document names no fixture."""
        return tuple(one.name for one in self.among("path") if not (one.schema.get("x-fixture") or one.known))

    @property
    def permission(self) -> str:
        """The permission for a call; only a GET or HEAD is ever a read."""
        return "write" if self.kind == "read" and self.method not in ("GET", "HEAD") else self.kind

    @property
    def needs(self) -> frozenset[str]:
        """The permissions for a call and for the deletion of what it creates."""
        return frozenset([self.permission, *(["delete"] if self.creates else [])])

    @property
    def statuses(self) -> tuple[str, ...]:
        return tuple(sorted(self.responses))

    @property
    def has_success(self) -> bool:
        return any(status.startswith(("2", "default")) for status in self.responses)

    def documented(self, status: int) -> str | None:
        """Return the key of `responses` that covers a status, or None."""
        keys = (str(status), f"{status // 100}XX", "default")
        return next((key for key in keys if key in self.responses), None)

    def schema_of(self, status: int) -> Mapping[str, Any] | None:
        """Return the schema of the body of a response with this status, or None."""
        return self.responses.get(self.documented(status) or "")

    def among(self, where: str) -> tuple[Parameter, ...]:
        """Return the parameters of one location, `path` or `query`."""
        return tuple(parameter for parameter in self.parameters if parameter.where == where)

    def links_of(self, status: int) -> tuple[Link, ...]:
        return self.links.get(self.documented(status) or "", ())

    @property
    def readable(self) -> dict[str, str]:
        """The members of its body that its reading operation shows, with JSON pointers into that response."""
        properties: Mapping[str, Mapping[str, Any]] = (self.body or {}).get("properties", {})
        places = {name: schema.get("x-from") or schema.get("x-same") for name, schema in properties.items()}
        return {name: place for name, place in places.items() if place}

    @property
    def changes_something_existing(self) -> bool:
        """Whether a success changes or deletes an existing resource instead of adding one."""
        return self.kind != "read" and (
            self.method in ("PUT", "PATCH", "DELETE") or (self.has_success and self.template.endswith("}"))
        )


class OpenApiDocument:
    """A contract's OpenAPI document with the values of one target filled in."""

    def __init__(
        self,
        document: Mapping[str, Any],
        calls: Mapping[str, OperationSpec] = MappingProxyType({}),
        created: Collection[str] = (),
        fill: Callable[[Any], Any] = lambda value: None if any(find_placeholders(value)) else value,
    ) -> None:
        """`calls` has the call of each operation, `created` the operations that create something.

        `fill` replaces placeholders by the target's values, and returns None if one is missing.
        """
        from schemathesis.core.result import Ok  # noqa: PLC0415

        self._document, self._created, self._fill = document, created, fill
        self._calls = defaultdict(OperationSpec, calls)
        with DRAWING:
            found = [result.ok() for result in read_document(document).get_all_operations() if isinstance(result, Ok)]
            self._raw: dict[str, Any] = {one.definition.raw.get("operationId"): one for one in found}
        self._bound: dict[str, DocumentedOperation] = {}

    def operation(self, name: str) -> DocumentedOperation:
        """Return the operation with this ID; raise KeyError if there is none."""
        if name not in self._bound:
            self._bound[name] = self._bind(self._raw[name])
        return self._bound[name]

    def own_sources(self, operation: DocumentedOperation) -> tuple[DocumentedOperation, ...]:
        """Return the operations that create the record that this one writes to (`x-own`); none for a fixture."""
        sources: list[DocumentedOperation] = []
        name = operation.own
        while name in self._raw and name not in (operation.id, *(one.id for one in sources)):
            sources.insert(0, self.operation(name))
            name = sources[0].own
        return tuple(sources)

    @property
    def first_read(self) -> str:
        """The ID of the first GET of the document, or ""."""
        return next((name for name, one in self._raw.items() if one.method.upper() == "GET"), "")

    def _bind(self, operation: Any) -> DocumentedOperation:
        raw = operation.definition.raw
        name, own = raw["operationId"], raw.get("x-own", "")
        kind: str = raw.get("x-permission", _PERMISSIONS.get(operation.method, "write"))
        url = self._calls[name].url
        template = operation.path if url is None else self._fill(url)
        template = f"/{template.lstrip('/')}" if template else ""
        definitions = [one.definition for one in (*operation.path_parameters, *operation.query)]
        needed = (one for one in definitions if one["in"] == "query" or "{" + one["name"] + "}" in template)
        body = next((one for one in operation.body if one.media_type in ("application/json", MULTIPART)), None)
        schema = self._schema(body.definition["schema"]) if body and "schema" in body.definition else None
        # An update needs the members of the record that was created.
        base = self._known_body(name) or (self._known_body(own) if kind != "read" else {})
        return DocumentedOperation(
            id=name,
            method=operation.method.upper(),
            template=template,
            parameters=tuple(self._parameter(name, one) for one in needed),
            body=None if schema is None else _with_members(_add_known(schema, None), base if kind != "read" else {}),
            media_type=body.media_type if body else "",
            responses={
                status: self._schema(content["schema"]) if "schema" in content else None
                for status, answer in operation.responses.items()
                for content in [answer.definition.get("content", {}).get("application/json", {})]
            }
            or {"default": None},  # without documented responses, any response is accepted
            links={status: tuple(_links(operation, status, one)) for status, one in operation.responses.items()},
            kind=kind,
            read=raw.get("x-read", ""),
            own=own,
            most=raw.get("x-most"),
            example=body.definition.get("example") if body else None,
            base=base,
            creates=name in self._created,
            sets_back=bool(own) and own not in self._raw and name not in self._created,
        )

    def _known_body(self, operation: str) -> dict[str, Any]:
        """Return the members of every valid body of an operation on this target; none if a value is missing."""
        call = self._calls[operation]
        body = call.body or call.json_
        return (self._fill(body) or {}) if isinstance(body, dict) else {}

    def _schema(self, written: Any) -> Mapping[str, Any]:
        """Convert a schema of the document to JSON Schema; return an empty one if it is invalid."""
        schema: dict[str, Any] = _as_mapping(_without_references(written, self._document))
        try:
            compile_schema(schema)
        except ValueError:
            return {}
        return schema

    def _parameter(self, operation: str, raw: Mapping[str, Any]) -> Parameter:
        name, fixture = raw["name"], raw.get("x-fixture")
        given = self._calls[operation].path.get(name) if raw["in"] == "path" else None
        if fixture is not None:
            given = f"{{fixture.{fixture}}}" if fixture else None
        value = None if given is None else self._fill(given)
        known = (str(value),) if value is not None else None if fixture is None else ()
        words = {word: said for word, said in raw.items() if word.startswith("x-")}
        schema = {**self._schema(raw.get("schema", {})), **words}
        return Parameter(name, raw["in"], schema, raw.get("required", False), known)


def read_document(document: Mapping[str, Any]) -> Any:
    """Read a document with Schemathesis, ignoring any configuration file; only `paths` is needed."""
    import schemathesis  # noqa: PLC0415 - slow, only needed to explore
    from schemathesis.config import SchemathesisConfig  # noqa: PLC0415

    return schemathesis.openapi.from_dict({"openapi": "3.1.0", **document}, config=SchemathesisConfig(seed=0))


def with_known_body(operation: DocumentedOperation, shown: Any) -> DocumentedOperation:
    """Return the operation with the values of a `shown` body added to the schema of its body as `x-known`."""
    return operation if operation.body is None else replace(operation, body=_add_known(operation.body, shown))


def with_known_path(operation: DocumentedOperation, path: Iterable[tuple[str, str]]) -> DocumentedOperation:
    """Return the operation with the given path values as its known ones."""
    values = dict(path)
    noted = (
        replace(one, known=(values[one.name],)) if one.where == "path" and one.name in values else one
        for one in operation.parameters
    )
    return replace(operation, parameters=tuple(noted))


def find_secrets(
    schema: Mapping[str, Any], value: Any, name: str = "", *, within: bool = False
) -> Iterator[tuple[str, str]]:
    """Yield name and value of each text that is marked `x-secret`, by its own schema or (`within`) by a parent's."""
    within = within or bool(schema.get("x-secret"))
    if within and isinstance(value, str) and value:
        yield name, value
    parts = [(one, value, name) for one in schema.get("anyOf", ())]
    if isinstance(value, dict):
        properties = schema.get("properties", {}).items()
        parts += [(inner, value.get(key), name if within else key) for key, inner in properties]
    elif isinstance(value, list):
        parts += [(schema.get("items", {}), item, name) for item in value]
    for inner, part, called in parts:
        yield from find_secrets(inner, part, called, within=within)


def _without_references(schema: Any, document: Mapping[str, Any], within: tuple[str, ...] = ()) -> Any:
    """Return a schema with references expanded, each within itself at most `_MOST_EXPANSIONS` times."""
    if isinstance(schema, list):
        return [_without_references(inner, document, within) for inner in schema]
    if not isinstance(schema, Mapping):
        return schema
    if "x-bundled" in schema:
        document = {**document, "x-bundled": schema["x-bundled"]}
    reference = schema.get("$ref")
    if isinstance(reference, str):
        if within.count(reference) >= _MOST_EXPANSIONS:
            return {}
        return _without_references(first_value(document, reference.removeprefix("#")), document, (*within, reference))
    plain = {key: _without_references(inner, document, within) for key, inner in schema.items() if key != "x-bundled"}
    return _convert_to_31(plain)


def _convert_to_31(schema: dict[str, Any]) -> dict[str, Any]:
    """Convert a schema of OpenAPI 3.0 to 3.1: `nullable`, and `exclusiveMinimum: true`."""
    result = dict(schema)
    for edge, excluded in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(result.get(excluded), bool) and result.pop(excluded) and edge in result:
            result[excluded] = result.pop(edge)
    if isinstance(result.get("nullable"), bool) and result.pop("nullable") and isinstance(result.get("type"), str):
        result["type"] = [result["type"], "null"]
        if "enum" in result:
            result["enum"] = [*result["enum"], None]
    if "items" in result:
        result["items"] = _as_mapping(result["items"])
    if isinstance(result.get("properties"), dict):
        result["properties"] = {name: _as_mapping(inner) for name, inner in result["properties"].items()}
    return result


def _as_mapping(schema: Any) -> Any:
    """Return an equivalent object for the schemas true and false."""
    return {True: {}, False: {"not": {}}}[schema] if isinstance(schema, bool) else schema


def _links(operation: Any, status: str, answer: Any) -> Iterator[Link]:
    from schemathesis.specs.openapi.stateful.links import OpenApiLink  # noqa: PLC0415

    for name, raw in answer.iter_links():
        link = OpenApiLink(name, status, raw, operation)
        places = {"path_parameters": "path", "query": "query", "headers": "headers"}
        yield Link(
            name=name,
            operation=link.target.definition.raw["operationId"],
            parameters=tuple(
                (places[one.container_name], one.name, one.expression)
                for one in link.parameters
                if one.container_name in places
            ),
            words=raw,
        )


def _with_members(schema: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a body with further members, each with its only known value."""
    properties = schema.get("properties", {})
    own = {name: {"x-known": [value]} for name, value in base.items() if name not in properties}
    return {**schema, "properties": {**properties, **own}}


def _add_known(schema: Mapping[str, Any], shown: Any) -> dict[str, Any]:
    result = dict(schema)
    if "properties" in schema:
        result["properties"] = {name: _add_known(inner, shown) for name, inner in schema["properties"].items()}
    if "x-fixture" in schema:
        result["x-known"] = []
    if "x-same" in schema:
        current = first_value(shown, schema["x-same"])
        result["x-known"] = [current] if isinstance(current, str) and current else []
    if "x-toggle" in schema:
        first, second = schema["x-toggle"]
        result["x-known"] = [second] if first_value(shown, schema["x-from"]) == first else []
    return result
