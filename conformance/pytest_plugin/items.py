"""YAML files as pytest files, rows and operations as pytest items."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.checks.model import Verdict
from conformance.contract.contract import Contract, Row
from conformance.errors import format_internal_error
from conformance.pytest_plugin.session import SESSION
from conformance.results.model import Exploration, RowResult


class RowFailed(AssertionError):
    """Carries what a failing item shows instead of a traceback. By its type other plugins call it a failed test."""


class _Item(pytest.Item):
    """An item that is run in its set-up: inconclusive is an error of the set-up, a violation a failure of the call."""

    def __init__(self, *, contract: Contract, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conformance, self.contract = self.config.stash[SESSION], contract
        self.result: RowResult | Exploration | None = None
        self.fault = ""
        """A fault of the suite itself, not of the target."""

    line, title = 1, ""
    phase = 0
    """Rows are run first, then operations, and then rows that use something up."""

    def setup(self) -> None:
        self.result = self.run_and_get_result()
        if self.result.verdict is Verdict.NOT_EXERCISED:
            pytest.skip(self.result.reason or "not exercised")
        if self.result.verdict is Verdict.INCONCLUSIVE and not self._is_known():
            raise RowFailed(self.format_failure())

    def runtest(self) -> None:
        if self.result is None or self._is_known():
            return
        strict = self.conformance.options.strict and self.result.verdict is Verdict.DRIFTS
        if self.result.verdict is Verdict.VIOLATES or strict:
            raise RowFailed(self.format_failure())

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.line - 1, self.title

    def run_and_get_result(self) -> RowResult | Exploration:
        raise NotImplementedError

    def format_failure(self) -> str:
        from conformance.report.failure import format_failure  # noqa: PLC0415 - only where something fails

        if self.result is None:
            return ""
        excerpt = self.entry.excerpt if isinstance(self, RowItem) else ""
        return format_failure(self.result, self.conformance.translator(self.contract.name), excerpt)

    def _is_known(self) -> bool:
        return isinstance(self.result, RowResult) and self.result.known is not None

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ARG002
        """What a person needs to correct the server; a traceback only for a fault of the suite itself."""
        if isinstance(excinfo.value, RowFailed):
            return str(excinfo.value)
        self.fault = format_internal_error(excinfo.value, self.conformance.redact)
        return self.fault


class RowItem(_Item):
    def __init__(self, *, row: Row, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.entry, self.row, self.phase = row, row.id, 2 if row.case.last else 0
        self.title, self.line = self.row, row.line
        self.extra_keyword_matches.add(row.id)  # for -k

    def run_and_get_result(self) -> RowResult:
        return self.conformance.runner(self.contract).row(self.row)


class ExploredItem(_Item):
    """One operation of `openapi.yaml`, explored beyond the tables."""

    def __init__(self, *, operation: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.operation, self.phase, self.title = operation, 1, f"explore {operation}"

    def run_and_get_result(self) -> Exploration:
        return self.conformance.runner(self.contract).explore(self.operation)


class TableCollector(pytest.File):
    def collect(self) -> Iterator[pytest.Item]:
        contract = _find_contract(self)
        for row in contract.rows if contract else ():
            if row.table == self.path.stem:
                yield RowItem.from_parent(self, name=row.case.id, row=row, contract=contract)


class OperationsCollector(pytest.File):
    """`openapi.yaml`: one item per operation that is explored."""

    def collect(self) -> Iterator[pytest.Item]:
        options, contract = self.config.stash[SESSION].options, _find_contract(self)
        if contract is not None and options.depth != "smoke" and options.explore:
            for name in contract.explored_operations:
                yield ExploredItem.from_parent(self, name=name, operation=name, contract=contract)


def _find_contract(file: pytest.File) -> Contract | None:
    """The contract in whose folder a file is; None where it was not selected, or has problems."""
    session = file.config.stash[SESSION]
    contract = session.contract(file.path.parent)
    return contract if contract is not None and session.options.selection.takes(contract.name) else None


def select_by_contract(items: Iterable[pytest.Item]) -> dict[str, tuple[list[str], list[str]]]:
    """The rows and the explored operations of each contract among these items, by the contract's name."""
    selected: dict[str, tuple[list[str], list[str]]] = {}
    for item in items:
        if isinstance(item, RowItem):
            selected.setdefault(item.contract.name, ([], []))[0].append(item.row)
        elif isinstance(item, ExploredItem):
            selected.setdefault(item.contract.name, ([], []))[1].append(item.operation)
    return selected


def sort_rows(items: list[pytest.Item], order: Callable[[str], Iterable[str]]) -> None:
    """Bring rows into the order in which each contract sends them; everything else stays before or behind them.

    Rows that use something up come last. `order` gives the rows of a contract by its name.
    """
    rows = [item for item in items if isinstance(item, RowItem)]
    places: dict[tuple[str, str], int] = {}
    for contract in dict.fromkeys(item.contract.name for item in rows):
        places |= {(contract, row): len(places) + number for number, row in enumerate(order(contract))}
    rows.sort(key=lambda item: (item.phase, places[item.contract.name, item.row]))
    ordered = iter(rows)
    items[:] = [next(ordered) if isinstance(item, RowItem) else item for item in items]
