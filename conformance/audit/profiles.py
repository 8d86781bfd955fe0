"""Profiles as an audit reads them first: which contract, which pace; credentials are not resolved."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from conformance.errors import ConfigError, Problem
from conformance.jsontools import walk_texts
from conformance.target.loader import read_profile_document, to_plain
from conformance.target.schema import Pace, read_pace_if_valid

_SUFFIXES = (".yaml", ".yml")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_USER = re.compile(r"://[^/?#]*@")
"""A user in a URL."""
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class ProfileSummary:
    """What an audit needs to know of a profile before a worker reads it."""

    path: Path
    name: str
    contract: str
    pace: Pace | None = None
    pace_group: str | None = None
    document: str | None = None
    """As `Job.document`."""
    problem: str = ""
    """Why it cannot be read at all; then there is only the path and a name."""

    @property
    def folder(self) -> str:
        """Its name as a folder."""
        return _UNSAFE.sub("-", self.name).strip(".-")[:80] or "target"


def find_profiles(places: Sequence[Path]) -> tuple[Path, ...]:
    """Every profile that is named, and those in folders that are named; raises ConfigError where there is none."""
    found: dict[Path, None] = {}
    problems = []
    for place in places:
        if place.is_dir():
            inside = sorted(path for path in place.iterdir() if path.suffix in _SUFFIXES and path.is_file())
            problems += [] if inside else [Problem(str(place), "there is no profile in this folder", "check the path")]
            found |= dict.fromkeys(inside)
        elif place.is_file():
            found[place] = None
        else:
            problems.append(Problem(str(place), "there is no such profile", "give a profile, or a folder of profiles"))
    if problems:
        raise ConfigError(problems)
    return tuple(found)


def summarize_profiles(paths: Iterable[Path]) -> tuple[ProfileSummary, ...]:
    """Look at each profile; names, and the folders made of them, are unique afterwards. Never raises for a profile."""
    taken: set[str] = set()
    return tuple(_with_unique_name(_summarize(path), taken) for path in paths)


def _with_unique_name(one: ProfileSummary, taken: set[str]) -> ProfileSummary:
    name, number = one.name, 1
    while one.folder.lower() in taken:
        number += 1
        one = replace(one, name=f"{name}-{number}")
    taken.add(one.folder.lower())
    return one


def _summarize(path: Path) -> ProfileSummary:
    document, problems = read_profile_document(path)
    value = document.value if document is not None else None
    if not isinstance(value, Mapping):
        problem = "; ".join(map(str, problems)) or f"{path}: not a profile"
        return ProfileSummary(path, path.stem, "", problem=problem)
    return ProfileSummary(
        path,
        str(value.get("name") or path.stem),
        str(value.get("contract", "")),
        read_pace_if_valid(value.get("pace")),
        str(value["pace_group"]) if value.get("pace_group") else None,
        None if any(_secrets(value)) else json.dumps(to_plain(value), ensure_ascii=False),
    )


def _secrets(value: Mapping[str, Any]) -> Iterator[bool]:
    """Whether anything in a profile may be a secret itself: a literal credential, or a URL with a user in it."""
    yield from _literals(value.get("credentials"))
    yield from (_USER.search(text) is not None for text in walk_texts(value))


def _literals(form: Any) -> Iterator[bool]:
    if isinstance(form, Mapping):
        for key, value in form.items():
            if isinstance(value, Mapping):
                yield from _literals(value)
            else:
                # What is no variable's name may be a key in the wrong place.
                yield key not in {"file", "header"} and not (key == "env" and _VARIABLE.fullmatch(str(value)))
    else:
        yield form is not None
