"""The published JSON Schema of `results.json`, made from the model and its docstrings."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from typing import Any

from conformance.results import model
from conformance.results.serialization import results_adapter


def results_schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12; it allows members that it does not name, for they may be added within format 2."""
    schema = results_adapter().json_schema(mode="validation")
    docs = dict(_docs())
    for name, definition in schema["$defs"].items():
        _describe(definition, name, docs)
    _describe(schema, "Results", docs)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Conformance results, format 2"}
    return {**head, **{key: value for key, value in schema.items() if key != "title"}}


def _describe(definition: dict[str, Any], name: str, docs: dict[tuple[str, str], str]) -> None:
    definition["description"] = docs.get((name, ""), definition.get("description", name))
    properties: dict[str, dict[str, Any]] = definition.get("properties", {})
    for member, described in properties.items():
        described.pop("title", None)
        if text := docs.get((name, member)):
            described["description"] = text


def _docs() -> Iterator[tuple[tuple[str, str], str]]:
    """(class, member or nothing) and its docstring: Python keeps no docstrings of members, so the source is read."""
    for name, named in vars(model).items():
        if not isinstance(named, type) or not named.__module__.startswith("conformance."):
            continue
        node = ast.parse(inspect.getsource(named)).body[0]
        if isinstance(node, ast.ClassDef):
            yield (name, ""), ast.get_docstring(node) or name
            yield from (((name, member), text) for member, text in _member_docs(node))


def _member_docs(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for member, after in zip(node.body, node.body[1:], strict=False):
        match member, after:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text)
