"""The whole tool run against embedded servers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.client import retry
from tests.audit.embedded import Servers

CASES = Path(__file__).parents[2] / "cases"


@pytest.fixture
def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    """In a working folder with the cases in it."""
    (tmp_path / "targets").mkdir()
    (tmp_path / "cases").symlink_to(CASES)
    monkeypatch.chdir(tmp_path)
    with ExitStack() as stack:
        yield Servers(tmp_path / "targets", stack)


@pytest.fixture
def audit(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs the command, quick; gives the exit code. No request waits long before it is repeated."""
    monkeypatch.setattr(retry, "BACKOFF", (0.01,))

    def run(*arguments: object) -> int:
        options = ["--depth", "smoke", "--no-explore"]
        with pytest.raises(SystemExit) as left:
            main(["audit", *map(str, arguments), *options, "--output", "out"])
        return int(left.value.code or 0)

    return run


@pytest.fixture
def begun() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Begins a program in a process of its own."""
    made: list[subprocess.Popen[str]] = []

    def begin(*arguments: object, **environ: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | environ,
        )
        made.append(process)
        return process

    yield begin
    for process in made:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
