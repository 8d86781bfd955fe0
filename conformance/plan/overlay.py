"""Requests as data: merged from what always holds to what is varied, and set in one place."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from conformance.contract.contract import Contract
from conformance.contract.schema import RequestSpec
from conformance.plan.model import RequestData

__all__ = [
    "format_value",
    "merge_requests",
    "name_part",
    "operation_request",
    "replace_part",
    "request_data",
    "split_part",
]

_BY_MEMBER = frozenset(["path", "query", "headers"])
_BODIES = frozenset(["json", "raw", "multipart"])
_OF_BODIES = _BODIES | {"size"}
OMIT = {"omit": True}
_DOT = re.compile(r"\.(?![^{]*\})")


def request_data(request: RequestSpec) -> RequestData:
    """The members that were written, under the names of the file."""
    return request.model_dump(by_alias=True, exclude_unset=True)


def operation_request(contract: Contract, operation: str) -> RequestData:
    """What each call of an operation has: parameters of its path, its body, and the credential."""
    said = contract.operations[operation].spec
    credential = said.credential if said.credential is not None else contract.file.credential
    body = {} if said.json_ is None else {"json": said.json_}
    return {"path": dict(said.path)} | body | ({"credential": credential} if credential else {})


def merge_requests(*requests: RequestData) -> RequestData:
    """Lay one request over another, the last on top; one body takes the place of another."""
    result: dict[str, Any] = {}
    for request in requests:
        if _BODIES & request.keys():
            result = {key: value for key, value in result.items() if key not in _OF_BODIES}
        for key, value in request.items():
            if key in _BY_MEMBER and isinstance(value, Mapping):
                result[key] = {**result.get(key, {}), **value}
            elif key == "members":
                result["json"] = {**(result.get("json") or {}), **(value or {})}
            else:
                result[key] = value
    return result


def replace_part(request: RequestData, part: str, value: Any) -> RequestData:
    """The same request with another value in one place: `query.limit`, `json.status`, `multipart.0.size`, `request`."""
    if part == "request":
        return merge_requests(request, value)
    head, *rest = split_part(part)
    if not rest:
        return merge_requests(request, {head: value})
    return {**request, head: _set(request.get(head), rest, value)}


def split_part(part: str) -> list[str]:
    """The steps to a place; a placeholder is one step, whatever dots it has: `json.{fixture.fields.email.name}`."""
    return _DOT.split(part)


def name_part(part: str) -> str:
    """What labels call a place: its last step, and `email` where that is `{fixture.fields.email.name}`."""
    last = split_part(part)[-1]
    words = last.strip("{}").partition("|")[0].split(".")
    return words[-2] if last.startswith("{") and len(words) > 1 else last


def _set(inside: Any, place: list[str], value: Any) -> Any:
    head, *rest = place
    if isinstance(inside, list):
        index = int(head)
        changed = _set(inside[index], rest, value) if rest else value
        return [changed if at == index else item for at, item in enumerate(inside)]
    members = dict(inside or {})
    members[head] = _set(members.get(head), rest, value) if rest else value
    return members


def format_value(value: Any) -> str:
    """A value in a few characters, as it would stand in a file."""
    if value == OMIT:
        return "(absent)"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:100]}… ({len(text)} characters)"
