"""What changed on our side between two runs, and which of it can explain a change of a row.

A change of the target's address is said but explains nothing: a row that another server answers otherwise is just what
a comparison is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final

from conformance.compare.model import OurChange
from conformance.messages import Message
from conformance.results.model import Results, RowResult, TargetRun

_JUDGES: Final = ("suite", "contract edition", "expected answer")
"""What decides how answers are judged."""
_GROUPS: Final = ("fixtures", "vantages", "hooks")
_DECIDES: Final = (*_JUDGES, "depth", "seed", "allow", *_GROUPS)
"""What decides which requests are sent and how their answers are judged."""
_NOT_OURS: Final = frozenset({"contract", "name"})


def session_changes(old: Results, new: Results) -> tuple[OurChange, ...]:
    """Suite, depth, seed, and whether a run was broken off."""
    pairs = (
        (Message("suite"), f"{old.suite.name} {old.suite.version}", f"{new.suite.name} {new.suite.version}"),
        (Message("depth"), old.depth, new.depth),
        (Message("seed"), old.seed, new.seed),
        (Message("broken off"), old.partial, new.partial),
    )
    return _changes(pairs)


def run_changes(old: TargetRun, new: TargetRun) -> tuple[OurChange, ...]:
    """Edition of the contract and everything in the profile; of fixtures, vantages and hooks each by its name."""
    pairs: list[tuple[str, Any, Any]] = [(Message("contract edition"), old.contract.edition, new.contract.edition)]
    for key in dict.fromkeys((*old.target, *new.target)):
        if key in _NOT_OURS:
            continue
        before, after = old.target.get(key), new.target.get(key)
        if key in _GROUPS:
            then, now = before or {}, after or {}
            pairs += [(f"{key}.{name}", then.get(name), now.get(name)) for name in dict.fromkeys((*then, *now))]
        elif key == "allow":
            pairs.append((key, sorted(before or ()), sorted(after or ())))
        else:
            pairs.append((key, before, after))
    return _changes(pairs)


def row_changes(old: RowResult, new: RowResult) -> tuple[OurChange, ...]:
    """What the contract wants of the row; that a profile declares a deviation as known is ours too."""
    pairs = (
        (Message("expected answer"), old.expected and asdict(old.expected), new.expected and asdict(new.expected)),
        (Message("known deviation"), old.known and old.known.reason, new.known and new.known.reason),
    )
    return tuple(OurChange(one.what, one.old, one.new, new.id) for one in _changes(pairs))


def changes_that_decide(
    changes: Iterable[OurChange], *, judging: bool = False, patience: bool = False
) -> tuple[str, ...]:
    """Names of the changes that decide what is sent and how it is judged.

    With `judging` only of the latter; with `patience` also of what decides how long is waited and how much is sent.
    """
    names = _JUDGES if judging else _DECIDES
    names = (*names, "pace", "pace_group", "timeout", "broken off") if patience else names
    return tuple(dict.fromkeys(one.what for one in changes if one.what.partition(".")[0] in names))


def given_by_profile(target: Mapping[str, Any], lack: str) -> bool | None:
    """Whether a profile gives what a row lacked (`fixtures.member_id`, `allow: write`).

    None where results do not tell: credentials are not in them.
    """
    if lack.startswith("allow"):
        return lack.partition(":")[2].strip() in (target.get("allow") or ())
    group, _, path = lack.partition(".")
    if group not in _GROUPS:
        return None
    value: Any = target.get(group)
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return False
        value = value[name]
    return True


def _changes(pairs: Iterable[tuple[str, Any, Any]]) -> tuple[OurChange, ...]:
    return tuple(OurChange(what, old, new) for what, old, new in pairs if old != new)
