"""Obtains credentials that a profile leaves out, before a run, by chains of the contract such as a log-in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.checks.context import ResponseRules
from conformance.contract.schema import NamedInput
from conformance.contract.values import HEADER_CAPTURE
from conformance.engine.cleanup import run_steps
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.messages import Message
from conformance.plan.setup import credentials_to_obtain, setup_steps
from conformance.results.curl import build_capture_command
from conformance.results.encodings import LONGEST_SECRET
from conformance.target.credentials import Credential, Secret

_CAPTURE = "token"
"""The name under which a chain captures the credential."""


@dataclass(frozen=True, slots=True)
class SetupResult:
    """The context with everything that was `found` for the profile; `missed` has the reasons for what was not."""

    context: RunContext
    found: Mapping[str, Any]
    missed: Mapping[str, str]
    requests: int


def obtain_credentials(context: RunContext) -> SetupResult:
    """Obtain credentials that the profile leaves out by chains; `found` maps each to commands that obtain it."""
    obtained: dict[str, str] = {}
    missed: dict[str, str] = {}
    requests = 0
    for name, named in credentials_to_obtain(context.contract, context.target):
        evidence = Evidence(context.redactor)
        value, why = obtain_value(context, evidence, name)
        requests += evidence.requests
        context.shared.count_outside_rows(evidence)
        if value:
            context = _add_credential(context, name, named, value)
            obtained[name] = _shell_commands(context, evidence, name)
        else:
            missed[name] = why
    return SetupResult(context, obtained, missed, requests)


def obtain_value(context: RunContext, evidence: Evidence, name: str) -> tuple[str, str]:
    """Run the chain that obtains a credential; return its value, or an empty text and the reason."""
    obtaining = setup_steps(context.contract, context.target, "obtain", name)
    if obtaining.missing:
        return "", Message("needs {names}", names=", ".join(obtaining.missing))
    captures: dict[str, Any] = {}
    label = context.contract.file.credentials[name].obtain or ""
    sequence = run_steps(context, evidence, obtaining.steps, captures, label=label, role="step", salt=obtaining.salt)
    if not sequence.passed:
        return "", sequence.why
    value = captures.get(_CAPTURE)
    if isinstance(value, str) and value:
        return value, ""
    return "", Message("the answer holds none of at most {most:,} characters", most=LONGEST_SECRET)


def _shell_commands(context: RunContext, evidence: Evidence, name: str) -> str:
    """Return shell commands for a log-in that set the variables of the run's curl lines; empty if not possible."""
    steps = setup_steps(context.contract, context.target, "obtain", name).steps
    captures = [capture for step in steps for capture in (step.step.capture or {}).items()]
    capture_lists = {key: value if isinstance(value, list) else [value] for key, value in captures}
    pointers = {key: [one for one in several if isinstance(one, str)] for key, several in capture_lists.items()}
    headers = any(one.startswith(HEADER_CAPTURE) for several in pointers.values() for one in several)
    if headers or pointers != capture_lists or len(captures) != len(steps) or len(evidence.exchanges) != len(steps):
        return ""
    names = [name if key == _CAPTURE else key for key in pointers]
    commands = zip(evidence.exchanges, names, pointers.values(), strict=True)
    return "; ".join(build_capture_command(one.curl, variable, paths) for one, variable, paths in commands)


def _add_credential(context: RunContext, name: str, named: NamedInput, value: str) -> RunContext:
    """Return the context with one more credential, which is redacted from everything that is written."""
    context.redactor.learn(name, value)
    credential = Credential(name, str((named.usual or {})["header"]), {"": Secret(name, value)})
    target = replace(
        context.target,
        credentials={**context.target.credentials, name: credential},
        secrets={**context.target.secrets, name: value},
    )
    rules = ResponseRules(context.contract, context.redactor.found_in, context.rules.keys | {name})
    return replace(context, target=target, builder=replace(context.builder, target=target), rules=rules)
