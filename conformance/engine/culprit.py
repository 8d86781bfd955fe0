"""Which rejected write had an effect, and which change may be somebody else's: one rule for rows and exploration.

A change is held against a write only when the write brings it three times in a row, and nothing changes while nothing
is sent. So that this shows who else writes, the resource is read several times at irregular distances, over a longer
time than the write and its read have taken. Two runs that look into the same change keep in step with each other for
as long as they like: what bears the name of another run gives that one away. Where somebody else does write, writes
after which nothing has changed, although they were repeated, are held to have no effect: others leave gaps. First all
are repeated before one read; where something has changed by then, each half of them.
"""

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final, Generic, TypeVar

from conformance.messages import Message

TIMES_IN_A_ROW: Final = 3
"""How often the same must come of the same write before nobody else's write can explain it."""
_GAPS: Final = (0.07, 0.13, 0.19, 0.26, 0.35)
"""Parts of a quiet time, with a read after each: in no order that another's rhythm could fit."""
_QUIET_TIMES: Final = 10.0
"""How much longer than a write and its read a quiet time is."""
SHORTEST_QUIET: Final = 0.3
"""Seconds; a target that answers within milliseconds would leave no time to notice who else writes."""
LONGEST_QUIET: Final = 5.0
"""Seconds."""

_TRIES: Final = 6
"""How often a write is repeated at most until nothing changes with it, where somebody else writes as well."""
_LONGEST_CLEARING: Final = 20.0
"""Seconds for which writes are repeated where somebody else writes as well; then it stays in doubt which did what."""
_OTHERS: Final = (0.2, 0.3, 0.4, 0.5, 0.6)
"""Seconds between reads that look for somebody else who writes now and then."""

NOT_AGAIN: Final = Message("something changed meanwhile, and not again: perhaps somebody else's write")
_BY_ITSELF: Final = Message("something changes while nothing is sent: somebody else writes")

Write = TypeVar("Write")


@dataclass(frozen=True, slots=True)
class GuardedResource(Generic[Write]):
    """What is read before and after rejected writes. A state is what `read` returns; None if it shows nothing."""

    read: Callable[[], Any]
    set_back: Callable[[], Any]
    """Sets it back as far as that is possible, and returns its state then."""
    repeat: Callable[[Write], Write | None]
    """Sends a write again; None where it was not rejected again."""
    differ: Callable[[Any, Any], bool]
    stopping: threading.Event
    is_own: bool = False
    """Whether this run alone knows of it, so that nobody else writes to it."""
    shows_repetition: bool = True
    """Whether a repeated write shows another change, as the first is set back or things are counted."""
    counts: bool = False
    """Whether a repeated write shows another change although nothing was set back."""
    others_write: bool = False
    """Whether somebody else was seen to write to it in this run, who most probably made this change, too."""
    late: Sequence[Write] = ()
    """Writes that were seen to change nothing at once; they are repeated after those that were not."""
    repeat_late: Callable[[Write], Write | None] = lambda write: None  # noqa: ARG005
    """As `repeat`, and leaves the write the time in which it may be carried out although it was refused."""
    shows_another_run: Callable[[Any, Any], bool] = lambda before, after: False  # noqa: ARG005
    """Whether the second state shows something new that another run of this suite has named."""
    note_others: Callable[[], None] = lambda: None
    """Is called as soon as somebody else is seen to write."""

    def stays(self, state: Any, seconds: float = 0.0) -> bool:
        """Whether nothing changes for a while; of what is this run's own, one read is enough."""
        if self.is_own:
            shown = self.read()
            return shown is not None and not self.differ(state, shown)
        return stays_as_it_is(self.read, self.differ, state, seconds, self.stopping)


@dataclass(frozen=True, slots=True)
class Culprits(Generic[Write]):
    """The writes that a change is held against: one, or all that may have made it. None where it is in doubt."""

    writes: tuple[Write, ...] = ()
    doubt: str = ""


def find_culprits(resource: GuardedResource[Write], writes: Sequence[Write], after: Any) -> Culprits[Write]:
    """Find out which of the rejected writes had an effect, the resource being in the state `after` since them."""
    if resource.others_write or not resource.stays(after):
        found = _clear(resource, writes)
        after = resource.read() if found.doubt and resource.others_write else None
        if after is None or not resource.stays(after):
            return found
    state = resource.set_back()
    can_set_back = state is not None and resource.differ(after, state)
    state = after if state is None else state
    changed, clear = False, True
    repeats = [*((one, resource.repeat) for one in writes), *((one, resource.repeat_late) for one in resource.late)]
    for write, repeat in repeats:
        for time in range(TIMES_IN_A_ROW):
            if changed and can_set_back:
                state, changed = resource.set_back(), False
            if state is None or resource.stopping.is_set():
                return Culprits(doubt=NOT_AGAIN)
            began = perf_counter()
            again = repeat(write)
            shown = resource.read() if again is not None else None
            if again is None or shown is None or not resource.differ(state, shown):
                clear = clear and shown is not None
                break
            took, others = perf_counter() - began, resource.shows_another_run(state, shown)
            state, changed = shown, True
            if others or not resource.stays(state, took):
                return _clear(resource, writes)
            if time == TIMES_IN_A_ROW - 1:
                return Culprits((again,))
    if can_set_back or resource.shows_repetition:
        others = clear and _do_others_write(resource)
        if others:
            resource.note_others()
        return Culprits(doubt="" if others else NOT_AGAIN)
    quiet = all(resource.stays(state) for _ in range(TIMES_IN_A_ROW))
    return Culprits(tuple(writes)) if quiet else Culprits(doubt=_BY_ITSELF)


def _clear(resource: GuardedResource[Write], writes: Sequence[Write]) -> Culprits[Write]:
    """No culprit where somebody else writes; in doubt, unless each write was repeated once without any change."""
    doubt: Culprits[Write] = Culprits(doubt=_BY_ITSELF)
    if not resource.is_own:
        resource.note_others()
    until = perf_counter() + _LONGEST_CLEARING
    state = resource.read() if resource.shows_repetition and not resource.is_own else None
    groups = [list(writes)] if resource.counts else [[write] for write in writes]
    left, missed = _TRIES * len(writes), 0
    while groups:
        group = groups.pop()
        left -= len(group)
        if state is not None and not resource.counts:
            state = resource.set_back()
        is_over = left < 0 or perf_counter() > until or resource.stopping.is_set()
        if state is None or is_over or None in map(resource.repeat, group):
            return doubt
        before, state = state, resource.read()
        if state is None:
            return doubt
        missed = missed + 1 if resource.differ(before, state) else 0
        if missed == _TRIES and not resource.counts:
            return doubt
        if missed:
            half = (len(group) + 1) // 2
            groups += [one for one in (group[half:], group[:half]) if one]
    return Culprits()


def _do_others_write(resource: GuardedResource[Write]) -> bool:
    """Whether something changes within a few seconds in which nothing is sent; False for what only this run knows."""
    state = None if resource.is_own else resource.read()
    for seconds in _OTHERS if state is not None else ():
        shown = None if resource.stopping.wait(seconds) else resource.read()
        if shown is None or resource.differ(state, shown):
            return shown is not None
    return False


def stays_as_it_is(
    read: Callable[[], Any], differ: Callable[[Any, Any], bool], state: Any, seconds: float, stopping: threading.Event
) -> bool:
    """Whether reads show `state` for a while, in which nothing is sent; a write and its read took `seconds`."""
    quiet = min(max(SHORTEST_QUIET, _QUIET_TIMES * seconds), LONGEST_QUIET)
    for gap in random.sample(_GAPS, len(_GAPS)):
        stopped = stopping.wait(gap * quiet)
        shown = None if stopped else read()
        if shown is None or differ(state, shown):
            return False
    return True
