"""The state of a service: contents, media, members, keys, page tokens and the rate limiter.

Each server has a store with a lock of its own; two servers share nothing.
"""

import base64
import threading
import time
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

KEYS: Final[Mapping[str, str]] = {
    "full": "reference-full-3b1f6a52c9d04e7f",
    "forbidden": "reference-forbidden-91c07de2f4a85b36",
    "throttled": "reference-throttled-5e82d61b0fa947c3",
}
"""The API keys of every reference service; they are valid nowhere else."""


def now() -> str:
    """Return the current time in the API's format."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class Content:
    """The metadata of one content. The API returns nothing else of it."""

    id: str
    status: str
    creator: str
    created: str
    updated: str
    media: tuple[str, ...] = ()
    reassigned: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the content as the API shows it."""
        published = self.created if self.status in {"PUBLISH", "CLOSED", "PUBLISH_AND_DRAFT"} else None
        return {
            "id": self.id,
            "createdAt": self.created,
            "updatedAt": self.updated,
            "publishedAt": published,
            "revisedAt": published,
            "closedAt": self.updated if self.status == "CLOSED" else None,
            "status": [self.status],
            "customStatus": None,
            "draftKey": "dk-" + self.id[:4] if "DRAFT" in self.status else None,
            "createdBy": self.creator,
            "updatedBy": self.creator,
            "reservationTime": None,
        }


@dataclass(slots=True)
class Medium:
    """One stored file. Its size in bytes is kept, but not its content."""

    id: str
    url: str
    name: str
    size: int
    image: bool
    created: str

    def as_json(self, version: int) -> dict[str, Any]:
        """Return the medium as this version of the API shows it."""
        sides = {"width": 640, "height": 480} if self.image else {}
        if version == 1:
            return {"id": self.id, "url": self.url, **sides}
        times = {"createdAt": self.created, "updatedAt": self.created}
        return {"id": self.id, **times, "url": self.url, **sides, "tags": []}


@dataclass(frozen=True, slots=True)
class Member:
    """A member; `inviting` is True until the invitation is accepted."""

    id: str
    name: str
    inviting: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the member as the API shows it."""
        return {"id": self.id, "name": self.name, "email": f"{self.id[:8]}@example.com", "mfa": False}


@dataclass(frozen=True, slots=True)
class ListRange:
    """The page of a token: the conditions of the first request, where to continue, and when the token expires."""

    start: int
    limit: int
    image_only: bool
    file_name: str
    expires: float


class Allowance:
    """A rate limiter: it admits a number of requests in a fixed or sliding period of `seconds`."""

    def __init__(self, allowed: int, seconds: float, *, fixed: bool) -> None:
        self._allowed = allowed
        self._seconds = seconds
        self._fixed = fixed
        self._admitted: deque[float] = deque()

    def admit(self) -> float:
        """Count a request and return 0 if it is admitted, else the seconds until the next one would be."""
        at, admitted = time.monotonic(), self._admitted
        if self._fixed and admitted and at - admitted[0] >= self._seconds:
            admitted.clear()
        while admitted and at - admitted[0] >= self._seconds:
            admitted.popleft()
        if len(admitted) >= self._allowed:
            return self._seconds - (at - admitted[0])
        admitted.append(at)
        return 0.0

    @property
    def count(self) -> int:
        """The number of requests admitted in the current period."""
        return len(self._admitted)


@dataclass(slots=True)
class Store:
    """All data of one service."""

    host: str
    token_form: str
    token_seconds: float
    contents: dict[str, dict[str, Content]] = field(default_factory=dict)
    objects: dict[str, Content] = field(default_factory=dict)
    media: list[Medium] = field(default_factory=list)
    deleted: dict[str | None, Medium] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    pages: dict[str, ListRange] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def add_medium(self, name: str, size: int, *, image: bool) -> Medium:
        """Store a file and return it; the newest is listed first."""
        identity = str(uuid.uuid4())
        url = f"https://{self.host}/assets/7d2b1c4e/{identity.replace('-', '')}/{quote(name)}"
        medium = Medium(identity, url, name, size, image, now())
        self.media.insert(0, medium)
        return medium

    def delete_medium(self, medium: Medium) -> None:
        """Delete a medium."""
        self.media.remove(medium)
        self.deleted[medium.url] = medium

    def find_medium(self, url: str) -> Medium | None:
        """Return the medium at a URL, or None."""
        return next((medium for medium in self.media if medium.url == url), None)

    def is_referenced(self, medium: Medium) -> bool:
        """Return whether any content uses a medium."""
        return any(medium.id in content.media for group in self.contents.values() for content in group.values())

    def issue_token(
        self, start: int, limit: int, image_only: bool, file_name: str, seconds: float | None = None
    ) -> str:
        """Issue a token for the page from `start` on, valid for `seconds` (by default the lifetime of tokens)."""
        lifetime = self.token_seconds if seconds is None else seconds
        token = _new_token(self.token_form)
        self.pages[token] = ListRange(start, limit, image_only, file_name, time.monotonic() + lifetime)
        return token

    def find_page(self, token: str) -> ListRange | None:
        """Return the page of a token, or None if it was never issued or has expired."""
        page = self.pages.get(token)
        return page if page is not None and page.expires > time.monotonic() else None


def _new_token(form: str) -> str:
    raw = uuid.uuid4()
    if form == "base64":
        return base64.b64encode(raw.bytes + uuid.uuid4().bytes).decode()
    if form == "uuid":
        return str(raw)
    if form == "digits":
        return str(raw.int)
    return raw.hex if form == "hex" else "".join(uuid.uuid4().hex for _ in range(6))
