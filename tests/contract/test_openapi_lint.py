"""The words of an OpenAPI document that steer exploration: unknown, misplaced, or naming what does not exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance.contract.openapi import check_openapi
from conformance.yaml_document import read

DOCUMENT = """\
openapi: "3.1.0"
paths:
  /boxes/{id}:
    get:
      operationId: getBox
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}, x-fixture: box, x-invalid: [unknown]}
      responses:
        "200":
          description: A box
          content:
            application/json:
              schema:
                type: object
                example: {x-odd: 1}
                properties: {x-request-id: {type: string, x-volatile: true}, key: {type: string, x-secret: true}}
          links: {next: {operationId: getBox, x-status: [404]}}
    patch:
      operationId: patchBox
      x-read: getBox
      x-own: box
      x-permission: write
      x-ms-examples: {}
      parameters: [{name: id, in: path, required: true, schema: {type: string}, x-fixture: ""}]
      responses: {"200": {description: Changed}}
"""


def problems(folder: Path, text: str) -> list[str]:
    path = folder / "openapi.yaml"
    path.write_text(text, encoding="utf-8")
    document, unreadable = read(path)
    assert document is not None
    assert unreadable == ()
    return [str(problem).removeprefix(str(path)) for problem in check_openapi(document, ["box", "shelf"])]


def test_a_document_whose_words_are_known_has_no_problem(tmp_path: Path) -> None:
    assert problems(tmp_path, DOCUMENT) == []


def test_parameters_that_are_no_list_are_a_problem(tmp_path: Path) -> None:
    text = re.sub(r"parameters: \[.*\]", "parameters: 1", DOCUMENT)
    found = problems(tmp_path, text)
    assert ":18: PATCH /boxes/{id} has `parameters` that are no list; write `- name: …` below it" in found


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("x-read: getBox", "x-raed: getBox", 20,
         "x-raed is no word that is said of an operation; did you mean 'x-read'?"),
        ("x-read: getBox", "x-read: getBx", 20, "x-read: there is no 'getBx'; did you mean 'getBox'?"),
        ("description: Changed", "$ref: [x]", 25, "a $ref that is no text; write it as '#/components/…'"),
        ("x-own: box", "x-own: bxo", 21, "x-own: there is no 'bxo'; did you mean 'box'?"),
        ("x-fixture: box", "x-fixture: boxx", 7, "x-fixture: there is no 'boxx'; did you mean 'box'?"),
        ("[unknown]", "[unkown]", 7, "x-invalid: there is no 'unkown'; did you mean 'unknown'?"),
        ("x-permission: write", "x-permission: wirte", 22, "x-permission: there is no 'wirte'; did you mean 'write'?"),
        ("operationId: getBox, x-status", "operationId: getBax, x-status", 17,
         "operationId: there is no 'getBax'; did you mean 'getBox'?"),
        ("x-status", "x-stauts", 17, "x-stauts is no word that is said of a link; did you mean 'x-status'?"),
        ("x-volatile", "x-volatil", 16, "x-volatil is no word that is said of a value; did you mean 'x-volatile'?"),
        ("x-own: box", "x-secret: true", 21, "x-secret is no word that is said of an operation; it is said of a value"),
    ],
)  # fmt: skip
def test_each_problem_has_its_line_and_a_hint(tmp_path: Path, old: str, new: str, line: int, problem: str) -> None:
    found = problems(tmp_path, DOCUMENT.replace(old, new, 1))
    assert found == [f":{line}: {problem}"]


def test_a_schema_that_is_no_json_schema_is_a_problem(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, DOCUMENT.replace("type: object", "type: objekt"))
    assert found.startswith(":13: the schema is no JSON Schema: ")
    flag = DOCUMENT.replace("type: object", "minimum: 1\n                exclusiveMinimum: true")
    assert len(problems(tmp_path, flag)) == 1
    assert problems(tmp_path, flag.replace("3.1.0", "3.0.3")) == []


@pytest.mark.parametrize("word", ["x-codeSamples", "x-scalar-client-id", "x-internal", "x-deprecated", "x-tagGroups"])
def test_a_word_of_another_tool_is_no_problem(tmp_path: Path, word: str) -> None:
    assert problems(tmp_path, DOCUMENT.replace("x-read: getBox", f"x-read: getBox\n      {word}: 1", 1)) == []
