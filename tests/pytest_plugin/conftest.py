"""pytest with our plugin, as a person starts it: a process of its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.process import ended, environment, run_forked

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


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Ran]:
    """`pytest …` in the repository, at smoke and into a folder of the test's own; `before` is Python run first.

    `fresh`: in a process that has imported nothing.
    """

    def call(*arguments: str, before: str = "", cwd: Path = ROOT, fresh: bool = False, **env: str) -> Ran:
        given = ["--conformance-depth", "smoke", "--conformance-output", str(tmp_path / "out")]
        given += ["-p", "no:cacheprovider", *arguments]
        if fresh:
            code = f"import sys, pytest\n{before}\nsys.exit(pytest.main(sys.argv[1:]))"
            done = ended([sys.executable, "-c", code, *given], cwd, environment(**env))
        else:
            done = run_forked(pytest.main, given, cwd, environment(**env), before)
        return Ran(done.code, done.all, tmp_path / "out")

    return call
