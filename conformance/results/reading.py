"""`results.json` to the model and back; what it does not understand in a file of its own format, it ignores."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from conformance.errors import Problem, Unusable
from conformance.results.model import FORMAT, Results
from conformance.results.unseen import dumped

__all__ = ["adapter", "read_json", "write_json"]

_MOST_PROBLEMS = 20


@cache
def adapter() -> TypeAdapter[Results]:
    """Between the model and JSON values; building it takes a moment, so it is built once and only when needed."""
    return TypeAdapter(Results)


def write_json(results: Results) -> str:
    """The text of `results.json`; `read_json` of it gives equal results."""
    return dumped(adapter(), results, indent=1) + "\n"


def read_json(text: str, where: str) -> Results:
    """The results in the text of a `results.json`; `where` is the file's name.

    Raises Unusable that names file and place for text that is no JSON, for another format and for every member that
    is missing or of the wrong type. Members that are not known are ignored: they may be added within a format.
    """
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise Unusable([Problem(f"{where}:{error.lineno}", f"not JSON: {error.msg}", _MEND)]) from None
    except RecursionError:
        raise Unusable([Problem(where, "nested too deeply", _MEND)]) from None
    _check_format(value, where)
    try:
        return adapter().validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        raise Unusable(_problems(error, where)) from None


_MEND = "give a results.json as a run wrote it"


def _check_format(value: Any, where: str) -> None:
    if not isinstance(value, dict) or "format" not in value:
        raise Unusable([Problem(where, "these are no results: there is no member `format`", _MEND)])
    if value["format"] != FORMAT:
        what = f"written in format {json.dumps(value['format'])}, and this version reads format {FORMAT}"
        raise Unusable([Problem(where, what, "use the version of the suite that wrote it")])


def _problems(error: ValidationError, where: str) -> Iterable[Problem]:
    errors = error.errors(include_url=False, include_input=False, include_context=False)
    for one in errors[:_MOST_PROBLEMS]:
        yield Problem(f"{where}, {_path(one['loc'])}", one["msg"].lower())
    if len(errors) > _MOST_PROBLEMS:
        yield Problem(where, f"{len(errors) - _MOST_PROBLEMS} more problems", _MEND)


def _path(location: tuple[int | str, ...]) -> str:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return path.removeprefix(".") or "the whole"
