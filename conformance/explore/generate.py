"""Inputs from Schemathesis: its coverage of a schema, and values drawn by Hypothesis. Nothing here sends anything.

Schemathesis is only asked for data. It is given a document of its own with one operation in it: no credential, no host,
path and fixtures already settled, so that it cannot draw a method or a place that was not meant.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from conformance.engine.generate import DRAWING
from conformance.explore.openapi import MULTIPART, DocumentedOperation, Parameter
from conformance.explore.probes import NO_BODY, ExploreProbe, is_sendable, with_parts

__all__ = ["coverage_probes", "drawn_probes"]

_PATH = "/explored"


def coverage_probes(
    operation: DocumentedOperation, plain: ExploreProbe, base: Mapping[str, Any]
) -> Iterator[ExploreProbe]:
    """What Schemathesis's coverage phase derives from a schema: edges, wrong types, missing and unexpected members.

    Each probe is `plain` with other parts; `base` holds the members that every valid body has.
    """
    document = _document(operation, _query_parameters(operation), operation.body)
    for case in () if document is None else _coverage(json.dumps(document), operation.method):
        if case.where == "header" or (case.where == "query" and operation.body is not None):
            continue
        yield from _probe(case, plain, base, role="boundary")


def drawn_probes(
    operation: DocumentedOperation, plain: ExploreProbe, base: Mapping[str, Any], count: int, seed: int
) -> Iterator[ExploreProbe]:
    """At most `count` different inputs that Hypothesis draws, positive and negative by turns."""
    document = _document(operation, _query_parameters(operation), operation.body)
    sources: list[list[ExploreProbe]] = []
    if count > 0 and document is not None:
        sources = [_draw(document, operation, plain, base, (mode, count, seed)) for mode in ("positive", "negative")]
    if count > 0:
        sources += [
            _draw_alone(operation, parameter, plain, count, seed)
            for parameter in operation.parameters
            if parameter.known is not None
            and (parameter.where == "query" or (operation.method == "GET" and "unknown" in parameter.invalid))
        ]
    seen: set[str] = set()
    for turn in range(max(map(len, sources), default=0)):
        for source in sources:
            if turn < len(source) and source[turn].key not in seen and len(seen) < count:
                seen.add(source[turn].key)
                yield source[turn]


@dataclass(frozen=True, slots=True)
class _Case:
    """What is used of a case of Schemathesis; not to be changed, for several targets share it."""

    query: Mapping[str, Any] | None
    body: Any
    where: str | None = None
    about: str = ""


def _query_parameters(operation: DocumentedOperation) -> list[dict[str, Any]]:
    """The query parameters of which valid values are known, as OpenAPI."""
    result = []
    for one in operation.among("query"):
        schema = dict(one.schema) if one.known is None else {"enum": list(one.known)}
        if one.known != ():
            result.append({"name": one.name, "in": "query", "required": one.required, "schema": schema})
    return result


def _document(operation: DocumentedOperation, parameters: list[dict[str, Any]], body: Any) -> dict[str, Any] | None:
    has_body = body is not None and operation.media_type != MULTIPART
    if not parameters and not has_body:
        return None
    item: dict[str, Any] = {"parameters": parameters, "responses": {"default": {"description": "any"}}}
    if has_body:
        item["requestBody"] = {"required": True, "content": {"application/json": {"schema": _narrowed(body)}}}
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


def _load(written: str, method: str) -> tuple[Any, Any]:
    """A document as Schemathesis knows it, and its one operation."""
    import schemathesis  # noqa: PLC0415 - runs that don't explore don't pay for it
    from schemathesis import GenerationMode  # noqa: PLC0415
    from schemathesis.config import SchemathesisConfig  # noqa: PLC0415

    schema = schemathesis.openapi.from_dict(json.loads(written), config=SchemathesisConfig(seed=0))
    schema.config.generation.update(modes=list(GenerationMode), deterministic=True, database="none")
    schema.config.phases.coverage.unexpected_methods = set()
    return schema, schema[_PATH][method]


def _coverage(written: str, method: str) -> list[_Case]:
    from schemathesis import GenerationMode  # noqa: PLC0415

    with DRAWING:
        schema, operation = _load(written, method)
        found = []
        modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
        generation = schema.config.generation
        for case in schema.iter_coverage_cases(operation, generation_modes=modes, generation_config=generation):
            data = getattr(getattr(case.meta, "phase", None), "data", None)
            about = f"{getattr(data, 'parameter', None) or 'body'}: {getattr(data, 'scenario', '')}"
            found.append(_Case(case.query, _body(case), getattr(data, "parameter_location", None), about))
    return found


def _body(case: Any) -> Any:
    from schemathesis.core import NotSet  # noqa: PLC0415

    return NO_BODY if isinstance(case.body, NotSet) else case.body


def _probe(case: _Case, plain: ExploreProbe, base: Mapping[str, Any], *, role: str) -> Iterator[ExploreProbe]:
    query = [(str(name), text) for name, value in (case.query or {}).items() for text in _texts(value)]
    fixed = [pair for pair in plain.query if pair[0] not in {name for name, _ in query}]
    body = case.body
    if isinstance(body, dict):
        body = {**{name: value for name, value in base.items() if name not in body}, **body}
    probe = replace(plain, query=(*fixed, *query), body=body, role=role, about=case.about)
    if is_sendable(probe):
        yield probe


def _texts(value: Any) -> list[str]:
    """A value of a query parameter as it is written, an array as several values."""
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in _texts(item)]
    if isinstance(value, bool) or value is None:
        return [{True: "true", False: "false", None: "null"}[value]]
    return [str(value)]


def _draw(
    document: Mapping[str, Any],
    operation: DocumentedOperation,
    plain: ExploreProbe,
    base: Mapping[str, Any],
    wish: tuple[str, int, int],
) -> list[ExploreProbe]:
    mode, count, seed = wish
    names = {parameter.name for parameter in operation.parameters}
    return [
        probe
        for case in _examples(json.dumps(document), operation.method, mode, count, seed)
        for probe in _probe(replace(case, about=f"drawn {mode}"), plain, base, role="drawn")
        if all(name in names for name, _ in probe.query)  # names that nobody knows are most of what it draws, and idle
    ]


def _draw_alone(
    operation: DocumentedOperation, parameter: Parameter, plain: ExploreProbe, count: int, seed: int
) -> list[ExploreProbe]:
    """Values of one parameter of which only single ones exist, such as an ID: each fits the schema, none is known."""
    described = {"name": "value", "in": "query", "required": True, "schema": dict(parameter.schema)}
    document = _document(replace(operation, body=None), [described], None)
    probes = []
    for case in _examples(json.dumps(document), operation.method, "", count, seed):
        for text in _texts((case.query or {}).get("value", "")):
            pairs = dict(getattr(plain, parameter.where)) if parameter.where == "path" else {}
            changed = tuple({**pairs, parameter.name: text}.items())
            alone = replace(plain, role="drawn", about=f"drawn {parameter.name}")
            probe = with_parts(alone, parameter.where, changed)
            if text and is_sendable(probe):
                probes.append(probe)
    return probes


def _examples(written: str, method: str, mode: str, count: int, seed: int) -> tuple[_Case, ...]:
    with DRAWING:
        return _remembered(written, method, mode, count, seed)


@lru_cache(maxsize=256)
def _remembered(written: str, method: str, mode: str, count: int, seed: int) -> tuple[_Case, ...]:
    """Equal documents and seeds give equal inputs: they are drawn once in each process."""
    from hypothesis import HealthCheck, Phase, given, settings  # noqa: PLC0415
    from hypothesis import seed as seeded  # noqa: PLC0415
    from hypothesis.errors import HypothesisException  # noqa: PLC0415
    from schemathesis import GenerationMode  # noqa: PLC0415

    operation = _load(written, method)[1]
    strategy = operation.as_strategy(generation_mode=GenerationMode(mode)) if mode else operation.as_strategy()
    found: list[_Case] = []

    @seeded(seed)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(case: Any) -> None:
        found.append(_Case(case.query, _body(case)))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with suppress(HypothesisException):  # nothing left to draw: what there is has been found
            draw()
    return tuple(found)
