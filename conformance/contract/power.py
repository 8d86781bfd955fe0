"""`power.json` beside a contract: which faults each probe shows, as `conformance prove --write-power` has measured it.

Faults are numbers: which ones a probe has in common with others is all that an order needs.
"""

from __future__ import annotations

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
"""What makes the file anew."""

ProbeKey = tuple[str, str]
"""The ID of a row, and the label of a probe or `control` and the label of a control: the same for every seed."""


def control_key(row: str, label: str) -> ProbeKey:
    """The key of a control; that of a probe has its label as it is."""
    return row, f"control {label}"


def fingerprint_cases(contract: Contract) -> str:
    """Equal for contracts that mean the same, whatever their layout and prose, and what the language has gained."""
    prose = {"cause", "source", "vars", "like"}
    cases = (f"{row.id} {row.case.model_dump_json(exclude_defaults=True, exclude=prose)}" for row in contract.rows)
    shared = {"inputs", "open_choices", "controls", "guards", "wordings"}  # each row that names one holds it
    parts = [contract.file.model_dump_json(exclude_defaults=True, exclude=shared), *cases]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def format_power(contract: Contract, faults: Mapping[ProbeKey, frozenset[int]]) -> str:
    """The text of the file; probes that show nothing are left out."""
    shown = [(row, label, _format_numbers(sorted(numbers))) for (row, label), numbers in faults.items() if numbers]
    rows = {row.id: {label: text for name, label, text in shown if name == row.id} for row in contract.rows}
    probes = {row: labels for row, labels in rows.items() if labels}
    value = {"made_by": HINT, "cases": fingerprint_cases(contract), "probes": probes}
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def read_power(folder: Path) -> Mapping[ProbeKey, frozenset[int]]:
    """What each probe of a contract shows; empty where nothing was measured. Raises ConfigError for a broken file."""
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
    """A problem where the cases have changed since their power was measured; where it never was, there is none."""
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
    """`0 3-7` for 0, 3, 4, 5, 6 and 7."""
    runs = [[n for _, n in group] for _, group in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])]
    return " ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _parse_numbers(text: str) -> Iterator[int]:
    for part in text.split():
        first, _, last = part.partition("-")
        numbers = range(int(first), int(last or first) + 1)
        if len(numbers) > MOST_FAULTS:
            raise ValueError(part)
        yield from numbers
