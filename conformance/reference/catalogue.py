"""The options of a reference server: faults, and variants of conforming behaviour.

A fault is a named deviation from the vendor's documents. A variant is a question that the documents leave open.
"""

import difflib
import random
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from conformance.errors import ConfigError, Problem

Row = tuple[str, int]
"""A row of a vendor's error tables: the table's name, and the row's number counted from 1."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a server can be wrong, described by its name.

    `rows` are the rows that such a server violates; empty if no row of the tables covers it. `kind` is what is wrong
    (`status`, `message`, `edge`, `effect`, `leak`, …). With `wording_only`, only the text of a message differs, which
    is a drift and not a violation.
    """

    name: str
    rows: tuple[Row, ...]
    kind: str
    wording_only: bool = False

    @property
    def rejects_valid(self) -> bool:
        """Whether such a server rejects valid requests, or accepts them without carrying them out."""
        return self.kind == "control"


Variants = Mapping[str, tuple[str, ...]]
"""Questions that the documents leave open, each with the choices of a conforming server. The first is the default."""
_RARE: Final = frozenset({"error_body", "wording", "latency_ms"})
"""Variants that keep their default in nine of ten random servers."""


def unknown_name_problems(kind: str, name: str, names: Collection[str]) -> Iterable[Problem]:
    """Yield a problem that suggests similar names if `name` is not one of `names`."""
    if name not in names:
        near = difflib.get_close_matches(name, list(names), n=3, cutoff=0.4)
        some = ", ".join(sorted(names)[:3])
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {len(names)}, such as {some}"
        yield Problem(kind, f"no such {kind}: {name!r}", hint)


def choose_variants(variants: Variants, requested: Mapping[str, str]) -> dict[str, str]:
    """Return a choice for every variant: the requested one, else the default.

    Raises ConfigError with a problem for every unknown variant and every unknown choice.
    """
    problems: list[Problem] = []
    for name, choice in requested.items():
        problems += unknown_name_problems("variant", name, variants)
        problems += unknown_name_problems(f"choice of {name}", choice, variants.get(name, (choice,)))
    if problems:
        raise ConfigError(problems)
    return {name: choices[0] for name, choices in variants.items()} | dict(requested)


def draw_variants(variants: Variants, seed: int) -> dict[str, str]:
    """Return a random choice for every variant, the same for the same seed."""
    source = random.Random(f"variants-{seed}")  # noqa: S311 - must be repeatable, not secret
    drawn: dict[str, str] = {}
    for name, choices in variants.items():
        choice = source.choice(choices)
        drawn[name] = choices[0] if name in _RARE and source.random() > 0.1 else choice
    return drawn
