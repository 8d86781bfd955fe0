"""What processes of xdist have found and not reported in time is not lost."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from conformance.checks.model import Verdict
from conformance.errors import ConfigError
from conformance.pytest_plugin.sink import ResultSink, write_from_process
from conformance.results.events import Event
from conformance.results.model import ContractName, Exploration, RowResult, TargetRun

RUN = TargetRun(ContractName("shop", "1"), {}, Verdict.NOT_EXERCISED, {}, 0, ())


def row(name: str, verdict: Verdict = Verdict.CONFORMS) -> Event:
    return Event("row", "shop", run=RUN, row=RowResult(f"things/{name}", "things", 1, verdict))


def test_what_a_process_has_written_is_taken_unless_it_was_reported(tmp_path: Path) -> None:
    options: Any = SimpleNamespace(output=tmp_path, seed=0, depth="smoke")
    write = write_from_process(tmp_path, "gw1")
    write(row("one"))
    write(row("two", Verdict.VIOLATES))
    write(Event("explored", "shop", run=RUN, explored=Exploration("list", "GET", "/", Verdict.VIOLATES)))
    with (tmp_path / "results-gw1.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"kind": "row", "contr')  # it was killed there
    sink = ResultSink(cast("Any", options))
    sink.announce(RUN, 0)
    sink.take(Event("row", "shop", row=RowResult("things/one", "things", 1, Verdict.INCONCLUSIVE)))
    sink.take_from_processes()
    (found,) = sink.results().runs
    assert {item.id: item.verdict for item in found.rows} == {
        "things/one": Verdict.INCONCLUSIVE,
        "things/two": Verdict.VIOLATES,
    }
    assert [item.operation for item in found.explored] == ["list"]
    assert [path.name for path in tmp_path.iterdir()] == ["results.jsonl"]


@pytest.mark.parametrize("name", ["results.jsonl", "results.json", "report.html"])
def test_nothing_is_begun_where_a_file_of_ours_cannot_be_written(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(ConfigError, match=f"--output: cannot write to {tmp_path}: {name} there is no plain file"):
        ResultSink(cast("Any", SimpleNamespace(output=tmp_path))).check()


def test_of_two_runs_in_one_folder_the_second_is_refused(tmp_path: Path) -> None:
    first, second = (ResultSink(cast("Any", SimpleNamespace(output=tmp_path))) for _ in range(2))
    first.check()
    (tmp_path / "results-gw0.jsonl").write_text("of the first")
    with pytest.raises(ConfigError, match=f"--output: another run is writing to {tmp_path}; give another folder"):
        second.check()
    assert (tmp_path / "results-gw0.jsonl").exists()
    first.release()
    second.check()
    second.release()
