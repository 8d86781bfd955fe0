"""A pairing as text, JSON and a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

from conformance.audit.pair import PairDifference, Pairing, RightSide
from conformance.report.pages import render_page
from conformance.report.sanitize import clip_text, to_one_line
from conformance.results.serialization import format_json_text

__all__ = ["format_json_pair", "format_pair", "render_pair"]

_FORMAT: Final = 1
_LONGEST: Final = 300


def format_pair(pairing: Pairing) -> str:
    """Plain lines: who is right, then each difference."""
    return "\n".join(to_one_line(line) for line in _lines(pairing)) + "\n"


def format_json_pair(pairing: Pairing) -> str:
    """JSON: every field of the pairing under its own name."""
    return format_json_text({"format": _FORMAT, **asdict(pairing)})


def render_pair(pairing: Pairing) -> str:
    """One HTML file that needs neither network nor script."""
    return render_page(
        "conformance.audit",
        "pairing.html.jinja",
        title=_headline(pairing),
        pairing=pairing,
        said=lambda one: _describe_side(one, pairing),
    )


def _headline(pairing: Pairing) -> str:
    number = len(pairing.differences)
    what = "the same" if not number else f"otherwise {number} {'time' if number == 1 else 'times'}"
    return f"{pairing.first} and {pairing.second} answer {what}, of {pairing.compared} requests sent to both."


def _describe_side(one: PairDifference, pairing: Pairing) -> str:
    return {
        RightSide.FIRST: f"{pairing.first} is right",
        RightSide.SECOND: f"{pairing.second} is right",
        RightSide.NEITHER: "neither is right",
        RightSide.BOTH: "the contract has nothing against either",
    }[one.right]


def _lines(pairing: Pairing) -> Iterator[str]:
    yield _headline(pairing)
    if pairing.alone:
        yield f"{pairing.alone} requests were sent to one of them only and are not compared."
    for one in pairing.differences:
        yield f"  {one.row} at {one.label}: {_describe_side(one, pairing)}"
        yield f"    {pairing.first}: {clip_text(one.first, _LONGEST)}"
        yield f"    {pairing.second}: {clip_text(one.second, _LONGEST)}"
        yield from (f"    {why}" for why in one.why)
