"""What each further written case adds, against a bare `requests.Session` loop on the same server.

For comparison, what a further plain pytest test adds that makes the same request, with pytest-html on.
"""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import requests

from conformance import reference
from conformance.yaml_document import dump

__all__ = ["measure"]

ROUNDS = 5
FEW, MANY = 100, 1000


PLAIN = """
import os, pytest, requests
session = requests.Session()

@pytest.mark.parametrize("number", range(int(os.environ["CASES"])))
def test_case(number):
    headers = {os.environ["HEADER"]: os.environ["KEY"]}
    answer = session.get(os.environ["URL"], params={"limit": -1 - number}, headers=headers, timeout=10)
    assert answer.status_code == 400
    assert "no less than 0" in answer.json()["message"]
"""


def measure() -> list[tuple[str, float, float, str]]:
    """The median over the rounds of what a case adds (from 100 cases to 1,000), over a bare request's time.

    The bare loop runs before and after each pair, for a machine's speed changes from one second to the next.
    """
    with tempfile.TemporaryDirectory() as folder, reference.start("microcms-management") as server:
        few, many = (_contract(Path(folder) / str(count), count) for count in (FEW, MANY))
        profile = Path(folder) / "profile.yaml"
        profile.write_text(dump({**server.profile, "contract": "many"}), encoding="utf-8")
        ours = [_ratio(server, lambda: _run(many, profile) - _run(few, profile)) for _ in range(ROUNDS)]
        plain = Path(folder) / "plain"
        plain.mkdir()
        (plain / "test_plain.py").write_text(PLAIN, encoding="utf-8")
        theirs = [_ratio(server, lambda: _plain(plain, server, MANY) - _plain(plain, server, FEW)) for _ in range(3)]
    return [
        ("each further written case / a bare request", statistics.median(ours), 3.0, "times"),
        ("each further plain pytest test / a bare request", statistics.median(theirs), math.inf, "times"),
    ]


def _ratio(server: reference.RunningServer, pair: Callable[[], float]) -> float:
    before = _bare(server)
    added = pair() / (MANY - FEW)
    return added / ((before + _bare(server)) / 2)


def _bare(server: reference.RunningServer) -> float:
    """Seconds per request of a loop that judges nothing."""
    secret = server.profile["credentials"]["full"]
    url = f"{server.base_url}/api/v1/contents/{server.profile['fixtures']['endpoint']}"
    with requests.Session() as session:
        begun = time.perf_counter()
        for number in range(MANY):
            session.get(url, params={"limit": -1 - number}, headers={secret["header"]: secret["value"]}, timeout=10)
        return (time.perf_counter() - begun) / MANY


def _plain(folder: Path, server: reference.RunningServer, cases: int) -> float:
    """Seconds of a pytest run that knows nothing of us."""
    secret = server.profile["credentials"]["full"]
    url = f"{server.base_url}/api/v1/contents/{server.profile['fixtures']['endpoint']}"
    environment = {"CASES": str(cases), "URL": url, "HEADER": secret["header"], "KEY": secret["value"]}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis"]
    command += ["-p", "no:conformance.pytest_plugin", "--html=report.html", "--self-contained-html"]
    return _took(command, folder, {**os.environ, **environment})


def _run(folder: Path, profile: Path) -> float:
    """Seconds of a whole run, reports included."""
    command = [sys.executable, "-m", "conformance", "run", str(folder), "-p", "no:cacheprovider"]
    command += ["--target", str(profile), "--depth", "smoke", "--output", str(folder / "out")]
    return _took(command, folder, None)


def _took(command: list[str], folder: Path, environ: Mapping[str, str] | None) -> float:
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
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
