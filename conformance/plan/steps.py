"""Steps of a case file as planned calls: what each sends, what undoes it, and which of them a depth makes."""

import re
from collections.abc import Iterable
from posixpath import normpath
from urllib.parse import unquote

from conformance.contract.contract import Contract
from conformance.contract.openapi import PARAMETER
from conformance.contract.request_template import RequestPatch, RequestTemplate, apply_patch, merge_patches
from conformance.contract.schema import Depth, Step
from conformance.plan.model import PlannedStep

DEPTHS: tuple[Depth, ...] = ("smoke", "standard", "thorough")
DRAWN: dict[Depth, int] = {"smoke": 0, "standard": 1, "thorough": 100}
DRAWN_CONTROLS: dict[Depth, int] = {"smoke": 0, "standard": 1, "thorough": 10}
SMOKE_REQUESTS = 3
"""What a row costs at `smoke` on average, its control included."""
FIRM = 4
"""Firm probes that each row has at least."""
PERMISSION_ORDER = ("read", "write", "delete", "exhaust")
"""Permissions, the least first."""
_READING = ("GET", "HEAD", "OPTIONS")


def reaches(depth: Depth, expected: Depth) -> bool:
    """Whether what is done from `expected` on is done at `depth`."""
    return DEPTHS.index(expected) <= DEPTHS.index(depth)


def plan_steps(
    contract: Contract,
    steps: Iterable[Step],
    depth: Depth = "standard",
    this: tuple[str, RequestTemplate] | None = None,
) -> tuple[PlannedStep, ...]:
    """The calls that a depth makes, with those of chains that a step names; `this` is the call of a step `this`."""
    planned: list[PlannedStep] = []
    for step in steps:
        if not reaches(depth, step.depth):
            continue
        if step.call in contract.file.chains:
            planned += plan_steps(contract, contract.file.chains[step.call], depth)
            continue
        if step.call == "this" and this is not None:
            operation, usual = this
        else:
            operation, usual = step.call, merge_patches(operation_patch(contract, step.call))
        request = apply_patch(usual, patch_of(step.request))
        undo = plan_steps(contract, [step.undo], depth)[0] if step.undo else None
        permission = permission_of(contract, operation, request, step.permission)
        planned.append(PlannedStep(step, operation, request, permission, undo))
    return tuple(planned)


def patch_of(request: RequestTemplate) -> RequestPatch:
    """The members that were written, under the names of the file."""
    return request.model_dump(by_alias=True, exclude_unset=True)


def operation_patch(contract: Contract, operation: str) -> RequestPatch:
    """What each call of an operation has: parameters of its path and query, headers, its body, and the credential."""
    spec = contract.operations[operation].spec
    credential = spec.credential if spec.credential is not None else contract.file.credential
    body = {} if spec.json_ is None else {"json": spec.json_}
    parts = {"path": dict(spec.path), "query": dict(spec.query), "headers": dict(spec.headers)}
    return parts | body | ({"credential": credential} if credential else {})


def permission_of(contract: Contract, operation: str, request: RequestTemplate, stated: str | None = None) -> str:
    """The highest permission of the operations that a call can reach; a method of its own makes it a write.

    What a case has `stated` stands for that of its own operation and method, and not for those of another URL.
    """
    called = contract.operations[operation]
    method = request.method or called.method
    usual = [called.permission, "read" if request.method in (None, *_READING) else "write"]
    needed = [stated] if stated else usual
    if request.url is not None:
        url = str(request.url).partition("?")[0]
        others = (one for one in contract.operations.values() if one.method == method.upper())
        needed += [one.permission for one in others if _can_be(url, one.spec.url, one.path)]
    return max(needed, key=PERMISSION_ORDER.index)


def _can_be(url: str, spelled: str | None, path: str) -> bool:
    """Whether a URL of a row is that of an operation, which the contract may spell otherwise than by its path."""
    if spelled:
        return _read_loosely(url) == _read_loosely(spelled)
    pattern = "[^/]+".join(map(re.escape, PARAMETER.split(_read_loosely(path))[::2]))
    return re.fullmatch(pattern, _read_loosely(url)) is not None


def _read_loosely(url: str) -> str:
    """A path as a lenient server may read it: in any case, with escapes, dots, and slashes that say nothing."""
    plain = re.sub(";[^/]*", "", unquote(url))
    return normpath("/" + plain.strip().strip("/")).casefold()
