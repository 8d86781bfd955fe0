"""What a service holds: contents, media, members, keys, page tokens, and who asked how often.

One object with one lock; nothing outside it is shared between two servers.
"""

from __future__ import annotations

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

__all__ = ["KEYS", "Content", "Medium", "Member", "Page", "Rate", "Store"]

KEYS: Final[Mapping[str, str]] = {
    "full": "reference-full-3b1f6a52c9d04e7f",
    "forbidden": "reference-forbidden-91c07de2f4a85b36",
    "throttled": "reference-throttled-5e82d61b0fa947c3",
}
"""The keys of every embedded service: they open nothing but a loopback port."""


def now() -> str:
    """The time as the API writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class Content:
    """The metadata of one content; the API shows no more of it."""

    id: str
    status: str
    creator: str
    created: str
    updated: str
    media: tuple[str, ...] = ()

    def shown(self) -> dict[str, Any]:
        """As the API answers it."""
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
    """One stored file; its bytes are counted and not kept."""

    id: str
    url: str
    name: str
    size: int
    image: bool
    created: str

    def shown(self, version: int) -> dict[str, Any]:
        """As the API answers it, by version."""
        sides = {"width": 640, "height": 480} if self.image else {}
        if version == 1:
            return {"id": self.id, "url": self.url, **sides}
        times = {"createdAt": self.created, "updatedAt": self.created}
        return {"id": self.id, **times, "url": self.url, **sides, "tags": []}


@dataclass(frozen=True, slots=True)
class Member:
    """A person; `inviting` until the invitation is accepted."""

    id: str
    name: str
    inviting: bool = False

    def shown(self) -> dict[str, Any]:
        """As the API answers it."""
        return {"id": self.id, "name": self.name, "email": f"{self.id[:8]}@example.com", "mfa": False}


@dataclass(frozen=True, slots=True)
class Page:
    """What a token stands for: the conditions of the first request, and where to go on."""

    start: int
    limit: int
    image_only: bool
    file_name: str
    expires: float


class Rate:
    """How many requests were let through in the last seconds, by caller."""

    def __init__(self, allowed: int, seconds: float, *, fixed: bool) -> None:
        self._allowed = allowed
        self._seconds = seconds
        self._fixed = fixed
        self._seen: dict[str, deque[float]] = {}

    def wait(self, caller: str) -> float:
        """0 and the request counts; or how many seconds are left until one would be let through again."""
        at = time.monotonic()
        seen = self._seen.setdefault(caller, deque())
        if self._fixed:
            if seen and at - seen[0] >= self._seconds:
                seen.clear()
        else:
            while seen and at - seen[0] >= self._seconds:
                seen.popleft()
        if len(seen) >= self._allowed:
            return self._seconds - (at - seen[0])
        seen.append(at)
        return 0.0


@dataclass(slots=True)
class Store:
    """Everything that one service holds."""

    host: str
    token_form: str
    token_seconds: float
    contents: dict[str, dict[str, Content]] = field(default_factory=dict)
    objects: dict[str, Content] = field(default_factory=dict)
    media: list[Medium] = field(default_factory=list)
    members: dict[str, Member] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def store(self, name: str, size: int, *, image: bool) -> Medium:
        """Keeps a file, newest first."""
        identity = str(uuid.uuid4())
        url = f"https://{self.host}/assets/7d2b1c4e/{identity.replace('-', '')}/{quote(name)}"
        medium = Medium(identity, url, name, size, image, now())
        self.media.insert(0, medium)
        return medium

    def medium(self, url: str) -> Medium | None:
        """The medium behind a URL."""
        return next((medium for medium in self.media if medium.url == url), None)

    def refers(self, medium: Medium) -> bool:
        """Whether a content uses a medium."""
        return any(medium.id in content.media for group in self.contents.values() for content in group.values())

    def page(self, start: int, limit: int, image_only: bool, file_name: str, seconds: float | None = None) -> str:
        """A token that goes on at `start`, for as long as tokens live."""
        life = self.token_seconds if seconds is None else seconds
        token = _token(self.token_form)
        self.pages[token] = Page(start, limit, image_only, file_name, time.monotonic() + life)
        return token

    def turned(self, token: str) -> Page | None:
        """What a token stands for; None where it was never given out or has expired."""
        page = self.pages.get(token)
        return page if page is not None and page.expires > time.monotonic() else None


def _token(form: str) -> str:
    raw = uuid.uuid4()
    if form == "base64":
        return base64.b64encode(raw.bytes + uuid.uuid4().bytes).decode()
    if form == "uuid":
        return str(raw)
    return raw.hex if form == "hex" else "".join(uuid.uuid4().hex for _ in range(6))
