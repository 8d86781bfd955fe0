"""Forty targets at once: how much longer than one alone, and how much memory. Takes some minutes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from conformance import yaml_document

__all__ = ["measure"]

TARGETS = 40
CASES = Path(__file__).parents[1] / "cases"

SERVERS = """
import json, sys
from conformance import reference
running = [reference.start("microcms-management", variants={"latency_ms": "120"}) for _ in range(int(sys.argv[1]))]
print(json.dumps([server.profile for server in running]), flush=True)
sys.stdin.read()
"""
AUDIT = """
import json, resource, sys, time
from conformance.cli import main
began = time.perf_counter()
try:
    main(sys.argv[1:])
except SystemExit as left:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([left.code, time.perf_counter() - began, peak]))
"""


def measure() -> list[tuple[str, float, float, str]]:
    """Wall time of all over that of one alone, and the peak of memory in MB; the servers are other processes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "cases").symlink_to(CASES)
        servers = [_program(folder, SERVERS, str(TARGETS // 2)) for _ in range(2)]
        try:
            for number, profile in enumerate(one for server in servers for one in _said(server)):
                (folder / f"{number:02}.yaml").write_text(yaml_document.dump(profile), encoding="utf-8")
            profiles = [str(path) for path in sorted(folder.glob("*.yaml"))]
            alone, _ = _audited(folder, profiles[:1])
            together, peak = _audited(folder, profiles)
        finally:
            for server in servers:
                server.kill()
                server.wait()
    return [
        (f"{TARGETS} targets of 120 ms at once: time over that of one", together / alone, 1.5, "times"),
        (f"{TARGETS} targets at once: peak of memory", peak, 1000.0, "MB"),
    ]


def _audited(folder: Path, profiles: list[str]) -> tuple[float, float]:
    began = time.perf_counter()
    program = _program(folder, AUDIT, "audit", *profiles, "--output", "out")
    code, seconds, peak = json.loads(program.communicate()[0].splitlines()[-1])
    assert code == 0, f"exit code {code} after {time.perf_counter() - began:.0f} s"
    return float(seconds), float(peak)


def _said(server: subprocess.Popen[str]) -> list[dict[str, object]]:
    assert server.stdout is not None
    profiles: list[dict[str, object]] = json.loads(server.stdout.readline())
    return profiles


def _program(folder: Path, text: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", text, *arguments],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
