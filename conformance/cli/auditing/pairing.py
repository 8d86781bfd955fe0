"""`conformance audit --pair A B`: the same requests to both, and only where they differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from conformance.cli.auditing.keeping import keep
from conformance.cli.auditing.ordering import ordered
from conformance.cli.auditing.telling import INTERRUPTED
from conformance.cli.filing import write_text
from conformance.contract.contract import Contract
from conformance.errors import Problem, Unusable
from conformance.exchange.pacing import Pace
from conformance.report import pairing
from conformance.run.auditing.order import Manner, Order
from conformance.run.auditing.pairing import side_by_side
from conformance.run.auditing.profiles import Glance, gathered, glance

__all__ = ["paired"]


def paired(
    pair: tuple[Path, Path],
    manner: Manner,
    output: Path,
    known: Mapping[str, tuple[Contract, str]],
    language: str | None = None,
) -> int:
    """Write both reports, `pair.json` and `pair.html`, print where they differ; 1 where they do. Raises Unusable."""
    both = glance([path for one in pair for path in gathered([one])])
    if len(both) != 2:
        raise Unusable([Problem("--pair", "these are not two profiles", "give two files")])
    asked = ordered(both, known, manner, output)
    if asked.unusable:
        raise Unusable([Problem(str(output), one.problem) for one in asked.unusable])
    results = side_by_side(*_paced(both, [asked.orders[one.name] for one in both]))
    for one, own in zip(both, results, strict=True):
        keep(output / one.folder, own, language=language)
    names = both[0].name, both[1].name
    found = pairing.pair(*results, names)
    write_text(output / "pair.json", pairing.json(found))
    write_text(output / "pair.html", pairing.html(found))
    click.echo(pairing.text(found), nl=False)
    if any(own.partial for own in results):
        return INTERRUPTED
    return int(bool(found.differences))


def _paced(both: tuple[Glance, ...], orders: list[Order]) -> tuple[tuple[Order, Order], Pace | None]:
    """The orders, and the pace that two of one group share; each has half of it for what only one of them sends."""
    first, second = orders
    if both[0].pace_group is None or both[0].pace_group != both[1].pace_group or first.pace is None:
        return (first, second), None
    count, seconds = first.pace
    half = (count // 2, seconds) if count > 1 else (1, seconds * 2)
    return (replace(first, pace=half), replace(second, pace=half)), Pace(count, seconds)
