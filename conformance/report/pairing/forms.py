"""A pairing as text, JSON and a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

from conformance.report.framing import drawn
from conformance.report.harmless import clip, one_line
from conformance.report.pairing.pair import Difference, Pairing, Right
from conformance.results.unseen import json_text

__all__ = ["html", "json", "text"]

_FORMAT: Final = 1
_LONGEST: Final = 300


def text(pairing: Pairing) -> str:
    """Plain lines: who is right, then each difference."""
    return "\n".join(one_line(line) for line in _lines(pairing)) + "\n"


def json(pairing: Pairing) -> str:
    """JSON: every field of the pairing under its own name."""
    return json_text({"format": _FORMAT, **asdict(pairing)})


def html(pairing: Pairing) -> str:
    """One HTML file that needs neither network nor script."""
    return drawn(
        "conformance.report.pairing",
        "pairing.html.jinja",
        title=_headline(pairing),
        pairing=pairing,
        said=lambda one: _said(one, pairing),
    )


def _headline(pairing: Pairing) -> str:
    number = len(pairing.differences)
    what = "the same" if not number else f"otherwise {number} {'time' if number == 1 else 'times'}"
    return f"{pairing.first} and {pairing.second} answer {what}, of {pairing.compared} requests sent to both."


def _said(one: Difference, pairing: Pairing) -> str:
    return {
        Right.FIRST: f"{pairing.first} is right",
        Right.SECOND: f"{pairing.second} is right",
        Right.NEITHER: "neither is right",
        Right.BOTH: "the contract has nothing against either",
    }[one.right]


def _lines(pairing: Pairing) -> Iterator[str]:
    yield _headline(pairing)
    if pairing.alone:
        yield f"{pairing.alone} requests were sent to one of them only and are not compared."
    for one in pairing.differences:
        yield f"  {one.row} at {one.label}: {_said(one, pairing)}"
        yield f"    {pairing.first}: {clip(one.first, _LONGEST)}"
        yield f"    {pairing.second}: {clip(one.second, _LONGEST)}"
        yield from (f"    {why}" for why in one.why)
