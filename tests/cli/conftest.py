"""The whole tool, as a person starts it: in a process of its own, or in this one where nothing is run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance import reference
from conformance.cli import main
from conformance.yaml_document import dump
from tests.cli.process import CommandResult, environment, run_tool


@pytest.fixture
def tool(tmp_path: Path) -> Callable[..., CommandResult]:
    """`conformance …` in an empty folder of its own."""

    def call(*arguments: str, cwd: Path | None = None, **env: str) -> CommandResult:
        return run_tool([*arguments], cwd or tmp_path, environment(**env))

    return call


@pytest.fixture
def here(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., CommandResult]:
    """`conformance …` in this process, in an empty folder: for commands that run no pytest."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> CommandResult:
        with pytest.raises(SystemExit) as ending:
            main([*arguments])
        result = capsys.readouterr()
        return CommandResult(int(ending.value.code or 0), result.out, result.err)

    return call


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """A reference server with faults, and the file of a profile for it."""
    running: list[reference.RunningServer] = []

    def serve(contract: str, *faults: str, **instead: Any) -> Path:
        running.append(reference.start(contract, faults=faults))
        path = tmp_path / f"{contract}.yaml"
        path.write_text(dump({**running[-1].profile, **instead}), encoding="utf-8")
        return path

    yield serve
    for server in running:
        server.close()
