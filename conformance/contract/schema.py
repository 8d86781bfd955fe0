"""Strict pydantic models of case files, contract.yaml and ja.yaml. An unknown key is an error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
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
from conformance.yaml_document import Place

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
"""Maps keys of the first version's files to their present names, or to the place where the value is written now."""

Permission = Literal["read", "write", "delete", "exhaust"]
PERMISSIONS = ("write", "delete", "exhaust")
"""Permissions beyond reads that a profile may give under `allow`."""
Level = Literal["must", "should", "note"]
Status = Annotated[int, Field(ge=100, le=599)]
Range = Annotated[list[int], Field(min_length=2, max_length=2)]
Depth = Literal["smoke", "standard", "thorough"]

DRAWN_KINDS = ("integers", "matching", "lists", "words")


class Draw(StrictModel):
    """Values that Hypothesis draws, of one of these kinds.

    integers: from the first to the second, both included; matching: texts that match one of these regular expressions
    as a whole and do not match `except`; lists: lists of these members, of a length in `sizes`; words: texts in the
    letters of this alphabet, of a length in `sizes`, or of a length below the first or above the second of `outside`,
    and never empty. `matching`, `except` and `outside` may refer to fixtures.
    """

    integers: Range | None = None
    matching: list[Expression] | None = None
    except_: Expression | None = Field(default=None, alias="except")
    lists: list[Any] | None = None
    words: str | None = None
    sizes: Range | None = None
    outside: Annotated[list[int | str], Field(min_length=2, max_length=2)] | None = None
    wrap: Any = None
    """A JSON value in which `{drawn}` is replaced by the drawn value."""

    @model_validator(mode="after")
    def _check_values(self) -> Self:
        if not any(getattr(self, kind) for kind in DRAWN_KINDS):
            raise ValueError(f"names no kind of value; add one of {', '.join(DRAWN_KINDS)}")
        for low, high in filter(None, (self.integers, self.sizes)):
            if low > high:
                raise ValueError(f"holds nothing from {low} to {high}; write the smaller one first")
        return self


class Input(StrictModel):
    """Values of one part of a request: labelled edges and near misses, and drawn values.

    `near_misses` are sent before the edges. `spread` divides the edges among the operations of the row instead of
    sending each to all of them. The first `always` edges are sent at `standard` in every row that names this input, and
    the others are divided among those rows. `unless` lists what a successful response shows if the value is valid after
    all (an ID that happens to exist). `for` names the operations to which the values are sent. With `once`, an edge is
    sent a single time in a run, to one operation, and never at smoke. Edges that the regular expression `except`
    matches as a whole are left out; all are if the expression is invalid.
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
"""Maps a part of a request to the values that are sent in it."""
Combined = Annotated[dict[str, list[Any]], Names("part of a request")]
"""Maps a part of a request to valid values that are combined with the varied ones."""

ACCEPTED = ("accepted", "this", "any-4xx", "not-5xx")
"""Keywords that an open choice may accept besides statuses and row IDs."""


class Open(StrictModel):
    """Inputs for which the documents promise nothing, and the responses that are accepted.

    A member of `accept` is `accepted` (any success), `this` (the row's own error), `any-4xx`, `not-5xx`, a status as a
    number, or the ID of another row. The ID of a row of the same table may omit the table.
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
"""Maps a language, an edition or both to one or several texts."""
Message = Annotated[
    str | list[Wording],
    BeforeValidator(write_out_message, json_schema_input_type=str | list[str | Wording] | Wordings),
]


def _wordings_as_list(message: Any) -> list[Any]:
    written = write_out_message([message] if isinstance(message, str) else message)
    return written if isinstance(written, list) else []


class Page(StrictModel):
    """Checks a page of a list: it has all items from `offset` on, but at most `limit`."""

    items: Pointer
    total: Pointer
    limit: int
    offset: int = 0


class HeaderExpectation(StrictModel):
    """What is expected of one response header. `matches` is a regular expression for the whole value."""

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
    """What is expected of a response.

    `message` is one text or a list of every documented wording. `body` is a JSON Schema of the whole body, or the name
    of one of the contract's `schemas`. `equals` maps JSON pointers to values, `absent` lists JSON pointers that must
    not resolve, `headers` gives expectations for headers, and `no_body` requires an empty body. An error (all statuses
    are 400 or above) must be in the contract's envelope, unless `envelope: false` says that it has another form.
    """

    status: Status | Annotated[list[Status], Field(min_length=1)]
    message: Message | None = None
    wordings: str | None = None
    """The name of one of the contract's `wordings`. Validation puts its texts before those of `message` and drops it,
    so the value is None afterwards."""
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
    def _resolve_wordings(cls, value: Any, info: ValidationInfo) -> Any:
        name = value.get("wordings") if isinstance(value, dict) else None
        if not isinstance(name, str):
            return value
        shared = look_up(name, info, "wordings", "wordings")
        rest = {key: member for key, member in value.items() if key != "wordings"}
        return {**rest, "message": [*_wordings_as_list(shared), *_wordings_as_list(value.get("message", []))]}

    @model_validator(mode="after")
    def _check_envelope(self) -> Self:
        if "envelope" in self.model_fields_set and min(self.statuses) < 400:
            raise ValueError("has `envelope` beside a success, which is in no error envelope; leave `envelope` out")
        return self

    @property
    def statuses(self) -> tuple[int, ...]:
        return tuple(self.status) if isinstance(self.status, list) else (self.status,)

    @property
    def codes(self) -> tuple[str | int, ...]:
        return tuple(self.code) if isinstance(self.code, list) else () if self.code is None else (self.code,)

    @property
    def in_envelope(self) -> bool:
        return self.envelope and not self.no_body and min(self.statuses) >= 400


class MatchingCapture(StrictModel):
    """Captures the first text at a JSON pointer (with `*`) that matches a regular expression as a whole."""

    at: Pointer
    matches: Expression


Captured = StepCapture | MatchingCapture | list[StepCapture | MatchingCapture]
"""Where a value is captured from: of several places, the first at which there is one."""


class Step(StrictModel):
    """One call of a chain, for set-up, control or clean-up.

    `capture` maps names to values of the response (a JSON pointer, `header:NAME`, or a pointer with `matches`; of a
    list of these, the first that is found) or of the request (`{path.NAME}`). An `optional` set-up step is skipped if
    the profile lacks what it needs, and so is everything that needs its captures. `undo` is called at the end of the
    chain if this step succeeded and no later step has undone it. With `unless`, the call is skipped if every
    placeholder has the given value. `repeatable: false` forbids the transport to send it again after a reset.
    """

    call: Annotated[str, Names("operation or chain")]
    request: RequestTemplate = Field(default_factory=RequestTemplate)
    expect: Expect = Expect(status=200)
    capture: dict[str, Captured] | None = None
    secret: list[str] | None = None
    optional: bool = False
    undo: Step | None = None
    unless: dict[str, Any] | None = None
    wait: float | None = Field(default=None, ge=0, le=60)
    permission: Permission | None = None
    repeatable: bool = True
    depth: Depth = "smoke"
    """The lowest depth at which the call is made."""


Call = Annotated[
    Step,
    BeforeValidator(
        lambda value: {"call": value} if isinstance(value, str) else value, json_schema_input_type=str | Step
    ),
]
"""A step, or only the name of the operation or chain that it calls."""


class Control(StrictModel):
    """The nearest request that must *not* provoke the row: a chain in which every step must succeed with its effect.

    `for` names the operations of the row that it controls; without it, the chain is called for each of them. A
    `fallback` is used only if the target lacks what the controls before it need. `draw` supplies `{capture.drawn}`.
    """

    label: str = ""
    steps: list[Call] = Field(min_length=1)
    for_: Annotated[Operations, Field(alias="for")] = None
    depth: Depth = "smoke"
    fallback: bool = False
    draw: Draw | None = None
    doubtful: bool = False
    """The control depends on a value of the profile that may be out of date, such as a password. If it is refused with
    the row's own error, this is therefore no finding against the target.
    """


def _resolve_control(value: Any, info: ValidationInfo) -> Any:
    """Resolve a control that is written in the row or named from the contract; its name is its label by default."""
    if isinstance(value, dict) and "label" not in value:
        raise ValueError("has no label; write {label: …, steps: [{call: …}]}, or a name from contract.yaml")
    found = named(value, info, "controls", Control)
    return found.model_copy(update={"label": value}) if isinstance(found, Control) and not found.label else found


NamedControl = Annotated[Control, BeforeValidator(_resolve_control, json_schema_input_type=str | Control)]


class Mistake(StrictModel):
    """Steps that prove an entry of the profile wrong if all of them pass; sent after the row violates.

    Without steps, a wrong entry and a wrong target cannot be distinguished: the row then reports that it relies on the
    entry.
    """

    key: str
    """The key of the profile, such as `fixtures.item.max`."""
    steps: list[Call] = []


class Undo(StrictModel):
    """Steps that remove what an accepted probe created. `capture` maps names to members of its response, for `steps`.

    `for` names the operations whose probes are undone; without it, those of all operations are.
    """

    for_: Annotated[list[str] | None, Names("operation that this row calls"), Field(alias="for")] = None
    capture: dict[str, Capture] = {}
    steps: list[Call] = Field(min_length=1)


class Guard(StrictModel):
    """A read before and after rejected writes, which must change nothing.

    `compare` lists the JSON pointers (`*` for each member of a list) whose values must stay equal.
    """

    read: Call
    compare: list[Pointer] = Field(min_length=1)
    each: bool = False
    confirm: bool = False
    """Other clients may change the state meanwhile, so a difference counts only when it is seen twice."""
    for_: Annotated[Operations, Field(alias="for")] = None


NamedGuard = Annotated[Guard, by_name("guards", Guard)]


class Repeat(StrictModel):
    """Repeats the example, at most `at_most` times, until a response has a status that is not in `before`.

    After a pause of `pause` seconds it is sent once more, and must still be refused.
    """

    at_most: int = Field(ge=2, le=200)
    pause: float = Field(default=0, ge=0, le=60)
    before: list[Status] = [200]


class Envelope(StrictModel):
    """The form of every error response.

    `schema` is a JSON Schema of the body. `faults` is the JSON pointer of the array of faults ("" if the body itself is
    the only fault); `message`, `code` and `field` are keys of a fault. With `body_may_lack`, an absent body or message
    is a finding of level `should` only. `expected` lists JSON pointers whose absence is a `should` finding.
    """

    schema_: Schema = Field(alias="schema")
    faults: Pointer = ""
    message: str = "message"
    code: str = "code"
    field: str = "field"
    body_may_lack: bool = False
    expected: list[Pointer] = []
    equals: dict[Pointer, Any] = {}
    """Maps JSON pointers to their value in every error; `{status}` is the HTTP status as a number."""
    if_present: dict[Pointer, Any] = {}
    """Like `equals`, but a member may be absent."""


class Discover(StrictModel):
    """How to find a fixture on a target by reads alone.

    `chain` is called once for all fixtures that name it. `in` points to a list in its last response. The first item in
    which every pointer of `where` has its value is selected, and `take` points to the fixture in this item. `value` is
    a template of the fixture in which `{capture.taken}` is the value that was found.
    """

    chain: Annotated[str, Names("chain")]
    in_: Pointer = Field(alias="in")
    where: dict[Pointer, Any] = {}
    take: Pointer
    value: str = "{capture.taken}"


class CreatedResource(StrictModel):
    """What a call of an operation creates, how to find it by the name it was given, and how to delete it.

    `made` maps names to members of the call's own response. `read` lists resources, with the name as `{capture.name}`;
    `in` points to the list, `name` to the text of an item that contains the name (or to an object any text of which may
    contain it), and `capture` maps names to members of that item. `also` lists the newest resources whatever their
    name, because a search by name may miss some. `get` reads one by the members of `made`; a 404 means it is gone.
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
    """A condition on members of a fixture, which are given as JSON pointers. Exactly one kind of condition.

    ordered: the first number is not above the second; match: the first, a text, matches the second, a regular
    expression, as a whole; mismatch: it does not match; distinct: no two members are equal; form: the member matches
    the given regular expression as a whole.
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
        (kind,) = self.model_fields_set
        return kind, tuple(getattr(self, kind))


class NamedInput(StrictModel):
    """A fixture, credential, vantage or hook that a profile gives: its description, and how to obtain it."""

    about: str
    get: str = ""
    example: Any = None
    """The value that a drafted profile contains for it."""
    discover: Discover | None = None
    make: Annotated[str | None, Names("chain")] = None
    """The chain that creates the fixture for a run and captures it under its own name, if the profile allows it."""
    check: list[Call] = []
    """Reads that succeed if the value is right: it exists, or is missing if it must be missing."""
    check_first: Permission | None = None
    """With this permission, the reads of `check` are sent before all rows if the profile gives the value, because a
    write to a wrong one would destroy something."""
    rules: list[FixtureRule] = []
    """Conditions on its members, checked before anything is sent."""
    differs_from: list[str] = []
    """Names of others whose value it must not have, because a missing thing cannot be an existing one."""
    default: Any = None
    fields: list[str] = []
    """For a credential that is not a header: its members, such as email and password."""
    usual: dict[str, Any] | None = None
    """For a credential: its entry in a profile that is drafted from a bare URL."""
    obtain: Annotated[str | None, Names("chain")] = None
    """For a credential: the chain that captures `token` if the profile does not give the credential."""

    def example_in(self, section: str) -> Any:
        """Return an example of its entry in a section of a profile, or None if the contract has none."""
        if section == "credentials" and self.usual:
            return self.usual
        usual: dict[str, Any] = {
            "credentials": {"header": "X-API-KEY", "env": "API_KEY"},
            "vantages": {"source_address": "192.0.2.9"},
            "hooks": {"headers": {"X-Fault": "internal"}},
        }
        return usual.get(section) if self.example is None else self.example


class OperationSpec(StrictModel):
    """How to call an operation of openapi.yaml on a target."""

    url: str | None = None
    """The path, if each target chooses its own."""
    path: dict[str, Any] = {}
    query: dict[str, Any] = {}
    headers: dict[HeaderName, Any] = {}
    json_: Any = Field(default=None, alias="json")
    """The default body."""
    credential: Annotated[str | None, Names("credential")] = None
    permission: Permission | None = None
    body: dict[str, Any] | None = None
    """Members that every valid body needs on this target, for exploration."""
    resource: Name | None = None
    """The resource that a call may change. Rows that write different resources run side by side; a row whose write has
    no resource runs alone."""
    isolated: bool = False
    """Set-ups, controls and exploration call it only on things that they created themselves and that others see only
    in lists, so several of them may do so at the same time."""
    explore: bool = True


class LanguageSelector(StrictModel):
    """One way to request a language; `{language}` and `{other}` are filled in."""

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
"""The envelope of RFC 9457, to which a contract may refer as `problem-details`."""


def _resolve_envelope(value: Any) -> Any:
    if isinstance(value, str):
        if value != "problem-details":
            raise ValueError("is no envelope; write problem-details (RFC 9457), or an envelope of your own")
        return dict(PROBLEM_DETAILS)
    return value


class ContractFile(StrictModel):
    """The content of `contract.yaml`: what applies to the whole contract."""

    contract: Name
    title: str
    edition: str
    document: str
    tables: list[Name] = Field(min_length=1)
    credential: str | None = None
    pace: PaceText | None = None
    envelope: Annotated[Envelope, BeforeValidator(_resolve_envelope)]
    content_types: list[str] = ["application/json"]
    message_level: Level = "should"
    credentials: dict[str, NamedInput] = {}
    fixtures: dict[str, NamedInput] = {}
    vantages: dict[str, NamedInput] = {}
    hooks: dict[str, NamedInput] = {}
    operations: Annotated[dict[str, OperationSpec], Names("operation of openapi.yaml")]
    exploration: dict[Depth, int] = {"standard": 30, "thorough": 300}
    """The most requests that exploration may send for one operation, by depth."""
    schemas: dict[str, Schema] = {}
    """JSON Schemas of bodies, by name, that several rows share."""
    inputs: dict[str, Input] = {}
    chains: dict[str, list[Call]] = {}
    open_choices: dict[str, Open] = {}
    controls: dict[str, Control] = {}
    guards: dict[str, Guard] = {}
    wordings: dict[str, Wordings] = {}
    """Wordings of messages, by name, that several rows share."""
    created_resources: Annotated[dict[str, CreatedResource], Names("operation of openapi.yaml")] = {}
    """Maps an operation to what a call of it creates, so that it can be removed."""
    languages: list[LanguageSelector] = []
    language_fixture: str | None = None


class Provenance(StrictModel):
    """The source of a row: the document that promises it, and how certain the reading is."""

    document: str | None = None
    language: str | None = None
    edition: str | None = None
    confidence: Literal["documented", "observed", "inferred"] = "documented"
    note: str | None = None


def _refuse_placeholder_name(text: str) -> str:
    if text in HEADS | MESSAGE_HEADS:
        raise ValueError(f"is what placeholders are called already; name it other than {text}")
    return text


class OperationRef(StrictModel):
    """An operation to which a row applies, and what is particular to its request."""

    call: str
    label: str = ""
    request: RequestTemplate = Field(default_factory=RequestTemplate)
    combine: Combined = {}
    """Valid values of other parameters, by part of the request. The row must apply with each of them."""
    permission: Permission | None = None


Variable = Annotated[str, StringConstraints(pattern=r"^[a-z_]+$"), AfterValidator(_refuse_placeholder_name)]


def _require_keys_or_like(form: dict[str, Any]) -> None:
    form["anyOf"] = [{"required": form["required"]}, {"required": ["id", "like"]}]
    del form["required"]


class Case(StrictModel):
    """One row: how to provoke the error, what response is expected, and its controls."""

    model_config = ConfigDict(json_schema_extra=_require_keys_or_like)

    id: Name
    like: str | None = None
    """The row (`TABLE/ROW`, or `ROW` of the same table) from which this one takes the keys that it does not have."""
    cause: str
    source: Provenance = Provenance()
    vars: dict[Variable, str] = {}
    """Values of `{NAME}` in the row, in what it names, and in what it has from its table."""
    operations: list[OperationRef | str] | None = None
    request: RequestTemplate = Field(default_factory=RequestTemplate)
    vary: Varied = {}
    combine: Combined = {}
    """Like `combine` of an operation, for all operations of the row."""
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
    """The example is sent a single time in a run."""
    at_once: int | None = Field(default=None, ge=2, le=5)
    """Sends the example this many times at the same time. One is expected to succeed, the others to provoke the row."""
    last: bool = False
    """The row runs after all others, because it uses something up."""
    needs: Annotated[list[str], Names("need")] = []
    not_provokable: str | None = Field(default=None, min_length=1)
    """Why the row cannot be provoked, or what is still to be written. The row is listed but not exercised."""

    @model_validator(mode="after")
    def _sends_one_thing(self) -> Self:
        if self.at_once and (self.vary or self.open or self.repeat or self.once):
            raise ValueError("`at_once` sends the example alone: leave out `vary`, `open`, `repeat` and `once`")
        return self

    @property
    def only_example(self) -> bool:
        """Whether the written example is the only probe, sent once or repeatedly."""
        return bool(self.once or self.repeat or self.at_once)


class TranslationFile(StrictModel):
    """The content of `ja.yaml`: Japanese texts of a contract for reports."""

    titles: dict[str, str] = {}
    """Titles of tables, by the name of the table."""
    causes: Annotated[dict[str, str], Names("row")] = {}
    """Causes, by row ID."""
    notes: Annotated[dict[str, str], Names("row with a note")] = {}
    """Notes under `source`, by row ID."""
    labels: dict[str, str] = {}
    """Labels of controls, by the original label."""


SHARED_KEYS = frozenset(["before", "after", "undo", "unchanged", "control", "operations"])
"""Keys of a case that a table may have for all its rows."""


class TableFile(StrictModel):
    """One table of the vendor's document.

    `operations`, `before`, `after`, `undo`, `unchanged` and `control` apply to each row that does not have the key
    itself. The last three are limited to the operations of the row that their `for` names.
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


def find_steps(*values: Any) -> Iterator[Step]:
    """Yield every step within forms or parts of forms."""
    return (form for value in values for _, form in find_forms(value, ()) if isinstance(form, Step))


def find_forms(value: Any, place: Place) -> Iterator[tuple[Place, StrictModel]]:
    """Yield every form that is written within a value, itself included, with its path; requests are not entered."""
    members: Iterable[tuple[str | int, Any]] = ()
    if (names := _list_names(value.__class__)) is not None:
        yield place, value
        members = ((written, getattr(value, name)) for name, written in names if name in value.model_fields_set)
    elif isinstance(value, dict | list):
        members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in members:
        if isinstance(member, dict | list) or _list_names(member.__class__) is not None:
            yield from find_forms(member, (*place, key))


@cache
def _list_names(kind: type) -> tuple[tuple[str, str], ...] | None:
    """Return the fields of a form that may hold other forms, each with its name in a file; None for other types."""
    if not issubclass(kind, StrictModel):
        return None
    within = {} if issubclass(kind, RequestTemplate | Expect) else kind.model_fields
    return tuple((name, info.alias or name) for name, info in within.items())
