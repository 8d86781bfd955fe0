"""A request before its placeholders are filled: written in case files as patches, merged one over another.

A patch holds the members of a request under the names of the case file; a template holds all of them, typed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from functools import cached_property, reduce
from typing import Any, Final

from conformance.contract.templates import captures_used, find_placeholders

RequestPatch = Mapping[str, Any]
"""Members of a request as a case file writes them, such as `{"query": {"limit": -1}}`."""

OMIT: Final = {"omit": True}
"""The value that takes a member away."""

_MAPPINGS = frozenset(["path", "query", "headers"])
_BODIES = frozenset(["json", "raw", "multipart"])
_SEPARATOR = re.compile(r"\.(?![^{]*\})")


class NoBody(Enum):
    """The type of `NO_BODY`, as distinct from a JSON body that is null."""

    NO_BODY = "no body"


NO_BODY: Final = NoBody.NO_BODY


@dataclass(frozen=True)
class RequestTemplate:
    """A request of an operation, placeholders unfilled. Of `json`, `raw` and `multipart` at most one is there."""

    method: str | None = None
    """None for that of the operation."""
    url: str | None = None
    """Takes the place of path and query, and goes out as it is."""
    path: Mapping[str, Any] = field(default_factory=dict)
    """Parameters of the operation's path."""
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    json: Any = NO_BODY
    raw: Any = NO_BODY
    encoding: str | None = None
    """Of `json` and `raw`, where it is not UTF-8."""
    multipart: Any = NO_BODY
    size: int | None = None
    """Bytes of the body, where it is to be longer than what it holds."""
    without_length: bool = False
    """The body goes out in chunks, without a Content-Length."""
    content_type: str | None = None
    credential: str | None = None
    vantage: str | None = None
    hook: str | None = None
    literal: bool = False
    """Its texts go out as they are: what looks like a placeholder in them was written by a target."""

    @cached_property
    def placeholders(self) -> tuple[tuple[str, tuple[str, ...], str | None], ...]:
        """Every placeholder in it, as `find_placeholders` gives them."""
        return tuple(find_placeholders(self.members()))

    @cached_property
    def captures(self) -> frozenset[str]:
        """What its placeholders need that an earlier answer gave."""
        return frozenset(captures_used(self.members()))

    def members(self) -> dict[str, Any]:
        """Everything that is not at its default, by name: where placeholders may stand."""
        values = {each.name: (getattr(self, each.name), each.default) for each in fields(self)}
        return {
            name: value
            for name, (value, default) in values.items()
            if value is not default and not (name in _MAPPINGS and not value)
        }


def merge_patches(*patches: RequestPatch) -> RequestTemplate:
    """The template that comes of patches laid over each other, the last on top."""
    return reduce(apply_patch, patches, RequestTemplate())


def apply_patch(template: RequestTemplate, patch: RequestPatch) -> RequestTemplate:
    """The template with the members of a patch; one body takes the place of another."""
    changes: dict[str, Any] = {}
    if _BODIES & patch.keys():
        changes = {"json": NO_BODY, "raw": NO_BODY, "multipart": NO_BODY, "size": None}
    for key, value in patch.items():
        if key in _MAPPINGS:
            changes[key] = {**getattr(template, key), **(value or {})}
        elif key == "members":
            body = changes.get("json", template.json)
            changes["json"] = {**(body if isinstance(body, Mapping) else {}), **(value or {})}
        else:
            changes[key] = None if value == OMIT and key not in _BODIES else value
    return replace(template, **changes) if changes else template


def replace_part(template: RequestTemplate, part: str, value: Any) -> RequestTemplate:
    """The template with another value in one place: `query.limit`, `json.status`, `multipart.0.size`, `request`."""
    if part == "request":
        return apply_patch(template, value)
    head, *rest = split_part(part)
    if not rest:
        return apply_patch(template, {head: value})
    return replace(template, **{head: _set_member(getattr(template, head), rest, value)})


def split_part(part: str) -> list[str]:
    """The steps to a place; a placeholder is one step, whatever dots it has: `json.{fixture.fields.email.name}`."""
    return _SEPARATOR.split(part)


def name_part(part: str) -> str:
    """What labels call a place: its last step, and `email` where that is `{fixture.fields.email.name}`."""
    last = split_part(part)[-1]
    words = last.strip("{}").partition("|")[0].split(".")
    return words[-2] if last.startswith("{") and len(words) > 1 else last


def _set_member(inside: Any, place: list[str], value: Any) -> Any:
    head, *rest = place
    if isinstance(inside, list):
        index = int(head)
        changed = _set_member(inside[index], rest, value) if rest else value
        return [changed if at == index else item for at, item in enumerate(inside)]
    members = dict(inside) if isinstance(inside, Mapping) else {}
    members[head] = _set_member(members.get(head), rest, value) if rest else value
    return members


def format_value(value: Any) -> str:
    """A value in a few characters, as it would stand in a file."""
    if value == OMIT:
        return "(absent)"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:100]}… ({len(text)} characters)"
