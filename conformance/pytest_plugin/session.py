"""The state of one pytest session: its contracts, targets, runners and results."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance import reference
from conformance.contract.contract import Contract
from conformance.contract.loader import read_contract
from conformance.errors import ConfigError, Problem
from conformance.pytest_plugin.options import PluginOptions
from conformance.pytest_plugin.sink import ResultSink, write_from_process
from conformance.reference.embedded import EmbeddedServers
from conformance.report.sanitize import to_one_line
from conformance.results.events import Event, format_event, parse_event
from conformance.results.model import Exploration, NamedCause, RowResult
from conformance.results.redaction import Redactor
from conformance.session.assemble import describe_run
from conformance.session.coverage import check_requirements
from conformance.target.loader import Target
from conformance.target.selection import resolve_target

if TYPE_CHECKING:
    from conformance.report.translation import Translator
    from conformance.session.target_runner import TargetRunner

SESSION = pytest.StashKey["PluginSession"]()
"""Where pytest's configuration keeps the session."""


LEARNT = "conformance_learnt"
"""Under what a process of xdist passes on its `PluginSession.learnt`."""


class PluginSession:
    """One per process: xdist's controller collects results, its workers run rows, and without xdist one does both."""

    def __init__(self, config: pytest.Config, options: PluginOptions, names: Mapping[Path, str]) -> None:
        self.options, self.names = options, names
        """The folders of the contracts, each with what its contract calls itself."""
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        """Contracts that were left out, each with the reason."""
        self.faults: list[str] = []
        """Faults of the suite itself, a line each."""
        self.ignore_signals: Callable[[], None] = lambda: None
        """To be called once nothing is left to do but to clean up and to report."""
        self.sink = ResultSink(options)
        self._contracts: dict[Path, Contract | None] = {}
        self._selected: dict[str, tuple[list[str], list[str]]] = {}
        """Rows and operations of each contract."""
        self._targets: dict[str, Target] = {}
        self.runners: dict[str, TargetRunner] = {}
        self.learnt_elsewhere: dict[str, str] = {}
        """What processes of xdist have passed on of `learnt`."""
        self._servers = EmbeddedServers()
        self._folder = config.invocation_params.dir
        self.xdist: Mapping[str, Any] = getattr(config, "workerinput", {})
        """What xdist has passed to this process, where it is one of its workers."""
        self._last_event: tuple[str, Event | None] = ("", None)

    def contract(self, folder: Path) -> Contract | None:
        """The contract of a folder, read once; None where it was not selected, or has problems (they are kept)."""
        name = self.names.get(folder, folder.name)
        if not self.options.selection.takes(name):
            return None
        if folder not in self._contracts:
            self._contracts[folder] = self._read(folder)
        return self._contracts[folder]

    def contracts(self) -> list[Contract]:
        return list(filter(None, map(self.contract, self.names)))

    def _read(self, folder: Path) -> Contract | None:
        try:
            contract = read_contract(folder)
        except ConfigError as unusable:
            self.problems += unusable.problems
            return None
        if not self.options.selection.real and contract.name not in reference.contracts():
            self.notes.append(f"{contract.name} is left out: it has no embedded server; give a target")
            return None
        return contract

    def begin(self, selected: Mapping[str, tuple[list[str], list[str]]]) -> None:
        """Plan everything that was selected, before a byte is sent; raises ConfigError.

        `selected` has the rows and the explored operations of each contract. A process of xdist does not know yet which
        contracts it is given: it plans each with its first item. The process that hands them out reads all contracts,
        and their target, so that it says what is wrong with them.
        """
        contracts = self.contracts()
        self._selected = dict(selected)
        if self.xdist or not contracts:
            return
        check_requirements(self.options.require, [row.id for contract in contracts for row in contract.rows])
        for contract in contracts:
            if self.options.selection.real:
                self.target(contract)
            if contract.name in self._selected:
                self.runner(contract)

    def target(self, contract: Contract) -> Target:
        """The target of a contract; raises ConfigError."""
        if contract.name not in self._targets:
            target = resolve_target(contract, self.options.selection, self._servers, os.environ)
            self._targets[contract.name] = target
        return self._targets[contract.name]

    def runner(self, contract: Contract) -> TargetRunner:
        """The runner of a contract's items, which are all planned when it is asked for first; raises ConfigError.

        Its module is imported here, as a session that only collects does not need it.
        """
        if contract.name in self.runners:
            return self.runners[contract.name]
        from conformance.session.target_runner import RunOptions, TargetRunner  # noqa: PLC0415 - see above

        options, workers, is_real = self.options, self.options.workers, self.options.selection.real
        if is_real:  # xdist hands all rows of a contract to one of its processes
            workers = max(workers, self.xdist.get("workercount", 1))
        how = RunOptions(options.depth, options.seed, workers, self._folder, options.output, budget=options.budget)
        runner = TargetRunner(contract, self.target(contract), how, embedded=not is_real)
        if self.xdist:  # the process that reports may end before it has heard of them
            runner.on_kept = write_from_process(options.output, str(self.xdist["workerid"]))
        self.runners[contract.name] = runner  # before it begins: what interrupts that has it closed, too
        runner.begin(*self._selected[contract.name])
        self.sink.announce(runner.describe(), runner.planned)
        return runner

    def _begun(self) -> list[TargetRunner]:
        return [runner for runner in self.runners.values() if runner.has_begun]

    def format_event(self, contract: Contract, result: RowResult | Exploration) -> str:
        """A result as its report carries it as text; from another process with whose contract and target it is of."""
        run = self.runners[contract.name].describe() if self.xdist else None
        event = Event.of_result(contract.name, result, run)
        self._last_event = (format_event(event), event)
        return self._last_event[0]

    def event(self, text: str) -> Event:
        """The event that a report carries as text; in one process it need not be parsed again."""
        last, event = self._last_event
        return event if event is not None and last == text else parse_event(text)

    def translator(self, contract: str) -> Translator:
        """Translates into the language of the session what its run of a contract says."""
        from conformance.report.translation import Translator  # noqa: PLC0415 - only where something fails

        return Translator.of([self.runners[contract].describe()], self.options.language)

    def seconds_for(self, requests: int) -> float | None:
        """How long so many requests take at the pace of the target; None without one."""
        target = self.options.selection.target
        return requests * target.pace[1] / target.pace[0] if target is not None and target.pace else None

    def describe_cause(self, cause: NamedCause) -> str:
        """A cause in one line, with the line of the profile to check."""
        target = self.options.selection.target
        if target is None:
            return to_one_line(f"{cause.key}: {cause.text}")
        section, *names = cause.key.split(".")
        for credential in target.credentials.values() if section == "credentials" else ():
            if any(secret.name in names for secret in credential.values.values()):
                names = [credential.name]
        return to_one_line(f"{target.where(section, *names)}: {cause.text}")

    def redact(self, text: str) -> str:
        for target in (self.options.selection.target, *self._targets.values()):
            text = Redactor(target.secrets).text(text) if target else text
        for runner in self._begun():
            text = runner.redactor.text(text)
        return text

    @property
    def redactors(self) -> dict[str, Redactor]:
        """What each run of this process redacts by, by the name of its contract."""
        return {runner.contract.name: runner.redactor for runner in self._begun()}

    @property
    def learnt(self) -> dict[str, str]:
        """The name of each secret that a target has given, by its value: it may stand in what was reported before."""
        return {**self.learnt_elsewhere, **{k: v for one in self.redactors.values() for k, v in one.learnt.items()}}

    def keep_finished(self) -> None:
        """Keep what was done and not reported yet, where several workers ran ahead of pytest."""
        for runner in self._begun():
            for event in runner.finished():
                self.sink.take(replace(event, run=None))

    def announce(self) -> None:
        """Begin the results of each contract without a row so far, so that an interrupted run says what it was."""
        for contract in self.contracts() if self.options.selection.real else ():
            with suppress(ConfigError):
                self.sink.announce(describe_run(contract, self.target(contract).described), 0)

    def close(self) -> None:
        """Clean up, close connections and embedded servers; what could not be cleaned up becomes a warning."""
        with closing(self._servers):
            for runner in self._begun():
                runner.close()
                self.sink.warn(runner.describe())
