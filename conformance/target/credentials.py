"""Reads the credentials of a target from the environment, files, commands or (on loopback only) the profile.

Messages never quote a value, the name of a file, or the name of a variable that may be a misplaced key.
"""

import re
import subprocess
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from conformance.errors import ConfigError
from conformance.files import read_bytes
from conformance.quantities import Pace, read_pace
from conformance.target.schema import HeaderCredential, SecretSource

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_PLAINLY_A_NAME = re.compile(r"[A-Z_][A-Z0-9_]*\Z|[a-z_]+\Z")
_MOST_BYTES = 65_536
"""The most bytes of a secret in a file, or printed by a command."""
_TIMEOUT = 60.0
"""Timeout in seconds of a command that prints a secret."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that must never be written, with the name that is written instead."""

    name: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Command:
    """A command that prints a secret, with its working folder and the scheme that precedes the secret in a header."""

    arguments: tuple[str, ...]
    folder: Path
    scheme: str | None = None

    def value(self) -> str:
        """Run the command and return the value of the header; raise CommandFailedError."""
        printed = run_command(self.arguments, self.folder)
        return printed if self.scheme is None else f"{self.scheme} {printed}"


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential of a target: `{"": secret}` to send in `header`, or named values for a body (without header)."""

    name: str
    header: str | None
    values: Mapping[str, Secret]
    command: Command | None = field(default=None, repr=False)
    """The command that prints the secret of its header."""
    allowance: Pace | None = None
    """How many requests in how many seconds are served before it is refused; None if the profile does not say."""


class CommandFailedError(Exception):
    """Raised if a command did not print a secret; `str()` is the reason, without any of its output."""


def run_command(command: Sequence[str], folder: Path) -> str:
    """Return the output of a command without trailing line ends; raise CommandFailedError, also after a minute."""
    try:
        done = subprocess.run(  # noqa: S603 - the user's own command, not run by a shell
            list(command), cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise CommandFailedError(f"the command has not ended after {_TIMEOUT:g} s") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not the name of a program"
        raise CommandFailedError(f"the command cannot be run: {reason}") from None
    if done.returncode != 0:
        raise CommandFailedError(f"the command exits with {done.returncode}")
    if len(done.stdout) > _MOST_BYTES:
        raise CommandFailedError("the command prints more than 64 KiB")
    try:
        return done.stdout.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise CommandFailedError("the command prints what is not UTF-8") from None


@dataclass(slots=True)
class SecretReader:
    """Reads the secrets of a profile during its validation, and keeps all of them by name."""

    environ: Mapping[str, str]
    folder: Path
    local: bool | None
    """Whether literal values are allowed; None (not checked) if the base URL is invalid."""
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    _opened: dict[str, str] = field(default_factory=dict, repr=False)

    def open(self, kind: str, source: Any) -> str:
        """Return the secret of an entry, read once; raises ValueError, which quotes nothing, if none can be sent."""
        if (key := f"{kind} {source}") not in self._opened:
            value = self._read(kind, source)
            if flaw := _find_flaw(value):
                raise ValueError(f"gives a secret that {flaw}")
            self._opened[key] = value
        return self._opened[key]

    def secret(self, name: str, form: SecretSource) -> Secret:
        """Read a secret of a valid profile and keep it under the name of its variable if that is safe, else `name`."""
        kind, source = form.source
        return self.keep(source if kind == "env" and _PLAINLY_A_NAME.match(source) else name, self.open(kind, source))

    def keep(self, name: str, value: str) -> Secret:
        """Keep a secret under a name, which is changed if another secret has it."""
        unique = name
        while self.secrets.get(unique, value) != value:
            unique += "'"
        self.secrets[unique] = value
        return Secret(unique, value)

    def credential(self, name: str, form: HeaderCredential | Mapping[str, SecretSource]) -> Credential:
        """Return a credential of a valid profile with its secrets."""
        if not isinstance(form, HeaderCredential):
            values = {key: self.secret(f"{name}.{key}", source) for key, source in form.items()}
            return Credential(name, None, values)
        if form.basic is not None:
            user = form.basic.user
            text = user if isinstance(user, str) else self.secret(f"{name}.basic.user", user).value
            pair = f"{text}:{self.secret(f'{name}.basic.password', form.basic.password).value}"
            secret = self.keep(name, f"Basic {b64encode(pair.encode()).decode('ascii')}")
        else:
            secret = self.secret(name, form)
        if form.scheme is not None:
            secret = replace(secret, value=f"{form.scheme} {secret.value}")
        command = Command(tuple(form.command), self.folder, form.scheme) if form.command else None
        return Credential(name, form.header, {"": secret}, command, read_pace(form.allowance))

    def _read(self, kind: str, source: Any) -> str:
        if kind == "env":
            if (value := self.environ.get(source)) is None:
                shown = f" {source}" if _PLAINLY_A_NAME.match(source) else ""
                raise ValueError(f"names the environment variable{shown}, which is not set; set it, or leave it out")
            return value
        if kind == "file":
            return _read_file(self.folder / source)
        if kind == "command":
            try:
                return run_command(source, self.folder)
            except CommandFailedError as error:
                raise ValueError(f"gives no secret: {error}; run it by hand") from None
        if self.local is False:
            raise ValueError("holds a secret, which only a base URL on this machine allows; name it by env or file")
        return str(source)


def _read_file(path: Path) -> str:
    """Return the text of a file without trailing line ends; raise ValueError if it cannot be read."""
    try:
        return read_bytes(path, _MOST_BYTES).decode("utf-8").rstrip("\r\n")
    except ConfigError as error:
        (problem,) = error.problems
        raise ValueError(f"names what {problem.what}; {problem.hint}") from None
    except UnicodeDecodeError:
        raise ValueError("names a file that is not UTF-8; save it as UTF-8") from None


def _find_flaw(value: str) -> str | None:
    """Return why a value cannot be sent, or None."""
    if not value:
        return "is empty"
    if _CONTROL.search(value):
        return "ends with a line end" if not _CONTROL.search(value.rstrip("\r\n")) else "holds control characters"
    return "is not UTF-8" if _SURROGATES.search(value) else None
