"""Strict pydantic models of a profile. Validation also reads its secrets, so that every problem is found at once."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    Tag,
    ValidationInfo,
    model_validator,
)

from conformance.contract.schema import PERMISSIONS
from conformance.contract.values import check_header_name
from conformance.files import LARGEST_PEM, refuse_file
from conformance.jsontools import walk_values
from conformance.quantities import DurationText, PaceText
from conformance.target import addresses
from conformance.target.known_deviations import KnownDeviation
from conformance.validation import suggest

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def _check_header_name(text: str) -> str:
    try:
        return check_header_name(text)
    except ValueError as error:
        hint = "" if "; " in str(error) else "; the value goes by env or file"
        raise ValueError(f"{error}{hint}") from None


def _check_header_value(text: str) -> str:
    if _CONTROL.search(text) or text != text.strip() or not text.isascii():
        raise ValueError("is not a header's value (ASCII, no control characters, no spaces around)")
    return text


def _check_line(text: str) -> str:
    if not text.strip() or _CONTROL.search(text):
        raise ValueError("is empty or holds control characters")
    return text


def _check_permission(text: str) -> str:
    if text not in PERMISSIONS:
        raise ValueError(f"{text!r} is no permission; {suggest(text, PERMISSIONS, 'permissions')}")
    return text


def _check_scheme(text: str) -> str:
    if not re.fullmatch(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", text):
        raise ValueError("is no scheme; write it as Bearer")
    return text


def _check_fixture(value: JsonValue) -> JsonValue:
    if value is None:
        raise ValueError("has no value; leave it out, or write its value")
    if any(isinstance(one, float) and not math.isfinite(one) for _, one in walk_values(value)):
        raise ValueError("holds a number that JSON cannot write")
    return value


Line = Annotated[str, AfterValidator(_check_line), Field(min_length=1)]


def _check_readable_file(text: str, info: ValidationInfo) -> str:
    if info.context is None:
        return text
    path: Path = info.context.folder / text
    if (problem := refuse_file(path, LARGEST_PEM)) is not None:
        raise ValueError(f"names {text!r}, which {problem}; give the path of a plain file")
    if not (path.is_file() and os.access(path, os.R_OK)):
        raise ValueError(f"names {text!r}, which is not a file that can be read; check the path")
    return text


FilePath = Annotated[Line, AfterValidator(_check_readable_file)]


def _reads(kind: str) -> AfterValidator:
    """Return a validator that reads a secret with the `SecretReader` in the validation context, if there is one."""

    def open_secret(source: Any, info: ValidationInfo) -> Any:
        if info.context is not None:
            info.context.open(kind, source)
        return source

    return AfterValidator(open_secret)


class _ProfileForm(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


def _require_one_alternative(form: dict[str, Any], model: type[_OneOf]) -> None:
    form["oneOf"] = [{"required": [name]} for name in model.alternatives]


class _OneOf(_ProfileForm):
    """A model that has exactly one of its `alternatives`."""

    model_config = ConfigDict(json_schema_extra=_require_one_alternative)
    alternatives: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="before")
    @classmethod
    def _check_one(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        present = [name for name in cls.alternatives if value.get(name) is not None]
        # If there is none, but an unknown key, that key is reported instead.
        if len(present) > 1 or (not present and value.keys() <= cls.model_fields.keys()):
            names = f"{', '.join(cls.alternatives[:-1])} and {cls.alternatives[-1]}"
            raise ValueError(f"needs exactly one of {names}; keep one of them")
        return value


_SOURCES = ("env", "file", "command", "value")


class SecretSource(_OneOf):
    """The source of a secret: exactly one of a variable, a file, a command, or (on loopback only) the text itself."""

    alternatives: ClassVar[tuple[str, ...]] = _SOURCES

    env: Annotated[Line, _reads("env")] | None = Field(None, description="The environment variable that holds it")
    file: Annotated[Line, _reads("file")] | None = Field(
        None, description="The file that holds it, relative to the profile"
    )
    command: Annotated[list[Line], Field(min_length=1), _reads("command")] | None = Field(
        None, description="A command and its arguments that print it; run again when the target says 401"
    )
    value: Annotated[str, _reads("value")] | None = Field(
        None, repr=False, description="The text itself; only for a base URL on this machine"
    )

    @property
    def source(self) -> tuple[str, Any]:
        """The kind of source, and its value in the profile."""
        return next((kind, text) for kind in _SOURCES if (text := getattr(self, kind)) is not None)


def _check_header_secret(form: SecretSource, info: ValidationInfo) -> SecretSource:
    secret = "" if info.context is None else info.context.open(*form.source)
    if secret != secret.strip():
        raise ValueError("gives a secret that has spaces around it, which a header cannot carry")
    if len(secret) > 1 and secret[0] == secret[-1] and secret[0] in "\"'`":
        raise ValueError("gives a secret in quotes, which would be sent, too; take them away")
    if not secret.isascii():
        raise ValueError("gives a secret that holds characters that a header cannot carry (only ASCII)")
    return form


HeaderValue = (
    Annotated[str, AfterValidator(_check_header_value)] | Annotated[SecretSource, AfterValidator(_check_header_secret)]
)


class BasicPair(_ProfileForm):
    """User and password, which are sent together as `Basic …`."""

    user: HeaderValue
    password: SecretSource

    @model_validator(mode="after")
    def _check_user(self, info: ValidationInfo) -> Self:
        opened = "" if info.context is None or isinstance(self.user, str) else info.context.open(*self.user.source)
        if ":" in (self.user if isinstance(self.user, str) else opened):
            raise ValueError("has a user with a colon, which ends the user; give another user")
        return self


class HeaderCredential(SecretSource):
    """A secret that is sent in a header: alone, after a scheme, or as a pair of user and password."""

    alternatives = (*_SOURCES, "basic")

    header: Annotated[str, AfterValidator(_check_header_name)] = Field(description="The header's name")
    scheme: Annotated[str, AfterValidator(_check_scheme)] | None = Field(
        None, description="What stands before the secret, such as Bearer"
    )
    basic: BasicPair | None = Field(None, description="User and password of HTTP Basic authentication")
    allowance: PaceText | None = Field(None, description="How much it may be used before it is refused: 3/60s")

    @model_validator(mode="after")
    def _check_secret(self, info: ValidationInfo) -> Self:
        if self.basic is None:
            _check_header_secret(self, info)
        elif self.scheme is not None:
            raise ValueError("has `scheme` beside `basic`, which is the whole value; keep one of them")
        return self


class Vantage(_OneOf):
    """The origin of requests: exactly one of an address of this machine and a proxy."""

    alternatives = ("source_address", "proxy")

    source_address: Annotated[str, AfterValidator(addresses.parse_source_address)] | None = Field(
        None, description="An IP address of this machine"
    )
    proxy: Annotated[str, AfterValidator(addresses.parse_proxy)] | None = Field(
        None, repr=False, description="http://host:port"
    )


class Hook(_ProfileForm):
    """Headers that make the target fail, as provided by its owner."""

    headers: dict[
        Annotated[str, AfterValidator(_check_header_name)], Annotated[str, AfterValidator(_check_header_value)]
    ] = Field(min_length=1)


class ClientCertificate(_OneOf):
    """A client certificate: PEM files, or a PKCS#12 file with the certificate and its key."""

    alternatives = ("cert", "pkcs12")

    cert: FilePath | None = Field(None, description="The certificate, a PEM file relative to the profile")
    key: FilePath | None = Field(None, description="Its key, a PEM file; in the file of the certificate when absent")
    pkcs12: FilePath | None = Field(None, description="Certificate and key in one PKCS#12 file")
    passphrase: SecretSource | None = Field(None, description="What the key is encrypted with")

    @model_validator(mode="before")
    @classmethod
    def _check_key(cls, value: Any) -> Any:
        if isinstance(value, dict) and {"pkcs12", "key"} <= value.keys():
            raise ValueError("has `key` beside `pkcs12`, which holds the key; leave it out")
        return value


class Patience(_ProfileForm):
    """How long to wait for a target that asks for a pause (`Retry-After`, 429, 503) or does not answer."""

    per_wait: DurationText = Field("60s", description="The longest single wait, and all waits of one request")
    in_all: DurationText = Field("5m", description="All waits of a run together")


_OF_HEADERS = {"header", *HeaderCredential.alternatives}


Credentials = Annotated[
    Annotated[HeaderCredential, Tag("<header>")]
    | Annotated[dict[Line, SecretSource], Field(min_length=1), Tag("<fields>")],
    Discriminator(lambda value: "<header>" if isinstance(value, dict) and _OF_HEADERS & value.keys() else "<fields>"),
]


class Profile(_ProfileForm):
    """A profile: everything about one server under test."""

    contract: Line = Field(description="The contract to hold it to, such as microcms-management")
    base_url: Annotated[str, AfterValidator(addresses.parse_base_url)] = Field(
        description="http(s)://host[:port][/path]"
    )
    name: Line | None = Field(None, description="What reports call it; the file's name when absent")
    credentials: dict[Line, Credentials] = Field({}, description="Values only from the environment or a file")
    fixtures: dict[Line, Annotated[JsonValue, AfterValidator(_check_fixture)]] = Field(
        {}, description="Facts that cases need: an endpoint, an ID that exists"
    )
    vantages: dict[Line, Vantage] = Field({}, description="Where requests may come from")
    hooks: dict[Line, Hook] = Field({}, description="Headers that make the target fail, if its owner provides any")
    allow: list[
        Annotated[str, AfterValidator(_check_permission), Field(json_schema_extra={"enum": list(PERMISSIONS)})]
    ] = Field([], description="What may be done beyond reading")
    pace: PaceText | None = Field(None, description="Requests per time over the whole run: 10/10s")
    pace_group: Line | None = Field(None, description="Targets of one group share one pace")
    timeout: DurationText = Field("10s", description="How long to wait for an answer: 10s, 500ms")
    patience: Patience = Field(
        default_factory=lambda: Patience.model_validate({}), description="How long to wait where the target asks for it"
    )
    settle: DurationText | None = Field(
        None, description="How long a read after a write may still show what was before: 2s"
    )
    late_effects: DurationText | None = Field(
        None,
        description="How long after refused writes one looks whether they were done after all; 3s if absent",
    )
    wait_for: DurationText | None = Field(None, description="How long to wait for a target that is still starting: 60s")
    headers: dict[Annotated[str, AfterValidator(_check_header_name)], HeaderValue] = Field(
        {}, description="Headers of every request; what comes from env, a file or a command is a secret"
    )
    request_ids: bool = Field(default=False, description="Whether each request has an X-Request-Id of its own")
    proxy: Annotated[str, AfterValidator(addresses.parse_proxy)] | None = Field(
        None, repr=False, description="The proxy of the whole run: http://user@host:port"
    )
    ca_bundle: FilePath | None = Field(None, description="Certificates to trust, a file relative to the profile")
    client_cert: FilePath | ClientCertificate | None = Field(
        None, description="Our certificate: a file, {cert: …, key: …, passphrase: …} or {pkcs12: …, passphrase: …}"
    )
    expectations: Line | list[KnownDeviation] = Field([], description="Known deviations: entries, or a file of them")
