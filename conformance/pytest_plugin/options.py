"""The options of pytest's command line that are ours, all prefixed, and the contracts that its arguments lead to.

Every pytest that has this package installed imports this module, so it imports nothing heavy itself.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from conformance.contract.schema import Depth
    from conformance.plan.budget import Budget
    from conformance.target.selection import TargetSelection

FORMS: Final = ("junit", "junit-gitlab", "markdown", "sarif", "har", "badge", "earl", "table")
"""As in `conformance.report`, which a session without contracts does not import."""

DEPTHS: Final[tuple[Depth, ...]] = ("smoke", "standard", "thorough")
_PREFIX: Final = "--conformance-"
_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "target": {
        "metavar": "T",
        "help": "a target profile (YAML), or a base URL together with --conformance-contract; "
        "without it, embedded reference servers are tested",
    },
    "contract": {"metavar": "NAME", "help": "run only this contract"},
    "depth": {"choices": DEPTHS, "default": "standard", "help": "how much is tried"},
    "budget": {
        "metavar": "N|TIME|DEPTH",
        "help": "the most requests that the rows of a contract may plan: 120, 2m at the target's pace, or a depth",
    },
    "budget-history": {
        "metavar": "FILE",
        "help": "a history (SQLite): half of the budget goes to what was tried longest ago",
    },
    "seed": {"type": int, "default": 0, "metavar": "N", "help": "same seed, same requests (default: 0)"},
    "allow": {
        "action": "append",
        "default": [],
        "metavar": "X",
        "choices": ("write", "delete", "exhaust"),
        "help": "a permission beside those of the profile: write, delete or exhaust",
    },
    "output": {"default": "reports", "metavar": "DIR", "help": "where reports are written (default: reports)"},
    "workers": {"type": int, "default": 1, "metavar": "N", "help": "send up to N independent rows at the same time"},
    "strict": {"action": "store_true", "help": "a drift fails too"},
    "require": {
        "action": "append",
        "default": [],
        "metavar": "all|N|ROW",
        "help": "fail unless all rows, at least N rows, or this row were exercised; may be given several times",
    },
    "no-explore": {"action": "store_true", "help": "do not explore beyond the tables"},
    "language": {"default": None, "choices": ("en", "ja"), "help": "language of the report (default: the reader's)"},
    "also-write": {
        "action": "append",
        "default": [],
        "metavar": "FORM",
        "choices": FORMS,
        "help": f"another form of the report beside HTML and JSON: {', '.join(FORMS)}",
    },
    "report-assets": {
        "action": "store_true",
        "help": "write style and script of report.html beside it, for servers whose content security policy forbids "
        "them within a page (Jenkins)",
    },
    "write-expectations": {"metavar": "FILE", "help": "write the present deviations as expectations"},
    "display": {"action": "store_true", "help": "progress and tables instead of pytest's own output"},
}


@dataclass(frozen=True, slots=True)
class PluginOptions:
    """What a session was asked to do."""

    selection: TargetSelection
    depth: Depth
    budget: Budget | None
    seed: int
    output: Path
    workers: int
    strict: bool
    require: tuple[str, ...]
    explore: bool
    language: str | None
    also_write: tuple[str, ...]
    report_assets: bool
    write_expectations: Path | None
    display: bool


def add_options(parser: pytest.Parser) -> None:
    """Add every option of ours to pytest's, in a group of its own."""
    group = parser.getgroup("conformance", "conformance of a server with its vendor's error tables")
    for name, how in _OPTIONS.items():
        group.addoption(f"{_PREFIX}{name}", dest=f"conformance_{name.replace('-', '_')}", **how)


def read_options(config: pytest.Config, contracts: list[str]) -> PluginOptions:
    """The options as values; raises ConfigError with every problem of the options and the target's profile."""
    from conformance.target.selection import select_target  # noqa: PLC0415 - only for a session with contracts

    values = {name.replace("-", "_"): config.getoption(f"conformance_{name.replace('-', '_')}") for name in _OPTIONS}
    here = config.invocation_params.dir
    depth, budget = _read_budget(values["depth"], values["budget"], values["budget_history"], here)
    expectations = values["write_expectations"]
    return PluginOptions(
        selection=select_target(values["target"], values["contract"], values["allow"], os.environ, contracts),
        depth=depth,
        budget=budget,
        seed=values["seed"],
        output=here / Path(values["output"]).expanduser(),
        workers=max(1, values["workers"]),
        strict=values["strict"],
        require=tuple(values["require"]),
        explore=not values["no_explore"] and budget is None,
        language=values["language"],
        also_write=tuple(values["also_write"]),
        report_assets=values["report_assets"],
        write_expectations=here / expectations if expectations else None,
        display=values["display"],
    )


def _read_budget(depth: Depth, text: str | None, history: str | None, here: Path) -> tuple[Depth, Budget | None]:
    """What `--budget` comes to, and when each probe was tried last."""
    from conformance.plan.budget import read_budget  # noqa: PLC0415 - only for a session with contracts

    depth, budget = read_budget(text, depth)
    if budget is None or history is None or not (here / history).is_file():
        return depth, budget
    from conformance.history.store import read_last_tried  # noqa: PLC0415 - only where it was asked for

    return depth, replace(budget, last_tried=partial(read_last_tried, here / history))


def find_contract_folders(config: pytest.Config) -> list[Path]:
    """The folders of contracts that pytest's arguments lead to: each argument, two levels below it, and its parent."""
    found: set[Path] = set()
    for argument in config.args:
        path = (config.invocation_params.dir / argument.partition("::")[0]).resolve()
        files = [file for deep in ("", "[!.]*/", "[!.]*/[!.]*/") for file in path.glob(f"{deep}contract.yaml")]
        found |= {file.parent for file in (*files, path.parent / "contract.yaml") if file.is_file()}
    return sorted(found)
