"""An audit for other programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from conformance.audit.model import Matrix
from conformance.results.serialization import format_json_text

__all__ = ["FORMAT", "format_json_audit"]

FORMAT: Final = 1


def format_json_audit(matrix: Matrix, links: Mapping[str, str] | None = None) -> str:
    """JSON: `targets` with verdict, counts and cost, `tables` with rows and sums, `choices`; places as in `targets`.

    `links` names the folder of each target's report; where it has one, each cell has its link.
    """
    links = links or {}
    told = asdict(matrix)
    targets = [{**one, "report": links.get(one["name"])} for one in told["columns"]]
    tables = []
    for table in told["tables"]:
        for row in table["rows"]:
            for cell, target in zip(row["cells"], targets, strict=True):
                if cell is not None and target["report"] is not None:
                    cell["link"] = f"{target['report']}/report.html#{cell['anchor']}"
        tables.append(_plain(table))
    choices = [{**one, "differs": held.differs} for one, held in zip(told["choices"], matrix.choices, strict=True)]
    head = {"format": FORMAT, "unfair": matrix.unfair, "targets": _plain(targets)}
    return format_json_text({**head, "tables": tables, "choices": choices})


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
