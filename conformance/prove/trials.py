"""Runs a contract's rows against reference servers, and records which rows blamed them after how many requests."""

import os
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context, parent_process
from pathlib import Path
from time import perf_counter

from conformance import reference
from conformance.checks.model import Finding, Level, Verdict
from conformance.contract.loader import read_contract
from conformance.contract.schema import Depth
from conformance.plan.model import count_requests
from conformance.plan.shared_reads import place_closing_reads
from conformance.prove.model import Blame, FaultProof, RightServerProof, ServerProof
from conformance.results.model import RowResult
from conformance.session.contract_run import ContractRun, build_context, plan_rows
from conformance.target.loader import target_from_mapping

_WEIGHT = {Verdict.VIOLATES: Level.MUST, Verdict.DRIFTS: Level.SHOULD}
_NOT_AS_PROMISED = frozenset({"violation", "no-answer"})
_MOST = 240
"""The most characters of expected and actual values that a proof keeps."""


@dataclass(frozen=True, slots=True)
class TrialOptions:
    folders: Mapping[str, Path]
    depth: Depth
    seed: int
    own_rows: bool = False
    """Whether only the rows that a fault violates are run on its server, so that blames of other rows are not seen."""


def run_trials(servers: Sequence[ServerProof], options: TrialOptions, workers: int) -> Iterator[ServerProof]:
    """Yield each server when its trial ends; closing the iterator cancels trials that have not begun."""
    context = get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_initialize_worker)
    try:
        for future in as_completed([pool.submit(run_trial, server, options) for server in servers]):
            yield future.result()
    finally:
        # Not by `with`, because its second call of shutdown would undo the cancellation.
        pool.shutdown(wait=True, cancel_futures=True)


def run_trial(server: ServerProof, options: TrialOptions) -> ServerProof:
    """Start a server, run the rows against it, and stop it; a conforming server's seed is also the suite's.

    A faulty one is stopped as soon as all rows that it violates have run and one of them has caught it; their blames
    and numbers of requests are the same as in a whole run. With `own_rows`, requests of the other rows are counted from
    the plan.
    """
    contract, began = read_contract(options.folders[server.contract]), perf_counter()
    wrong = server if isinstance(server, FaultProof) else None
    rows = wrong.rows if wrong else [row.id for row in contract.rows]
    variants, seed = {}, options.seed
    if isinstance(server, RightServerProof):
        variants, seed = server.variants, options.seed if server.seed is None else server.seed
    with reference.start(contract.name, faults=[wrong.name] if wrong else [], variants=variants) as running:
        where = f"the embedded server of {contract.name}"
        target = target_from_mapping(running.profile, where=where, environ={})
        plans = plan_rows(contract, target, contract.rows, options.depth, seed)
        left_out = plans.keys() - set(rows) if options.own_rows else frozenset[str]()
        tried = {name: plan for name, plan in plans.items() if name not in left_out}
        alone = bool(left_out) and options.depth != "smoke"
        run = ContractRun(
            build_context(contract, target, options.depth, seed), place_closing_reads(tried) if alone else plans
        )
        blames, left, unsent = list[Blame](), set(rows), 0
        try:
            for name in sorted(plans, key=lambda one: plans[one].row.case.last):
                if name in left_out:
                    unsent += count_requests([plans[name]])
                    continue
                before = run.context.session.sent
                result = run.result(name)
                blames += _find_blame(result, unsent + before, unsent + run.context.session.sent)
                left.discard(name)
                if wrong and not left and replace(wrong, blames=tuple(blames)).catching:
                    break
        finally:
            run.close()
    seconds = round(perf_counter() - began, 3)
    return replace(server, blames=tuple(blames), requests=run.context.session.sent, seconds=seconds)


def _find_blame(result: RowResult, before: int, sent: int) -> Iterator[Blame]:
    if result.verdict is Verdict.CONFORMS:
        return
    weighing = [item for item in result.findings if item.level is _WEIGHT.get(result.verdict)]
    seen = [(_count_requests_until(result, item, before, sent), item) for item in weighing]
    after, first = min(seen, key=lambda pair: pair[0], default=(sent, None))
    doubted = (str(one.label) for one in result.attempts if one.outcome in _NOT_AS_PROMISED)
    yield Blame(
        result.id,
        result.verdict,
        after,
        tuple(dict.fromkeys(item.check for item in weighing)),
        first.where if first else "",
        str(first.expected)[:_MOST] if first else "",
        str(first.actual)[:_MOST] if first else "",
        result.reason or "",
        tuple(dict.fromkeys(_label_catches(result, weighing) if first else doubted)),
    )


def _label_catches(result: RowResult, findings: Iterable[Finding]) -> Iterator[str]:
    """Yield the labels of what showed these findings; all calls of a control or set-up have one label."""
    sent = {made.n: made for made in result.exchanges}
    for item in findings:
        made = sent.get(item.exchange or 0)
        if made is not None and made.role == "control":
            yield str(item.where)
        elif made is not None and made.role == "step":
            yield "set-up"
        elif made is not None:
            yield str(made.label)


def _count_requests_until(result: RowResult, item: Finding, before: int, sent: int) -> int:
    """Return how many requests the run had sent when a finding was made."""
    if item.exchange is None:
        return sent
    tries = sum(made.tries for made in result.exchanges if made.n <= item.exchange)
    return min(before + tries, sent)


def _initialize_worker() -> None:
    """Ignore Ctrl-C in a worker, because the parent handles it; exit when the parent is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
