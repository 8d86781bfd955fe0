"""`conformance explore`, as it is called."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance import reference
from conformance.cli import explore
from conformance.results.model import Undocumented
from conformance.run.suggesting import suggested
from conformance.source import dump, read_text


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
    assert 0 == done.return_value, done.output
    assert "listContents: conforms" in done.output
    assert (tmp_path / "rows.yaml").is_file()


def test_rows_to_review_are_yaml_that_is_read_back_and_each_stands_once() -> None:
    pair = Undocumented("listContents", 418, 'a "teapot": {brace}\n# not a comment', 2, "curl x", "limit=teapot")
    document, problems = read_text(suggested([pair, pair]), Path("rows.yaml"))
    assert () == problems
    assert document is not None
    rows = document.value["rows"]
    assert 1 == len(rows)
    assert {"status": 418, "message": pair.message} == rows[0]["expect"]
