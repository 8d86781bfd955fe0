"""Credentials that a profile leaves out, obtained before a run as the contract says: a token by logging in, say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.checks.context import ResponseRules
from conformance.contract.schema import NamedInput
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.engine.steps import run_steps
from conformance.messages import Message
from conformance.plan.requirements import missing_for_steps
from conformance.plan.steps import plan_steps
from conformance.target.credentials import Credential, Secret

__all__ = ["ObtainedCredentials", "obtain_credentials", "obtain_value"]

CAPTURE = "token"
"""What a chain that obtains a credential captures."""


@dataclass(frozen=True, slots=True)
class ObtainedCredentials:
    """The ground with every credential that could be had; `missed` says why of those that could not."""

    context: RunContext
    actual: tuple[str, ...] = ()
    missed: Mapping[str, str] = field(default_factory=dict)
    requests: int = 0


def obtain_credentials(context: RunContext) -> ObtainedCredentials:
    """Make the chain of each credential that the target lacks and the contract can obtain, as far as it is allowed."""
    evidence, actual, missed = Evidence(context.redactor), [], {}
    for name, named in context.contract.file.credentials.items():
        if named.obtain is None or name in context.target.credentials:
            continue
        value, why = obtain_value(context, evidence, name, named.obtain)
        if value:
            context = _with_credential(context, name, named, value)
            actual.append(name)
        else:
            missed[name] = why
    return ObtainedCredentials(context, tuple(actual), missed, evidence.requests)


def obtain_value(context: RunContext, evidence: Evidence, name: str, chain: str) -> tuple[str, str]:
    """What a chain captures as the value of a credential; empty with the reason where it does not."""
    steps = tuple(plan_steps(context.contract, context.contract.file.chains[chain], "standard"))
    lacks = dict.fromkeys(missing_for_steps(context.contract, context.target, steps))
    if lacks:
        return "", Message("needs {names}", names=", ".join(lacks))
    captures: dict[str, Any] = {}
    made = run_steps(context, evidence, steps, captures, label=chain, role="step", salt=f"obtain/{name}")
    if not made.passed:
        return "", made.why
    value = captures.get(CAPTURE)
    return (value, "") if isinstance(value, str) and value else ("", Message("the answer holds none"))


def _with_credential(context: RunContext, name: str, named: NamedInput, value: str) -> RunContext:
    """The same ground, session and pace with one more credential, which is kept back from all that is written."""
    context.redactor.learn(name, value)
    credential = Credential(name, str((named.usual or {})["header"]), {"": Secret(name, value)})
    target = replace(
        context.target,
        credentials={**context.target.credentials, name: credential},
        secrets={**context.target.secrets, name: value},
    )
    rules = ResponseRules(context.contract, context.redactor.found_in, context.rules.keys | {name})
    return replace(context, target=target, builder=context.builder.with_target(target), rules=rules)
