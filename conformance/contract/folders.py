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
        if found := _contracts(place):
            return found
    raise ConfigError([Problem(str(where), "there is no contract here and none came with the package", hint)])


def find_all_contract_folders(where: Path) -> tuple[Path, ...]:
    """The contracts of `find_contract_folders`, then those that were shipped and are not among them by name."""
    own = find_contract_folders(where)
    names = {folder.name for folder in own}
    return (*own, *(folder for folder in _contracts(find_shipped_folder()) if folder.name not in names))


def _contracts(place: Path) -> tuple[Path, ...]:
    """A folder that is a contract, or the contracts right inside it; what cannot be read is one, and is named then."""
    if lexists(place / "contract.yaml"):
        return (place,)
    return tuple(sorted(folder for folder in place.glob("*") if lexists(folder / "contract.yaml")))
