"""Inputs that break servers and that a schema does not lead to: wide numbers, other scripts, repetition, depth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from conformance.run.exploring.document import MULTIPART, Operation
from conformance.run.exploring.probes import NOTHING, Probe

__all__ = ["rare"]

_KINDS: Mapping[str, tuple[str, ...]] = {
    "script": ('<b>"é日😀"</b>%s\'',),
    "wide": ("9223372036854775808", "2147483648", "99999999999999999999"),
    "large": ("2147483647", "50", "13", "1000"),
    "markup": ("<b>\"x' & %s</b>", "'; --", "{{7*7}}", "${x}"),
    "lenient": ("+5", "1e2", "0x10", "007", "٣", "1_000", "5.0"),
}
"""Values of a query parameter by what they try; only words of the first and the fourth are tried as text."""
_IDS = ("a" * 200, "日本語", "it's", "no-such-0000", "constructor", "😀", "A_B-9", "a b")
_BODIES = ("😀", "x" * 999, "日本語", "'; --", "<b>x</b>", "\\", "%s%n")


def rare(operation: Operation, ground: Probe, base: Mapping[str, Any]) -> Iterator[Probe]:
    """The rare inputs of an operation, each with one oddity; the most telling first."""
    yield from _unknown(operation, ground)
    yield from _queries(operation, ground)
    yield from _paths(operation, ground)
    yield from _forms(operation, ground)
    yield from _bodies(operation, ground, base)


def _unknown(operation: Operation, ground: Probe) -> Iterator[Probe]:
    if operation.method == "GET":
        query = (*ground.query, ("x-unknown", "😀é日"))
        yield replace(ground, query=query, role="boundary", about="unknown: script")


def _queries(operation: Operation, ground: Probe) -> Iterator[Probe]:
    parameters = operation.among("query") if operation.body is None else ()
    for about, texts in _KINDS.items():
        for one in parameters:
            if about not in ("script", "markup") and one.schema.get("type") != "integer":
                continue
            rest = tuple(pair for pair in ground.query if pair[0] != one.name)
            for text in texts:
                yield replace(ground, query=(*rest, (one.name, text)), role="boundary", about=f"{one.name}: {about}")
        if about == "wide":
            yield from _twice(operation, ground)


def _twice(operation: Operation, ground: Probe) -> Iterator[Probe]:
    for one in operation.among("query"):
        kind = one.schema.get("type")
        if kind in ("integer", "boolean"):
            rest = tuple(pair for pair in ground.query if pair[0] != one.name)
            value = "true" if kind == "boolean" else "1"
            twice = ((one.name, value), (one.name, value))
            yield replace(ground, query=(*rest, *twice), role="boundary", about=f"{one.name}: twice")


def _paths(operation: Operation, ground: Probe) -> Iterator[Probe]:
    if operation.method != "GET":
        return
    path = dict(ground.path)
    for one in operation.among("path"):
        texts = ("2147483647", "9223372036854775808", "0", "日本語") if one.schema.get("type") == "integer" else _IDS
        for text in texts:
            changed = tuple({**path, one.name: text}.items())
            yield replace(ground, path=changed, role="boundary", about=f"{one.name}: rare")


def _forms(operation: Operation, ground: Probe) -> Iterator[Probe]:
    if operation.media_type != MULTIPART:
        return
    for name in ("fil", "File2", "files", "日本語"):
        body = {name: "sample.png"}
        yield replace(ground, body=body, form=True, role="boundary", about="form: no file")
    instead: tuple[Any, ...] = ({}, {"file": "x"}, [], "x")
    for value in instead:
        yield replace(ground, body=value, role="boundary", about="form: JSON instead")
    yield replace(ground, body={}, form=True, role="boundary", about="form: no part")
    yield replace(ground, body=NOTHING, role="boundary", about="form: nothing")


def _bodies(operation: Operation, ground: Probe, base: Mapping[str, Any]) -> Iterator[Probe]:
    if operation.body is None or operation.media_type == MULTIPART:
        return
    nested: Any = "x"
    for _ in range(60):
        nested = [nested]
    odd: list[tuple[int, Probe]] = []
    for first, (name, schema) in enumerate(operation.body.get("properties", {}).items()):
        texts: tuple[Any, ...] = _BODIES if schema.get("type", "string") == "string" else (["😀", "x" * 999], -1)
        for place, value in enumerate(
            (None, texts[0], "   ", 0, 2**63, nested, {"a": {"b": None}}, ["x"] * 100, *texts)
        ):
            about = f"{name}: {'script' if value in texts else type(value).__name__}"
            odd.append((first + place, replace(ground, body={**base, name: value}, role="boundary", about=about)))
    yield from (probe for _, probe in sorted(odd, key=lambda pair: pair[0]))  # several members, several values
