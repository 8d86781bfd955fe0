"""Known deviations from end to end: written by one run, excused in the next, and failing when expired or stale."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.cli.process import environment, run_forked
from tests.safety.watched import CASES, Watched, saved, watched

ROW = "contents-get/limit-below-minimum"


def wrong(incoming: Any, answer: Callable[[Any], Any]) -> Any:
    """Says 422 where a limit is below 0."""
    answered = answer(incoming)
    if "limit=-" in incoming.query and "/contents/" in incoming.path:
        return replace(answered, status_line="HTTP/1.1 422 Unprocessable Content")
    return answered


def run(server: Watched, folder: Path, *more: str) -> tuple[int, str]:
    target = str(saved(folder, server.profile))
    arguments = [
        str(CASES / "microcms-management"),
        "--conformance-target",
        target,
        "--conformance-depth",
        "smoke",
        "-q",
    ]
    arguments += [
        "-p",
        "no:cacheprovider",
        "-k",
        "contents-get and limit",
        "--conformance-output",
        str(folder / "out"),
        *more,
    ]
    done = run_forked(pytest.main, arguments, folder, environment())
    return done.code, done.all


def reported(folder: Path) -> dict[str, Any]:
    """The row's entry in results.json."""
    found = json.loads((folder / "out" / "results.json").read_text("utf-8"))
    return next(row for each in found["runs"] for row in each["rows"] if row["id"] == ROW)


def test_what_one_run_writes_the_next_excuses_until_it_expires_or_no_longer_happens(tmp_path: Path) -> None:
    written = tmp_path / "known.yaml"
    with watched("microcms-management", wrong) as server:
        code, text = run(server, tmp_path, "--conformance-write-expectations", str(written))
        assert (code, reported(tmp_path)["verdict"], reported(tmp_path).get("known")) == (1, "violates", None), text
        assert f"row: {ROW}" in written.read_text("utf-8")
        server.profile["expectations"] = str(written)
        code, text = run(server, tmp_path)
        assert code == 0, text
        assert (reported(tmp_path)["verdict"], bool(reported(tmp_path)["known"])) == ("violates", True)
        expired = re.sub(r"20\d\d-\d\d-\d\d", "2020-01-31", written.read_text("utf-8"))
        (tmp_path / "expired.yaml").write_text(expired, encoding="utf-8")
        server.profile["expectations"] = str(tmp_path / "expired.yaml")
        code, text = run(server, tmp_path)
        assert code == 1, text
        assert "expired on 2020-01-31" in json.dumps(reported(tmp_path))
    with watched("microcms-management") as mended:
        mended.profile["expectations"] = str(written)
        code, text = run(mended, tmp_path)
        assert code == 1, text
        assert f"{ROW} no longer deviates" in text
