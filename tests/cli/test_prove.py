"""`conformance prove` tells what was caught, by which row and after how many requests, and writes it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from conformance.checks.model import Verdict
from conformance.cli.prove import _print_powers
from conformance.prove.mutations import Mutation
from conformance.prove.target_power import RowPower
from conformance.results.model import RowResult
from tests.report.made_up import conforms

ROOT = Path(__file__).parents[2]
FAULT = "accepts_limit_101_on_contents"


def prove(*arguments: str, output: Path) -> subprocess.Popen[str]:
    line = [sys.executable, "-m", "conformance", "prove", "--output", str(output), *arguments]
    return subprocess.Popen(line, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def written(folder: Path) -> dict[str, Any]:
    assert "<title" in (folder / "proof.html").read_text(encoding="utf-8")
    value: dict[str, Any] = json.loads((folder / "proof.json").read_text(encoding="utf-8"))
    return value


def test_a_caught_fault_is_told_with_its_row_and_the_requests_it_took(tmp_path: Path) -> None:
    run = prove("--depth", "smoke", "--seeds", "1", "--fault", FAULT, output=tmp_path)
    printed, _ = run.communicate(timeout=200)
    (contract,) = written(tmp_path)["contracts"]
    (fault,) = contract["faults"]
    assert run.returncode == 0, printed
    assert "1 of 1 fault caught, 0 of 2 right servers blamed, depth smoke" in printed
    assert (fault["outcome"], fault["row"]) == ("caught", "contents-get/limit-above-maximum")
    assert 0 < fault["after"] <= contract["requests"]
    assert [[0, 0], [fault["after"], 1]] == contract["curve"]


def test_an_unknown_fault_is_named_with_the_nearest(tmp_path: Path) -> None:
    run = prove("--fault", FAULT + "x", output=tmp_path)
    _, complaint = run.communicate(timeout=200)
    assert run.returncode == 4
    assert FAULT in complaint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_who_ends_it_gets_what_there_is(how: signal.Signals, tmp_path: Path) -> None:
    run = prove(
        "--depth", "smoke", "--own-rows", "--seeds", "0", "--contract", "kuroco", "--workers", "1", output=tmp_path
    )
    assert run.stderr is not None
    assert run.stderr.readline().startswith("1 of ")
    run.send_signal(how)
    printed, _ = run.communicate(timeout=200)
    proof = written(tmp_path)
    assert run.returncode == 2, printed
    assert proof["partial"]
    assert ", broken off" in printed
    assert 0 < len(proof["contracts"][0]["faults"]) < 274


def test_a_measured_target_that_is_broken_off_ends_with_2() -> None:
    def measured() -> Iterator[RowPower]:
        yield RowPower(RowResult("things/one", "things", 1, Verdict.CONFORMS))
        raise KeyboardInterrupt

    done = CliRunner().invoke(click.command(lambda: _print_powers(measured(), {})), standalone_mode=False)
    assert done.return_value == 2
    assert "0 of 1 rows measured" in done.output


@pytest.mark.parametrize(("caught", "code"), [(19, 0), (18, 1)])
def test_a_case_that_catches_95_of_100_faults_is_fit_for_use(caught: int, code: int) -> None:
    faults = tuple(Mutation(f"fault {n}", "It is wrong.", "nothing", {}, caught=n < caught) for n in range(20))
    assert _print_powers([RowPower(conforms(), faults)], {}) == code
