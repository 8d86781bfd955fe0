"""The Python API: test a server against a contract from a program or a test, with the engine of `conformance run`."""

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from conformance.app_server import serve_app
from conformance.checks.model import Verdict
from conformance.contract.contract import Contract
from conformance.contract.folders import find_all_contract_folders
from conformance.contract.loader import read_contract
from conformance.contract.schema import Depth
from conformance.errors import ConfigError, Problem
from conformance.report.failure import format_failure
from conformance.report.translation import Translator
from conformance.results.model import Results
from conformance.session.target_runner import RunOptions, TargetRunner
from conformance.target.loader import Target, read_profile, target_from_mapping
from conformance.target.selection import check_target
from conformance.validation import suggest

__all__ = ["Contract", "Results", "Target", "check", "load_contract", "load_target", "run"]


def load_contract(contract: str | Path) -> Contract:
    """Read a contract: from a folder, or by name from `cases/` or the contracts shipped with the package.

    Raises ConfigError with every problem of its files.
    """
    folder = Path(contract)
    if (folder / "contract.yaml").is_file():
        return read_contract(folder)
    folders = {path.name: path for path in find_all_contract_folders(Path.cwd())}
    if str(contract) not in folders:
        hint = suggest(str(contract), folders, "contracts")
        raise ConfigError([Problem(str(contract), "there is no contract of that name or in that folder", hint)])
    return read_contract(folders[str(contract)])


def load_target(target: str | Path | Mapping[str, Any], allow: Iterable[str] = ()) -> Target:
    """Read a target from the file of a profile, or from a mapping with the keys of a profile.

    `allow` adds permissions (write, delete, exhaust) to those of the profile. Raises ConfigError with every problem.
    """
    if isinstance(target, Mapping):
        return target_from_mapping(dict(target), where="target", environ=os.environ, allow=allow)
    return read_profile(Path(target), environ=os.environ, allow=allow)


def run(
    contract: Contract | str | Path,
    target: Target | str | Path | Mapping[str, Any],
    *,
    depth: Depth = "standard",
    seed: int = 0,
    rows: Collection[str] = (),
    explore: bool = False,
    workers: int = 1,
    output: Path | None = None,
) -> Results:
    """Run a contract against a target and return the results.

    `rows` are the IDs of the rows to run, by default all. `explore` also tests each operation beyond the tables.
    `workers` is the number of independent rows that may run at the same time. `output` is the folder for the ledger of
    what is created on the target, with which `conformance sweep` deletes what a killed run left; without it, no ledger
    is written. Raises ConfigError for an invalid contract, target or row ID, and nothing for what the target does
    wrong.
    """
    contract = contract if isinstance(contract, Contract) else load_contract(contract)
    target = target if isinstance(target, Target) else load_target(target)
    known = [row.id for row in contract.rows]
    if unknown := [row for row in rows if row not in known]:
        raise ConfigError([Problem("rows", f"no row is named {row!r}", suggest(row, known, "rows")) for row in unknown])
    check_target(target, contract)
    runner = TargetRunner(contract, target, RunOptions(depth, seed, workers, relative_to=Path.cwd(), output=output))
    operations = contract.explored_operations if explore and depth != "smoke" else ()
    with closing(runner):
        runner.run(runner.begin(rows or None, operations), operations)
    return runner.results()


def check(
    server: str | Callable[..., Any],
    contract: Contract | str | Path,
    *,
    depth: Depth = "standard",
    rows: Collection[str] = (),
    seed: int = 0,
    **profile: Any,
) -> Results:
    """Run a contract against a test server.

    Raises AssertionError if a row violates the contract or is inconclusive, or if the profile lacks something for each.
    `server` is a base URL, or a WSGI or ASGI application, which is served on a loopback address during the run.
    `profile` has further keys of a profile: `credentials`, `fixtures`, `allow`, … Returns the results.
    """
    __tracebackhide__ = True
    contract = contract if isinstance(contract, Contract) else load_contract(contract)
    with serve_app(server) as base_url:
        target = load_target({"contract": contract.name, "base_url": base_url, **profile})
        results = run(contract, target, depth=depth, rows=rows, seed=seed)
    if failures := list(_failures(contract, results)):
        raise AssertionError("\n\n".join(failures))
    tried = [row for one in results.runs for row in one.rows]
    if all(row.verdict is Verdict.NOT_EXERCISED for row in tried):
        raise AssertionError("\n".join(["no row was exercised", *(f"{row.id}: {row.reason}" for row in tried)]))
    return results


def _failures(contract: Contract, results: Results) -> Iterable[str]:
    bad = (Verdict.VIOLATES, Verdict.INCONCLUSIVE)
    for one in results.runs:
        for row in one.rows:
            entry = contract.row(row.id)
            if row.verdict in bad and row.known is None:
                yield format_failure(row, Translator("en"), entry.excerpt if entry else "")
        for explored in one.explored:
            if explored.verdict in bad:
                yield format_failure(explored, Translator("en"))
