"""`conformance explore`, as it is called."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance import reference
from conformance.authoring.undocumented import suggest_rows
from conformance.cli import explore, lint
from conformance.client.retry import RetryPolicy
from conformance.contract.contract import Contract
from conformance.contract.loader import read_contract
from conformance.results.model import Undocumented
from conformance.yaml_document import dump, read_text

CASES = Path(__file__).parents[2] / "cases"


def test_every_listed_command_is_there() -> None:
    from conformance.cli import COMMANDS, group

    assert all(group.get_command(None, name) is not None for name in COMMANDS)


def test_a_right_server_is_explored_without_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    with reference.start("microcms-management") as server:
        profile = tmp_path / "right.yaml"
        profile.write_text(dump({**server.profile, "allow": []}), encoding="utf-8")
        arguments = ["--target", str(profile), "--write", str(tmp_path / "rows.yaml")]
        done = CliRunner().invoke(explore.command, arguments, standalone_mode=False)
    assert done.return_value == 0, done.output
    assert "listContents: conforms" in done.output
    assert "nothing undocumented: microcms-management" in done.output
    assert not (tmp_path / "rows.yaml").exists()


def test_a_target_that_is_not_there_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with reference.start("microcms-management") as server:
        dead = {**server.profile, "allow": [], "base_url": "http://127.0.0.1:9"}
    monkeypatch.setattr(RetryPolicy, "pause", lambda *_: None)
    monkeypatch.setattr(Contract, "explored_operations", ("getContent", "getMember"))
    (tmp_path / "dead.yaml").write_text(dump(dead), encoding="utf-8")
    done = CliRunner().invoke(explore.command, ["--target", "dead.yaml"], standalone_mode=False)
    assert done.return_value == 1
    assert done.output.count("Connection refused") == 1
    assert done.output.startswith("! the target answered no request: ")


def pair(operation: str, status: int, message: str, where: str = "") -> Undocumented:
    return Undocumented(operation, status, message, 2, "curl x", where)


def test_rows_to_review_are_yaml_that_is_read_back_and_each_stands_once() -> None:
    odd = pair("listContents", 418, 'a "teapot": {brace}\n# not a comment', "limit=teapot")
    document, problems = read_text(suggest_rows([odd, odd]), Path("rows.yaml"))
    assert problems == ()
    assert document is not None
    rows = document.value["rows"]
    assert len(rows) == 1
    assert {"status": 418, "message": odd.message} == rows[0]["expect"]


def test_rows_to_review_pass_lint_beside_the_tables(tmp_path: Path) -> None:
    folder = shutil.copytree(CASES / "microcms-management", tmp_path / "contract")
    seen = [pair("getContent", 404, "日本語"), pair("getContent", 404, "日"), pair("patchStatus", 400, ""),
            pair("listContents", 400, "no {query.limit} {{x}} <b>…")]  # fmt: skip
    (folder / "seen.yaml").write_text(suggest_rows(seen, "microcms-management", "seen"), encoding="utf-8")
    head = folder / "contract.yaml"
    head.write_text(re.sub(r"(?m)^(tables: \[.*)\]$", r"\1, seen]", head.read_text("utf-8")), encoding="utf-8")
    done = CliRunner().invoke(lint.command, [str(folder)], standalone_mode=False)
    assert done.return_value == 0, done.output
    table = next(table for table in read_contract(folder).tables if table.name == "seen")
    assert {row.case.expect.message or "" for row in table.rows} == {"日本語", "日", "", "no {query.limit} {{x}} <b>…"}
