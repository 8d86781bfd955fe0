"""What one pytest session holds: the contracts that were collected, the campaign, and what has been seen."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import pytest

from conformance.contract.contract import Contract
from conformance.contract.loader import read_contract
from conformance.errors import ConfigError, Problem
from conformance.pytest_plugin.items import ExploredItem, RowItem
from conformance.pytest_plugin.settings import PluginOptions
from conformance.pytest_plugin.sink import ResultSink
from conformance.results.events import Event, parse_event
from conformance.results.model import TargetRun
from conformance.results.redaction import Redactor

if TYPE_CHECKING:
    from conformance.session import RunSession

__all__ = ["PluginSession"]


class PluginSession:
    """One per process: the controller's gathers, a worker's runs, and without xdist one does both."""

    def __init__(self, config: pytest.Config, settings: PluginOptions, names: Mapping[Path, str]) -> None:
        self.settings, self._names = settings, names
        self.problems: list[Problem] = []
        self.started = perf_counter()
        self.gathering = ResultSink(settings)
        self._contracts: dict[Path, Contract | None] = {}
        self._announced: set[str] = set()
        self._servers: list[Any] = []
        self._explored = 0
        self._folder = config.invocation_params.dir
        self._handed: tuple[str, Event | None] = ("", None)

    @cached_property
    def campaign(self) -> RunSession:
        """Loaded with the first row: what only collects need not know how to send."""
        from conformance.session import RunOptions, RunSession  # noqa: PLC0415 - see above

        said, share = self.settings, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
        how = RunOptions(said.depth, said.seed, said.workers, share, self._folder, said.output)
        return RunSession(said.aim, how, self._serve)

    def contract(self, folder: Path) -> Contract | None:
        """The contract of a folder, read once; None where it is not asked for or, its problems kept, not usable."""
        if not self.settings.aim.takes(self._names.get(folder, folder.name)):
            return None
        if folder not in self._contracts:
            try:
                self._contracts[folder] = read_contract(folder)
            except ConfigError as unusable:
                self.problems += unusable.problems
                self._contracts[folder] = None
        return self._contracts[folder]

    def begin(self, items: Iterable[pytest.Item]) -> None:
        """Plan everything that was selected, before a byte is sent; raises Unusable."""
        expected: dict[str, tuple[Contract, list[str], list[str]]] = {}
        for item in items:
            if isinstance(item, RowItem | ExploredItem):
                _, rows, operations = expected.setdefault(item.contract.name, (item.contract, [], []))
                if isinstance(item, RowItem):
                    rows.append(item.row)
                else:
                    operations.append(item.operation)
                    self._explored += item.contract.file.exploration.get(self.settings.depth, 0)
        for contract, rows, operations in expected.values():
            self.campaign.begin(contract, rows, operations)
            self.gathering.announce(self.campaign.run(contract.name), self.campaign.planned(contract.name))

    def hand(self, line: Event, text: str) -> None:
        """Keep the line that was written last: in one process its text need not be read again."""
        self._handed = (text, line)

    def line(self, text: str) -> Event:
        """The line that a report carries."""
        handed, line = self._handed
        return line if line is not None and handed == text else parse_event(text)

    def announced(self, contract: str) -> TargetRun | None:
        """Whose contract and whose target, with the first result of each contract only."""
        if contract in self._announced:
            return None
        self._announced.add(contract)
        return self.campaign.run(contract)

    def planned(self) -> int:
        """How many requests are sent at most, as long as nothing has to be repeated or shrunk."""
        return self.gathering.planned + self._explored

    def seconds_for(self, requests: int) -> float | None:
        """How long so many requests take at the pace of the target; None without one."""
        target = self.settings.aim.target
        return requests * target.pace[1] / target.pace[0] if target is not None and target.pace else None

    def redacted(self, text: str) -> str:
        """A text without any target's secrets."""
        target = self.settings.aim.target
        return self.campaign.without_secrets(Redactor(target.secrets).text(text) if target else text)

    def close(self) -> None:
        """Clean up and let go of connections, then of the embedded servers; what could not be cleaned up is told."""
        if "campaign" in self.__dict__:
            self.campaign.close()
            for run in self.campaign.runs():
                self.gathering.warn(run)
        for server in self._servers:
            server.close()

    def _serve(self, contract: str) -> dict[str, Any]:
        """Start the embedded reference server of a contract; raises Unusable where there is none."""
        from conformance import reference  # noqa: PLC0415 - Werkzeug is loaded only where it serves

        if contract not in reference.contracts():
            hint = "give --target with a profile"
            raise ConfigError([Problem(contract, "there is no embedded server of this contract", hint)])
        server = reference.start(contract)
        self._servers.append(server)
        return server.profile
