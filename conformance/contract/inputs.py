"""The forms of what is varied: edges, near misses, drawn values, and the inputs on which the documents are silent."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from conformance.contract.forms import Depth, Range, Strict

__all__ = ["Draw", "Input", "Open"]


class Draw(Strict):
    """Values that Hypothesis draws: of one of these kinds.

    integers: from and to, both included; matching: regular expressions, each matched as a whole, and not `except`;
    lists: of these members, as long as `sizes` says; words: of the letters of an alphabet, as long as `sizes` says, or
    shorter than the first and longer than the second of `outside`, and never empty; sampled: one of these values.
    `matching`, `except` and `outside` may name fixtures.
    """

    integers: Range | None = None
    matching: list[str] | None = None
    except_: str | None = Field(default=None, alias="except")
    lists: list[Any] | None = None
    words: str | None = None
    sampled: list[Any] | None = None
    sizes: Range | None = None
    outside: Annotated[list[int | str], Field(min_length=2, max_length=2)] | None = None
    wrap: Any = None
    """A text or a value of JSON in which `{drawn}` stands for the drawn value."""


class Input(Strict):
    """Values of one part of a request, each with a label, and what is drawn around and beyond them.

    `near` holds near misses of what is valid, tried like edges; `unless` is what a successful answer to one of them
    shows if the value is valid after all (an ID that happens to exist).
    `spread` deals the edges out over the operations of the row instead of trying each on each. `always` edges are tried
    at `standard` in every row that names this input, and the others are dealt out over those rows. `unless` is what a
    successful answer would show if the value were valid after all (an ID that happens to exist). `for` names the
    operations that it is tried on. `once` edges are sent once a run: never at smoke, on one operation, never again.
    Edges that `except` matches as a whole are left out, and so are all where it is an expression that cannot be read.
    """

    edges: dict[str, Any] = {}
    near: dict[str, Any] = {}
    draw: Draw | None = None
    spread: bool = False
    always: int | None = Field(default=None, ge=0)
    unless: dict[str, Any] | None = None
    for_: list[str] | None = Field(default=None, alias="for")
    once: bool = False
    except_: str | None = Field(default=None, alias="except")


class Open(Strict):
    """Inputs on which the documents are silent, and the answers that are accepted.

    `accept` holds `accepted` (any success), `this` (the row's own answer), `any-4xx`, `not-5xx`, a status as a number,
    or the ID of another row.
    """

    vary: dict[str, Input | str]
    accept: list[str | int] = Field(min_length=1)
    depth: Depth = "standard"
    for_: list[str] | None = Field(default=None, alias="for")
