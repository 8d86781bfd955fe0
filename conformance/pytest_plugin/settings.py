"""Our options of pytest's command line, read once and checked before anything is collected."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.contract.model import Depth
from conformance.errors import Problem, Unusable
from conformance.run.aiming import Aim, aim
from conformance.target.names import mend

__all__ = ["FORMS", "Settings", "add_options", "contract_folders", "read_settings"]

FORMS = ("junit", "markdown", "sarif", "har", "badge", "earl", "table")
"""Of the report, beside HTML and JSON, which are always written."""


def add_options(parser: pytest.Parser) -> None:
    """Every option of ours, in a group of its own."""
    group = parser.getgroup("conformance", "conformance of a server with its vendor's error tables")
    add = group.addoption
    add(
        "--target",
        metavar="T",
        help="a target profile (YAML), or a base URL together with --contract; "
        "without it, embedded reference servers are run against",
    )
    add("--contract", metavar="NAME", help="run only this contract")
    add("--depth", choices=("smoke", "standard", "thorough"), default="standard", help="how much is tried")
    add("--seed", type=int, default=0, metavar="N", help="same seed, same requests (default: 0)")
    add(
        "--allow",
        action="append",
        default=[],
        metavar="X",
        choices=("write", "delete", "exhaust"),
        help="a permission beside those of the profile: write, delete or exhaust",
    )
    add("--output", default="reports", metavar="DIR", help="where reports are written (default: reports)")
    add("--workers", type=int, default=1, metavar="N", help="send up to N independent rows at the same time")
    add("--only-conforms", action="store_true", help="a drift fails too (`conformance run --strict`)")
    add("--no-explore", action="store_true", help="do not explore beyond the tables")
    add("--language", default=None, choices=("en", "ja"), help="language of the report (default: the reader's)")
    add(
        "--also-write",
        action="append",
        default=[],
        metavar="FORM",
        help=f"another form of the report beside HTML and JSON: {', '.join(FORMS)}",
    )
    add("--write-expectations", metavar="FILE", help="write the present deviations as expectations")
    add("--conformance-display", action="store_true", help="progress and tables instead of pytest's own output")


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


def contract_folders(config: pytest.Config) -> list[Path]:
    """The folders of contracts that the arguments lead to, found without walking through whole trees."""
    found: dict[Path, None] = {}
    for argument in config.args:
        path = (config.invocation_params.dir / argument.partition("::")[0]).resolve()
        places = [path, path.parent] if path.is_file() else [path, *_below(path, 2), *_above(path)]
        found |= dict.fromkeys(place for place in places if (place / "contract.yaml").is_file())
    return sorted(found)


def _below(path: Path, levels: int) -> list[Path]:
    if levels == 0 or not path.is_dir():
        return []
    inside = [item for item in path.iterdir() if item.is_dir() and not item.name.startswith(".")]
    return inside + [deeper for item in inside for deeper in _below(item, levels - 1)]


def _above(path: Path) -> list[Path]:
    return [path.parent]
