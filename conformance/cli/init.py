"""`conformance init`: writes a commented profile for a target, with the fixtures that reads can find."""

import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from conformance.cli import options
from conformance.cli.contracts import read_contracts
from conformance.contract.contract import Contract
from conformance.errors import ConfigError, Problem
from conformance.files import write_text
from conformance.report.page import render_template
from conformance.report.sanitize import to_one_line
from conformance.session.contract_run import build_context
from conformance.setup.fixtures import discover_fixtures
from conformance.target.addresses import parse_base_url
from conformance.target.loader import Target, check_target_names, named_variables, target_from_mapping

_WAITING = {"per_wait": "10s", "in_all": "20s"}
"""The most waiting for missing responses, and for delays that the target asks for."""
_SEARCH_SECONDS = 60.0
"""Seconds after which no further search for a fixture begins."""


@click.command("init")
@click.option("--contract", required=True, metavar="C", help="The contract to hold the target to.")
@click.option("--base-url", metavar="URL", help="Where the target is; without it nothing is looked for.")
@click.option("--fixture", "known", multiple=True, metavar="NAME=VALUE", help="A fixture that is known; repeatable.")
@click.option("--output", metavar="FILE", help="Write the profile there instead of printing it.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@options.cases
def command(
    *,
    contract: str,
    base_url: str | None,
    known: tuple[str, ...],
    output: str | None,
    force: bool,
    cases: Path | None,
) -> int:
    """Write a commented profile: what each name is and how to get it, with the fixtures that were found.

    \b
    export MICROCMS_API_KEY=…
    conformance init --contract microcms-management --base-url https://x.microcms-management.io \
        --fixture endpoint=news --output targets/x.yaml

    Sends reads only. Looks for fixtures for a minute at most, and waits 20 seconds in all
    for answers that do not come.
    """  # noqa: D301 - click reads the escape
    if output and Path(output).exists() and not force:
        raise ConfigError([Problem("--output", f"{output} is there already", "give another file, or --force")])
    try:
        base_url = base_url and parse_base_url(base_url)
    except ValueError as error:
        raise ConfigError([Problem("--base-url", str(error))]) from None
    one = read_contracts(contract, cases)[0][0]
    credentials = _credentials(one)
    fixtures = dict(_parse_fixture(text) for text in known)
    notes: dict[str, str] = {}
    unset = sorted(_unset_variables(credentials))
    if unset:
        click.echo(f"{', '.join(unset)} is not set: no fixture was looked for on the target", err=True)
    elif base_url is not None:
        target = _target(one, base_url, credentials, fixtures)
        fixtures, notes = _find_fixtures(one, target)
    text = render_template(
        "conformance.authoring",
        "profile.yaml.jinja",
        file=one.file,
        base_url=base_url,
        credentials=credentials,
        fixtures=fixtures,
        notes=notes,
    )
    if output is None:
        click.echo(text, nl=False)
    else:
        write_text(Path(output), text)
    for name, note in notes.items():
        click.echo(to_one_line(f"{name}: {fixtures.get(name, note)}"), err=True)
    if output:
        click.echo(f"written to {output}; `conformance doctor --target {output}` says what is missing", err=True)
    return 0


def _credentials(contract: Contract) -> dict[str, dict[str, Any]]:
    """Return the contract's usual credentials: those whose environment variables are set, and the default one."""
    forms = {name: named.usual for name, named in contract.file.credentials.items() if named.usual}
    found = {name: form for name, form in forms.items() if not _unset_variables(form)}
    usual = contract.file.credential or ""
    # If its variables are not set, it is left out only if a run can obtain it by other credentials.
    if usual in forms and not (found and contract.file.credentials[usual].obtain):
        found[usual] = forms[usual]
    return found


def _unset_variables(form: Mapping[str, Any]) -> set[str]:
    return {name for name in named_variables(form) if name not in os.environ}


def _parse_fixture(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ConfigError([Problem("--fixture", f"{text!r} is no fixture", "write it as NAME=VALUE")])
    return name, value


def _target(contract: Contract, base_url: str, credentials: Mapping[str, Any], fixtures: Mapping[str, Any]) -> Target:
    profile = {
        "contract": contract.name,
        "base_url": base_url,
        "credentials": credentials,
        "fixtures": dict(fixtures),
        "patience": _WAITING,
        **({"pace": contract.file.pace} if contract.file.pace else {}),
    }
    target = target_from_mapping(profile, where="conformance init", environ=os.environ)
    problems = check_target_names(target, contract.file)
    if problems:
        raise ConfigError(problems)
    return target


def _find_fixtures(contract: Contract, target: Target) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the given and found fixtures, and a note on each that was searched for."""
    with closing(build_context(contract, target, "standard", 0)) as context:
        discovery = discover_fixtures(context, _SEARCH_SECONDS)
    words = dict.fromkeys(discovery.found, "Found on the target.")
    missed = {name: context.redactor.text(f"Not found: {why}.") for name, why in discovery.missed.items()}
    fixtures = {**target.fixtures, **discovery.found}
    ordered = {name: context.redactor.json(fixtures[name]) for name in contract.file.fixtures if name in fixtures}
    return ordered, {**words, **missed}
