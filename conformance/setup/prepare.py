"""Prepares a target before a run, and deletes what was created on it after the run."""

from collections.abc import Iterator
from time import sleep
from typing import Final

from conformance.client.builder import PlaceholderScope
from conformance.client.connection import wait_until_listening
from conformance.engine.cleanup import INTERRUPTED, describe_left, look_for_leftovers, run_steps, take_back
from conformance.engine.context import RunContext
from conformance.engine.entries import record_again
from conformance.engine.evidence import Evidence
from conformance.engine.journal import LedgerEntry
from conformance.engine.ownership import find_twice_made
from conformance.messages import Message
from conformance.plan.setup import fixtures_to_make
from conformance.setup.credentials import SetupResult, obtain_credentials
from conformance.setup.fixtures import check_fixture, discover_fixtures, drop_dangerous, is_usable, with_fixtures
from conformance.setup.renewal import with_renewal

_SECONDS_TO_ARRIVE: Final = 1.0
"""Seconds to wait after an interrupted request, which may still reach the target within this time."""


def prepare_target(context: RunContext) -> RunContext:
    """Wait until the target listens, then obtain credentials, and find or create fixtures that the profile leaves out.

    Returns the context with all of them. Remarks for the report are added to the warnings of the run. How long to wait
    for a target that is still starting is set by the profile; nothing is raised if it does not listen then.
    """
    target = context.target
    wait_until_listening(target.proxy or target.base_url, target.wait_for)
    obtained = obtain_credentials(context)
    evidence = Evidence(context.redactor)
    discovery = discover_fixtures(drop_dangerous(obtained.context, evidence))
    context = _create_fixtures(discovery.context, evidence)
    notes: list[str] = [*context.shared.wrong.values()]
    for name, commands in obtained.found.items():
        notes.append(
            Message("{name} was obtained by {n} requests, as the profile leaves it out", name=name, n=obtained.requests)
        )
        if commands:
            notes.append(Message("to obtain {name} in a shell: {commands}", name=name, commands=commands))
    for name, why in obtained.missed.items():
        notes.append(Message("{name} could not be obtained: {reason}", name=name, reason=why))
    notes += _describe_found(context, discovery)
    notes += evidence.warnings
    context.shared.count_outside_rows(evidence)
    context.shared.warn(notes)
    return with_renewal(context, frozenset(obtained.found))


def renew_fixtures(context: RunContext) -> RunContext:
    """Create fixtures of the contract again that no longer exist; return the context with them."""
    evidence = Evidence(context.redactor)
    with evidence.count_as("confirmed"):
        checks = {
            name: check_fixture(context, evidence, name)
            for name, named in context.contract.file.fixtures.items()
            if named.make is not None and name in context.target.fixtures
        }
        lost = [name for name, shown in checks.items() if shown is not None and not is_usable(shown)]
        context = _create_fixtures(with_fixtures(context, {}, without=lost), evidence)
    context.shared.count_outside_rows(evidence)
    context.shared.warn(evidence.warnings)
    return context


def clean_up_target(context: RunContext) -> tuple[str, ...]:
    """Delete what is left, last first, if a row is in doubt also by name; return a warning for what may remain."""
    with context.shared.lock:
        left, context.shared.left = context.shared.left, {}
    if any(key[0] == INTERRUPTED for key in left):
        sleep(max(_SECONDS_TO_ARRIVE, context.target.settle))
    evidence = Evidence(context.redactor)
    reasons = [(entry, take_back(context, evidence, entry)) for entry in reversed(left.values())]
    warnings: list[str] = [describe_left(entry.operation, why) for entry, why in reasons if why]
    warnings += [Message("a deletion after the rows was answered 500")] if evidence.findings else []
    for operation, name in find_twice_made(context):
        entry = LedgerEntry(context.contract.name, context.target.base_url, operation, names=(name,))
        why = take_back(context, evidence, record_again(context, entry))
        warnings += [describe_left(operation, why)] if why else []
    if context.shared.is_in_doubt():
        warnings += look_for_leftovers(context, evidence)
    context.shared.count_outside_rows(evidence)
    return tuple(warnings)


def _create_fixtures(context: RunContext, evidence: Evidence) -> RunContext:
    """Create the fixtures that the contract can create and the profile permits; return the context with them."""
    lacking = fixtures_to_make(context.contract, lambda: context.target)  # lazy: includes fixtures made meanwhile
    for name, making in lacking:
        captures: dict[str, object] = {}
        label = Message("fixture {name}", name=name)
        sequence = run_steps(context, evidence, making.steps, captures, label=label, role="step", salt=making.salt)
        if sequence.passed and name in captures:
            context = with_fixtures(context, {name: captures[name]})
            evidence.warnings.append(Message("{name} was made for this run, and is deleted at its end", name=name))
        else:
            evidence.warnings.append(
                Message("{name} could not be made for this run: {reason}", name=name, reason=sequence.why)
            )
    return context


def _describe_found(context: RunContext, discovery: SetupResult) -> Iterator[str]:
    """Yield a remark with the values of the fixtures that were found, if any."""
    fill = context.builder.fill_known
    found = {name: fill(f"{{fixture.{name}}}", PlaceholderScope(), "") for name in discovery.found}
    values = ", ".join(f"{name}: {value}" for name, value in found.items())
    if values:
        template = Message(
            "found on the target by {n} reads, as the profile leaves it out: {values}",
            n=discovery.requests,
            values=values,
        )
        yield context.redactor.text(template)
