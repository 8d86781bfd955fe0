"""`conformance schema`: prints the JSON Schema of results, cases, contracts and profiles."""

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
    """Return the JSON Schema (draft 2020-12) of `results`, `case`, `contract` or `profile`."""
    if name == "results":
        from conformance.results.schema import results_schema  # noqa: PLC0415 - only if requested

        return results_schema()
    from conformance.contract.schema import ContractFile, TableFile  # noqa: PLC0415 - of three of four
    from conformance.target.schema import Profile  # noqa: PLC0415 - of three of four

    models: dict[str, Any] = {"case": TableFile, "contract": ContractFile, "profile": Profile}
    titles = {"case": "Case file", "contract": "contract.yaml", "profile": "Target profile"}
    return {"$schema": DRAFT, **models[name].model_json_schema(by_alias=True), "title": titles[name]}
