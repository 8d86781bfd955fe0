"""What an answer tells: values by JSON pointer or by the name of a header."""

from __future__ import annotations

from typing import Any

from conformance.contract.schema import HEADER_CAPTURE
from conformance.http import Response, header
from conformance.jsontools import resolve_pointer

__all__ = ["read_capture"]


def read_capture(response: Response, pointer: str) -> tuple[bool, Any]:
    """A member of a JSON body, or a header (`header:NAME`); not there where the body is no JSON."""
    if pointer.startswith(HEADER_CAPTURE):
        value = header(response.headers, pointer.removeprefix(HEADER_CAPTURE))
        return value is not None, value
    try:
        return resolve_pointer(response.json(), pointer)
    except ValueError:
        return False, None
