"""A credential that is refused as another one should be is noticed, and no other refusal."""

from __future__ import annotations

import pytest

from conformance.client.allowance import AllowanceWatch
from conformance.quantities import Pace
from conformance.target.credentials import Credential, Secret

FULL, THROTTLED = (("X-Key", "a-key-that-may-all"),), (("x-key", "a-key-that-is-limited"),)

DOCUMENTED = Pace(10, 10.0)


class Watched:
    """A watch whose clock the test sets; `throttled` is allowed so much."""

    def __init__(self, allowance: Pace, documented: Pace = DOCUMENTED) -> None:
        self.now = 1000.0
        values = {"full": FULL[0][1], "throttled": THROTTLED[0][1]}
        credentials = [Credential(name, "X-Key", {"": Secret(name, value)}) for name, value in values.items()]
        self.watch = AllowanceWatch(credentials, {"throttled": allowance}, documented, lambda: self.now)

    def serve(self, name: str, times: int) -> str | None:
        found = [self.watch.note_served(name) for _ in range(times)]
        return found[-1]


def test_a_credential_is_known_by_header_and_value() -> None:
    watch = Watched(Pace(4, 8.0)).watch
    assert watch.find_name(FULL) == "full"
    assert watch.find_name((*THROTTLED, ("X-Other", "1"))) == "throttled"
    assert watch.find_name((("X-Key", "a-wrong-one"),)) is None


def test_two_refusals_within_the_allowance_of_another_one_are_enough() -> None:
    tried = Watched(Pace(4, 8.0))
    tried.serve("full", 4)
    assert tried.watch.note_refused("full") is None
    assert tried.watch.note_refused("full") is None  # the same burst, of several workers
    tried.now += 8
    assert tried.watch.note_refused("full") is None  # nothing was served meanwhile
    tried.serve("full", 4)
    assert tried.watch.note_refused("full") == (
        "credentials.full was refused with 429 after 4 requests in 8 s, as credentials.throttled should be: "
        "they may stand in the place of each other; if not, set pace: 4/8s"
    )


@pytest.mark.parametrize(
    ("allowance", "documented", "served"),
    [
        (Pace(4, 8.0), Pace(10, 10.0), 5),  # more than that allowance
        (Pace(4, 8.0), Pace(10, 10.0), 0),  # every request is refused
        (Pace(10, 10.0), Pace(10, 10.0), 10),  # as documented for each credential
        (Pace(5, 2.0), Pace(10, 10.0), 5),  # a run at the documented pace is not refused
    ],
)
def test_other_refusals_are_waited_out(allowance: Pace, documented: Pace, served: int) -> None:
    tried = Watched(allowance, documented)
    for _ in range(5):
        for _ in range(served):
            tried.serve("full", 1)
        assert tried.watch.note_refused("full") is None
        tried.now += allowance.seconds


def test_a_limited_one_that_is_served_on_shows_an_exchange_where_another_was_refused() -> None:
    tried = Watched(Pace(10, 10.0))
    assert tried.serve("throttled", 25) is None  # a target without a limit is judged by its row
    tried.serve("full", 10)
    assert tried.watch.note_refused("full") is None
    tried.now += 60
    assert tried.serve("throttled", 10) is None
    assert str(tried.serve("throttled", 1)).startswith(
        "credentials.full was refused with 429 after 10 requests in 10 s"
    )
    assert tried.watch.note_refused("throttled") is None


def test_nothing_is_noticed_where_no_credential_is_limited() -> None:
    credential = Credential("full", "X-Key", {"": Secret("full", FULL[0][1])})
    assert AllowanceWatch([credential], {}, None).find_name(FULL) is None
