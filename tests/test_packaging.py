"""Where the suite runs: the image, the GitHub action, the pre-commit hook, the shell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]


def action() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return loaded


def test_the_image_copies_what_a_build_needs_and_runs_as_nobody() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = [name for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE) for name in line.split()]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert {"pyproject.toml", "setup.py", "MANIFEST.in", "conformance", "cases", "constraints.txt"} <= set(copied)
    user, entry = text.index("\nUSER conformance"), text.index("\nENTRYPOINT")
    assert user < entry


@pytest.mark.parametrize(("require", "code"), [("", 0), ("all 3", 5)])
def test_the_action_passes_its_inputs_on_and_ends_with_the_runs_exit_code(
    tmp_path: Path, require: str, code: int
) -> None:
    (step,) = [step for step in action()["runs"]["steps"] if step.get("id") == "run"]
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "conformance").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > called\nexit {code}\n')
    (programs / "conformance").chmod(0o755)
    inputs = {"TARGET": "a b.yaml", "CONTRACT": "", "DEPTH": "smoke", "REQUIRE": require, "ARGUMENTS": "-k login"}
    env = {"PATH": f"{programs}:{os.environ['PATH']}", "GITHUB_OUTPUT": str(tmp_path / "out"), "OUTPUT": "r", **inputs}
    done = subprocess.run(["bash", "-e", "-c", step["run"]], cwd=tmp_path, env=env, check=False, timeout=60)
    assert done.returncode == code
    called = (tmp_path / "called").read_text().splitlines()
    assert called[:5] == ["run", "--target", "a b.yaml", "--depth", "smoke"]
    assert called[-2:] == ["-k", "login"]
    assert called.count("--require") == len(require.split())
    assert (tmp_path / "out").read_text() == f"exit-code={code}\n"


def test_every_input_of_the_action_is_used() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert [name for name in action()["inputs"] if f"inputs.{name}" not in text] == []


def test_the_pre_commit_hook_is_a_command_that_there_is() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    done = subprocess.run(
        [sys.executable, "-m", *hook["entry"].split()],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_completes_commands(shell: str) -> None:
    program = Path(sys.executable).parent / "conformance"
    env = {**os.environ, "_CONFORMANCE_COMPLETE": f"{shell}_source"}
    done = subprocess.run([program], env=env, capture_output=True, text=True, check=False, timeout=60)
    assert "_CONFORMANCE_COMPLETE" in done.stdout, done.stderr
    asked = {
        **os.environ,
        "_CONFORMANCE_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": "conformance doc",
        "COMP_CWORD": "doc" if shell == "fish" else "1",
    }
    done = subprocess.run([program], env=asked, capture_output=True, text=True, check=False, timeout=60)
    assert "doctor" in done.stdout, done.stderr
