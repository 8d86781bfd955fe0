"""The published JSON Schema of `results.json`, made from the model and its docstrings."""

from dataclasses import is_dataclass
from typing import Any

from pydantic import ConfigDict, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from conformance.results import model


class _Untitled(GenerateJsonSchema):
    """Members have their names and need no titles."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic gives it
        return False


def results_schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12; it allows members that it does not name, for they may be added within format 2."""
    for named in vars(model).values():
        if is_dataclass(named):
            # Not at its definition: Python keeps no docstrings of members, and to read the source takes time.
            named.__pydantic_config__ = ConfigDict(use_attribute_docstrings=True)  # type: ignore[union-attr]
    head = {"$schema": GenerateJsonSchema.schema_dialect, "title": "Conformance results, format 2"}
    return {**head, **TypeAdapter(model.Results).json_schema(schema_generator=_Untitled), **head}
