"""Runs every benchmark and prints a line each: what, ratio, limit. Exits 1 where a limit is passed."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import audit, exploration, per_case, start_up, workers

__all__: list[str] = []


@dataclass(frozen=True)
class Figure:
    """One measured figure and the limit it must stay below."""

    what: str
    value: float
    limit: float
    unit: str


MEASURES: dict[str, Callable[[], list[tuple[str, float, float, str]]]] = {
    "audit": audit.measure,
    "exploration": exploration.measure,
    "per-case": per_case.measure,
    "start-up": start_up.measure,
    "workers": workers.measure,
}


def main(chosen: list[str]) -> int:
    figures = [
        Figure(*values) for name, measure in MEASURES.items() if not chosen or name in chosen for values in measure()
    ]
    for figure in figures:
        judged = f"(at most {figure.limit:g}) {'ok' if figure.value <= figure.limit else 'TOO MUCH'}"
        said = judged if math.isfinite(figure.limit) else "(to compare with)"
        print(f"{figure.what:64} {figure.value:7.2f} {figure.unit:6} {said}")
    return int(any(figure.value > figure.limit for figure in figures))


sys.exit(main(sys.argv[1:]))
