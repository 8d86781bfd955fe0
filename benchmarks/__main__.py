"""Runs benchmarks and prints a line each: what, ratio, limit. Exits 1 where a limit is passed.

Without names it runs all that take minutes; `exploration` takes half an hour, and is run where it is named.
"""

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
LONG = frozenset(["exploration"])
"""Run only where they are named."""


def main(chosen: list[str]) -> int:
    if unknown := [name for name in chosen if name not in MEASURES]:
        print(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(MEASURES)}", file=sys.stderr)
        return 2
    expected = chosen or [name for name in MEASURES if name not in LONG]
    figures = [Figure(*values) for name in expected for values in MEASURES[name]()]
    for figure in figures:
        judged = f"(at most {figure.limit:g}) {'ok' if figure.value <= figure.limit else 'TOO MUCH'}"
        shown = judged if math.isfinite(figure.limit) else "(to compare with)"
        print(f"{figure.what:64} {figure.value:7.2f} {figure.unit:6} {shown}")
    return int(any(figure.value > figure.limit for figure in figures))


sys.exit(main(sys.argv[1:]))
