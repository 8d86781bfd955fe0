"""Guesses the error envelope of a contract from the sample responses of a page."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

from conformance.authoring.column_titles import RoleTexts
from conformance.jsontools import load_json
from conformance.yaml_document import read_text

_MESSAGES = (
    "message", "detail", "errordescription", "errormessage", "errortext", "msg", "errmsg", "reason", "title",
    "description", "text",
)  # fmt: skip
_CODES = ("code", "errno", "errcode", "errorcode", "type", "name", "statuscode", "error")
_FIELDS = ("field", "param", "parameter", "property", "pointer", "location", "path", "name")
"""Names of error members in lower case without separators: `errorcode` for `ErrorCode` and `error_code`."""
DEFAULT_ENVELOPE: dict[str, Any] = {
    "schema": {"type": "object", "properties": {"message": {"type": "string"}}},
    "faults": "",
    "body_may_lack": True,
}
"""The envelope for pages without a sample: a JSON object that may have a message."""
_ADDRESS = re.compile(r'"type"\s*:\s*"((?:https?://|/)[^"\s]+/[\w.-]+)"')
_STATUS_LINE = re.compile(r"\b(?:HTTP/\d(?:\.\d)?|status:) ([45]\d\d)\b", re.IGNORECASE)
_REQUEST = re.compile(r"\A\s*(?:curl|GET|POST|PUT|PATCH|DELETE)\b")
_COMMENT = re.compile(r"(?<=\s)//(?=\s)")
_PLACEHOLDER = re.compile(r'("(?:[^"\\\n]|\\.)*")|\$\{[^{}]*\}|\.{3}')
"""A string, or else a placeholder where a value is expected, such as `${name}` or an ellipsis."""
_LOST_COMMA = re.compile(r'(["}\]\d])[ \t]*\n(?=\s*")')
_BRACE = re.compile(r'"(?:[^"\\\n]|\\.)*"|//.*|[{}]')
"""A brace, or a string or comment, in which braces do not count."""
_REGISTERED = frozenset(status.value for status in HTTPStatus if status >= 400)
_SUCCESS = frozenset({"ok", "success"})
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}


def guess_envelope(samples: Iterable[str]) -> dict[str, Any] | None:
    """Return the envelope of the first sample that looks like an error response, or None."""
    bodies = (body for text in samples for _, body in _find_objects(text))
    return next(filter(None, map(_envelope, bodies)), None)


def has_whole_codes(envelope: Mapping[str, Any]) -> bool:
    schema: Any = envelope.get("schema", {})
    for name in str(envelope.get("faults", "")).split("/")[1:]:
        schema = schema.get("properties", {}).get(name, {})
    members = schema.get("items", schema).get("properties", {})
    return bool(members.get(envelope.get("code", "code"), {}).get("type") == "integer")


def read_kinds(samples: Iterable[str], envelope: Mapping[str, Any]) -> dict[str, str]:
    """Return the pointers of members of sample errors, other than their code, that also name an error, by value."""
    own = envelope.get("code", "code")
    names: dict[str, str] = {}
    codes: set[str] = set()
    for _, body in (found for text in samples for found in _find_objects(text)):
        pointer, fault = find_fault(body)
        if fault is None or pointer != envelope["faults"] or isinstance(body.get(pointer[1:]), list):
            continue
        codes.add(str(fault.get(own)))
        kinds = {name for name in _members(fault, _CODES) if name != own and _is_word(fault[name])}
        names |= {str(fault[name]): f"{pointer}/{name}" for name in kinds - {envelope.get("message")}}
    return {value: pointer for value, pointer in names.items() if value not in codes and not value.isdigit()}


def read_addresses(samples: Iterable[str]) -> list[str]:
    """Return the addresses of problem types in sample answers: `https://example.com/errors/gone`."""
    return [address for text in samples for address in _ADDRESS.findall(text)]


def read_samples(text: str) -> list[RoleTexts]:
    """Return what each error response in a block of code, or the line above it, shows of status, code and message."""
    found: list[RoleTexts] = []
    for above, body in _find_objects(text):
        if (fault := find_fault(body)[1]) is not None and not _REQUEST.match(above):
            code, message = read_fault(body, fault)
            both = {**body, **fault}
            statuses = [value for key, value in both.items() if _constant_in_errors(key, value) == "{status}"]
            statuses = [*_STATUS_LINE.findall(above)[:1], *map(str, statuses), *statuses_as_codes(both)]
            said: RoleTexts = {"status": statuses[:1], "code": [code], "message": [f"`{message}`"]}
            found.append({role: texts for role, texts in said.items() if any(text.strip("`") for text in texts)})
    return found


def read_fault(body: Mapping[str, Any], fault: Mapping[str, Any]) -> tuple[str, str]:
    """Return code and message of an error entry, or else of the body around it; "" for those that are missing."""
    both = {**body, **fault}
    codes = [str(both[key]) for key in _members(both, _CODES) if _is_word(both[key])]
    known = _texts_of_statuses(both)
    code = next((code for code in codes if code not in known), *statuses_as_codes(both)[:1] or [""])
    texts = (both[key] for key in _members(both, (*_MESSAGES, "error", "errors")))
    firsts = (text[0] if isinstance(text, list) and text else text for text in texts)
    return code, next((text for text in firsts if isinstance(text, str) and text != code), "")


def statuses_as_codes(body: Mapping[str, Any]) -> list[str]:
    """Return the codes of a body that are HTTP error statuses."""
    codes = [str(body[key]) for key in _members(body, _CODES)]
    return [code for code in codes if code.isdigit() and int(code) in _REGISTERED]


def _texts_of_statuses(body: Mapping[str, Any]) -> set[str]:
    """Return the codes of a body that are HTTP error statuses, and their reason phrases."""
    statuses = statuses_as_codes(body)
    return {*statuses, *(HTTPStatus(int(status)).phrase for status in statuses)}


def _members(body: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """Return the keys of a body that match normalized names, in the order of the names."""
    plain = {re.sub("[_-]", "", key).lower(): key for key in reversed([*body])}
    return [plain[name] for name in names if name in plain]


def _is_word(value: Any) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool) and " " not in str(value) and value != ""


def find_fault(body: Mapping[str, Any]) -> tuple[str, Mapping[str, Any] | None]:
    """Return pointer and value of the error entry: an item of a list, a member, or the body; None if there is none.

    If the body has a code and a message, the items of a list without a code, and a member of another name, are details.
    """
    if any(body.get(name) is True for name in _SUCCESS):
        return "", None
    is_whole = _has_code(body) and _is_error_entry(body)
    for name, value in body.items():
        first = value[0] if isinstance(value, list) and value else None
        if isinstance(first, dict) and _is_error_entry(first) and (_has_code(first) or not is_whole):
            return f"/{name}", first
        is_entry = isinstance(value, dict) and (_is_error_entry(value) or (name == "error" and _has_code(value)))
        if is_entry and not (is_whole and "err" not in name.lower()):
            return f"/{name}", value
    return "", body if _is_error_entry(body) else None


def _find_objects(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each JSON object in a text (comments and lost commas are tolerated), after the text above it."""
    depth = end = start = 0
    for sign in _BRACE.finditer(text):
        start = sign.start() if sign[0] == "{" and not depth else start
        depth = max(depth + {"{": 1, "}": -1}.get(sign[0], 0), 0)
        if sign[0] == "}" and not depth:
            if (body := _parse_object(text[start : sign.end()])) is not None:
                yield text[end:start], body
            end = start = sign.end()


def _parse_object(text: str) -> dict[str, Any] | None:
    try:
        value = load_json(text)
    except ValueError:
        plain = _COMMENT.sub("#", _PLACEHOLDER.sub(lambda part: part[1] or "null", text))
        document, problems = read_text(_LOST_COMMA.sub(r"\1,\n", plain), Path("sample"))
        value = document.value if document is not None and not problems else None
    return value if isinstance(value, dict) else None


def _envelope(body: Mapping[str, Any]) -> dict[str, Any] | None:
    pointer, fault = find_fault(body)
    if fault is None:
        return None
    found: dict[str, Any] = {"schema": _schema(body), "faults": pointer}
    message = next((one for one in _members(fault, (*_MESSAGES, "error")) if isinstance(fault[one], str)), None)
    statuses = _texts_of_statuses(fault)
    codes = [one for one in _members(fault, _CODES) if one != message]
    codes.sort(key=lambda one: str(fault[one]) in statuses)
    sure = _members(fault, _CODES[:4])  # whose value may be a description
    code = next((one for one in codes if _is_word(fault[one]) or (one in sure and isinstance(fault[one], str))), None)
    field = next((one for one in _members(fault, _FIELDS) if isinstance(fault[one], str | int)), None)
    named = {"message": message, "code": code, "field": field}
    found |= {role: name for role, name in named.items() if name is not None and name != role}
    same = {f"/{key}": common for key, value in body.items() if (common := _constant_in_errors(key, value)) is not None}
    if code in codes and not isinstance(body.get(pointer[1:]), list):
        repeated = [one for one in codes if one != code and isinstance(fault[one], int) and str(fault[one]) in statuses]
        same |= {f"{pointer}/{one}": "{status}" for one in repeated}
    is_ready = (message, code, pointer) == ("detail", "type", "")  # RFC 9457 defines these itself
    return {**found, "if_present": same} if same and not is_ready else found


def _constant_in_errors(key: str, value: Any) -> Any:
    """Return a member's value in every error (`{status}`, or False for `ok` and `success`), or None if it varies."""
    if re.fullmatch(r"(http)?_?status(_?code)?", key, re.IGNORECASE) and isinstance(value, int) and 400 <= value <= 599:
        return "{status}"
    return False if key in _SUCCESS and value is False else None


def _has_code(value: Mapping[str, Any]) -> bool:
    return any(_is_word(value[key]) for key in _members(value, _CODES[:5]))


def _is_error_entry(value: Mapping[str, Any]) -> bool:
    texts = (value[key] for key in _members(value, _MESSAGES))
    return any(isinstance(text, str) for text in texts) or bool(_members(value, ("error", "errors", "errno")))


def _schema(value: Any) -> dict[str, Any]:
    """Return a schema of the types in a sample, without `required`, which one sample cannot show."""
    kind = _TYPES.get(type(value))
    schema: dict[str, Any] = {"type": kind} if kind else {}
    if isinstance(value, dict):
        schema["properties"] = {name: _schema(item) for name, item in value.items()}
    elif isinstance(value, list) and value:
        schema["items"] = _schema(value[0])
    return schema
