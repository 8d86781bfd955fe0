"""A reference server that writes down what it gets, and a whole run against it within this process."""

from __future__ import annotations

import copy
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance import reference
from conformance.contract.contract import Contract
from conformance.results.model import Exploration, RowResult, TargetRun
from conformance.session.target_runner import RunOptions, TargetRunner
from conformance.target.loader import Target
from conformance.target.selection import resolve_target, select_target
from conformance.yaml_document import dump
from tests.shipped_contracts import shipped_contract

CASES = Path(__file__).parents[2] / "cases"
CONTRACTS = ("kuroco", "microcms-management")


@dataclass
class Watched:
    """A server: every request that it got as `(method, path)`, and its profile to be changed."""

    running: Any
    profile: dict[str, Any]
    actual: list[tuple[str, str]] = field(default_factory=list)
    arrived: list[float] = field(default_factory=list)
    """When each of them came, in seconds."""

    def send(self, method: str, path: str, body: Any) -> Any:
        """Send a write of its own to it, and give its answer."""
        key = next(one for one in self.profile["credentials"].values() if "header" in one)
        headers = {key["header"]: key["value"], "Content-Type": "application/json"}
        url = f"{self.profile['base_url']}/{path.lstrip('/')}"
        request = urllib.request.Request(url, json.dumps(body).encode(), headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.loads(response.read() or b"null")

    @property
    def methods(self) -> set[str]:
        return {method for method, _ in self.actual}


def things(profile: Mapping[str, Any]) -> list[str]:
    """What there is on a server, as it tells itself: to compare before and after."""
    if profile["contract"] == "kuroco":
        listed = _asked(profile, "token", f"/{profile['fixtures']['list_path'].lstrip('/')}?cnt=100")["list"]
        return sorted(f"{one['topics_id']} {one['subject']}" for one in listed)
    media = _asked(profile, "full", "/api/v2/media?limit=100")["media"]
    contents = _asked(profile, "full", f"/api/v1/contents/{profile['fixtures']['endpoint']}?limit=100")["contents"]
    states = [f"{one['id']} {one['status']} {one['createdBy']}" for one in contents]
    return sorted([*(one["url"] for one in media), *states])


def _asked(profile: Mapping[str, Any], credential: str, path: str) -> Any:
    key = profile["credentials"][credential]
    request = urllib.request.Request(profile["base_url"] + path, headers={key["header"]: key["value"]})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


@contextmanager
def watched(
    contract: str, around: Callable[[Any, Callable[[Any], Any]], Any] | None = None, **options: Any
) -> Iterator[Watched]:
    """Start one; `around` may change what is answered to a request."""
    with reference.start(contract, **options) as running:
        profile = copy.deepcopy(running.profile)
        profile.pop("pace", None)
        server = Watched(running, profile)
        inner, lock = running.application.respond, threading.Lock()

        def respond(incoming: Any) -> Any:
            with lock:
                server.actual.append((incoming.method, incoming.path))
                server.arrived.append(time.monotonic())
            return around(incoming, inner) if around else inner(incoming)

        running.application.respond = respond  # type: ignore[method-assign]
        yield server


def contract(name: str) -> Contract:
    return shipped_contract(name)


def saved(folder: Path, profile: Mapping[str, Any]) -> Path:
    path = folder / "target.yaml"
    path.write_text(dump(dict(profile)), encoding="utf-8")
    return path


@dataclass
class Ran:
    """What a whole run came to."""

    rows: dict[str, RowResult]
    explored: list[Exploration]
    run: TargetRun
    sent: int

    @property
    def verdicts(self) -> dict[str, str]:
        return {name: row.verdict.value for name, row in self.rows.items()}


def resolve_saved(profile: Path | str, held: Contract) -> Target:
    """The target of a profile, or of a URL, for a contract."""
    selection = select_target(str(profile), held.name, (), {}, [held.name])
    return resolve_target(held, selection, lambda _: {}, {})


def ran(profile: Path, name: str, how: RunOptions, *, explore: bool = True) -> Ran:
    """Every row and exploration of a contract against a target."""
    held = contract(name)
    runner = TargetRunner(held, resolve_saved(profile, held), how)
    operations = [one for one, documented in held.file.operations.items() if documented.explore] if explore else []
    try:
        last = {row.id for row in held.rows if row.case.last}
        order = runner.begin(operations=operations)
        rows = {row: runner.row(row) for row in order if row not in last}
        explored = [runner.explore(operation) for operation in operations]
        rows |= {row: runner.row(row) for row in order if row in last}
        sent = runner.sent
    finally:
        runner.close()
    return Ran(rows, explored, runner.describe(), sent)
