"""Which inputs are worth their requests: the most telling of each kind first, the same ones for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import cycle, zip_longest
from typing import Any

from conformance.explore.generate import coverage_probes, drawn_probes
from conformance.explore.inputs import ExploreProbe
from conformance.explore.openapi import DocumentedOperation
from conformance.explore.rare_inputs import rare_probes
from conformance.explore.validity import Validity, classify_probe, sent_parts

__all__ = ["choose_probes"]

_SOURCES = (1, 0, 1, 0, 0, 1, 0, 2)
"""Turns of coverage (0), rare values (1) and drawn ones (2)."""
_SORTS = (1, 0, 1, 1)
"""Turns within coverage of what is valid (0) and what is not (1): most faults are faults of refusing."""

_ACCEPTED = 2
"""So many valid inputs at most where each makes something that has to be deleted again."""
_TELLING = ("minimum_value", "near_boundary_number", "maximum_value")
_DULL = "default_positive_test"


def choose_probes(
    operation: DocumentedOperation,
    context: ExploreProbe,
    sorts: frozenset[Validity],
    count: int,
    seed: int,
    *,
    base: Mapping[str, Any],
) -> list[ExploreProbe]:
    """At most `count` different probes of the sorts that may be sent."""
    if count <= 0:
        return []
    order = random.Random(f"{seed}/{operation.id}")  # noqa: S311 - a choice of inputs, no secret
    every = [probe for probe in coverage_probes(operation, context, base) if _fits(operation, probe, sorts)]
    by_sort = [[probe for probe in every if classify_probe(operation, probe) is one] for one in Validity]
    covering = _by_turns([_groups(some, order, shuffled=True) for some in by_sort], _SORTS)
    sources = (
        list(covering),
        _groups([probe for probe in rare_probes(operation, context, base) if _fits(operation, probe, sorts)], order),
        [probe for probe in drawn_probes(operation, context, base, count, seed) if _fits(operation, probe, sorts)],
    )
    seen = {context.key}
    chosen: list[ExploreProbe] = []
    costly = _ACCEPTED if operation.makes else count
    for probe in _by_turns(sources, _SOURCES):
        is_valid = classify_probe(operation, probe) is Validity.VALID
        if probe.key not in seen and len(chosen) < count and costly - is_valid >= 0:
            seen.add(probe.key)
            costly -= is_valid
            chosen.append(probe)
    return chosen


def _fits(operation: DocumentedOperation, probe: ExploreProbe, sorts: frozenset[Validity]) -> bool:
    return classify_probe(operation, probe) in sorts and sent_parts(operation, probe)


def _groups(probes: Iterable[ExploreProbe], order: random.Random, *, shuffled: bool = False) -> list[ExploreProbe]:
    """One of each group by turns; which one of it first is for the seed to say, and of coverage which group, too."""
    groups: dict[str, list[ExploreProbe]] = {}
    for probe in probes:
        groups.setdefault(probe.about, []).append(probe)
    several = list(groups.values())
    for group in several:
        order.shuffle(group)
    if shuffled:
        order.shuffle(several)
        several.sort(key=lambda group: (group[0].about.endswith(_DULL), not group[0].about.endswith(_TELLING)))
    return [probe for turn in zip_longest(*several) for probe in turn if probe is not None]


def _by_turns(sources: Sequence[Sequence[ExploreProbe]], turns: Sequence[int]) -> Iterator[ExploreProbe]:
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
