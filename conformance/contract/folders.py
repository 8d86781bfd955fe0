"""Finds folders of contracts: in the working folder, or else among those shipped with the package."""

from os.path import lexists
from pathlib import Path

from conformance.errors import ConfigError, Problem


def find_shipped_folder() -> Path:
    """Return the folder of the shipped contracts: inside the package in a wheel, next to it in the repository."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "cases"
    return inside if inside.is_dir() else package.parent / "cases"


def find_contract_folders(where: Path) -> tuple[Path, ...]:
    """Return the contracts' folders at `where` or `where`/cases, or else the shipped ones; raises ConfigError."""
    hint = "work in a folder that has cases/<contract>/contract.yaml"
    if not where.is_dir():
        raise ConfigError([Problem(str(where), "is no folder", hint)])
    for place in (where / "cases", where, find_shipped_folder()):
        if found := find_contracts(place, levels=1):
            return found
    raise ConfigError([Problem(str(where), "there is no contract here and none came with the package", hint)])


def find_all_contract_folders(where: Path) -> tuple[Path, ...]:
    """Return the folders of `find_contract_folders`, then those of shipped contracts with other names."""
    local = find_contract_folders(where)
    names = {folder.name for folder in local}
    return (*local, *(folder for folder in find_contracts(find_shipped_folder(), levels=1) if folder.name not in names))


def find_contracts(path: Path, levels: int = 2) -> tuple[Path, ...]:
    """Return the folder of each contract at a path: of a case file, the folder itself, or up to `levels` levels below.

    A folder whose contract.yaml cannot be read is included, so that reading it reports the problem.
    """
    below = [folder for level in range(levels) for folder in path.glob("/".join(["[!.]*"] * (level + 1)))]
    folders = [path, *below] if path.is_dir() else [path.parent]
    return tuple(sorted({folder for folder in folders if lexists(folder / "contract.yaml")}))
