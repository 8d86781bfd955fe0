"""What the documents say of an input: valid, to be refused, or nothing.

Only what is clear is called valid or invalid. A number that a lenient parser reads, an empty value, null, a parameter
twice or one that nobody knows, a number beyond 31 bits: there the documents are silent, and so is exploration.
"""

from __future__ import annotations

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
_CLEAR = re.compile(r"[gGhHkKmMpPqQrRsStTvVwWyYzZ<>\"{}\[\]$&*/=?@!|~^\\]")
"""Beside a digit, these stand in no notation of a number."""
_TRUTHS = frozenset(["t", "f", "true", "false", "y", "n", "yes", "no", "on", "off", "null", "nil", "none", "undefined"])
_LIMIT = 2**31
_OF_PARTS = frozenset(["properties", "required", "additionalProperties", "items", "format", "$defs"])
"""Keywords of a schema that are about members and items, or that are only read by people."""


class Validity(StrEnum):
    """What an input is to the documents, in the order in which inputs are tried: most faults are faults of refusing."""

    INVALID = "invalid"
    VALID = "valid"
    OPEN = "open"
    ODD = "odd"
    """Open, and a server before the API may have answered: only a fault of the server is judged."""


def classify_probe(operation: DocumentedOperation, probe: ExploreProbe) -> Validity:
    """The whole of a request: invalid only where all else in it is valid."""
    sorts = classify_parts(operation, probe).values()
    for worst in (Validity.ODD, Validity.OPEN, Validity.INVALID):
        if worst in sorts:
            return worst
    return Validity.VALID if operation.has_success else Validity.INVALID


def classify_parts(operation: DocumentedOperation, probe: ExploreProbe) -> dict[str, Validity]:
    """Each part of a request by its name, such as `query.limit`, and the whole body as `json`.

    What is required of the query is a part even where it was not sent.
    """
    parts = {}
    for where in ("path", "query"):
        known, pairs = {one.name: one for one in operation.among(where)}, getattr(probe, where)
        required = [one.name for one in known.values() if one.required and where == "query"]
        for name in {*required, *dict(pairs)}:
            values = [value for key, value in pairs if key == name]
            is_odd = any(map(_is_odd, (name, *values)))
            parts[f"{where}.{name}"] = Validity.ODD if is_odd else _value(known.get(name), values)
    if operation.body is not None:
        parts["json"] = _form(probe) if probe.form else _body(operation, probe)
    return parts


def may_be_sent(operation: DocumentedOperation, probe: ExploreProbe) -> bool:
    """Whether the probe may be sent at all: no value from `x-never-from` on."""
    edges = {one.name: one.schema["x-never-from"] for one in operation.parameters if "x-never-from" in one.schema}
    numbers = ((name, re.sub(r"\D", "", unicodedata.normalize("NFKC", value))) for name, value in probe.query)
    return not any(name in edges and digits and int(digits[:4000]) >= edges[name] for name, digits in numbers)


def _is_odd(text: str) -> bool:
    return len(text) > 1000 or any(
        unicodedata.category(character) in ("Cc", "Cs", "Cn", "Co", "Zl", "Zp") for character in text
    )


def _value(parameter: Parameter | None, values: list[str]) -> Validity:
    invalid = frozenset(parameter.schema.get("x-invalid", ()) if parameter else ())
    if parameter is not None and not values:
        return Validity.INVALID if "required" in invalid else Validity.OPEN
    if parameter is None or len(values) != 1 or not values[0].strip() or values[0].startswith(";"):
        return Validity.OPEN
    text = values[0]
    if parameter.known is not None:
        return _existing(parameter, text)
    kind = parameter.schema.get("type")
    if kind == "integer" and _INTEGER.match(text):
        number = int(text) if len(text) < 12 else _LIMIT
        return _break(_broken_keywords(parameter.schema, number), invalid)
    if text in (("true", "false") if kind == "boolean" else parameter.schema.get("enum", ())):
        return Validity.VALID
    clear = (kind == "integer" and _is_no_number(text)) or (kind == "boolean" and _is_no_truth(text))
    return Validity.INVALID if clear and "type" in invalid else Validity.OPEN


def _existing(parameter: Parameter, text: str) -> Validity:
    known = parameter.known or ()
    if text in known:
        return Validity.VALID
    fits = compile_schema({"pattern": parameter.schema.get("pattern", "")}).is_valid(text)
    near = {value.casefold() for value in known}
    clear = "unknown" in parameter.schema.get("x-invalid", ()) and fits and text.casefold().strip() not in near
    return Validity.INVALID if clear else Validity.OPEN


def _broken_keywords(schema: Mapping[str, Any], value: Any) -> frozenset[str]:
    """The keywords of a schema that a value breaks, without those of its members and items.

    A number beyond 31 bits breaks `width`, which no schema has: not every server can read it.
    """
    own = {key: inner for key, inner in schema.items() if key not in _OF_PARTS and not key.startswith("x-")}
    broken = frozenset(str(error.schema_path[0]) for error in compile_schema(own).iter_errors(value))
    if "type" in broken:
        return frozenset(["type"])
    is_wide = isinstance(value, int | float) and abs(value) >= _LIMIT
    return broken | frozenset(["width"] if is_wide else [])


def _break(keywords: frozenset[str], invalid: frozenset[str]) -> Validity:
    """What a value is that breaks these keywords, where it is said of some that breaking them is invalid."""
    if not keywords:
        return Validity.VALID
    return Validity.INVALID if keywords <= invalid else Validity.OPEN


def _is_no_number(text: str) -> bool:
    if _FRACTION.match(text):
        return True
    if any(unicodedata.category(character).startswith("N") for character in text):
        return text.isascii() and _CLEAR.search(text) is not None and "," not in text
    return text.strip().lstrip("+-").casefold() not in ("", "nan", "inf", "infinity")


def _is_no_truth(text: str) -> bool:
    bare = text.strip().casefold()
    return bare.isascii() and bare not in _TRUTHS and not re.fullmatch(r"[-+]?0*[01]?(\.0*)?", bare)


def _form(probe: ExploreProbe) -> Validity:
    if not isinstance(probe.body, Mapping) or "file" not in probe.body:
        return Validity.INVALID if isinstance(probe.body, Mapping) else Validity.OPEN
    return Validity.VALID if list(probe.body) == ["file"] else Validity.OPEN


def _body(operation: DocumentedOperation, probe: ExploreProbe) -> Validity:
    if probe.body is NO_BODY or operation.body is None:
        return Validity.OPEN
    if operation.media_type != "application/json":
        return Validity.INVALID  # JSON where a form is asked for
    sorts = set(_node(operation.body, probe.body))
    return next((worst for worst in (Validity.OPEN, Validity.INVALID) if worst in sorts), Validity.VALID)


def _node(schema: Mapping[str, Any], value: Any) -> Iterator[Validity]:
    """What each part of a value of JSON is, by its part of the schema."""
    invalid, broken = frozenset(schema.get("x-invalid", ())), _broken_keywords(schema, value)
    if value is None or "type" in broken:
        is_empty = value is None or (value in ("", [], {}) and schema.get("type") != "object")
        yield Validity.OPEN if is_empty else _break(broken, invalid)
        return
    if isinstance(value, str):
        broken = frozenset(["minLength"]) if "minLength" in broken else broken | _oddities(schema, value)
    inner: list[Validity] = []
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        unusual = set(schema.get("required", ())) - value.keys() or value.keys() - properties.keys() or not value
        inner += [Validity.OPEN] if unusual else []
        inner += [one for name in value.keys() & properties.keys() for one in _node(properties[name], value[name])]
    elif isinstance(value, list):
        inner += [Validity.OPEN] if len(value) > 50 else []
        inner += [one for item in value for one in _node(schema.get("items", {}), item)]
    if not broken and set(inner) <= {Validity.VALID} and value not in schema.get("x-known", [value]):
        broken = frozenset(["unknown"])
    yield from (_break(broken, invalid), *inner)


def _oddities(schema: Mapping[str, Any], text: str) -> frozenset[str]:
    """What a server may have its own reasons to refuse a text for, although its schema allows it."""
    if text == "" and not {"enum", "format", "x-known"} & schema.keys():
        return frozenset()
    odd = not text.strip() or _is_odd(text) or len(text) > 200 or any(ord(character) > 0xFFFF for character in text)
    other_form = "format" in schema and "x-known" not in schema and not _is_day(text)
    return frozenset(["oddity"]) if odd or other_form else frozenset()


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and 1990 <= date.fromisoformat(text).year <= 2037
    except ValueError:
        return False
