"""What may be told of a target: the part of its profile that goes into reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from conformance.target import addresses as address
from conformance.target.schema import Profile, VantageForm

__all__ = ["describe_target"]

_MARK = "\u2039secret:{}\u203a"
"""What is written in the place of a secret, everywhere."""


def describe_target(profile: Profile, name: str, allow: Iterable[str], secrets: Mapping[str, str]) -> dict[str, Any]:
    """A target in JSON types: no credentials, headers of hooks by name only, no user or password in any URL.

    A secret's value that stands in a fixture too (a login's e-mail) gives way to the secret's name.
    """
    told: dict[str, Any] = {
        "name": name,
        "contract": profile.contract,
        "base_url": profile.base_url,
        "allow": sorted(allow),
        "pace": profile.pace,
        "pace_group": profile.pace_group,
        "timeout": profile.timeout,
        "fixtures": profile.fixtures,
        "vantages": {each: _vantage(form) for each, form in profile.vantages.items()},
        "hooks": {each: {"headers": list(hook.headers)} for each, hook in profile.hooks.items()},
    }
    longest_first = sorted(secrets.items(), key=lambda item: len(item[1]), reverse=True)
    return {key: _hidden(value, longest_first) for key, value in told.items() if value not in (None, {})}


def _vantage(form: VantageForm) -> dict[str, str]:
    if form.proxy is not None:
        return {"proxy": address.without_userinfo(form.proxy)}
    return {"source_address": form.source_address or ""}


def _hidden(value: Any, secrets: Iterable[tuple[str, str]]) -> Any:
    if isinstance(value, dict):
        return {_hidden(key, secrets): _hidden(each, secrets) for key, each in value.items()}
    if isinstance(value, list):
        return [_hidden(each, secrets) for each in value]
    if isinstance(value, str):
        for name, secret in secrets:
            value = value.replace(secret, _MARK.format(name))
    return value
