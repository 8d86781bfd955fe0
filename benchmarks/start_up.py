"""What it takes until something happens, against an empty pytest run and against Python itself."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

__all__ = ["measure"]

ROUNDS = 5
ROOT = Path(__file__).parents[1]


def measure() -> list[tuple[str, float, float, str]]:
    """Differences in seconds, medians of pairs taken in turn."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_empty.py").write_text("def test_empty():\n    pass\n", encoding="utf-8")
        plain = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        empty = [*plain, "-p", "no:schemathesis", "-p", "no:conformance.pytest_plugin", folder]
        options = ["--conformance-depth", "smoke", "--conformance-output", folder]
        ours = [*plain, *options, "cases/microcms-management", "--collect-only"]
        started = [_took(ours, ROOT) - _took(empty, Path(folder)) for _ in range(ROUNDS)]
    helped = [
        _took([sys.executable, "-m", "conformance", "--help"], ROOT) - _took([sys.executable, "-c", "pass"], ROOT)
        for _ in range(ROUNDS)
    ]
    return [
        ("collecting all rows, beyond an empty pytest run", statistics.median(started), 1.0, "s"),
        ("conformance --help, beyond python -c pass", statistics.median(helped), 0.3, "s"),
    ]


def _took(command: list[str], folder: Path) -> float:
    begun = time.perf_counter()
    subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return time.perf_counter() - begun
