"""What an answer, or the request itself, tells: values by JSON pointer, and what placeholders stand for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.client.builder import BuiltRequest, PlaceholderScope
from conformance.contract.schema import HEADER_CAPTURE
from conformance.contract.templates import MissingValue
from conformance.engine.context import RunContext
from conformance.http import Response, header
from conformance.jsontools import resolve_pointer

__all__ = ["placeholder_lookup", "read_capture"]


def read_capture(response: Response, pointer: str) -> tuple[bool, Any]:
    """A member of a JSON body, or a header (`header:NAME`); not there where the body is no JSON."""
    if pointer.startswith(HEADER_CAPTURE):
        value = header(response.headers, pointer.removeprefix(HEADER_CAPTURE))
        return value is not None, value
    try:
        return resolve_pointer(response.json(), pointer)
    except ValueError:
        return False, None


def placeholder_lookup(context: RunContext, bound: BuiltRequest, scope: PlaceholderScope) -> Any:
    """Placeholders of an expectation: what was sent in this request, and all that a request may name."""

    def look(head: str, members: tuple[str, ...]) -> Any:
        if head not in bound.values:
            return context.builder.fill("{" + ".".join([head, *members]) + "}", scope)
        value: Any = bound.values[head]
        for member in members:
            if isinstance(value, list) and member.isdigit() and int(member) < len(value):
                value = value[int(member)]
            elif isinstance(value, Mapping) and member in value:
                value = value[member]
            else:
                raise MissingValue(".".join([head, *members]))
        return value

    return look
