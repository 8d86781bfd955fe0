"""An operation as its document describes it: references, parameters of a path item, links, values of the target."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.contract.schema import OperationSpec
from conformance.explore.openapi import DocumentedOperation, OpenApiDocument, find_secrets

ID = {"name": "id", "in": "path", "required": True, "schema": {"$ref": "#/components/schemas/Id"}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Boxes", "version": "1"},
    "paths": {
        "/boxes/{id}": {
            "parameters": [ID],
            "get": {
                "operationId": "getBox",
                "responses": {
                    "200": {
                        "description": "A box",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Box"}}},
                        "links": {"again": {"operationId": "getBox", "parameters": {"id": "$response.body#/id"}}},
                    },
                    "4XX": {"description": "Refused"},
                },
            },
        },
        "/nodes": {
            "get": {
                "operationId": "getNode",
                "responses": {
                    "default": {
                        "description": "Anything",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}},
                    }
                },
            }
        },
    },
    "components": {
        "schemas": {
            "Id": {"type": "string", "pattern": "^[a-z]+$"},
            "Box": {
                "type": "object",
                "properties": {"id": {"$ref": "#/components/schemas/Id"}, "key": {"type": "string", "x-secret": True}},
                "if": {"required": ["id"]},
                "then": {"required": ["key"]},
            },
            "Node": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}},
        }
    },
}


def box(call: OperationSpec | None = None) -> DocumentedOperation:
    return OpenApiDocument(DOCUMENT, {"getBox": call} if call else {}).operation("getBox")


def test_parameters_of_a_path_item_are_those_of_its_operations() -> None:
    (parameter,) = box().parameters
    assert (parameter.name, parameter.where, parameter.required) == ("id", "path", True)
    assert parameter.schema == {"type": "string", "pattern": "^[a-z]+$"}


def test_paths_and_operation_ids_are_enough() -> None:
    bare = OpenApiDocument({"paths": {"/boxes/{id}": {"get": {"operationId": "getBox"}}}}).operation("getBox")
    assert [(one.name, one.where, one.required) for one in bare.parameters] == [("id", "path", True)]
    assert (bare.documented(418), bare.has_success) == ("default", True)


def test_a_path_parameter_without_a_value_is_named_by_its_fixture_if_it_has_one() -> None:
    assert (box().lacks, box().unnamed) == ((), ("id",))
    box_of_fixture = {"paths": {"/boxes/{id}": {"get": {"operationId": "getBox", "parameters": [
        {"name": "id", "in": "path", "required": True, "x-fixture": "box"}]}}}}  # fmt: skip
    operation = OpenApiDocument(box_of_fixture).operation("getBox")
    assert (operation.lacks, operation.unnamed) == (("fixtures.box",), ())


def test_a_path_parameter_has_the_value_that_the_contract_gives_its_operation() -> None:
    operation = box(OperationSpec(path={"id": "blue"}))
    assert operation.parameters[0].known == ("blue",)
    assert operation.lacks == ()


def test_a_target_has_its_own_path() -> None:
    assert box(OperationSpec(url="boxen/{id}")).template == "/boxen/{id}"


def test_a_link_may_name_its_parameters_without_their_place() -> None:
    (link,) = box().links_of(200)
    assert (link.operation, link.parameters) == ("getBox", (("path", "id", "$response.body#/id"),))


def test_the_schema_of_an_answer_is_as_it_was_written_but_for_references() -> None:
    schema = box().responses["200"]
    assert schema is not None
    assert schema["properties"]["id"] == {"type": "string", "pattern": "^[a-z]+$"}
    assert schema["then"] == {"required": ["key"]}


def test_a_range_of_statuses_and_the_default_are_documented_answers() -> None:
    assert (box().documented(404), box().documented(500)) == ("4XX", None)
    node = OpenApiDocument(DOCUMENT).operation("getNode")
    assert (node.documented(200), node.has_success) == ("default", True)


def test_a_definition_that_holds_itself_ends_somewhere() -> None:
    schema = OpenApiDocument(DOCUMENT).operation("getNode").responses["default"]
    assert schema is not None
    assert schema["properties"]["next"]["properties"]["next"]["type"] == "object"


def test_a_definition_that_holds_itself_many_times_is_read_at_once() -> None:
    tree = json.loads(json.dumps(DOCUMENT))
    branches = {f"branch{number}": {"$ref": "#/components/schemas/Node"} for number in range(8)}
    tree["components"]["schemas"]["Node"]["properties"] = branches
    schema = OpenApiDocument(tree).operation("getNode").responses["default"]
    assert len(json.dumps(schema)) < 100_000


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"type": "integer", "minimum": 0, "exclusiveMinimum": True}, {"type": "integer", "exclusiveMinimum": 0}),
        ({"type": "integer", "maximum": 9, "exclusiveMaximum": False}, {"type": "integer", "maximum": 9}),
        ({"type": "string", "nullable": True, "enum": ["x"]}, {"type": ["string", "null"], "enum": ["x", None]}),
        ({"properties": {"nullable": {"type": "string"}}}, {"properties": {"nullable": {"type": "string"}}}),
        ({"properties": {"x": True}, "items": False}, {"properties": {"x": {}}, "items": {"not": {}}}),
        ({"type": "file"}, {}),
        ({"pattern": "(?<a"}, {}),
    ],
)
def test_schemas_of_openapi_3_0_are_read_and_those_that_are_none_say_nothing(
    written: dict[str, Any], expected: dict[str, Any]
) -> None:
    document = json.loads(json.dumps(DOCUMENT))
    document["components"]["schemas"]["Node"] = written
    assert OpenApiDocument(document).operation("getNode").responses["default"] == expected


def test_secrets_are_what_the_schema_calls_so() -> None:
    schema = box().responses["200"]
    assert list(find_secrets(schema, {"id": "a", "key": "k-1"})) == [("key", "k-1")]
    assert list(find_secrets(schema, ["no object"])) == []
    listed = {"properties": {"keys": {"type": "array", "items": {"type": "string", "x-secret": True}}}}
    assert list(find_secrets(listed, {"keys": ["k-2", "k-3"]})) == [("keys", "k-2"), ("keys", "k-3")]
