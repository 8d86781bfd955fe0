"""Small servers inside the process: right ones that differ, and wrong ones, each fault by its name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from conformance.contract.contract import Contract
from conformance.engine.context import RunContext
from conformance.explore.driver import explore_operation
from conformance.explore.explorer import Explorer
from conformance.http import Exchange, Request, Response, header
from conformance.results.model import Exploration
from conformance.session.contract_run import build_context
from conformance.target.loader import target_from_mapping
from tests.shipped_contracts import shipped_contract

CONTRACTS = {name: shipped_contract(name) for name in ("microcms-management", "kuroco")}
BASE = "http://127.0.0.1:9/base"
KEY = "a-key-of-some-length"


class Server:
    """Answers requests without a network, and remembers them: a session as a run sees it."""

    contract = ""
    fixtures: Mapping[str, Any] = {}
    credentials: Mapping[str, Any] = {}

    def __init__(self, *ways: str) -> None:
        self.ways = frozenset(ways)
        self.requests: list[Request] = []
        self._cached: dict[str, tuple[int, bytes, tuple[tuple[str, str], ...]]] = {}
        self.media_type: str | None = None
        """The content type of errors, where it is another one."""

    @property
    def sent(self) -> int:
        return len(self.requests)

    def run(self, *, budget: int = 30, seed: int = 0, allow: str = "write delete") -> RunContext:
        """A run against this server, with a budget of so many requests for each operation."""
        profile = {
            "contract": self.contract,
            "base_url": BASE,
            "credentials": self.credentials,
            "fixtures": dict(self.fixtures),
            "allow": allow.split(),
            "late_effects": "1ms",
        }
        target = target_from_mapping(profile, where="test", environ={})
        run = build_context(with_budget(CONTRACTS[self.contract], budget), target, "standard", seed)
        return replace(run, session=self)

    def explorer(self, operation: str) -> Explorer:
        """What exploring an operation of this server needs."""
        return Explorer(self.run(), operation)

    def explore(self, operation: str, *, budget: int = 30, seed: int = 0, allow: str = "write delete") -> Exploration:
        """What exploring an operation finds."""
        return explore_operation(self.run(budget=budget, seed=seed, allow=allow), operation)

    def send(
        self,
        request: Request,
        *,
        asked_for: frozenset[int] = frozenset(),
        unpaced: bool = False,
        repeatable: bool = True,
    ) -> Exchange:
        self.requests.append(request)
        if request.method == "HEAD" and "no-heads" in self.ways:
            return Exchange(request, Response(405, (("Allow", "GET"),), b"", 0))
        asked = replace(request, method="GET") if request.method == "HEAD" else request
        if "cached" in self.ways and asked.method == "GET" and asked.url in self._cached:
            status, body, headers = self._cached[asked.url]
            return Exchange(request, Response(status, (*headers, ("X-Cache", "HIT")), body, len(body)))
        status, body, headers = self._cached[asked.url] = self._framed(*self.answer(asked))
        body = b"" if request.method == "HEAD" else body
        return Exchange(request, Response(status, headers, body, len(body)))

    def _framed(self, status: int, body: Any) -> tuple[int, bytes, tuple[tuple[str, str], ...]]:
        if status == 500 or ("html" in self.ways and status >= 400):
            return status, b"<html><body>Sorry</body></html>", (("Content-Type", "text/html"),)
        if "silent-errors" in self.ways and status >= 400:
            return status, b"", ()
        text = json.dumps(body, indent=3 if "differs" in self.ways else None).encode()
        media = "application/JSON; charset=utf-8" if "differs" in self.ways else "application/json"
        if status >= 400 and self.media_type is not None:
            media = self.media_type
        return status, text, ((("content-type", media),) if media else ())

    def answer(self, request: Request) -> tuple[int, Any]:
        raise NotImplementedError


class Newsroom(Server):
    """Some of the microCMS Management API."""

    contract = "microcms-management"
    credentials = MappingProxyType({"full": {"header": "X-MICROCMS-API-KEY", "value": KEY}})
    fixtures = MappingProxyType(
        {
            "endpoint": "news",
            "content_id": "foo",
            "draft_content_id": "draft-1",
            "own_content_id": "draft-2",
            "member_id": "m-1",
        }
    )

    def __init__(self, *ways: str) -> None:
        super().__init__(*ways)
        self.contents = {name: self._content(name) for name in ("foo", "draft-1", "draft-2")}
        self.media: list[dict[str, Any]] = []

    @staticmethod
    def _content(name: str) -> dict[str, Any]:
        status = "DRAFT" if name.startswith("draft") else "PUBLISH"
        return {"id": name, "createdAt": "x", "updatedAt": "x", "status": [status], "createdBy": "m-1"}

    def answer(self, request: Request) -> tuple[int, Any]:
        parts = urlsplit(request.url)
        query = parse_qsl(parts.query, keep_blank_values=True)
        path = [unquote(part) for part in parts.path.removeprefix("/base/api/").split("/")]
        if "crashes-at-emoji" in self.ways and any("😀" in value for _, value in query):
            return 500, None
        if "refuses-unknown" in self.ways and any(name.startswith("x-") for name, _ in query):
            return 400, {"message": "unknown parameter"}
        return self._routed(request, path, dict(query))

    def _routed(self, request: Request, path: list[str], query: dict[str, str]) -> tuple[int, Any]:
        match (request.method, *path):
            case ("GET", "v1", "contents", "news"):
                return self._list(query)
            case ("GET", "v1", "contents", "news", name):
                return self._one(name)
            case ("PATCH", "v1", "contents", "news", name, "status" | "createdBy" as member):
                return self._patch(name, member, request.body or b"")
            case (_, "v1" | "v2", "media"):
                return self._media(request, query)
        return 404, {"message": "Not Found"}

    def _list(self, query: dict[str, str]) -> tuple[int, Any]:
        numbers = {"limit": 10, "offset": 0}
        for name, most in (("limit", 100), ("offset", 2**62)):
            text = query.get(name, str(numbers[name]))
            try:
                numbers[name] = self._number(text)
            except ValueError:
                return 400, {"message": f"Invalid integer in query ({name}={text})"}
            if numbers[name] < 0 and not ("ignores-negatives" in self.ways and name == "limit"):
                dot = "." if name == "limit" else ""
                who = "Limit" if name == "limit" or "says-limit" in self.ways else "Offset"
                return 400, {"message": f"{who}: must be no less than 0{dot or ('.' if who == 'Limit' else '')}"}
            if numbers[name] > most:
                return 400, {"message": "limit must be less than or equal to 100"}
        limit = 10**6 if "ignores-limit" in self.ways else max(numbers["limit"], 0)
        shown = list(self.contents.values())[numbers["offset"] :][:limit]
        total: Any = str(len(self.contents)) if "total-is-text" in self.ways else len(self.contents)
        page = {"contents": shown, "totalCount": total, **numbers}
        return 200, {**page, "extra": None} if "differs" in self.ways else page

    def _number(self, text: str) -> int:
        if "strict" in self.ways and not re.fullmatch(r"-?[0-9]+", text, re.ASCII):
            raise ValueError(text)
        if "c-like" in self.ways and (found := re.match(r"\s*[+-]?(0x[0-9a-f]+|[0-9]+)\s*\Z", text, re.ASCII)):
            return int(found[1], 0) if found[1].startswith("0x") else int(text)
        return int(text)

    def _one(self, name: str) -> tuple[int, Any]:
        if name not in self.contents:
            return 404, {"message": "Content not found"}
        return 200, self.contents[name]

    def _patch(self, name: str, member: str, body: bytes) -> tuple[int, Any]:
        content = self.contents.get(name)
        if content is None:
            return 404, {"message": "Content not found"}
        try:
            value = json.loads(body)
            expected = value[member]
            problem = self._wrong(member, expected)
        except (ValueError, TypeError, KeyError):
            return 400, {"message": "Request body is not JSON object."}
        if "applies-rejected" in self.ways and member == "status" and expected and expected[0] == "PUBLISH":
            content["status"] = ["PUBLISH"]
        if problem:
            return 400, {"message": problem}
        if "forgets" not in self.ways:
            content[member] = expected
        return 200, {"id": name}

    @staticmethod
    def _wrong(member: str, expected: Any) -> str:
        if member == "createdBy":
            return "" if expected == "m-1" else "invalid user id"
        if not isinstance(expected, list) or not all(isinstance(item, str) for item in expected):
            raise TypeError
        if len(expected) != 1:
            return "Status: the length must be exactly 1."
        return "" if expected[0] in ("PUBLISH", "DRAFT") else "Status: (0: must be a valid value.)."

    def _media(self, request: Request, query: dict[str, str]) -> tuple[int, Any]:
        if request.method == "POST":
            sent = request.body or b""
            if "multipart" not in (header(request.headers, "Content-Type") or "") or b'name="file"' not in sent:
                return 400, {"message": "invalid request"}
            url = f"https://images.microcms-assets.io/assets/{len(self.requests)}.png"
            if "loses-uploads" not in self.ways:
                self.media.append({"id": url[-9:], "url": url})
            return 201, {"url": url}
        if request.method == "DELETE":
            kept = [one for one in self.media if one["url"] != query.get("url")]
            if len(kept) == len(self.media):
                known = query.get("url", "").startswith("https://images")
                return (404, {"message": "medium not found"}) if known else (400, {"message": "invalid url"})
            if "keeps-deleted" not in self.ways:
                self.media = kept
            return 200, {"id": "x"}
        return 200, {"media": self.media, "totalCount": len(self.media)}


class Site(Server):
    """Some of a Kuroco site."""

    contract = "kuroco"
    credentials = MappingProxyType(
        {
            "token": {"header": "X-RCMS-API-ACCESS-TOKEN", "value": "access-0"},
            "login": {"email": {"value": "me@site.example"}, "password": {"value": "right"}},
        }
    )
    fixtures = MappingProxyType(
        {
            "login_path": "login",
            "token_path": "token",
            "logout_path": "logout",
            "profile_path": "profile",
            "list_path": "topics1",
            "detail_path": "topics1/{topics_id}",
            "insert_path": "topics1/insert",
            "update_path": "topics1/update/{topics_id}",
            "delete_path": "topics1/delete/{topics_id}",
            "topics_id": 1,
            "fields": {"required": {"name": "ext_1", "title": "Name", "valid": "needed"}},
            "languages": ["ja", "en"],
        }
    )
    login = MappingProxyType({"email": "me@site.example", "password": "right"})

    def __init__(self, *ways: str) -> None:
        super().__init__(*ways)
        self.topics: dict[str, dict[str, Any]] = {"1": {"topics_id": 1, "subject": "First", "ext_1": "needed"}}
        self.last = 1

    def answer(self, request: Request) -> tuple[int, Any]:
        path = urlsplit(request.url).path.removeprefix("/base/")
        try:
            body = json.loads(request.body or b"{}")
        except ValueError:
            body = None
        routes: dict[str, Callable[[str, Any], tuple[int, Any]]] = {
            r"login": self._login,
            r"token": self._token,
            r"profile": lambda _, __: self._profile(request),
            r"logout": lambda _, __: (200, {"errors": []}),
            r"topics1": lambda _, __: (200, {"errors": [], "list": list(self.topics.values())}),
            r"topics1/insert": self._insert,
            r"topics1/update/(.*)": self._update,
            r"topics1/delete/(.*)": self._delete,
            r"topics1/(.*)": self._detail,
        }
        for pattern, serve in routes.items():
            if found := re.fullmatch(pattern, path):
                return serve(found[1] if found.groups() else "", body)
        return self._refusal(404, "not_found", "")

    @staticmethod
    def _refusal(status: int, code: str, message: str) -> tuple[int, Any]:
        return status, {"errors": [{"code": code, "message": message}], "x-rcms-request-id": "r-1"}

    def _login(self, _: str, body: Any) -> tuple[int, Any]:
        if not isinstance(body, dict) or body != dict(self.login):
            return self._refusal(401, "unauthorized", "Invalid credentials")
        return 200, {"grant_token": "grant-token-7", "status": 0, "errors": []}

    def _token(self, _: str, body: Any) -> tuple[int, Any]:
        given = body.get("grant_token") if isinstance(body, dict) else None
        if given != "grant-token-7" or "redeems-no-grant" in self.ways:
            return self._refusal(401, "unauthorized", "Grant token is invalid, revoked or expired")
        return 200, {"access_token": {"value": "access-9"}}

    def _profile(self, request: Request) -> tuple[int, Any]:
        token = header(request.headers, "X-RCMS-API-ACCESS-TOKEN")
        if token != "access-9" or "forgets-logins" in self.ways:
            return 401, {"errors": ["[GW] Access Token is required"], "x-rcms-request-id": "r-1"}
        return 200, {"member_id": 3, "errors": []}

    def _valid(self, body: Any) -> bool:
        return isinstance(body, dict) and all(
            isinstance(body.get(key), str) and body[key] for key in ("subject", "ext_1")
        )

    def _insert(self, _: str, body: Any) -> tuple[int, Any]:
        good = self._valid(body)
        if good or ("stores-refused" in self.ways and isinstance(body, dict)):
            self.last += 1
            self.topics[str(self.last)] = {**body, "topics_id": self.last}
        if not good:
            return self._refusal(400, "invalid", "タイトルは必須項目です。")
        return 200, {"errors": [], "id": self.last}

    def _update(self, name: str, body: Any) -> tuple[int, Any]:
        if name not in self.topics or not isinstance(body, dict) or not self._valid({**self.topics[name], **body}):
            return self._refusal(400, "invalid", "タイトルは必須項目です。")
        if "forgets" not in self.ways:
            self.topics[name] = {**self.topics[name], **body}
        return 200, {"errors": []}

    def _delete(self, name: str, _: Any) -> tuple[int, Any]:
        self.topics.pop(name, None)
        return 200, {"errors": []}

    def _detail(self, name: str, _: Any) -> tuple[int, Any]:
        if name not in self.topics:
            return self._refusal(404, "not_found", "")
        return 200, {"errors": [], "details": self.topics[name]}


def with_budget(contract: Contract, budget: int) -> Contract:
    """The contract with so many requests for exploring each operation."""
    return replace(contract, file=contract.file.model_copy(update={"exploration": {"standard": budget}}))


def found(explored: Exploration) -> list[str]:
    """What was found above a note: level and check."""
    return [f"{finding.level.value} {finding.check}" for finding in explored.findings if finding.level.value != "note"]
