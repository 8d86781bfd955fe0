"""Notices a credential that is served no more often than the profile says of another one: they may be exchanged."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from conformance.http import Headers
from conformance.messages import Message
from conformance.quantities import Pace
from conformance.target.credentials import Credential


class AllowanceWatch:
    """Counts what each header credential is served, and when one is refused that should not be. Safe for threads.

    `limited` are the credentials that are there to be refused, each with what it is allowed before that. A refusal of
    another one counts where it came within such an allowance.
    """

    def __init__(
        self,
        credentials: Iterable[Credential],
        limited: Mapping[str, Pace],
        documented: Pace | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limited, self._documented, self._clock = limited, documented, clock
        self._names = {
            (one.header.lower(), value.value): one.name
            for one in credentials
            if limited and one.header is not None
            for value in one.values.values()
        }
        longest = max((one.requests for one in limited.values()), default=0)
        self._served: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=longest + 1))
        self._refused: defaultdict[str, dict[str, list[float]]] = defaultdict(dict)
        """By limited credential, when others were refused within its allowance, once for each time it was used up."""
        self._lock = threading.Lock()

    def find_name(self, headers: Headers) -> str | None:
        """The credential in the headers of a request; None where there is none, or nothing has to be noticed."""
        return next(
            (self._names[one] for name, value in headers if (one := (name.lower(), value)) in self._names), None
        )

    def note_refused(self, name: str) -> Message | None:
        """Note an unexpected 429. The sentence once it came twice within an allowance stricter than is documented."""
        with self._lock:
            for limited, allowance in self._limited.items() if name not in self._limited else ():
                now, times = self._clock(), self._refused[limited].setdefault(name, [])
                is_again = not times or now - times[-1] > allowance.seconds / 2
                if is_again and 0 < self._count_served(name, allowance) <= allowance.requests:
                    times.append(now)
                if len(times) > 1 and (self._documented is None or _rate(allowance) < _rate(self._documented)):
                    return _describe_exchanged(name, limited, allowance)
        return None

    def note_served(self, name: str) -> Message | None:
        """Note what was no 429. The sentence where it is more than its allowance, within which another was refused."""
        with self._lock:
            self._served[name].append(self._clock())
            if (allowance := self._limited.get(name)) and self._count_served(name, allowance) > allowance.requests:
                others = (other for other, times in self._refused[name].items() if times)
                return next((_describe_exchanged(other, name, allowance) for other in others), None)
        return None

    def _count_served(self, name: str, allowance: Pace) -> int:
        since = self._clock() - allowance.seconds
        return sum(at > since for at in self._served[name])


def _rate(pace: Pace) -> float:
    return pace.requests / pace.seconds


def _describe_exchanged(name: str, limited: str, allowance: Pace) -> Message:
    return Message(
        "credentials.{name} was refused with 429 after {n} requests in {seconds:g} s, "
        "as credentials.{limited} should be: they may stand in the place of each other; "
        "if not, set pace: {n}/{seconds:g}s",
        name=name,
        limited=limited,
        n=allowance.requests,
        seconds=allowance.seconds,
    )


EXCHANGED: Final = _describe_exchanged("", "", Pace(1, 1.0)).template
