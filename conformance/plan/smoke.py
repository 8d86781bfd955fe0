"""What smoke tries of a row beside the written example: the probes most unlike it, as few requests leave room for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle

from conformance.plan.model import PlannedStep, Probe
from conformance.plan.variants import LanguageVariant

__all__ = ["count_requests", "order_by_difference", "smoke_language_variants"]


def count_requests(chain: Sequence[PlannedStep]) -> int:
    """How many requests a chain takes that passes; what a later step of it undoes needs no undoing."""
    undos = [(step.undo, chain[at + 1 :]) for at, step in enumerate(chain) if step.undo]
    return len(chain) + sum(not _undone(undo, later) for undo, later in undos)


def order_by_difference(example: Probe, others: Sequence[Probe]) -> Iterator[Probe]:
    """All the others, each unlike the example and those before it in as many ways as possible.

    Of equals the first is taken: edges are written with the most telling first.
    """
    chosen, left = [example], list(others)
    while left:
        best = max(left, key=lambda probe: _ways(probe, chosen))
        left.remove(best)
        chosen.append(best)
        yield best


def smoke_language_variants(every: Sequence[LanguageVariant]) -> Iterator[LanguageVariant]:
    """In which voice each probe after the example asks: first in the one that is most unlike the example's."""
    last = every[-1:]
    return cycle(
        [
            *last,
            *(language_variant for language_variant in every[1:-1] if language_variant.language == last[0].language),
            *every[:1],
        ]
    )


def _ways(probe: Probe, chosen: Sequence[Probe]) -> int:
    """Another operation than any, another input, and no near miss, which may be valid after all.

    The example's own input is another one where the operation is another.
    """
    operation = all(probe.operation != other.operation for other in chosen)
    alike = [other for other in chosen if other.role != "example" or other.operation == probe.operation]
    value = all(probe.value != other.value for other in alike)
    return operation + value + (probe.unless is None)


def _undone(undo: PlannedStep, later: Sequence[PlannedStep]) -> bool:
    return any((undo.operation, undo.request) == (step.operation, step.request) for step in later)
