"""Credentials of a target: their values from the environment, from files or (on loopback only) from the profile.

No message repeats a value, nor the name of a file, nor a variable's name that could be a key in the wrong place.
"""

from __future__ import annotations

import re
import subprocess
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from conformance.errors import Problem
from conformance.files import refuse_special_file
from conformance.target.schema import SOURCES, Pace, read_pace_if_valid
from conformance.validation import Locate, Place, format_location

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_HALVES = re.compile(r"[\ud800-\udfff]")
_PLAINLY_A_NAME = re.compile(r"[A-Z_][A-Z0-9_]*\Z|[a-z_]+\Z")
_LONGEST = 65_536
"""Bytes of a secret in a file, or printed by a command."""
_PATIENCE = 60.0
"""Seconds that a command has to print a secret."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that must never be written, and the name that is written in its place."""

    name: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Command:
    """A command that prints a secret, the folder that it is run in, and what stands before the secret."""

    arguments: tuple[str, ...]
    folder: Path
    scheme: str | None = None

    def value(self) -> str:
        """Run it; raises CommandFailedError."""
        printed = run_command(self.arguments, self.folder)
        return printed if self.scheme is None else f"{self.scheme} {printed}"


@dataclass(frozen=True, slots=True)
class Credential:
    """What a request may identify itself with: `{"": secret}` in `header`, or named values for a body (no header)."""

    name: str
    header: str | None
    values: Mapping[str, Secret]
    commands: Mapping[str, Command] = field(default_factory=dict, repr=False)
    """By the name of a value, the command that prints it."""
    allowance: Pace | None = None
    """So many requests in each so many seconds are served before it is refused; None where the profile says nothing."""

    def renew(self) -> Credential:
        """The same credential with what its commands print now; raises CommandFailedError."""
        renewed = {key: Secret(self.values[key].name, command.value()) for key, command in self.commands.items()}
        return replace(self, values={**self.values, **renewed})


class CommandFailedError(Exception):
    """A command that was to print a secret did not; `str()` says why, and quotes nothing of what it printed."""


def run_command(command: Sequence[str], folder: Path) -> str:
    """What a command prints, without line ends at its end. It has a minute, and no input.

    Raises CommandFailedError.
    """
    try:
        done = subprocess.run(  # noqa: S603 - the user's own command, not run by a shell
            list(command), cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise CommandFailedError(f"the command has not ended after {_PATIENCE:g} s") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not the name of a program"
        raise CommandFailedError(f"the command cannot be run: {reason}") from None
    if done.returncode != 0:
        raise CommandFailedError(f"the command exits with {done.returncode}")
    if len(done.stdout) > _LONGEST:
        raise CommandFailedError("the command prints more than 64 KiB")
    try:
        return done.stdout.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise CommandFailedError("the command prints what is not UTF-8") from None


@dataclass(slots=True)
class CredentialReader:
    """Opens the credentials of a profile, whatever else is wrong with it, and keeps every problem on the way."""

    environ: Mapping[str, str]
    folder: Path
    local: bool | None
    """Whether literal values are allowed; None when the base URL cannot be read (then they are not checked)."""
    locate: Locate
    problems: list[Problem] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)

    def open(self, written: Any) -> dict[str, Credential]:
        """The credentials under `credentials:`, by name; those that cannot be opened are left out, with problems."""
        if not isinstance(written, Mapping):
            return {}
        found = (self._credential(name, value) for name, value in written.items() if isinstance(value, Mapping))
        return {each.name: each for each in found if each is not None}

    def keep(self, name: str, value: str) -> Secret:
        """Note a secret; the name is changed where another secret has it."""
        unique = name
        while self.secrets.get(unique, value) != value:
            unique += "'"
        self.secrets[unique] = value
        return Secret(unique, value)

    def _credential(self, name: str, written: Mapping[str, Any]) -> Credential | None:
        place: Place = ("credentials", name)
        if not {"header", "basic", *SOURCES}.isdisjoint(written):
            return self._in_header(name, place, written)
        return self._fields(name, place, written)

    def _in_header(self, name: str, place: Place, written: Mapping[str, Any]) -> Credential | None:
        header, scheme, pair = written.get("header"), written.get("scheme"), written.get("basic")
        if pair is None:
            secret = self.secret(place, written, header=True)
        elif set(written) & {"scheme", *SOURCES}:
            self._problem(place, "has something beside `basic`, which is the whole value", "keep one of them")
            return None
        else:
            secret = self._basic(name, place, pair)
        if secret is None or not isinstance(header, str):
            return None
        if isinstance(scheme, str):
            secret = Secret(secret.name, f"{scheme} {secret.value}")
        commands = {"": Command(tuple(written["command"]), self.folder, scheme)} if "command" in written else {}
        return Credential(name, header, {"": secret}, commands, read_pace_if_valid(written.get("allowance")))

    def _basic(self, name: str, place: Place, pair: Any) -> Secret | None:
        """The value `Basic …` of a user, which may be a plain text, and a password."""
        user, password = (pair.get(key) for key in ("user", "password")) if isinstance(pair, Mapping) else (None, None)
        opened = self.secret((*place, "basic", "user"), user) if isinstance(user, Mapping) else None
        user = opened.value if opened else user
        secret = self.secret((*place, "basic", "password"), password) if isinstance(password, Mapping) else None
        if secret is None or not isinstance(user, str):
            return None
        if ":" in user:
            self._problem((*place, "basic", "user"), "holds a colon, which ends the user", "give another user")
            return None
        return self.keep(name, f"Basic {b64encode(f'{user}:{secret.value}'.encode()).decode('ascii')}")

    def _fields(self, name: str, place: Place, written: Mapping[str, Any]) -> Credential | None:
        if not written:
            self._problem(place, "is empty", "name its values by env or file, or leave it out")
        opened = {
            key: self.secret((*place, key), value) for key, value in written.items() if isinstance(value, Mapping)
        }
        values = {key: secret for key, secret in opened.items() if secret is not None}
        commands = {
            key: Command(tuple(written[key]["command"]), self.folder) for key in values if "command" in written[key]
        }
        return Credential(name, None, values, commands) if values and len(values) == len(written) else None

    def headers(self, written: Any) -> tuple[tuple[str, str], ...]:
        """The headers of every request, in the order of the profile; those that cannot be opened are left out."""
        found: list[tuple[str, str]] = []
        for name, value in written.items() if isinstance(written, Mapping) else ():
            if isinstance(value, Mapping):
                secret = self.secret(("headers", name), value, header=True)
                found += [(name, secret.value)] if secret else []
            elif isinstance(value, str):
                found.append((name, value))
        return tuple(found)

    def secret(self, place: Place, written: Mapping[str, Any], *, header: bool = False) -> Secret | None:
        """Open one secret and note it; None with a problem where it cannot be opened."""
        given = [key for key in SOURCES if key in written]
        if len(given) != 1:
            if given or not set(written) - {"header", "allowance", "scheme"}:  # else an unknown key is what is wrong
                self._problem(place, "needs exactly one of env, file, command and value", "keep one of them")
            return None
        (kind,) = given
        source, at, name = written[kind], (*place, kind), format_location(place[1:])
        readers: dict[str, Callable[[Place, Any], str | None]] = {
            "env": self._by_env, "file": self._by_file, "command": self._by_command, "value": self._by_value,
        }  # fmt: skip
        value = readers[kind](at, source) if isinstance(source, list if kind == "command" else str) else None
        if value is None:
            return None
        if flaw := _flaw(value, header):
            self._problem(at, flaw)
            return None
        return self.keep(source if kind == "env" and _PLAINLY_A_NAME.match(source) else name, value)

    def _by_env(self, at: Place, variable: str) -> str | None:
        if (value := self.environ.get(variable)) is None:
            shown = f" {variable}" if _PLAINLY_A_NAME.match(variable) else " that it names"
            hint = f"set it, or leave {format_location(at[:-1])} out"
            self._problem(at, f"the environment variable{shown} is not set", hint)
        return value

    def _by_file(self, at: Place, path: str) -> str | None:
        try:
            if (problem := refuse_special_file(self.folder / path)) is not None:
                self._problem(at, f"what it names {problem}", "give the path of a plain file")
                return None
            with (self.folder / path).open("rb") as stream:
                content = stream.read(_LONGEST + 1)
            value = content.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            self._problem(at, "the file that it names is not UTF-8", "save it as UTF-8")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not the name of a file"
            self._problem(at, f"the file that it names cannot be read: {reason}", "check the path")
        else:
            if len(content) <= _LONGEST:
                return value
            self._problem(at, "the file that it names is larger than 64 KiB")
        return None

    def _by_command(self, at: Place, command: list[Any]) -> str | None:
        if command and all(isinstance(each, str) for each in command):
            try:
                return run_command(command, self.folder)
            except CommandFailedError as error:
                self._problem(at, str(error), "run it by hand to see why")
        return None

    def _by_value(self, at: Place, text: str) -> str | None:
        if self.local is False:
            self._problem(at, "a secret may stand here only for a base URL on this machine", "name it by env or file")
            return None
        return text

    def _problem(self, place: Place, what: str, hint: str = "") -> None:
        self.problems.append(Problem(self.locate(place), f"{format_location(place)}: {what}", hint))


def _flaw(value: str, header: bool) -> str | None:
    """What makes a value unfit to be sent."""
    if not value:
        return "the secret is empty"
    if _CONTROL.search(value):
        return "the secret holds control characters"
    if _HALVES.search(value):
        return "the secret is not UTF-8"
    if header and value != value.strip():
        return "the secret has spaces around it, which a header cannot carry"
    if header and not value.isascii():
        return "the secret holds characters that a header cannot carry (only ASCII)"
    return None
