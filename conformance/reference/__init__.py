"""Servers that conform, written from the vendors' documents alone; and, if asked, servers that are wrong on purpose.

They know nothing of our cases and our judge: one misreading shared by both would otherwise pass on both sides.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from conformance.errors import ConfigError
from conformance.reference.catalogue import Fault, Freedom, chosen, drawn, known

if TYPE_CHECKING:
    from conformance.reference.messages import Site
    from conformance.reference.serving import Server

__all__ = ["Fault", "Freedom", "Running", "beyond", "contracts", "faults", "freedoms", "random_freedoms", "start"]

_PACKAGES: Final[Mapping[str, str]] = MappingProxyType(
    {"kuroco": "conformance.reference.kuroco", "microcms-management": "conformance.reference.microcms"}
)


class _Contract(Protocol):
    """What the package of a contract's server offers."""

    def catalogue(self) -> tuple[Fault, ...]: ...

    def beyond(self) -> tuple[Fault, ...]: ...

    def freedoms(self) -> tuple[Freedom, ...]: ...

    def site(self, faults: Sequence[str], freedoms: Mapping[str, str]) -> Site: ...


class Running:
    """A reference server that listens on 127.0.0.1 until it is closed.

    `base_url` has no slash at the end; `profile` is the target profile to use with it, complete; `freedoms` is
    every choice that it made; `site` is the state behind it.
    """

    def __init__(self, server: Server, site: Site, choices: Mapping[str, str]) -> None:
        self._server = server
        self.site = site
        self.freedoms = choices
        self.base_url = server.base_url
        self.profile: dict[str, Any] = site.profile(server.base_url)

    def close(self) -> None:
        """Stops it and ends its connections; may be called twice."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def contracts() -> tuple[str, ...]:
    """The contracts that there is a reference server for."""
    return tuple(_PACKAGES)


def faults(contract: str) -> tuple[Fault, ...]:
    """Every way to be wrong about a row of a contract's tables; Unusable for an unknown contract."""
    return _package(contract).catalogue()


def beyond(contract: str) -> tuple[Fault, ...]:
    """Every way to be wrong that no row of a contract's tables speaks of; Unusable for an unknown contract."""
    return _package(contract).beyond()


def freedoms(contract: str) -> tuple[Freedom, ...]:
    """Every question that the documents of a contract leave open; Unusable for an unknown contract."""
    return _package(contract).freedoms()


def random_freedoms(contract: str, seed: int) -> dict[str, str]:
    """A conforming server per seed: a choice for every freedom, the same for the same seed."""
    return drawn(freedoms(contract), seed)


def start(
    contract: str, *, port: int = 0, faults: Sequence[str] = (), freedoms: Mapping[str, str] | None = None
) -> Running:
    """A server that answers as the contract's documents say, but for the faults and with the choices asked for.

    It listens when this returns. Port 0 takes a free one. Raises Unusable, with near names, for an unknown contract,
    fault, freedom or choice, and OSError for a port that cannot be had.
    """
    package = _package(contract)
    names = {fault.name for fault in (*package.catalogue(), *package.beyond())}
    problems = [problem for name in faults for problem in known("fault", name, names)]
    if problems:
        raise ConfigError(problems)
    choices = chosen(package.freedoms(), freedoms or {})
    site = package.site(faults, choices)
    from conformance.reference.serving import Server  # noqa: PLC0415 - a catalogue is read without Werkzeug

    return Running(Server(site, port), site, choices)


def _package(contract: str) -> _Contract:
    problems = list(known("contract", contract, _PACKAGES))
    if problems:
        raise ConfigError(problems)
    package: Any = importlib.import_module(_PACKAGES[contract])
    return package  # type: ignore[no-any-return]
