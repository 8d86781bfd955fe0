"""What is tried: the parts of one request before they are written as text, and the request that they make."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote

from conformance.client.builder import build_multipart
from conformance.explore.context import ExploreContext
from conformance.explore.openapi import DocumentedOperation
from conformance.http import Headers, Request

__all__ = [
    "NO_BODY",
    "ExploreProbe",
    "build_template",
    "is_encodable",
    "label_probe",
    "plain_probe",
    "smaller_probes",
    "with_parts",
]

_BOUNDARY = "conformance-exploration-7d3f"
_SIZE = 100


class _Nothing:
    """No body at all, as `None` is JSON's null."""

    def __repr__(self) -> str:
        return "NOTHING"


NO_BODY: Final = _Nothing()


@dataclass(frozen=True, slots=True)
class ExploreProbe:
    """One input. Values of `path` and `query` are text before it is percent-encoded.

    `body` is a JSON value, `NOTHING`, or for a form a mapping of names to the file names of small images.
    """

    path: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    body: Any = NO_BODY
    form: bool = False
    headers: Headers = ()
    role: str = "boundary"
    about: str = ""
    """Which part is tried and how, for choosing and for labels."""

    @property
    def key(self) -> str:
        """Equal for two probes that make the same request."""
        return repr((self.path, self.query, self.body, self.form, self.headers))


def plain_probe(operation: DocumentedOperation) -> ExploreProbe:
    """The simplest request of an operation: what is required, with the values that exist."""
    return ExploreProbe(
        path=tuple((one.name, one.known[0]) for one in operation.among("path") if one.known),
        query=tuple((one.name, one.known[0]) for one in operation.among("query") if one.required and one.known),
        role="example",
        about="plain",
    )


def build_template(
    context: ExploreContext, operation: DocumentedOperation, probe: ExploreProbe, permission: str = ""
) -> Request:
    """The request that a probe makes, with the credential and the fixed headers of the target."""
    path = operation.template
    for name, value in probe.path:
        path = path.replace("{" + name + "}", _encoded(value))
    query = "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in probe.query)
    body, media_type = _body(probe)
    own = (*((("Content-Type", media_type),) if media_type else ()), *probe.headers)
    names = {name.lower() for name, _ in own}
    headers = (*((name, value) for name, value in context.headers if name.lower() not in names), *own)
    url = context.base_url.rstrip("/") + path + (f"?{query}" if query else "")
    return Request(operation.method, url, headers, body, permission or operation.permission)


def with_parts(probe: ExploreProbe, where: str, pairs: tuple[tuple[str, str], ...]) -> ExploreProbe:
    """The probe with other pairs in `path`, `query` or `headers`."""
    if where == "path":
        return replace(probe, path=pairs)
    return replace(probe, query=pairs) if where == "query" else replace(probe, headers=pairs)


def is_encodable(probe: ExploreProbe) -> bool:
    """Whether the probe can be written as a request: no lone surrogate, no number that JSON lacks."""
    try:
        "".join(f"{name}{value}" for name, value in (*probe.path, *probe.query)).encode()
        _body(probe)
    except (UnicodeEncodeError, ValueError, TypeError, RecursionError):
        return False
    return True


def label_probe(probe: ExploreProbe) -> str:
    """The probe in a few words: `limit=101, offset=0`."""
    parts = [f"{name}={_short(value)}" for name, value in (*probe.path, *probe.query)]
    if probe.form:
        parts.append("form: " + (", ".join(probe.body) or "no part"))
    elif probe.body is not NO_BODY:
        parts.append(f"body={_short(json.dumps(probe.body, ensure_ascii=False))}")
    return ", ".join(parts) or "no parameters"


def smaller_probes(operation: DocumentedOperation, probe: ExploreProbe) -> Iterator[ExploreProbe]:
    """Simpler probes beside this one, the boldest first."""
    required = {one.name for one in operation.among("query") if one.required}
    for index, (name, _) in enumerate(probe.query):
        if name not in required or sum(other == name for other, _ in probe.query) > 1:
            yield replace(probe, query=(*probe.query[:index], *probe.query[index + 1 :]))
    there = {(one.where, one.name): one.known or () for one in operation.parameters}
    for where in ("query", "path"):
        parts = getattr(probe, where)
        for index, (name, value) in enumerate(parts):
            for shorter in () if value in there.get((where, name), ()) else _shorter(value):
                yield with_parts(probe, where, (*parts[:index], (name, shorter), *parts[index + 1 :]))
    if isinstance(probe.body, Mapping) and not probe.form:
        yield from _smaller_bodies((operation.body or {}).get("properties", {}), probe, probe.body)


def _smaller_bodies(
    described: Mapping[str, Any], probe: ExploreProbe, body: Mapping[str, Any]
) -> Iterator[ExploreProbe]:
    for name, value in body.items():
        if value in described.get(name, {}).get("x-known", ()):
            continue
        yield replace(probe, body={key: inner for key, inner in body.items() if key != name})
        for shorter in _shorter(value) if isinstance(value, str) else ():
            yield replace(probe, body={**body, name: shorter})


def _shorter(value: str) -> Iterator[str]:
    odd = [character for character in value if not character.isascii() or not character.isalnum()]
    half = len(value) // 2
    for text in dict.fromkeys((value[:half], value[half:], *odd[:3], value[:1])):
        if text and len(text) < len(value):
            yield text


def _encoded(value: str) -> str:
    return quote(value, safe="")


def _short(value: str) -> str:
    return value if len(value) <= 60 else f"{value[:40]}… ({len(value)} characters)"


def _body(probe: ExploreProbe) -> tuple[bytes | None, str]:
    if probe.body is NO_BODY:
        return None, ""
    if not probe.form:
        return json.dumps(probe.body, ensure_ascii=False, allow_nan=False).encode(), "application/json"
    parts = [{"name": name, "filename": file_name, "size": _SIZE} for name, file_name in probe.body.items()]
    media_type, body = build_multipart(parts, _BOUNDARY)
    return body, media_type
