"""Which inputs are worth their requests: the most telling of each kind first, the same ones for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import cycle, zip_longest
from typing import Any

from conformance.run.exploring.document import Operation
from conformance.run.exploring.drawing import coverage, drawn
from conformance.run.exploring.probes import Probe
from conformance.run.exploring.rare import rare
from conformance.run.exploring.sorting import Sort, sent, sort

__all__ = ["choose"]

_SOURCES = (1, 0, 1, 0, 0, 1, 0, 2)
"""Turns of coverage (0), rare values (1) and drawn ones (2)."""
_SORTS = (1, 0, 1, 1)
"""Turns within coverage of what is valid (0) and what is not (1): most faults are faults of refusing."""

_ACCEPTED = 2
"""So many valid inputs at most where each makes something that has to be deleted again."""
_TELLING = ("minimum_value", "near_boundary_number", "maximum_value")
_DULL = "default_positive_test"


def choose(
    operation: Operation, ground: Probe, sorts: frozenset[Sort], count: int, seed: int, *, base: Mapping[str, Any]
) -> list[Probe]:
    """At most `count` different probes of the sorts that may be sent."""
    if count <= 0:
        return []
    order = random.Random(f"{seed}/{operation.id}")  # noqa: S311 - a choice of inputs, no secret
    every = [probe for probe in coverage(operation, ground, base) if _fits(operation, probe, sorts)]
    by_sort = [[probe for probe in every if sort(operation, probe) is one] for one in Sort]
    covering = _by_turns([_groups(some, order, shuffled=True) for some in by_sort], _SORTS)
    sources = (
        list(covering),
        _groups([probe for probe in rare(operation, ground, base) if _fits(operation, probe, sorts)], order),
        [probe for probe in drawn(operation, ground, base, count, seed) if _fits(operation, probe, sorts)],
    )
    seen = {ground.key}
    chosen: list[Probe] = []
    costly = _ACCEPTED if operation.makes else count
    for probe in _by_turns(sources, _SOURCES):
        is_valid = sort(operation, probe) is Sort.VALID
        if probe.key not in seen and len(chosen) < count and costly - is_valid >= 0:
            seen.add(probe.key)
            costly -= is_valid
            chosen.append(probe)
    return chosen


def _fits(operation: Operation, probe: Probe, sorts: frozenset[Sort]) -> bool:
    return sort(operation, probe) in sorts and sent(operation, probe)


def _groups(probes: Iterable[Probe], order: random.Random, *, shuffled: bool = False) -> list[Probe]:
    """One of each group by turns; which one of it first is for the seed to say, and of coverage which group, too."""
    groups: dict[str, list[Probe]] = {}
    for probe in probes:
        groups.setdefault(probe.about, []).append(probe)
    several = list(groups.values())
    for group in several:
        order.shuffle(group)
    if shuffled:
        order.shuffle(several)
        several.sort(key=lambda group: (group[0].about.endswith(_DULL), not group[0].about.endswith(_TELLING)))
    return [probe for turn in zip_longest(*several) for probe in turn if probe is not None]


def _by_turns(sources: Sequence[Sequence[Probe]], turns: Sequence[int]) -> Iterator[Probe]:
    """One of each source whose turn it is; what has no turn comes last."""
    left = [iter(source) for source in sources]
    remaining = sum(len(sources[turn]) for turn in set(turns))
    for turn in cycle(turns):
        if remaining == 0:
            break
        if (probe := next(left[turn], None)) is not None:
            remaining -= 1
            yield probe
    yield from (probe for source in left for probe in source)
