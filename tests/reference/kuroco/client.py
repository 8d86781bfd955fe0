"""A client of the Kuroco reference site that takes everything it needs from the profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import requests

from conformance.reference import start


class Client:
    """Requests to one running site, with the profile's token by default."""

    def __init__(self, profile: Mapping[str, Any]) -> None:
        self.fixtures = profile["fixtures"]
        self.fields = self.fixtures["fields"]
        login = profile["credentials"]["login"]
        self.email, self.password = login["email"]["value"], login["password"]["value"]
        token = profile["credentials"]["token"]
        self.token = {token["header"]: token["value"]}
        self._base = profile["base_url"]
        self._session = requests.Session()
        self._session.trust_env = False

    def close(self) -> None:
        self._session.close()

    def send(
        self, fixture: str, body: Any = None, *, token: bool = True, topics_id: Any = None, **more: Any
    ) -> requests.Response:
        """A POST where there is a body, else a GET, to the path that the fixture names."""
        topics_id = self.fixtures["topics_id"] if topics_id is None else topics_id
        path = self.fixtures[fixture].replace("{topics_id}", str(topics_id))
        headers = (self.token if token else {}) | more.pop("headers", {})
        method = "GET" if body is None else "POST"
        url = f"{self._base}/{path}"
        return self._session.request(method, url, json=body, headers=headers, timeout=5, **more)

    def valid(self, **changes: Any) -> dict[str, Any]:
        """A whole valid body; `changes` by kind of field (or `subject`), None leaves a key out."""
        body = {"subject": "A title"} | {field["name"]: field["valid"] for field in self.fields.values()}
        for kind, value in changes.items():
            name = "subject" if kind == "subject" else self.fields[kind]["name"]
            body[name] = value
        return {name: value for name, value in body.items() if value is not None}

    def topics(self) -> dict[str, Any]:
        """The list of topics."""
        return {key: self.send("list_path").json()[key] for key in ("list", "pageInfo")}

    def detail(self, topics_id: Any = None) -> dict[str, Any]:
        """One topic."""
        details: dict[str, Any] = self.send("detail_path", topics_id=topics_id).json()["details"]
        return details

    def grant(self) -> str:
        """A new grant token."""
        body = {"email": self.email, "password": self.password}
        grant: str = self.send("login_path", body, token=False).json()["grant_token"]
        return grant

    def wrong(self, kind: str) -> str:
        """A value that the field of this kind refuses."""
        field = self.fields[kind]
        return {"regex": field.get("mismatch"), "length": "n" * (field.get("max", 0) + 1)}.get(kind) or "abc"


@contextmanager
def site(*, faults: Sequence[str] = (), variants: Mapping[str, str] | None = None) -> Iterator[Client]:
    """A client of a site of its own."""
    with start("kuroco", faults=faults, variants=variants) as running:
        client = Client(running.profile)
        try:
            yield client
        finally:
            client.close()
