"""The curve of faults caught by number of requests, as coordinates for SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from conformance.messages import Message, join_messages
from conformance.prove.model import ContractProof


@dataclass(frozen=True, slots=True)
class Curve:
    """A step curve from the lower left; `steps` is an SVG path in a view box of `width` by `height`."""

    width: ClassVar = 720
    height: ClassVar = 260
    left: ClassVar = 52
    right: ClassVar = 704
    top: ClassVar = 12
    bottom: ClassVar = 224
    steps: str
    bound: str
    """The path of the best possible order of requests; empty if it is not known which request catches what."""
    across: tuple[tuple[float, int], ...]
    """The grid lines along the x axis, as coordinate and number of requests; `up` along the y axis, with faults."""
    up: tuple[tuple[float, int], ...]
    table: tuple[tuple[int, int], ...]
    """Points of the curve as a table for screen readers: one for each tenth of the faults."""
    summary: str
    """The curve in a sentence or two."""


def build_curve(proof: ContractProof) -> Curve | None:
    """Return the curve of a contract, or None if nothing was caught."""
    points = proof.curve
    if len(points) < 2:
        return None
    most = max(points[-1][0], 1)
    total = max(len(proof.faults), 1)

    def across(requests: int) -> float:
        return round(Curve.left + (Curve.right - Curve.left) * requests / most, 1)

    def up(faults: int) -> float:
        return round(Curve.bottom - (Curve.bottom - Curve.top) * faults / total, 1)

    def stairs(pairs: Sequence[tuple[int, int]]) -> str:
        return f"M{across(0)} {up(0)}" + "".join(f"H{across(after)}V{up(caught)}" for after, caught in pairs[1:])

    known = [(after, caught) for after, caught in proof.bound if after <= most]
    return Curve(
        stairs(points),
        stairs(known) if len(known) > 1 else "",
        tuple((across(value), value) for value in _round_steps(most)),
        tuple((up(value), value) for value in _round_steps(total)),
        tuple(dict.fromkeys(_point_at(points, tenth / 10) for tenth in range(1, 11))),
        _summarize(proof, known),
    )


def _summarize(proof: ContractProof, known: Sequence[tuple[int, int]]) -> str:
    points = proof.curve
    first = Message(
        "{n} of {total} faults are caught within {requests} requests, half of them within {half}.",
        n=points[-1][1],
        total=len(proof.faults),
        requests=points[-1][0],
        half=_point_at(points, 0.5)[0],
    )
    if len(known) < 2:
        return first
    bound = Message(
        "Whoever knew all beforehand, and needed no set-up, would catch half of them within {n}.",
        n=_point_at(known, 0.5)[0],
    )
    return join_messages(" ", [first, bound])


def _point_at(points: Sequence[tuple[int, int]], share: float) -> tuple[int, int]:
    """Return the first point with at least this share of all caught faults."""
    return next(point for point in points if point[1] >= share * points[-1][1])


def _round_steps(most: int) -> list[int]:
    """Return about five round numbers from 0 to at most `most`."""
    step = next(size * 10**power for power in range(9) for size in (1, 2, 5) if most <= 5 * size * 10**power)
    return list(range(0, most + 1, step))
