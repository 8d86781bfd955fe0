"""Embedded servers with their profiles in a folder, and what an audit of them left."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from conformance import reference, yaml_document

__all__ = ["Servers", "lines", "matrix"]


class Servers:
    """Servers of one contract; each writes its profile into `folder`."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self._stack = folder, stack
        self.running: dict[str, reference.RunningServer] = {}

    def start(self, name: str, *faults: str, latency: bool = False, **more: Any) -> reference.RunningServer:
        """A server with these faults; `more` goes into its profile."""
        variants = {"latency_ms": "120"} if latency else {}
        server = self._stack.enter_context(reference.start("kuroco", faults=faults, variants=variants))
        self.running[name] = server
        self.profile(name, server.profile | more)
        return server

    def profile(self, name: str, profile: Any) -> Path:
        path = self.folder / f"{name}.yaml"
        path.write_text(yaml_document.dump(profile), encoding="utf-8")
        return path


def matrix() -> dict[str, dict[str, str]]:
    """Of each target the rows that do not conform, with their verdicts, as `audit.json` tells."""
    reported = json.loads(Path("out/audit.json").read_text(encoding="utf-8"))
    names = [target["name"] for target in reported["targets"]]
    odd: dict[str, dict[str, str]] = {name: {} for name in names}
    for table in reported["tables"]:
        for row in table["rows"]:
            for name, cell in zip(names, row["cells"], strict=True):
                if cell is not None and cell["verdict"] != "conforms":
                    odd[name][row["id"]] = cell["verdict"]
    return odd


def lines() -> dict[str, dict[str, Any]]:
    """Of each target its line."""
    reported = json.loads(Path("out/audit.json").read_text(encoding="utf-8"))
    return {target["name"]: target for target in reported["targets"]}
