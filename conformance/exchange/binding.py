"""A planned request becomes the very bytes that go out: placeholders filled, URL encoded, credential put in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote

from conformance.contract.contract import Contract
from conformance.contract.placeholders import Missing, fill, letters
from conformance.exchange.bodies import multipart
from conformance.target.target import Target
from conformance.wire import Request

__all__ = ["Binder", "Bound", "Scope"]

_PARAMETER = re.compile(r"\{([A-Za-z0-9_]+)\}")
_OMIT = {"omit": True}


@dataclass(frozen=True, slots=True)
class Scope:
    """What the placeholders of one attempt stand for beside the profile's own words."""

    captures: Mapping[str, Any] = field(default_factory=dict)
    language: str | None = None
    other_language: str | None = None
    salt: str = ""
    """Seeds `{random.…}` and `{unique}`: equal salts give equal words."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A request ready to go out, and the values that a message may echo."""

    request: Request
    values: Mapping[str, Any]
    """Members of path, query and json as they were before encoding."""


class Binder:
    """Binds the requests of one contract to one target."""

    def __init__(self, contract: Contract, target: Target, seed: int) -> None:
        self._contract, self._target, self._seed = contract, target, seed

    def bind(self, operation: str, template: Mapping[str, Any], tier: str, scope: Scope) -> Bound:
        """Raises Missing where a placeholder has no value."""
        filled = {key: self.fill(value, scope) for key, value in template.items()}
        said = self._contract.operations[operation]
        headers = {str(k): str(v) for k, v in (filled.get("headers") or {}).items() if v != _OMIT}
        content_type, body = self._body(filled, scope)
        if filled.get("content_type") is not None:
            content_type = str(filled["content_type"])
        if content_type:
            headers = {"Content-Type": content_type} | headers
        headers |= self._credential(filled.get("credential"), scope)
        hook = filled.get("hook")
        named = (*headers.items(), *(self._target.hooks[hook] if hook else ()))
        vantage = self._target.vantages[filled["vantage"]] if filled.get("vantage") else None
        request = Request(
            method=filled.get("method") or said.method,
            url=self._target.base_url.rstrip("/") + self._local(said.spec.url or said.path, filled, scope),
            headers=named,
            body=body,
            tier=tier,
            source_address=vantage.source_address if vantage else None,
            proxy=vantage.proxy if vantage else None,
        )
        return Bound(request, {part: filled.get(part) for part in ("path", "query", "json")})

    def fill(self, value: Any, scope: Scope) -> Any:
        """Fill the placeholders of any value; raises Missing."""
        return fill(value, lambda head, members: self._look(head, members, scope))

    def _local(self, path: str, filled: Mapping[str, Any], scope: Scope) -> str:
        if filled.get("url") is not None:
            return str(filled["url"])
        parameters = filled.get("path") or {}
        path = str(self.fill(path, scope))

        def parameter(match: re.Match[str]) -> str:
            if match[1] not in parameters:
                raise Missing(f"path.{match[1]}")
            return quote(_text(parameters[match[1]]), safe="~")

        pairs = [f"{quote(name, safe='~[]')}={quote(_text(v), safe='~')}" for name, v in _pairs(filled.get("query"))]
        return "/" + _PARAMETER.sub(parameter, path).lstrip("/") + (f"?{'&'.join(pairs)}" if pairs else "")

    def _body(self, filled: Mapping[str, Any], scope: Scope) -> tuple[str | None, bytes | None]:
        if "json" in filled and filled["json"] != _OMIT:
            return "application/json", json.dumps(_kept(filled["json"]), ensure_ascii=False).encode()
        if filled.get("raw") not in (None, _OMIT):
            return "application/json", str(filled["raw"]).encode()
        if filled.get("multipart") not in (None, _OMIT):
            return multipart(filled["multipart"], f"conformance-{self._random('hex', scope)[:16]}")
        return None, None

    def _credential(self, name: Any, scope: Scope) -> dict[str, str]:
        if name is None or name == "none":
            return {}
        usual = self._contract.file.credential
        given = self._target.credentials.get(str(usual if name in ("wrong", "empty") else name))
        if name in ("wrong", "empty"):
            header = given.header if given and given.header else None
            return {header: "" if name == "empty" else self._random("hex40", scope)} if header else {}
        if given is not None and given.header is not None:
            return {given.header: given.values[""].value}
        raise Missing(f"credential.{name}")

    def _look(self, head: str, members: tuple[str, ...], scope: Scope) -> Any:
        name = ".".join(members)
        makers: dict[str, Callable[[], Any]] = {
            "fixture": lambda: self._fixture(members),
            "text": lambda: letters(members[0], self._fixture(members[1:])),
            "capture": lambda: scope.captures.get(name),
            "credential": lambda: self._secret(members),
            "language": lambda: scope.language,
            "other": lambda: scope.other_language,
            "random": lambda: self._random(name, scope),
            "unique": lambda: f"conformance-{self._random('hex', scope)[:12]}",
        }
        value = makers[head]() if head in makers else None
        if value is None and not (head == "capture" and name in scope.captures):
            raise Missing(f"{head}.{name}" if name else head)
        return value

    def _secret(self, members: tuple[str, ...]) -> str | None:
        given = self._target.credentials.get(members[0])
        return given.values[members[1] if len(members) > 1 else ""].value if given else None

    def _fixture(self, members: tuple[str, ...]) -> Any:
        value: Any = self._target.fixtures
        for member in members:
            if not isinstance(value, Mapping) or member not in value:
                named = self._contract.file.fixtures.get(members[0])
                if len(members) == 1 and named is not None and named.default is not None:
                    return self.fill(named.default, Scope(salt=members[0]))
                raise Missing(f"fixture.{'.'.join(members)}")
            value = value[member]
        return value

    def _random(self, name: str, scope: Scope) -> str:
        """A word that nobody has used: `uuid…`, `hex40…`, `word…`, by the beginning of its name."""
        random = Random(f"{self._seed}/{scope.salt}/{name}")  # noqa: S311 - reproducible, not secret
        if name.startswith("uuid"):
            digits = f"{random.getrandbits(128):032x}"
            return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
        if match := re.match(r"hex(\d+)", name):
            return "".join(random.choices("0123456789abcdef", k=int(match[1])))
        if name.startswith("hex"):
            return "".join(random.choices("0123456789abcdef", k=32))
        if match := re.match(r"digits(\d+)", name):
            return "9" + "".join(random.choices("0123456789", k=int(match[1]) - 1))
        return "".join(random.choices("abcdefghijkmnpqrstuvwxyz23456789", k=20))


def _pairs(query: Mapping[str, Any] | None) -> Iterator[tuple[str, Any]]:
    """A list is the parameter as often as it has members."""
    for name, value in (query or {}).items():
        if value == _OMIT:
            continue
        yield from ((name, item) for item in value) if isinstance(value, list) else ((name, value),)


def _kept(value: Any) -> Any:
    """JSON without the members that were taken away."""
    if isinstance(value, Mapping):
        return {key: _kept(member) for key, member in value.items() if member != _OMIT}
    return [_kept(member) for member in value] if isinstance(value, list) else value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)
