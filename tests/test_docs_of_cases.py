"""What the documents say of the cases is what the code reads: every key, every placeholder, every example."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from pydantic import BaseModel, TypeAdapter

from conformance.cli.schema import schema
from conformance.contract import schema as model
from conformance.contract.request_template import Part, RequestTemplate
from conformance.contract.templates import HEADS, MESSAGE_HEADS, MODIFIERS
from conformance.yaml_document import read, read_text

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
TEXT = (DOCS / "cases.md").read_text(encoding="utf-8")

SECTIONS: dict[str, type[BaseModel]] = {
    "A row": model.Case,
    "An operation of a row": model.OperationRef,
    "A request": RequestTemplate,
    "Parts of a form": Part,
    "Values": model.Input,
    "What Hypothesis draws": model.Draw,
    "Open choices": model.Open,
    "What must come back": model.Expect,
    "Wordings": model.Wording,
    "What a header must be": model.HeaderExpectation,
    "A page of a list": model.Page,
    "Controls": model.Control,
    "Steps": model.Step,
    "A capture that matches": model.MatchingCapture,
    "Guards": model.Guard,
    "Taking back": model.Undo,
    "A mistake of the profile": model.Mistake,
    "Repetition": model.Repeat,
    "Where a promise stands": model.Provenance,
    "A table": model.TableFile,
    "`contract.yaml`": model.ContractFile,
    "`ja.yaml`": model.TranslationFile,
    "The envelope": model.Envelope,
    "How an operation is called": model.OperationSpec,
    "What a profile gives": model.NamedInput,
    "Rules of a fixture": model.FixtureRule,
    "Discovery": model.Discover,
    "Created resources": model.CreatedResource,
    "Ways to ask for a language": model.LanguageSelector,
}
LISTS = {
    "A request": TypeAdapter(list[RequestTemplate]),
    "What Hypothesis draws": TypeAdapter(list[model.Draw]),
    "Steps": TypeAdapter(list[model.Step]),
    "A row": TypeAdapter(list[model.Case]),
    "Wordings": TypeAdapter(list[model.Message]),
}


def section(title: str) -> str:
    found = re.search(rf"^##+ {re.escape(title)}\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, f"docs/cases.md has no section {title!r}"
    return found[1]


def first_column(text: str) -> set[str]:
    """The words in the first column of the tables of a section."""
    cells = [line.split(" | ")[0] for line in text.splitlines() if line.startswith("| `")]
    return {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}


def forms() -> Iterator[type[BaseModel]]:
    named = (each for each in vars(model).values() if isinstance(each, type))
    return (each for each in named if issubclass(each, model.StrictModel) and each is not model.StrictModel)


@pytest.mark.parametrize("title", SECTIONS)
def test_every_key_is_described_and_no_other(title: str) -> None:
    keys = {field.alias or name for name, field in SECTIONS[title].model_fields.items()}
    assert keys == first_column(section(title))


def test_every_form_has_its_section() -> None:
    missing = {each.__name__ for each in forms()} - {each.__name__ for each in SECTIONS.values()}
    assert missing == set()


def test_every_placeholder_and_every_change_is_described() -> None:
    text = section("Placeholders")
    assert set(re.findall(r"`\{([a-z]+)[.}]", text.partition("After a bar")[0])) == HEADS | MESSAGE_HEADS
    assert first_column(text.partition("After a bar")[2]) == set(MODIFIERS)


EXAMPLES = [
    (re.findall(r"^#+ (.*)$", TEXT[: found.start()], re.MULTILINE)[-1], found[1])
    for found in re.finditer(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
]


@pytest.mark.parametrize(("title", "example"), EXAMPLES, ids=[f"{n}" for n in range(len(EXAMPLES))])
def test_every_example_is_one_that_the_suite_reads(title: str, example: str) -> None:
    if example.startswith("# yaml-language-server:"):
        assert (ROOT / "cases" / "shop" / example.partition("$schema=")[2].strip()).resolve().is_file()
        return
    document, problems = read_text(example, Path("docs/cases.md"))
    assert problems == ()
    assert document is not None
    if title == "Adding a vendor":
        model.ContractFile.model_validate(document.value)
    else:
        LISTS[title].validate_python(document.value)


PUBLISHED = {"case": "cases.schema.json", "contract": "contract.schema.json", "profile": "profile.schema.json"}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_schema_is_current(name: str) -> None:
    published = json.loads((DOCS / PUBLISHED[name]).read_text(encoding="utf-8"))
    assert published == schema(name), f"conformance schema {name} > docs/{PUBLISHED[name]}"
    jsonschema_rs.meta.validate(published)


def reported(name: str, value: Any) -> list[str]:
    return [error.message for error in jsonschema_rs.validator_for(schema(name)).iter_errors(value)]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "cases").glob("*/*.yaml")), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_our_own_files_are_what_an_editor_accepts(path: Path) -> None:
    document, _ = read(path)
    assert document is not None
    if path.stem not in {"openapi", "ja"}:
        assert reported("contract" if path.stem == "contract" else "case", document.value) == []


def test_an_editor_sees_a_misspelt_key() -> None:
    row = {"id": "a", "cause": "b", "expect": {"status": 400}}
    table = {"table": "items", "title": "Items", "operation": "list"}
    assert reported("case", {**table, "rows": [row]}) == []
    assert reported("case", {**table, "rows": [{**row, "expct": {}}]})
    assert reported("case", {**table, "rows": [{**row, "expect": {"status": "400"}}]})
    assert reported("profile", {"contract": "shop", "base_url": "http://h", "fixture": {}})
