"""Reference servers that conform to the vendors' documents, and that can be given faults on purpose.

They are written from the documents alone and share nothing with the cases and the checks: a misreading in both would
otherwise go unnoticed.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from conformance.errors import ConfigError
from conformance.reference.catalogue import Fault, Variant, choose_variants, draw_variants, unknown_name_problems

if TYPE_CHECKING:
    from conformance.reference.http import Application
    from conformance.reference.server import Server

__all__ = [
    "Fault",
    "RunningServer",
    "Variant",
    "contracts",
    "faults",
    "random_variants",
    "start",
    "undocumented_faults",
    "variants",
]

_PACKAGES: Final[Mapping[str, str]] = MappingProxyType(
    {"kuroco": "conformance.reference.kuroco", "microcms-management": "conformance.reference.microcms"}
)


class _ContractPackage(Protocol):
    """What the package of a contract's server provides."""

    def list_faults(self) -> tuple[Fault, ...]: ...

    def list_variants(self) -> tuple[Variant, ...]: ...

    def create_application(self, faults: Sequence[str], choices: Mapping[str, str]) -> Application: ...


class RunningServer:
    """A reference server that listens on 127.0.0.1 until it is closed.

    `base_url` has no slash at the end; `profile` is the complete target profile to use with it; `variants` holds the
    choice that it made for each variant; `application` is the state behind it.
    """

    def __init__(self, server: Server, application: Application, choices: Mapping[str, str]) -> None:
        self._server = server
        self.application = application
        self.variants = choices
        self.base_url = server.base_url
        self.profile: dict[str, Any] = application.profile(server.base_url)

    def close(self) -> None:
        """Stops listening and closes every connection; may be called twice."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def contracts() -> tuple[str, ...]:
    """The contracts that have a reference server."""
    return tuple(_PACKAGES)


def faults(contract: str, *, pending: bool = False) -> tuple[Fault, ...]:
    """Every fault that breaks a row of a contract's tables; those that no case catches yet only if `pending`.

    Raises ConfigError for an unknown contract.
    """
    every = _package(contract).list_faults()
    return tuple(fault for fault in every if fault.rows and (pending or not fault.pending))


def undocumented_faults(contract: str) -> tuple[Fault, ...]:
    """Every fault that no row of a contract's tables covers; raises ConfigError for an unknown contract."""
    return tuple(fault for fault in _package(contract).list_faults() if not fault.rows)


def variants(contract: str) -> tuple[Variant, ...]:
    """Every question that the documents of a contract leave open; raises ConfigError for an unknown contract."""
    return _package(contract).list_variants()


def random_variants(contract: str, seed: int) -> dict[str, str]:
    """The choices of a random conforming server, the same for the same seed."""
    return draw_variants(variants(contract), seed)


def start(
    contract: str, *, port: int = 0, faults: Sequence[str] = (), variants: Mapping[str, str] | None = None
) -> RunningServer:
    """Starts a server that conforms to the contract's documents, apart from these faults, with these choices.

    It listens when this returns. Port 0 takes a free one. Raises ConfigError, with near names, for an unknown contract,
    fault, variant or choice, and OSError for a port that is taken.
    """
    package = _package(contract)
    names = {fault.name for fault in package.list_faults()}
    problems = [problem for name in faults for problem in unknown_name_problems("fault", name, names)]
    if problems:
        raise ConfigError(problems)
    choices = choose_variants(package.list_variants(), variants or {})
    application = package.create_application(faults, choices)
    from conformance.reference.server import Server  # noqa: PLC0415 - the names are listed without loading Werkzeug

    return RunningServer(Server(application, port), application, choices)


def _package(contract: str) -> _ContractPackage:
    problems = list(unknown_name_problems("contract", contract, _PACKAGES))
    if problems:
        raise ConfigError(problems)
    package: Any = importlib.import_module(_PACKAGES[contract])
    return package  # type: ignore[no-any-return]
