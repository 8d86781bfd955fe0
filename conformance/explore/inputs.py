"""Chooses the inputs of an exploration: from Schemathesis's coverage phase, and rare values that no schema suggests.

The most revealing of each kind come first; equal seeds give equal inputs. Schemathesis only generates data: it gets a
document with a single operation, without credential, host or path parameters, so that it cannot draw another method or
path.
"""

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import zip_longest
from typing import Any

from conformance.contract.request_template import NO_BODY
from conformance.engine.generate import DRAWING, knowing_utf8
from conformance.explore.openapi import MULTIPART, DocumentedOperation, read_document
from conformance.explore.probes import ExploreProbe, is_sendable, with_values
from conformance.explore.validity import Validity, classify_probe, may_be_sent

_QUERY_VALUES: Mapping[str, tuple[str, ...]] = {
    "script": ('<b>"é日😀"</b>%s\'',),
    "wide": ("9223372036854775808", "2147483648", "99999999999999999999"),
    "large": ("2147483647", "50", "13", "1000"),
    "markup": ("<b>\"x' & %s</b>", "'; --", "{{7*7}}", "${x}"),
    "lenient": ("+5", "1e2", "0x10", "007", "٣", "1_000", "5.0"),
}
"""Rare values of a query parameter by kind; `script` and `markup` are for all parameters, the others for integers."""
_EDGE_SCENARIOS = ("minimum", "maximum", "minimum_value", "near_boundary_number", "maximum_value")
"""Endings of the names that Schemathesis gives to values at the edges of a range."""
_PATH = "/explored"
_NUMBERS_DRAWN = 40
"""How many numbers within its range are drawn for a parameter."""
_GREATEST_DISTANCE = 10_000
"""The greatest distance of a drawn number from the minimum."""
_MOST_CREATED = 2
"""The most valid inputs of an operation that creates something, because each must be deleted again."""
_IDS = ("😀日本語's a-b" + "a" * 180, "constructor", "日本語", "it's", "no-such-0000", "😀", "A_B-9", "a b", "a" * 200)
_NUMERIC_IDS = ("9223372036854775808", "0", "2147483647", "日本語")
_TEXTS = ("😀é日<b>\"&'%s\\", "x" * 999, "日本語", "'; --", "<b>x</b>", "\\", "%s%n", "😀")
"""The first of each kind combines several oddities, because a small budget has room for only one."""


def choose_probes(
    operation: DocumentedOperation,
    plain: ExploreProbe,
    allowed: frozenset[Validity],
    count: int,
    seed: int,
) -> list[ExploreProbe]:
    """Return at most `count` different probes of the allowed validity; `plain` is the simplest request."""
    if count <= 0:
        return []
    order = random.Random(f"{seed}/{operation.id}")  # noqa: S311 - chooses inputs, not secrets

    def sendable(probes: Iterable[ExploreProbe]) -> list[tuple[Validity, ExploreProbe]]:
        sorted_out = ((classify_probe(operation, one), one) for one in probes)
        return [(sort, one) for sort, one in sorted_out if sort in allowed and may_be_sent(operation, one)]

    covering = sendable(coverage_probes(operation, plain))
    refused, valid, *others = [
        _mix_groups([one for sort, one in covering if sort is wanted], order, shuffled=True) for wanted in Validity
    ]
    rare = _mix_groups([one for _, one in sendable(_rare_probes(operation, plain, order))], order)
    valid_left = _MOST_CREATED if operation.creates else count
    seen, chosen = {plain.key}, list[ExploreProbe]()
    for probe in _interleave([rare, [*_interleave([refused, valid]), *_interleave(others)]]):
        if len(chosen) == count:
            break
        is_valid = classify_probe(operation, probe) is Validity.VALID
        if probe.key not in seen and valid_left - is_valid >= 0:
            seen.add(probe.key)
            valid_left -= is_valid
            chosen.append(probe)
    return chosen


def _mix_groups(probes: Iterable[ExploreProbe], order: random.Random, *, shuffled: bool = False) -> list[ExploreProbe]:
    """Interleave the groups of probes with equal `about`; shuffle each group, and with `shuffled` their order, too."""
    groups: dict[str, list[ExploreProbe]] = {}
    for probe in probes:
        groups.setdefault(probe.about, []).append(probe)
    several = list(groups.values())
    for group in several:
        order.shuffle(group)
    if shuffled:
        order.shuffle(several)
        several.sort(key=lambda group: not group[0].about.endswith(_EDGE_SCENARIOS))
    return _interleave(several)


def _interleave(lists: Sequence[Sequence[ExploreProbe]]) -> list[ExploreProbe]:
    """Interleave lists: the first items of all, then the second ones, and so on."""
    return [probe for turn in zip_longest(*lists) for probe in turn if probe is not None]


def _rare_probes(operation: DocumentedOperation, plain: ExploreProbe, order: random.Random) -> Iterator[ExploreProbe]:
    """Yield inputs that often break servers and that no schema suggests, the most revealing first."""
    firm = {one.name for one in operation.among("path") if "unknown" in one.schema.get("x-invalid", ())}
    paths = list(_paths(operation, plain))
    yield from (probe for probe in paths if probe.about.partition(":")[0] in firm)
    if operation.method == "GET":
        yield _vary_parameter(plain, "query", "x-unknown", ["😀é日"], "script")
    yield from paths
    if operation.body is None:
        yield from _queries(operation, plain, order)
    elif operation.media_type == MULTIPART:
        yield from _forms(plain)
    else:
        yield from _bodies(operation.body, plain, _fixed_members(operation))


def _vary_parameter(plain: ExploreProbe, where: str, name: str, values: Iterable[str], kind: str) -> ExploreProbe:
    """Return the plain probe with other values of one parameter."""
    return with_values(replace(plain, role="boundary", about=f"{name}: {kind}"), where, name, *values)


def _queries(operation: DocumentedOperation, plain: ExploreProbe, order: random.Random) -> Iterator[ExploreProbe]:
    parameters = operation.among("query")
    numbers = [one for one in parameters if one.schema.get("type") == "integer"]
    for kind, texts in _QUERY_VALUES.items():
        for one in parameters if kind in ("script", "markup") else numbers:
            yield from (_vary_parameter(plain, "query", one.name, [text], kind) for text in texts)
        for one in parameters if kind == "wide" else ():
            value = {"integer": "1", "boolean": "true"}.get(str(one.schema.get("type")))
            if value is not None:
                yield _vary_parameter(plain, "query", one.name, [value, value], "twice")
    for one in numbers:
        least = int(one.schema.get("minimum", 0))
        within = range(least, min(int(one.schema.get("maximum", _GREATEST_DISTANCE)), least + _GREATEST_DISTANCE) + 1)
        for number in order.sample(within, min(_NUMBERS_DRAWN, len(within))):
            yield _vary_parameter(plain, "query", one.name, [str(number)], "drawn")


def _paths(operation: DocumentedOperation, plain: ExploreProbe) -> Iterator[ExploreProbe]:
    for one in reversed(operation.among("path")) if operation.method == "GET" else ():
        for place, text in enumerate(_NUMERIC_IDS if one.schema.get("type") == "integer" else _IDS):
            yield _vary_parameter(plain, "path", one.name, [text], "rare" if place else "several oddities")


def _forms(plain: ExploreProbe) -> Iterator[ExploreProbe]:
    for name in ("fil", "File2", "files", "日本語"):
        yield replace(plain, body={name: "sample.png"}, form=True, role="boundary", about="form: no file")
    instead: tuple[Any, ...] = ({}, {"file": "x"}, [], "x")
    for value in instead:
        yield replace(plain, body=value, role="boundary", about="form: JSON instead")
    yield replace(plain, body={}, form=True, role="boundary", about="form: no part")
    yield replace(plain, body=NO_BODY, role="boundary", about="form: nothing")


def _bodies(schema: Mapping[str, Any], plain: ExploreProbe, base: Mapping[str, Any]) -> Iterator[ExploreProbe]:
    nested: Any = "x"
    for _ in range(60):
        nested = [nested]
    odd: list[tuple[int, ExploreProbe]] = []
    for first, (name, described) in enumerate(schema.get("properties", {}).items()):
        texts: tuple[Any, ...] = _TEXTS if described.get("type", "string") == "string" else (["😀", "x" * 999], -1)
        values = (texts[0], None, "   ", 0, 2**63, nested, {"a": {"b": None}}, ["x"] * 100, *texts[1:])
        for place, value in enumerate(values):
            kind = "script" if value in texts[1:] else type(value).__name__
            about = f"{name}: {kind if place else 'several oddities'}"
            odd.append((first + place, replace(plain, body={**base, name: value}, role="boundary", about=about)))
    odd.append((1, replace(plain, body=[], role="boundary", about="body: list")))
    yield from (probe for _, probe in sorted(odd, key=lambda pair: pair[0]))  # several members, several values


# --- inputs from Schemathesis


def coverage_probes(operation: DocumentedOperation, plain: ExploreProbe) -> Iterator[ExploreProbe]:
    """Yield variants of `plain` at the edges, with wrong types, and with missing or unexpected members."""
    document, base = _document(operation), _fixed_members(operation)
    with DRAWING, knowing_utf8():
        cases = () if document is None else _coverage_cases(json.dumps(document), operation.method)
    for where, drawn in cases:
        if where == "header" or (where == "query" and operation.body is not None):
            continue
        names = {name for name, _ in drawn.query}
        query = (*(pair for pair in plain.query if pair[0] not in names), *drawn.query)
        body = {**base, **drawn.body} if isinstance(drawn.body, dict) else drawn.body
        probe = replace(drawn, path=plain.path, query=query, body=body)
        if is_sendable(probe):
            yield probe


def _fixed_members(operation: DocumentedOperation) -> Mapping[str, Any]:
    """Return the members to send with drawn ones; none for a read, because only links send a log-in's valid ones."""
    return operation.base if operation.kind != "read" else {}


def _document(operation: DocumentedOperation) -> dict[str, Any] | None:
    """Return an OpenAPI document of the operation alone, with the parameters whose valid values are known, or None."""
    parameters = []
    for one in operation.among("query"):
        schema = _narrow(one.schema) if one.known is None else {"enum": list(one.known)}
        if one.known != ():
            parameters.append({"name": one.name, "in": "query", "required": one.required, "schema": schema})
    has_body = operation.body is not None and operation.media_type != MULTIPART
    if not parameters and not has_body:
        return None
    item: dict[str, Any] = {"parameters": parameters, "responses": {"default": {"description": "any"}}}
    if has_body:
        item["requestBody"] = {"required": True, "content": {"application/json": {"schema": _narrow(operation.body)}}}
    return {"paths": {_PATH: {operation.method.lower(): item}}}


def _narrow(schema: Any) -> Any:
    """Return a schema without its `x-…` keywords, narrowed to the values that are known to be valid."""
    if not isinstance(schema, Mapping):
        return schema
    result = {key: inner for key, inner in schema.items() if not key.startswith("x-")}
    if "properties" in schema:
        result["additionalProperties"] = False
        result["properties"] = {name: _narrow(inner) for name, inner in schema["properties"].items()}
    if "items" in schema:
        result["items"] = _narrow(schema["items"])
    if known := schema.get("x-known"):
        if schema.get("type") == "array":
            result["items"] = {**result["items"], "enum": known[0]}
        else:
            result["enum"] = known
    return result


@lru_cache(maxsize=256)
def _coverage_cases(written: str, method: str) -> tuple[tuple[str | None, ExploreProbe], ...]:
    """Return Schemathesis's coverage cases as probes, each with the part that it varies; equal documents share them."""
    from schemathesis import GenerationMode  # noqa: PLC0415 - slow, only needed to explore
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
        scenario = f"{getattr(data, 'scenario', '')}".replace("_", " ")
        about = f"{getattr(data, 'parameter', None) or 'body'}: {scenario}"
        query = tuple((str(name), text) for name, value in (case.query or {}).items() for text in _texts(value))
        body = NO_BODY if isinstance(case.body, NotSet) else case.body
        found.append((getattr(data, "parameter_location", None), ExploreProbe(query=query, body=body, about=about)))
    return tuple(found)


def _texts(value: Any) -> list[str]:
    """Return the texts that a query parameter's value is written as, several for an array."""
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in _texts(item)]
    return [str(value) if isinstance(value, str) else json.dumps(value)]
