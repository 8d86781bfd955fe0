"""Reads and formats `power.json`: the faults that each probe reveals, as measured by `conformance prove --write-power`.

Faults are numbers, because ordering probes only needs to know which faults they have in common.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from conformance.contract.contract import Contract
from conformance.errors import ConfigError, Problem
from conformance.files import read_text

FILE: Final = "power.json"
MOST_FAULTS: Final = 100_000
HINT: Final = "conformance prove --write-power"
"""The command that writes the file again."""

ProbeKey = tuple[str, str]
"""A row ID, and the label of a probe or `control LABEL`. It is the same for every seed."""


def control_key(row: str, label: str) -> ProbeKey:
    """Return the key of a control. The key of a probe has the probe's label without a prefix."""
    return row, f"control {label}"


def fingerprint_cases(contract: Contract) -> str:
    """Return a hash of the contract that ignores layout, prose, and keys at their default, such as later additions."""
    prose = {"cause", "source", "vars", "like", "mistaken"}
    cases = (f"{row.id} {row.case.model_dump_json(exclude_defaults=True, exclude=prose)}" for row in contract.rows)
    of_profile = {"__all__": {"about", "get", "rules", "check", "check_first"}}
    shared = dict.fromkeys(("inputs", "open_choices", "controls", "guards", "wordings"), True)  # rows contain them
    left_out: dict[str, Any] = {**shared, "credentials": of_profile, "fixtures": of_profile}
    parts = [contract.file.model_dump_json(exclude_defaults=True, exclude=left_out), *cases]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def format_power(contract: Contract, faults: Mapping[ProbeKey, frozenset[int]]) -> str:
    """Return the text of the file; probes that reveal no fault are left out."""
    shown = [(row, label, _format_numbers(sorted(numbers))) for (row, label), numbers in faults.items() if numbers]
    rows = {row.id: {label: text for name, label, text in shown if name == row.id} for row in contract.rows}
    probes = {row: labels for row, labels in rows.items() if labels}
    value = {"made_by": HINT, "cases": fingerprint_cases(contract), "probes": probes}
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def read_power(folder: Path) -> Mapping[ProbeKey, frozenset[int]]:
    """Return the faults that each probe reveals, or nothing if there is no file; raise ConfigError if it is invalid."""
    value = _read(folder)
    try:
        return {
            (row, label): frozenset(_parse_numbers(text))
            for row, labels in value.get("probes", {}).items()
            for label, text in labels.items()
        }
    except (AttributeError, ValueError):
        raise ConfigError([Problem(f"{folder / FILE}:1", "is not what was written", HINT)]) from None


def check_power(contract: Contract) -> Iterator[Problem]:
    """Yield a problem if the cases have changed since their power was measured, and none if it never was."""
    known = _read(contract.folder).get("cases")
    if known is not None and known != fingerprint_cases(contract):
        what = "the cases have changed since their power was measured: what is new comes last"
        yield Problem(f"{contract.folder / FILE}:1", what, HINT)


def _read(folder: Path) -> Mapping[str, Any]:
    path = folder / FILE
    if not os.path.lexists(path):
        return {}
    try:
        value = json.loads(read_text(path))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ConfigError([Problem(f"{path}:1", "is not what was written", HINT)])
    return value


def _format_numbers(numbers: Iterable[int]) -> str:
    """Return sorted numbers as ranges: `0 3-7` for 0, 3, 4, 5, 6 and 7."""
    runs = [[n for _, n in group] for _, group in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])]
    return " ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _parse_numbers(text: str) -> Iterator[int]:
    for part in text.split():
        first, _, last = part.partition("-")
        numbers = range(int(first), int(last or first) + 1)
        if len(numbers) > MOST_FAULTS:
            raise ValueError(part)
        yield from numbers
