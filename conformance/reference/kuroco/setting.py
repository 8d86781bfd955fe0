"""What every operation of the site works with, and one visit to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.reference.catalogue import Row
from conformance.reference.decisions import Ask, Decisions
from conformance.reference.kuroco.fields import Field
from conformance.reference.kuroco.language import PRIMARY
from conformance.reference.kuroco.session import Desk, Token
from conformance.reference.kuroco.store import Store
from conformance.reference.kuroco.vocabulary import Check, Complaint

__all__ = ["Setting", "Visit"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One site: what it chose, its content structure, what it decides by, and what it remembers."""

    choices: Mapping[str, str]
    fields: tuple[Field, ...]
    decisions: Decisions
    store: Store
    desk: Desk


@dataclass(slots=True, kw_only=True)
class Visit(Ask):
    """A request on its way through the site, with what was found out so far.

    `operation` is `login`, `token`, `logout`, `profile`, `list`, `detail`, `insert`, `update`, `delete`, or empty
    where no endpoint was met; `group` says whether that endpoint is bound to a group that is there. `check` is the
    one that is under way; `complaints` are those that the answer will report, `row` is the one that it follows.
    `asked_by` is what named the language (`_lang`, `accept-language`, `site`), `heard` what `Accept-Language` alone
    would have led to.
    """

    setting: Setting
    topics_id: str = ""
    group: bool = True
    raw: bytes = b""
    body: Any = None
    token: Token | None = None
    language: str = PRIMARY
    asked_by: str = "site"
    heard: str = PRIMARY
    check: Check | None = None
    row: Row | None = None
    complaints: tuple[Complaint, ...] = ()
    known_email: bool = False
    deleted: bool = False
    rejected: bool = False
