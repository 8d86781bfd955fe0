"""Types of single values in case files: pointers, captures, headers, regular expressions, schemas, names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from conformance.contract.templates import find_placeholders, unknown_placeholders
from conformance.jsontools import walk_values
from conformance.validation import HYPHENATED, SAID_ELSEWHERE, suggest

Name = Annotated[str, StringConstraints(pattern=HYPHENATED)]
_HEADER_NAME = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"


def _check_pointer(text: str) -> str:
    if text and not text.startswith("/"):
        raise ValueError("is no JSON pointer; write it as /member/0")
    if re.search("~(?![01])", text):
        raise ValueError("is no JSON pointer; write ~ as ~0 and / within a name as ~1")
    return text


Pointer = Annotated[str, AfterValidator(_check_pointer)]

Pair = Annotated[list[Pointer], Field(min_length=2, max_length=2)]

FRAMING_HEADER = re.compile(
    "(?i)connection|content[_-]length|expect|host|keep[_-]alive|proxy[_-](authorization|connection)|te|trailer"
    "|transfer[_-]encoding|upgrade"
)
"""Headers that frame or route a request, which only the suite may set; CGI makes no difference of `_` and `-`."""


def _check_capture(text: str) -> str:
    if text.startswith(HEADER_CAPTURE):
        if not re.fullmatch(_HEADER_NAME, text.removeprefix(HEADER_CAPTURE)):
            raise ValueError("names no header; write it as header:Location")
        return text
    return _check_pointer(text)


HEADER_CAPTURE = "header:"
"""The prefix of a capture that is a header of the response instead of a member of its body."""
Capture = Annotated[str, AfterValidator(_check_capture)]


def _check_step_capture(text: str) -> str:
    return text if re.fullmatch(r"\{(path|query|json)(\.[A-Za-z0-9_-]+)+\}", text) else _check_capture(text)


StepCapture = Annotated[str, AfterValidator(_check_step_capture)]
"""A capture, or a value of the request itself, such as an ID in its path that we chose: `{path.id}`."""


def check_header_name(text: str) -> str:
    """Return the name of a header that a file may set; raise ValueError for any other."""
    if not re.fullmatch(_HEADER_NAME, text):
        raise ValueError("is not the name of a header, which has no space and no colon")
    if FRAMING_HEADER.fullmatch(text):
        raise ValueError("is set by the suite alone; leave it out")
    return text


HeaderName = Annotated[str, AfterValidator(check_header_name)]
ResponseHeaderName = Annotated[str, StringConstraints(pattern=f"^{_HEADER_NAME}$")]
Code = str | int


@dataclass(frozen=True, slots=True)
class Names:
    """Marks a field whose texts, or keys, are names; lint reports unknown ones."""

    kind: str
    """What the names denote, in the singular: `credential`, `operation or chain`."""


Operations = Annotated[list[str] | None, Names("operation of this row")]
"""Labels of operations of a row."""
SomeOperations = Annotated[Annotated[list[str], Field(min_length=1)] | None, Names("operation of this row")]


class StrictModel(BaseModel):
    """A frozen model that refuses unknown keys and converts no types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def look_up(name: str, info: ValidationInfo, kind: str, singular: str) -> Any:
    """Return the entry of a name in the section `kind` of the contract, which the loader passes as context."""
    known = (info.context or {}).get(kind, {})
    if name not in known:
        raise ValueError(f"names no {singular} of the contract; {suggest(name, known, kind)}")
    return known[name]


def named(value: Any, info: ValidationInfo, kind: str, form: type[StrictModel]) -> Any:
    """Return the contract's entry under `kind` for a name (a text); return any other value unchanged."""
    if not isinstance(value, str):
        return value
    word = kind[:-1].replace("_", " ")
    found = look_up(value, info, kind, word)
    if info.context and not isinstance(found, form):
        try:
            found = info.context[kind][value] = form.model_validate(found, context=info.context)
        except ValidationError:
            raise PydanticCustomError(SAID_ELSEWHERE, "names what is not valid in contract.yaml") from None
    return found


def by_name(kind: str, form: type[StrictModel]) -> BeforeValidator:
    """Return a validator that accepts the name of an entry in the contract's `kind` instead of a value."""
    return BeforeValidator(lambda value, info: named(value, info, kind, form), json_schema_input_type=str | form)


def _check_expression(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"is {text!r}, no regular expression: {error}; correct it") from None
    if not any(find_placeholders(text)) and not any(unknown_placeholders(text)):
        from conformance.expressions import can_be_bounded  # noqa: PLC0415 - 30 ms that most contracts need not pay

        if not can_be_bounded(text):
            hint = "write it with short bounds, and without (?P=name), (?>…) and what only Python has"
            raise ValueError(f"cannot be held against a text in bounded time; {hint}")
    return text


Expression = Annotated[str, AfterValidator(_check_expression)]
"""A regular expression that can be matched against any text in bounded time."""


def _check_schema(value: Any) -> Any:
    """Check that a value is a JSON Schema without references to other documents, because a run must not fetch any."""
    references = [text for steps, text in walk_values(value) if _is_reference(steps, text)]
    for text in filter(_REMOTE.match, references):
        raise ValueError(f"refers to {text}; write what it names into the schema")
    import jsonschema_rs  # noqa: PLC0415 - 30 ms that a contract without schemas need not pay

    try:
        jsonschema_rs.meta.validate(value)
        if references:
            jsonschema_rs.validator_for(value)
    except (jsonschema_rs.ValidationError, ValueError) as error:
        raise ValueError(f"is no JSON Schema: {str(error).splitlines()[0]}; correct it") from None
    return value


_REMOTE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


def _is_reference(steps: Sequence[str | int], value: Any) -> bool:
    """Return whether a value is a reference (`$ref` and similar keys). A `$schema` of json-schema.org is not one."""
    key = steps[-1] if steps else ""
    if key not in ("$ref", "$dynamicRef", "$schema", "$id") or not isinstance(value, str):
        return False
    return key != "$schema" or not value.startswith("https://json-schema.org/")


Schema = Annotated[dict[str, Any], AfterValidator(_check_schema)]
BodySchema = Annotated[
    dict[str, Any],
    BeforeValidator(
        lambda value, info: (
            look_up(value, info, "schemas", "schema") if isinstance(value, str) else _check_schema(value)
        )
    ),
    WithJsonSchema({"anyOf": [{"type": "object", "additionalProperties": True}, {"type": "string"}]}),
]
