"""Lines of `results.jsonl` become runs again: while a run goes on, and after one was killed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from conformance.assemble import assemble_run, build_results, utc_now
from conformance.messages import Message
from conformance.results.events import Event
from conformance.results.model import Exploration, Results, RowResult, TargetRun, Undocumented

__all__ = ["rebuild_results", "rebuild_runs"]


@dataclass(slots=True)
class _Parts:
    run: TargetRun
    rows: dict[str, RowResult] = field(default_factory=dict)
    explored: dict[str, Exploration] = field(default_factory=dict)
    undocumented: dict[str, tuple[Undocumented, ...]] = field(default_factory=dict)
    """By operation, as `explored`."""


def rebuild_runs(lines: Iterable[Event]) -> tuple[TargetRun, ...]:
    """The runs that the lines tell of; a later line of the same row takes the place of an earlier one."""
    parts: dict[str, _Parts] = {}
    for line in lines:
        if line.run is not None:
            known = parts.setdefault(line.contract, _Parts(line.run))
            warnings = dict.fromkeys([*known.run.warnings, *line.run.warnings])
            known.run = replace(known.run, warnings=tuple(warnings))
        found = parts.get(line.contract)
        if found is None:
            continue
        if line.row is not None:
            found.rows[line.row.id] = line.row
        if line.explored is not None:
            found.explored[line.explored.operation] = line.explored
            found.undocumented[line.explored.operation] = line.undocumented
    return tuple(_told(part) for part in parts.values())


def _told(part: _Parts) -> TargetRun:
    undocumented = [item for found in part.undocumented.values() for item in found]
    return assemble_run(part.run, part.rows.values(), part.explored.values(), undocumented)


def rebuild_results(lines: Iterable[Event]) -> Results:
    """The results of a file of lines; partial where it has no end."""
    told = list(lines)
    first = next((line for line in told if line.started), Event("run", depth="standard", started=utc_now()))
    end = next((line for line in told if line.kind == "end"), None)
    return build_results(
        rebuild_runs(told),
        seed=first.seed,
        depth=first.depth,
        started=first.started,
        seconds=end.seconds if end else 0.0,
        why_partial=end.why_partial if end else Message("the run was killed before it ended"),
    )
