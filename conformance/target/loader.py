"""Reads a profile into a `Target`, or reports every problem of it at once. No message quotes a secret."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from conformance.contract.schema import PERMISSIONS, ContractFile
from conformance.errors import ConfigError, Problem
from conformance.jsontools import map_texts
from conformance.messages import Message
from conformance.quantities import Pace, parse_duration, read_pace
from conformance.target import addresses
from conformance.target.credentials import Credential, SecretReader
from conformance.target.known_deviations import KnownDeviation
from conformance.target.schema import ClientCertificate, Profile, Vantage
from conformance.validation import Locate, format_location, problems_from_validation, suggest
from conformance.yaml_document import Document, read

_QUOTED = re.compile(r"'[^']{2,}'|\"[^\"]{2,}\"|(?<=the tag )\S+")
_LATE_EFFECTS = "3s"
_PRIVATE = frozenset(["credentials", "headers", "client_cert"])
_OTHER_NAMES = {"known_deviations": "expectations", "permissions": "allow", "rate_limit": "pace"}
"""Names under which people look for a key, with its name."""
_HARMLESS = frozenset(Profile.model_fields) - _PRIVATE


def read_profile_document(path: Path) -> tuple[Document | None, tuple[Problem, ...]]:
    """Read the YAML of a profile; problems in private or unknown sections do not quote values."""
    document, problems = read(path)
    unquoted = (Problem(each.where, _QUOTED.sub("…", each.what), _QUOTED.sub("…", each.hint)) for each in problems)
    pairs = zip(problems, unquoted, strict=True)
    return document, tuple(each if _is_harmless(each, document) else bare for each, bare in pairs)


def sort_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems without duplicates, in the order of file and line."""

    def key(problem: Problem) -> tuple[str, int]:
        path, _, line = problem.where.rpartition(":")
        return (path, int(line)) if line.isdecimal() else (problem.where, 0)

    return tuple(sorted(dict.fromkeys(problems), key=key))


def to_plain(value: Any) -> Any:
    """Convert collections and paths of Python to JSON types."""
    if isinstance(value, Mapping):
        return {str(key): to_plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(each) for each in value]
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return str(value) if isinstance(value, Path) else value


def _is_harmless(problem: Problem, document: Document | None) -> bool:
    line = problem.where.rpartition(":")[2]
    if document is None or not line.isdecimal():
        return False
    above = [(at, place[0]) for place, at in document.lines.items() if len(place) == 1 and at <= int(line)]
    return problem.what.startswith("the key ") or max(above, default=(0, ""))[1] in _HARMLESS


def check_target_names(target: Target, file: ContractFile) -> list[Problem]:
    """Return a problem for each name that the contract does not know, and for each credential of another form."""
    problems = [
        Problem(target.where(section, name), f"unknown {section[:-1]} {name!r}", suggest(name, known, section))
        for section in ("credentials", "fixtures", "vantages", "hooks")
        for known in [getattr(file, section)]
        for name in getattr(target, section)
        if name not in known
    ]
    named = {*target.credentials, *target.fixtures}
    if len(problems) > 1 and named.isdisjoint({*file.credentials, *file.fixtures}):
        what = f"contract: {target.contract} has none of the credentials and fixtures of this profile"
        return [Problem(target.where("contract"), what, "name the contract that it was written for")]
    for name, credential in target.credentials.items():
        if name in file.credentials:
            problems += _check_values(target, credential, file.credentials[name].fields)
    return problems


def _check_values(target: Target, credential: Credential, known: Sequence[str]) -> Iterator[Problem]:
    place = ("credentials", credential.name)
    if bool(known) != (credential.header is None):
        form = "{" + ", ".join(f"{name}: {{env: …}}" for name in known) + "}" if known else "{header: …, env: …}"
        yield Problem(target.where(*place), f"credential {credential.name!r} has another form", f"write {form}")
        return
    for name in credential.values if known else ():
        if name not in known:
            what = f"unknown value {name!r} of credential {credential.name!r}"
            yield Problem(target.where(*place, name), what, suggest(name, known, "values"))
    for name in known:
        if name not in credential.values:
            what = f"credential {credential.name!r} lacks {name!r}"
            yield Problem(target.where(*place), what, f"add `{name}: {{env: …}}`")


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    cert: Path | None = None
    key: Path | None = None
    """The key; None if it is in the file of the certificate."""
    pkcs12: Path | None = None
    passphrase: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    contract: str
    base_url: str
    """The base URL without a trailing slash."""
    name: str
    credentials: Mapping[str, Credential]
    fixtures: Mapping[str, Any]
    vantages: Mapping[str, Vantage]
    hooks: Mapping[str, tuple[tuple[str, str], ...]]
    allow: frozenset[str]
    """The permissions among `write`, `delete`, `exhaust`; empty means read-only."""
    pace: Pace | None
    """The most requests in how many seconds; None for no limit."""
    pace_group: str | None
    """Targets of one group share one pace."""
    timeout: float
    """Seconds to wait for a response."""
    ca_bundle: Path | None
    client_cert: CertificateFiles | None
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    request_ids: bool
    """Whether each request has an `X-Request-Id` of its own."""
    proxy: str | None = field(repr=False)
    """The proxy of the whole run, except for vantages with a proxy of their own."""
    patience: tuple[float, float]
    """The longest wait of one request, and the sum of all waits of a run, in seconds."""
    settle: float
    """Seconds for which a read after a write may still show the former state."""
    late_effects: float
    """Seconds between the last refused write and the read that checks whether it was carried out after all."""
    wait_for: float
    """Seconds to wait for a target that is still starting."""
    expectations: tuple[KnownDeviation, ...]
    secrets: Mapping[str, str] = field(repr=False)
    """Every value that must not be written, by the name that is written instead."""
    described: dict[str, Any] = field(repr=False)
    """The part of the profile that reports may show, in JSON types: no credentials, no user or password in any URL."""
    warnings: tuple[Problem, ...] = ()
    """Problems that do not prevent a run."""
    places: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    """`file:line` of each place in the profile (`fixtures.endpoint`); of the profile itself under the empty name."""

    def where(self, *place: str) -> str:
        """Return `file:line` of a place in the profile, or of the nearest enclosing one."""
        for end in range(len(place), -1, -1):
            if (found := self.places.get(".".join(place[:end]))) is not None:
                return found
        return self.name


def read_profile(path: Path, *, environ: Mapping[str, str], allow: Iterable[str] = ()) -> Target:
    """Read a target from a profile; `allow` adds permissions. Raises ConfigError with every problem of both."""
    document, problems = read_profile_document(path)
    if document is None:
        raise ConfigError(problems)
    places = {format_location(place): document.where(place) for place in document.lines}
    return _build_target(document.value, allow, environ, path.parent, document.where, places, path.stem, problems)


def target_from_mapping(
    profile: Mapping[str, Any], *, where: str, environ: Mapping[str, str], allow: Iterable[str] = ()
) -> Target:
    """Read a target from a profile in memory. Problems name `where`; files are relative to the working folder."""
    return _build_target(to_plain(profile), allow, environ, Path(), lambda _: where, {"": where}, where, ())


def _build_target(  # noqa: PLR0917 - what each is, its name says
    written: Any,
    allow: Iterable[str],
    environ: Mapping[str, str],
    folder: Path,
    locate: Locate,
    places: Mapping[str, str],
    name: str,
    known: Sequence[Problem],
) -> Target:
    """Return the target of a profile; raise ConfigError with the `known` problems and all others."""
    problems, unread = list(known), {each.where for each in known}
    members: Mapping[str, Any] = written if isinstance(written, Mapping) else {}
    reader = SecretReader(environ, folder, _is_local(members.get("base_url")))
    profile: Profile | None = None
    try:
        profile = Profile.model_validate(written, context=reader)
    except ValidationError as error:
        schema = Profile.model_json_schema()
        found = problems_from_validation(error, written, locate, schema=schema, renamed=_OTHER_NAMES, private=_PRIVATE)
        problems += [each for each in found if each.where not in unread]
    granted = frozenset(allow)
    problems += [
        Problem("--allow", f"{word!r} is no permission", suggest(word, PERMISSIONS, "permissions"))
        for word in sorted(granted.difference(PERMISSIONS))
    ]
    if isinstance(file := members.get("expectations"), str) and file:
        expectations = _read_expectations(folder / file, problems)
    else:
        entries = profile.expectations if profile and isinstance(profile.expectations, list) else []
        expectations = [entry.at(locate(("expectations", n))) for n, entry in enumerate(entries)]
    if problems or profile is None:
        raise ConfigError(sort_problems(problems))
    allowed = frozenset(profile.allow) | granted
    name = profile.name or name
    credentials = {each: reader.credential(each, form) for each, form in profile.credentials.items()}
    proxies = {f"{each}.proxy": vantage.proxy for each, vantage in profile.vantages.items()}
    for each, proxy in {**proxies, "proxy": profile.proxy}.items():
        if proxy is not None and (password := addresses.read_password(proxy)):
            reader.keep(each, password)
    return Target(
        contract=profile.contract,
        base_url=profile.base_url,
        name=name,
        credentials=credentials,
        fixtures=dict(profile.fixtures),
        vantages=dict(profile.vantages),
        hooks={name: tuple(hook.headers.items()) for name, hook in profile.hooks.items()},
        allow=allowed,
        pace=read_pace(profile.pace),
        pace_group=profile.pace_group,
        timeout=parse_duration(profile.timeout),
        ca_bundle=folder / profile.ca_bundle if profile.ca_bundle else None,
        client_cert=_find_certificate(profile.client_cert, reader),
        headers=tuple(
            (each, value if isinstance(value, str) else reader.secret(each, value).value)
            for each, value in profile.headers.items()
        ),
        request_ids=profile.request_ids,
        proxy=profile.proxy,
        patience=(parse_duration(profile.patience.per_wait), parse_duration(profile.patience.in_all)),
        settle=parse_duration(profile.settle) if profile.settle else 0.0,
        late_effects=parse_duration(profile.late_effects or _LATE_EFFECTS),
        wait_for=parse_duration(profile.wait_for) if profile.wait_for else 0.0,
        expectations=tuple(expectations),
        secrets=reader.secrets,
        described=_describe(profile, name, allowed, reader.secrets),
        warnings=tuple(_find_warnings(profile, locate)),
        places=places,
    )


def _find_certificate(form: str | ClientCertificate | None, reader: SecretReader) -> CertificateFiles | None:
    if form is None or isinstance(form, str):
        return CertificateFiles(reader.folder / form) if form else None
    cert, key, pkcs12 = (reader.folder / name if name else None for name in (form.cert, form.key, form.pkcs12))
    passphrase = reader.secret("passphrase", form.passphrase).value if form.passphrase else None
    return CertificateFiles(cert, key, pkcs12, passphrase)


def _read_expectations(path: Path, problems: list[Problem]) -> list[KnownDeviation]:
    document, found = read(path)
    problems += found
    if document is None:
        return []
    form = TypeAdapter(list[KnownDeviation])
    try:
        entries = form.validate_python(document.value)
    except ValidationError as error:
        problems += problems_from_validation(error, document.value, document.where, schema=form.json_schema())
        return []
    return [entry.at(document.where((n,))) for n, entry in enumerate(entries)]


def _find_warnings(profile: Profile, locate: Locate) -> Iterator[Problem]:
    if profile.base_url.startswith("http://") and not addresses.is_loopback(profile.base_url):
        what = Message("base_url is plain http: credentials go over the network unencrypted")
        yield Problem(locate(("base_url",)), what, Message("use https if the target offers it"))


def _is_local(base_url: Any) -> bool | None:
    """Return whether the base URL is on this machine, or None if it is invalid."""
    try:
        return addresses.is_loopback(addresses.parse_base_url(base_url)) if isinstance(base_url, str) else None
    except ValueError:
        return None


def named_variables(form: Any) -> Iterator[str]:
    """Yield the environment variables that a credential of a profile names."""
    if not isinstance(form, Mapping):
        return
    if isinstance(form.get("env"), str):
        yield form["env"]
    for value in form.values():
        yield from named_variables(value)


_SHOWN_AS_WRITTEN = {"contract", "base_url", "pace", "pace_group", "timeout", "settle", "late_effects", "wait_for"}
_MARK = "\u2039secret:{}\u203a"


def _describe(profile: Profile, name: str, allow: Iterable[str], secrets: Mapping[str, str]) -> dict[str, Any]:
    """Return the part of a profile that may be shown, in JSON types.

    Credentials, values of headers, and users and passwords in URLs are left out. A secret that also occurs elsewhere,
    such as the e-mail of a login in a fixture, is replaced by its name.
    """
    shown: dict[str, Any] = {
        "name": name,
        **profile.model_dump(include=_SHOWN_AS_WRITTEN),
        "allow": sorted(allow),
        "headers": list(profile.headers) or None,
        "proxy": addresses.remove_userinfo(profile.proxy) if profile.proxy else None,
        "fixtures": profile.fixtures,
        "vantages": {
            each: {key: addresses.remove_userinfo(text) for key, text in form.model_dump(exclude_none=True).items()}
            for each, form in profile.vantages.items()
        },
        "hooks": {each: {"headers": list(hook.headers)} for each, hook in profile.hooks.items()},
    }
    longest_first = sorted(secrets.items(), key=lambda item: len(item[1]), reverse=True)

    def hide(text: str) -> str:
        for secret_name, secret in longest_first:
            text = text.replace(secret, _MARK.format(secret_name))
        return text

    return {key: map_texts(value, hide) for key, value in shown.items() if value not in (None, {})}
