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
from conformance.explore.inputs import NO_BODY, ExploreProbe, is_encodable, with_parts
from conformance.explore.openapi import MULTIPART, DocumentedOperation, Parameter

__all__ = ["coverage_probes", "drawn_probes"]

_PATH = "/explored"


def coverage_probes(
    operation: DocumentedOperation, context: ExploreProbe, base: Mapping[str, Any]
) -> Iterator[ExploreProbe]:
    """What Schemathesis's coverage phase derives from a schema: edges, wrong types, missing and unexpected members."""
    document = _document(operation, _settled(operation), operation.body)
    if document is None:
        return
    with DRAWING:
        found = list(_covered(document, operation, context, base))
    yield from found


def _covered(
    document: dict[str, Any], operation: DocumentedOperation, context: ExploreProbe, base: Mapping[str, Any]
) -> Iterator[ExploreProbe]:
    schema = _loaded(document)
    modes, one = _modes(), schema[_PATH][operation.method]
    for case in schema.iter_coverage_cases(one, generation_modes=modes, generation_config=schema.config.generation):
        data = getattr(getattr(case.meta, "phase", None), "data", None)
        where = getattr(data, "parameter_location", None)
        if where == "header" or (where == "query" and operation.body is not None):
            continue
        about = f"{getattr(data, 'parameter', None) or 'body'}: {getattr(data, 'scenario', '')}"
        yield from _probe(case, context, base, role="boundary", about=about)


def drawn_probes(
    operation: DocumentedOperation, context: ExploreProbe, base: Mapping[str, Any], count: int, seed: int
) -> Iterator[ExploreProbe]:
    """At most `count` different inputs that Hypothesis draws, positive and negative by turns."""
    if count <= 0:
        return
    main = _document(operation, _settled(operation), operation.body)
    wishes = [(mode, count, seed) for mode in _modes()] if main else []
    sources = [_draw(main or {}, operation, context, base, wish) for wish in wishes]
    sources += [
        _draw_alone(operation, parameter, context, count, seed)
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


def _modes() -> list[Any]:
    from schemathesis import GenerationMode  # noqa: PLC0415 - runs that don't explore don't pay for it

    return [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


def _settled(operation: DocumentedOperation) -> list[dict[str, Any]]:
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
        item["requestBody"] = {"required": True, "content": {"application/json": {"schema": _plain(body)}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": operation.id, "version": "1"},
        "paths": {_PATH: {operation.method.lower(): item}},
    }


def _plain(schema: Any) -> Any:
    """A schema without our own words, narrowed to the values that are known to be valid."""
    if not isinstance(schema, Mapping):
        return schema
    result = {key: inner for key, inner in schema.items() if not key.startswith("x-")}
    if "properties" in schema:
        result["additionalProperties"] = False
        result["properties"] = {name: _plain(inner) for name, inner in schema["properties"].items()}
    if "items" in schema:
        result["items"] = _plain(schema["items"])
    if known := schema.get("x-known"):
        if schema.get("type") == "array":
            result["items"] = {**result["items"], "enum": known[0]}
        else:
            result["enum"] = known
    return result


def _loaded(document: dict[str, Any]) -> Any:
    import schemathesis  # noqa: PLC0415
    from schemathesis.config import SchemathesisConfig  # noqa: PLC0415

    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig(seed=0))
    schema.config.generation.update(modes=_modes(), deterministic=True, database="none")
    schema.config.phases.coverage.unexpected_methods = set()
    return schema


def _probe(
    case: Any, context: ExploreProbe, base: Mapping[str, Any], *, role: str, about: str
) -> Iterator[ExploreProbe]:
    query = [(str(name), text) for name, value in (case.query or {}).items() for text in _texts(value)]
    fixed = [pair for pair in context.query if pair[0] not in {name for name, _ in query}]
    body = _json(case.body)
    if isinstance(body, dict):
        body = {**{name: value for name, value in base.items() if name not in body}, **body}
    probe = replace(context, query=(*fixed, *query), body=body, role=role, about=about)
    if is_encodable(probe):
        yield probe


def _texts(value: Any) -> list[str]:
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in _texts(item)]
    if isinstance(value, bool) or value is None:
        return [{True: "true", False: "false", None: "null"}[value]]
    return [str(value)]


def _json(body: Any) -> Any:
    from schemathesis.core import NotSet  # noqa: PLC0415

    return NO_BODY if isinstance(body, NotSet) else body


def _draw(
    document: Mapping[str, Any],
    operation: DocumentedOperation,
    context: ExploreProbe,
    base: Mapping[str, Any],
    wish: tuple[Any, int, int],
) -> list[ExploreProbe]:
    mode, count, seed = wish
    cases = _examples(document, operation.method, mode, count, seed)
    about = f"drawn {mode.value}"
    names = {parameter.name for parameter in operation.parameters}
    return [
        probe
        for case in cases
        for probe in _probe(case, context, base, role="drawn", about=about)
        if all(name in names for name, _ in probe.query)  # names that nobody knows are most of what it draws, and idle
    ]


def _draw_alone(
    operation: DocumentedOperation, parameter: Parameter, context: ExploreProbe, count: int, seed: int
) -> list[ExploreProbe]:
    """Values of one parameter of which only single ones exist, such as an ID: each fits the schema, none is known."""
    described = {"name": "value", "in": "query", "required": True, "schema": dict(parameter.schema)}
    document = _document(replace(operation, body=None), [described], None)
    assert document is not None
    cases = _examples(document, operation.method, None, count, seed)
    probes = []
    for case in cases:
        for text in _texts((case.query or {}).get("value", "")):
            pairs = dict(getattr(context, parameter.where)) if parameter.where == "path" else {}
            changed = tuple({**pairs, parameter.name: text}.items())
            about = f"drawn {parameter.name}"
            probe = with_parts(replace(context, role="drawn", about=about), parameter.where, changed)
            if text and is_encodable(probe):
                probes.append(probe)
    return probes


def _examples(document: Mapping[str, Any], method: str, mode: Any, count: int, seed: int) -> tuple[_Case, ...]:
    with DRAWING:
        return _remembered(json.dumps(document), method, mode, count, seed)


@dataclass(frozen=True, slots=True)
class _Case:
    """What is used of a case of Schemathesis; not to be changed, for several targets share it."""

    query: Mapping[str, Any] | None
    body: Any


@lru_cache(maxsize=256)
def _remembered(written: str, method: str, mode: Any, count: int, seed: int) -> tuple[_Case, ...]:
    """Equal documents and seeds give equal inputs: they are drawn once in each process."""
    from hypothesis import HealthCheck, Phase, given, settings  # noqa: PLC0415
    from hypothesis import seed as seeded  # noqa: PLC0415
    from hypothesis.errors import HypothesisException  # noqa: PLC0415

    operation = _loaded(json.loads(written))[_PATH][method]
    strategy = operation.as_strategy() if mode is None else operation.as_strategy(generation_mode=mode)
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
        found.append(_Case(case.query, case.body))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with suppress(HypothesisException):  # nothing left to draw: what there is has been found
            draw()
    return tuple(found)
