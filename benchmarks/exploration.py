"""Exploration beside `st run` of one OpenAPI file, on servers that are wrong outside the tables and right ones.

A finding on a right server is false. A fault counts as found where a wrong server shows a finding that the right one
does not show. Both get the same server, the same key and the same file; for `st run` the paths and the values that
exist on the target are written into it. Takes half an hour, most of it `st run`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from conformance import reference
from conformance.contract.contract import Contract
from conformance.contract.loader import read_contract
from conformance.explore.driver import explore_operation
from conformance.session.contract_run import build_context
from conformance.target import loader as target
from conformance.yaml_document import dump

__all__ = ["measure"]

CASES = Path(__file__).parents[1] / "cases"
CONTRACTS = ("microcms-management", "kuroco")
PATHS = {
    "login": "login_path", "token": "token_path", "logout": "logout_path", "profile": "profile_path",
    "listTopics": "list_path", "getTopic": "detail_path", "insertTopic": "insert_path", "updateTopic": "update_path",
    "deleteTopic": "delete_path",
}  # fmt: skip
"""Where a site's own path of an operation stands in its profile."""
SEED = 0


@dataclass(frozen=True)
class Report:
    """What one tool reported of one server: its findings, and how many requests that took."""

    findings: frozenset[tuple[str, ...]]
    requests: int


@dataclass(frozen=True)
class Tally:
    """What one tool made of all servers of a contract."""

    found: tuple[str, ...]
    missed: tuple[str, ...]
    false: int
    requests: int
    """To a right server."""
    sent: int
    """To all of them."""


def measure() -> list[tuple[str, float, float, str]]:
    """Prints the table; the figures are ratios to `st run`, at standard and at thorough."""
    figures = []
    print(f"{'':52} {'faults found':>14} {'false findings':>15} {'requests':>9} {'in all':>8}")
    for name in CONTRACTS:
        theirs = _tally(name, _st_run)
        ours = {depth: _tally(name, partial(_explore, depth=depth)) for depth in ("standard", "thorough")}
        for who, tally in (
            ("st run", theirs),
            *((f"conformance explore, {depth}", one) for depth, one in ours.items()),
        ):
            whole = len(tally.found) + len(tally.missed)
            print(
                f"{name + ': ' + who:52} {len(tally.found):>7} of {whole:<3} {tally.false:>15} {tally.requests:>9}"
                f" {tally.sent:>8}  missed: {', '.join(tally.missed) or 'none'}"
            )
        figures += list(_figures(name, theirs, ours))
    return figures


def _figures(name: str, theirs: Tally, ours: Mapping[str, Tally]) -> Iterator[tuple[str, float, float, str]]:
    for depth, one in ours.items():
        yield (
            f"{name}: faults found by st run over ours ({depth})",
            len(theirs.found) / max(1, len(one.found)),
            1,
            "times",
        )
        yield f"{name}: requests over those of st run ({depth})", one.requests / theirs.requests, 1, "times"
        yield f"{name}: false findings ({depth})", one.false, 0, ""


def _tally(name: str, tool: Any) -> Tally:
    contract = read_contract(CASES / name)
    right = _run_tool(contract, tool, ())
    reports = {fault.name: _run_tool(contract, tool, (fault.name,)) for fault in reference.undocumented_faults(name)}
    found = tuple(fault for fault, one in reports.items() if one.findings - right.findings)
    return Tally(
        found,
        tuple(fault for fault in reports if fault not in found),
        len(right.findings),
        right.requests,
        right.requests + sum(one.requests for one in reports.values()),
    )


def _run_tool(contract: Contract, tool: Any, faults: tuple[str, ...]) -> Report:
    with reference.start(contract.name, faults=faults) as server:
        report: Report = tool(contract, server)
        return report


def _explore(contract: Contract, server: reference.RunningServer, *, depth: Any) -> Report:
    context = build_context(
        contract, target.target_from_mapping(server.profile, where="benchmark", environ={}), depth, SEED
    )
    names = [name for name in contract.file.operations if contract.operations[name].spec.explore]
    results = [explore_operation(context, name) for name in names]
    findings = frozenset(
        (one.operation, item.check, str(item.expected))
        for one in results
        for item in one.findings
        if item.level.value != "note"
    )
    return Report(findings, sum(one.requests for one in results))


def _st_run(contract: Contract, server: reference.RunningServer) -> Report:
    """`st run` with its defaults, going on after a failure; a finding is an operation, a check and a title."""
    secret = server.profile["credentials"][contract.file.credential]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        document = folder / "openapi.yaml"
        document.write_text(dump(_fill_document(contract, server.profile["fixtures"])), encoding="utf-8")
        events = folder / "events.ndjson"
        command = [str(Path(sys.executable).with_name("st")), "run", str(document), "--url", server.base_url]
        command += ["-H", f"{secret['header']}: {secret['value']}", "--seed", str(SEED), "--continue-on-failure"]
        command += ["--report", "ndjson", "--report-ndjson-path", str(events)]
        subprocess.run(command, cwd=folder, capture_output=True, check=False, env={**os.environ, "NO_COLOR": "1"})
        return _read_events(events)


def _read_events(events: Path) -> Report:
    findings, requests = set(), 0
    for line in events.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        finished = event.get("ScenarioFinished")
        if finished is None:
            continue
        recorder = finished["recorder"]
        requests += len(recorder.get("interactions", ()))
        for checks in recorder.get("checks", {}).values():
            for check in checks:
                if check["status"] == "failure":
                    failure = check["failure_info"]["failure"]
                    findings.add((failure["operation"], check["name"], failure["title"]))
    return Report(frozenset(findings), requests)


def _fill_document(contract: Contract, fixtures: Mapping[str, Any]) -> dict[str, Any]:
    """The operations that are explored, with a target's own paths, and the values that exist as the only valid ones."""
    written = json.loads(json.dumps(contract.openapi))
    paths: dict[str, Any] = {}
    for path, item in written["paths"].items():
        for method, operation in item.items():
            name = operation["operationId"]
            if name in contract.file.operations and contract.operations[name].spec.explore:
                own = str(fixtures.get(PATHS.get(name, ""), path))
                paths.setdefault("/" + own.lstrip("/"), {})[method] = operation
    _fill_values({"paths": paths, "components": written["components"]}, fixtures)
    return {**written, "paths": paths, "servers": [{"url": "/"}]}


def _fill_values(part: Any, fixtures: Mapping[str, Any]) -> None:
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _fill_values(inner, fixtures)
    if isinstance(part, dict) and part.get("x-fixture") in fixtures and "schema" in part:
        part["schema"] = {"enum": [fixtures[part["x-fixture"]]]}
