"""Inputs that break servers and that a schema does not lead to: wide numbers, other scripts, repetition, depth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from conformance.explore.inputs import NO_BODY, ExploreProbe
from conformance.explore.openapi import MULTIPART, DocumentedOperation

__all__ = ["rare_probes"]

_KINDS: Mapping[str, tuple[str, ...]] = {
    "script": ('<b>"é日😀"</b>%s\'',),
    "wide": ("9223372036854775808", "2147483648", "99999999999999999999"),
    "large": ("2147483647", "50", "13", "1000"),
    "markup": ("<b>\"x' & %s</b>", "'; --", "{{7*7}}", "${x}"),
    "lenient": ("+5", "1e2", "0x10", "007", "٣", "1_000", "5.0"),
}
"""Values of a query parameter by what they try; only words of the first and the fourth are tried as text."""
_IDS = ("😀日本語's a-b" + "a" * 180, "constructor", "日本語", "it's", "no-such-0000", "😀", "A_B-9", "a b", "a" * 200)
_NUMBERS = ("9223372036854775808", "0", "2147483647", "日本語")
_BODIES = ("😀é日<b>\"&'%s\\", "x" * 999, "日本語", "'; --", "<b>x</b>", "\\", "%s%n", "😀")
"""The first of each kind has several oddities at once: in a small budget there is room for one."""


def rare_probes(
    operation: DocumentedOperation, context: ExploreProbe, base: Mapping[str, Any]
) -> Iterator[ExploreProbe]:
    """The rare inputs of an operation, each with one oddity; the most telling first."""
    yield from _unknown(operation, context)
    yield from _company(operation, context)
    yield from _paths(operation, context)
    yield from _queries(operation, context)
    yield from _forms(operation, context)
    yield from _bodies(operation, context, base)


def _unknown(operation: DocumentedOperation, context: ExploreProbe) -> Iterator[ExploreProbe]:
    if operation.method == "GET":
        query = (*context.query, ("x-unknown", "😀é日"))
        yield replace(context, query=query, role="boundary", about="unknown: script")


def _company(operation: DocumentedOperation, context: ExploreProbe) -> Iterator[ExploreProbe]:
    """All numbers and switches of a list at once, each with a valid value that shows: few items, then many."""
    numbers = [one for one in operation.among("query") if one.schema.get("type") == "integer"]
    switches = tuple((one.name, "true") for one in operation.among("query") if one.schema.get("type") == "boolean")
    if operation.body is not None or not numbers:
        return
    names = {one.name for one in numbers} | {name for name, _ in switches}
    rest = tuple(pair for pair in context.query if pair[0] not in names)
    few = tuple((one.name, str(one.schema.get("minimum", 0) + 1)) for one in numbers)
    many = tuple((one.name, str(one.schema["maximum"])) for one in numbers if "maximum" in one.schema)
    yield replace(context, query=(*rest, *few), role="boundary", about="company: few")
    yield replace(context, query=(*rest, *many, *switches), role="boundary", about="company: many")


def _queries(operation: DocumentedOperation, context: ExploreProbe) -> Iterator[ExploreProbe]:
    parameters = operation.among("query") if operation.body is None else ()
    for about, texts in _KINDS.items():
        for one in parameters:
            if about not in ("script", "markup") and one.schema.get("type") != "integer":
                continue
            rest = tuple(pair for pair in context.query if pair[0] != one.name)
            for text in texts:
                yield replace(context, query=(*rest, (one.name, text)), role="boundary", about=f"{one.name}: {about}")
        if about == "wide":
            yield from _twice(operation, context)


def _twice(operation: DocumentedOperation, context: ExploreProbe) -> Iterator[ExploreProbe]:
    for one in operation.among("query"):
        kind = one.schema.get("type")
        if kind in ("integer", "boolean"):
            rest = tuple(pair for pair in context.query if pair[0] != one.name)
            value = "true" if kind == "boolean" else "1"
            twice = ((one.name, value), (one.name, value))
            yield replace(context, query=(*rest, *twice), role="boundary", about=f"{one.name}: twice")


def _paths(operation: DocumentedOperation, context: ExploreProbe) -> Iterator[ExploreProbe]:
    if operation.method != "GET":
        return
    path = dict(context.path)
    for one in reversed(operation.among("path")):
        texts = _NUMBERS if one.schema.get("type") == "integer" else _IDS
        for place, text in enumerate(texts):
            changed = tuple({**path, one.name: text}.items())
            about = f"{one.name}: {'rare' if place else 'several oddities'}"
            yield replace(context, path=changed, role="boundary", about=about)


def _forms(operation: DocumentedOperation, context: ExploreProbe) -> Iterator[ExploreProbe]:
    if operation.media_type != MULTIPART:
        return
    for name in ("fil", "File2", "files", "日本語"):
        body = {name: "sample.png"}
        yield replace(context, body=body, form=True, role="boundary", about="form: no file")
    instead: tuple[Any, ...] = ({}, {"file": "x"}, [], "x")
    for value in instead:
        yield replace(context, body=value, role="boundary", about="form: JSON instead")
    yield replace(context, body={}, form=True, role="boundary", about="form: no part")
    yield replace(context, body=NO_BODY, role="boundary", about="form: nothing")


def _bodies(operation: DocumentedOperation, context: ExploreProbe, base: Mapping[str, Any]) -> Iterator[ExploreProbe]:
    if operation.body is None or operation.media_type == MULTIPART:
        return
    nested: Any = "x"
    for _ in range(60):
        nested = [nested]
    odd: list[tuple[int, ExploreProbe]] = []
    for first, (name, schema) in enumerate(operation.body.get("properties", {}).items()):
        texts: tuple[Any, ...] = _BODIES if schema.get("type", "string") == "string" else (["😀", "x" * 999], -1)
        for place, value in enumerate(
            (texts[0], None, "   ", 0, 2**63, nested, {"a": {"b": None}}, ["x"] * 100, *texts[1:])
        ):
            kind = "script" if value in texts[1:] else type(value).__name__
            about = f"{name}: {kind if place else 'several oddities'}"
            odd.append((first + place, replace(context, body={**base, name: value}, role="boundary", about=about)))
    odd.append((1, replace(context, body=[], role="boundary", about="body: list")))
    yield from (probe for _, probe in sorted(odd, key=lambda pair: pair[0]))  # several members, several values
