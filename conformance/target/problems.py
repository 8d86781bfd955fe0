"""What pydantic says of a profile, as problems with places that are in the file, and nothing of what was written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from conformance.errors import Problem
from conformance.target.known_deviations import KnownDeviationEntry
from conformance.target.schema import ClientCertificate, HeaderCredential, Hook, Profile, SecretSource, VantageForm
from conformance.validation import closest_name, suggest

__all__ = ["Locate", "Place", "format_location", "problems_from_validation"]

Place = tuple[str | int, ...]
Locate = Callable[[Place], str]
"""Gives `file:line` of a place."""

_WORDS = {
    "string_type": "must be text; put it in quotes",
    "string_too_short": "is empty",
    "model_type": "must be a mapping (key: value)",
    "dict_type": "must be a mapping (key: value)",
    "list_type": "must be a list ([…])",
    "too_short": "is empty",
    "string_unicode": "holds half a character",
}
_FORMS: dict[str, type[BaseModel]] = {
    "vantages": VantageForm,
    "hooks": Hook,
    "client_cert": ClientCertificate,
    "expectations": KnownDeviationEntry,
}


def format_location(place: Place) -> str:
    """A place as people name it: `credentials.full.env`."""
    return ".".join(map(str, place))


def problems_from_validation(error: ValidationError, value: Any, locate: Locate) -> tuple[Problem, ...]:
    """A problem for each error that a form found in `value`."""
    details = error.errors(include_url=False, include_input=False)
    return tuple(_problem(detail, _place(detail, value), locate) for detail in details)


def _place(detail: ErrorDetails, value: Any) -> Place:
    """The error's place in the file: pydantic adds the names of forms, which nobody wrote."""
    place: list[str | int] = []
    for part in detail["loc"]:
        if (isinstance(value, Mapping) and part in value) or (isinstance(part, int) and isinstance(value, list)):
            place.append(part)
            value = cast("Any", value)[part]
    return (*place, detail["loc"][-1]) if detail["type"] == "missing" else tuple(place)


def _problem(detail: ErrorDetails, place: Place, locate: Locate) -> Problem:
    if detail["type"] == "extra_forbidden":
        return _unknown_key(place, locate(place), frozenset(detail["loc"]))
    name = format_location(place[:-1] if place and isinstance(place[-1], int) else place) or "the file"
    if detail["type"] == "missing":
        return Problem(locate(place), f"{name} is missing", f"add `{place[-1]}:`")
    if detail["type"] == "value_error":
        what, _, how = str(detail["ctx"]["error"]).partition("; ")
        return Problem(locate(place), f"{name} {what}", how)
    if detail["type"] == "literal_error":
        return Problem(locate(place), f"{name} is none of {detail['ctx']['expected']}")
    what, _, how = _WORDS.get(detail["type"], "has not the form that is asked for").partition("; ")
    return Problem(locate(place), f"{name} {what}", how)


def _unknown_key(place: Place, where: str, tags: frozenset[str | int]) -> Problem:
    key, above = str(place[-1]), place[0] if len(place) > 1 else None
    if above == "credentials":
        return _unknown_in_credential(place, where, "<header>" in tags)
    form = _FORMS.get(str(above), KnownDeviationEntry if isinstance(above, int) else Profile)
    return Problem(where, f"unknown key {key!r}", suggest(key, form.model_fields, "keys"))


def _unknown_in_credential(place: Place, where: str, header: bool) -> Problem:
    """Names the key only if it is near one that we know: it may be a key that was pasted without its name."""
    known = tuple((HeaderCredential if header else SecretSource).model_fields)
    named = f" {str(place[-1])!r}" if closest_name(str(place[-1]), known) else ""
    return Problem(
        where, f"unknown key{named} in {format_location(place[:-1])}", suggest(str(place[-1]), known, "keys")
    )
