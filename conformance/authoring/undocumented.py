"""Undocumented answers as rows of YAML: a beginning that a person completes, never a case as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from conformance.authoring.draft import slug, unique_names
from conformance.results.model import Undocumented
from conformance.yaml_document import dump

_HEAD = """\
# What exploration saw and no row documents. Put this file beside the tables of {contract} and add `{table}` to
# `tables` in contract.yaml there; `conformance lint` accepts it as it is.
# To fill in for each row before it is run: its cause, the request that provokes it (the note has a command to begin
# with), its control, and the source: whose promise it is.
"""


def suggest_rows(pairs: Iterable[Undocumented], contract: str = "its contract", table: str = "undocumented") -> str:
    """The text of a table file with a row per operation, status and message; `table` is its name without `.yaml`."""
    different: dict[tuple[str, int, str], Undocumented] = {}
    for pair in pairs:
        different.setdefault((pair.operation, pair.status, pair.message), pair)
    named = zip(unique_names(map(_name, different.values())), different.values(), strict=True)
    rows = [_row(name, pair) for name, pair in named]
    head = _HEAD.format(contract=contract, table=table)
    return head + dump({"table": table, "title": "Undocumented behaviour", "rows": rows})


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
