"""What tests of the whole tool share."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CASES = Path(__file__).parents[2] / "cases"


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
    done = subprocess.run(arguments, cwd=cwd, env=dict(env), capture_output=True, text=True, timeout=120, check=False)
    return CommandResult(done.returncode, done.stdout, done.stderr)
