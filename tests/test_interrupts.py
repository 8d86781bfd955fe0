"""Signals that end a process, turned into KeyboardInterrupt."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import weakref

import pytest

from conformance.interrupts import interrupt_on_signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_interrupts_and_later_ones_are_ignored(number: signal.Signals) -> None:
    cleaned_up = False
    with interrupt_on_signals():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        signal.raise_signal(number)
        signal.raise_signal(signal.SIGINT)
        cleaned_up = True
    assert cleaned_up


def test_a_signal_that_comes_where_python_drops_exceptions_interrupts_a_little_later() -> None:
    class Collected:
        def __init__(self) -> None:
            self.itself = self

    def wait_for_interrupt() -> None:
        thing = Collected()
        weakref.finalize(thing, signal.raise_signal, signal.SIGTERM)
        del thing
        gc.collect()
        time.sleep(5)

    with interrupt_on_signals(), pytest.raises(KeyboardInterrupt):
        wait_for_interrupt()


def test_handlers_are_as_before_afterwards() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with interrupt_on_signals():
        assert signal.getsignal(signal.SIGTERM) != before[1]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_what_comes_while_the_process_ends_does_not_take_the_place_of_its_exit_code() -> None:
    ended = "signal.raise_signal(signal.SIGTERM); signal.raise_signal(signal.SIGINT); sys.exit(2)"
    within = (
        "from conformance.interrupts import interrupt_on_signals\nwith interrupt_on_signals(ends_process=True): pass"
    )
    assert subprocess.run([sys.executable, "-c", f"import signal, sys\n{within}\n{ended}"], check=False).returncode == 2


def test_a_signal_that_was_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupt_on_signals():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_other_threads_are_left_alone() -> None:
    entered = []

    def enter() -> None:
        with interrupt_on_signals():
            entered.append(signal.getsignal(signal.SIGTERM))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=enter)
    thread.start()
    thread.join(10)
    assert entered == [before]


def test_a_first_signal_while_the_reports_are_written_is_ignored() -> None:
    with interrupt_on_signals() as ignore:
        ignore()
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), number)
