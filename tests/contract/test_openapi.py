"""Paths, methods and operationIds are enough for an `openapi.yaml`: the rest is added, and nothing is changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.contract.contract import Contract
from conformance.contract.openapi import check_openapi, complete_openapi, list_operations
from conformance.yaml_document import read, read_text

SHIPPED = sorted((Path(__file__).parents[2] / "cases").rglob("openapi.yaml"))
BARE = """\
paths:
  /items:
    get: {operationId: list}
    post: {operationId: add}
  "/items/{id}":
    get: {operationId: get}
"""


def test_a_document_of_operations_alone_is_completed_and_without_fault() -> None:
    document, problems = read_text(BARE, Path("openapi.yaml"))
    assert document is not None
    assert (problems, check_openapi(document)) == ((), [])
    completed = complete_openapi(document.value)
    assert completed["openapi"] == "3.1.0"
    assert completed["paths"]["/items"]["get"]["responses"] == {"default": {"description": "Not documented."}}
    assert completed["paths"]["/items/{id}"]["parameters"] == [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    ]
    assert "parameters" not in completed["paths"]["/items"]
    assert sorted(list_operations(document.value)) == [
        ("add", "POST", "/items"),
        ("get", "GET", "/items/{id}"),
        ("list", "GET", "/items"),
    ]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_what_is_written_is_not_changed(path: Path) -> None:
    document, _ = read(path)
    assert document is not None
    assert complete_openapi(document.value) == document.value


@pytest.mark.parametrize("value", [{}, {"paths": []}, {"paths": {"/a": None}}, {"paths": {"/a": {"get": 5}}}])
def test_a_document_of_another_form_breaks_nothing(value: dict[str, Any]) -> None:
    assert complete_openapi(value)["paths"] == value.get("paths")
    assert list(list_operations(value)) == []


def test_a_contract_has_the_completed_document(shop: Callable[..., Contract]) -> None:
    contract = shop(more={"openapi.yaml": BARE + "    put: {operationId: put}\n    delete: {operationId: remove}\n"})
    assert contract.openapi["paths"]["/items/{id}"]["put"]["responses"]
    assert contract.operations["put"].method == "PUT"
