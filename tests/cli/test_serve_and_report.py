"""`conformance serve` gives a profile that can be used; `conformance report` draws everything again."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from conformance.report.writers import WRITERS
from conformance.yaml_document import read_text
from tests.cli.process import CommandResult, environment


@contextlib.contextmanager
def serving(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "conformance", "serve", *arguments],
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_server_prints_a_profile_that_works_and_ends_with_ctrl_c() -> None:
    with serving("microcms-management", "--fault", "accepts_limit_minus_1_on_contents") as process:
        assert process.stderr is not None
        assert "listens at http://127.0.0.1:" in process.stderr.readline()
        asked = _profile_of(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    assert asked == 200


def _profile_of(process: subprocess.Popen[str]) -> int:
    """What the fault answers to a request made with the printed profile."""
    assert process.stdout is not None
    lines: list[str] = []
    while not any(line.startswith("allow:") for line in lines):
        lines.append(process.stdout.readline())
    document, _ = read_text("".join(line for line in lines if not line.startswith("allow:")), Path("profile"))
    assert document is not None
    key = document.value["credentials"]["full"]
    url = f"{document.value['base_url']}/api/v1/contents/{document.value['fixtures']['endpoint']}?limit=-1"
    with urlopen(Request(url, headers={key["header"]: key["value"]}), timeout=5) as answer:
        return int(answer.status)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["microcms"], "no such contract: 'microcms'; did you mean microcms-management"),
        (["kuroco", "--fault", "takes_any_grnt"], "did you mean takes_any_grant"),
    ],
)
def test_names_that_there_are_not_are_said_with_near_ones(
    here: Callable[..., CommandResult], arguments: list[str], expected: str
) -> None:
    result = here("serve", *arguments)
    assert result.code == 4
    assert expected in result.err


def test_a_port_that_is_taken_is_said(here: Callable[..., CommandResult]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = here("serve", "kuroco", "--port", str(taken.getsockname()[1]))
    assert result.code == 4
    assert "--port: port " in result.err


def test_every_fault_is_listed(here: Callable[..., CommandResult]) -> None:
    from conformance import reference

    result = here("serve", "kuroco", "--list")
    names = [fault.name for fault in reference.faults("kuroco")]
    assert [line.split()[0] for line in result.out.splitlines()] == names


def test_every_form_is_drawn_again_from_what_a_killed_run_left(
    here: Callable[..., CommandResult], tool: Callable[..., CommandResult], tmp_path: Path
) -> None:
    ran = tool("run", "--contract", "microcms-management", "--depth", "smoke", "-k", "member-not-found")
    assert ran.code == 0, ran.all
    stream = tmp_path / "reports" / "results.jsonl"
    whole = stream.read_text(encoding="utf-8").splitlines(keepends=True)
    stream.write_text("".join(whole[:-1]) + whole[-1][:20], encoding="utf-8")
    forms = [argument for form in WRITERS for argument in ("--form", form)]
    result = here("report", str(stream), "--output", str(tmp_path / "again"), *forms)
    assert result.code == 0, result.err
    assert "partial: the run was killed before it ended" in result.err
    assert {writer.file for writer in WRITERS.values()} == {path.name for path in (tmp_path / "again").iterdir()}
    again = json.loads((tmp_path / "again" / "results.json").read_text(encoding="utf-8"))
    first = json.loads((tmp_path / "reports" / "results.json").read_text(encoding="utf-8"))
    assert again["partial"]
    assert first["runs"] == again["runs"]
    assert "members-get/member-not-found" in (tmp_path / "again" / "report.html").read_text(encoding="utf-8")


def test_a_file_that_holds_no_results_is_refused(here: Callable[..., CommandResult], tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    result = here("report", str(tmp_path / "other.json"))
    assert result.code == 4
    assert "these are no results" in result.err
