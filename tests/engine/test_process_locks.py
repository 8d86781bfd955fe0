"""Resources held between processes; two objects on one folder stand for two processes, as each opens its own files."""

from __future__ import annotations

import threading
from pathlib import Path

from conformance.engine.process_locks import ProcessLocks

TARGET = "http://127.0.0.1:9"


def locks(folder: Path | None, target: str = TARGET, stopping: threading.Event | None = None) -> ProcessLocks:
    return ProcessLocks(folder, target, stopping or threading.Event())


def try_to_hold(of: ProcessLocks, *resources: str) -> tuple[threading.Thread, threading.Event]:
    held = threading.Event()

    def hold() -> None:
        with of.hold(resources):
            held.set()

    thread = threading.Thread(target=hold)
    thread.start()
    return thread, held


def test_what_one_process_holds_another_waits_for(tmp_path: Path) -> None:
    with locks(tmp_path).hold(["media", "contents"]):
        thread, held = try_to_hold(locks(tmp_path), "contents", "members")
        assert not held.wait(0.2)
    assert held.wait(5)
    thread.join(5)


def test_another_resource_and_another_target_are_free(tmp_path: Path) -> None:
    with locks(tmp_path).hold(["media"]):
        for other in (try_to_hold(locks(tmp_path), "contents"), try_to_hold(locks(tmp_path, "http://h"), "media")):
            assert other[1].wait(5)
            other[0].join(5)


def test_nobody_waits_once_the_run_is_stopped(tmp_path: Path) -> None:
    stopping = threading.Event()
    with locks(tmp_path).hold(["media"]):
        thread, held = try_to_hold(locks(tmp_path, stopping=stopping), "media")
        stopping.set()
        assert held.wait(5)
        thread.join(5)


def test_without_a_folder_nothing_is_locked(tmp_path: Path) -> None:
    alone = locks(None)
    assert not alone.are_shared
    with alone.hold(["media"]):
        thread, held = try_to_hold(alone, "media")
        assert held.wait(5)
        thread.join(5)
    assert list(tmp_path.iterdir()) == []
