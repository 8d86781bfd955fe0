"""What is no plain file (a pipe, a device, a folder, a link to itself) is refused at once, whoever names it."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance.audit.folder import read_kept_results
from conformance.audit.jobs import Job, load_contracts
from conformance.cli import group
from conformance.contract.power import read_power
from conformance.engine.journal import open_ledger
from conformance.errors import ConfigError, ConformanceError
from conformance.target.loader import read_profile

ROOT = Path(__file__).parents[2]
FIRST_FORMAT = str(ROOT / "tests/results/format_1")
PROFILE = "contract: kuroco\nbase_url: http://127.0.0.1:9\n"
KEYS = {
    "ca_bundle": "ca_bundle: odd",
    "client_cert": "client_cert: odd",
    "cert": "client_cert: {cert: odd}",
    "key": "client_cert: {cert: target.yaml, key: odd}",
    "pkcs12": "client_cert: {pkcs12: odd}",
    "passphrase": "client_cert: {cert: target.yaml, passphrase: {file: odd}}",
    "expectations": "expectations: odd",
    "credentials": "credentials: {token: {header: X-A, file: odd}}",
    "password": "credentials: {token: {header: X-A, basic: {user: me, password: {file: odd}}}}",
    "login": "credentials: {login: {email: {file: odd}}}",
    "headers": "headers: {X-A: {file: odd}}",
}
READING = {
    "baseline": ["run", "--baseline", "odd"],
    "history of a run": ["run", "--history", "odd"],
    "history": ["history", "odd"],
    "compare": ["compare", FIRST_FORMAT, "odd"],
    "report": ["report", "odd"],
    "rejudge": ["rejudge", "odd"],
    "prove": ["prove", "--recorded", "odd"],
    "new": ["new", "another", "--from", "odd"],
    "openapi": ["new", "another", "--from", str(ROOT / "tests/authoring/pages/forms.md"), "--openapi", "odd"],
    "drift": ["drift", "kuroco", "odd"],
    "target": ["plan", "--target", "odd"],
    "audit": ["audit", "odd"],
    "ledger": ["sweep", "--target", "target.yaml"],
}


def put(kind: str, path: Path) -> None:
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to({"device": "/dev/zero", "loop": path.name}[kind])


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "loop"])
@pytest.mark.parametrize("key", KEYS)
def test_a_profile_names_it(key: str, kind: str, tmp_path: Path) -> None:
    put(kind, tmp_path / "odd")
    (tmp_path / "target.yaml").write_text(PROFILE + KEYS[key])
    with pytest.raises(ConfigError, match=r"(is no plain file|is a folder|is a link that leads to itself)"):
        read_profile(tmp_path / "target.yaml", environ={})


@pytest.mark.parametrize(
    ("command", "kind"), [*((one, "pipe") for one in READING), ("history of a run", "loop"), ("report", "device")]
)
def test_a_command_is_given_it(command: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("reports").mkdir()
    Path("target.yaml").write_text(PROFILE)
    put(kind, Path("reports/ledger.jsonl" if command == "ledger" else "odd"))
    error = CliRunner().invoke(group, READING[command]).exception
    assert isinstance(error, ConformanceError), error
    assert error.exit_code == 4


@pytest.mark.parametrize("kind", ["pipe", "folder", "loop"])
@pytest.mark.parametrize("option", ["--junitxml", "--html"])
def test_a_report_of_pytest_goes_there(option: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    put(kind, Path("odd"))
    asked = ["run", "--contract", "kuroco", "-p", "no:cacheprovider", option, "odd"]
    result = CliRunner().invoke(group, asked, standalone_mode=False)
    assert result.return_value == 4
    assert option in result.output
    assert not Path("reports/results.json").exists()


def test_a_pipe_that_somebody_reads_gets_a_report_of_pytest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    put("pipe", Path("odd"))
    with ThreadPoolExecutor() as pool:
        read = pool.submit(Path("odd").read_text)
        one = ["run", "--contract", "kuroco", "--depth", "smoke", "--no-explore", "-k", "title-missing"]
        one += ["-p", "no:cacheprovider", "--junitxml", "odd"]
        result = CliRunner().invoke(group, one, standalone_mode=False)
        assert read.result(60).count("<testcase") == 1
    assert result.return_value == 0


@pytest.mark.parametrize("kind", ["pipe", "loop"])
@pytest.mark.parametrize("name", ["contract.yaml", "errors.yaml", "openapi.yaml", "ja.yaml", "more.yaml", "power.json"])
def test_it_stands_among_the_cases(name: str, kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "kinto"
    shutil.copytree(ROOT / "examples/kinto/cases/kinto", folder)
    put(kind, folder / name)
    with pytest.raises(ConfigError, match=rf"kinto/{name}:"):
        read_power(folder) if name == "power.json" else load_contracts([folder])


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "loop"])
def test_it_stands_where_a_run_keeps_what_it_needs(kind: str, tmp_path: Path) -> None:
    put(kind, tmp_path / "job.json")
    assert read_kept_results(tmp_path, Job("x", "target.yaml")) is None
    put(kind, tmp_path / "ledger.jsonl")
    _, warnings = open_ledger(tmp_path, "http://h")
    assert ["is no ledger" in str(one) for one in warnings] == [True]
