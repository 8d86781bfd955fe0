"""`conformance run`, as a person starts it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.cli.run import places, pytest_arguments
from conformance.pytest_plugin.options import add_options
from tests.cli.process import CASES, CommandResult, environment, run_forked

Tool = Callable[..., CommandResult]
QUICK = ("--depth", "smoke", "--contract", "microcms-management")


def results(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return found


def verdicts(folder: Path) -> dict[str, str]:
    return {row["id"]: row["verdict"] for run in results(folder)["runs"] for row in run["rows"]}


def test_shipped_contracts_run_from_any_folder_and_leave_reports(tool: Tool, tmp_path: Path) -> None:
    place = tmp_path / "a path with spaces"
    place.mkdir()
    summary = place / "step.md"
    result = tool(
        "run", *QUICK, "--also-write", "junit", "-k", "contents-get", cwd=place, GITHUB_STEP_SUMMARY=str(summary)
    )
    assert result.code == 0, result.all
    assert "✓ conforms  contents-get/limit-below-minimum, " in result.out
    assert "6 rows and operations, " in result.out
    assert "reports: junit.xml, report.html, results.json, results.jsonl" in result.out
    assert len(verdicts(place / "reports")) == 6
    assert "# ✓ Conformance report: conforms" in summary.read_text(encoding="utf-8")
    assert "test session starts" not in result.all
    assert not (CASES / ".pytest_cache").exists()
    assert not (CASES / "microcms-management" / ".pytest_cache").exists()


def test_violation_is_said_with_the_command_that_repeats_it(
    tool: Tool, served: Callable[..., Path], tmp_path: Path
) -> None:
    profile = served("microcms-management", "accepts_limit_minus_1_on_contents")
    result = tool("run", "--target", str(profile), "--depth", "smoke", "-k", "contents-get and limit")
    assert result.code == 1, result.all
    assert "✗ violates  contents-get/limit-below-minimum" in result.out
    assert "curl" in result.out
    expected = {
        "limit-below-minimum": "violates",
        "limit-above-maximum": "conforms",
        "limit-not-an-integer": "conforms",
    }
    assert {f"contents-get/{name}": word for name, word in expected.items()} == verdicts(tmp_path / "reports")


def test_plugins_are_there_without_autoload(tool: Tool, tmp_path: Path) -> None:
    result = tool("run", *QUICK, "-k", "member-not-found", "--report-assets", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    assert result.code == 0, result.all
    page = (tmp_path / "reports" / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"<script>|<style|<[^>]+ (?:style|on[a-z]+)=", page)
    assert all((tmp_path / "reports" / file).is_file() for file in re.findall(r'(?:src|href)="(assets/[^"]+)"', page))


def test_page_can_be_switched_off(tool: Tool, tmp_path: Path) -> None:
    result = tool("run", *QUICK, "-k", "member-not-found", "-p", "no:html")
    assert result.code == 0, result.all
    assert not (tmp_path / "reports" / "report.html").exists()
    assert (tmp_path / "reports" / "results.json").is_file()


def test_nothing_selected_is_no_success(tool: Tool, tmp_path: Path) -> None:
    result = tool("run", *QUICK, "-k", "no_row_is_called_so")
    assert result.code == 5
    said = "no row was selected: -k no_row_is_called_so matches none; `conformance list` names all by their IDs"
    assert said in " ".join(result.out.split())


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("--languge=ja", "--languge: there is no such option; did you mean --language?"),
        ("members-get/member-notfound", "did you mean 'members-get/member-not-found'?"),
    ],
)
def test_a_mistyped_option_or_row_is_met_with_the_nearest_one(tool: Tool, argument: str, said: str) -> None:
    result = tool("run", *QUICK, argument)
    assert (result.code, said in result.all) == (4, True), result.all


def test_a_row_is_selected_by_its_id_as_a_keyword_too(tool: Tool) -> None:
    result = tool("run", *QUICK, "-k", "members-get/member-not-found")
    assert (result.code, "1 row or operation" in result.out) == (0, True), result.all


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_unusable_contract_does_not_hide_the_good_one(tool: Tool, tmp_path: Path, workers: tuple[str, ...]) -> None:
    shutil.copytree(CASES / "microcms-management", tmp_path / "cases" / "good")
    broken = tmp_path / "cases" / "broken"
    shutil.copytree(CASES / "microcms-management", broken)
    head = (
        (broken / "contract.yaml")
        .read_text(encoding="utf-8")
        .replace("contract: microcms-management", "contract: broken", 1)
    )
    (broken / "contract.yaml").write_text(head.replace("\npace:", "\npaces:"))
    (broken / "common.yaml").write_text("table: common\ntable: common\n", encoding="utf-8")
    result = tool("run", "--depth", "smoke", "-k", "member-not-found", *workers)
    assert result.code == 4, result.all
    assert "unknown key 'paces'; did you mean 'pace'?" in result.all
    assert "common.yaml:2: the key 'table' stands twice" in result.all
    assert verdicts(tmp_path / "reports") == {"members-get/member-not-found": "conforms"}


def test_target_that_is_not_there_is_not_blamed_and_not_waited_for(tool: Tool, tmp_path: Path) -> None:
    result = tool("run", "--target", "http://127.0.0.1:9", *QUICK, MICROCMS_API_KEY="nobody-knows-me")
    assert result.code == 1, result.all
    found = verdicts(tmp_path / "reports")
    assert set(found.values()) == {"inconclusive", "not-exercised"}
    assert result.out.count("! base_url: the target answered no request: Connection refused") == 1
    assert "? inconclusive  media-get" not in result.out
    assert results(tmp_path / "reports")["seconds"] < 30


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--contract", "kurokko"], "there is no contract 'kurokko'; did you mean 'kuroco'?"),
        (["--target", "http://127.0.0.1:9"], "--target: a URL needs --contract"),
        (["--target", "nowhere.yaml"], "--target: there is no file nowhere.yaml"),
        (["--target", "typo.yaml"], "typo.yaml:3: "),
        (["--target", "unset.yaml"], "CONFORMANCE_TEST_UNSET"),
        (["--contract", "kuroco", "--output", "file/reports"], "--output: cannot write to "),
        (["--depth", "deep"], "'deep' is not one of"),
    ],
)
def test_bad_input_gives_one_clear_message(tool: Tool, tmp_path: Path, arguments: list[str], expected: str) -> None:
    (tmp_path / "file").touch()
    head = "contract: kuroco\nbase_url: https://example.test\n"
    (tmp_path / "typo.yaml").write_text(head + "fixturs: {topics_id: 1}\n", encoding="utf-8")
    key = "credentials: {token: {header: X-RCMS-API-ACCESS-TOKEN, env: CONFORMANCE_TEST_UNSET}}\n"
    (tmp_path / "unset.yaml").write_text(head + key, encoding="utf-8")
    result = tool("run", *arguments)
    assert result.code == 4, result.all
    assert result.all.count(expected) == 1, result.all
    assert "Traceback" not in result.all
    assert "INTERNALERROR" not in result.all
    assert not (tmp_path / "reports" / "results.json").exists()


FULL = """\
from conformance.pytest_plugin.sink import ResultSink
from pytest_html.basereport import BaseReport

def fill(self, check=ResultSink.check):
    check(self)
    (self._options.output / "results.jsonl").unlink(missing_ok=True)
    (self._options.output / "results.jsonl").symlink_to("/dev/full")

def write_half(self, page):
    self._report_path.write_text(page[: len(page) // 2])
    raise OSError(28, "No space left on device")

ResultSink.check = fill
BaseReport._write_report = write_half
"""
"""The disk is full, but only after a run has looked whether it can write."""


def test_full_disk_is_said_and_the_other_reports_are_written(tmp_path: Path) -> None:
    output = tmp_path / "reports"
    arguments = ["run", *QUICK, "-k", "member-not-found", "--also-write", "markdown"]
    result = run_forked(main, arguments, tmp_path, environment(), FULL)
    assert result.code == 3, result.all
    assert "results.jsonl: No space left on device" in result.all
    assert "a report could not be written" in result.all
    assert verdicts(output) == {"members-get/member-not-found": "conforms"}
    assert (output / "summary.md").is_file()
    assert not (output / "report.html").exists(), "half of a page stands there"
    assert "reports: results.json, summary.md" in result.all
    assert "Traceback" not in result.all


def test_options_are_passed_to_pytest_with_a_prefix() -> None:
    given = {
        "target": "t.yaml",
        "strict": True,
        "allow": ("write", "delete"),
        "seed": 0,
        "depth": None,
        "no_explore": False,
    }
    assert list(pytest_arguments(given)) == [
        "--conformance-target=t.yaml",
        "--conformance-strict",
        "--conformance-allow=write",
        "--conformance-allow=delete",
        "--conformance-seed=0",
    ]


def test_what_an_option_is_given_has_the_type_of_its_default() -> None:
    parser = pytest.Parser(_ispytest=True)
    add_options(parser)
    given = parser.parse(["--conformance-seed=5", "--conformance-output=7", "--conformance-budget=9"])
    assert (given.conformance_seed, given.conformance_output, given.conformance_budget) == (5, "7", "9")


@pytest.mark.parametrize(
    ("arguments", "own"),
    [
        ((), True),
        (("-k", "cases"), True),
        (("--junitxml", "out.xml"), True),
        (("cases",), False),
        (("-x", "cases/shop/items.yaml::limit-below"), False),
        (("cases/shop",), False),
    ],
)
def test_contracts_are_added_unless_the_arguments_lead_to_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], own: bool
) -> None:
    folder = tmp_path / "cases" / "shop"
    folder.mkdir(parents=True)
    (tmp_path / "out.xml").touch()
    for name in ("contract.yaml", "items.yaml"):
        (folder / name).touch()
    monkeypatch.chdir(tmp_path)
    assert list(places(arguments, [folder])) == ([str(folder)] if own else [])


def test_a_contract_without_an_embedded_server_is_left_out_and_named(tool: Tool, tmp_path: Path) -> None:
    shutil.copytree(CASES / "microcms-management", tmp_path / "cases" / "microcms-management")
    shutil.copytree(CASES / "microcms-management", tmp_path / "cases" / "mine")
    head = tmp_path / "cases" / "mine" / "contract.yaml"
    head.write_text(head.read_text(encoding="utf-8").replace("contract: microcms-management", "contract: mine", 1))
    result = tool("run", "--depth", "smoke", "-k", "member-not-found")
    assert result.code == 0, result.all
    assert "mine is left out: it has no embedded server; give a target" in result.out
    assert verdicts(tmp_path / "reports") == {"members-get/member-not-found": "conforms"}


def test_required_coverage_that_is_missing_fails_the_run(tool: Tool) -> None:
    result = tool("run", *QUICK, "-k", "member-not-found", "--require", "1", "--require", "common/forbidden")
    assert result.code == 1, result.all
    assert "--require common/forbidden: the row was not exercised" in result.out
    assert "--require 1:" not in result.out
    result = tool("run", *QUICK, "-k", "member-not-found", "--require", "common/forbiden")
    assert result.code == 4, result.all
    assert "did you mean 'common/forbidden'?" in result.all


def test_a_bare_url_for_which_nothing_is_known_is_met_with_what_to_do(tool: Tool) -> None:
    result = tool("run", "--target", "http://127.0.0.1:9", "--contract", "kuroco", "--depth", "smoke")
    assert result.code == 5, result.all
    assert "`conformance init` writes a profile, and `conformance doctor` says what one lacks" in result.out


def test_a_selection_of_nothing_keeps_the_page_of_the_run_before(tool: Tool, tmp_path: Path) -> None:
    tool("run", *QUICK, "-k", "member-not-found")
    page = (tmp_path / "reports" / "report.html").read_bytes()
    result = tool("run", *QUICK, "-k", "no_row_is_called_so")
    assert result.code == 5
    assert (tmp_path / "reports" / "report.html").read_bytes() == page


def test_a_row_is_named_by_its_id(tool: Tool, tmp_path: Path) -> None:
    result = tool("run", "--depth", "smoke", "contents-get/limit-below-minimum", "login/login")
    assert result.code == 0, result.all
    assert verdicts(tmp_path / "reports") == {"contents-get/limit-below-minimum": "conforms", "login/login": "conforms"}


def test_cases_of_ones_own_do_not_hide_the_shipped_ones(tool: Tool, tmp_path: Path) -> None:
    shutil.copytree(CASES / "microcms-management", tmp_path / "elsewhere" / "mine")
    head = tmp_path / "elsewhere" / "mine" / "contract.yaml"
    head.write_text(head.read_text(encoding="utf-8").replace("contract: microcms-management", "contract: mine", 1))
    listed = tool("list", "--cases", "elsewhere")
    assert listed.code == 0, listed.all
    assert "(mine, edition: 2025-12-10), 32 rows" in listed.out
    assert "(kuroco, edition: older docs page), 15 rows" in listed.out
    result = tool("run", "--cases", "elsewhere", "--contract", "kuroco", "--depth", "smoke", "login/login")
    assert result.code == 0, result.all
    assert verdicts(tmp_path / "reports") == {"login/login": "conforms"}


def test_a_wrong_key_is_said_once_with_its_variable_and_the_line_of_the_profile(
    tool: Tool, served: Callable[..., Path], tmp_path: Path
) -> None:
    credentials = {"full": {"header": "X-MICROCMS-API-KEY", "env": "A_TEST_KEY"}}
    profile = served("microcms-management", credentials=credentials)
    line = profile.read_text(encoding="utf-8").splitlines().index("  full:") + 1
    result = tool("run", "--target", str(profile), "--depth", "smoke", A_TEST_KEY="a-wrong-key-0000")
    assert result.code == 1, result.all
    cause = f"microcms-management.yaml:{line}: every call with $A_TEST_KEY was answered 403"
    assert result.out.count(f"! {tmp_path}/{cause}") + result.out.count(f"! {cause}") == 1, result.out
    assert "✗ violates" not in result.out.split("Table")[0]
