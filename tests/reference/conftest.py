"""Requests and contexts for the parts of the reference servers, without a network."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from conformance.reference.hooks import RequestContext
from conformance.reference.http import IncomingRequest, RequestBody


@pytest.fixture
def make_context() -> Callable[..., RequestContext]:
    def make(
        path: str = "/", body: Any = None, query: dict[str, list[str]] | None = None, **more: Any
    ) -> RequestContext:
        request = IncomingRequest("GET", path, "", {}, "127.0.0.1", RequestBody(io.BytesIO(), 0))
        return RequestContext(request, "GET", path, query or {}, body=body, **more)

    return make
