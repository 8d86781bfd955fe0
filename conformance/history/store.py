"""Adds runs to a history file, reads them, and deletes old ones."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from conformance.checks.model import Verdict
from conformance.errors import ConfigError, Problem
from conformance.files import refuse_file
from conformance.history.database import transaction
from conformance.history.model import HistoryCell, RowHistory, RunPoint, TargetHistory
from conformance.jsontools import replace_surrogates
from conformance.results.matching import label_run
from conformance.results.model import Results, TargetRun

_KEEP: Final = re.compile(r"\s*([1-9]\d{0,5})\s*(d|days?|runs?)\s*")


@dataclass(frozen=True, slots=True)
class Retention:
    """How long runs are kept: a number of days before the newest run, a number of runs of each target, or forever."""

    days: int | None = None
    runs: int | None = None

    @classmethod
    def parse(cls, text: str, option: str = "--history-keep") -> Retention:
        """Parse `90 days`, `90d` or `500 runs`; raise ConfigError with the name of the option for anything else."""
        found = _KEEP.fullmatch(text)
        if found is None:
            what = f"{text!r} is no time and no number of runs"
            raise ConfigError([Problem(option, what, "say `90 days` or `500 runs`")])
        number = int(found[1])
        return cls(runs=number) if found[2].startswith("run") else cls(days=number)


def append_results(path: Path, results: Results, keep: Retention | None = None) -> None:
    """Add every run of the results in one transaction, so that all or none are in the file.

    Concurrent jobs wait for each other. Raises ConfigError for a file that is damaged or not a history, without
    changing it, and OutputError if it cannot be written.
    """
    with transaction(path) as connection:
        for run in results.runs:
            _insert_run(connection, results, run)
        if keep is not None:
            for run in results.runs:
                _delete_old(connection, run.contract.name, label_run(run), results.started, keep)


def delete_old_runs(path: Path, keep: Retention) -> None:
    """Delete old runs of every target, counted from its newest run; raise as `append_results`."""
    with _open_existing(path) as connection:
        newest = "SELECT contract, target, max(datetime(started)) FROM runs GROUP BY contract, target"
        for contract, target, started in connection.execute(newest).fetchall():
            _delete_old(connection, contract, target, started, keep)


def _open_existing(path: Path) -> AbstractContextManager[sqlite3.Connection]:
    if not path.exists() and refuse_file(path) is None:
        hint = "write one with `conformance run --history`"
        raise ConfigError([Problem(str(path), "there is no such history", hint)])
    return transaction(path)


def _insert_run(connection: sqlite3.Connection, results: Results, run: TargetRun) -> None:
    number = _insert(connection, "runs", {
        "contract": run.contract.name, "edition": run.contract.edition, "target": label_run(run),
        "base_url": str(run.target.get("base_url", "")), "started": results.started, "seconds": results.seconds,
        "requests": run.requests, "verdict": run.verdict.value, "depth": results.depth, "seed": str(results.seed),
        "suite": f"{results.suite.name} {results.suite.version}", "partial": int(results.partial),
        "explored": sum(one.verdict is Verdict.VIOLATES for one in run.explored),
    })  # fmt: skip
    tried = {"contract": run.contract.name, "target": label_run(run), "started": results.started}
    for row in run.rows:
        _insert(connection, "rows", {
            "run": number, "id": row.id, "tab": row.table, "n": row.row, "verdict": row.verdict.value,
            "requests": row.requests, "seconds": row.seconds, "wording": row.observed, "reason": row.reason or "",
            "editions": "\n".join(sorted(row.editions)), "known": row.known.reason if row.known else "",
        })  # fmt: skip
        for choice in row.choices:
            made = {"run": number, "row": row.id, "input": choice.input, "answer": choice.answer}
            _insert(connection, "choices", made)
        for attempt in row.attempts:
            newest = "ON CONFLICT DO UPDATE SET started = max(started, excluded.started)"
            _insert(connection, "tried", {**tried, "row": row.id, "label": str(attempt.label)}, newest)


def _insert(connection: sqlite3.Connection, table: str, values: Mapping[str, Any], more: str = "") -> int | None:
    marks = ", ".join("?" * len(values))
    statement = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks}) {more}"  # noqa: S608 - names of ours only
    return connection.execute(statement, _clean(tuple(values.values()))).lastrowid


def read_last_tried(path: Path, contract: str, target: str) -> dict[tuple[str, str], str]:
    """Return when each probe was last tried on a target, by row and label; create a missing file."""
    with transaction(path) as connection:
        found = connection.execute(
            "SELECT row, label, started FROM tried WHERE contract = ? AND target = ?", _clean((contract, target))
        )
        return {(row, label): started for row, label, started in found}


def _delete_old(connection: sqlite3.Connection, contract: str, target: str, started: str, keep: Retention) -> None:
    """Delete old runs of this contract on this target; runs of other targets are not affected."""
    which = _clean((contract, target))
    if keep.days is not None:
        connection.execute(
            "DELETE FROM runs WHERE contract = ? AND target = ? AND datetime(started) < datetime(?, ?)",
            (*which, started, f"-{keep.days} days"),
        )
    if keep.runs is not None:
        connection.execute(
            "DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE contract = ? AND target = ?"
            " ORDER BY datetime(started) DESC, id DESC LIMIT -1 OFFSET ?)",
            (*which, keep.runs),
        )


def _clean(values: tuple[object, ...]) -> tuple[object, ...]:
    """Replace lone surrogates, which SQLite refuses."""
    return tuple(map(replace_surrogates, values))


def read_history(
    path: Path, contract: str | None = None, target: str | None = None, last: int | None = None
) -> tuple[TargetHistory, ...]:
    """Return targets' rows over time, of a contract, a target or the `last` runs; raises ConfigError."""
    with _open_existing(path) as connection:
        pairs = connection.execute("SELECT contract, target FROM runs GROUP BY contract, target ORDER BY min(id)")
        found = [
            _read_target(connection, pair[0], pair[1], last)
            for pair in pairs.fetchall()
            if contract in {None, pair[0]} and target in {None, pair[1]}
        ]
        return tuple(one for one in found if one.runs)  # a damaged index may name targets without runs


def _read_target(connection: sqlite3.Connection, contract: str, target: str, last: int | None) -> TargetHistory:
    statement = (
        "SELECT id, started, verdict, requests, seconds, depth, suite, partial, explored FROM runs"
        " WHERE contract = ? AND target = ? ORDER BY datetime(started), id"
    )
    runs = tuple(
        RunPoint(number, started, Verdict(verdict), *facts)
        for number, started, verdict, *facts in connection.execute(statement, (contract, target))
    )
    runs = runs[-last:] if last else runs
    return TargetHistory(contract, target, runs, _read_lines(connection, runs), _read_choices(connection, runs))


def _read_lines(connection: sqlite3.Connection, runs: tuple[RunPoint, ...]) -> tuple[RowHistory, ...]:
    """Return the rows in the order of the newest run, then those that it no longer has."""
    places: dict[str, tuple[str, int]] = {}
    cells: dict[str, list[HistoryCell | None]] = {}
    statement = "SELECT id, tab, n, verdict, wording, editions, known FROM rows WHERE run = ?"
    for at in reversed(range(len(runs))):
        run = runs[at]
        for name, table, number, verdict, wording, editions, known in connection.execute(statement, (run.number,)):
            places.setdefault(name, (table, number))
            names = tuple(editions.split("\n")) if editions else ()
            line = cells.setdefault(name, [None] * len(runs))
            line[at] = HistoryCell(run.started, Verdict(verdict), wording, names, known)
    tables = list(dict.fromkeys(table for table, _ in places.values()))
    ordered = sorted(places, key=lambda name: (tables.index(places[name][0]), places[name][1], name))
    return tuple(RowHistory(name, *places[name], tuple(cells[name])) for name in ordered)


def _read_choices(
    connection: sqlite3.Connection, runs: Iterable[RunPoint]
) -> tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]:
    statement = "SELECT row, input, answer FROM choices WHERE run = ? ORDER BY row, input"
    made: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for run in runs:
        found = connection.execute(statement, (run.number,)).fetchall()
        for key, choices in groupby(found, key=lambda choice: choice[:2]):
            made.setdefault(key, []).append((run.started, ", ".join(sorted({answer for *_, answer in choices}))))
    stretches = {key: [next(same) for _, same in groupby(answers, itemgetter(1))] for key, answers in made.items()}
    return tuple((*key, tuple(changes)) for key, changes in sorted(stretches.items()) if len(changes) > 1)
