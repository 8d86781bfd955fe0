"""Results of the first version, in the form of today: some members have another name now."""

import json
from typing import Any

_NAMES = {"aspect": "check", "wanted": "expected", "got": "actual", "silence": "failure"}
_SIGNS = tuple(f'"{name}":' for name in _NAMES)


def upgrade_results(value: dict[str, Any]) -> dict[str, Any]:
    """The value of a `results.json` of format 1 as one of format 2; what is not as it should be is left as it is."""
    upgraded: dict[str, Any] = _upgrade(value, ("runs", "rows", "explored", "findings", "exchanges"))
    return {**upgraded, "format": 2}


def upgrade_event(line: str) -> str:
    """A line of `results.jsonl`, perhaps of the first version, as one of today; raises ValueError for no JSON."""
    if not any(sign in line for sign in _SIGNS):  # within texts their quotes are escaped
        return line
    return json.dumps(_upgrade(json.loads(line), ("row", "explored", "findings", "exchanges")))


def _upgrade(value: Any, below: tuple[str, ...]) -> Any:
    """The value with the names of today, in it and in these members of it: others may be named as they like."""
    if isinstance(value, list):
        return [_upgrade(item, below) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        _NAMES.get(name, name): _upgrade(member, below) if name in below else member for name, member in value.items()
    }
