"""What tests of the whole tool share."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.cli import main

CASES = Path(__file__).parents[2] / "cases"
LOADED = ["cli.run", "explore.driver", "session.target_runner"]
LOADED += [f"pytest_plugin.{name}" for name in ("finish", "html", "plugin", "progress")]
LOADED += [f"reference.{name}" for name in ("kuroco.application", "microcms.application", "server")]
"""What most commands import: loaded once, and every command is a copy of the process that has it."""


@dataclass(frozen=True)
class CommandResult:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err


def environment(**more: str) -> dict[str, str]:
    """Ours, without what a surrounding pytest or CI has put in."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("PYTEST_", "GITHUB_", "COV_"))}
    return {**kept, "COLUMNS": "120", **more}


def ended(arguments: list[str], cwd: Path, env: Mapping[str, str]) -> CommandResult:
    done = subprocess.run(arguments, cwd=cwd, env=dict(env), capture_output=True, text=True, timeout=200, check=False)
    return CommandResult(done.returncode, done.stdout, done.stderr)


def run_tool(arguments: list[str], cwd: Path, env: Mapping[str, str]) -> CommandResult:
    """`conformance …` in a process of its own, which need not import it anew: that would take a second."""
    return run_forked(main, arguments, cwd, env)


def run_forked(
    act: Callable[..., object], arguments: list[str], cwd: Path, env: Mapping[str, str], before: str = ""
) -> CommandResult:
    """How a function ends in a new process that has imported most of the suite; `before` is Python run first."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([f"conformance.{name}" for name in LOADED])
    with tempfile.TemporaryDirectory() as folder:
        streams = Path(folder, "out"), Path(folder, "err")
        process = context.Process(target=_become, args=(act, arguments, (str(cwd), dict(env), streams), before))
        process.start()
        process.join(200)
        assert process.exitcode is not None, f"{arguments} did not end"
        out, err = (stream.read_text(encoding="utf-8") for stream in streams)
    return CommandResult(process.exitcode, out, err)


def _become(
    act: Callable[..., object], arguments: list[str], place: tuple[str, dict[str, str], tuple[Path, Path]], before: str
) -> None:
    cwd, env, streams = place
    for number, stream in enumerate(streams, 1):
        os.dup2(os.open(stream, os.O_WRONLY | os.O_CREAT, 0o600), number)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.path[:1] = [cwd, *filter(None, env.get("PYTHONPATH", "").split(os.pathsep))]
    exec(before, {"pytest": pytest, "sys": sys})
    sys.exit(act(arguments))
