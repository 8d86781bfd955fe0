"""The forms of what is sent and what must come back: requests, expectations, and chains of calls."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from conformance.contract.forms import Depth, Level, Strict, Tier
from conformance.contract.inputs import Draw

__all__ = ["Control", "Expect", "Guard", "Page", "Part", "Repeat", "RequestSpec", "Step", "Undo", "Wording"]


class Part(Strict):
    """One part of a multipart body: a text, or a file that is made to the byte."""

    name: str
    filename: str | None = None
    content_type: str | None = None
    text: str | None = None
    size: int | None = Field(default=None, ge=0, le=16 << 20)
    """Bytes in all: a PNG image is padded to it; with `content_type` other than an image, plain bytes."""


class RequestSpec(Strict):
    """A request, or what differs from the one before it.

    Members of `path`, `query` and `headers` are merged one by one, every other key is replaced as a whole; `members`
    are laid over the JSON body one by one. A value that is `{omit: true}` takes the member away. `path` fills the
    parameters of the operation's path, `url` replaces path and query by a text that goes out as it is.
    """

    method: str | None = None
    url: str | None = None
    path: dict[str, Any] | None = None
    query: dict[str, Any] | None = None
    headers: dict[str, Any] | None = None
    json_: Any = Field(default=None, alias="json")
    members: dict[str, Any] | None = None
    raw: str | None = None
    content_type: str | None = None
    multipart: list[Part] | None = None
    credential: str | None = None
    vantage: str | None = None
    hook: str | None = None


class Wording(Strict):
    """One documented wording of a message."""

    text: str
    language: str | None = None
    edition: str | None = None


class Page(Strict):
    """A page of a list: as many items as there are, but at most `limit`, beginning at `offset`."""

    items: str
    total: str
    limit: int
    offset: int = 0


class Expect(Strict):
    """What must come back.

    `message` is one text or every documented wording. `body` is a JSON Schema of the whole body, `equals` pairs a JSON
    pointer with a value, `absent` lists JSON pointers that must not be there. `envelope: false` says that the body is
    not in the contract's error envelope (success, or a form of its own).
    """

    status: int | list[int]
    message: str | list[Wording] | None = None
    message_level: Level | None = None
    code: str | list[str] | None = None
    field: str | None = None
    body: dict[str, Any] | None = None
    body_level: Level = "must"
    equals: dict[str, Any] | None = None
    absent: list[str] | None = None
    page: Page | None = None
    envelope: bool = True


class Step(Strict):
    """One call of a chain: set-up, control, clean-up.

    `capture` names values of the answer by JSON pointer, of several the first that is there; `optional` set-up is left
    out where the target lacks what it needs, and with it what needs its captures. `undo` is called at the end of the
    chain if this step succeeded and nothing later has undone it already. With `unless` the call is left out where each
    placeholder has that value.
    `repeatable: false` keeps the transport from sending it again after a reset.
    """

    call: str
    request: RequestSpec = RequestSpec()
    expect: Expect = Expect(status=200, envelope=False)
    capture: dict[str, str | list[str]] | None = None
    secret: list[str] | None = None
    optional: bool = False
    undo: Step | None = None
    unless: dict[str, Any] | None = None
    wait: float | None = Field(default=None, ge=0, le=60)
    tier: Tier | None = None
    repeatable: bool = True
    depth: Depth = "smoke"
    """The shallowest depth at which the call is made."""


class Control(Strict):
    """The nearest request that must *not* provoke the row: a chain whose every step must succeed with its effect.

    `for_` names the operations that it is the control of; without it, it is tried on each operation of the row. A
    `fallback` is tried only where the target lacks what those before it need. `draw` draws `{capture.drawn}` for it.
    """

    label: str
    steps: list[Step] = Field(min_length=1)
    for_: list[str] | None = Field(default=None, alias="for")
    depth: Depth = "smoke"
    fallback: bool = False
    draw: Draw | None = None
    doubtful: bool = False
    """It rests on something that only the profile says and that may be out of date, such as a password: refused in the
    very words of the row, it tells nothing.
    """


class Undo(Strict):
    """Takes back what a probe left behind where it was accepted: `capture` names members of its answer for `steps`.

    `for` names the operations of the probes; without it, those of all are taken back.
    """

    for_: list[str] | None = Field(default=None, alias="for")
    capture: dict[str, str] = {}
    steps: list[Step] = Field(min_length=1)


class Guard(Strict):
    """A rejected write changes nothing: read, rejected write, read.

    `compare` lists JSON pointers (`*` for each member of a list).
    """

    read: Step
    compare: list[str] = Field(min_length=1)
    each: bool = False
    confirm: bool = False
    """Others may change it meanwhile: a difference counts when it is seen twice."""
    for_: list[str] | None = Field(default=None, alias="for")


class Repeat(Strict):
    """Send the example again and again until this status comes; the answers before must be these."""

    until: int
    at_most: int = Field(ge=2, le=200)
    before: list[int] = [200]
    unpaced: bool = True
