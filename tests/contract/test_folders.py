"""Where contracts are: nothing that cannot be read is passed over for those that come with the package."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.contract.folders import find_contract_folders, find_contracts, find_shipped_folder
from conformance.contract.loader import read_contract
from conformance.errors import ConfigError

CASES = Path(__file__).parents[2] / "cases"


def test_without_contracts_here_those_that_were_shipped_are_found(tmp_path: Path) -> None:
    assert find_contract_folders(tmp_path) == (CASES / "kuroco", CASES / "microcms-management")
    assert find_shipped_folder() == CASES


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", ["cases/shop"]),
        ("cases", ["cases/shop"]),
        ("cases/shop", ["cases/shop"]),
        ("cases/shop/items.yaml", ["cases/shop"]),
        ("deeper", []),
        ("deeper/a/b", ["deeper/a/b/shop"]),
        ("missing/items.yaml", []),
    ],
)
def test_a_path_leads_to_its_contract_and_to_those_up_to_two_levels_below(
    tmp_path: Path, path: str, expected: list[str]
) -> None:
    for folder in ("cases/shop", "cases/.hidden", "deeper/a/b/shop"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "contract.yaml").touch()
    assert find_contracts(tmp_path / path) == tuple(tmp_path / folder for folder in expected)


def test_a_pipe_in_place_of_a_folder_of_contracts_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match=r"pipe: is no folder"):
        find_contract_folders(tmp_path / "pipe")


@pytest.mark.parametrize(
    ("put", "what"),
    [
        (lambda path: path.symlink_to(path), "is a link that leads to itself"),
        (os.mkfifo, "is no plain file, but a device, a pipe or a socket"),
        (Path.mkdir, "is a folder"),
    ],
)
@pytest.mark.parametrize("inside", ["", "shop", "cases/shop"])
def test_a_contract_that_is_no_file_is_named_and_not_passed_over(
    tmp_path: Path, put: Callable[[Path], None], what: str, inside: str
) -> None:
    (folder := tmp_path / inside).mkdir(parents=True, exist_ok=True)
    put(folder / "contract.yaml")
    assert find_contract_folders(tmp_path) == (folder,)
    with pytest.raises(ConfigError) as refused:
        read_contract(folder)
    assert str(refused.value.problems[0]).startswith(f"{folder / 'contract.yaml'}: {what}")
