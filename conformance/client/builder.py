"""Requests built to the byte for one target, with what their answers must be; the same for the same seed."""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from random import Random
from typing import Any
from urllib.parse import quote

from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata

from conformance.checks.context import Expectation, Promise, build_expectation
from conformance.client.images import build_jpeg, build_png
from conformance.contract.contract import Contract
from conformance.contract.request_template import NO_BODY, OMIT, LiteralTemplate, RequestTemplate
from conformance.contract.templates import Lookup, MissingValue, fill, letters_of_script, write_value
from conformance.http import Request
from conformance.jsontools import resolve_pointer
from conformance.target.loader import Target

_IMAGES = {"image/png": build_png, "image/jpeg": build_jpeg}


def build_multipart(parts: Sequence[Mapping[str, Any]], boundary: str) -> tuple[str, bytes]:
    """The content type and the body of a multipart form; a part with `filename` is a file."""
    return f"multipart/form-data; boundary={boundary}", _join_parts(json.dumps(parts, sort_keys=True), boundary)


@lru_cache(maxsize=12)
def _join_parts(written: str, boundary: str) -> bytes:
    """Equal forms share their bytes: of forty targets that are run at once, each is sent the same five megabytes."""
    fields = [_field(part) for part in json.loads(written)]
    return encode_multipart_formdata(fields, boundary)[0]


def _field(part: Mapping[str, Any]) -> RequestField:
    kind = str(part.get("content_type") or "image/png")
    filename, size = part.get("filename"), int(part.get("size") or 0)
    if part.get("text") is not None:
        content = str(part["text"]).encode()
    elif filename is None or kind not in _IMAGES or part.get("size") == 0:
        content = b"x" * size
    else:
        content = _IMAGES[kind](size)
    field = RequestField(part["name"], content, filename)
    field.make_multipart(content_type=None if filename is None else kind)
    return field


_PARAMETER = re.compile(r"\{([A-Za-z0-9_]+)\}")


@dataclass(frozen=True, slots=True)
class PlaceholderScope:
    """What the placeholders of one attempt stand for beside the profile's own words."""

    captures: Mapping[str, Any] = field(default_factory=dict)
    language: str | None = None
    other_language: str | None = None
    salt: str = ""
    """Seeds `{random.…}` and `{unique}`: equal salts give equal words."""


@dataclass(frozen=True, slots=True)
class BuiltRequest:
    """A request ready to go out, with what its answer must be."""

    request: Request
    expected: Expectation
    alternatives: Mapping[str, Expectation]
    """What other rows promise, whose answer is accepted, too, by the ID of the row."""
    lookup: Lookup
    """Gives the values of placeholders: parts of this request, and all that a request may name."""


@dataclass(frozen=True, slots=True)
class RequestBuilder:
    """Binds the requests of one contract to one target.

    Equal seeds give equal requests, but for `run_id`: it stands in every name that is created on the target, so that
    two runs never meet each other's. Nor do two tries at a row, by the word of a `trial`: what could not be deleted
    before has other names.
    """

    contract: Contract
    target: Target
    seed: int
    run_id: str = ""
    trial: str = ""

    @property
    def run_name(self) -> str:
        """What the names of all that is created by this run begin with."""
        return f"conformance-{self.run_id}".rstrip("-")

    def unique_name(self, name: str, scope: PlaceholderScope) -> str:
        """A name for something that is created: of this suite, of this run, and of this attempt at a thing."""
        word = self._random_word("hex", replace(scope, salt=f"{scope.salt}/{name}{self.trial}"))[:12]
        return f"{self.run_name}-{word}"

    def build(self, operation: str, template: RequestTemplate, permission: str, scope: PlaceholderScope) -> Request:
        """The request of a template, its placeholders filled in; raises MissingValue where one has no value."""
        return self._request(operation, self._filled(template, scope), permission, scope)

    def build_with_expectation(
        self,
        operation: str,
        template: RequestTemplate,
        permission: str,
        scope: PlaceholderScope,
        *,
        promise: Promise,
        alternatives: Iterable[Promise] = (),
    ) -> BuiltRequest:
        """The request of a template, and what a promise (or another) says of its answer; raises MissingValue."""
        filled = self._filled(template, scope)
        request = self._request(operation, filled, permission, scope)
        lookup = partial(self._resolve_with_request, filled, scope)

        def expect(promised: Promise) -> Expectation:
            language = scope.language if promised.row else None  # a step promises no wording
            return build_expectation(promised, lookup, language=language, request=request)

        return BuiltRequest(request, expect(promise), {other.row: expect(other) for other in alternatives}, lookup)

    def _filled(self, template: RequestTemplate, scope: PlaceholderScope) -> RequestTemplate:
        if isinstance(template, LiteralTemplate):
            return template
        return template.replace_members(**self.fill(template.list_members(), scope))

    def _request(self, operation: str, filled: RequestTemplate, permission: str, scope: PlaceholderScope) -> Request:
        described = self.contract.operations[operation]
        headers = {str(k): str(v) for k, v in filled.headers.items() if v != OMIT}
        content_type, body = self._build_body(filled, scope)
        if filled.content_type is not None:
            content_type = str(filled.content_type)
        if content_type:
            headers = {"Content-Type": content_type} | headers
        headers |= self._credential_headers(filled.credential, scope)
        named = (*headers.items(), *(self.target.hooks[filled.hook] if filled.hook else ()))
        vantage = self.target.vantages[filled.vantage] if filled.vantage else None
        return Request(
            method=filled.method or described.method,
            url=self.target.base_url.rstrip("/")
            + self._build_path(described.spec.url or described.path, filled, scope),
            headers=named,
            body=body,
            permission=permission,
            source_address=vantage.source_address if vantage else None,
            proxy=vantage.proxy if vantage else None,
            chunked=filled.without_length,
        )

    def fill(self, value: Any, scope: PlaceholderScope) -> Any:
        """Fill the placeholders of any value; raises MissingValue."""
        return fill(value, lambda head, members: self._resolve_placeholder(head, members, scope))

    def fill_known(self, value: Any, scope: PlaceholderScope, otherwise: Any = None) -> Any:
        """Fill the placeholders of any value; `otherwise` where one has no value."""
        try:
            return self.fill(value, scope)
        except MissingValue:
            return otherwise

    def _build_path(self, path: str, filled: RequestTemplate, scope: PlaceholderScope) -> str:
        parameters = filled.path

        def parameter(match: re.Match[str]) -> str:
            if match[1] in parameters:
                return quote(write_value(parameters[match[1]]), safe="~")
            if filled.url is not None:
                return match[0]
            raise MissingValue(f"path.{match[1]}")

        if filled.url is not None:
            return _PARAMETER.sub(parameter, str(filled.url))
        # Parameters first: one of them may be called as a placeholder is, such as `{path}`.
        given = "|".join(map(re.escape, parameters)) or "(?!)"
        path = re.sub(rf"\{{({given})\}}", parameter, path)
        path = str(self.fill(path, scope))
        pairs = [
            f"{quote(name, safe='~[]')}={quote(write_value(v), safe='~')}" for name, v in _list_pairs(filled.query)
        ]
        return "/" + _PARAMETER.sub(parameter, path).lstrip("/") + (f"?{'&'.join(pairs)}" if pairs else "")

    def _build_body(self, filled: RequestTemplate, scope: PlaceholderScope) -> tuple[str | None, bytes | None]:
        """The content type and the body; of `size` bytes where the request says so."""
        content_type, body = "application/json", b""
        if filled.json_ is not NO_BODY:
            text = json.dumps(_remove_omitted(filled.json_), ensure_ascii=filled.encoding == "ascii")
            body = text.encode(filled.encoding or "utf-8", "backslashreplace")
        elif filled.raw is not None:
            body = str(filled.raw).encode(filled.encoding or "utf-8", "backslashreplace")
        elif filled.multipart is not None:
            boundary = f"conformance-{self._random_word('hex', scope)[:16]}"
            content_type, body = build_multipart(filled.multipart, boundary)
        else:
            return (None, None) if filled.size is None else ("application/octet-stream", b"x" * filled.size)
        return content_type, body.ljust(filled.size or 0, b" ")

    def _credential_headers(self, name: Any, scope: PlaceholderScope) -> dict[str, str]:
        if name is None or name == "none":
            return {}
        usual = self.contract.file.credential
        credential = self.target.credentials.get(str(usual if name in ("wrong", "empty") else name))
        if name in ("wrong", "empty") and (credential is None or credential.header is None):
            return {}
        if credential is not None and credential.header is not None:
            value = "" if name == "empty" else credential.values[""].value
            word = self._random_word("hex40", scope) if name == "wrong" else None
            return {credential.header: value if word is None else make_wrong_credential(value, word)}
        raise MissingValue(f"credential.{name}")

    def _resolve_with_request(
        self, filled: RequestTemplate, scope: PlaceholderScope, head: str, members: tuple[str, ...]
    ) -> Any:
        """The value of a placeholder of an expectation; `path`, `query` and `json` are as they were before encoding."""
        body = None if filled.json_ is NO_BODY else filled.json_
        sent: Mapping[str, Any] = {"path": filled.path, "query": filled.query, "json": body}
        if head not in sent:
            return self.fill("{" + ".".join([head, *members]) + "}", scope)
        found, value = resolve_pointer(sent[head], "/".join(["", *members]))
        if not found:
            raise MissingValue(".".join([head, *members]))
        return value

    def _resolve_placeholder(self, head: str, members: tuple[str, ...], scope: PlaceholderScope) -> Any:
        name = ".".join(members)
        makers: dict[str, Callable[[], Any]] = {
            "fixture": lambda: self._fixture(members),
            "text": lambda: letters_of_script(members[0], self._fixture(members[1:])),
            "capture": lambda: scope.captures.get(name),
            "credential": lambda: self._credential_value(members),
            "language": lambda: scope.language,
            "other": lambda: scope.other_language,
            "random": lambda: self._random_word(name, scope),
            "unique": lambda: self.unique_name(name, scope),
        }
        value = makers[head]() if head in makers else None
        if value is None and not (head == "capture" and name in scope.captures):
            raise MissingValue(f"{head}.{name}" if name else head)
        return value

    def _credential_value(self, members: tuple[str, ...]) -> str | None:
        credential = self.target.credentials.get(members[0])
        return credential.values[members[1] if len(members) > 1 else ""].value if credential else None

    def _fixture(self, members: tuple[str, ...]) -> Any:
        found, value = resolve_pointer(self.target.fixtures, "/".join(["", *members]))
        if found:
            return value
        named = self.contract.file.fixtures.get(members[0])
        if len(members) == 1 and named is not None and named.default is not None:
            return self.fill(named.default, PlaceholderScope(salt=members[0]))
        raise MissingValue(f"fixture.{'.'.join(members)}")

    def _random_word(self, name: str, scope: PlaceholderScope) -> str:
        """A word that nobody has used: `uuid…`, `hex40…`, `word…`, by the beginning of its name."""
        random = Random(f"{self.seed}/{scope.salt}/{name}")  # noqa: S311 - reproducible, not secret
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


def make_wrong_credential(value: str, word: str) -> str:
    """A credential of the form of another, with its scheme (`Bearer …`, `Basic …`), that nobody has."""
    scheme, blank, _ = value.rpartition(" ")
    pair = b64encode(f"{word}:{word}".encode()).decode("ascii")
    return f"{scheme}{blank}{pair if scheme.casefold() == 'basic' else word}"


def _list_pairs(query: Mapping[str, Any] | None) -> Iterator[tuple[str, Any]]:
    """A list is the parameter as often as it has members."""
    for name, value in (query or {}).items():
        if value == OMIT:
            continue
        yield from ((name, item) for item in value) if isinstance(value, list) else ((name, value),)


def _remove_omitted(value: Any) -> Any:
    """JSON without the members that were taken away."""
    if isinstance(value, Mapping):
        return {key: _remove_omitted(member) for key, member in value.items() if member != OMIT}
    return [_remove_omitted(member) for member in value] if isinstance(value, list) else value
