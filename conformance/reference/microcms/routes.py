"""Maps a path and a method to an operation."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from conformance.reference.catalogue import Row

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""The methods of HTTP standards that APIs use, whether or not a route allows them."""


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """A path of the API, as a pattern of its segments, with the operation of each method that it allows.

    `method_row` is the row with which any other method is rejected.
    """

    pattern: tuple[str, ...]
    operations: Mapping[str, str]
    method_row: Row = ("undocumented", 405)

    @property
    def is_leaf(self) -> bool:
        """Whether the API has no path below this one."""
        return self.pattern[-1] in {"media", "service", "status", "createdBy"} or self.pattern[1] in {"members", "apis"}

    @property
    def allow(self) -> str:
        """The value of the Allow header."""
        return ", ".join(self.operations)


ROUTES: Final[tuple[ApiRoute, ...]] = (
    ApiRoute(("v1", "contents", "{endpoint}"), {"GET": "listContents"}),
    ApiRoute(("v1", "contents", "{endpoint}", "{id}"), {"GET": "getContent"}),
    ApiRoute(("v1", "contents", "{endpoint}", "{id}", "status"), {"PATCH": "patchStatus"}, ("contents-patch", 5)),
    ApiRoute(("v1", "contents", "{endpoint}", "{id}", "createdBy"), {"PATCH": "patchCreatedBy"}, ("contents-patch", 5)),
    ApiRoute(("v1", "media"), {"GET": "listMediaV1", "POST": "uploadMedia"}, ("media-post", 3)),
    ApiRoute(("v2", "media"), {"GET": "listMediaV2", "DELETE": "deleteMedia"}, ("media-delete", 4)),
    ApiRoute(("v1", "members"), {"GET": "listMembers"}),
    ApiRoute(("v1", "members", "{id}"), {"GET": "getMember"}),
    ApiRoute(("v1", "apis"), {"GET": "listApis"}),
    ApiRoute(("v1", "apis", "{endpoint}"), {"GET": "getApi"}),
    ApiRoute(("v1", "service"), {"GET": "getService"}),
)


def find_route(path: str, choices: Mapping[str, str]) -> tuple[ApiRoute | None, dict[str, str]]:
    """Return the route of a path and the values of its placeholders, or None and no values for an unknown path."""
    segments = [unquote(segment, errors="replace") for segment in _normalize(path, choices).split("/")]
    if len(segments) < 4 or segments[0] or not _same(segments[1], "api", choices):
        return None, {}
    rest = segments[2:]
    for route in ROUTES:
        values = _match(route.pattern, rest, choices)
        if values is not None:
            return route, values
    return _find_prefix(rest, choices) if choices["path_longer"] == "ignored" else (None, {})


def _find_prefix(segments: list[str], choices: Mapping[str, str]) -> tuple[ApiRoute | None, dict[str, str]]:
    """Return the route of a path with more segments than the API has."""
    for route in ROUTES:
        values = _match(route.pattern, segments[: len(route.pattern)], choices)
        if values is not None and route.is_leaf and len(segments) > len(route.pattern):
            return route, values
    return None, {}


def _normalize(path: str, choices: Mapping[str, str]) -> str:
    if choices["slashes"] == "strict":
        return path
    return re.sub(r"/+", "/", path).rstrip("/")


def _match(pattern: tuple[str, ...], segments: list[str], choices: Mapping[str, str]) -> dict[str, str] | None:
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


def _same(segment: str, expected: str, choices: Mapping[str, str]) -> bool:
    return segment == expected or (choices["path_case"] == "any" and segment.lower() == expected.lower())
