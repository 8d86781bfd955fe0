"""Results of the first version, in the form of today: some members have another name now."""

from __future__ import annotations

from typing import Any

FINDING = {"aspect": "check", "wanted": "expected", "got": "actual"}
EXCHANGE = {"silence": "failure"}


def upgrade_results(value: dict[str, Any]) -> dict[str, Any]:
    """The value of a `results.json` of format 1 as one of format 2; what is not as it should be is left as it is."""
    return {**value, "runs": _each(value.get("runs"), _upgrade_run), "format": 2}


def is_event_of_format_1(line: str) -> bool:
    """Whether a line of `results.jsonl` holds a member of the first version; within texts its quotes are escaped."""
    return any(f'"{name}":' in line for name in (*FINDING, *EXCHANGE))


def upgrade_event(value: Any) -> Any:
    """The value of a line of `results.jsonl` of the first version, as one of today."""
    if not isinstance(value, dict):
        return value
    upgraded = dict(value)
    for member in ("row", "explored"):
        if member in value:
            upgraded[member] = _upgrade_result(value[member])
    return upgraded


def _upgrade_run(run: dict[str, Any]) -> dict[str, Any]:
    return {
        **run,
        **{member: _each(run.get(member), _upgrade_result) for member in ("rows", "explored") if member in run},
    }


def _upgrade_result(result: Any) -> Any:
    """A row, or an explored operation."""
    if not isinstance(result, dict):
        return result
    upgraded = dict(result)
    for member, names in (("findings", FINDING), ("exchanges", EXCHANGE)):
        if member in result:
            upgraded[member] = _each(result[member], lambda one, names=names: _rename(one, names))
    return upgraded


def _rename(value: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {names.get(name, name): member for name, member in value.items()}


def _each(items: Any, upgrade: Any) -> Any:
    if not isinstance(items, list):
        return items
    return [upgrade(item) if isinstance(item, dict) else item for item in items]
