"""Drafts YAML rows from undocumented responses, for a person to complete."""

import re
from collections.abc import Iterable

from conformance.authoring.draft import slug, unique_names
from conformance.report.page import render_template
from conformance.results.model import Undocumented


def suggest_rows(pairs: Iterable[Undocumented], contract: str = "its contract", table: str = "undocumented") -> str:
    """Return the text of a table file with a row per operation, status and message; `table` is its name, no suffix."""
    different: dict[tuple[str, int, str], Undocumented] = {}
    for pair in pairs:
        different.setdefault((pair.operation, pair.status, pair.message), pair)
    rows = [
        {
            "id": name,
            "cause": f"To be said; seen {_times(pair.count)}, first with {pair.where or 'a drawn request'}.",
            "source": {"confidence": "observed", "note": pair.curl or "no command was kept"},
            "operations": [pair.operation],
            "expect": {"status": pair.status, **({"message": pair.message} if pair.message else {})},
        }
        for name, pair in zip(unique_names(map(_name, different.values())), different.values(), strict=True)
    ]
    return render_template(
        "conformance.authoring", "undocumented.yaml.jinja", contract=contract, table=table, rows=rows
    )


def _name(pair: Undocumented) -> str:
    operation = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", pair.operation)
    return slug(f"{operation} {pair.status} {pair.message}")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
