"""Where contracts are looked for: in the working folder, or else among those that come with the package."""

from __future__ import annotations

from os.path import lexists
from pathlib import Path

from conformance.errors import ConfigError, Problem


def find_shipped_folder() -> Path:
    """The folder of the contracts that come with the package: in a wheel within it, in the repository beside it."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "cases"
    return inside if inside.is_dir() else package.parent / "cases"


def find_contract_folders(where: Path) -> tuple[Path, ...]:
    """The folder of each contract: below `where`/cases or `where` itself, else those that were shipped.

    Raises ConfigError where there is none at all, or `where` is no folder.
    """
    hint = "work in a folder that has cases/<contract>/contract.yaml"
    if not where.is_dir():
        raise ConfigError([Problem(str(where), "is no folder", hint)])
    for place in (where / "cases", where, find_shipped_folder()):
        if found := find_contracts(place, levels=1):
            return found
    raise ConfigError([Problem(str(where), "there is no contract here and none came with the package", hint)])


def find_all_contract_folders(where: Path) -> tuple[Path, ...]:
    """The contracts of `find_contract_folders`, then those that were shipped and are not among them by name."""
    own = find_contract_folders(where)
    names = {folder.name for folder in own}
    return (*own, *(folder for folder in find_contracts(find_shipped_folder(), levels=1) if folder.name not in names))


def find_contracts(path: Path, levels: int = 2) -> tuple[Path, ...]:
    """The folder of each contract that a path leads to: that of a case file, a folder itself, or so many levels below.

    What cannot be read is one, and is named then.
    """
    below = [folder for level in range(levels) for folder in path.glob("/".join(["[!.]*"] * (level + 1)))]
    folders = [path, *below] if path.is_dir() else [path.parent]
    return tuple(sorted({folder for folder in folders if lexists(folder / "contract.yaml")}))
