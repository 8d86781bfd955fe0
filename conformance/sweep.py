"""Deletes from a target what the ledger of a killed run lists, and nothing else.

Others may have changed the ledger. Therefore only things with a name of this suite are deleted, found by that name on
the target; only steps of the contract itself are sent; and only with the permissions of the profile.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from time import sleep

from conformance.contract.contract import Contract
from conformance.contract.schema import Step, find_steps
from conformance.engine.cleanup import look_and_delete, take_back
from conformance.engine.context import RunContext
from conformance.engine.entries import strike
from conformance.engine.evidence import Evidence
from conformance.engine.journal import Ledger, LedgerEntry, find_suite_names, read_open_entries
from conformance.explore.writes import is_of_own_record, set_back
from conformance.jsontools import canonical_text
from conformance.plan.model import PlannedStep
from conformance.plan.requirements import missing_for_steps
from conformance.plan.steps import plan_steps
from conformance.session.contract_run import build_context
from conformance.setup.credentials import obtain_credentials
from conformance.setup.fixtures import with_fixtures
from conformance.setup.renewal import with_renewal
from conformance.target.loader import Target


@dataclass(frozen=True, slots=True)
class SweepResult:
    """One entry of the ledger, and why something of it may remain (empty if nothing does)."""

    operation: str
    names: tuple[str, ...]
    row: str
    why: str


def sweep(contract: Contract, target: Target, path: Path) -> Iterator[SweepResult]:
    """Undo every open entry of this contract and target, last first, and strike each of which nothing remains.

    Raises ConfigError if the file is not a ledger.
    """
    expected = [
        entry
        for entry in read_open_entries(path)
        if entry.contract == contract.name and entry.base_url == target.base_url
    ]
    if not expected:
        return
    sleep(target.settle)  # reads may not show the last writes of the killed run before
    with closing(Ledger(path)) as ledger, closing(build_context(contract, target, "standard", seed=0)) as opened:
        obtained = obtain_credentials(replace(opened, ledger=ledger))
        context = with_renewal(obtained.context, frozenset(obtained.found))
        for entry in reversed(expected):
            why = _undo_entry(context, entry)
            yield SweepResult(entry.operation, entry.names, entry.row, context.redactor.text(why))


def _undo_entry(context: RunContext, entry: LedgerEntry) -> str:
    """Undo one entry; return why something may remain, or an empty text."""
    evidence = Evidence(context.redactor)
    names = tuple(name for name in entry.names if name in find_suite_names(name))
    steps = _steps_of_contract(context.contract, entry)
    if is_of_own_record(entry):
        return set_back(context, entry)
    lacking = {name: value for name, value in entry.fixtures.items() if name not in context.target.fixtures}
    context = with_fixtures(context, lacking) if lacking else context
    resource = context.created_resource(entry.operation)
    if resource is not None and (names or (resource.get and entry.made)):
        why = _describe_missing(context, plan_steps(context.contract, [resource.read, *resource.undo]))
        why = why or look_and_delete(context, evidence, replace(entry, names=names))
        if not why:
            strike(context, entry)
        return why
    if not steps or any(step.permission == "delete" for step in steps):
        known = ", ".join(f"{name} {value}" for name, value in entry.captures.items())
        known = f" (its {known})" if known else ""
        what = "nothing lists what it makes" if names else "it bears no name of this suite by which it could be found"
        return f"{what}{known}: look on the target, and delete the ledger once all is in order"
    return _describe_missing(context, iter(steps)) or take_back(context, evidence, entry)


def _describe_missing(context: RunContext, steps: Iterable[PlannedStep]) -> str:
    """Return what the profile lacks for these steps as a reason, or an empty text."""
    missing = dict.fromkeys(missing_for_steps(context.contract, context.target, tuple(steps)))
    return f"needs {', '.join(missing)}" if missing else ""


def _steps_of_contract(contract: Contract, entry: LedgerEntry) -> tuple[PlannedStep, ...]:
    """Return the steps of an entry if every one is a step of this contract, else none."""
    contract_steps = find_steps(contract.file, *(row.case for row in contract.rows))
    known = {canonical_text(step.model_dump(by_alias=True, exclude_unset=True, mode="json")) for step in contract_steps}
    if not entry.steps or any(canonical_text(step) not in known for step in entry.steps):
        return ()
    return plan_steps(contract, [Step.model_validate(step) for step in entry.steps])
