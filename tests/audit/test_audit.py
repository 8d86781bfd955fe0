"""Many targets at once: each line right, and one that fails costs only its own."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.reference.http import WireResponse
from conformance.results.serialization import read_results
from tests.audit.embedded import Servers, lines, matrix

ROWS = 15


def test_the_matrix_names_exactly_what_each_server_breaks(servers: Servers, audit: Callable[..., int]) -> None:
    servers.start("right")
    servers.start("strangers", "lets_strangers_in")
    servers.start("untidy", "answers_missing_text_with_422")
    servers.start("codes", "gives_no_group_the_code_not_found")
    assert audit("targets") == 1
    assert matrix() == {
        "right": {},
        "strangers": {"login/login": "violates"},
        "untidy": {"topics-write/required-absent": "violates"},
        "codes": {"topics-write/no-group": "violates"},
    }
    for name in servers.running:
        assert {"results.json", "report.html", "badge.json"} <= {path.name for path in Path("out", name).iterdir()}
    page = Path("out/audit.html").read_text(encoding="utf-8")
    assert 'href="strangers/report.html#login/login"' in page
    assert "login/login" in Path("out/audit.csv").read_text(encoding="utf-8")


def test_the_matrix_and_the_reports_are_in_the_language_that_was_asked_for(
    servers: Servers, audit: Callable[..., int]
) -> None:
    servers.start("right")
    assert audit("targets", "--language", "ja") == 0
    for page in ("audit.html", "right/report.html"):
        assert '<html lang="ja">' in Path("out", page).read_text(encoding="utf-8")
    assert "対象1件" in Path("out/audit.html").read_text(encoding="utf-8")


def test_one_that_is_wrong_hangs_or_is_not_there_costs_only_its_line(
    servers: Servers, audit: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    right = servers.start("right")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hanging = f"http://127.0.0.1:{silent.getsockname()[1]}"
        servers.profile("hangs", {**right.profile, "base_url": hanging, "timeout": "300ms"})
        servers.profile("not-there", {**right.profile, "base_url": "http://127.0.0.1:9"})
        servers.profile("other", {"contract": "nothing", "base_url": hanging})
        (servers.folder / "broken.yaml").write_text("contract: [", encoding="utf-8")
        assert audit("targets") == 4
    reported = lines()
    assert set(reported) == {"right", "hangs", "not-there", "other", "broken"}
    assert (reported["right"]["verdict"], reported["right"]["problem"]) == ("conforms", "")
    assert [reported[name]["verdict"] for name in ("hangs", "not-there")] == ["inconclusive"] * 2
    assert "broken.yaml:2: not YAML" in reported["broken"]["problem"]
    assert "there is no contract 'nothing'" in reported["other"]["problem"]
    said = capsys.readouterr().err
    assert "right" in said
    cause = "(the target answered no request: Connection refused)"
    assert f"not-there  0/{ROWS}" in said
    assert cause in said


def test_a_server_that_dies_half_way_is_told_from_one_that_is_wrong(
    servers: Servers, audit: Callable[..., int]
) -> None:
    dying = servers.start("dying")
    servers.start("right")
    answer, count = dying.application.respond, 0

    def mortal(incoming: Any) -> Any:
        nonlocal count
        count += 1
        if count == 40:
            dying.close()
        return answer(incoming)

    dying.application.respond = mortal  # type: ignore[method-assign]
    assert audit("targets") == 1
    assert matrix()["right"] == {}
    assert set(matrix()["dying"].values()) == {"inconclusive"}
    assert 0 < len(matrix()["dying"]) < ROWS
    [run] = read_results(Path("out/dying/results.json")).runs
    gone = "the target is gone: 3 requests in a row did not reach it: Connection refused"
    assert run.warnings[0] == gone
    assert {row.reason for row in run.rows if row.verdict == "inconclusive"} == {gone}


def test_a_target_whose_time_is_over_keeps_what_is_known(servers: Servers, audit: Callable[..., int]) -> None:
    servers.start("slow", pace="1/1s")
    servers.start("quick")
    assert audit("targets", "--timeout", "20s") == 1
    reported = lines()
    assert (reported["slow"]["verdict"], reported["slow"]["problem"]) == ("conforms", "broken off after 20 s")
    assert 0 < sum(reported["slow"]["counts"].values()) < ROWS == sum(reported["quick"]["counts"].values())


def test_resume_does_only_what_is_missing(servers: Servers, audit: Callable[..., int]) -> None:
    done = servers.start("done")
    servers.start("late")
    away = Path("targets/late.yaml").rename("late.yaml")
    assert audit("targets") == 0
    done.close()  # whoever asks it again finds nobody
    away.rename("targets/late.yaml")
    before = Path("out/done/results.json").stat().st_mtime_ns
    assert audit("targets", "--resume") == 0
    assert matrix() == {"done": {}, "late": {}}
    assert before == Path("out/done/results.json").stat().st_mtime_ns
    Path("targets/done.yaml").unlink()
    asked = Path("out/late/job.json").stat().st_mtime_ns
    assert audit("targets", "--resume", "--seed", "7") == 0
    assert asked < Path("out/late/job.json").stat().st_mtime_ns, "another seed asks for something else"


def test_a_killed_audit_is_resumed(
    servers: Servers, audit: Callable[..., int], begun: Callable[..., subprocess.Popen[str]]
) -> None:
    quick = servers.start("quick")
    slow = servers.start("slow", "lets_strangers_in", latency=True)
    answer = slow.application.respond
    _ended_when_quick_is_done(begun, signal.SIGKILL)
    assert not Path("out/audit.json").exists()
    quick.close()
    slow.application.respond = lambda asked: replace(answer(asked), delay=0.0)  # type: ignore[method-assign]
    assert audit("targets", "--resume") == 1
    assert matrix() == {"quick": {}, "slow": {"login/login": "violates"}}


def test_ctrl_c_leaves_what_is_done(servers: Servers, begun: Callable[..., subprocess.Popen[str]]) -> None:
    servers.start("quick")
    servers.start("slow", latency=True)
    assert _ended_when_quick_is_done(begun, signal.SIGINT) == 2
    reported = lines()
    assert reported["quick"]["verdict"] == "conforms"
    assert reported["slow"]["problem"] == "interrupted"
    assert not Path("out/slow/job.json").exists()


def _ended_when_quick_is_done(begun: Callable[..., subprocess.Popen[str]], how: signal.Signals) -> int:
    program = begun("-m", "conformance", "audit", "targets", "--depth", "smoke", "--no-explore", "--output", "out")
    for _ in range(3000):
        if Path("out/quick/job.json").exists():
            break
        assert program.poll() is None, program.communicate()[0]
        time.sleep(0.02)
    assert not Path("out/slow/results.json").exists()
    program.send_signal(how)
    return program.wait(60)


def test_targets_of_one_group_share_one_pace(servers: Servers, audit: Callable[..., int]) -> None:
    moments: list[float] = []
    for name in ("one", "two"):
        server = servers.start(name, pace="20/500ms", pace_group="one address")
        server.application.respond = _noting(moments, server.application.respond)  # type: ignore[method-assign]
    assert audit("targets") == 0
    moments.sort()
    assert len(moments) > 50
    # The server sees a request a little later than it was sent: a stretch may look shorter than it was.
    assert all(later - former >= 0.4 for former, later in zip(moments, moments[20:], strict=False))


def _noting(moments: list[float], answer: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def noted(incoming: Any) -> Any:
        moments.append(time.monotonic())
        return answer(incoming)

    return noted


def test_no_secret_is_in_anything_that_an_audit_leaves(
    servers: Servers, audit: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = servers.start("right")
    profile = json.loads(json.dumps(server.profile))
    secrets = {"AUDIT_PASSWORD": profile["credentials"]["login"]["password"]["value"]}
    profile["credentials"]["login"]["password"] = {"env": "AUDIT_PASSWORD"}
    servers.profile("right", profile)
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    assert audit("targets") == 0
    written = "".join(path.read_text(encoding="utf-8") for path in Path("out").rglob("*") if path.is_file())
    assert len(written) > 1000
    assert not [value for value in secrets.values() if value in written]


@pytest.mark.parametrize("how", ["refused", "redirected"])
def test_resume_tries_a_target_again_that_was_down(servers: Servers, audit: Callable[..., int], how: str) -> None:
    server = servers.start("down")
    if how == "refused":
        servers.profile("down", {**server.profile, "base_url": "http://127.0.0.1:9"})
    else:
        moved = WireResponse("HTTP/1.1 301 Moved", [("Location", "https://example.com/"), ("Content-Length", "0")])
        server.application.respond = lambda _: moved  # type: ignore[method-assign]
    assert audit("targets") == 1
    asked = Path("out/down/results.json").stat().st_mtime_ns
    assert audit("targets", "--resume") == 1
    assert Path("out/down/results.json").stat().st_mtime_ns > asked
