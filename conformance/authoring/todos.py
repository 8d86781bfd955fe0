"""What a drafted file still asks a person to do."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TODO = re.compile(r"(?<![/\w])TODO: *(.*)")


def list_todos(text: str) -> Iterator[tuple[int, str]]:
    """Each `TODO: …` of a file: its line, from 1, and what it asks for."""
    for number, line in enumerate(text.splitlines(), 1):
        if (found := _TODO.search(line)) is not None:
            yield number, found[1].rstrip("\"'}, ")
