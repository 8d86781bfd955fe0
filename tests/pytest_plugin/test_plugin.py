"""Rows behave as items of pytest do."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace, TracebackType
from xml.etree import ElementTree as ET

import pytest

from conformance import reference
from conformance.pytest_plugin.plugin import ContractHooks
from conformance.yaml_document import dump
from tests.safety.watched import saved, watched

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
    assert ran.code == 0, ran.out
    assert ran.verdicts == {"contents-get/limit-below-minimum": "conforms"}
    assert (ran.output / "report.html").is_file()


def test_a_failing_row_shows_yaml_finding_exchange_and_command_and_no_traceback(run: Callable, wrong: Path) -> None:
    ran = run(TABLE, "--conformance-target", str(wrong), "-k", "below", "--tb=long", "--showlocals", "-vv", "-s")
    assert ran.code == 1, ran.out
    for expected in (
        "| - id: limit-below-minimum",
        "contents-get.yaml:",
        "status at example: expected 400, got 200",
        "sent: GET http://127.0.0.1:",
        "repeat: curl",
    ):
        assert expected in ran.out.replace("  |   - id", "  | - id"), expected
    assert "Traceback" not in ran.out
    assert "conformance/run/" not in ran.out
    secrets = re.findall(r"reference-\w+-[0-9a-f]{16}", wrong.read_text(encoding="utf-8"))
    assert secrets
    everything = ran.out + "".join(path.read_text(encoding="utf-8") for path in ran.output.iterdir())
    assert [secret for secret in secrets if secret in everything] == []


def test_x_stops_at_the_first_violation_and_the_report_says_it_is_partial(run: Callable, wrong: Path) -> None:
    ran = run(TABLE, "--conformance-target", str(wrong), "-x", "--conformance-also-write", "markdown")
    assert ran.code == 1, ran.out
    assert ran.verdicts == {"contents-get/limit-below-minimum": "violates"}
    assert "stopping after 1 failures" in (ran.output / "summary.md").read_text(encoding="utf-8")


def test_lf_runs_again_what_failed(run: Callable, wrong: Path, tmp_path: Path) -> None:
    cache = ("-p", "cacheprovider", "-o", f"cache_dir={tmp_path / 'cache'}")
    assert run(TABLE, "--conformance-target", str(wrong), *cache).code == 1
    ran = run(TABLE, "--conformance-target", str(wrong), *cache, "--lf")
    assert ran.code == 1, ran.out
    assert set(ran.verdicts) == {"contents-get/limit-below-minimum", "contents-get/offset-below-minimum"}


def test_workers_of_xdist_lose_nothing_and_junit_is_pytests_own(run: Callable, wrong: Path, tmp_path: Path) -> None:
    ran = run(TABLE, "--conformance-target", str(wrong), "-n", "2", "--junitxml", str(tmp_path / "own.xml"))
    assert ran.code == 1, ran.out
    assert len(ran.verdicts) == 6
    assert ran.verdicts["contents-get/offset-below-minimum"] == "violates"
    suite = ET.parse(tmp_path / "own.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("6", "2")


def test_collecting_sends_and_writes_nothing(run: Callable) -> None:
    ran = run("cases/microcms-management", "--collect-only", "-q", "--conformance-target", "http://127.0.0.1:9",
              "--conformance-contract", "microcms-management")  # fmt: skip
    assert ran.code == 0, ran.out
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
        ran = run(TABLE, "-k", "limit-below", "-p", "conformance.pytest_plugin", fresh=True, **env)
        assert ran.code == 0, ran.out


def test_the_page_of_a_former_run_does_not_stay_beside_new_results(run: Callable, tmp_path: Path) -> None:
    row = f"{TABLE}::limit-below-minimum"
    page = run(row).output / "report.html"
    former = page.read_bytes()
    run(row, "--html", str(tmp_path / "page.html"))
    assert (page.exists(), (tmp_path / "page.html").exists()) == (False, True)
    page.write_bytes(former)
    ran = run(row, "-p", "no:html")
    assert ran.code == 0, ran.out
    assert {path.name for path in ran.output.iterdir()} == {"results.json", "results.jsonl"}
    page.write_text("<p>not ours", encoding="utf-8")
    run(row, "-p", "no:html")
    assert page.read_text(encoding="utf-8") == "<p>not ours", "a page of somebody else stays"


def test_a_session_without_contracts_is_left_alone(run: Callable, tmp_path: Path) -> None:
    place = tmp_path / "elsewhere"
    place.mkdir()
    (place / "test_it.py").write_text("def test_it():\n    assert 1\n", encoding="utf-8")
    seen = (
        "class See:\n    def pytest_unconfigure(self):\n"
        "        print(sorted(name for name in sys.modules if name.startswith('conformance.')))\n"
        "main = pytest.main\npytest.main = lambda arguments: main(arguments, plugins=[See()])"
    )
    ran = run("test_it.py", cwd=place, before=seen, fresh=True)
    assert ran.code == 0, ran.out
    assert "1 passed" in ran.out
    assert not ran.output.exists()
    loaded = [
        "conformance.contract",
        "conformance.contract.folders",
        "conformance.errors",
        "conformance.pytest_plugin",
        "conformance.pytest_plugin.options",
        "conformance.run_options",
        "conformance.version",
    ]
    assert str(loaded) in ran.out
    (place / "test_it.py").write_text("def test_it():\n    assert 0\n", encoding="utf-8")
    assert run("test_it.py", cwd=place).code == 1


def interruptible(wrong: Path, folder: Path) -> subprocess.Popen[str]:
    """A long run of which one row is done: it waits for its pace."""
    output = folder / "out"
    wrong.write_text(wrong.read_text(encoding="utf-8") + "pace: 20/1s\n", encoding="utf-8")
    options = ["--conformance-target", str(wrong), "--conformance-output", str(output)]
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", TABLE, *options, "-p", "no:cacheprovider"],
        cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    stream = output / "results.jsonl"
    end = time.monotonic() + 60
    while time.monotonic() < end and (not stream.exists() or '"row"' not in stream.read_text(encoding="utf-8")):
        time.sleep(0.05)
    return process


def test_ctrl_c_leaves_what_was_found(wrong: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    process = interruptible(wrong, tmp_path)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=200)
    assert process.returncode == 2, printed
    text = (output / "results.json").read_text(encoding="utf-8")
    assert '"partial": true' in text
    assert "limit-below-minimum" in text
    assert "interrupted" in (output / "report.html").read_text(encoding="utf-8")


def test_ctrl_c_before_the_first_row_leaves_a_report_that_says_so(run: Callable, wrong: Path) -> None:
    before = (
        "from conformance.pytest_plugin.session import PluginSession\n"
        "def interrupted(*_): raise KeyboardInterrupt\nPluginSession.begin = interrupted"
    )
    ran = run(TABLE, "--conformance-target", str(wrong), before=before)
    assert ran.code == 2, ran.out
    results = json.loads((ran.output / "results.json").read_text(encoding="utf-8"))
    assert (results["why_partial"], [one["verdict"] for one in results["runs"]]) == ("interrupted", ["not-exercised"])
    assert "interrupted" in (ran.output / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("more", [(), ("-n", "1"), ("--conformance-display",)])
def test_a_fault_of_the_suite_is_one_redacted_line_and_the_rest_is_reported(
    run: Callable, wrong: Path, more: tuple[str, ...], tmp_path: Path
) -> None:
    secret = re.findall(r"reference-full-[0-9a-f]{16}", wrong.read_text(encoding="utf-8"))[0]
    fault = (
        "from conformance.session.target_runner import TargetRunner\nrow = TargetRunner.row\n"
        "def broken(self, name):\n"
        f"    local = '{secret}'\n"
        "    if 'offset-not' in name: raise KeyError(local)\n"
        "    return row(self, name)\nTargetRunner.row = broken\n"
    )
    # The workers of xdist are processes of their own: a plugin reaches them too.
    (tmp_path / "broken.py").write_text(fault, encoding="utf-8")
    ran = run(TABLE, "--conformance-target", str(wrong), "-p", "broken", "--showlocals", "--tb=long", "-vv", *more,
              PYTHONPATH=str(tmp_path))  # fmt: skip
    assert ran.code == 3, ran.out
    assert "a fault of the suite itself: KeyError: " in ran.out
    assert "Traceback" not in ran.out
    assert secret not in ran.out
    assert len(ran.verdicts) == 5


@pytest.mark.parametrize("more", [(), ("--conformance-display",)])
def test_an_internal_error_of_pytest_is_one_line_too(run: Callable, wrong: Path, more: tuple[str, ...]) -> None:
    broken = (
        "from conformance.pytest_plugin.sink import ResultSink\n"
        "take, rows = ResultSink.take, []\n"
        "def broken(self, line, text=None):\n"
        "    rows.append(line.row) if line.row is not None else None\n"
        "    if len(rows) > 3: raise RuntimeError('the canary went missing')\n"
        "    take(self, line, text)\nResultSink.take = broken\n"
    )
    ran = run(TABLE, "--conformance-target", str(wrong), "--showlocals", *more, before=broken)
    assert ran.code == 3, ran.out
    assert "a fault of the suite itself: RuntimeError: the canary went missing" in ran.out
    assert "Traceback" not in ran.out
    assert len(ran.verdicts) == 3
    assert '"partial": true' in (ran.output / "results.json").read_text(encoding="utf-8")


def test_an_option_of_the_same_name_in_a_conftest_is_no_collision(run: Callable, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "def pytest_addoption(parser):\n    parser.addoption('--seed')\n    parser.addoption('--target')\n"
    )
    (tmp_path / "test_it.py").write_text("def test_it(request):\n    assert request.config.getoption('seed') == 'x'\n")
    ran = run("--seed=x", "--target", "y", "test_it.py", cwd=tmp_path)
    assert ran.code == 0, ran.out


def test_a_target_with_no_contract_to_hold_it_to_is_explained(run: Callable, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ran = run("empty", "--conformance-target", "x.yaml", cwd=tmp_path)
    assert ran.code == 5
    assert "no contract was found from" in ran.out
    (tmp_path / "empty" / "test_own.py").write_text("def test_own(): pass")
    ran = run("empty", "--conformance-target", "x.yaml", cwd=tmp_path)
    assert (ran.code, "no contract was found from" in ran.out) == (0, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_that_end_a_process_leave_what_was_found(wrong: Path, tmp_path: Path, number: signal.Signals) -> None:
    process = interruptible(wrong, tmp_path)
    process.send_signal(number)
    process.send_signal(number)
    text, _ = process.communicate(timeout=200)
    assert process.returncode == 2, text
    assert '"partial": true' in (tmp_path / "out" / "results.json").read_text(encoding="utf-8")
    assert "interrupted" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("dist", [(), ("--dist", "each", "--rootdir", ".")], ids=["in the root directory", "elsewhere"])
def test_xdist_runs_a_contract_in_one_process_and_sends_what_was_planned(
    run: Callable, tmp_path: Path, dist: tuple[str, ...]
) -> None:
    where = (
        "from pathlib import Path\n"
        "def pytest_runtest_logreport(report):\n"
        "    if report.when == 'setup' and hasattr(report, 'node'):\n"
        "        with Path('where').open('a') as file:\n"
        "            file.write(f'{report.node.gateway.id} {report.nodeid}\\n')\n"
    )
    (tmp_path / "where_it_ran.py").write_text(where, encoding="utf-8")
    with watched("kuroco") as server:
        server.profile["pace"] = "20/1s"
        cases = str(Path(__file__).parents[2] / "cases" / "kuroco")
        ran = run(cases, "--conformance-target", str(saved(tmp_path, server.profile)), "--conformance-depth", "smoke",
                  "-n", "2", *dist, "-p", "where_it_ran", cwd=tmp_path, PYTHONPATH=str(tmp_path))  # fmt: skip
    assert ran.code == 0, ran.out
    assert set(ran.verdicts.values()) == {"conforms"}
    lines = (tmp_path / "where").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 15
    assert len({line.split()[0] for line in lines}) == 1
    results = json.loads((ran.output / "results.json").read_bytes())
    assert results["runs"][0]["requests"] == results["runs"][0]["planned"] == len(server.actual)
    arrived = server.arrived
    assert all(later - sooner >= 1.0 for sooner, later in zip(arrived, arrived[20:], strict=False))


def test_an_interrupt_where_code_has_no_line_can_be_drawn() -> None:
    def begin(*_: object) -> None:
        frame = sys._getframe()
        raise KeyboardInterrupt().with_traceback(TracebackType(None, frame, -1, -1))

    hooks = ContractHooks(SimpleNamespace(begin=begin))  # type: ignore[arg-type]
    session = SimpleNamespace(config=SimpleNamespace(option=SimpleNamespace(collectonly=False)), items=[])
    with pytest.raises(KeyboardInterrupt) as caught:
        next(hooks.pytest_runtestloop(session))  # type: ignore[arg-type]
    assert "KeyboardInterrupt" in str(caught.getrepr())
    assert [entry.name for entry in caught.traceback][-1] == "pytest_runtestloop"


def test_the_name_of_a_profile_that_is_refused_commands_no_terminal(run: Callable, tmp_path: Path) -> None:
    profile = tmp_path / "a\x1b[2J.yaml"
    profile.write_text("contract: kuroco\n", encoding="utf-8")
    ran = run("--conformance-target", str(profile))
    assert (ran.code, "a⟨U+001B⟩[2J.yaml" in ran.out, "\x1b[2J" in ran.out) == (4, True, False), ran.out
