"""`conformance schema`: the JSON Schema of what we write and of what people write."""

from __future__ import annotations

import json
from typing import Any

import click

DRAFT = "https://json-schema.org/draft/2020-12/schema"


@click.command("schema")
@click.argument("name", type=click.Choice(["results", "case", "contract", "profile"]))
def command(name: str) -> int:
    """Print the JSON Schema of results.json, a case file, contract.yaml or a target profile, for editors and tools."""
    click.echo(json.dumps(schema(name), ensure_ascii=False, indent=2))
    return 0


def schema(name: str) -> dict[str, Any]:
    """JSON Schema, draft 2020-12, of `results`, `case`, `contract` or `profile`."""
    if name == "results":
        from conformance.results.schema import results_schema  # noqa: PLC0415 - one of four

        return results_schema()
    if name == "profile":
        from conformance.target.schema import profile_schema  # noqa: PLC0415 - one of four

        return profile_schema()
    from conformance.contract.schema import ContractFile, TableFile  # noqa: PLC0415 - one of four

    model, title = (TableFile, "Case file") if name == "case" else (ContractFile, "contract.yaml")
    return {"$schema": DRAFT, **model.model_json_schema(by_alias=True), "title": title}
