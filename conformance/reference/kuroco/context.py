"""The state of a Kuroco site, and the context of a request to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.reference.catalogue import Row
from conformance.reference.hooks import Behaviour, RequestContext
from conformance.reference.kuroco.accounts import AccessToken, AccountStore
from conformance.reference.kuroco.fields import Field
from conformance.reference.kuroco.language import PRIMARY
from conformance.reference.kuroco.rows import Check, ValidationError
from conformance.reference.kuroco.store import TopicStore


@dataclass(frozen=True, slots=True)
class KurocoSite:
    """One site: the choices of its variants, its content structure, its behaviour and its state."""

    choices: Mapping[str, str]
    fields: tuple[Field, ...]
    behaviour: Behaviour[KurocoContext]
    store: TopicStore
    accounts: AccountStore

    def field(self, kind: str) -> Field:
        """Return the extension field of a kind, such as `email`."""
        return next(field for field in self.fields if field.kind == kind)


@dataclass(slots=True, kw_only=True)
class KurocoContext(RequestContext):
    """A request to the site. Its fields are set while the request is handled.

    `operation` is `login`, `token`, `logout`, `profile`, `list`, `detail`, `insert`, `update`, `delete`, or empty for
    an unknown path; `group_exists` says whether its endpoint belongs to an existing topic group. `language` is that of
    the response, `language_source` what selected it (`_lang`, `accept-language`, `site`), and `header_language` the one
    that `Accept-Language` alone would select. `check` is the validation in progress, `errors` are the errors in the
    response, and `row` is the row that it follows. `known_email`, `deleted` and `rejected` say whether the account of
    the login exists, the topic was deleted, and the written content was rejected.
    """

    site: KurocoSite
    topics_id: str = ""
    group_exists: bool = True
    raw: bytes = b""
    token: AccessToken | None = None
    language: str = PRIMARY
    language_source: str = "site"
    header_language: str = PRIMARY
    check: Check | None = None
    row: Row | None = None
    errors: tuple[ValidationError, ...] = ()
    known_email: bool = False
    deleted: bool = False
    rejected: bool = False

    @property
    def password(self) -> str | None:
        """The password in the body of a login, if it is text."""
        value = self.body_member("password")
        return value if isinstance(value, str) else None

    @property
    def text_length(self) -> int | None:
        """The length of the text that is being validated, or None."""
        return None if self.checked_text is None else len(self.checked_text)

    @property
    def language_header(self) -> str | None:
        """The value of `Accept-Language`, or None."""
        return self.request.headers.get("accept-language")

    @property
    def logged_in(self) -> bool:
        """Whether the request has a valid access token."""
        return self.token is not None

    @property
    def topics_number(self) -> int | None:
        """The ID in the path as a number; None if it is not one."""
        return int(self.topics_id) if self.topics_id.isascii() and self.topics_id.isdigit() else None

    @property
    def checked_text(self) -> str | None:
        """The text that is being validated; None if there is none, or the value is not a text."""
        return self.check.value if self.check and isinstance(self.check.value, str) else None

    @property
    def checked_kind(self) -> str | None:
        """The kind of the extension field that is being validated, `title` for the title, or None."""
        if self.check is None:
            return None
        return next((field.kind for field in self.site.fields if field.name == self.check.field), "title")

    def body_member(self, name: str) -> Any:
        """Return a member of the body, or None; `name` may be the kind of an extension field."""
        return self.body.get(self.names.get(name, name)) if isinstance(self.body, dict) else None

    @property
    def names(self) -> dict[str, str]:
        """The name of the extension field of each kind."""
        return {field.kind: field.name for field in self.site.fields}
