"""The form of `contract.yaml`: what holds for the whole of a contract."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from conformance.contract.calls import Step
from conformance.contract.forms import Depth, Level, Name, Strict, Tier
from conformance.contract.inputs import Input

__all__ = ["ContractFile", "Discover", "Envelope", "LanguageWay", "Named", "OperationSpec", "Trace"]


class Envelope(Strict):
    """The form of every error answer.

    `schema` is a JSON Schema of the body. `faults` points to the array of faults ("" where the body itself is the only
    one); `message`, `code` and `field` are keys of a fault. The whole body, or the message, may be absent at level
    should with `body_may_lack`. `expected` are pointers whose absence is a should.
    """

    schema_: dict[str, Any] = Field(alias="schema")
    faults: str = ""
    message: str = "message"
    code: str = "code"
    field: str = "field"
    body_may_lack: bool = False
    expected: list[str] = []


class Discover(Strict):
    """How a fixture can be found on a target by reads alone.

    `chain` is made once for all fixtures that name it. `in` points to a list of the last answer; the first of its items
    in which every pointer of `where` shows its value is taken, and `take` points to the
    fixture in it. `value` says what is made of it, `{capture.taken}` being what was taken.
    """

    chain: str
    in_: str = Field(alias="in")
    where: dict[str, Any] = {}
    take: str
    value: str = "{capture.taken}"


class Trace(Strict):
    """What a call of an operation makes, how it is found again by the name it was given, and how it is taken away.

    `made` names members of the call's own answer; `read` lists what there is, `{capture.name}` being the name; `in`
    points to the list, `name` to the text of an item that holds the name, and `capture` names members of that item.
    """

    made: dict[str, str]
    read: Step
    in_: str = Field(alias="in")
    name: str
    capture: dict[str, str]
    undo: list[Step] = Field(min_length=1)


class Named(Strict):
    """Something that a profile gives: what it is, and how to get it."""

    about: str
    get: str = ""
    example: Any = None
    """How it is written in a profile, where nothing is known of it yet."""
    discover: Discover | None = None
    make: str | None = None
    """A chain that makes one for a run and captures it under its own name, where the profile allows that."""
    check: list[Step] = []
    """Reads that succeed where it is as it should be; for what must be missing, where it is missing."""
    default: Any = None
    fields: list[str] = []
    """For a credential that is no header: its members, such as email and password."""
    usual: dict[str, Any] | None = None
    """For a credential: how a profile would give it, where a bare URL is all there is."""
    obtain: str | None = None
    """For a credential: the chain that captures `token` when the profile does not give one."""


class OperationSpec(Strict):
    """How an operation of openapi.yaml is called on a target."""

    url: str | None = None
    """The path of this target, where each target chooses its own."""
    path: dict[str, Any] = {}
    json_: Any = Field(default=None, alias="json")
    """The body of each call that says nothing else."""
    credential: str | None = None
    success: list[int] = [200]
    tier: Tier | None = None
    body: dict[str, Any] | None = None
    """Members that every valid body of this target needs, for exploration."""
    lane: Name | None = None
    """What a call of it may change. Rows whose writes change different things may run side by side; a write without a
    lane is beside no other."""
    own: bool = False
    """What set-ups, controls and exploration call it on is made by themselves and seen by nobody else but in a list:
    several of them may do so at the same time."""
    explore: bool = True


class LanguageWay(Strict):
    """One way to ask for a language; `{language}` and `{other}` are filled in."""

    label: str
    query: dict[str, str] = {}
    headers: dict[str, str] = {}


class ContractFile(Strict):
    """`contract.yaml`: what holds for the whole contract."""

    contract: Name
    title: str
    edition: str
    document: str
    tables: list[Name] = Field(min_length=1)
    credential: str | None = None
    pace: str | None = None
    envelope: Envelope
    content_types: list[str] = ["application/json"]
    message_level: Level = "should"
    credentials: dict[str, Named] = {}
    fixtures: dict[str, Named] = {}
    vantages: dict[str, Named] = {}
    hooks: dict[str, Named] = {}
    operations: dict[str, OperationSpec]
    exploration: dict[Depth, int] = {"standard": 30, "thorough": 300}
    """How many requests exploration may send for one operation."""
    inputs: dict[str, Input] = {}
    chains: dict[str, list[Step]] = {}
    traces: dict[str, Trace] = {}
    """By operation: what a call of it leaves on a target, so that nothing is left behind."""
    labels_ja: dict[str, str] = {}
    """What the labels of controls say, in Japanese: by the label as it stands in the table's file."""
    languages: list[LanguageWay] = []
    language_fixture: str | None = None
