"""After a run: compared with its baseline, kept in the history, reported as metrics."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from conformance import reference, yaml_document
from conformance.cli import main

CASES = Path(__file__).parents[2] / "cases"
ROW = "topics-write/required-absent"
QUICK = ("--depth", "smoke", "--no-explore", "--target", "target.yaml")


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """A command's exit code, in a folder with the cases in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    (tmp_path / "cases").symlink_to(CASES)

    def run(*arguments: object) -> int:
        with pytest.raises(SystemExit) as left:
            main([*map(str, arguments)])
        return int(left.value.code or 0)

    return run


def stored(folder: str, *faults: str) -> None:
    """Results of a run against a server with these faults, without pytest within pytest."""
    from conformance.audit.jobs import AuditOptions, Job
    from conformance.audit.worker import run_job
    from conformance.contract.loader import digest_files
    from conformance.results.serialization import format_results

    with reference.start("kuroco", faults=faults) as server:
        Path("target.yaml").write_text(yaml_document.dump({**server.profile, "name": "site"}), encoding="utf-8")
        options = AuditOptions("smoke", explore=False)
        path = Path("target.yaml")
        contract = CASES / "kuroco"
        job = Job("site", str(path), digest_files(path), None, str(contract), digest_files(contract), options)
        outcome = run_job(job)
    assert outcome.results is not None, outcome.problem
    Path(folder).mkdir(exist_ok=True)
    Path(folder, "results.json").write_text(format_results(outcome.results), encoding="utf-8")


def test_compare_names_exactly_the_row_that_got_worse(
    call: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    stored("then")
    stored("now", "answers_missing_text_with_422")
    assert call("compare", "then", "now/results.json", "--form", "json") == 1
    reported = json.loads(capsys.readouterr().out)
    assert [(row["id"], row["worse"]) for run in reported["runs"] for row in run["rows"]] == [(ROW, True)]
    assert call("compare", "now", "then", "--output", "better.txt") == 0
    assert "Improved" in Path("better.txt").read_text(encoding="utf-8")
    for form in ("markdown", "html"):
        assert call("compare", "then", "now", "--form", form) == 1
        assert ROW.rpartition("/")[2][:8] in capsys.readouterr().out


def test_pages_may_have_their_styles_and_scripts_beside_them(call: Callable[..., int], tmp_path: Path) -> None:
    stored("then")
    stored("now", "answers_missing_text_with_422")
    assert call("compare", "then", "now", "--form", "html", "--output", "compare/page.html", "--report-assets") == 1
    assert call("report", "then", "--output", "drawn", "--report-assets") == 0
    options = ("--depth", "smoke", "--no-explore", "--report-assets")
    assert call("audit", "target.yaml", *options, "--output", "audit", "--timeout", "9s") == 1  # no server any more
    Path("other.yaml").write_text(Path("target.yaml").read_text("utf-8").replace("name: site", "name: b"), "utf-8")
    assert call("audit", "--pair", "target.yaml", "other.yaml", *options, "--output", "pair") == 5
    pages = [page for name in ("compare", "drawn", "audit", "pair") for page in Path(name).rglob("*.html")]
    assert {page.name for page in pages} == {"page.html", "report.html", "audit.html", "pair.html"}
    for page in pages:
        text = page.read_text("utf-8")
        assert not re.search(r"<script>|<style|<[^>]+ (?:style|on[a-z]+)=", text)
        beside = re.findall(r'(?:src|href)="(assets/[^"]+)"', text)
        assert (len(beside), all((page.parent / file).is_file() for file in beside)) == (2, True)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_of_a_comparison_is_in_the_language_that_was_asked_for(
    call: Callable[..., int], language: str
) -> None:
    stored("then")
    assert call("compare", "then", "then", "--form", "html", "--output", "same.html", "--language", language) == 0
    page = Path("same.html").read_text(encoding="utf-8")
    assert f'<html lang="{language}">' in page
    assert ("対象の動作に変化はありません。</b>" in page) == (language == "ja")


def test_what_is_no_result_is_refused(call: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    Path("no.json").write_text("{", encoding="utf-8")
    assert call("compare", "no.json", "no.json") == 4
    assert call("compare", "absent.json", "no.json") == 4
    assert "absent.json: cannot be read" in capsys.readouterr().err


def test_a_run_is_compared_kept_and_measured_at_once(
    call: Callable[..., int], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stored("reports")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary-of-the-job.md")
    with reference.start("kuroco", faults=["answers_missing_text_with_422"]) as server:
        Path("target.yaml").write_text(yaml_document.dump({**server.profile, "name": "site"}), encoding="utf-8")
        after = ("--baseline", "reports", "--history", "all.sqlite", "--metrics", "out/run.prom", "--language", "ja")
        done = subprocess.run(
            [sys.executable, "-m", "conformance", "run", *QUICK, *after], check=False, capture_output=True, text=True
        )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "悪化しました: 新たに違反した行1件" in done.stdout
    assert {"comparison.json", "comparison.md", "comparison.html"} <= {path.name for path in Path("reports").iterdir()}
    assert '<html lang="ja">' in Path("reports/comparison.html").read_text(encoding="utf-8")
    assert "悪化しました" in Path("summary-of-the-job.md").read_text(encoding="utf-8")
    assert f'row="{ROW}",target="site",verdict="violates"}} 1.0' in Path("out/run.prom").read_text(encoding="utf-8")
    with closing(sqlite3.connect("all.sqlite")) as history:
        assert history.execute("SELECT verdict FROM rows WHERE id = ?", (ROW,)).fetchall() == [("violates",)]
    capfd.readouterr()
    assert call("history", "all.sqlite", "--html", "all.html", "--keep", "5 runs") == 0
    assert ROW in capfd.readouterr().out
    assert ROW in Path("all.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--baseline", "absent"), "absent: cannot be read"),
        (("--history", "cases/kuroco/contract.yaml"), "is not a history"),
        (("--history-keep", "5 runs"), "give --history FILE, too"),
        (("--history", "new.sqlite", "--history-keep", "a while"), "say `90 days` or `500 runs`"),
    ],
)
def test_what_cannot_be_done_afterwards_is_said_before_a_request_is_sent(
    call: Callable[..., int], capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    assert call("run", *arguments) == 4
    assert sentence in capsys.readouterr().err
    assert not Path("reports").exists()


def test_results_of_an_earlier_run_are_not_taken_for_this_ones(call: Callable[..., int]) -> None:
    from conformance.cli.after_run import AfterRun

    stored("reports")
    then = AfterRun(Path("reports"), history=Path("all.sqlite"))
    assert then.end(4) == 4
    assert not Path("all.sqlite").exists()
    stored("reports")
    assert then.end(0) == 0
    assert Path("all.sqlite").exists()


def test_a_metrics_file_that_cannot_be_written_hinders_nothing_else(
    call: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    from conformance.cli.after_run import AfterRun

    Path("file").touch()
    then = AfterRun(Path("reports"), history=Path("all.sqlite"), metrics=Path("file/run.prom"))
    stored("reports")
    assert then.end(0) == 3
    assert Path("all.sqlite").exists()
    assert "run.prom" in capsys.readouterr().err


def test_an_earlier_run_is_judged_by_todays_cases(call: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    stored("then")
    assert call("rejudge", "then", "--output", "now") == 0
    assert "every row is judged as before" in capsys.readouterr().out
    assert Path("now/report.html").is_file()
    assert call("compare", "then", "now") == 0
