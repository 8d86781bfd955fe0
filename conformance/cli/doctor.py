"""`conformance doctor`: is a target ready, what would a run send, what does it lack; reads only, no verdict."""

from __future__ import annotations

import os
from collections.abc import Iterator

import click

from conformance.cli import options
from conformance.cli.contracts import read_contracts
from conformance.doctor.examine import examine_target
from conformance.doctor.model import Diagnosis, Fact, RequestLoad
from conformance.errors import ConfigError, Problem
from conformance.reference.embedded import EmbeddedServers
from conformance.report.format import format_duration
from conformance.report.sanitize import to_one_line
from conformance.target.selection import resolve_target, select_target

__all__ = ["command"]

MARKS = {"good": "✓", "bad": "✗", "unknown": "?", "note": "·"}
COLOURS = {"good": "green", "bad": "red", "unknown": "yellow", "note": None}


@click.command("doctor")
@options.target
@options.contract
@options.allow
@options.seed
def command(target: str | None, contract: str | None, allow: tuple[str, ...], seed: int | None) -> int:
    """Tell whether a target is ready for a run: reachable, credentials good, fixtures there, and what it lacks.

    Sends reads only, whatever the profile allows, and gives no verdict.

    Exit codes: 0 a run would be possible, 4 it would not.
    """
    contracts, problems = read_contracts(contract)
    if not contracts:
        raise ConfigError(problems)
    aimed = select_target(target, contract, allow, os.environ, [one.name for one in contracts])
    if target is None and contract is None and len(contracts) > 1:
        names = " or ".join(one.name for one in contracts)
        raise ConfigError([Problem("--target", "which target?", f"give a profile, or --contract {names}")])
    possible = True
    with EmbeddedServers() as offer:
        for one in contracts:
            if aimed.takes(one.name):
                diagnosis = examine_target(one, resolve_target(one, aimed, offer, os.environ), seed or 0)
                for line in format_diagnosis(diagnosis):
                    click.echo(line)
                possible = possible and diagnosis.possible
    return 0 if possible else 4


def format_diagnosis(diagnosis: Diagnosis) -> Iterator[str]:
    """A diagnosis in lines."""
    yield to_one_line(f"{diagnosis.title} · {diagnosis.base_url}")
    section = ""
    for fact in diagnosis.facts:
        if fact.section != section:
            section = fact.section
            yield f"\n{section}"
        yield _fact(fact)
    yield "\nrequests, at most"
    yield from map(_load, diagnosis.loads)
    yield f"\nrows that a run would exercise: {diagnosis.exercised} of {diagnosis.rows}"
    for lack in diagnosis.lacks:
        yield to_one_line(f"  without {lack.name}, not exercised: {', '.join(lack.rows)}")
        yield to_one_line(f"    add  {lack.line}")
        if lack.how:
            yield to_one_line(f"    {lack.how}")
    verdict = "a run is possible" if diagnosis.possible else "a run would come to nothing: mend what is marked ✗"
    sent = "1 read was" if diagnosis.requests == 1 else f"{diagnosis.requests} reads were"
    yield f"\n{verdict} ({sent} sent)"


def _fact(fact: Fact) -> str:
    mark = click.style(MARKS[fact.state], fg=COLOURS[fact.state])
    return f"  {mark} " + to_one_line(f"{fact.about}: {fact.said}")


def _load(load: RequestLoad) -> str:
    parts = [f"{count} {permission}" for permission, count in load.permissions]
    parts += [f"{load.explored} exploring"] if load.explored else []
    time = "" if load.seconds is None else f", about {format_duration(load.seconds)} at {load.pace}"
    return f"  {load.depth:9} {load.requests:6}  ({', '.join(parts)}){time}"
