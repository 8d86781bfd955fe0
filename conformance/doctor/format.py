"""A diagnosis for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

import click

from conformance.doctor.model import Diagnosis, RequestLoad
from conformance.report.format import format_duration
from conformance.report.sanitize import to_one_line

_MOST_ROWS = 4
MARKS = {"good": "✓", "bad": "✗", "unknown": "?", "note": "·"}
COLOURS = {"good": "green", "bad": "red", "unknown": "yellow", "note": None}


def format_diagnosis(diagnosis: Diagnosis) -> Iterator[str]:
    """The lines of a diagnosis: facts, requests, and what the profile does not give."""
    yield to_one_line(f"{diagnosis.title} · {diagnosis.base_url}")
    section = ""
    for fact in diagnosis.facts:
        if fact.section != section:
            section = fact.section
            yield f"\n{section}"
        mark = click.style(MARKS[fact.state], fg=COLOURS[fact.state])
        yield f"  {mark} " + to_one_line(f"{fact.about}: {fact.detail}")
    yield "\nrequests, at most"
    yield from map(_format_load, diagnosis.loads)
    yield f"\nrows for which the profile has all that they need: {diagnosis.exercised} of {diagnosis.rows}"
    told: set[str] = set()
    for missing in diagnosis.missing:
        rows, more = ", ".join(missing.rows[:_MOST_ROWS]), len(missing.rows) - _MOST_ROWS
        yield to_one_line(f"  without {missing.name}, not exercised: {rows}{f' and {more} more' if more > 0 else ''}")
        if missing.line:
            yield to_one_line(f"    add  {missing.line}")
        if missing.how and missing.how not in told:
            yield to_one_line(f"    {missing.how}")
        told.add(missing.how)
    why = "correct what is marked ✗" if diagnosis.wrong else "add what the rows need"
    verdict = "a run is possible" if diagnosis.possible else f"a run would exercise nothing: {why}"
    if diagnosis.possible and diagnosis.wrong:
        verdict += ", but what needs what is marked ✗ will be inconclusive"
    sent = "1 read was" if diagnosis.requests == 1 else f"{diagnosis.requests} reads were"
    yield f"\n{verdict} ({sent} sent)"


def _format_load(load: RequestLoad) -> str:
    if not load.requests:
        return f"  {load.depth:9} {0:6}"
    parts = [f"{count} {permission}" for permission, count in load.permissions]
    parts += [f"{load.explored} exploring"] if load.explored else []
    time = "" if load.seconds is None else f", about {format_duration(max(1, load.seconds))} at {load.pace}"
    return f"  {load.depth:9} {load.requests:6}  ({', '.join(parts)}){time}"
