"""Undocumented answers as rows of YAML: a beginning that a person completes, never a case as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from conformance.authoring.draft import slug, unique_names
from conformance.report.page import render_template
from conformance.results.model import Undocumented


def suggest_rows(pairs: Iterable[Undocumented], contract: str = "its contract", table: str = "undocumented") -> str:
    """The text of a table file with a row per operation, status and message; `table` is its name without `.yaml`."""
    different: dict[tuple[str, int, str], Undocumented] = {}
    for pair in pairs:
        different.setdefault((pair.operation, pair.status, pair.message), pair)
    named = zip(unique_names(map(_name, different.values())), different.values(), strict=True)
    rows = [_row(name, pair) for name, pair in named]
    return render_template(
        "conformance.authoring", "undocumented.yaml.jinja", contract=contract, table=table, rows=rows
    )


def _row(name: str, pair: Undocumented) -> dict[str, Any]:
    expect: dict[str, Any] = {"status": pair.status}
    if pair.message:
        expect["message"] = pair.message
    times = "once" if pair.count == 1 else f"{pair.count} times"
    return {
        "id": name,
        "cause": f"To be said; seen {times}, first with {pair.where or 'a drawn request'}.",
        "source": {"confidence": "observed", "note": pair.curl or "no command was kept"},
        "operations": [pair.operation],
        "expect": expect,
    }


def _name(pair: Undocumented) -> str:
    operation = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", pair.operation)
    return slug(f"{operation} {pair.status} {pair.message}")
