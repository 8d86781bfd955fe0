"""A file opened for a target: its document, with problems that quote nothing where a secret may stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from conformance import source
from conformance.errors import Problem
from conformance.target.profile import Profile

__all__ = ["in_order", "opened", "plain", "profile_document"]

_QUOTED = re.compile(r"'[^']{2,}'|\"[^\"]{2,}\"|(?<=the tag )\S+")
_HARMLESS = frozenset(Profile.model_fields) - {"credentials"}


def opened(path: Path) -> tuple[source.Document | None, tuple[Problem, ...]]:
    """A file that is read strictly; one that breaks the reader itself is a problem too, never an exception."""
    try:
        return source.read(path)
    except (RecursionError, ValueError):
        return None, (Problem(f"{path}:1", "not YAML that can be read: too deep, or a number too long"),)


def profile_document(path: Path) -> tuple[source.Document | None, tuple[Problem, ...]]:
    """As `opened`, of a profile: what is written in its credentials, or in no known section, is not quoted."""
    document, problems = opened(path)
    return document, tuple(each if _is_harmless(each, document) else _without_quotes(each) for each in problems)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """By file and line, each once."""

    def key(problem: Problem) -> tuple[str, int]:
        path, _, line = problem.where.rpartition(":")
        return (path, int(line)) if line.isdecimal() else (problem.where, 0)

    return tuple(sorted(dict.fromkeys(problems), key=key))


def plain(value: Any) -> Any:
    """Python's own collections and paths in JSON types."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return str(value) if isinstance(value, Path) else value


def _is_harmless(problem: Problem, document: source.Document | None) -> bool:
    line = problem.where.rpartition(":")[2]
    if document is None or not line.isdecimal():
        return False
    above = [(at, place[0]) for place, at in document.lines.items() if len(place) == 1 and at <= int(line)]
    return problem.what.startswith("the key ") or max(above, default=(0, ""))[1] in _HARMLESS


def _without_quotes(problem: Problem) -> Problem:
    return Problem(problem.where, _QUOTED.sub("…", problem.what), _QUOTED.sub("…", problem.mend))
