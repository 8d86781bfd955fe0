"""JSON text in which nothing moves a cursor, reorders a line or fails to encode, whatever the values hold."""

import json
import math
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from conformance.errors import ConfigError, Problem
from conformance.files import read_text
from conformance.jsontools import replace_surrogates
from conformance.messages import format_count
from conformance.results.format_1 import upgrade_results
from conformance.results.model import FORMAT, Results
from conformance.results.stored_messages import restore_messages, store_messages
from conformance.validation import problems_from_validation

INVISIBLE: Final = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1 controls, but for tab and line feed
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # bidi, invisible, separators
    "\ud800-\udfff\ufffe\uffff"  # no characters at all
    "\U000e0000-\U000e007f"  # tags
    "]"
)
"""Characters that a person does not see and a terminal or a browser may obey."""


def format_json_text(value: Any, indent: int | None = 1) -> str:
    """JSON values as JSON for UTF-8; what is not seen is an escape, lone surrogates are U+FFFD."""
    text = json.dumps(_plain(value), ensure_ascii=False, allow_nan=False, indent=indent)
    return INVISIBLE.sub(_escaped, text) + "\n"


def dump_json(adapter: TypeAdapter[Any], value: Any, *, indent: int | None = None, all_members: bool = True) -> str:
    """The same of a value that an adapter knows, much faster; `all_members` is false to leave out defaults."""
    try:
        written = adapter.dump_json(value, indent=indent, exclude_defaults=not all_members, warnings=False)
    except (PydanticSerializationError, UnicodeError):
        plain = adapter.dump_python(value, exclude_defaults=not all_members, warnings=False)
        return format_json_text(plain, indent=indent).removesuffix("\n")
    return INVISIBLE.sub(_escaped, written.decode())


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return replace_surrogates(value)
    if isinstance(value, dict):
        return {replace_surrogates(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


_MOST_PROBLEMS = 20


@cache
def results_adapter() -> TypeAdapter[Results]:
    """Between the model and JSON values; building it takes a moment, so it is built once and only when needed."""
    return TypeAdapter(Results)


def format_results(results: Results) -> str:
    """The text of `results.json`; `parse_results` of it gives equal results."""
    return dump_json(results_adapter(), store_messages(results), indent=1) + "\n"


def parse_results(text: str, where: str) -> Results:
    """The results in the text of a `results.json`; `where` is the file's name.

    Raises ConfigError that names file and place for text that is no JSON, for another format and for every member that
    is missing or of the wrong type. Members that are not known are ignored: they may be added within a format.
    """
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError([Problem(f"{where}:{error.lineno}", f"not JSON: {error.msg}", _HINT)]) from None
    except RecursionError:
        raise ConfigError([Problem(where, "nested too deeply", _HINT)]) from None
    except ValueError:
        raise ConfigError([Problem(where, "holds a number of more digits than can be read", _HINT)]) from None
    _check_format(value, where)
    if value["format"] == 1:
        value = upgrade_results(value)
    try:
        return restore_messages(results_adapter().validate_json(json.dumps(value), strict=True))
    except ValidationError as error:
        found = problems_from_validation(error, value, lambda _: where, schema={})
        more = Problem(where, format_count(len(found) - _MOST_PROBLEMS, "more problems"), _HINT)
        raise ConfigError([*found[:_MOST_PROBLEMS], *([more] if len(found) > _MOST_PROBLEMS else [])]) from None


_HINT = "give a results.json as a run wrote it"


def _check_format(value: Any, where: str) -> None:
    if not isinstance(value, dict) or "format" not in value:
        raise ConfigError([Problem(where, "these are no results: there is no member `format`", _HINT)])
    if value["format"] not in (1, FORMAT) or isinstance(value["format"], bool):
        what = f"written in format {json.dumps(value['format'])}, and this version reads format {FORMAT}"
        raise ConfigError([Problem(where, what, "use the version of the suite that wrote it")])


def read_results(path: Path) -> Results:
    """The results of a `results.json`, or of the folder that holds one; raises ConfigError."""
    path = path / "results.json" if path.is_dir() else path
    return parse_results(read_text(path), str(path))
