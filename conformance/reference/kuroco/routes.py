"""Which endpoint a path and a method lead to; each is bound to one operation, and those of topics to a group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["BASE", "GROUP_PATH", "MISSING_GROUP_PATH", "Endpoint", "lead", "methods"]

BASE: Final = "rcms-api/1"
GROUP_PATH: Final = f"{BASE}/topics1"
MISSING_GROUP_PATH: Final = f"{BASE}/topics9"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path (`*` stands for a topic's ID), the method that it takes, and what it does."""

    path: str
    method: str
    operation: str
    group: bool = True


ENDPOINTS: Final = (
    Endpoint(f"{BASE}/login", "POST", "login"),
    Endpoint(f"{BASE}/token", "POST", "token"),
    Endpoint(f"{BASE}/logout", "POST", "logout"),
    Endpoint(f"{BASE}/profile", "GET", "profile"),
    Endpoint(GROUP_PATH, "GET", "list"),
    Endpoint(f"{GROUP_PATH}/insert", "POST", "insert"),
    Endpoint(f"{GROUP_PATH}/update/*", "POST", "update"),
    Endpoint(f"{GROUP_PATH}/delete/*", "POST", "delete"),
    Endpoint(f"{GROUP_PATH}/*", "GET", "detail"),
    Endpoint(MISSING_GROUP_PATH, "GET", "list", group=False),
    Endpoint(f"{MISSING_GROUP_PATH}/insert", "POST", "insert", group=False),
    Endpoint(f"{MISSING_GROUP_PATH}/update/*", "POST", "update", group=False),
    Endpoint(f"{MISSING_GROUP_PATH}/*", "GET", "detail", group=False),
)


def lead(path: str, method: str) -> tuple[Endpoint, str] | None:
    """The endpoint for a path without its leading slash, and the topic's ID in it; a HEAD goes where a GET goes."""
    wanted = "GET" if method == "HEAD" else method
    for endpoint in ENDPOINTS:
        found = _id(endpoint.path, path)
        if found is not None and endpoint.method == wanted:
            return endpoint, found
    return None


def methods(path: str) -> tuple[str, ...]:
    """The methods that a path has endpoints for; none for an unknown path."""
    return tuple(dict.fromkeys(e.method for e in ENDPOINTS if _id(e.path, path) is not None))


def _id(pattern: str, path: str) -> str | None:
    if not pattern.endswith("*"):
        return "" if path == pattern else None
    rest = path.removeprefix(pattern[:-1])
    return rest if rest and rest != path and "/" not in rest else None
