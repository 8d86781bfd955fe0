"""Which operation a method and a path stand for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from conformance.reference.catalogue import Row

__all__ = ["METHODS", "PLACES", "Place", "find"]

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""What is no strange method, allowed or not."""


@dataclass(frozen=True, slots=True)
class Place:
    """A path of the API, as a pattern over its segments, with the operation behind each method that it allows.

    `refuses` is the row that answers any other method.
    """

    pattern: tuple[str, ...]
    operations: Mapping[str, str]
    refuses: Row = ("elsewhere", 405)

    @property
    def leaf(self) -> bool:
        """Whether nothing of the API is below it."""
        return self.pattern[-1] in {"media", "service", "status", "createdBy"} or self.pattern[1] in {"members", "apis"}

    @property
    def allow(self) -> str:
        """The value of the Allow header."""
        return ", ".join(self.operations)


PLACES: Final[tuple[Place, ...]] = (
    Place(("v1", "contents", "{endpoint}"), {"GET": "listContents"}),
    Place(("v1", "contents", "{endpoint}", "{id}"), {"GET": "getContent"}),
    Place(("v1", "contents", "{endpoint}", "{id}", "status"), {"PATCH": "patchStatus"}, ("contents-patch", 5)),
    Place(("v1", "contents", "{endpoint}", "{id}", "createdBy"), {"PATCH": "patchCreatedBy"}, ("contents-patch", 5)),
    Place(("v1", "media"), {"GET": "listMediaV1", "POST": "uploadMedia"}, ("media-post", 3)),
    Place(("v2", "media"), {"GET": "listMediaV2", "DELETE": "deleteMedia"}, ("media-delete", 4)),
    Place(("v1", "members"), {"GET": "listMembers"}),
    Place(("v1", "members", "{id}"), {"GET": "getMember"}),
    Place(("v1", "apis"), {"GET": "listApis"}),
    Place(("v1", "apis", "{endpoint}"), {"GET": "getApi"}),
    Place(("v1", "service"), {"GET": "getService"}),
)


def find(path: str, choices: Mapping[str, str]) -> tuple[Place | None, dict[str, str]]:
    """The place that a path stands for, with the values of its gaps; no place where there is none."""
    segments = [unquote(segment, errors="replace") for segment in _clean(path, choices).split("/")]
    if len(segments) < 4 or segments[0] or not _same(segments[1], "api", choices):
        return None, {}
    rest = segments[2:]
    for place in PLACES:
        exact = _fit(place.pattern, rest, choices)
        if exact is not None:
            return place, exact
    return _ends_early(rest, choices) if choices["path_longer"] == "ignored" else (None, {})


def _ends_early(segments: list[str], choices: Mapping[str, str]) -> tuple[Place | None, dict[str, str]]:
    """The place at the start of a path that goes on where the API does not."""
    for place in PLACES:
        values = _fit(place.pattern, segments[: len(place.pattern)], choices)
        if values is not None and place.leaf and len(segments) > len(place.pattern):
            return place, values
    return None, {}


def _clean(path: str, choices: Mapping[str, str]) -> str:
    if choices["slashes"] == "strict":
        return path
    return re.sub(r"/+", "/", path).rstrip("/")


def _fit(pattern: tuple[str, ...], segments: list[str], choices: Mapping[str, str]) -> dict[str, str] | None:
    if len(pattern) != len(segments):
        return None
    values: dict[str, str] = {}
    for part, segment in zip(pattern, segments, strict=True):
        if part.startswith("{"):
            if not segment:
                return None
            values[part[1:-1]] = segment
        elif not _same(segment, part, choices):
            return None
    return values


def _same(got: str, wanted: str, choices: Mapping[str, str]) -> bool:
    return got == wanted or (choices["path_case"] == "any" and got.lower() == wanted.lower())
