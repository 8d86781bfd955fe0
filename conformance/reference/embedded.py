"""Reference servers that a run starts for contracts that it was given no target for."""

from __future__ import annotations

from typing import Any, Self

from conformance.errors import ConfigError, Problem
from conformance.reference import RunningServer, contracts, start


class EmbeddedServers:
    """Starts the reference server of a contract when it is called with its name; `close()` stops all of them."""

    def __init__(self) -> None:
        self._running: list[RunningServer] = []

    def __call__(self, contract: str) -> dict[str, Any]:
        """The target profile of a new server; raises ConfigError for a contract without a reference server."""
        if contract not in contracts():
            hint = "give --target with a profile"
            raise ConfigError([Problem(contract, "there is no embedded server of this contract", hint)])
        server = start(contract)
        self._running.append(server)
        return server.profile

    def close(self) -> None:
        """Stop every server; may be called twice."""
        for server in self._running:
            server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
