"""Undocumented answers as rows of YAML: a beginning that a person completes, never a case as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from conformance.results.model import Undocumented
from conformance.source import dump

__all__ = ["suggested"]

_HEAD = "# What exploration saw and no row documents. To review: cause, request, control, and whose promise it is.\n"


def suggested(pairs: Iterable[Undocumented]) -> str:
    """The text of a table file with a row per pair of status and message, each pair of an operation once."""
    rows: dict[str, dict[str, Any]] = {}
    for pair in pairs:
        name = f"{_word(pair.operation)}-{pair.status}-{_word(pair.message)[:40]}".strip("-")
        rows.setdefault(name, _row(name, pair))
    table = {"table": "undocumented", "title": "Undocumented behaviour", "rows": list(rows.values())}
    return _HEAD + dump(table)


def _row(name: str, pair: Undocumented) -> dict[str, Any]:
    expect: dict[str, Any] = {"status": pair.status}
    if pair.message:
        expect["message"] = pair.message
    return {
        "id": name,
        "cause": f"To be said; seen {pair.count} times, first with {pair.where or 'a drawn request'}.",
        "source": {"confidence": "observed", "note": pair.curl or "no command was kept"},
        "operations": [pair.operation],
        "expect": expect,
    }


def _word(text: str) -> str:
    """A text in the letters of a row's ID."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", text)
    return re.sub(r"[^a-z0-9]+", "-", apart.lower()).strip("-")
