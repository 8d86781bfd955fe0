"""Reference servers that a run starts for contracts without a target."""

from contextlib import ExitStack
from typing import Any

from conformance.errors import ConfigError, Problem
from conformance.reference import contracts, start


class EmbeddedServers(ExitStack):
    """Starts the reference server of a contract when called with its name; `close()` stops all of them."""

    def __call__(self, contract: str) -> dict[str, Any]:
        """Start a server and return its target profile; raise ConfigError if the contract has no reference server."""
        if contract not in contracts():
            hint = "give --target with a profile"
            raise ConfigError([Problem(contract, "there is no embedded server of this contract", hint)])
        return self.enter_context(start(contract)).profile
