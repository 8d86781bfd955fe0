"""The form of case files and of contract.yaml: strict models, in which an unknown key is an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    model_validator,
)

from conformance.contract.request_template import RequestTemplate
from conformance.contract.short_forms import write_out_message
from conformance.contract.templates import HEADS, MESSAGE_HEADS
from conformance.contract.values import (
    BodySchema,
    Capture,
    Code,
    Expression,
    HeaderName,
    Name,
    Names,
    Operations,
    Pair,
    Pointer,
    ResponseHeaderName,
    Schema,
    SomeOperations,
    StepCapture,
    StrictModel,
    by_name,
    look_up,
    named,
)
from conformance.quantities import PaceText

RENAMED_KEYS: Mapping[str, str] = {
    "beside": "combine",
    "cause_ja": "ja.yaml (`causes`, by the row's ID)",
    "labels_ja": "ja.yaml (`labels`)",
    "lane": "resource",
    "near": "near_misses",
    "note_ja": "ja.yaml (`notes`, by the row's ID)",
    "own": "isolated",
    "tier": "permission",
    "title_ja": "ja.yaml (`titles`, by the table)",
    "trace": "created_resource",
    "traces": "created_resources",
}
"""Keys of the first version's files, and what they are called now, or where it stands."""

Permission = Literal["read", "write", "delete", "exhaust"]
PERMISSIONS = ("write", "delete", "exhaust")
"""What a target may allow beyond reads: see the profile's `allow`."""
Level = Literal["must", "should", "note"]
Status = Annotated[int, Field(ge=100, le=599)]
Range = Annotated[list[int], Field(min_length=2, max_length=2)]
Depth = Literal["smoke", "standard", "thorough"]

DRAWN_KINDS = ("integers", "matching", "lists", "words")


class Draw(StrictModel):
    """Values that Hypothesis draws: of one of these kinds.

    integers: from and to, both included; matching: regular expressions, each matched as a whole, and not `except`;
    lists: of these members, as long as `sizes` says; words: of the letters of an alphabet, as long as `sizes` says, or
    shorter than the first and longer than the second of `outside`, and never empty.
    `matching`, `except` and `outside` may name fixtures.
    """

    integers: Range | None = None
    matching: list[Expression] | None = None
    except_: Expression | None = Field(default=None, alias="except")
    lists: list[Any] | None = None
    words: str | None = None
    sizes: Range | None = None
    outside: Annotated[list[int | str], Field(min_length=2, max_length=2)] | None = None
    wrap: Any = None
    """A text or a value of JSON in which `{drawn}` stands for the drawn value."""

    @model_validator(mode="after")
    def _check_values(self) -> Self:
        if not any(getattr(self, kind) for kind in DRAWN_KINDS):
            raise ValueError(f"names no kind of value; add one of {', '.join(DRAWN_KINDS)}")
        for low, high in filter(None, (self.integers, self.sizes)):
            if low > high:
                raise ValueError(f"holds nothing from {low} to {high}; write the smaller one first")
        return self


class Input(StrictModel):
    """Values of one part of a request, each with a label, and what is drawn around and beyond them.

    `near_misses` are tried before the edges.
    `spread` deals the edges out over the operations of the row instead of trying each on each. `always` edges are tried
    at `standard` in every row that names this input, and the others are dealt out over those rows. `unless` is what a
    successful answer would show if the value were valid after all (an ID that happens to exist). `for` names the
    operations that it is tried on. `once` edges are sent once a run: never at smoke, on one operation, never again.
    Edges that `except` matches as a whole are left out, and so are all where it is an expression that cannot be read.
    """

    edges: dict[str, Any] = {}
    near_misses: dict[str, Any] = {}
    draw: Draw | None = None
    spread: bool = False
    always: int | None = Field(default=None, ge=0)
    unless: dict[Pointer, Any] | None = None
    for_: Annotated[SomeOperations, Field(alias="for")] = None
    once: bool = False
    except_: str | None = Field(default=None, alias="except")


Varied = Annotated[dict[str, Annotated[Input, by_name("inputs", Input)]], Names("part of a request")]
"""By part of a request, the values that it is given."""
Combined = Annotated[dict[str, list[Any]], Names("part of a request")]
"""By part of a request, valid values to try the others with."""

ACCEPTED = ("accepted", "this", "any-4xx", "not-5xx")
"""What an open choice may accept besides statuses and rows."""


class Open(StrictModel):
    """Inputs on which the documents are silent, and the answers that are accepted.

    `accept` holds `accepted` (any success), `this` (the row's own answer), `any-4xx`, `not-5xx`, a status as a number,
    or the ID of another row, of the same table also without the table's name.
    """

    vary: Varied
    accept: Annotated[list[str | Status], Names("row"), Field(min_length=1)]
    depth: Depth = "standard"
    for_: Annotated[SomeOperations, Field(alias="for")] = None


NamedOpen = Annotated[Open, by_name("open_choices", Open)]


class Wording(StrictModel):
    """One documented wording of a message."""

    text: str
    language: str | None = None
    edition: str | None = None


Wordings = dict[str, str | list[str]]
"""By language, edition or both."""
Message = Annotated[
    str | list[Wording],
    BeforeValidator(write_out_message, json_schema_input_type=str | list[str | Wording] | Wordings),
]


def _listed(message: Any) -> list[Any]:
    written = write_out_message([message] if isinstance(message, str) else message)
    return written if isinstance(written, list) else []


class Page(StrictModel):
    """A page of a list: as many items as there are, but at most `limit`, beginning at `offset`."""

    items: Pointer
    total: Pointer
    limit: int
    offset: int = 0


class HeaderExpectation(StrictModel):
    """What one header of a response must be; `matches` is a regular expression that the whole value matches."""

    present: bool | None = None
    equals: str | None = None
    matches: Expression | None = None
    at_least: int | float | None = None
    level: Level = "must"

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if not self.model_fields_set - {"level"}:
            raise ValueError("says nothing of the header; add present, equals, matches or at_least")
        return self


class Expect(StrictModel):
    """What must come back.

    `message` is one text or every documented wording. `body` is a JSON Schema of the whole body, or the name of one of
    the contract's `schemas`; `equals` pairs a JSON pointer with a value, `absent` lists JSON pointers that must not be
    there, `headers` says what headers must be, and with `no_body` there is no body at all. An error (every status is
    400 or above) is in the contract's envelope, unless `envelope: false` says that it has a form of its own.
    """

    status: Status | Annotated[list[Status], Field(min_length=1)]
    message: Message | None = None
    wordings: str | None = None
    """Of the contract's `wordings`: validation puts them before those under `message`, and None stays here."""
    message_level: Level | None = None
    code: Code | Annotated[list[Code], Field(min_length=1)] | None = None
    field: str | None = None
    body: BodySchema | None = None
    equals: dict[Pointer, Any] | None = None
    absent: list[Pointer] | None = None
    page: Page | None = None
    headers: dict[ResponseHeaderName, HeaderExpectation] = {}
    no_body: bool = False
    envelope: bool = True

    @model_validator(mode="before")
    @classmethod
    def _take_wordings(cls, value: Any, info: ValidationInfo) -> Any:
        name = value.get("wordings") if isinstance(value, dict) else None
        if not isinstance(name, str):
            return value
        shared = look_up(name, info, "wordings", "wordings")
        rest = {key: member for key, member in value.items() if key != "wordings"}
        return {**rest, "message": [*_listed(shared), *_listed(value.get("message", []))]}

    @model_validator(mode="after")
    def _check_envelope(self) -> Self:
        if "envelope" in self.model_fields_set and min(self.statuses) < 400:
            raise ValueError("has `envelope` beside a success, which is in no error envelope; leave `envelope` out")
        return self

    @property
    def statuses(self) -> tuple[int, ...]:
        """Every documented status."""
        return tuple(self.status) if isinstance(self.status, list) else (self.status,)

    @property
    def codes(self) -> tuple[str | int, ...]:
        """Every documented code."""
        return tuple(self.code) if isinstance(self.code, list) else () if self.code is None else (self.code,)

    @property
    def in_envelope(self) -> bool:
        """Whether the body must be in the contract's error envelope."""
        return self.envelope and not self.no_body and min(self.statuses) >= 400


class MatchingCapture(StrictModel):
    """Of the texts at a JSON pointer with `*` in it the first that matches a regular expression as a whole."""

    at: Pointer
    matches: Expression


class Step(StrictModel):
    """One call of a chain: set-up, control, clean-up.

    `capture` names values of the answer by JSON pointer, as `header:NAME` or as one that matches, of several the first
    that is there; or of the request, as `{path.NAME}`.
    `optional` set-up is left out where the target lacks what it needs, and with it what needs its captures. `undo` is
    called at the end of the chain if this step succeeded and nothing later has undone it already. With `unless` the
    call is left out where each placeholder has that value.
    `repeatable: false` keeps the transport from sending it again after a reset.
    """

    call: Annotated[str, Names("operation or chain")]
    request: RequestTemplate = Field(default_factory=RequestTemplate)
    expect: Expect = Expect(status=200)
    capture: dict[str, StepCapture | MatchingCapture | list[StepCapture | MatchingCapture]] | None = None
    secret: list[str] | None = None
    optional: bool = False
    undo: Step | None = None
    unless: dict[str, Any] | None = None
    wait: float | None = Field(default=None, ge=0, le=60)
    permission: Permission | None = None
    repeatable: bool = True
    depth: Depth = "smoke"
    """The shallowest depth at which the call is made."""


Call = Annotated[
    Step,
    BeforeValidator(
        lambda value: {"call": value} if isinstance(value, str) else value, json_schema_input_type=str | Step
    ),
]
"""A step, or the name of what it calls."""


class Control(StrictModel):
    """The nearest request that must *not* provoke the row: a chain whose every step must succeed with its effect.

    `for_` names the operations that it is the control of; without it, it is tried on each operation of the row. A
    `fallback` is tried only where the target lacks what those before it need. `draw` draws `{capture.drawn}` for it.
    """

    label: str = ""
    steps: list[Call] = Field(min_length=1)
    for_: Annotated[Operations, Field(alias="for")] = None
    depth: Depth = "smoke"
    fallback: bool = False
    draw: Draw | None = None
    doubtful: bool = False
    """It rests on something that only the profile says and that may be out of date, such as a password: refused in the
    very words of the row, it tells nothing.
    """


def _named_control(value: Any, info: ValidationInfo) -> Any:
    """A control of a row: one of the contract's, which its name labels where it has no label, or one of its own."""
    if isinstance(value, dict) and "label" not in value:
        raise ValueError("has no label; add `label:`")
    found = named(value, info, "controls", Control)
    return found.model_copy(update={"label": value}) if isinstance(found, Control) and not found.label else found


NamedControl = Annotated[Control, BeforeValidator(_named_control, json_schema_input_type=str | Control)]


class Mistake(StrictModel):
    """Steps that all go as expected only where an entry of the profile is mistaken; sent where the row violates.

    Without steps nothing tells a mistake from a wrong target: then the row says what it rests on.
    """

    key: str
    """Of the profile, such as `fixtures.item.max`."""
    steps: list[Call] = []


class Undo(StrictModel):
    """Takes back what a probe left behind where it was accepted: `capture` names members of its answer for `steps`.

    `for` names the operations of the probes; without it, those of all are taken back.
    """

    for_: Annotated[list[str] | None, Names("operation that this row calls"), Field(alias="for")] = None
    capture: dict[str, Capture] = {}
    steps: list[Call] = Field(min_length=1)


class Guard(StrictModel):
    """A rejected write changes nothing: read, rejected write, read.

    `compare` lists JSON pointers (`*` for each member of a list).
    """

    read: Call
    compare: list[Pointer] = Field(min_length=1)
    each: bool = False
    confirm: bool = False
    """Others may change it meanwhile: a difference counts when it is seen twice."""
    for_: Annotated[Operations, Field(alias="for")] = None


NamedGuard = Annotated[Guard, by_name("guards", Guard)]


class Repeat(StrictModel):
    """Send the example again and again until an answer has another status than those in `before`.

    After `pause` more seconds it is sent for the last time, and must still be refused.
    """

    at_most: int = Field(ge=2, le=200)
    pause: float = Field(default=0, ge=0, le=60)
    before: list[Status] = [200]


class Envelope(StrictModel):
    """The form of every error answer.

    `schema` is a JSON Schema of the body. `faults` points to the array of faults ("" where the body itself is the only
    one); `message`, `code` and `field` are keys of a fault. The whole body, or the message, may be absent at level
    should with `body_may_lack`. `expected` are pointers whose absence is a should.
    """

    schema_: Schema = Field(alias="schema")
    faults: Pointer = ""
    message: str = "message"
    code: str = "code"
    field: str = "field"
    body_may_lack: bool = False
    expected: list[Pointer] = []
    equals: dict[Pointer, Any] = {}
    """By JSON pointer, the value in every error; `{status}` is the HTTP status as a number."""
    if_present: dict[Pointer, Any] = {}
    """The same, for every error that has it."""


class Discover(StrictModel):
    """How a fixture can be found on a target by reads alone.

    `chain` is made once for all fixtures that name it. `in` points to a list of the last answer; the first of its items
    in which every pointer of `where` shows its value is taken, and `take` points to the
    fixture in it. `value` says what is made of it, `{capture.taken}` being what was taken.
    """

    chain: Annotated[str, Names("chain")]
    in_: Pointer = Field(alias="in")
    where: dict[Pointer, Any] = {}
    take: Pointer
    value: str = "{capture.taken}"


class CreatedResource(StrictModel):
    """What a call of an operation makes, how it is found again by the name it was given, and how it is taken away.

    `made` names members of the call's own answer; `read` lists what there is, `{capture.name}` being the name; `in`
    points to the list, `name` to the text of an item that holds the name (or to an object of which any text may), and
    `capture` names members of that item. `get` reads one by the members of `made`; a 404 says that it is gone.
    `also` lists the newest, whatever they are called: what `read` searches by the name may not be all that holds it.
    """

    made: dict[str, Capture]
    read: Call
    also: Call | None = None
    in_: Pointer = Field(alias="in")
    name: Pointer
    capture: dict[str, Pointer]
    get: Step | None = None
    undo: list[Call] = Field(min_length=1)


class FixtureRule(StrictModel):
    """What must hold between members of a fixture, named by JSON pointers; exactly one kind of rule.

    ordered: the first number is not above the second; match: the first, a text, matches the second, a regular
    expression, as a whole; mismatch: it does not; distinct: no two of them are the same; form: a text matches the
    regular expression that stands beside it in the contract, as a whole.
    """

    ordered: Pair | None = None
    match: Pair | None = None
    mismatch: Pair | None = None
    distinct: Annotated[list[Pointer], Field(min_length=2)] | None = None
    form: Annotated[list[str], Field(min_length=2, max_length=2)] | None = None

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("needs exactly one of ordered, match, mismatch, distinct and form; keep one of them")
        return self

    @property
    def kind_and_pointers(self) -> tuple[str, tuple[str, ...]]:
        """Which rule it is, and the members that it is about."""
        (kind,) = self.model_fields_set
        return kind, tuple(getattr(self, kind))


class NamedInput(StrictModel):
    """Something that a profile gives: what it is, and how to get it."""

    about: str
    get: str = ""
    example: Any = None
    """How it is written in a profile, where nothing is known of it yet."""
    discover: Discover | None = None
    make: Annotated[str | None, Names("chain")] = None
    """A chain that makes one for a run and captures it under its own name, where the profile allows that."""
    check: list[Call] = []
    """Reads that succeed where it is as it should be; for what must be missing, where it is missing."""
    check_first: Permission | None = None
    """The permission with which a run makes these reads of what a profile gives before all rows: to write to a wrong
    one would destroy something."""
    rules: list[FixtureRule] = []
    """What must hold between its members, before anything is sent."""
    differs_from: list[str] = []
    """Others whose value it may not have: what is missing is not what is there."""
    default: Any = None
    fields: list[str] = []
    """For a credential that is no header: its members, such as email and password."""
    usual: dict[str, Any] | None = None
    """For a credential: how a profile would give it, where a bare URL is all there is."""
    obtain: Annotated[str | None, Names("chain")] = None
    """For a credential: the chain that captures `token` when the profile does not give one."""

    def example_in(self, section: str) -> Any:
        """How it is written in this section of a profile; None where that is not known."""
        if section == "credentials" and self.usual:
            return self.usual
        usual: dict[str, Any] = {
            "credentials": {"header": "X-API-KEY", "env": "API_KEY"},
            "vantages": {"source_address": "192.0.2.9"},
            "hooks": {"headers": {"X-Fault": "internal"}},
        }
        return usual.get(section) if self.example is None else self.example


class OperationSpec(StrictModel):
    """How an operation of openapi.yaml is called on a target."""

    url: str | None = None
    """The path of this target, where each target chooses its own."""
    path: dict[str, Any] = {}
    query: dict[str, Any] = {}
    headers: dict[HeaderName, Any] = {}
    json_: Any = Field(default=None, alias="json")
    """The body of each call that says nothing else."""
    credential: Annotated[str | None, Names("credential")] = None
    permission: Permission | None = None
    body: dict[str, Any] | None = None
    """Members that every valid body of this target needs, for exploration."""
    resource: Name | None = None
    """What a call of it may change. Rows that write different resources run side by side; a write without a resource
    runs alone."""
    isolated: bool = False
    """What set-ups, controls and exploration call it on is made by themselves and seen by nobody else but in a list:
    several of them may do so at the same time."""
    explore: bool = True


class LanguageSelector(StrictModel):
    """One way to ask for a language; `{language}` and `{other}` are filled in."""

    label: str
    query: dict[str, str] = {}
    headers: dict[HeaderName, str] = {}


PROBLEM_DETAILS: Mapping[str, Any] = {
    "schema": {
        "type": "object",
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "detail": {"type": "string"},
            "instance": {"type": "string"},
        },
    },
    "message": "detail",
    "code": "type",
    "if_present": {"/status": "{status}"},
}
"""The envelope of RFC 9457, which a contract may name as `problem-details`."""


def _ready_envelope(value: Any) -> Any:
    if isinstance(value, str):
        if value != "problem-details":
            raise ValueError("is no envelope; write problem-details (RFC 9457), or an envelope of your own")
        return dict(PROBLEM_DETAILS)
    return value


class ContractFile(StrictModel):
    """`contract.yaml`: what holds for the whole contract."""

    contract: Name
    title: str
    edition: str
    document: str
    tables: list[Name] = Field(min_length=1)
    credential: str | None = None
    pace: PaceText | None = None
    envelope: Annotated[Envelope, BeforeValidator(_ready_envelope)]
    content_types: list[str] = ["application/json"]
    message_level: Level = "should"
    credentials: dict[str, NamedInput] = {}
    fixtures: dict[str, NamedInput] = {}
    vantages: dict[str, NamedInput] = {}
    hooks: dict[str, NamedInput] = {}
    operations: Annotated[dict[str, OperationSpec], Names("operation of openapi.yaml")]
    exploration: dict[Depth, int] = {"standard": 30, "thorough": 300}
    """How many requests exploration may send for one operation."""
    schemas: dict[str, Schema] = {}
    """JSON Schemas of bodies that several rows share, by name."""
    inputs: dict[str, Input] = {}
    chains: dict[str, list[Call]] = {}
    open_choices: dict[str, Open] = {}
    controls: dict[str, Control] = {}
    guards: dict[str, Guard] = {}
    wordings: dict[str, Wordings] = {}
    """Wordings of messages that several rows share, by name."""
    created_resources: Annotated[dict[str, CreatedResource], Names("operation of openapi.yaml")] = {}
    """By operation: what a call of it leaves on a target, so that nothing is left behind."""
    languages: list[LanguageSelector] = []
    language_fixture: str | None = None


class Provenance(StrictModel):
    """Where a promise stands, and how surely it is read."""

    document: str | None = None
    language: str | None = None
    edition: str | None = None
    confidence: Literal["documented", "observed", "inferred"] = "documented"
    note: str | None = None


def _own_name(text: str) -> str:
    if text in HEADS | MESSAGE_HEADS:
        raise ValueError(f"is what placeholders are called already; name it other than {text}")
    return text


class OperationRef(StrictModel):
    """An operation that a row holds for, and what its request has that others have not."""

    call: str
    label: str = ""
    request: RequestTemplate = Field(default_factory=RequestTemplate)
    combine: Combined = {}
    """Valid values of other parameters: the row holds with each of them too."""
    permission: Permission | None = None


Variable = Annotated[str, StringConstraints(pattern=r"^[a-z_]+$"), AfterValidator(_own_name)]


def _may_be_like_another(form: dict[str, Any]) -> None:
    form["anyOf"] = [{"required": form["required"]}, {"required": ["id", "like"]}]
    del form["required"]


class Case(StrictModel):
    """One row: how to provoke it, what must come back, and its control."""

    model_config = ConfigDict(json_schema_extra=_may_be_like_another)

    id: Name
    like: str | None = None
    """The row (`TABLE/ROW`, or `ROW` of its own table) that says what this one does not say itself."""
    cause: str
    source: Provenance = Provenance()
    vars: dict[Variable, str] = {}
    """What `{NAME}` stands for in the row, and in what it names or has of its table."""
    operations: list[OperationRef | str] | None = None
    request: RequestTemplate = Field(default_factory=RequestTemplate)
    vary: Varied = {}
    combine: Combined = {}
    """As in `operations`, for all of them."""
    open: list[NamedOpen] = []
    expect: Expect
    control: list[NamedControl] = []
    before: list[Call] = []
    after: list[Call] = []
    undo: Undo | None = None
    mistaken: list[Mistake] = []
    unchanged: list[NamedGuard] = []
    repeat: Repeat | None = None
    permission: Permission | None = None
    once: bool = False
    """The example is sent once a run and never again."""
    at_once: int | None = Field(default=None, ge=2, le=5)
    """The example is sent so many times at the same time: one of them is carried out, each of the others is the row."""
    last: bool = False
    """Run after all other rows: it uses something up."""
    needs: Annotated[list[str], Names("need")] = []
    not_provokable: str | None = Field(default=None, min_length=1)
    """Why nobody can provoke it, or what is still to be written: it is documented, and not exercised."""

    @model_validator(mode="after")
    def _sends_one_thing(self) -> Self:
        if self.at_once and (self.vary or self.open or self.repeat or self.once):
            raise ValueError("`at_once` sends the example alone: leave out `vary`, `open`, `repeat` and `once`")
        return self

    @property
    def only_example(self) -> bool:
        """Whether nothing is sent but the written example, as often as it is said."""
        return bool(self.once or self.repeat or self.at_once)


class TranslationFile(StrictModel):
    """`ja.yaml`: what reports say of a contract in Japanese."""

    titles: dict[str, str] = {}
    """Of tables, by name."""
    causes: Annotated[dict[str, str], Names("row")] = {}
    """Of rows, by ID."""
    notes: Annotated[dict[str, str], Names("row with a note")] = {}
    """Those under `source` of rows, by ID."""
    labels: dict[str, str] = {}
    """Of controls, by label."""


SHARED_KEYS = frozenset(["before", "after", "undo", "unchanged", "control", "operations"])
"""Keys of a case that a table may say for all its rows."""


class TableFile(StrictModel):
    """One table of the vendor's document.

    `operations`, `before`, `after`, `undo`, `unchanged` and `control` hold for each row that has no such key itself,
    the last three as far as their `for` names operations of the row.
    """

    table: Name
    title: str
    operation: str | None = None
    operations: list[OperationRef | str] | None = None
    before: list[Call] = []
    after: list[Call] = []
    undo: Undo | None = None
    unchanged: list[NamedGuard] = []
    control: list[NamedControl] = []
    rows: list[Case] = Field(min_length=1)
