"""Paths, methods and operationIds are enough for an `openapi.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance.contract.openapi import check_openapi, list_operations
from conformance.yaml_document import read_text

BARE = """\
paths:
  /items:
    get: {operationId: list}
    post: {operationId: add}
  "/items/{id}":
    get: {operationId: get}
"""


def test_a_document_of_operations_alone_is_without_fault() -> None:
    document, problems = read_text(BARE, Path("openapi.yaml"))
    assert document is not None
    assert (problems, check_openapi(document)) == ((), [])
    assert sorted(list_operations(document.value)) == [
        ("add", "POST", "/items"),
        ("get", "GET", "/items/{id}"),
        ("list", "GET", "/items"),
    ]


@pytest.mark.parametrize("value", [{}, {"paths": []}, {"paths": {"/a": None}}, {"paths": {"/a": {"get": 5}}}])
def test_a_document_of_another_form_breaks_nothing(value: dict[str, Any]) -> None:
    assert list(list_operations(value)) == []
