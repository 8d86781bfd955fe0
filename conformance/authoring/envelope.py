"""The error envelope of a contract, guessed from the sample answers of a page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.jsontools import load_json
from conformance.yaml_document import read_text

MESSAGE_KEYS = (
    "message",
    "detail",
    "error_description",
    "error_message",
    "msg",
    "errmsg",
    "reason",
    "title",
    "description",
)
CODE_KEYS = ("code", "errno", "errcode", "error_code", "errorCode", "type", "name", "status_code", "error")
FIELD_KEYS = ("field", "param", "parameter", "property", "pointer", "location", "path", "name")
DEFAULT_ENVELOPE: dict[str, Any] = {
    "schema": {"type": "object", "properties": {"message": {"type": "string"}}},
    "faults": "",
    "body_may_lack": True,
}
"""Where a page shows no sample: a JSON object that may hold a message."""
_STATUS_LINE = re.compile(r"\bHTTP/\d(?:\.\d)? ([45]\d\d)\b")
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}


def guess_envelope(samples: Iterable[str]) -> dict[str, Any] | None:
    """The envelope that the first sample answer of an error shows; None where no sample looks like one."""
    for text in samples:
        body = _object(text)
        if body is not None and (found := _envelope(body)) is not None:
            return found
    return None


def has_whole_codes(envelope: Mapping[str, Any]) -> bool:
    """Whether the sample answer that an envelope was guessed from has a number for its code."""
    schema: Any = envelope.get("schema", {})
    for name in str(envelope.get("faults", "")).split("/")[1:]:
        schema = schema.get("properties", {}).get(name, {})
    members = schema.get("items", schema).get("properties", {})
    return bool(members.get(envelope.get("code", "code"), {}).get("type") == "integer")


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample answer of an error: its status where it shows one, its code and message, which may be empty."""

    status: int | None
    code: str
    message: str


def read_sample(text: str) -> Sample | None:
    """A sample answer, which may have a status line above its body; None where it is no error."""
    body = _object(text)
    fault = find_fault(body)[1] if body is not None else None
    if body is None or fault is None:
        return None
    line = _STATUS_LINE.search(text)
    shown = [value for key, value in {**body, **fault}.items() if _in_every_error(key, value) == "{status}"]
    code, message = read_fault(body, fault)
    return Sample(int(line[1]) if line else next(iter(shown), None), code, message)


def read_fault(body: Mapping[str, Any], fault: Mapping[str, Any]) -> tuple[str, str]:
    """Code and message of the entry of a body that says what is wrong, or else of the body around it."""
    both = {**body, **fault}
    code = next((str(both[key]) for key in CODE_KEYS if _is_word(both.get(key))), "")
    texts = (both.get(key) for key in (*MESSAGE_KEYS, "error"))
    return code, next((text for text in texts if isinstance(text, str) and text != code), "")


def _is_word(value: Any) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool) and " " not in str(value) and value != ""


def _is_code(key: str, value: Any) -> bool:
    """Whether a member is the code: by its value, or by its name where a page shows what would stand there."""
    return _is_word(value) or (key in CODE_KEYS[:5] and isinstance(value, str) and value != "")


def find_fault(body: Mapping[str, Any]) -> tuple[str, Mapping[str, Any] | None]:
    """Where the entry stands that says what is wrong: in a list, or in the body itself; its pointer and itself."""
    for name, value in body.items():
        first = value[0] if isinstance(value, list) and value else None
        if isinstance(first, dict) and _says_what_is_wrong(first):
            return f"/{name}", first
        if isinstance(value, dict) and _says_what_is_wrong(value):
            return f"/{name}", value
    return "", body if _says_what_is_wrong(body) else None


def _object(text: str) -> dict[str, Any] | None:
    """The first object in a text that is JSON, or JSON as people write it, with bare keys."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return None
    inside = text[start : end + 1]
    try:
        value = load_json(inside)
    except ValueError:
        document, problems = read_text(inside, Path("sample"))
        value = document.value if document is not None and not problems else None
    return value if isinstance(value, dict) else None


def _envelope(body: Mapping[str, Any]) -> dict[str, Any] | None:
    pointer, fault = find_fault(body)
    if fault is None:
        return None
    found: dict[str, Any] = {"schema": _schema(body), "faults": pointer}
    message = next((one for one in (*MESSAGE_KEYS, "error") if isinstance(fault.get(one), str)), None)
    code = next((one for one in CODE_KEYS if one != message and _is_code(one, fault.get(one))), None)
    field = next((one for one in FIELD_KEYS if isinstance(fault.get(one), str | int)), None)
    named = {"message": message, "code": code, "field": field}
    found |= {role: name for role, name in named.items() if name is not None and name != role}
    same = {f"/{key}": common for key, value in body.items() if (common := _in_every_error(key, value)) is not None}
    is_ready = (message, code, pointer) == ("detail", "type", "")  # that of RFC 9457 says so itself
    return {**found, "if_present": same} if same and not is_ready else found


def _in_every_error(key: str, value: Any) -> Any:
    """What a member of a body is in every error: the status of the answer, or that it is none of a success."""
    if re.fullmatch(r"(http)?_?status(_?code)?", key, re.IGNORECASE) and isinstance(value, int) and 400 <= value <= 599:
        return "{status}"
    return False if key in {"ok", "success"} and value is False else None


def _says_what_is_wrong(value: Mapping[str, Any]) -> bool:
    return any(isinstance(value.get(name), str) for name in MESSAGE_KEYS) or {"error", "errno"} & value.keys() != set()


def _schema(value: Any) -> dict[str, Any]:
    """The types that a sample shows; nothing is required, for one sample cannot tell that."""
    kind = _TYPES.get(type(value))
    schema: dict[str, Any] = {"type": kind} if kind else {}
    if isinstance(value, dict):
        schema["properties"] = {name: _schema(item) for name, item in value.items()}
    elif isinstance(value, list) and value:
        schema["items"] = _schema(value[0])
    return schema
