"""The names of a target held against those that its contract knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from conformance.errors import Problem
from conformance.target.names import mend
from conformance.target.secrets import Credential
from conformance.target.target import Target

__all__ = ["check_names"]


def check_names(
    target: Target,
    known_fixtures: Iterable[str],
    known_credentials: Iterable[str] | Mapping[str, Iterable[str]],
    known_vantages: Iterable[str] | None = None,
    known_hooks: Iterable[str] | None = None,
) -> tuple[Problem, ...]:
    """A problem for each name of a profile that its contract does not know; None: any name will do.

    `known_credentials` may map each name to the values it has (`email`, `password`), to none for one that goes in a
    header; then these are checked as well.
    """
    sections: tuple[tuple[str, Iterable[str], Iterable[str] | None], ...] = (
        ("credentials", target.credentials, known_credentials),
        ("fixtures", target.fixtures, known_fixtures),
        ("vantages", target.vantages, known_vantages),
        ("hooks", target.hooks, known_hooks),
    )
    unknown = tuple(
        Problem(target.where(section, name), f"unknown {section[:-1]} {name!r}", mend(name, known, section))
        for section, used, names in sections
        if names is not None
        for known in [tuple(names)]
        for name in used
        if name not in known
    )
    if not isinstance(known_credentials, Mapping):
        return unknown
    values = {name: tuple(fields) for name, fields in known_credentials.items()}
    parts = (
        part
        for name, each in target.credentials.items()
        if name in values
        for part in _parts(target, each, values[name])
    )
    return (*unknown, *parts)


def _parts(target: Target, credential: Credential, known: tuple[str, ...]) -> Iterator[Problem]:
    place = ("credentials", credential.name)
    if bool(known) != (credential.header is None):
        form = "{" + ", ".join(f"{name}: {{env: …}}" for name in known) + "}" if known else "{header: …, env: …}"
        yield Problem(target.where(*place), f"credential {credential.name!r} has another form", f"write {form}")
        return
    for name in credential.values if known else ():
        if name not in known:
            what = f"unknown value {name!r} of credential {credential.name!r}"
            yield Problem(target.where(*place, name), what, mend(name, known, "values"))
    for name in known:
        if name not in credential.values:
            what = f"credential {credential.name!r} lacks {name!r}"
            yield Problem(target.where(*place), what, f"add `{name}: {{env: …}}`")
