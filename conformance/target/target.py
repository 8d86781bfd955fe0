"""A profile becomes a target: everything about one server under test, checked before a byte is sent.

Every problem of a profile is reported at once, as `file:line`, and no message holds a secret or what may be one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from conformance.errors import Problem, Unusable
from conformance.target import address, quantities
from conformance.target.described import describe
from conformance.target.expectations import Entry, Expectation
from conformance.target.faults import Locate, Place, dotted, problems_of
from conformance.target.names import PERMISSIONS, mend
from conformance.target.opening import in_order, opened, plain, profile_document
from conformance.target.profile import Profile
from conformance.target.secrets import Credential, Secret, Vault

__all__ = [
    "Credential",
    "Secret",
    "Target",
    "Vantage",
    "from_mapping",
    "from_url",
    "read",
]


@dataclass(frozen=True, slots=True)
class Vantage:
    """Where a request comes from: an address of this machine, or a proxy (whose URL may hold a password)."""

    source_address: str | None
    proxy: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """Everything about one server under test."""

    contract: str
    base_url: str
    """Without a slash at its end."""
    name: str
    """What reports call it."""
    credentials: Mapping[str, Credential]
    fixtures: Mapping[str, Any]
    vantages: Mapping[str, Vantage]
    hooks: Mapping[str, tuple[tuple[str, str], ...]]
    """Headers of each hook."""
    allow: frozenset[str]
    """`write`, `delete`, `exhaust`; empty: read-only."""
    pace: tuple[int, float] | None
    """So many requests in each so many seconds; None: as fast as it goes."""
    pace_group: str | None
    """Targets of one group share one pace."""
    timeout: float
    """Seconds."""
    ca_bundle: Path | None
    client_cert: tuple[Path, Path | None] | None
    """Certificate and key; the key is in the same file when None."""
    expectations: tuple[Expectation, ...]
    secrets: Mapping[str, str] = field(repr=False)
    """Every value that must not be written, by the name that is written in its place."""
    described: dict[str, Any] = field(repr=False)
    """What may be told of the target, in JSON types: no credentials, no user or password in any URL."""
    warnings: tuple[Problem, ...] = ()
    """What a person should know, and no reason to stop."""
    places: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    """`file:line` of each place in the profile (`fixtures.endpoint`), and of the profile itself (empty name)."""

    def where(self, *place: str) -> str:
        """`file:line` of a place, or of the nearest place around it."""
        for end in range(len(place), -1, -1):
            if (found := self.places.get(".".join(place[:end]))) is not None:
                return found
        return self.name


def read(path: Path, *, environ: Mapping[str, str], allow: Iterable[str] = ()) -> Target:
    """The target that a profile describes, with what `allow` adds to it.

    Raises `Unusable` with every problem of the profile, of the files that it names and of `allow`.
    """
    document, problems = profile_document(path)
    if document is None:
        raise Unusable(problems)
    places = {dotted(place): document.where(place) for place in document.lines}
    reader = _Reader(environ, path.parent, document.where, places, path.stem, list(problems))
    return reader.target(document.value, allow)


def from_mapping(
    profile: Mapping[str, Any], *, where: str, environ: Mapping[str, str], allow: Iterable[str] = ()
) -> Target:
    """As `read`, of a profile in memory, said to stand in `where`; files are relative to the working folder."""
    reader = _Reader(environ, Path(), lambda _: where, {"": where}, where, [])
    return reader.target(plain(profile), allow)


def from_url(
    url: str,
    contract: str,
    *,
    environ: Mapping[str, str],
    credentials: Mapping[str, Mapping[str, Any]] | None = None,
    allow: Iterable[str] = (),
) -> Target:
    """A first look at a URL: no fixtures, and of `credentials` (in a profile's form) those whose variables are set."""
    usable = {name: form for name, form in (credentials or {}).items() if all(map(environ.get, _variables(form)))}
    profile = {"contract": contract, "base_url": url, "credentials": usable}
    return from_mapping(profile, where="--target", environ=environ, allow=allow)


@dataclass(slots=True)
class _Reader:
    """Reads one profile; each step adds its problems, and only the last one gives up."""

    environ: Mapping[str, str]
    folder: Path
    locate: Locate
    places: Mapping[str, str]
    name: str
    problems: list[Problem]

    def target(self, written: Any, allow: Iterable[str]) -> Target:
        profile = self._form(written)
        members: Mapping[str, Any] = written if isinstance(written, Mapping) else {}
        vault = Vault(self.environ, self.folder, _local(members.get("base_url")), self.locate)
        credentials = vault.open(members.get("credentials"))
        vantages = self._vantages(members.get("vantages"), vault)
        granted = self._granted(allow)
        ca_bundle = self._file(("ca_bundle",), members.get("ca_bundle"))
        client_cert = self._certificate(members.get("client_cert"))
        expectations = self._expectations(profile, members.get("expectations"))
        self.problems += vault.problems
        if self.problems or profile is None:
            raise Unusable(in_order(self.problems))
        allowed = frozenset(profile.allow) | granted
        name = profile.name or self.name
        return Target(
            contract=profile.contract,
            base_url=profile.base_url,
            name=name,
            credentials=credentials,
            fixtures=dict(profile.fixtures),
            vantages=vantages,
            hooks={name: tuple(hook.headers.items()) for name, hook in profile.hooks.items()},
            allow=allowed,
            pace=quantities.pace(profile.pace) if profile.pace else None,
            pace_group=profile.pace_group,
            timeout=quantities.seconds(profile.timeout),
            ca_bundle=ca_bundle,
            client_cert=client_cert,
            expectations=expectations,
            secrets=vault.secrets,
            described=describe(profile, name, allowed, vault.secrets),
            warnings=self._warnings(profile),
            places=self.places,
        )

    def _form(self, written: Any) -> Profile | None:
        try:
            return Profile.model_validate(written)
        except ValidationError as error:
            self.problems += problems_of(error, written, self.locate)
        return None

    def _granted(self, allow: Iterable[str]) -> frozenset[str]:
        granted = frozenset(allow)
        self.problems += [
            Problem("--allow", f"{word!r} is no permission", mend(word, PERMISSIONS, "permissions"))
            for word in sorted(granted.difference(PERMISSIONS))
        ]
        return granted

    def _vantages(self, written: Any, vault: Vault) -> dict[str, Vantage]:
        forms = written if isinstance(written, Mapping) else {}
        return {name: self._vantage(name, form, vault) for name, form in forms.items() if isinstance(form, Mapping)}

    def _vantage(self, name: str, form: Mapping[str, Any], vault: Vault) -> Vantage:
        given = {"source_address", "proxy"}.intersection(form)
        if len(given) != 1 and (given or not form):  # else an unknown key is what is wrong
            self._problem(("vantages", name), "needs exactly one of source_address and proxy", "keep one of them")
        proxy = form.get("proxy")
        if isinstance(proxy, str) and (password := address.password_of(proxy)):
            vault.keep(f"{name}.proxy", password)
        return Vantage(form.get("source_address"), proxy)

    def _certificate(self, written: Any) -> tuple[Path, Path | None] | None:
        pair = {"cert": written} if isinstance(written, str) else written if isinstance(written, Mapping) else {}
        places = {key: ("client_cert",) if isinstance(written, str) else ("client_cert", key) for key in pair}
        cert, key = (self._file(places.get(each, ()), pair.get(each)) for each in ("cert", "key"))
        return (cert, key) if cert else None

    def _file(self, place: Place, written: Any) -> Path | None:
        if not isinstance(written, str) or not written:
            return None
        path = self.folder / written
        if not (path.is_file() and os.access(path, os.R_OK)):
            self._problem(place, f"{written!r} is not a file that can be read", "check the path")
        return path

    def _expectations(self, profile: Profile | None, written: Any) -> tuple[Expectation, ...]:
        if isinstance(written, str) and written:
            return self._expectations_file(written)
        entries = profile.expectations if profile and isinstance(profile.expectations, list) else ()
        return tuple(Expectation.of(entry, self.locate(("expectations", n))) for n, entry in enumerate(entries))

    def _expectations_file(self, written: str) -> tuple[Expectation, ...]:
        document, problems = opened(self.folder / written)
        self.problems += problems
        if document is None:
            return ()
        try:
            entries = TypeAdapter(list[Entry]).validate_python(document.value)
        except ValidationError as error:
            self.problems += problems_of(error, document.value, document.where)
            return ()
        return tuple(Expectation.of(entry, document.where((n,))) for n, entry in enumerate(entries))

    def _warnings(self, profile: Profile) -> tuple[Problem, ...]:
        if not profile.base_url.startswith("http://") or address.is_loopback(profile.base_url):
            return ()
        what = "base_url is plain http: credentials go over the network unencrypted"
        return (Problem(self.locate(("base_url",)), what, "use https if the target offers it"),)

    def _problem(self, place: Place, what: str, mend: str) -> None:
        self.problems.append(Problem(self.locate(place), f"{dotted(place)}: {what}", mend))


def _local(base_url: Any) -> bool | None:
    """Whether the base URL names this machine; None when it is no base URL at all."""
    try:
        return address.is_loopback(address.base_url(base_url)) if isinstance(base_url, str) else None
    except ValueError:
        return None


def _variables(form: Any) -> Iterable[str]:
    """The environment variables that a credential of a profile names."""
    if not isinstance(form, Mapping):
        return
    if isinstance(form.get("env"), str):
        yield form["env"]
    for value in form.values():
        yield from _variables(value)
