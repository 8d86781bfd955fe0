"""The curve of faults caught after so many requests, as points of a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from conformance.messages import Message, join_messages
from conformance.prove.model import ContractProof


@dataclass(frozen=True, slots=True)
class Curve:
    """A stair from the lower left; `steps` is an SVG path, in the units of a view box of `width` by `height`."""

    width: ClassVar = 720
    height: ClassVar = 260
    left: ClassVar = 52
    right: ClassVar = 704
    top: ClassVar = 12
    bottom: ClassVar = 224
    steps: str
    bound: str
    """The path of the best possible order of requests, if it were known which catches what; empty where it is not."""
    across: tuple[tuple[float, int], ...]
    """The lines of the grid, each with its number."""
    up: tuple[tuple[float, int], ...]
    table: tuple[tuple[int, int], ...]
    """The same in pairs, for those who do not see it: every tenth of the faults, and the last."""
    summary: str
    """The same in one sentence."""


def build_curve(proof: ContractProof) -> Curve | None:
    """The curve of a contract; None where nothing was caught."""
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
    """The first point with this share of what is caught in all."""
    return next(point for point in points if point[1] >= share * points[-1][1])


def _round_steps(most: int) -> list[int]:
    """About five round numbers from 0 up."""
    step = next(size * 10**power for power in range(9) for size in (1, 2, 5) if most <= 5 * size * 10**power)
    return list(range(0, most + 1, step))
