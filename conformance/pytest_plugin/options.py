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

from conformance.contract.folders import find_contracts
from conformance.run_options import RUN_OPTIONS

if TYPE_CHECKING:
    from conformance.contract.schema import Depth
    from conformance.plan.budget import Budget
    from conformance.target.selection import TargetSelection

_PREFIX: Final = "--conformance-"


@dataclass(frozen=True, slots=True)
class PluginOptions:
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
    for name, option in RUN_OPTIONS.items():
        how: dict[str, Any] = {"default": option.default, "help": option.help, "action": "store_true"}
        if option.default is not False:
            many = isinstance(option.default, tuple)
            how |= {"action": "append" if many else "store", "metavar": option.value, "choices": option.choices or None}
            how |= {
                "default": [] if many else option.default,
                "type": str if many or option.default is None else type(option.default),
            }
        group.addoption(f"{_PREFIX}{name}", dest=f"conformance_{name.replace('-', '_')}", **how)


def is_any_option_used(config: pytest.Config) -> bool:
    options = ((f"conformance_{name.replace('-', '_')}", option) for name, option in RUN_OPTIONS.items())
    return any(config.getoption(name) not in (option.default, []) for name, option in options)


def read_options(config: pytest.Config, contracts: list[str]) -> PluginOptions:
    """The options as values; raises ConfigError with every problem of the options and the target's profile."""
    from conformance.target.selection import select_target  # noqa: PLC0415 - only for a session with contracts

    values = {name.replace("-", "_"): config.getoption(f"conformance_{name.replace('-', '_')}") for name in RUN_OPTIONS}
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


def find_selected_folders(config: pytest.Config) -> list[Path]:
    """The folders of contracts that pytest's arguments lead to."""
    paths = (config.invocation_params.dir / argument.partition("::")[0] for argument in config.args)
    return sorted({folder for path in paths for folder in find_contracts(Path(os.path.realpath(path)))})
