"""Values that a profile settles before anything is sent: fixtures in descriptions, edges that are ruled out."""

import re
from typing import Any

from pydantic import ValidationError

from conformance.contract.schema import Draw
from conformance.contract.templates import MissingValue, fill, letters_of_script
from conformance.expressions import matches_whole
from conformance.jsontools import resolve_pointer
from conformance.target.loader import Target


def resolve_draw(target: Target, draw: Draw) -> Draw | None:
    """The description with the fixtures that it names put in; None where one is lacking or no expression to draw by."""
    members = draw.model_dump(by_alias=True, exclude_unset=True)
    settled = {key: members[key] for key in ("matching", "except", "outside") if key in members}
    try:
        found = Draw.model_validate(members | {key: _settled(target, value) for key, value in settled.items()})
        for expression in [*(found.matching or []), found.except_ or ""]:
            re.compile(expression)
    except (MissingValue, re.error, OverflowError, RecursionError, ValidationError):
        return None
    return found


def is_excluded(target: Target, expression: str, value: Any) -> bool:
    """Whether the expression matches a value as a whole, or is invalid; not if the value needs more than fixtures."""
    try:
        text = _settled(target, expression)
    except MissingValue:
        return True
    try:
        value = _settled(target, value, random_word="0a1b2c3d")
    except MissingValue:
        return False
    matched = matches_whole(str(text), value if isinstance(value, str) else "")
    return matched is None or (matched and isinstance(value, str))


def _settled(target: Target, value: Any, random_word: str | None = None) -> Any:
    def look(head: str, members: tuple[str, ...]) -> Any:
        if head == "random" and random_word is not None:
            return random_word
        if head not in ("fixture", "text"):
            raise MissingValue(head)
        there, found = resolve_pointer(target.fixtures, "/".join(["", *(members[1:] if head == "text" else members)]))
        if not there:
            raise MissingValue(".".join([head, *members]))
        return letters_of_script(members[0], found) if head == "text" else found

    return fill(value, look)
