"""What an attempt needs of a target, and what of that is lacking."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from conformance.contract import templates as placeholders
from conformance.contract.contract import Contract
from conformance.contract.lint import SPECIAL_CREDENTIALS
from conformance.contract.request_template import RequestTemplate
from conformance.jsontools import resolve_pointer
from conformance.plan.model import PlannedStep
from conformance.plan.steps import plan_steps
from conformance.target.loader import Target


def missing_requirements(
    contract: Contract, target: Target, operation: str, request: RequestTemplate, permission: str
) -> Iterator[str]:
    """What a profile would have to give for this request, such as `fixtures.member_id` or `allow: write`."""
    of_url = placeholders.find_placeholders(contract.operations[operation].spec.url)
    for head, given, _ in chain(of_url, request.placeholders):
        members = given[1:] if head == "text" else given
        if head in ("fixture", "text") and members and not is_known_name(contract, target, members):
            yield f"fixtures.{'.'.join(members)}"
        if head == "credential" and members and members[0] not in target.credentials:
            yield f"credentials.{members[0]}"
    yield from _credential(contract, target, request.credential)
    if request.vantage and request.vantage not in target.vantages:
        yield f"vantages.{request.vantage}"
    if request.hook and request.hook not in target.hooks:
        yield f"hooks.{request.hook}"
    needed = {permission, *(["delete"] if str(request.method).upper() == "DELETE" else [])} - {"read"}
    for missing in sorted(needed - set(target.allow)):
        yield f"allow: {missing}"


def missing_for_steps(contract: Contract, target: Target, steps: tuple[PlannedStep, ...]) -> Iterator[str]:
    """What a profile would have to give for the calls of a sequence, and for the calls that undo them."""
    for step in (one for each in steps for one in (each, each.undo) if one is not None):
        yield from missing_requirements(contract, target, step.operation, step.request, step.permission)


def is_known_name(contract: Contract, target: Target, members: tuple[str, ...]) -> bool:
    """Whether the profile gives this fixture, or the contract has a default for it."""
    found, value = resolve_pointer(target.fixtures, "/".join(["", *members]))
    named = contract.file.fixtures.get(members[0])
    return value is not None if found else len(members) == 1 and named is not None and named.default is not None


def _credential(contract: Contract, target: Target, name: Any) -> Iterator[str]:
    """A credential that is not given, unless the contract can obtain it with what is given."""
    if not isinstance(name, str) or (name in SPECIAL_CREDENTIALS and name != "wrong"):
        return
    expected = contract.file.credential if name == "wrong" else name
    if expected is None or expected in target.credentials:
        return
    named = contract.file.credentials.get(expected)
    if named is None or named.obtain is None:
        yield f"credentials.{expected}"
        return
    steps = plan_steps(contract, contract.file.chains[named.obtain])
    lacks = list(dict.fromkeys(missing_for_steps(contract, target, steps)))
    yield from lacks if all(lack.startswith("allow: ") for lack in lacks) else [f"credentials.{expected}"]
