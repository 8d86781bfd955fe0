"""The form of the files under `cases/`: one model, from which the JSON Schema for editors is generated.

A contract is data: `contract.yaml` says what holds for the whole of it, `openapi.yaml` names its operations, and each
table has a file of rows. Texts may hold placeholders in braces (`{fixture.endpoint}`, `{capture.url}`,
`{query.limit}`); `conformance.contract.placeholders` lists them.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from conformance.contract.calls import (
    Control,
    Expect,
    Guard,
    Page,
    Part,
    Repeat,
    RequestSpec,
    Step,
    Undo,
    Wording,
)
from conformance.contract.forms import Depth, Name, Strict, Tier
from conformance.contract.heads import (
    ContractFile,
    Discover,
    Envelope,
    LanguageWay,
    Named,
    OperationSpec,
    Trace,
)
from conformance.contract.inputs import Draw, Input, Open

__all__ = [
    "Case",
    "ContractFile",
    "Control",
    "Depth",
    "Discover",
    "Draw",
    "Envelope",
    "Expect",
    "Guard",
    "Input",
    "LanguageWay",
    "Named",
    "Open",
    "OperationSpec",
    "Page",
    "Part",
    "Provenance",
    "Repeat",
    "RequestSpec",
    "Step",
    "TableFile",
    "Tier",
    "Trace",
    "Undo",
    "Wording",
]


class Provenance(Strict):
    """Where a promise stands, and how surely it is read."""

    document: str | None = None
    language: str | None = None
    edition: str | None = None
    confidence: Literal["documented", "observed", "inferred"] = "documented"
    note: str | None = None
    note_ja: str = ""


class OperationRef(Strict):
    """An operation that a row holds for, and what its request has that others have not."""

    call: str
    label: str = ""
    request: RequestSpec = RequestSpec()
    beside: dict[str, list[Any]] = {}
    """Valid values of other parameters: the row holds with each of them too."""
    tier: Tier | None = None


class Case(Strict):
    """One row: how to provoke it, what must come back, and its control."""

    id: Name
    cause: str
    cause_ja: str = ""
    """The same in Japanese, for the reports; in our words, as `cause` is."""
    source: Provenance = Provenance()
    operations: list[OperationRef | str] | None = None
    request: RequestSpec = RequestSpec()
    vary: dict[str, Input | str] = {}
    beside: dict[str, list[Any]] = {}
    """As in `operations`, for all of them."""
    open: list[Open] = []
    expect: Expect
    control: list[Control] = []
    before: list[Step] = []
    after: list[Step] = []
    undo: Undo | None = None
    unchanged: list[Guard] = []
    repeat: Repeat | None = None
    tier: Tier | None = None
    once: bool = False
    """The example is sent once a run and never again."""
    last: bool = False
    """Run after all other rows: it uses something up."""
    needs: list[str] = []


class TableFile(Strict):
    """One table of the vendor's document."""

    table: Name
    title: str
    title_ja: str = ""
    operation: str | None = None
    rows: list[Case] = Field(min_length=1)
