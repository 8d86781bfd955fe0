"""One run of a contract's rows against one server, boiled down to what was blamed, and after how many requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.checks.model import Finding, Level, Verdict
from conformance.contract.contract import Contract
from conformance.contract.schema import Depth
from conformance.contract_run import ContractRun, build_context, plan_rows
from conformance.prove.model import Blame
from conformance.results.model import RowResult
from conformance.target.loader import target_from_mapping

__all__ = ["SuspectRows", "try_contract"]


@dataclass(frozen=True, slots=True)
class SuspectRows:
    """Rows that are expected to complain, and the verdicts that count."""

    rows: frozenset[str]
    verdicts: frozenset[Verdict]

    def counts(self, blame: Blame) -> bool:
        """Whether it is one of these rows that complains, and loud enough."""
        return blame.row in self.rows and blame.verdict in self.verdicts


_WEIGHT = {Verdict.VIOLATES: Level.MUST, Verdict.DRIFTS: Level.SHOULD}
_MOST = 240
"""Characters of what was wanted and got: a proof says what was seen, the report of a run shows it."""


def try_contract(
    contract: Contract, profile: dict[str, Any], depth: Depth, seed: int, expected: SuspectRows | None = None
) -> tuple[tuple[Blame, ...], int]:
    """Run the rows in the order of a run; who was blamed, and how many requests were sent.

    With `wanted`, it ends as soon as these rows have all run and one of them complains: what they say, and after how
    many requests, is the same as in a whole run. Raises Unusable for a profile that cannot be used.
    """
    target = target_from_mapping(profile, where=f"the embedded server of {contract.name}", environ={})
    plans = plan_rows(contract, target, contract.rows, depth, seed)
    runner = ContractRun(build_context(contract, target, depth, seed), plans)
    blames: list[Blame] = []
    left = set(expected.rows) if expected else set()
    try:
        for name in sorted(plans, key=lambda one: plans[one].row.case.last):
            before = runner.context.session.sent
            blames += _blamed(runner.result(name), before, runner.context.session.sent)
            left.discard(name)
            if expected and not left and any(expected.counts(blame) for blame in blames):
                break
    finally:
        runner.close()
    return tuple(blames), runner.context.session.sent


def _blamed(result: RowResult, before: int, sent: int) -> Iterator[Blame]:
    if result.verdict is Verdict.CONFORMS:
        return
    weighing = [item for item in result.findings if item.level is _WEIGHT.get(result.verdict)]
    seen = [(_after(result, item, before, sent), item) for item in weighing]
    checks = tuple(dict.fromkeys(item.check for item in weighing))
    if not seen:
        yield Blame(result.id, result.verdict, sent, checks, reason=result.reason or "")
        return
    after, first = min(seen, key=lambda pair: pair[0])
    yield Blame(
        result.id,
        result.verdict,
        after,
        checks,
        first.where,
        str(first.expected)[:_MOST],
        str(first.actual)[:_MOST],
        result.reason or "",
    )


def _after(result: RowResult, item: Finding, before: int, sent: int) -> int:
    """How many requests of the run were sent when a finding was made."""
    if item.exchange is None:
        return sent
    tries = sum(made.tries for made in result.exchanges if made.n <= item.exchange and not made.shared)
    return min(before + tries, sent)
