"""Requests before their placeholders are filled: case files write them as patches, which are merged into a template.

A patch maps names of the case file to members of a request. Patches in files are validated as a `RequestTemplate`, and
merging them returns one.
"""

import json
import re
from collections.abc import Mapping
from enum import Enum
from functools import cache, cached_property, reduce
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, GetPydanticSchema

from conformance.contract.templates import captures_used, find_placeholders
from conformance.contract.values import HeaderName, Names, StrictModel

RequestPatch = Mapping[str, Any]
"""Members of a request as a case file writes them, such as `{"query": {"limit": -1}}`."""

OMIT: Final = {"omit": True}
"""The value that removes a member."""

_MAPPINGS = frozenset(["path", "query", "headers"])
_BODIES = frozenset(["json", "raw", "multipart"])
_DERIVED = frozenset(["placeholders", "captures"])
_SEPARATOR = re.compile(r"\.(?![^{]*\})")


class NoBody(Enum):
    """The type of `NO_BODY`, which is distinct from a JSON body that is null."""

    NO_BODY = "no body"


NO_BODY: Final = NoBody.NO_BODY
_EMPTY_IF_NULL = BeforeValidator(
    lambda value: {} if value is None else value, json_schema_input_type=dict[str, Any] | None
)


class Part(StrictModel):
    """One part of a multipart body: a text, or a generated file of an exact size."""

    name: str
    filename: str | None = None
    content_type: str | None = None
    text: str | None = None
    size: int | None = Field(default=None, ge=0, le=16 << 20)
    """Size in bytes of a generated file: a padded PNG image, or plain bytes if `content_type` is not an image."""


class RequestTemplate(StrictModel):
    """A request, or a patch of one.

    Members of `path`, `query` and `headers` are merged one by one, as are those of `members` into the JSON body; every
    other key is replaced as a whole. The value `{omit: true}` removes a member. `path` fills the parameters of the
    operation's path; `url` replaces path and query by a text that is sent unchanged. `size` is the length of the body
    in bytes: `json` or `raw` is padded with spaces, and without them the body is letters. With `without_length` the
    body is sent in chunks, without a Content-Length. `json` and `raw` are encoded in UTF-8, or in `encoding`;
    letters that it does not have become JSON escapes.
    """

    method: str | None = None
    url: str | None = None
    path: Annotated[dict[str, Any], _EMPTY_IF_NULL] = {}
    query: Annotated[dict[str, Any], _EMPTY_IF_NULL] = {}
    headers: Annotated[dict[HeaderName, Any], _EMPTY_IF_NULL] = {}
    json_: Any = Field(default=NO_BODY, alias="json", json_schema_extra=lambda schema: schema.__delitem__("default"))
    members: dict[str, Any] | None = None
    raw: str | None = None
    encoding: Literal["latin-1", "ascii"] | None = None
    size: int | None = Field(default=None, ge=0, le=16 << 20)
    without_length: bool = False
    content_type: str | None = None
    multipart: Annotated[list[Any], GetPydanticSchema(lambda _, handler: handler(list[Part]))] | None = None
    credential: Annotated[str | None, Names("credential")] = None
    vantage: Annotated[str | None, Names("vantage")] = None
    hook: Annotated[str | None, Names("hook")] = None

    @cached_property
    def placeholders(self) -> tuple[tuple[str, tuple[str, ...], str | None], ...]:
        """Every placeholder in the template, in the form of `find_placeholders`."""
        return tuple(find_placeholders(self.list_members()))

    @cached_property
    def captures(self) -> frozenset[str]:
        return frozenset(captures_used(self.list_members()))

    def list_members(self) -> dict[str, Any]:
        """Return the members that differ from their default, by their names in the case file."""
        return {
            "json" if name == "json_" else name: value
            for name, value in self.__dict__.items()
            if name not in _DERIVED
            and (value is not NO_BODY if name == "json_" else value not in (None, {}) and value is not False)
        }

    def replace_members(self, **members: Any) -> Self:
        """Return the template with these members replaced, without validation."""
        return self.from_members({**self.list_members(), **members})

    @classmethod
    def from_members(cls, members: RequestPatch) -> Self:
        """Return a template with these members, unvalidated; creating all defaults for each would be slow."""
        named = {"json_" if name == "json" else name: value for name, value in members.items()}
        return cls._empty().model_copy(update=named)

    @classmethod
    @cache
    def _empty(cls) -> Self:
        return cls()


class LiteralTemplate(RequestTemplate):
    """A template whose texts are sent unchanged, because what looks like a placeholder in them came from a target."""


def merge_patches(*patches: RequestPatch) -> RequestTemplate:
    """Merge patches into a template. Later ones take precedence."""
    return RequestTemplate.from_members(reduce(_merge, patches, {}))


def apply_patch(template: RequestTemplate, patch: RequestPatch) -> RequestTemplate:
    """Return the template with a patch applied. A body in the patch replaces any body of the template."""
    return template.from_members(_merge(template.list_members(), patch)) if patch else template


def _merge(written: RequestPatch, patch: RequestPatch) -> dict[str, Any]:
    replaces_body = not _BODIES.isdisjoint(patch)
    dropped = {*_BODIES, "size"} if replaces_body else frozenset[str]()
    members = {name: one for name, one in written.items() if name not in dropped}
    for key, value in patch.items():
        if key in _MAPPINGS:
            members[key] = {**members.get(key, {}), **(value or {})}
        elif key == "members":
            body = members.get("json")
            members["json"] = {**(body if isinstance(body, Mapping) else {}), **(value or {})}
        elif value == OMIT:
            members.pop(key, None)
        else:
            members[key] = value
    return members


def replace_part(template: RequestTemplate, part: str, value: Any) -> RequestTemplate:
    """Return the template with one part replaced: `query.limit`, `json.status`, `multipart.0.size`, `request`."""
    if part == "request":
        return apply_patch(template, value)
    head, *rest = split_part(part)
    if not rest:
        return apply_patch(template, {head: value})
    head = "json" if head == "members" else head
    return template.replace_members(**{head: _set_member(template.list_members().get(head), rest, value)})


def split_part(part: str) -> list[str]:
    """Split a part into its steps. A placeholder with dots is one step: `json.{fixture.fields.email.name}`."""
    return _SEPARATOR.split(part)


def name_part(part: str) -> str:
    """Return the name of a part for labels: its last step, or `email` for `{fixture.fields.email.name}`."""
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
    """Return a value as it would be written in a file, cut to about 120 characters."""
    if value == OMIT:
        return "(absent)"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:100]}… ({len(text)} characters)"
