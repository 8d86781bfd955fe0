"""Which target a contract is held against: a profile, a bare URL, or a server that the host offers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.contract.contract import Contract
from conformance.errors import Problem, Unusable
from conformance.target.checking import check_names
from conformance.target.expectations import check_rows
from conformance.target.names import mend
from conformance.target.target import Target, from_mapping, from_url, read

__all__ = ["Aim", "aim", "hold"]

Offer = Callable[[str], Mapping[str, Any]]
"""Starts a server of a contract, and gives the profile to use with it."""


class Aim:
    """What `--target` and `--contract` say: read once, before anything is collected."""

    def __init__(self, target: Target | None, url: str | None, contract: str | None, allow: Sequence[str]) -> None:
        self.target, self.url, self.allow = target, url, tuple(allow)
        self.contract = target.contract if target else contract

    @property
    def real(self) -> bool:
        """Whether it is a target of the user's, not a server that the host offers."""
        return self.target is not None or self.url is not None

    def takes(self, contract: str) -> bool:
        """Whether this contract is to be run."""
        return self.contract is None or self.contract == contract


def aim(
    target: str | None,
    contract: str | None,
    allow: Sequence[str],
    environ: Mapping[str, str],
    contracts: Sequence[str],
) -> Aim:
    """Read the options; raises Unusable with every problem of the profile or the options."""
    if contract is not None and contract not in contracts:
        hint = mend(contract, contracts, "contracts")
        raise Unusable([Problem("--contract", f"there is no contract {contract!r}", hint)])
    if target is None:
        unknown = [name for name in allow if name not in ("write", "delete", "exhaust")]
        if unknown:
            raise Unusable(Problem("--allow", f"{name!r} is none", "write, delete or exhaust") for name in unknown)
        return Aim(None, None, contract, allow)
    if "://" in target:
        if contract is None:
            known = ", ".join(contracts) or "none found"
            raise Unusable([Problem("--target", "a URL needs --contract", f"add --contract with one of: {known}")])
        return Aim(None, target, contract, allow)
    path = Path(target)
    if not path.is_file():
        raise Unusable([Problem("--target", f"there is no file {target}", "give a profile, or a URL with --contract")])
    profile = read(path, environ=environ, allow=allow)
    if contract is not None and profile.contract != contract:
        what = f"the profile is for {profile.contract}, not for {contract}"
        raise Unusable([Problem(profile.where("contract"), what, "give one of them")])
    if contracts and profile.contract not in contracts:
        hint = mend(profile.contract, contracts, "contracts")
        raise Unusable([Problem(profile.where("contract"), f"there is no contract {profile.contract!r}", hint)])
    return Aim(profile, None, contract, allow)


def hold(contract: Contract, aimed: Aim, offer: Offer, environ: Mapping[str, str]) -> Target:
    """The target for one contract, its names held against what the contract knows; raises Unusable."""
    if aimed.target is not None:
        target = aimed.target
    elif aimed.url is not None:
        target = from_url(aimed.url, contract.name, environ=environ, credentials=_usual(contract), allow=aimed.allow)
    else:
        target = from_mapping(
            offer(contract.name), where=f"the embedded server of {contract.name}", environ=environ, allow=aimed.allow
        )
    file = contract.file
    fields = {name: tuple(named.fields) for name, named in file.credentials.items()}
    problems = [
        *check_names(target, file.fixtures, fields, file.vantages, file.hooks),
        *check_rows(target.expectations, [row.id for row in contract.rows]),
    ]
    if problems:
        raise Unusable(problems)
    return target


def _usual(contract: Contract) -> dict[str, dict[str, Any]]:
    """Where a first look finds its credential: in the variable that the contract names for it."""
    return {name: dict(named.usual) for name, named in contract.file.credentials.items() if named.usual}
