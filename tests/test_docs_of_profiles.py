"""What the documents say of a target profile is what the code reads: every key, and the example."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from conformance.api import load_contract
from conformance.target.schema import ClientCertificate, HeaderCredential, Patience, Profile, SecretSource
from conformance.yaml_document import read_text
from tests.test_docs_of_cases import first_column

TEXT = (Path(__file__).parents[1] / "docs" / "profile.md").read_text(encoding="utf-8")
SECTIONS: dict[str, tuple[type[BaseModel], set[str]]] = {
    "The target profile": (Profile, set()),
    "Credentials": (HeaderCredential, set(SecretSource.model_fields)),
    "Where a secret comes from": (SecretSource, set()),
    "Patience": (Patience, set()),
    "The client certificate": (ClientCertificate, set()),
}


@pytest.mark.parametrize("title", SECTIONS)
def test_every_key_is_described_and_no_other(title: str) -> None:
    model, described_elsewhere = SECTIONS[title]
    text = re.search(rf"^#+ {title}\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert text is not None
    assert first_column(text[1]) == set(model.model_fields) - described_elsewhere


def test_the_example_is_a_profile() -> None:
    (example,) = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    document, problems = read_text(example, Path("profile.yaml"))
    assert document is not None
    assert problems == ()
    assert Profile.model_validate(document.value).pace == "10/10s"


@pytest.mark.parametrize("name", ["microcms-management", "kuroco"])
def test_every_credential_and_fixture_of_a_contract_is_described(name: str) -> None:
    contract = load_contract(name).file
    text = re.search(rf"^### Of the {contract.title}\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert text is not None
    asked_for = {
        "credentials": contract.credentials,
        "fixtures": contract.fixtures,
        "vantages": contract.vantages,
        "hooks": contract.hooks,
    }
    rows = [
        f"| `{section}.{key}` | {named.about} | {named.get} |"
        for section, entries in asked_for.items()
        for key, named in entries.items()
    ]
    assert re.findall(r"^\| `.*", text[1], re.MULTILINE) == rows
