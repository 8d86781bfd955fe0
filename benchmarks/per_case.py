"""What each further written case adds, against a bare `requests.Session` loop on the same server."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

from conformance import reference
from conformance.source import dump

__all__ = ["measure"]

ROUNDS = 3
FEW, MANY = 100, 1000


def measure() -> list[tuple[str, float, float, str]]:
    """The median over the rounds of what a case adds (from 100 cases to 1,000), over a bare request's time."""
    with tempfile.TemporaryDirectory() as folder, reference.start("microcms-management") as server:
        few, many = (_contract(Path(folder) / str(count), count) for count in (FEW, MANY))
        profile = Path(folder) / "profile.yaml"
        profile.write_text(dump({**server.profile, "contract": "many"}), encoding="utf-8")
        ratios = []
        for _ in range(ROUNDS):
            bare = _bare(server)
            added = (_run(many, profile) - _run(few, profile)) / (MANY - FEW)
            ratios.append(added / bare)
    return [("each further written case / a bare request", statistics.median(ratios), 3.0, "times")]


def _bare(server: reference.Running) -> float:
    """Seconds per request of a loop that judges nothing."""
    secret = server.profile["credentials"]["full"]
    url = f"{server.base_url}/api/v1/contents/{server.profile['fixtures']['endpoint']}"
    with requests.Session() as session:
        begun = time.perf_counter()
        for number in range(MANY):
            session.get(url, params={"limit": -1 - number}, headers={secret["header"]: secret["value"]}, timeout=10)
        return (time.perf_counter() - begun) / MANY


def _run(folder: Path, profile: Path) -> float:
    """Seconds of a whole run, reports included."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis", str(folder)]
    command += ["--target", str(profile), "--depth", "smoke", "--output", str(folder / "out")]
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    took = time.perf_counter() - begun
    if done.returncode != 0:
        raise SystemExit(done.stdout[-3000:] + done.stderr[-3000:])
    return took


def _contract(folder: Path, count: int) -> Path:
    """A contract of `count` rows, each a GET with a status and a message, and one control that they share."""
    folder.mkdir(parents=True)
    control = [{"label": "limit=1", "steps": [{"call": "listContents", "request": {"query": {"limit": 1}}}]}]
    rows = [
        {
            "id": f"case-{number}",
            "cause": "The limit is below 0.",
            "request": {"query": {"limit": -1 - number}},
            "expect": {"status": 400, "message": "Limit: must be no less than 0."},
            "control": control,
        }
        for number in range(count)
    ]
    known = {name: {"about": "-"} for name in ("full", "forbidden", "throttled")}
    here = Path(__file__).parents[1] / "cases" / "microcms-management"
    head = {
        "contract": "many",
        "title": "Many",
        "edition": "1",
        "document": "none",
        "tables": ["many"],
        "credential": "full",
        "envelope": {"schema": {"type": "object"}, "body_may_lack": True},
        "credentials": known,
        "fixtures": {name: {"about": "-"} for name in _fixtures()},
        "vantages": {"outside": {"about": "-"}},
        "hooks": {"internal_error": {"about": "-"}},
        "operations": {"listContents": {"path": {"endpoint": "{fixture.endpoint}"}}},
    }
    (folder / "contract.yaml").write_text(dump(head), encoding="utf-8")
    (folder / "many.yaml").write_text(
        dump({"table": "many", "title": "Many", "operation": "listContents", "rows": rows}), encoding="utf-8"
    )
    (folder / "openapi.yaml").write_text((here / "openapi.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    return folder


def _fixtures() -> list[str]:
    with reference.start("microcms-management") as server:
        return list(server.profile["fixtures"])
