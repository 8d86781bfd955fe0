"""What a reference server can be asked for: ways to be wrong (faults) and ways to be right (freedoms).

A fault is a departure from the vendor's table in one decision. A freedom is a question that the documents leave open,
with the answers that a conforming server may give; the first is the default.
"""

from __future__ import annotations

import difflib
import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from conformance.errors import ConfigError, Problem

__all__ = ["Fault", "Freedom", "Row", "chosen", "drawn", "known"]

Row = tuple[str, int]
"""A row of a vendor's table: the table's name, and its number counted from 1."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One named way to be wrong.

    `rows` are the rows that such a server violates, none where no row speaks of it; `aspect` is what is wrong with it
    (`status`, `message`, `edge`, `effect`, `leak`, …); `wording_only` says that no more than a message has changed,
    which is drift and no violation.
    """

    name: str
    contract: str
    rows: tuple[Row, ...]
    aspect: str
    sentence: str
    wording_only: bool = False


@dataclass(frozen=True, slots=True)
class Freedom:
    """One question that the documents leave open.

    Where it is `rare`, other choices than the default are seldom drawn; where it has to be `asked_for`, never.
    """

    name: str
    choices: tuple[str, ...]
    sentence: str
    rare: bool = False
    asked_for: bool = False

    @property
    def default(self) -> str:
        """What a server does where nothing was asked for."""
        return self.choices[0]


def known(kind: str, name: str, names: Collection[str]) -> Iterable[Problem]:
    """A problem if `name` is none of `names`, with the nearest of them; nothing otherwise."""
    if name not in names:
        near = difflib.get_close_matches(name, list(names), n=3, cutoff=0.4)
        mend = f"did you mean {' or '.join(near)}?" if near else f"there are {len(names)}, such as {_some(names)}"
        yield Problem(kind, f"no such {kind}: {name!r}", mend)


def chosen(freedoms: Sequence[Freedom], wanted: Mapping[str, str]) -> dict[str, str]:
    """A choice for every freedom: the wanted one, else the default.

    Raises Unusable with every unknown freedom and every unknown choice.
    """
    by_name = {freedom.name: freedom for freedom in freedoms}
    problems: list[Problem] = []
    for name, choice in wanted.items():
        problems += known("freedom", name, by_name)
        if name in by_name:
            problems += known(f"choice of {name}", choice, by_name[name].choices)
    if problems:
        raise ConfigError(problems)
    return {freedom.name: wanted.get(freedom.name, freedom.default) for freedom in freedoms}


def drawn(freedoms: Sequence[Freedom], seed: int) -> dict[str, str]:
    """A choice for every freedom, always the same for a seed."""
    lot = random.Random(f"freedoms-{seed}")  # noqa: S311 - it has to be repeatable, not secret
    choices: dict[str, str] = {}
    for freedom in freedoms:
        choice = lot.choice(freedom.choices)
        kept = freedom.asked_for or (freedom.rare and lot.random() > 0.1)
        choices[freedom.name] = freedom.default if kept else choice
    return choices


def _some(names: Collection[str]) -> str:
    return ", ".join(sorted(names)[:3])
