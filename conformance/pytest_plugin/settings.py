"""Our options as values, read once and checked before anything is collected."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.contract.schema import Depth
from conformance.errors import ConfigError, Problem
from conformance.pytest_plugin.options import FORMS
from conformance.target.selection import TargetSelection, select_target
from conformance.validation import suggest

__all__ = ["PluginOptions", "read_plugin_options"]


@dataclass(frozen=True, slots=True)
class PluginOptions:
    """What a session was asked to do."""

    aim: TargetSelection
    depth: Depth
    seed: int
    output: Path
    workers: int
    only_conforms: bool
    explore: bool
    language: str | None
    also_write: tuple[str, ...]
    write_expectations: Path | None
    display: bool


def read_plugin_options(config: pytest.Config, contracts: list[str]) -> PluginOptions:
    """The options as values; raises Unusable with every problem."""
    option = config.getoption
    expectations = option("--write-expectations")
    odd = [form for form in option("--also-write") if form not in FORMS]
    if odd:
        raise ConfigError(
            Problem("--also-write", f"no form is called {form!r}", suggest(form, FORMS, "forms")) for form in odd
        )
    return PluginOptions(
        aim=select_target(option("--target"), option("--contract"), option("--allow"), os.environ, contracts),
        depth=option("--depth"),
        seed=option("--seed"),
        output=config.invocation_params.dir / Path(option("--output")).expanduser(),
        workers=max(1, option("--workers")),
        only_conforms=option("--only-conforms"),
        explore=not option("--no-explore"),
        language=option("--language"),
        also_write=tuple(option("--also-write")),
        write_expectations=config.invocation_params.dir / expectations if expectations else None,
        display=option("--conformance-display"),
    )
