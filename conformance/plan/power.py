"""The order by power: next is what shows most of the faults that nothing before it shows."""

import heapq
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from conformance.contract.contract import Contract, Row
from conformance.contract.power import ProbeKey
from conformance.plan.model import Probe

Faults = frozenset[Any]
"""Faults of a reference server, by number or by name."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that may be sent: what it shows, how many requests it takes, and `after` which other offer, if any."""

    name: ProbeKey
    faults: Faults
    requests: float = 1.0
    after: ProbeKey | None = None
    at_once: bool = False
    """Whether it comes before all offers that are not."""


def order_offers(offers: Sequence[Offer]) -> Iterator[Offer]:
    """Every offer: those that go at once, then what shows most for each request. Of equals the first is taken."""
    shown, waiting = set[Any](), {offer.name: offer for offer in offers}
    order = {offer.name: number for number, offer in enumerate(offers)}
    blocked: dict[ProbeKey, list[Offer]] = {}
    heap: list[tuple[bool, float, int, ProbeKey]] = []

    def value(offer: Offer) -> float:
        return len(offer.faults - shown) / offer.requests

    def push(offer: Offer) -> None:
        heapq.heappush(heap, (not offer.at_once, -value(offer), order[offer.name], offer.name))

    for offer in offers:
        if offer.after is not None and offer.after in waiting:
            blocked.setdefault(offer.after, []).append(offer)
        else:
            push(offer)
    while heap:
        _, estimate, _, name = heapq.heappop(heap)
        offer = waiting[name]
        if -value(offer) > estimate:  # less than when it was put in: what others show by now
            push(offer)
            continue
        shown.update(offer.faults)
        yield offer
        for freed in blocked.pop(name, ()):
            push(freed)


def faults_shown(contract: Contract, row: str, label: str) -> Faults:
    """Return what a probe shows, as measured for it, or else for its input in another language or operation.

    In which of them an input is tried depends on the languages of the target and on what it has for the inputs before.
    """
    if (row, label) in contract.power:
        return contract.power[row, label]
    tried, operation = _split_label(label)
    parts = [(_split_label(name), faults) for (other, name), faults in contract.power.items() if other == row]
    alike = {where: faults for (name, where), faults in parts if name == tried}
    return alike.get(operation) or next(iter(alike.values()), frozenset())


@cache
def _split_label(label: str) -> tuple[str, str]:
    """Return input and operation: `limit=-1` and `v1` of `limit=-1 [_lang=en] (v1) beside offset=3`."""
    found = re.match(r"(.*?)(?: \[[^]]*])?(?: \(([^)]*)\))?(?: beside .*)?$", label, re.DOTALL)
    return (found[1], found[2] or "") if found else (label, "")


def order_probes(contract: Contract, row: Row, probes: Sequence[Probe]) -> list[Probe]:
    """The probes of a row by power, but the first and those sent once more; as written if that has a meaning."""
    if not contract.power or row.case.only_example:
        return list(probes)
    last = [probe for probe in probes if probe.is_repetition]
    rest = [probe for probe in probes if not probe.is_repetition]
    offers = [
        Offer((row.id, str(number)), faults_shown(contract, row.id, str(probe.label)), at_once=number == 0)
        for number, probe in enumerate(rest)
    ]
    return [*(rest[int(offer.name[1])] for offer in order_offers(offers)), *last]


def order_rows(contract: Contract, rows: Iterable[Row]) -> list[Row]:
    """Rows by power for what they cost; those that only read go first, those that use something up last."""
    selected = list(rows)
    if contract.power:
        place = {offer.name[0]: number for number, offer in enumerate(order_offers(_whole_rows(contract)))}
        writing = {name for name, operation in contract.operations.items() if operation.permission != "read"}
        selected.sort(key=lambda row: (any(ref.call in writing for ref in row.operations), place[row.id]))
    return sorted(selected, key=lambda row: row.case.last)


def _whole_rows(contract: Contract) -> list[Offer]:
    """Each row as a whole: everything that it shows, for about as many requests as it sends."""
    shown: dict[str, list[Faults]] = {row.id: [] for row in contract.rows}
    for (row_id, _), faults in contract.power.items():
        if row_id in shown:
            shown[row_id].append(faults)
    return [
        Offer(
            (row.id, ""),
            frozenset().union(*shown[row.id]),
            len(shown[row.id]) + len(row.case.before) + len(row.case.after) + 2 * len(row.case.unchanged) + 1,
        )
        for row in contract.rows
    ]
