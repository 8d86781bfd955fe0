"""What an answer, or the request itself, tells: values by JSON pointer, and what placeholders stand for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.contract.placeholders import Missing
from conformance.exchange.binding import Bound, Scope
from conformance.judge.rules import point
from conformance.run.ground import Ground
from conformance.wire import Answer

__all__ = ["captured", "lookup"]


def captured(answer: Answer, pointer: str) -> tuple[bool, Any]:
    """A member of a JSON body; not there where the body is no JSON."""
    try:
        return point(answer.json(), pointer)
    except ValueError:
        return False, None


def lookup(ground: Ground, bound: Bound, scope: Scope) -> Any:
    """Placeholders of an expectation: what was sent in this request, and all that a request may name."""

    def look(head: str, members: tuple[str, ...]) -> Any:
        if head not in bound.values:
            return ground.binder.fill("{" + ".".join([head, *members]) + "}", scope)
        value: Any = bound.values[head]
        for member in members:
            if isinstance(value, list) and member.isdigit() and int(member) < len(value):
                value = value[int(member)]
            elif isinstance(value, Mapping) and member in value:
                value = value[member]
            else:
                raise Missing(".".join([head, *members]))
        return value

    return look
