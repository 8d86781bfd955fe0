"""Turns SIGINT, SIGTERM and SIGHUP into KeyboardInterrupt, so that a run cleans up and reports before it ends."""

import gc
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_AGAIN_SECONDS: Final = 0.02
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interrupt_on_signals(*, ends_process: bool = False) -> Iterator[Callable[[], None]]:
    """Raise KeyboardInterrupt at the first SIGINT, SIGTERM or SIGHUP inside the block, and ignore all later ones.

    The later ones are ignored because the clean-up and the reports must not be interrupted. If these begin without a
    signal, call the yielded function to ignore the first one as well. A signal during which Python would drop the
    exception, such as in a garbage collection, is sent again a little later. Outside the main thread, where Python
    allows no signal handler, the block changes nothing. With `ends_process`, signals are also ignored after the block,
    so that none replaces the exit code while Python shuts down.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    interrupted = collecting = False

    def ignore() -> None:
        nonlocal interrupted
        interrupted = True

    def note_collection(phase: str, _info: object) -> None:
        nonlocal collecting
        collecting = phase == "start"

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        if collecting or _is_swallowed_in(frame):
            threading.Timer(_AGAIN_SECONDS, signal.pthread_kill, [threading.main_thread().ident, number]).start()
        elif not interrupted:
            interrupted = True
            raise KeyboardInterrupt

    # A signal that is already ignored (`nohup`, a background job of a shell) stays ignored.
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, handle)
    gc.callbacks.append(note_collection)
    try:
        yield ignore
    finally:
        gc.callbacks.remove(note_collection)
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if ends_process else signal.SIG_DFL if handler is None else handler)


def _is_swallowed_in(frame: FrameType | None) -> bool:
    """Return whether Python would drop an exception in this frame: in a callback of garbage collection or `__del__`."""
    codes = {getattr(callback, "__code__", None) for callback in gc.callbacks}
    while frame is not None:
        if frame.f_code in codes or frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False
