"""The endpoints of the site. Each belongs to one operation, and those of topics to a topic group."""

from dataclasses import dataclass
from typing import Final

BASE: Final = "rcms-api/1"
GROUP_PATH: Final = f"{BASE}/topics1"
MISSING_GROUP_PATH: Final = f"{BASE}/topics9"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path (`*` is a topic's ID), its method, its operation, and whether its topic group exists."""

    path: str
    method: str
    operation: str
    group_exists: bool = True


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
    Endpoint(MISSING_GROUP_PATH, "GET", "list", group_exists=False),
    Endpoint(f"{MISSING_GROUP_PATH}/insert", "POST", "insert", group_exists=False),
    Endpoint(f"{MISSING_GROUP_PATH}/update/*", "POST", "update", group_exists=False),
    Endpoint(f"{MISSING_GROUP_PATH}/*", "GET", "detail", group_exists=False),
)


def find_endpoint(path: str, method: str) -> tuple[Endpoint | None, str]:
    """Return the endpoint of a path without leading slash, or None, and the topic's ID in it; HEAD counts as GET."""
    method = "GET" if method == "HEAD" else method
    for endpoint in ENDPOINTS:
        topics_id = _match(endpoint.path, path)
        if topics_id is not None and endpoint.method == method:
            return endpoint, topics_id
    return None, ""


def allowed_methods(path: str) -> tuple[str, ...]:
    """Return the methods for which a path has endpoints; empty for an unknown path."""
    return tuple(dict.fromkeys(e.method for e in ENDPOINTS if _match(e.path, path) is not None))


def _match(pattern: str, path: str) -> str | None:
    if not pattern.endswith("*"):
        return "" if path == pattern else None
    rest = path.removeprefix(pattern[:-1])
    return rest if rest and rest != path and "/" not in rest else None
