"""Our options of pytest's command line, and whether a session has anything to do with us: loaded by every pytest."""

from __future__ import annotations

from pathlib import Path

import pytest

__all__ = ["FORMS", "add_options", "contract_folders"]

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
