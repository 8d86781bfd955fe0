"""Reads a history as lines over time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from conformance.errors import Problem, Unusable
from conformance.results.history.lines import Cell, History, Line, RunPoint, TargetHistory
from conformance.results.history.opening import transaction
from conformance.results.model import Verdict

__all__ = ["read"]


def read(path: Path, contract: str | None = None, target: str | None = None, last: int | None = None) -> History:
    """Every target's rows over time; of one contract, of one target, of the `last` runs only where that is asked for.

    Raises Unusable for a file that is not there, that is no history or that is damaged.
    """
    path = Path(path)
    if not path.exists():
        raise Unusable([Problem(str(path), "there is no such history", "write one with `conformance run --history`")])
    with transaction(path) as connection:
        pairs = connection.execute("SELECT contract, target FROM runs GROUP BY contract, target ORDER BY min(id)")
        return History(
            tuple(
                _target(connection, pair[0], pair[1], last)
                for pair in pairs.fetchall()
                if contract in {None, pair[0]} and target in {None, pair[1]}
            )
        )


def _target(connection: sqlite3.Connection, contract: str, target: str, last: int | None) -> TargetHistory:
    statement = (
        "SELECT id, started, verdict, requests, seconds, depth, edition, suite, base_url, partial FROM runs"
        " WHERE contract = ? AND target = ? ORDER BY datetime(started), id"
    )
    runs = tuple(
        RunPoint(number, started, Verdict(verdict), requests, seconds, depth, edition, suite, url, bool(partial))
        for number, started, verdict, requests, seconds, depth, edition, suite, url, partial in connection.execute(
            statement, (contract, target)
        )
    )
    runs = runs[-last:] if last else runs
    return TargetHistory(contract, target, runs, _lines(connection, runs), _choices(connection, runs))


def _lines(connection: sqlite3.Connection, runs: tuple[RunPoint, ...]) -> tuple[Line, ...]:
    """In the order of the newest run, then rows that it no longer has."""
    places: dict[str, tuple[str, int]] = {}
    cells: dict[str, list[Cell | None]] = {}
    for at in reversed(range(len(runs))):
        run = runs[at]
        rows = connection.execute(
            "SELECT id, tab, n, verdict, wording, editions FROM rows WHERE run = ?", (run.number,)
        )
        for name, table, number, verdict, wording, editions in rows:
            places.setdefault(name, (table, number))
            spoken = tuple(editions.split("\n")) if editions else ()
            line = cells.setdefault(name, [None] * len(runs))
            line[at] = Cell(run.started, Verdict(verdict), wording, spoken)
    tables = list(dict.fromkeys(table for table, _ in places.values()))
    ordered = sorted(places, key=lambda name: (tables.index(places[name][0]), places[name][1], name))
    return tuple(Line(name, *places[name], tuple(cells[name])) for name in ordered)


def _choices(
    connection: sqlite3.Connection, runs: Iterable[RunPoint]
) -> tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]:
    stretches: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for run in runs:
        found: dict[tuple[str, str], set[str]] = {}
        for row, text, answer in connection.execute(
            "SELECT row, input, answer FROM choices WHERE run = ?", (run.number,)
        ):
            found.setdefault((row, text), set()).add(answer)
        for key, answers in found.items():
            said = ", ".join(sorted(answers))
            held = stretches.setdefault(key, [])
            if not held or held[-1][1] != said:
                held.append((run.started, said))
    return tuple((row, text, tuple(held)) for (row, text), held in sorted(stretches.items()) if len(held) > 1)
