"""A commented profile: what each name is and how to get it, with what could be found filled in."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.contract.contract import Contract
from conformance.contract.schema import NamedInput
from conformance.yaml_document import dump

_WIDTH = 110


def format_profile(
    contract: Contract,
    base_url: str | None,
    credentials: Mapping[str, Mapping[str, Any]],
    fixtures: Mapping[str, Any],
    notes: Mapping[str, str],
) -> str:
    """The profile as YAML. What is known stands as it is, all else as a comment to be uncommented.

    `notes`: how each fixture was found, or why it was not.
    """
    return "\n".join(_lines(contract, base_url, credentials, fixtures, notes)) + "\n"


def _lines(
    contract: Contract,
    base_url: str | None,
    credentials: Mapping[str, Mapping[str, Any]],
    fixtures: Mapping[str, Any],
    notes: Mapping[str, str],
) -> Iterator[str]:
    file = contract.file
    yield f"# A target of the {file.title}. What is commented out is optional: the rows that need it are not exercised."
    yield f"contract: {contract.name}"
    yield from _entry("base_url", base_url, "https://…", "")
    yield ""
    yield "# Values come from the environment or from a file; they are never written here."
    yield from _section("credentials", file.credentials, credentials, {})
    yield ""
    yield from _section("fixtures", file.fixtures, fixtures, notes)
    for section, named in (("vantages", file.vantages), ("hooks", file.hooks)):
        if named:
            yield ""
            yield from _section(section, named, {}, {})
    yield ""
    yield "# Without this, only reads are sent. write: requests that are meant to be rejected, and controls that change"
    yield "# something; delete: makes things, such as uploads, and deletes them again; exhaust: uses a limit up."
    yield "# allow: [write, delete, exhaust]"
    yield f"pace: {file.pace}" if file.pace else "# pace: 10/10s"
    yield "timeout: 10s"


def _section(
    section: str, named_inputs: Mapping[str, NamedInput], values: Mapping[str, Any], notes: Mapping[str, str]
) -> Iterator[str]:
    yield f"{section}:" if values else f"# {section}:"
    for name, named in named_inputs.items():
        words = [named.about, *([notes[name]] if name in notes else [named.get] if named.get else [])]
        for line in _wrapped(" ".join(words)):
            yield f"  # {line}"
        yield from _entry(name, values.get(name), named.example_in(section), "  ")


def _entry(name: str, value: Any, example: Any, indent: str) -> Iterator[str]:
    """The value, or as a comment how it is written."""
    text = dump({name: value if value is not None else example if example is not None else "…"}).rstrip()
    for line in text.splitlines():
        yield f"{indent}{'' if value is not None else '# '}{line}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), _WIDTH)
