"""What each call of an operation has, and what a case file writes over it."""

from __future__ import annotations

import json
from typing import Any

from conformance.contract.contract import Contract
from conformance.contract.request_template import OMIT, RequestPatch
from conformance.contract.schema import RequestSpec

__all__ = ["format_value", "operation_patch", "patch_of"]


def patch_of(request: RequestSpec) -> RequestPatch:
    """The members that were written, under the names of the file."""
    return request.model_dump(by_alias=True, exclude_unset=True)


def operation_patch(contract: Contract, operation: str) -> RequestPatch:
    """What each call of an operation has: parameters of its path, its body, and the credential."""
    spec = contract.operations[operation].spec
    credential = spec.credential if spec.credential is not None else contract.file.credential
    body = {} if spec.json_ is None else {"json": spec.json_}
    return {"path": dict(spec.path)} | body | ({"credential": credential} if credential else {})


def format_value(value: Any) -> str:
    """A value in a few characters, as it would stand in a file."""
    if value == OMIT:
        return "(absent)"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:100]}… ({len(text)} characters)"
