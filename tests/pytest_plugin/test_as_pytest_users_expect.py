"""Rows behave as items of pytest do."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from conformance import reference
from conformance.yaml_document import dump

TABLE = "cases/microcms-management/contents-get.yaml"
CANARY = "canary-6b1f0c9e7d52"


@pytest.fixture
def wrong(tmp_path: Path) -> Iterator[Path]:
    """A profile of a server that lets limit=-1 and offset=-1 pass."""
    names = ["accepts_limit_minus_1_on_contents", "accepts_offset_minus_1_on_contents"]
    with reference.start("microcms-management", faults=names) as server:
        path = tmp_path / "wrong.yaml"
        path.write_text(dump(server.profile), encoding="utf-8")
        yield path


def test_one_row_by_its_node_id(run: Callable) -> None:
    ran = run(f"{TABLE}::limit-below-minimum")
    assert 0 == ran.code, ran.out
    assert {"contents-get/limit-below-minimum": "conforms"} == ran.verdicts
    assert (ran.output / "report.html").is_file()


def test_a_failing_row_shows_yaml_finding_exchange_and_command_and_no_traceback(run: Callable, wrong: Path) -> None:
    ran = run(TABLE, "--target", str(wrong), "-k", "below", "--tb=long", "--showlocals", "-vv", "-s")
    assert 1 == ran.code, ran.out
    for expected in (
        "| - id: limit-below-minimum",
        "contents-get.yaml:",
        "expected  400",
        "got       200",
        "sent    GET http://127.0.0.1:",
        "again   curl",
    ):
        assert expected in ran.out.replace("  |   - id", "  | - id"), expected
    assert "Traceback" not in ran.out
    assert "conformance/run/" not in ran.out
    secrets = re.findall(r"reference-\w+-[0-9a-f]{16}", wrong.read_text(encoding="utf-8"))
    assert secrets
    everything = ran.out + "".join(path.read_text(encoding="utf-8") for path in ran.output.iterdir())
    assert [] == [secret for secret in secrets if secret in everything]


def test_x_stops_at_the_first_violation_and_the_report_says_it_is_partial(run: Callable, wrong: Path) -> None:
    ran = run(TABLE, "--target", str(wrong), "-x", "--also-write", "markdown")
    assert 1 == ran.code, ran.out
    assert {"contents-get/limit-below-minimum": "violates"} == ran.verdicts
    assert "stopping after 1 failures" in (ran.output / "summary.md").read_text(encoding="utf-8")


def test_lf_runs_again_what_failed(run: Callable, wrong: Path, tmp_path: Path) -> None:
    cache = ("-p", "cacheprovider", "-o", f"cache_dir={tmp_path / 'cache'}")
    assert 1 == run(TABLE, "--target", str(wrong), *cache).code
    ran = run(TABLE, "--target", str(wrong), *cache, "--lf")
    assert 1 == ran.code, ran.out
    assert {"contents-get/limit-below-minimum", "contents-get/offset-below-minimum"} == set(ran.verdicts)


def test_workers_of_xdist_lose_nothing_and_junit_is_pytests_own(run: Callable, wrong: Path, tmp_path: Path) -> None:
    ran = run(TABLE, "--target", str(wrong), "-n", "2", "--junitxml", str(tmp_path / "own.xml"))
    assert 1 == ran.code, ran.out
    assert 6 == len(ran.verdicts)
    assert "violates" == ran.verdicts["contents-get/offset-below-minimum"]
    suite = ET.parse(tmp_path / "own.xml").getroot()[0]
    assert ("6", "2") == (suite.get("tests"), suite.get("failures"))


def test_collecting_sends_and_writes_nothing(run: Callable) -> None:
    ran = run("cases/microcms-management", "--collect-only", "-q", "--target", "http://127.0.0.1:9",
              "--contract", "microcms-management")  # fmt: skip
    assert 0 == ran.code, ran.out
    assert f"{TABLE}::limit-below-minimum" in ran.out
    assert "32 tests collected" in ran.out
    assert not ran.output.exists()


def test_collecting_loads_nothing_that_sends_draws_or_prints() -> None:
    code = (
        "import sys, pytest\nclass See:\n"
        "    def pytest_collection_finish(self):\n"
        "        heavy = {'schemathesis', 'hypothesis.core', 'rich', 'werkzeug', 'requests'}\n"
        "        print(sorted(heavy & set(sys.modules)))\n"
        "sys.exit(pytest.main(['--collect-only', '-q', 'cases/microcms-management'], plugins=[See()]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    assert "[]" in done.stdout.splitlines(), done.stdout[:300]


def test_plugin_is_registered_once_with_and_without_autoload(run: Callable) -> None:
    for env in ({}, {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}):
        ran = run(TABLE, "-k", "limit-below", "-p", "conformance.pytest_plugin", **env)
        assert 0 == ran.code, ran.out


def test_without_the_page(run: Callable) -> None:
    ran = run(TABLE, "-k", "limit-below", "-p", "no:html")
    assert 0 == ran.code, ran.out
    assert {"results.json", "results.jsonl"} == {path.name for path in ran.output.iterdir()}


@pytest.mark.parametrize("elsewhere", [False, True])
def test_the_page_of_a_former_run_does_not_stay_beside_new_results(
    run: Callable, tmp_path: Path, elsewhere: bool
) -> None:
    first = run(TABLE, "-k", "limit-below")
    assert (first.output / "report.html").is_file()
    run(TABLE, "-k", "limit-below", *(["--html", str(tmp_path / "page.html")] if elsewhere else ["-p", "no:html"]))
    assert not (first.output / "report.html").exists()
    assert (tmp_path / "page.html").exists() is elsewhere


def test_a_page_of_somebody_else_stays(run: Callable) -> None:
    first = run(TABLE, "-k", "limit-below", "-p", "no:html")
    page = first.output / "report.html"
    page.write_text("<p>not ours", encoding="utf-8")
    run(TABLE, "-k", "limit-below", "-p", "no:html")
    assert "<p>not ours" == page.read_text(encoding="utf-8")


def test_a_session_without_contracts_is_left_alone(run: Callable, tmp_path: Path) -> None:
    place = tmp_path / "elsewhere"
    place.mkdir()
    (place / "test_it.py").write_text("def test_it():\n    assert 1\n", encoding="utf-8")
    seen = (
        "class See:\n    def pytest_unconfigure(self):\n"
        "        print(sorted(name for name in sys.modules if name.startswith('conformance.')))\n"
        "main = pytest.main\npytest.main = lambda arguments: main(arguments, plugins=[See()])"
    )
    ran = run("test_it.py", cwd=place, before=seen)
    assert 0 == ran.code, ran.out
    assert "1 passed" in ran.out
    assert not ran.output.exists()
    assert "['conformance.errors', 'conformance.pytest_plugin', 'conformance.pytest_plugin.options']" in ran.out
    (place / "test_it.py").write_text("def test_it():\n    assert 0\n", encoding="utf-8")
    assert 1 == run("test_it.py", cwd=place).code


def test_ctrl_c_leaves_what_was_found(wrong: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    arguments = [
        TABLE,
        "--target",
        str(wrong),
        "--output",
        str(output),
        "--depth",
        "thorough",
        "-p",
        "no:cacheprovider",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments], cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    stream = output / "results.jsonl"
    end = time.monotonic() + 60
    while time.monotonic() < end and (not stream.exists() or '"row"' not in stream.read_text(encoding="utf-8")):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert 2 == process.returncode, said
    text = (output / "results.json").read_text(encoding="utf-8")
    assert '"partial": true' in text
    assert "limit-below-minimum" in text
    assert "interrupted" in (output / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("more", [(), ("-n", "2"), ("--conformance-display",)])
def test_a_fault_of_the_suite_is_one_redacted_line_and_the_rest_is_reported(
    run: Callable, wrong: Path, more: tuple[str, ...], tmp_path: Path
) -> None:
    secret = re.findall(r"reference-full-[0-9a-f]{16}", wrong.read_text(encoding="utf-8"))[0]
    fault = (
        "from conformance.session import RunSession\nrow = RunSession.row\n"
        "def broken(self, contract, name):\n"
        f"    local = '{secret}'\n"
        "    if 'offset-not' in name: raise KeyError(local)\n"
        "    return row(self, contract, name)\nRunSession.row = broken\n"
    )
    # The workers of xdist are processes of their own: a plugin reaches them too.
    (tmp_path / "broken.py").write_text(fault, encoding="utf-8")
    ran = run(TABLE, "--target", str(wrong), "-p", "broken", "--showlocals", "--tb=long", "-vv", *more,
              PYTHONPATH=str(tmp_path))  # fmt: skip
    assert 3 == ran.code, ran.out
    assert "a fault of the suite itself: KeyError: " in ran.out
    assert "Traceback" not in ran.out
    assert secret not in ran.out
    assert 5 == len(ran.verdicts)


@pytest.mark.parametrize("more", [(), ("--conformance-display",)])
def test_an_internal_error_of_pytest_is_one_line_too(run: Callable, wrong: Path, more: tuple[str, ...]) -> None:
    broken = (
        "from conformance.pytest_plugin.sink import ResultSink\n"
        "take = ResultSink.take\n"
        "def broken(self, line, text=None):\n"
        "    if line.row is not None and 'offset' in line.row.id: raise RuntimeError('the canary went missing')\n"
        "    take(self, line, text)\nResultSink.take = broken\n"
    )
    ran = run(TABLE, "--target", str(wrong), "--showlocals", *more, before=broken)
    assert 3 == ran.code, ran.out
    assert "a fault of the suite itself: RuntimeError: the canary went missing" in ran.out
    assert "Traceback" not in ran.out
    assert 3 == len(ran.verdicts)
    assert '"partial": true' in (ran.output / "results.json").read_text(encoding="utf-8")
