"""pytest with our plugin, as a person starts it: a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ran:
    """How pytest ended, what it said, and where reports would be."""

    code: int
    out: str
    output: Path

    @property
    def verdicts(self) -> dict[str, str]:
        text = (self.output / "results.json").read_text(encoding="utf-8")
        return {row["id"]: row["verdict"] for run in json.loads(text)["runs"] for row in run["rows"]}


def environment() -> dict[str, str]:
    dropped = ("PYTEST_", "GITHUB_", "COV_")
    return {name: text for name, text in os.environ.items() if not name.startswith(dropped)}


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Ran]:
    """`pytest …` in the repository, at smoke and into a folder of the test's own; `before` is Python run first."""

    def call(*arguments: str, before: str = "", cwd: Path = ROOT, timeout: float = 120, **env: str) -> Ran:
        code = f"import sys, pytest\n{before}\nsys.exit(pytest.main(sys.argv[1:]))"
        given = [
            "--conformance-depth",
            "smoke",
            "--conformance-output",
            str(tmp_path / "out"),
            "-p",
            "no:cacheprovider",
            *arguments,
        ]
        done = subprocess.run(
            [sys.executable, "-c", code, *given], cwd=cwd, env={**environment(), **env},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout, check=False,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout, tmp_path / "out")

    return call
