"""Reference servers, which conform to the vendors' documents unless they are started with faults.

They are written from the documents alone and share nothing with the cases and the checks, because a misreading in both
would go unnoticed.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from conformance.errors import ConfigError
from conformance.reference.catalogue import Fault, Variants, choose_variants, draw_variants, unknown_name_problems

if TYPE_CHECKING:
    from conformance.reference.hooks import FaultyServer
    from conformance.reference.http import Application
    from conformance.reference.server import RunningServer as RunningServer

__all__ = [
    "Fault",
    "Variants",
    "contracts",
    "create_application",
    "faults",
    "random_variants",
    "start",
    "undocumented_faults",
    "variants",
]

_SERVERS: Final[Mapping[str, tuple[str, str]]] = {
    "kuroco": ("kuroco", "KurocoApplication"),
    "microcms-management": ("microcms", "MicrocmsApplication"),
}
"""The subpackage of each contract, and the name of the class in its module `application`."""


def contracts() -> tuple[str, ...]:
    """Return the names of the contracts that have a reference server."""
    return tuple(_SERVERS)


def faults(contract: str) -> tuple[Fault, ...]:
    """Return every fault that breaks a row of a contract's tables; raise ConfigError for an unknown contract."""
    return tuple(one.fault for one in _faulty_servers(contract) if one.fault.rows)


def undocumented_faults(contract: str) -> tuple[Fault, ...]:
    """Return every fault that no row of a contract's tables covers; raise ConfigError for an unknown contract."""
    return tuple(one.fault for one in _faulty_servers(contract) if not one.fault.rows)


def variants(contract: str) -> Variants:
    """Return the questions that the documents of a contract leave open; raise ConfigError for an unknown contract."""
    found: Variants = _import_from(contract, "variants").VARIANTS
    return found


def random_variants(contract: str, seed: int) -> dict[str, str]:
    """Return the choices of a random conforming server, the same for the same seed."""
    return draw_variants(variants(contract), seed)


def start(
    contract: str, *, port: int = 0, faults: Sequence[str] = (), variants: Mapping[str, str] | None = None
) -> RunningServer:
    """Start a server that conforms to the contract's documents except for these faults, with these choices.

    It listens when this returns. Port 0 means any free port. Raises ConfigError, with similar names, for an unknown
    contract, fault, variant or choice, and OSError for a port in use.
    """
    from conformance.reference.server import RunningServer  # noqa: PLC0415 - names are listed without loading Werkzeug

    choices = choose_variants(_import_from(contract, "variants").VARIANTS, variants or {})
    return RunningServer(create_application(contract, faults, choices), port, choices)


def create_application(contract: str, faults: Sequence[str], choices: Mapping[str, str]) -> Application:
    """Create the application of a server with these faults; `choices` has a choice for every variant."""
    found = {one.fault.name: one for one in _faulty_servers(contract)} if faults else {}
    problems = [problem for name in faults for problem in unknown_name_problems("fault", name, found)]
    if problems:
        raise ConfigError(problems)
    hooks = [one.make_hooks() for name, one in found.items() if name in faults]
    application: Application = getattr(_import_from(contract, "application"), _SERVERS[contract][1])(hooks, choices)
    return application


def _faulty_servers(contract: str) -> tuple[FaultyServer[Any], ...]:
    found: tuple[FaultyServer[Any], ...] = _import_from(contract, "faults.special").FAULTS
    return found


def _import_from(contract: str, module: str) -> Any:
    """Import a module of the contract's package on demand; raise ConfigError for an unknown contract."""
    problems = list(unknown_name_problems("contract", contract, _SERVERS))
    if problems:
        raise ConfigError(problems)
    return importlib.import_module(f"conformance.reference.{_SERVERS[contract][0]}.{module}")
