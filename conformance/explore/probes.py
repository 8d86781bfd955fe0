"""An input of an exploration, as the parts of a request before they are encoded, and smaller variants of it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.client.builder import PlaceholderScope
from conformance.contract.request_template import NO_BODY, LiteralTemplate, RequestTemplate, merge_patches
from conformance.contract.templates import find_placeholders
from conformance.engine.context import RunContext
from conformance.explore.openapi import DocumentedOperation
from conformance.plan.steps import operation_patch

_FILE_SIZE = 100

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ExploreProbe:
    """One input. Values of `path` and `query` are not yet percent-encoded.

    `body` is a JSON value, `NO_BODY`, or for a form a mapping from part names to the file names of small images.
    """

    path: Pairs = ()
    query: Pairs = ()
    body: Any = NO_BODY
    form: bool = False
    headers: Pairs = ()
    role: str = "boundary"
    """`example`, `boundary`, `drawn`, `step`, `guard` or `clean-up`."""
    about: str = ""
    """Which part varies and how (`limit: wide`), for choosing inputs and for labels."""

    @property
    def key(self) -> str:
        """A key that is equal for probes of the same request."""
        return repr((self.path, self.query, self.body, self.form, self.headers))


def plain_probe(operation: DocumentedOperation) -> ExploreProbe:
    """Return the simplest request of an operation: its required parameters with known values."""
    return ExploreProbe(
        path=tuple((one.name, one.known[0]) for one in operation.among("path") if one.known),
        query=tuple((one.name, one.known[0]) for one in operation.among("query") if one.required and one.known),
        role="example",
        about="plain",
    )


def request_of_probe(run: RunContext, operation: DocumentedOperation, probe: ExploreProbe) -> RequestTemplate:
    """Return the request of a probe; a header of its own with the credential's name replaces that."""
    usual = operation_patch(run.contract, operation.id)
    parts = {name: usual[name] for name in ("query", "headers")}
    filled = run.builder.fill_known(parts, PlaceholderScope(salt="exploring"), otherwise={})
    given = run.target.credentials.get(str(usual.get("credential")))
    own = {name.lower() for name, _ in probe.headers}
    if given is None or given.header is None or given.header.lower() not in own:
        filled = {**filled, "credential": usual.get("credential")}
    query: dict[str, list[str]] = {}
    for name, value in probe.query:
        query.setdefault(name, []).append(value)
    sent: dict[str, Any] = {"path": dict(probe.path), "query": query, "headers": dict(probe.headers)}
    if probe.form:
        sent["multipart"] = [{"name": name, "filename": file, "size": _FILE_SIZE} for name, file in probe.body.items()]
    else:
        sent["json"] = probe.body
    return LiteralTemplate.from_members(merge_patches(filled, sent).list_members())


def with_values(probe: ExploreProbe, where: str, name: str, *values: str) -> ExploreProbe:
    """Return the probe with other values of a `path`, `query` or `headers` parameter; without values, it is removed."""
    rest = (pair for pair in getattr(probe, where) if pair[0] != name)
    changed: dict[str, Any] = {where: (*rest, *((name, value) for value in values))}
    return replace(probe, **changed)


def is_sendable(probe: ExploreProbe) -> bool:
    """Return whether a probe can be encoded: no surrogates, numbers unknown to JSON, or texts like placeholders."""
    try:
        "".join(f"{name}{value}" for name, value in (*probe.path, *probe.query)).encode()
        if probe.body is not NO_BODY and not probe.form:
            json.dumps(probe.body, ensure_ascii=False, allow_nan=False).encode()
        parts = [dict(probe.path), list(probe.query), None if probe.body is NO_BODY else probe.body]
        return not any(find_placeholders(parts))
    except (UnicodeEncodeError, ValueError, TypeError, RecursionError):
        return False


def label_probe(probe: ExploreProbe) -> str:
    """Return a short label of the probe: `limit=101, offset=0`."""
    parts = [f"{name}={_abbreviate(value)}" for name, value in (*probe.path, *probe.query)]
    if probe.form:
        parts.append("form: " + (", ".join(probe.body) or "no part"))
    elif probe.body is not NO_BODY:
        parts.append(f"body={_abbreviate(json.dumps(probe.body, ensure_ascii=False))}")
    return ", ".join(parts) or "no parameters"


def smaller_probes(operation: DocumentedOperation, probe: ExploreProbe) -> Iterator[ExploreProbe]:
    """Yield simpler variants of a probe, those that remove most first."""
    required = {one.name for one in operation.among("query") if one.required}
    for name, value in probe.query:
        yield with_values(probe, "query", name, *([value] if name in required else []))
    known = {(one.where, one.name): one.known or () for one in operation.parameters}
    for where in ("query", "path"):
        for name, value in getattr(probe, where):
            for shorter in () if value in known.get((where, name), ()) else _shorter(value):
                yield with_values(probe, where, name, shorter)
    if isinstance(probe.body, Mapping) and not probe.form:
        described = (operation.body or {}).get("properties", {})
        for name, value in probe.body.items():
            if value not in described.get(name, {}).get("x-known", ()):
                yield replace(probe, body={key: inner for key, inner in probe.body.items() if key != name})
                for text in _shorter(value) if isinstance(value, str) else ():
                    yield replace(probe, body={**probe.body, name: text})


def _shorter(value: str) -> Iterator[str]:
    odd = [character for character in value if not character.isascii() or not character.isalnum()]
    half = len(value) // 2
    for text in dict.fromkeys((value[:half], value[half:], *odd[:3], value[:1])):
        if text and len(text) < len(value):
            yield text


def _abbreviate(value: str) -> str:
    return value if len(value) <= 60 else f"{value[:40]}… ({len(value)} characters)"
