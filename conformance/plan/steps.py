"""Steps of a case file as planned calls: what each sends, what undoes it, and which of them a depth makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance.contract.contract import Contract
from conformance.contract.request_template import RequestPatch, RequestTemplate, merge_patches
from conformance.contract.schema import Depth, RequestSpec, Step
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


def plan_steps(contract: Contract, steps: Iterable[Step], depth: Depth) -> Iterator[PlannedStep]:
    """The calls that this depth makes, with the calls of every chain of the contract that a step names."""
    for step in steps:
        if not reaches(depth, step.depth):
            continue
        if step.call in contract.file.chains:
            yield from plan_steps(contract, contract.file.chains[step.call], depth)
            continue
        request = merge_patches(operation_patch(contract, step.call), patch_of(step.request))
        undo = next(plan_steps(contract, [step.undo], depth)) if step.undo else None
        yield PlannedStep(step, step.call, request, step.permission or contract.operations[step.call].permission, undo)


def patch_of(request: RequestSpec) -> RequestPatch:
    """The members that were written, under the names of the file."""
    return request.model_dump(by_alias=True, exclude_unset=True)


def operation_patch(contract: Contract, operation: str) -> RequestPatch:
    """What each call of an operation has: parameters of its path and query, headers, its body, and the credential."""
    spec = contract.operations[operation].spec
    credential = spec.credential if spec.credential is not None else contract.file.credential
    body = {} if spec.json_ is None else {"json": spec.json_}
    parts = {"path": dict(spec.path), "query": dict(spec.query), "headers": dict(spec.headers)}
    return parts | body | ({"credential": credential} if credential else {})


def permission_of(contract: Contract, operation: str, request: RequestTemplate) -> str:
    """The permission that a call uses: a method of its own makes it a write that is meant to be rejected."""
    own = contract.operations[operation].permission
    if request.method is None or request.method in _READING:
        return own
    return "write" if own == "read" else own
