"""What a run leaves behind, as frozen values; the one product that every report is drawn from.

The names of the fields are the names in `results.json`; members may be added within format 2, none is renamed.
Everything in here has been redacted and holds nothing but JSON values and text that encodes as UTF-8.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

from pydantic import GetPydanticSchema, PlainSerializer, WrapValidator, with_config
from typing_extensions import TypedDict

from conformance.checks.model import Finding, Level, Note, Verdict, worst_verdict

FORMAT: Literal[2] = 2


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A sentence of ours that stands in the results, with what a report needs to show it in another language.

    A value that is itself such a sentence has an entry of its own under its text.
    """

    text: str
    """The English text, as it stands in a reason, a label, a detail, …"""
    template: str
    """What it was made from: English with `{placeholders}`."""
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the target made of an input on which the documents are silent."""

    input: str
    answer: str
    """`accepted`, or the ID of the row it was rejected with, or what it was otherwise."""
    exchange: int | None = None


@dataclass(frozen=True, slots=True, weakref_slot=True)
class RecordedRequest:
    """A request as it was sent, redacted; `body` is text, cut at the recorder's limit, with `size` bytes in all."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    size: int = 0
    sha256: str = ""
    cut: bool = False
    vantage: str = ""


@dataclass(frozen=True, slots=True, weakref_slot=True)
class RecordedResponse:
    """An answer as it came, redacted; `body` is text, cut at the recorder's limit, with `size` bytes in all."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    size: int = 0
    sha256: str = ""
    cut: bool = False
    reason: str = ""
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordedNoResponse:
    """Why there was no answer: `timeout`, `reset`, `refused`, … and one line of detail."""

    kind: str
    detail: str = ""


FIRM: Final = frozenset({"example", "boundary", "drawn"})
"""Roles of requests that must be refused."""


@dataclass(frozen=True, slots=True, weakref_slot=True)
class RecordedExchange:
    """One request with its response, or with the failure that took its place; `n` counts from 1 within the row."""

    n: int
    label: str
    request: RecordedRequest
    response: RecordedResponse | None = None
    failure: RecordedNoResponse | None = None
    seconds: float = 0.0
    tries: int = 1
    curl: str = ""
    role: str = ""
    """`example`, `boundary`, `drawn`, `open`, `control`, `step`, `guard` or `clean-up`."""
    started: str = ""
    """When its last try went out: RFC 3339, UTC, to the millisecond; empty where nothing was sent."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One input that was tried, for the strip of boundaries."""

    label: str
    role: str
    """`example`, `boundary`, `drawn`, `open` or `control`."""
    value: str
    outcome: str
    """`as-promised`, `drift`, `violation`, `no-answer` or `recorded` (an open choice)."""
    answer: str = ""
    """The answer in a few words: `400 Limit: must be no less than 0.`"""
    exchange: int | None = None


@dataclass(frozen=True, slots=True)
class ExpectedAnswer:
    """What the row promises, as the vendor's table shows it."""

    status: int
    messages: tuple[str, ...] = ()
    """Every documented wording; placeholders as `{…}`."""
    code: str | int | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class PromiseSource:
    """Where the promise stands."""

    document: str = ""
    language: str = ""
    edition: str = ""
    confidence: str = ""
    """`documented`, `observed` or `inferred`."""
    note: str = ""
    note_ja: str = ""


@dataclass(frozen=True, slots=True)
class KnownDeviationNote:
    """A deviation that the profile's expectations say is known."""

    reason: str
    link: str = ""
    expires: str = ""


@dataclass(frozen=True, slots=True)
class BeyondPlan:
    """Requests that no plan foresees, by why they were sent."""

    repeated: int = 0
    """Again after a lost connection, a refusal for lack of allowance, or in a sequence that was begun again."""
    shrunk: int = 0
    """To make a failing value smaller."""
    confirmed: int = 0
    """To make sure of what was seen: a row run again, a rejected write sent again between two reads."""

    def __add__(self, other: BeyondPlan) -> BeyondPlan:
        """Both together."""
        return BeyondPlan(self.repeated + other.repeated, self.shrunk + other.shrunk, self.confirmed + other.confirmed)

    @property
    def total(self) -> int:
        """How many there are."""
        return self.repeated + self.shrunk + self.confirmed


@dataclass(frozen=True, slots=True)
class OutsideRows:
    """Requests of no row: credentials obtained and fixtures found or made before all rows, and deleted after them."""

    requests: int = 0
    planned: int = 0
    beyond_plan: BeyondPlan = BeyondPlan()


@dataclass(frozen=True, slots=True)
class RowResult:
    """The verdict on one row, with all that proves it."""

    id: str
    table: str
    row: int
    verdict: Verdict
    reason: str | None = None
    """For inconclusive and not-exercised, why; else None or a remark."""
    requests: int = 0
    """How many left this machine."""
    planned: int = 0
    """How many the plan foresees, given what the target answered where the plan leaves it open."""
    beyond_plan: BeyondPlan = BeyondPlan()
    findings: tuple[Finding, ...] = ()
    choices: tuple[Choice, ...] = ()
    exchanges: tuple[RecordedExchange, ...] = ()
    cause: str = ""
    """In which situation the row applies, in our words."""
    cause_ja: str = ""
    """The same in Japanese, where the contract says it."""
    expected: ExpectedAnswer | None = None
    source: PromiseSource = PromiseSource()
    file: str = ""
    """The YAML file, relative to where the run was started."""
    line: int = 0
    attempts: tuple[Attempt, ...] = ()
    lacks: tuple[str, ...] = ()
    """What the profile would have to give: `fixtures.member_id`, `allow: write`."""
    notes: tuple[Note, ...] = ()
    warnings: tuple[str, ...] = ()
    """Such as a clean-up that failed."""
    editions: tuple[str, ...] = ()
    """Which documented edition of the wording the target speaks."""
    observed: str = ""
    """The answer to the written example in a few words."""
    known: KnownDeviationNote | None = None
    seconds: float = 0.0
    skipped: tuple[str, ...] = ()
    """Attempts of an exercised row that were left out, each with what it lacked."""
    untried: tuple[str, ...] = ()
    """What was left out for lack of budget."""
    messages: tuple[StoredMessage, ...] = field(default=(), compare=False)
    """Where each sentence of ours in it comes from."""


@dataclass(frozen=True, slots=True)
class ExploredFinding:
    """One thing that exploration found in an operation; equal ones are counted, the smallest request is kept."""

    check: str
    level: Level
    expected: Any
    actual: Any
    count: int = 1
    exchange: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Undocumented:
    """A status and message that no row documents."""

    operation: str
    status: int
    message: str
    count: int = 1
    curl: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Exploration:
    """What was found of one operation beyond the table."""

    operation: str
    method: str
    path: str
    verdict: Verdict
    requests: int = 0
    planned: int = 0
    beyond_plan: BeyondPlan = BeyondPlan()
    statuses: tuple[tuple[int, int], ...] = ()
    """Pairs of a status and how often it came."""
    findings: tuple[ExploredFinding, ...] = ()
    undocumented: tuple[Undocumented, ...] = ()
    exchanges: tuple[RecordedExchange, ...] = ()
    reason: str | None = None
    lacks: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    seconds: float = 0.0
    file: str = ""
    line: int = 0
    messages: tuple[StoredMessage, ...] = field(default=(), compare=False)
    """Where each sentence of ours in it comes from."""

    @property
    def id(self) -> str:
        """The name of the operation, as rows have an ID."""
        return self.operation


@dataclass(frozen=True, slots=True)
class TableName:
    """A table of the contract: its name in row IDs, and its heading as in the vendor's document."""

    name: str
    title: str
    title_ja: str = ""


@dataclass(frozen=True, slots=True)
class ContractName:
    """Which contract, and in which edition."""

    name: str
    edition: str
    title: str = ""
    document: str = ""
    tables: tuple[TableName, ...] = ()
    labels_ja: dict[str, str] = field(default_factory=dict)
    """What the labels of its controls say, in Japanese."""
    rows: int = 0
    """How many rows it has, whichever of them were selected; 0 where that is not known."""


@dataclass(frozen=True, slots=True)
class NamedCause:
    """What went wrong for a whole run at once, in a sentence that is among its warnings, too."""

    key: str
    """The entry of the profile to check, such as `fixtures.endpoint`."""
    text: str


@with_config({"extra": "allow"})
class RecordedTarget(TypedDict, total=False):
    """Members of a profile that are read; others may be of any type."""

    name: str | None
    base_url: str | None
    allow: list[str] | None
    fixtures: dict[str, Any] | None
    vantages: dict[str, Any] | None
    hooks: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class TargetRun:
    """One contract held against one target."""

    contract: ContractName
    target: Annotated[
        dict[str, Any],
        GetPydanticSchema(lambda _, handler: handler(RecordedTarget)),
        WrapValidator(lambda value, validate: (validate(value), value)[1]),  # in the order in which it came
        PlainSerializer(dict),
    ]
    """The profile without its credentials: base_url, allow, pace, fixtures, …"""
    verdict: Verdict
    counts: dict[str, int]
    requests: int
    rows: tuple[RowResult, ...]
    outside_rows: OutsideRows = OutsideRows()
    """Those of `requests` and `planned` that belong to no row."""
    planned: int = 0
    """How many requests the plan foresees; for a conforming target that answers every time it equals `requests`."""
    beyond_plan: BeyondPlan = BeyondPlan()
    budget: int | None = None
    """The most requests that were to be planned; None where there was no such limit."""
    explored: tuple[Exploration, ...] = ()
    undocumented: tuple[Undocumented, ...] = ()
    """Those of all explorations."""
    warnings: tuple[str, ...] = ()
    causes: tuple[NamedCause, ...] = ()
    editions: tuple[str, ...] = ()
    """The editions of the wording that the target speaks, the most frequent first."""
    messages: tuple[StoredMessage, ...] = field(default=(), compare=False)
    """Where each sentence of ours in it comes from."""


@dataclass(frozen=True, slots=True)
class Suite:
    """Who ran."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Results:
    """The whole of `results.json`."""

    suite: Suite
    seed: int
    depth: str
    started: str
    """RFC 3339, UTC."""
    seconds: float
    runs: tuple[TargetRun, ...]
    partial: bool = False
    why_partial: str = ""
    format: Literal[2] = 2
    messages: tuple[StoredMessage, ...] = field(default=(), compare=False)
    """Where each sentence of ours in it comes from."""

    @property
    def verdict(self) -> Verdict:
        return worst_verdict(run.verdict for run in self.runs)
