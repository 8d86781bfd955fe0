"""Classifies inputs by what the documents say of them: valid, invalid, or nothing.

Only clear cases are valid or invalid. Numbers that only a lenient parser reads, empty values, null, repeated or unknown
parameters and numbers beyond 31 bits are open, because the documents do not mention them.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from conformance.checks.context import compile_schema
from conformance.contract.request_template import NO_BODY
from conformance.explore.openapi import DocumentedOperation, Parameter
from conformance.explore.probes import ExploreProbe

_INTEGER = re.compile(r"(?:0|-?[1-9][0-9]*)\Z")
_FRACTION = re.compile(r"-?[0-9]+\.[0-9]*[1-9][0-9]*\Z")
_NOT_IN_NUMBERS = re.compile(r"[gGhHkKmMpPqQrRsStTvVwWyYzZ<>\"{}\[\]$&*/=?@!|~^\\]")
"""Characters that no notation of a number combines with digits."""
_BOOLEAN_WORDS = frozenset(
    ["t", "f", "true", "false", "y", "n", "yes", "no", "on", "off", "null", "nil", "none", "undefined"]
)
_INT32_LIMIT = 2**31
_NOT_OF_THE_VALUE = frozenset(["properties", "required", "additionalProperties", "items", "format", "$defs"])
"""Schema keywords about members and items, or for people only, which are not checked for the value itself."""


class Validity(StrEnum):
    """The class of an input, in the order in which inputs are tried: invalid first, because they reveal most faults."""

    INVALID = "invalid"
    VALID = "valid"
    OPEN = "open"
    ODD = "odd"
    """Open, and a gateway may respond instead of the API: only server faults are judged."""


def classify_probe(operation: DocumentedOperation, probe: ExploreProbe) -> Validity:
    """Classify a request as a whole; it is invalid only if its other parts are valid."""
    sorts = classify_parts(operation, probe).values()
    for worst in (Validity.ODD, Validity.OPEN, Validity.INVALID):
        if worst in sorts:
            return worst
    return Validity.VALID if operation.has_success else Validity.INVALID


def classify_parts(operation: DocumentedOperation, probe: ExploreProbe) -> dict[str, Validity]:
    """Classify each part of a request by name (`query.limit`, `json`), required query parameters even if not sent."""
    parts = {}
    for where in ("path", "query"):
        known, pairs = {one.name: one for one in operation.among(where)}, getattr(probe, where)
        required = [one.name for one in known.values() if one.required and where == "query"]
        for name in {*required, *dict(pairs)}:
            values = [value for key, value in pairs if key == name]
            is_odd = any(map(_is_odd, (name, *values)))
            parts[f"{where}.{name}"] = Validity.ODD if is_odd else _classify_parameter(known.get(name), values)
    if operation.body is not None:
        parts["json"] = _classify_form(probe) if probe.form else _classify_body(operation, probe)
    return parts


def may_be_sent(operation: DocumentedOperation, probe: ExploreProbe) -> bool:
    """Return whether no query value reaches the `x-never-from` of its parameter."""
    edges = {one.name: one.schema["x-never-from"] for one in operation.parameters if "x-never-from" in one.schema}
    numbers = ((name, re.sub(r"\D", "", unicodedata.normalize("NFKC", value))) for name, value in probe.query)
    return not any(name in edges and digits and int(digits[:4000]) >= edges[name] for name, digits in numbers)


def _is_odd(text: str) -> bool:
    odd = ("Cc", "Cs", "Cn", "Co", "Zl", "Zp")  # none of which is printed
    return len(text) > 1000 or (not text.isprintable() and any(unicodedata.category(one) in odd for one in text))


def _classify_parameter(parameter: Parameter | None, values: list[str]) -> Validity:
    invalid = frozenset(parameter.schema.get("x-invalid", ()) if parameter else ())
    if parameter is not None and not values:
        return Validity.INVALID if "required" in invalid else Validity.OPEN
    if parameter is None or len(values) != 1 or not values[0].strip() or values[0].startswith(";"):
        return Validity.OPEN
    text = values[0]
    if parameter.known is not None:
        return _classify_identifier(parameter, text)
    kind = parameter.schema.get("type")
    if kind == "integer" and _INTEGER.match(text):
        number = int(text) if len(text) < 12 else _INT32_LIMIT
        return _classify_violation(_broken_keywords(parameter.schema, number), invalid)
    if text in (("true", "false") if kind == "boolean" else parameter.schema.get("enum", ())):
        return Validity.VALID
    clear = (kind == "integer" and _is_clearly_not_a_number(text)) or (
        kind == "boolean" and _is_clearly_not_a_boolean(text)
    )
    return Validity.INVALID if clear and "type" in invalid else Validity.OPEN


def _classify_identifier(parameter: Parameter, text: str) -> Validity:
    known = parameter.known or ()
    if text in known:
        return Validity.VALID
    fits = compile_schema({"pattern": parameter.schema.get("pattern", "")}).is_valid(text)
    near = {value.casefold() for value in known}
    clear = "unknown" in parameter.schema.get("x-invalid", ()) and fits and text.casefold().strip() not in near
    return Validity.INVALID if clear else Validity.OPEN


def _broken_keywords(schema: Mapping[str, Any], value: Any) -> frozenset[str]:
    """Return the keywords that a value itself violates, with `width` for numbers beyond 31 bits."""
    own = {key: inner for key, inner in schema.items() if key not in _NOT_OF_THE_VALUE and not key.startswith("x-")}
    broken = frozenset(str(error.schema_path[0]) for error in compile_schema(own).iter_errors(value))
    if "type" in broken:
        return frozenset(["type"])
    is_wide = isinstance(value, int | float) and abs(value) >= _INT32_LIMIT
    return broken | frozenset(["width"] if is_wide else [])


def _classify_violation(keywords: frozenset[str], invalid: frozenset[str]) -> Validity:
    """Classify a value that violates these keywords; it is invalid if all of them are listed in `x-invalid`."""
    if not keywords:
        return Validity.VALID
    return Validity.INVALID if keywords <= invalid else Validity.OPEN


def _is_clearly_not_a_number(text: str) -> bool:
    if _FRACTION.match(text):
        return True
    if any(unicodedata.category(character).startswith("N") for character in text):
        return text.isascii() and _NOT_IN_NUMBERS.search(text) is not None and "," not in text
    return text.strip().lstrip("+-").casefold() not in ("", "nan", "inf", "infinity")


def _is_clearly_not_a_boolean(text: str) -> bool:
    bare = text.strip().casefold()
    return bare.isascii() and bare not in _BOOLEAN_WORDS and not re.fullmatch(r"[-+]?0*[01]?(\.0*)?", bare)


def _classify_form(probe: ExploreProbe) -> Validity:
    if not isinstance(probe.body, Mapping) or "file" not in probe.body:
        return Validity.INVALID if isinstance(probe.body, Mapping) else Validity.OPEN
    return Validity.VALID if list(probe.body) == ["file"] else Validity.OPEN


def _classify_body(operation: DocumentedOperation, probe: ExploreProbe) -> Validity:
    if probe.body is NO_BODY or operation.body is None:
        return Validity.OPEN
    if operation.media_type != "application/json":
        return Validity.INVALID  # JSON instead of a form
    sorts = set(_classify_json(operation.body, probe.body))
    return next((worst for worst in (Validity.OPEN, Validity.INVALID) if worst in sorts), Validity.VALID)


def _classify_json(schema: Mapping[str, Any], value: Any) -> Iterator[Validity]:
    """Yield the class of a JSON value and of each of its members and items."""
    invalid, broken = frozenset(schema.get("x-invalid", ())), _broken_keywords(schema, value)
    if value is None or "type" in broken:
        is_empty = value is None or (value in ("", [], {}) and schema.get("type") != "object")
        yield Validity.OPEN if is_empty else _classify_violation(broken, invalid)
        return
    if isinstance(value, str):
        broken = frozenset(["minLength"]) if "minLength" in broken else broken | _oddities(schema, value)
    inner: list[Validity] = []
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        unusual = set(schema.get("required", ())) - value.keys() or value.keys() - properties.keys() or not value
        inner += [Validity.OPEN] if unusual else []
        inner += [
            one for name in value.keys() & properties.keys() for one in _classify_json(properties[name], value[name])
        ]
    elif isinstance(value, list):
        inner += [Validity.OPEN] if len(value) > 50 else []
        inner += [one for item in value for one in _classify_json(schema.get("items", {}), item)]
    if not broken and set(inner) <= {Validity.VALID} and value not in schema.get("x-known", [value]):
        broken = frozenset(["unknown"])
    yield from (_classify_violation(broken, invalid), *inner)


def _oddities(schema: Mapping[str, Any], text: str) -> frozenset[str]:
    """Return {`oddity`} if a server may have reasons to refuse a text although its schema allows it, else nothing."""
    if text == "" and not {"enum", "format", "x-known"} & schema.keys():
        return frozenset()
    odd = not text.strip() or _is_odd(text) or len(text) > 200 or max(text) > "\uffff"
    other_form = "format" in schema and "x-known" not in schema and not _is_day(text)
    return frozenset(["oddity"]) if odd or other_form else frozenset()


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and 1990 <= date.fromisoformat(text).year <= 2037
    except ValueError:
        return False
