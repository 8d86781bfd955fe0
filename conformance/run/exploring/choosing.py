"""Which inputs are worth their requests: a few of each kind, turn by turn, the same ones for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from itertools import chain, zip_longest
from typing import Any

from conformance.run.exploring.document import Operation
from conformance.run.exploring.drawing import coverage, drawn
from conformance.run.exploring.probes import Probe
from conformance.run.exploring.rare import rare
from conformance.run.exploring.sorting import Sort, sent, sort

__all__ = ["choose"]

_ORDER = (Sort.INVALID, Sort.VALID, Sort.OPEN, Sort.ODD)


def choose(
    operation: Operation, ground: Probe, sorts: frozenset[Sort], count: int, seed: int, *, base: Mapping[str, Any]
) -> list[Probe]:
    """At most `count` different probes of the sorts that may be sent: coverage, rare values and drawn ones in turns."""
    if count <= 0:
        return []
    order = random.Random(f"{seed}/{operation.id}")  # noqa: S311 - a choice of inputs, no secret
    sources = (
        _mixed(operation, coverage(operation, ground, base), sorts, order),
        _mixed(operation, rare(operation, ground, base), sorts, order),
        [probe for probe in drawn(operation, ground, base, count, seed) if _fits(operation, probe, sorts)],
    )
    seen = {ground.key}
    chosen: list[Probe] = []
    for probe in chain.from_iterable(zip_longest(*sources)):
        if probe is not None and probe.key not in seen and len(chosen) < count:
            seen.add(probe.key)
            chosen.append(probe)
    return chosen


def _fits(operation: Operation, probe: Probe, sorts: frozenset[Sort]) -> bool:
    return sort(operation, probe) in sorts and sent(operation, probe)


def _mixed(operation: Operation, probes: Iterable[Probe], sorts: frozenset[Sort], order: random.Random) -> list[Probe]:
    groups: dict[tuple[int, str], list[Probe]] = {}
    for probe in probes:
        if _fits(operation, probe, sorts):
            place = (_ORDER.index(sort(operation, probe)), probe.about)
            groups.setdefault(place, []).append(probe)
    for group in groups.values():
        order.shuffle(group)
    by_sort: dict[int, list[list[Probe]]] = {}
    for place in sorted(groups):
        by_sort.setdefault(place[0], []).append(groups[place])
    for several in by_sort.values():
        order.shuffle(several)
    return _turns([_turns(several) for several in by_sort.values()])


def _turns(lists: list[list[Probe]]) -> list[Probe]:
    return [probe for turn in zip_longest(*lists) for probe in turn if probe is not None]
