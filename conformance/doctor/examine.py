"""Examines a target: reachability, credentials, fixtures, permissions, pace, requests of a run, missing inputs."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

from conformance.client.builder import PlaceholderScope
from conformance.contract.contract import Contract
from conformance.contract.request_template import RequestPatch, merge_patches
from conformance.contract.schema import Depth, NamedInput
from conformance.doctor.model import Diagnosis, Fact, MissingRequirement, RequestLoad, State
from conformance.doctor.reachability import check_reachable, redirect_of
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.http import NoResponse, Outcome
from conformance.messages import format_count
from conformance.plan.model import RowPlan
from conformance.plan.requirements import is_known_name
from conformance.plan.setup import SetupPlan, plan_setup, setup_steps
from conformance.plan.steps import DEPTHS, PERMISSION_ORDER, operation_patch, permission_of
from conformance.quantities import read_pace
from conformance.report.format import format_values
from conformance.session.contract_run import build_context, count_exploration, plan_rows
from conformance.setup.fixtures import check_fixture, discover_fixtures, is_usable
from conformance.target.loader import Target
from conformance.yaml_document import dump_flow

_WHOLE = ("credential", "request")
"""The parts of a request whose edges may be about the credential."""


def examine_target(contract: Contract, target: Target, seed: int = 0) -> Diagnosis:
    """Examine a target by reads alone, whatever its profile allows; return the diagnosis."""
    reading = replace(target, allow=frozenset())
    with closing(build_context(contract, reading, "standard", seed)) as context:
        return _examine(contract, target, context)


def _examine(contract: Contract, target: Target, context: RunContext) -> Diagnosis:
    facts = list(check_reachable(context))
    there = not any(fact.state == "bad" for fact in facts)
    found: Mapping[str, object] = {}
    missed: Mapping[str, str] = {}
    if there:
        facts += _check_credentials(context, target)
        discovery = discover_fixtures(context)
        context, found, missed = discovery.context, discovery.found, discovery.missed
        refused = (fact for fact in facts if fact.state == "bad" and fact.about == contract.file.credential)
        facts += _check_fixtures(context, found, missed, next(refused, None))
    facts += _permissions(target)
    facts += _pace(contract, target)
    set_up = plan_setup(contract, target)
    obtains = set_up.target.credentials.keys() - target.credentials.keys()
    # If a run obtains a credential first, a fixture that is not found without it may still exist.
    full = plan_setup(
        contract, replace(context.target, allow=target.allow), frozenset() if obtains else missed.keys()
    ).target
    plans: dict[Depth, dict[str, RowPlan]] = {
        depth: plan_rows(contract, full, contract.rows, depth, context.seed) for depth in DEPTHS
    }
    standard = plans["standard"]
    return Diagnosis(
        title=contract.file.title,
        base_url=target.base_url,
        facts=context.redactor.redact(tuple(facts)),
        loads=tuple(_estimate_load(replace(context, target=full), depth, plans[depth], set_up) for depth in DEPTHS),
        missing=tuple(missing_rows(contract, full, standard)),
        rows=len(standard),
        exercised=sum(not plan.lacks for plan in standard.values()),
        requests=context.session.sent,
    )


def _check_credentials(context: RunContext, target: Target) -> Iterator[Fact]:
    """Yield a fact for each credential, by a read with it if one can show whether it works."""
    file = context.contract.file
    used_up = {
        row.case.request.credential for row in context.contract.rows if row.case.repeat and row.case.request.credential
    }
    for name, named in file.credentials.items():
        credential = context.target.credentials.get(name)
        if credential is None and named.obtain:
            yield _check_obtainable(replace(context, target=target), name, named.obtain)
        elif credential is None:
            yield Fact("credentials", name, "note", f"not given: {named.about}")
        elif name in used_up:
            yield Fact("credentials", name, "unknown", "given; not tried, for its allowance is there to be used up")
        elif credential.header is None:
            yield Fact("credentials", name, "unknown", "given; not tried, for logging in is more than a read")
        else:
            yield _check_by_read(context, name)


def _check_obtainable(context: RunContext, name: str, chain: str) -> Fact:
    missing = setup_steps(context.contract, context.target, "obtain", name).missing
    if missing:
        return Fact("credentials", name, "note", f"not given, and to obtain it a run needs {', '.join(missing)}")
    return Fact("credentials", name, "unknown", f"not given; a run obtains it by {chain}, which is more than a read")


def _requests_to_refuse(context: RunContext, name: str) -> dict[str, tuple[RequestPatch, tuple[int, ...]]]:
    """Return for each operation a row's request that a credential provokes the row with, and the row's statuses."""
    found: dict[str, tuple[RequestPatch, tuple[int, ...]]] = {}
    for row in context.contract.rows:
        edges = [(part, edge) for part, item in row.case.vary.items() for edge in item.edges.values()]
        varied = [edge.get("credential") if isinstance(edge, dict) else edge for part, edge in edges if part in _WHOLE]
        if name in (row.case.request.credential, *varied):
            for operation in row.operations:
                own = merge_patches(row.case.request.list_members(), operation.request.list_members())
                found.setdefault(operation.call, (own.list_members(), row.case.expect.statuses))
    return found


def _check_by_read(context: RunContext, name: str) -> Fact:
    """Send one read with a credential: it must succeed, or be refused as a row says that the credential provokes."""
    missing_names = []
    refused = {} if name == context.contract.file.credential else _requests_to_refuse(context, name)
    for operation in refused or context.contract.file.operations:
        called = context.contract.operations[operation]
        own, statuses = refused.get(operation, ({}, ()))
        template = merge_patches(operation_patch(context.contract, operation), own, {"credential": name})
        permission = permission_of(context.contract, operation, template)
        if permission != "read" or called.method != "GET" or called.spec.credential == "none":
            continue
        try:
            request = context.builder.build(operation, template, "read", PlaceholderScope(salt="doctor"))
        except LookupError as missing:
            missing_names.append(str(missing).replace("fixture.", "fixtures."))
            continue
        outcome = context.session.send(request, asked_for=frozenset(statuses)).outcome
        return Fact("credentials", name, *_judge_read(operation, outcome, statuses))
    needs = f"needs {', '.join(dict.fromkeys(missing_names))}" if missing_names else ""
    reads = "the rows that use it do more than read" if refused else "there is no operation that only reads"
    return Fact("credentials", name, "unknown", f"given; not tried: {needs or reads}")


def _judge_read(operation: str, outcome: Outcome, refusals: Collection[int]) -> tuple[State, str]:
    if isinstance(outcome, NoResponse):
        return "bad", f"{operation} was not answered ({outcome.kind}: {outcome.detail})"
    gave, denied = f"{operation} gave {outcome.status}", outcome.status in (401, 403, *refusals)
    if refusals:
        return ("good", f"refused, as it must be: {gave}") if denied else ("bad", f"not refused: {gave}")
    if (place := redirect_of(outcome)) is not None:
        return "bad", f"{operation} was redirected to {place}; correct base_url"
    if denied:
        return "bad", f"does not work: {gave}"
    return ("good", f"works: {gave}") if outcome.status < 300 else ("unknown", f"cannot be known: {gave}")


def _check_fixtures(
    context: RunContext, found: Mapping[str, object], missed: Mapping[str, str], credential: Fact | None
) -> Iterator[Fact]:
    """Yield a fact for each fixture, by reads unless the `credential` for them does not work."""
    evidence = Evidence(context.redactor)
    for name, named in context.contract.file.fixtures.items():
        if name in found:
            value = context.target.fixtures.get(name)
            yield Fact("fixtures", name, "good", f"not in the profile, found on the target: {value}")
        elif not is_known_name(context.contract, context.target, (name,)):
            yield Fact("fixtures", name, "note", f"not given{f' ({missed[name]})' if name in missed else ''}")
        elif credential is not None and named.check:
            why = f"given; not looked at, as credentials.{credential.about} does not work"
            yield Fact("fixtures", name, "unknown", why)
        else:
            yield _check_one_fixture(context, evidence, name, named)


def _check_one_fixture(context: RunContext, evidence: Evidence, name: str, named: NamedInput) -> Fact:
    fact = partial(Fact, "fixtures", name)
    own = "" if name in context.target.fixtures else "not in the profile, the contract's own is taken; "
    if not named.check:
        return fact("unknown", f"{own or 'given; '}reads do not show whether it is right")
    chain = check_fixture(context, evidence, name)
    if chain is None:
        return fact("unknown", f"{own}not looked at: that needs what the profile does not give")
    if is_usable(chain):
        return fact("good", f"{own}as it should be")
    if chain.lacking or chain.broken is None:
        return fact("unknown", f"{own}not looked at: {chain.why}")
    wrong = chain.broken.found[0] if chain.broken.found else None
    detail = chain.why
    if wrong:
        expected, actual = format_values(wrong)
        detail = f"{wrong.check}: expected {expected}, got {actual}"
    what = context.redactor.text(f"not as it should be: {chain.broken.step.operation}, {detail}")
    return fact("unknown" if chain.broken.exchange.response is None else "bad", own + what[:300])


def _permissions(target: Target) -> Iterator[Fact]:
    meaning = {
        "read": "always given",
        "write": "requests that are meant to be rejected, and controls that change something",
        "delete": "makes things, such as uploads, and deletes them again",
        "exhaust": "uses a limit up",
    }
    for permission, what in meaning.items():
        allowed = permission == "read" or permission in target.allow
        yield Fact(
            "permissions", permission, "good" if allowed else "note", f"{'' if allowed else 'not given: '}{what}"
        )


def _pace(contract: Contract, target: Target) -> Iterator[Fact]:
    documented = f"; the vendor documents {contract.file.pace}" if contract.file.pace else ""
    if target.pace:
        requests = format_count(target.pace[0], "requests")
        yield Fact("pace", "pace", "good", f"{requests} in {target.pace[1]:g} s{documented}")
    else:
        yield Fact("pace", "pace", "note", f"none is set: as fast as the target answers{documented}")


def _estimate_load(context: RunContext, depth: Depth, plans: Mapping[str, RowPlan], set_up: SetupPlan) -> RequestLoad:
    requests = chain(set_up.before, *(plan.schedule() for plan in plans.values()), set_up.after)
    counts = Counter(request.permission for request in requests if not request.condition)
    explored = count_exploration(replace(context, depth=depth), context.contract.explored_operations)
    total = sum(counts.values()) + explored
    documented = context.contract.file.pace
    pace = context.target.pace or read_pace(documented)
    seconds = None if pace is None else max(0.0, (total / pace[0] - 1)) * pace[1]
    words = "" if pace is None else f"{'the' if context.target.pace else 'the documented'} pace {pace[0]}/{pace[1]:g}s"
    return RequestLoad(
        depth,
        tuple((permission, counts[permission]) for permission in PERMISSION_ORDER if counts[permission]),
        explored,
        seconds,
        words,
    )


def missing_rows(contract: Contract, target: Target, plans: Mapping[str, RowPlan]) -> Iterator[MissingRequirement]:
    """Yield each requirement without which rows are not exercised, the one with the most rows first."""
    rows: dict[str, list[str]] = {}
    for name, plan in plans.items():
        for missing in plan.lacks:
            rows.setdefault(missing, []).append(name)
    for missing, names in sorted(rows.items(), key=lambda item: -len(item[1])):
        line, how = suggest_profile_line(contract, target, missing)
        yield MissingRequirement(missing, line, how, tuple(names))


def suggest_profile_line(contract: Contract, target: Target, missing: str) -> tuple[str, str]:
    """Return the line of a profile that provides a missing requirement, and how to get the value."""
    if missing.startswith("allow: "):
        expected = sorted({*target.allow, missing.removeprefix("allow: ")})
        return f"allow: [{', '.join(expected)}]", "or --allow for one run"
    section, _, name = missing.partition(".")
    if missing.startswith("a way to provoke it"):
        return "", ""  # no profile can provide it
    if section not in ("credentials", "fixtures", "vantages", "hooks"):
        return missing, ""
    head, *rest = name.split(".")
    named: NamedInput = getattr(contract.file, section)[head]
    value = _select_members(named.example_in(section) or "…", rest)
    return f"{section}: {dump_flow({head: value})}", " ".join(filter(None, [named.about, named.get]))


def _select_members(value: Any, members: list[str]) -> Any:
    """Return the part of an example value below these members, as nested mappings."""
    if not members:
        return value
    first, *rest = members
    return {first: _select_members(value.get(first, "…") if isinstance(value, dict) else "…", rest)}
