"""Our options as values, read once and checked before anything is collected."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.contract.model import Depth
from conformance.errors import Problem, Unusable
from conformance.pytest_plugin.options import FORMS
from conformance.run.aiming import Aim, aim
from conformance.target.names import mend

__all__ = ["Settings", "read_settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a session was asked to do."""

    aim: Aim
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


def read_settings(config: pytest.Config, contracts: list[str]) -> Settings:
    """The options as values; raises Unusable with every problem."""
    option = config.getoption
    expectations = option("--write-expectations")
    odd = [form for form in option("--also-write") if form not in FORMS]
    if odd:
        raise Unusable(
            Problem("--also-write", f"no form is called {form!r}", mend(form, FORMS, "forms")) for form in odd
        )
    return Settings(
        aim=aim(option("--target"), option("--contract"), option("--allow"), os.environ, contracts),
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
