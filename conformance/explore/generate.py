"""Inputs from Schemathesis: what its coverage phase derives from a schema. Nothing here sends anything.

Schemathesis is only asked for data. It is given a document of its own with one operation in it: no credential, no host,
path and fixtures already settled, so that it cannot draw a method or a place that was not meant.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from conformance.contract.request_template import NO_BODY
from conformance.engine.generate import DRAWING
from conformance.explore.openapi import MULTIPART, DocumentedOperation, read_document
from conformance.explore.probes import ExploreProbe, is_sendable

_PATH = "/explored"


def coverage_probes(
    operation: DocumentedOperation, plain: ExploreProbe, base: Mapping[str, Any]
) -> Iterator[ExploreProbe]:
    """Edges, wrong types, missing and unexpected members, each as `plain` with other parts.

    `base` holds the members that every valid body has.
    """
    document = _document(operation)
    with DRAWING:
        cases = () if document is None else _cover(json.dumps(document), operation.method)
    for where, drawn in cases:
        if where == "header" or (where == "query" and operation.body is not None):
            continue
        names = {name for name, _ in drawn.query}
        query = (*(pair for pair in plain.query if pair[0] not in names), *drawn.query)
        body = {**base, **drawn.body} if isinstance(drawn.body, dict) else drawn.body
        probe = replace(drawn, path=plain.path, query=query, body=body)
        if is_sendable(probe):
            yield probe


def _document(operation: DocumentedOperation) -> dict[str, Any] | None:
    """The operation alone as OpenAPI, as far as valid values of it are known; None where nothing is left of it."""
    parameters = []
    for one in operation.among("query"):
        schema = dict(one.schema) if one.known is None else {"enum": list(one.known)}
        if one.known != ():
            parameters.append({"name": one.name, "in": "query", "required": one.required, "schema": schema})
    has_body = operation.body is not None and operation.media_type != MULTIPART
    if not parameters and not has_body:
        return None
    item: dict[str, Any] = {"parameters": parameters, "responses": {"default": {"description": "any"}}}
    if has_body:
        item["requestBody"] = {"required": True, "content": {"application/json": {"schema": _narrowed(operation.body)}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": operation.id, "version": "1"},
        "paths": {_PATH: {operation.method.lower(): item}},
    }


def _narrowed(schema: Any) -> Any:
    """A schema without the words that steer exploration, narrowed to the values that are known to be valid."""
    if not isinstance(schema, Mapping):
        return schema
    result = {key: inner for key, inner in schema.items() if not key.startswith("x-")}
    if "properties" in schema:
        result["additionalProperties"] = False
        result["properties"] = {name: _narrowed(inner) for name, inner in schema["properties"].items()}
    if "items" in schema:
        result["items"] = _narrowed(schema["items"])
    if known := schema.get("x-known"):
        if schema.get("type") == "array":
            result["items"] = {**result["items"], "enum": known[0]}
        else:
            result["enum"] = known
    return result


@lru_cache(maxsize=256)
def _cover(written: str, method: str) -> tuple[tuple[str | None, ExploreProbe], ...]:
    """The place of what is tried, and the query and body of each case.

    Equal documents give equal inputs: they are derived once in each process, for all targets.
    """
    from schemathesis import GenerationMode  # noqa: PLC0415 - runs that don't explore don't pay for it
    from schemathesis.core import NotSet  # noqa: PLC0415

    schema = read_document(json.loads(written))
    schema.config.generation.update(modes=list(GenerationMode), deterministic=True, database="none")
    schema.config.phases.coverage.unexpected_methods = set()
    cases = schema.iter_coverage_cases(
        schema[_PATH][method],
        generation_modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE],
        generation_config=schema.config.generation,
    )
    found = []
    for case in cases:
        data = getattr(getattr(case.meta, "phase", None), "data", None)
        about = f"{getattr(data, 'parameter', None) or 'body'}: {getattr(data, 'scenario', '')}"
        query = tuple((str(name), text) for name, value in (case.query or {}).items() for text in _texts(value))
        body = NO_BODY if isinstance(case.body, NotSet) else case.body
        found.append((getattr(data, "parameter_location", None), ExploreProbe(query=query, body=body, about=about)))
    return tuple(found)


def _texts(value: Any) -> list[str]:
    """A value of a query parameter as it is written, an array as several values."""
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in _texts(item)]
    return [str(value) if isinstance(value, str) else json.dumps(value)]
