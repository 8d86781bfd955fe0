"""Trials: a contract's rows run against one server after the other; which rows were blamed, after how many requests."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context, parent_process
from pathlib import Path
from time import perf_counter
from typing import Any

from conformance import reference
from conformance.checks.model import Finding, Level, Verdict
from conformance.contract.contract import Contract
from conformance.contract.loader import read_contract
from conformance.contract.schema import Depth
from conformance.plan.model import RowPlan, count_requests
from conformance.plan.shared_reads import place_closing_reads
from conformance.prove.model import Blame, Catch, FaultProof, ProbePower
from conformance.prove.subjects import Subject, describe_fault
from conformance.results.model import RowResult
from conformance.session.contract_run import ContractRun, build_context, plan_rows
from conformance.target.loader import target_from_mapping

_WEIGHT = {Verdict.VIOLATES: Level.MUST, Verdict.DRIFTS: Level.SHOULD}
_CONTROL = "control "
"""What the place of a control's finding begins with."""
_NOT_AS_PROMISED = frozenset({"violation", "no-answer"})
_MOST = 240
"""Characters of what was expected and what came that a proof keeps."""


@dataclass(frozen=True, slots=True)
class TrialOptions:
    """How every server is tried."""

    depth: Depth
    seed: int
    own_rows: bool = False
    """Whether a wrong server is sent only the rows that it violates: which other rows would complain is not seen."""


def _try_contract(
    contract: Contract, profile: dict[str, Any], options: TrialOptions, expected: FaultProof | None
) -> tuple[ContractRun, tuple[Blame, ...], Mapping[str, RowPlan]]:
    """Run the rows in the order of a run; the run that has ended, who was blamed, and what was planned.

    With `expected`, it ends as soon as these rows have all run and one of them complains: what they say, and after how
    many requests, is the same as in a whole run; so it is with `own_rows`, where only what the plan says is counted of
    the others. Raises ConfigError for a profile that cannot be used.
    """
    target = target_from_mapping(profile, where=f"the embedded server of {contract.name}", environ={})
    plans = plan_rows(contract, target, contract.rows, options.depth, options.seed)
    alone = options.own_rows and expected is not None and options.depth != "smoke"
    tried = {name: plan for name, plan in plans.items() if not (alone and expected and name not in expected.rows)}
    runner = ContractRun(
        build_context(contract, target, options.depth, options.seed), place_closing_reads(tried) if alone else plans
    )
    blames: list[Blame] = []
    left = set(expected.rows) if expected else set()
    unsent = 0
    try:
        for name in sorted(plans, key=lambda one: plans[one].row.case.last):
            if options.own_rows and expected and name not in expected.rows:
                unsent += count_requests([plans[name]])
                continue
            before = runner.context.session.sent
            result = runner.result(name)
            blames += _blamed(result, unsent + before, unsent + runner.context.session.sent)
            left.discard(name)
            if expected and not left and replace(expected, blames=tuple(blames)).catching:
                break
    finally:
        runner.close()
    return runner, tuple(blames), plans


def _list_probes(plans: Iterable[RowPlan]) -> Iterator[ProbePower]:
    """What each row tries, in the order of the plan; a control that another row sends costs nothing."""
    for plan in plans:
        for stage in plan.probe_stages() if not plan.lacks else ():
            for probe in stage.probes:
                requests = 1 + (plan.repeats if probe is plan.probes[0] else 0)
                yield ProbePower(plan.row.id, probe.role, str(probe.label), requests)
        for control in plan.controls if not plan.lacks else ():
            requests = count_requests([RowPlan(plan.row, controls=(control,))])
            yield ProbePower(plan.row.id, "control", str(control.label), requests)


def _blamed(result: RowResult, before: int, sent: int) -> Iterator[Blame]:
    if result.verdict is Verdict.CONFORMS:
        return
    weighing = [item for item in result.findings if item.level is _WEIGHT.get(result.verdict)]
    seen = [(_after(result, item, before, sent), item) for item in weighing]
    after, first = min(seen, key=lambda pair: pair[0], default=(sent, None))
    doubted = (Catch(one.role, str(one.label)) for one in result.attempts if one.outcome in _NOT_AS_PROMISED)
    yield Blame(
        result.id,
        result.verdict,
        after,
        tuple(dict.fromkeys(item.check for item in weighing)),
        first.where if first else "",
        str(first.expected)[:_MOST] if first else "",
        str(first.actual)[:_MOST] if first else "",
        result.reason or "",
        tuple(dict.fromkeys(_catches(result, weighing) if first else doubted)),
    )


def _catches(result: RowResult, findings: Iterable[Finding]) -> Iterator[Catch]:
    """What was sent when these findings were made; a control, or a set-up, is one thing, whatever its calls."""
    sent = {made.n: made for made in result.exchanges}
    for item in findings:
        made = sent.get(item.exchange or 0)
        if made is not None and made.role == "control":
            yield Catch("control", item.where.removeprefix(_CONTROL))
        elif made is not None and made.role == "step":
            yield Catch("step", "set-up")
        elif made is not None:
            yield Catch(made.role, str(made.label))


def _after(result: RowResult, item: Finding, before: int, sent: int) -> int:
    """How many requests of the run were sent when a finding was made."""
    if item.exchange is None:
        return sent
    tries = sum(made.tries for made in result.exchanges if made.n <= item.exchange)
    return min(before + tries, sent)


@dataclass(frozen=True, slots=True)
class Trial:
    """A server that was tried: who was blamed, how many requests that took, how long."""

    subject: Subject
    blames: tuple[Blame, ...]
    requests: int
    seconds: float
    probes: tuple[ProbePower, ...] = ()
    """What was planned for it, in order; of the first trial of each contract only."""


def run_trials(subjects: Sequence[Subject], options: TrialOptions, workers: int) -> Iterator[Trial]:
    """Try all of them, as they are done. Whoever stops listening ends what has not begun."""
    context = get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin)
    firsts = {subject.contract: subject for subject in reversed(subjects)}
    try:
        trials = [
            pool.submit(run_trial, subject, options, with_probes=firsts[subject.contract] is subject)
            for subject in subjects
        ]
        for future in as_completed(trials):
            yield future.result()
    finally:
        # Once only: a second call, such as that of `with`, takes the cancelling back.
        pool.shutdown(wait=True, cancel_futures=True)


def run_trial(subject: Subject, options: TrialOptions, *, with_probes: bool = False) -> Trial:
    """Start the server, run the rows against it, end it. A conforming server's seed moves the suite's draws, too."""
    contract = _contract(subject.folder)
    faults = [subject.fault] if subject.fault is not None else []
    began = perf_counter()
    with reference.start(subject.contract, faults=faults, variants=subject.choices()) as server:
        seed = options.seed if subject.variants_seed is None else subject.variants_seed
        # A caught fault needs no more requests; a right server gets them all.
        known = reference.faults(contract.name) if faults else ()
        expected = next((describe_fault(fault, contract) for fault in known if fault.name == subject.fault), None)
        run, blames, plans = _try_contract(contract, server.profile, replace(options, seed=seed), expected)
    seconds = round(perf_counter() - began, 3)
    probes = tuple(_list_probes(plans.values())) if with_probes else ()
    return Trial(subject, blames, run.context.session.sent, seconds, probes)


@cache
def _contract(folder: Path) -> Contract:
    return read_contract(folder)


def _begin() -> None:
    """Ctrl-C is for the process that started these; when that one is killed, they end too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
