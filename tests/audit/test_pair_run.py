"""Two targets side by side: the same requests close in time, and only where they differ."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.audit.pair_run import Lockstep
from tests.audit.embedded import Servers

PAIR = ("--pair", "targets/a.yaml", "targets/b.yaml")


def differences() -> list[dict[str, Any]]:
    reported: list[dict[str, Any]] = json.loads(Path("out/pair.json").read_text(encoding="utf-8"))["differences"]
    return reported


def test_two_that_answer_the_same_do_not_differ(
    servers: Servers, audit: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    servers.start("a")
    servers.start("b")
    assert audit(*PAIR) == 0
    assert differences() == []
    assert "a and b answer them alike" in capsys.readouterr().out


@pytest.mark.parametrize(("broken", "right"), [("a", "second"), ("b", "first")])
def test_only_the_row_that_one_breaks_differs_and_the_contract_says_who_is_right(
    servers: Servers, audit: Callable[..., int], broken: str, right: str
) -> None:
    for name in ("a", "b"):
        servers.start(name, *(["answers_missing_text_with_422"] if name == broken else []))
    assert audit(*PAIR) == 1
    assert {(one["row"], one["right"]) for one in differences()} == {("topics-write/required-absent", right)}
    assert Path("out/pair.html").is_file()
    assert {"results.json", "report.html"} <= {path.name for path in Path("out/a").iterdir()}


def test_each_request_is_sent_to_both_before_the_next_is_sent_to_either(
    servers: Servers, audit: Callable[..., int]
) -> None:
    job: list[str] = []
    for name in ("a", "b"):
        server = servers.start(name)
        server.application.respond = _noting(job, name, server.application.respond)  # type: ignore[method-assign]
    assert audit(*PAIR) == 0
    assert len(job) > 50
    # Preparations come before the first row, and each side by itself.
    ahead = [job[:end].count("a") - job[:end].count("b") for end in range(len(job) + 1)]
    assert max(ahead) - min(ahead) <= 3


def test_two_of_one_group_share_one_pace(servers: Servers, audit: Callable[..., int]) -> None:
    moments: list[float] = []
    for name in ("a", "b"):
        server = servers.start(name, pace="20/500ms", pace_group="one")
        server.application.respond = _timing(moments, server.application.respond)  # type: ignore[method-assign]
    assert audit(*PAIR) == 0
    moments.sort()
    # The server sees a request a little later than it was sent: a stretch may look shorter than it was.
    assert all(later - former >= 0.4 for former, later in zip(moments, moments[20:], strict=False))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((*PAIR, "targets"), "compares two targets, and no others"),
        (("--pair", "targets/a.yaml", "targets/c.yaml"), "the two are for different contracts"),
        (("--pair", "targets", "targets/a.yaml"), "these are not two profiles"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    servers: Servers,
    audit: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    servers.start("a")
    server = servers.start("b")
    servers.profile("c", {"contract": "microcms-management", "base_url": server.base_url})
    assert audit(*arguments) == 4
    assert sentence in capsys.readouterr().err


def test_two_of_which_neither_answers_are_not_called_the_same(servers: Servers, audit: Callable[..., int]) -> None:
    for name in ("a", "b"):
        servers.profile(name, {"contract": "kuroco", "base_url": "http://127.0.0.1:9", "fixtures": {"list_path": "/a"}})
    assert audit(*PAIR) == 5


def test_one_that_has_done_its_row_is_not_waited_for() -> None:
    lockstep = Lockstep(patience=60)
    lockstep.begin()
    sent: list[int] = []

    def side(number: int, requests: int) -> None:
        for _ in range(requests):
            with lockstep.step():
                sent.append(number)
        lockstep.end()

    began = time.monotonic()
    threads = [threading.Thread(target=side, args=args) for args in ((0, 2), (1, 40))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(70)
    assert [sent.count(0), sent.count(1)] == [2, 40]
    assert time.monotonic() - began < 50


def _noting(job: list[str], name: str, answer: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def noted(incoming: Any) -> Any:
        job.append(name)
        return answer(incoming)

    return noted


def _timing(moments: list[float], answer: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def noted(incoming: Any) -> Any:
        moments.append(time.monotonic())
        return answer(incoming)

    return noted
