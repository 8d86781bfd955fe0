"""What the documents say of an input: valid, to be refused, or nothing.

Only what is clear is called valid or invalid. A number that a lenient parser reads, an empty value, null, a parameter
twice or one that nobody knows, a number beyond 31 bits: there the documents are silent, and so is exploration.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from conformance.explore.openapi import DocumentedOperation, Parameter
from conformance.explore.probes import NO_BODY, ExploreProbe

__all__ = ["Validity", "classify_part", "classify_probe", "may_be_sent"]

_INTEGER = re.compile(r"(?:0|-?[1-9][0-9]*)\Z")
_FRACTION = re.compile(r"-?[0-9]+\.[0-9]*[1-9][0-9]*\Z")
_CLEAR = re.compile(r"[gGhHkKmMpPqQrRsStTvVwWyYzZ<>\"{}\[\]$&*/=?@!|~^\\]")
"""Beside a digit, these stand in no notation of a number."""
_TRUTHS = frozenset(["t", "f", "true", "false", "y", "n", "yes", "no", "on", "off", "null", "nil", "none", "undefined"])
_LIMIT = 2**31


class Validity(StrEnum):
    """What an input is to the documents."""

    VALID = "valid"
    INVALID = "invalid"
    OPEN = "open"
    ODD = "odd"
    """Open, and a server before the API may have answered: only a fault of the server is judged."""


def classify_probe(operation: DocumentedOperation, probe: ExploreProbe) -> Validity:
    """The whole of a request: invalid only where all else in it is valid."""
    sorts = set(_parts(operation, probe))
    for worst in (Validity.ODD, Validity.OPEN, Validity.INVALID):
        if worst in sorts:
            return worst
    return Validity.VALID if operation.has_success else Validity.INVALID


def classify_part(operation: DocumentedOperation, probe: ExploreProbe, name: str) -> Validity | None:
    """One part of a request, such as `query.limit`; None where it was not sent."""
    where, _, rest = name.partition(".")
    if where in ("query", "path"):
        values = [value for key, value in getattr(probe, where) if key == rest]
        parameter = next((one for one in operation.among(where) if one.name == rest), None)
        return _value(parameter, values) if values and parameter else None
    return None if probe.body is NO_BODY or probe.form else _body(operation, probe)


def may_be_sent(operation: DocumentedOperation, probe: ExploreProbe) -> bool:
    """Whether the probe may be sent at all: no value from `x-never-from` on."""
    edges = {one.name: one.never_from for one in operation.parameters if one.never_from is not None}
    return not any(name in edges and _reaches(value, edges[name]) for name, value in probe.query)


def _reaches(value: str, edge: int | None) -> bool:
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", value))
    return edge is not None and digits != "" and int(digits[:4000]) >= edge


def _parts(operation: DocumentedOperation, probe: ExploreProbe) -> Iterable[Validity]:
    for where in ("path", "query"):
        pairs = getattr(probe, where)
        if any(map(_is_odd, (text for pair in pairs for text in pair))):
            yield Validity.ODD
        for name in dict.fromkeys(name for name, _ in pairs):
            parameter = next((one for one in operation.among(where) if one.name == name), None)
            values = [value for key, value in pairs if key == name]
            yield Validity.OPEN if parameter is None else _value(parameter, values)
    names = {name for name, _ in probe.query}
    for parameter in operation.among("query"):
        if parameter.required and parameter.name not in names:
            yield Validity.INVALID if "required" in parameter.invalid else Validity.OPEN
    if operation.body is not None:
        yield _form(probe) if probe.form else _body(operation, probe)


def _is_odd(text: str) -> bool:
    return len(text) > 1000 or any(
        unicodedata.category(character) in ("Cc", "Cs", "Cn", "Co", "Zl", "Zp") for character in text
    )


def _is_unusual(text: str) -> bool:
    """Whether a store may have its own reasons to refuse a text: too long for it, or beyond the BMP."""
    return len(text) > 200 or any(ord(character) > 0xFFFF for character in text)


def _value(parameter: Parameter, values: list[str]) -> Validity:
    if len(values) != 1 or not values[0].strip() or values[0].startswith(";"):
        return Validity.OPEN
    text = values[0]
    if parameter.known is not None:
        return _existing(parameter, text)
    match parameter.schema.get("type"):
        case "integer":
            return _integer(parameter, text)
        case "boolean":
            return _boolean(parameter, text)
        case _:
            return Validity.VALID if text in parameter.schema.get("enum", ()) else Validity.OPEN


def _existing(parameter: Parameter, text: str) -> Validity:
    known = parameter.known or ()
    if text in known:
        return Validity.VALID
    fits = re.search(str(parameter.schema.get("pattern", "")), text) is not None
    near = {value.casefold() for value in known}
    clear = "unknown" in parameter.invalid and fits and text.casefold().strip() not in near
    return Validity.INVALID if clear else Validity.OPEN


def _integer(parameter: Parameter, text: str) -> Validity:
    invalid = parameter.invalid
    if _INTEGER.match(text):
        if len(text) > 11 or abs(int(text)) >= _LIMIT:
            return Validity.OPEN
        below = int(text) < parameter.schema.get("minimum", -_LIMIT)
        above = int(text) > parameter.schema.get("maximum", _LIMIT)
        if not (below or above):
            return Validity.VALID
        return Validity.INVALID if ("minimum" if below else "maximum") in invalid else Validity.OPEN
    return Validity.INVALID if "type" in invalid and _is_no_number(text) else Validity.OPEN


def _is_no_number(text: str) -> bool:
    if _FRACTION.match(text):
        return True
    if any(unicodedata.category(character).startswith("N") for character in text):
        return text.isascii() and _CLEAR.search(text) is not None and "," not in text
    return text.strip().lstrip("+-").casefold() not in ("", "nan", "inf", "infinity")


def _boolean(parameter: Parameter, text: str) -> Validity:
    if text in ("true", "false"):
        return Validity.VALID
    bare = text.strip().casefold()
    plain = bare.isascii() and bare not in _TRUTHS and not re.fullmatch(r"[-+]?0*[01]?(\.0*)?", bare)
    return Validity.INVALID if "type" in parameter.invalid and plain else Validity.OPEN


def _form(probe: ExploreProbe) -> Validity:
    if not isinstance(probe.body, Mapping):
        return Validity.OPEN
    return (
        Validity.VALID
        if list(probe.body) == ["file"]
        else Validity.INVALID
        if "file" not in probe.body
        else Validity.OPEN
    )


def _body(operation: DocumentedOperation, probe: ExploreProbe) -> Validity:
    if probe.body is NO_BODY or operation.body is None:
        return Validity.OPEN
    if operation.media_type != "application/json":
        return Validity.INVALID  # JSON where a form is asked for
    sorts = set(_node(operation.body, probe.body))
    return next((worst for worst in (Validity.OPEN, Validity.INVALID) if worst in sorts), Validity.VALID)


def _node(schema: Mapping[str, Any], value: Any) -> Iterable[Validity]:
    invalid = frozenset(schema.get("x-invalid", ()))

    def broken(keyword: str) -> Validity:
        return Validity.INVALID if keyword in invalid else Validity.OPEN

    if value is None:
        yield Validity.OPEN
    elif not _is_of(schema.get("type"), value):
        yield Validity.OPEN if value in ("", [], {}) and schema.get("type") != "object" else broken("type")
    elif isinstance(value, dict):
        yield from _object(schema, value)
    elif isinstance(value, list):
        yield from _array(schema, value, broken)
    else:
        yield from _scalar(schema, value, broken)


def _object(schema: Mapping[str, Any], value: dict[str, Any]) -> Iterable[Validity]:
    properties = schema.get("properties", {})
    if set(schema.get("required", ())) - value.keys() or value.keys() - properties.keys() or not value:
        yield Validity.OPEN
    for name in value.keys() & properties.keys():
        yield from _node(properties[name], value[name])


def _array(schema: Mapping[str, Any], value: list[Any], broken: Any) -> Iterable[Validity]:
    if len(value) < schema.get("minItems", 0):
        yield broken("minItems")
    inner = [sort for item in value for sort in _node(schema.get("items", {}), item)]
    if len(value) > schema.get("maxItems", len(value)):
        yield Validity.OPEN if Validity.OPEN in inner or len(value) > 50 else broken("maxItems")
        return
    yield from inner
    if not inner or set(inner) == {Validity.VALID}:
        yield _unknown(schema, value, broken)


def _scalar(schema: Mapping[str, Any], value: Any, broken: Any) -> Iterable[Validity]:
    if value == "" and not {"minLength", "enum", "format", "x-known"} & schema.keys():
        yield Validity.VALID
    elif isinstance(value, str) and len(value) < schema.get("minLength", 0):
        yield broken("minLength")
    elif isinstance(value, str) and (not value.strip() or _is_odd(value) or _is_unusual(value)):
        yield Validity.OPEN
    elif "enum" in schema and value not in schema["enum"]:
        yield broken("enum")
    elif "format" in schema and "x-known" not in schema:
        yield Validity.VALID if _is_day(str(value)) else Validity.OPEN
    else:
        yield _unknown(schema, value, broken)


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and 1990 <= date.fromisoformat(text).year <= 2037
    except ValueError:
        return False


def _unknown(schema: Mapping[str, Any], value: Any, broken: Any) -> Validity:
    if "x-known" not in schema or value in schema["x-known"]:
        return Validity.VALID
    result: Validity = broken("unknown")
    return result


def _is_of(name: Any, value: Any) -> bool:
    kinds: dict[str, type | tuple[type, ...]] = {
        "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
    }  # fmt: skip
    if name is None:
        return True
    return isinstance(value, kinds[name]) and (name == "boolean" or not isinstance(value, bool))
