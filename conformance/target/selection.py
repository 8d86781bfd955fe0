"""Selects the target of a contract: a profile, a bare URL, or a server that the host starts."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.contract.contract import Contract
from conformance.errors import ConfigError, Problem
from conformance.target.fixtures import check_fixture_values
from conformance.target.known_deviations import check_deviation_rows
from conformance.target.loader import Target, check_target_names, named_variables, read_profile, target_from_mapping
from conformance.validation import suggest

StartServer = Callable[[str], Mapping[str, Any]]
"""Starts a server for the contract of this name and returns the profile for it."""


class TargetSelection:
    """The values of `--target` and `--contract`, read once before anything is collected."""

    def __init__(self, target: Target | None, url: str | None, contract: str | None, allow: Sequence[str]) -> None:
        self.target, self.url, self.allow = target, url, tuple(allow)
        self.contract = target.contract if target else contract

    @property
    def real(self) -> bool:
        """Whether the user chose a target, as opposed to a server that the host starts."""
        return self.target is not None or self.url is not None

    def takes(self, contract: str) -> bool:
        return self.contract is None or self.contract == contract


def select_target(
    target: str | None,
    contract: str | None,
    allow: Sequence[str],
    environ: Mapping[str, str],
    contracts: Sequence[str],
) -> TargetSelection:
    """Read the options; raise ConfigError with every problem of the profile or the options."""
    if contract is not None and contract not in contracts:
        hint = suggest(contract, contracts, "contracts")
        raise ConfigError([Problem("--contract", f"there is no contract {contract!r}", hint)])
    if target is None:
        return TargetSelection(None, None, contract, allow)
    if "://" in target:
        if contract is None:
            known = ", ".join(contracts) or "none found"
            raise ConfigError([Problem("--target", "a URL needs --contract", f"add --contract with one of: {known}")])
        return TargetSelection(None, target, contract, allow)
    path = Path(target)
    if not path.is_file():
        raise ConfigError(
            [
                Problem(
                    "--target", f"there is no file {target or repr(target)}", "give a profile, or a URL with --contract"
                )
            ]
        )
    profile = read_profile(path, environ=environ, allow=allow)
    if contract is not None and profile.contract != contract:
        what = f"the profile is for {profile.contract}, not for {contract}"
        raise ConfigError([Problem(profile.where("contract"), what, "give one of them")])
    if contracts and profile.contract not in contracts:
        hint = suggest(profile.contract, contracts, "contracts")
        raise ConfigError([Problem(profile.where("contract"), f"there is no contract {profile.contract!r}", hint)])
    return TargetSelection(profile, None, contract, allow)


def resolve_target(
    contract: Contract, aimed: TargetSelection, offer: StartServer, environ: Mapping[str, str]
) -> Target:
    """Return the checked target for one contract; raise ConfigError with every problem."""
    if aimed.target is not None:
        target = aimed.target
    elif aimed.url is not None:
        # A bare URL has no fixtures, and only credentials whose usual environment variables are set.
        forms = {name: named.usual for name, named in contract.file.credentials.items() if named.usual}
        usable = {name: form for name, form in forms.items() if all(map(environ.get, named_variables(form)))}
        profile = {"contract": contract.name, "base_url": aimed.url, "credentials": usable}
        target = target_from_mapping(profile, where="--target", environ=environ, allow=aimed.allow)
    else:
        target = target_from_mapping(
            offer(contract.name), where=f"the embedded server of {contract.name}", environ=environ, allow=aimed.allow
        )
    check_target(target, contract)
    return target


def check_target(target: Target, contract: Contract) -> None:
    """Raise ConfigError with every name that the contract does not know and every value that breaks its rules."""
    problems = [
        *check_target_names(target, contract.file),
        *check_fixture_values(target, contract),
        *check_deviation_rows(target.expectations, [row.id for row in contract.rows]),
    ]
    if problems:
        raise ConfigError(problems)
