"""`conformance audit --pair A B`: the same requests to both, and only where they differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from conformance.audit.folder import write_target_folder
from conformance.audit.job import AuditOptions, Job
from conformance.audit.jobs import build_jobs
from conformance.audit.pair import compare_pair
from conformance.audit.pair_forms import format_json_pair, format_pair, render_pair
from conformance.audit.pair_run import run_side_by_side
from conformance.audit.profiles import ProfileSummary, find_profiles, summarize_profiles
from conformance.audit.progress import INTERRUPTED
from conformance.client.rate_limit import Pace
from conformance.contract.contract import Contract
from conformance.errors import ConfigError, Problem
from conformance.files import write_text

__all__ = ["run_pair"]


def run_pair(
    pair: tuple[Path, Path],
    manner: AuditOptions,
    output: Path,
    known: Mapping[str, tuple[Contract, str]],
    language: str | None = None,
) -> int:
    """Write both reports, `pair.json` and `pair.html`, print where they differ; 1 where they do. Raises Unusable."""
    both = summarize_profiles([path for one in pair for path in find_profiles([one])])
    if len(both) != 2:
        raise ConfigError([Problem("--pair", "these are not two profiles", "give two files")])
    asked = build_jobs(both, known, manner, output)
    if asked.unusable:
        raise ConfigError([Problem(str(output), one.problem) for one in asked.unusable])
    results = run_side_by_side(*_paced(both, [asked.orders[one.name] for one in both]))
    for one, own in zip(both, results, strict=True):
        write_target_folder(output / one.folder, own, language=language)
    names = both[0].name, both[1].name
    found = compare_pair(*results, names)
    write_text(output / "pair.json", format_json_pair(found))
    write_text(output / "pair.html", render_pair(found))
    click.echo(format_pair(found), nl=False)
    if any(own.partial for own in results):
        return INTERRUPTED
    return int(bool(found.differences))


def _paced(both: tuple[ProfileSummary, ...], orders: list[Job]) -> tuple[tuple[Job, Job], Pace | None]:
    """The orders, and the pace that two of one group share; each has half of it for what only one of them sends."""
    first, second = orders
    if both[0].pace_group is None or both[0].pace_group != both[1].pace_group or first.pace is None:
        return (first, second), None
    count, seconds = first.pace
    half = (count // 2, seconds) if count > 1 else (1, seconds * 2)
    return (replace(first, pace=half), replace(second, pace=half)), Pace(count, seconds)
