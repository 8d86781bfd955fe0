"""Eight workers against one, on a target whose answers take 120 ms."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from conformance.yaml_document import dump

__all__ = ["measure"]

ROOT = Path(__file__).parents[1]
LIMITS = {"microcms-management": 0.33, "kuroco": 0.40}

SERVER = """
import json, sys
from conformance import reference
running = reference.start(sys.argv[1], variants={"latency_ms": "120"})
print(json.dumps(running.profile), flush=True)
sys.stdin.read()
"""


def measure() -> list[tuple[str, float, float, str]]:
    """Wall time of the whole command at `standard` with eight workers over that with one, per contract."""
    return [(f"{name}: 8 workers / 1 worker at 120 ms", _ratio(name), LIMITS[name], "times") for name in LIMITS]


def _ratio(contract: str) -> float:
    times, verdicts = [], []
    for workers in (1, 8):
        with tempfile.TemporaryDirectory() as folder:
            times.append(_took(contract, workers, Path(folder)))
            results = json.loads((Path(folder) / "results.json").read_text(encoding="utf-8"))
            verdicts.append([(row["id"], row["verdict"]) for run in results["runs"] for row in run["rows"]])
    if sorted(verdicts[0]) != sorted(verdicts[1]):
        raise SystemExit(f"{contract}: workers changed the verdicts")
    return times[1] / times[0]


def _took(contract: str, workers: int, folder: Path) -> float:
    command = [sys.executable, "-c", SERVER, contract]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        profile = {name: value for name, value in json.loads(server.stdout.readline()).items() if name != "pace"}
        path = folder / "target.yaml"
        path.write_text(dump(profile), encoding="utf-8")
        run = [sys.executable, "-m", "conformance", "run", "--target", str(path), "--workers", str(workers)]
        begun = time.perf_counter()
        subprocess.run([*run, "--output", str(folder)], cwd=ROOT, capture_output=True, check=False)
        took = time.perf_counter() - begun
        server.kill()
    return took
