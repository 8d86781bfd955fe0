"""Every row of the tables has faults, and each of them changes a response of the server."""

from __future__ import annotations

import io
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest

from conformance import reference
from conformance.reference.http import IncomingRequest, RequestBody
from conformance.reference.microcms.application import MicrocmsApplication
from conformance.reference.microcms.error_rows import ROWS
from conformance.reference.microcms.state import KEYS

FAULTS = reference.faults("microcms-management")
DEFAULTS = {name: choices[0] for name, choices in reference.variants("microcms-management").items()}
PNG = b"\x89PNG\r\n\x1a\n"
Step = tuple[str, str, Mapping[str, str], bytes, str]


def form(size: int, field: str = "file") -> bytes:
    named = f'Content-Disposition: form-data; name="{field}"; filename="conformance.jpg"'
    return f"--b\r\n{named}\r\nContent-Type: image/png\r\n\r\n".encode() + PNG + bytes(size) + b"\r\n--b--\r\n"


def large(size: int) -> bytes:
    return _large(size)


@cache
def _large(size: int) -> bytes:
    return form(size)


def ask(
    method: str,
    path: str,
    query: Mapping[str, Any] | None = None,
    body: bytes = b"",
    peer: str = "127.0.0.1",
    **headers: str,
) -> Step:
    target = path + ("?" + urlencode(query) if query else "")
    sent = {"x-microcms-api-key": KEYS["full"], "content-length": str(len(body))}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return method, target, {name: value for name, value in sent.items() if value != "-"}, body, peer


def list_of_contents(fixtures: Mapping[str, Any]) -> Iterable[Step]:
    path = f"/api/v1/contents/{fixtures['endpoint']}"
    yield from pages(path, {"offset": "1"})
    yield ask("GET", path, {"limit": 99, "offset": 11})
    yield ask("GET", path, {"limit": 101, "offset": 20000})


def lists_of_media(fixtures: Mapping[str, Any]) -> Iterable[Step]:
    yield ask("GET", "/api/v1/media", {"limit": 101, "offset": 0})
    yield ask("GET", "/api/v1/media", {"limit": 101, "imageOnly": "false"})
    yield ask("GET", "/api/v2/media", {"limit": 101, "imageOnly": "true"})
    for limit in (-1, 101):
        yield ask("GET", "/api/v2/media", {"limit": limit, "alt": "a"})
    for version in (1, 2):
        for word in ("xxx", "yes", "tru", "2", "true", "false", "xxx", "1.50", "TrUx", "a が$$.", "%41", "<b>"):
            yield ask("GET", f"/api/v{version}/media", {"imageOnly": word})
            yield ask("GET", f"/api/v{version}/media", {"limit": 0, "imageOnly": word})
            yield ask("GET", f"/api/v{version}/media", {"imageOnly": word, "offset": 1})
            yield ask("GET", f"/api/v{version}/media", {"imageOnly": word, "fileName": "view"})
    yield from pages("/api/v1/media", {"imageOnly": "true"})
    yield from pages("/api/v2/media", {"fileName": fixtures["media_file_name"]})


def pages(path: str, beside: Mapping[str, Any]) -> Iterable[Step]:
    words = (
        "abc",
        "1.5",
        "5a",
        "1,000",
        "true",
        "false",
        "{}",
        "ü",
        "<b>",
        "がa$$.",
        '"5"',
        "1\n5",
        "undefined",
        "--5",
        "1.50",
        "TrUx",
        "a b",
        "1 2",
        "%41",
        "x" * 1100,
        "abc",
    )
    large = (3 * 10**9, 5 * 10**15, 4 * 10**18, 10**30)
    for limit in (
        -1,
        -2,
        -20,
        -2000,
        0,
        1,
        100,
        101,
        102,
        5000,
        -1,
        101,
        5,
        65636,
        -65531,
        *words,
        *large,
        *(-one for one in large),
    ):
        yield ask("GET", path, {"limit": limit})
        yield ask("GET", path, {"limit": limit, **beside})
        yield ask("GET", path, {**beside, "limit": limit})
    for offset in (-1, -2, -20, 0, 1, 500, -1, *words, *large, *(-one for one in large)):
        yield ask("GET", path, {"offset": offset})
        yield ask("GET", path, {"offset": offset, "limit": 5})
        yield ask("GET", path, {"limit": 100, "offset": offset})


def contents(fixtures: Mapping[str, Any]) -> Iterable[Step]:
    group = f"/api/v1/contents/{fixtures['endpoint']}"
    one, draft = f"{group}/{fixtures['content_id']}", f"{group}/{fixtures['draft_content_id']}"
    known = fixtures["content_id"]
    names = (known[:-1], known + "x", known.upper(), "z" + known[1:], "no", "never-was-here", "x" * 40, "no", known)
    for name in (
        *names, "0", "-1", "%00", "5000000000", known[1:], known + known[-1], "q" + known, known[:-1] + "_",
        f"-{known}_", "%zz", "a-b-c-d-e",
    ):  # fmt: skip
        yield ask("GET", f"{group}/{name}")
    yield ask("GET", f"{group}/no", accept="text/html")
    yield ask("GET", f"{group}/no", if_none_match='"0"')
    yield ask("PATCH", draft + "/status", body=b'{"status": ["FOO"]}', content_type="application/json; charset=utf-8")
    bodies: list[Any] = [{"status": value} for value in (
        ["CLOSED"], ["PUBLISH_AND_DRAFT"], ["publish"], ["PUBLISH "], ["FOO"], ["PUBLISH"], ["DRAFT"], "PUBLISH",
        ["PUBLISH", "DRAFT"], ["DRAFT", "DRAFT"], ["PUBLISH"] * 33, ["公開"], ["x" * 300], {"0": "PUBLISH"}, 1, [None],
        None, ["PUBLISH\n"], [" DRAFT"], ["DRA"], ["it's"], ["\uff30\uff35"], ["constructor"], ["1"],
    )] + [[], "x", "{}", 1, [{"status": ["PUBLISH"]}]]  # fmt: skip
    raw = [json.dumps(body).encode() for body in bodies] + [
        b"{",
        b"nonsense",
        b"{",
        b"[" * 70,
        b'{/* c */ "status": ["DRAFT"]}',
        b'{"status": ["DRAFT"],}',
    ]
    raw += [json.dumps(bodies[0]).encode(), json.dumps({"status": ["PUBLISH", "DRAFT"]}).encode()]
    for body in raw:
        yield ask("PATCH", draft + "/status", body=body)
        yield ask("GET", draft)
    yield ask("GET", group)
    creators = [json.dumps({"createdBy": who}).encode() for who in (
        fixtures["missing_member_id"], "nobody", "nobody", "é", fixtures["member_id"], "nobody",
    )]  # fmt: skip
    for body in (*creators, b"[]", b"1", b"{", b"\xe9", b'[{"createdBy": "nobody"}]', b'{"createdBy": "a",}'):
        yield ask("PATCH", one + "/createdBy", body=body)
        yield ask("GET", one)
    yield ask("GET", group)
    for method in ("PUT", "POST", "DELETE", "PUT", "GET", "HEAD", "OPTIONS", "TRACE", "BREW"):
        for part in ("/status", "/createdBy"):
            yield ask(method, draft + part, body=b'{"status": ["PUBLISH"]}')
            yield ask("GET", draft)
        yield ask("PATCH", draft + "/status", body=b'{"status": ["DRAFT"]}')


def searched_media(fixtures: Mapping[str, Any]) -> Iterable[Step]:
    expired = fixtures["expired_media_token"]
    odd_tokens = ("x" * 300, "!!!" + expired[3:], expired + '".')
    for token in ("7", "x", "x", "garbage-and-more", expired, expired[:-1] + "!", expired.upper(), "é", *odd_tokens):
        yield ask("GET", "/api/v2/media", {"token": token})
    for more in ({"fileName": "view"}, {"imageOnly": "true"}, {"limit": 100}):
        yield ask("GET", "/api/v2/media", {"limit": 2, **more})
        yield ask("GET", "/api/v2/media", {"token": "<last>"})
    yield ask("GET", "/api/v2/media", {"limit": 2})
    yield ask("GET", "/api/v2/media", {"token": "<last>"})
    for name in ("never.png", "never.png", "x" * 120, "It's", "a\\b", fixtures["media_file_name"]):
        for more in ({}, {"limit": 3}, {"imageOnly": "true"}, {"alt": "a"}, {"tags": "a"}):
            yield ask("GET", "/api/v2/media", {"fileName": name, **more})


def uploads(fixtures: Mapping[str, Any]) -> Iterable[Step]:
    kind = "multipart/form-data; boundary=b"
    for _ in range(2):
        yield ask("POST", "/api/v1/media", body=b"{}", content_type="application/json")
    yield ask("POST", "/api/v1/media", body=b"--b--\r\n", content_type=kind)
    yield ask("POST", "/api/v1/media", body=form(10, "other"), content_type=kind)
    yield ask("GET", "/api/v1/media")
    for size in (10, 4_900_000, 5_400_000, 5_400_000, 6_000_000, 11_000_000):
        yield ask("POST", "/api/v1/media", body=large(size), content_type=kind)
        yield ask("GET", "/api/v1/media")
    yield ask("POST", "/api/v1/media", body=large(6_000_000), content_type=kind, transfer_encoding="chunked")


def media(fixtures: Mapping[str, Any]) -> Iterable[Step]:
    kind = "multipart/form-data; boundary=b"
    for method in ("PUT", "PATCH", "PUT"):
        yield ask(method, "/api/v1/media", body=form(10), content_type=kind)
        yield ask(method, "/api/v1/media", body=b"{}", content_type="application/json")
        yield ask(method, "/api/v2/media", {"url": fixtures["media_url"]})
        yield ask("GET", "/api/v1/media")
        yield ask("GET", "/api/v2/media", {"fileName": fixtures["media_file_name"]})
    for url in (
        "",
        "word",
        "word",
        "é",
        "/assets/a/b/c.png",
        "c.png",
        fixtures["missing_media_url"].replace(".png", ".txt"),
        *(fixtures[f"{name}media_url"] for name in ("missing_", "missing_", "", "")),
    ):
        yield ask("DELETE", "/api/v2/media", {"url": url})
        yield ask("GET", "/api/v1/media")
    yield ask("DELETE", "/api/v2/media")
    for more in ({}, {}, {"more": "1"}):
        yield ask("DELETE", "/api/v2/media", {"url": fixtures["referenced_media_url"], **more})
        yield ask("GET", "/api/v1/media")
    yield ask("GET", "/api/v2/media", {"fileName": fixtures["media_file_name"]})
    yield ask("GET", f"/api/v1/contents/{fixtures['endpoint']}/{fixtures['content_id']}")


def gates(fixtures: Mapping[str, Any]) -> Iterable[Step]:
    group = f"/api/v1/contents/{fixtures['endpoint']}"
    draft = f"{group}/{fixtures['draft_content_id']}"
    yield ask("GET", "/api/v1/nowhere", accept="text/html")
    status = json.dumps({"status": ["PUBLISH"]}).encode()
    people = fixtures["member_id"]
    names = (
        fixtures["invited_member_id"],
        fixtures["missing_member_id"],
        people,
        people[:-1],
        people + "0",
        "me",
        "me",
    )
    near = (people.replace("-", ""), people[:-1] + "x", "x" + people[1:], fixtures["invited_member_id"])
    for name in (*names, *near, "0", "-1", "5000000000"):
        yield ask("GET", f"/api/v1/members/{name}")
    for header in ("x_forwarded_for", "forwarded", "x_real_ip", "true_client_ip", "x_real_ip"):
        yield ask("GET", group, peer="127.0.0.9", **{header: "for=127.0.0.1"})
    yield ask("PATCH", draft + "/status", body=status, peer="127.0.0.9", x_forwarded_for="127.0.0.1")
    yield ask("PATCH", draft + "/status", body=status, x_fault="internal")
    yield ask("PATCH", draft + "/status", body=b'{"status": ["DRAFT"]}')
    medium = "/api/v2/media?" + urlencode({"url": fixtures["media_url"]})
    operations = [
        ("GET", group, b"", ""), ("GET", draft, b"", ""), ("PATCH", draft + "/status", status, ""),
        ("PATCH", draft + "/createdBy", b"{}", ""), ("GET", "/api/v1/media", b"", ""),
        ("GET", "/api/v2/media", b"", ""),
        ("POST", "/api/v1/media", form(10), "multipart/form-data; boundary=b"), ("DELETE", medium, b"", ""),
        ("GET", f"/api/v1/members/{people}", b"", ""),
    ]  # fmt: skip
    for method, path, body, kind in operations:
        yield ask(method, path, body=body, content_type=kind, peer="127.0.0.9")
        full = KEYS["full"]
        keys = (
            "-",
            "wrong",
            "a-wrong-key-of-some-length",
            full + "0",
            full.upper(),
            f"-{full}-",
            full[:-2] + "xx",
            KEYS["forbidden"],
        )
        for key in (*keys, "wrong"):
            yield ask(method, path, body=body, content_type=kind, x_microcms_api_key=key)
    yield ask("GET", draft)
    yield ask("GET", "/api/v1/media")
    for path in (
        "/api/v3/contents/news",
        "/api/v1/nowhere",
        "/api/v1/mediax",
        "/somewhere",
        "/api/v10/media",
        "/api/v1/media.json",
        "/api/v2/media;v=1",
        "/api/v1/media%20/x",
        "/api/v1/membersx",
        "/api/v1/%E6",
        *(f"/api/v1/{name}x" for name in ("contents", "apis", "service")),
        f"{draft}/statusx",
        "/no",
        "/no",
    ):
        yield ask("GET", path)
    yield ask("PATCH", "/api/v1/nowhere")
    yield ask("GET", group, {"limit": 0}, x_microcms_api_key="-")
    yield ask("GET", "/api/v2/media", {"fileName": "view"}, x_microcms_api_key=KEYS["forbidden"])
    yield ask("GET", "/api/v2/media", {"limit": 2})
    yield ask("GET", "/api/v2/media", {"token": "<last>"}, x_microcms_api_key="-")
    for _ in range(70):
        yield ask("GET", group, x_microcms_api_key=KEYS["throttled"])
    yield ask("GET", draft, x_microcms_api_key=KEYS["throttled"])
    yield ask("PATCH", draft + "/status", body=status, x_microcms_api_key=KEYS["throttled"])
    yield ask("GET", draft)
    upload = {"content_type": "multipart/form-data; boundary=b", "x_microcms_api_key": KEYS["throttled"]}
    yield ask("POST", "/api/v1/media", body=form(10), **upload)
    yield ask("GET", "/api/v1/media")
    for path in (group, draft, draft, f"{group}/{fixtures['content_id']}", f"/api/v1/members/{people}"):
        yield ask("GET", path, x_fault="internal")
    yield ask(
        "POST", "/api/v1/media", body=form(10), content_type="multipart/form-data; boundary=b", x_fault="internal"
    )


SECTIONS = {
    "list-of-contents": list_of_contents, "searched-media": searched_media, "lists-of-media": lists_of_media,
    "contents": contents, "uploads": uploads, "media": media, "gates": gates,
}  # fmt: skip
"""Many requests for every row, and valid ones."""
WHERE = {
    "common": ("gates",),
    "members-get": ("gates",),
    "contents-get": ("list-of-contents", "contents"),
    "contents-patch": ("contents",),
    "media-get": ("searched-media", "lists-of-media", "media"),
    "media-post": ("media", "uploads"),
    "media-delete": ("media",),
}
PASSING = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|20[0-9-]+T[0-9:.]+Z")


def responses(server: MicrocmsApplication, section: str) -> Iterable[str]:
    """Every response of the server, without what differs from run to run."""
    last = ""
    fixtures = server.profile("http://127.0.0.1")["fixtures"]
    for number, (method, target, headers, body, peer) in enumerate(SECTIONS[section](fixtures)):
        path, _, query = target.replace("%3Clast%3E", last).partition("?")
        length = None if "transfer-encoding" in headers else len(body)
        incoming = IncomingRequest(
            method, path, query, dict(headers), peer, RequestBody(io.BytesIO(body), length), number // 2
        )
        outgoing = server.respond(incoming)
        text = outgoing.payload.decode().replace(fixtures["member_id"], "the member")
        token = re.search(r'"token":"([^"]*)"', text)
        last = token[1] if token else last
        kind = next((value for name, value in outgoing.headers if name == "Content-Type"), None)
        yield f"{outgoing.status_line} {kind} {PASSING.sub('-', text)}"


@cache
def right_responses(section: str) -> tuple[str, ...]:
    server = MicrocmsApplication((), DEFAULTS)
    seen = tuple(responses(server, section))
    assert server.crashes == []
    return seen


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock takes 50 ms, so that the rate limit is seen over more than a second."""
    ticks = itertools.count()
    monkeypatch.setattr(
        "conformance.reference.microcms.state.time", SimpleNamespace(monotonic=lambda: next(ticks) / 20)
    )


@pytest.mark.parametrize("section", SECTIONS)
def test_right_server_responds_alike_twice(section: str) -> None:
    assert right_responses(section) == tuple(responses(MicrocmsApplication((), DEFAULTS), section))


def changes_a_response(fault: reference.Fault) -> bool:
    for section in dict.fromkeys(section for table, _ in fault.rows for section in WHERE[table]):
        server = reference.create_application("microcms-management", [fault.name], DEFAULTS)
        differs = any(
            actual != expected
            for expected, actual in zip(right_responses(section), responses(server, section), strict=False)
        )
        assert server.crashes == [], fault.name
        if differs:
            return True
    return False


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_each_fault_changes_a_response_about_its_rows(row: tuple[str, int]) -> None:
    faults = [fault for fault in FAULTS if fault.rows[0] == row and fault.kind != "late"]
    assert [fault.name for fault in faults if not changes_a_response(fault)] == []


def test_every_row_has_three_faults_that_are_more_than_wording() -> None:
    count = Counter(row for fault in FAULTS if not fault.wording_only for row in fault.rows)
    assert {row: count[row] for row in ROWS if count[row] < 3} == {}
    assert set(count) == set(ROWS)


def test_every_fault_has_a_name_of_its_own_and_rows() -> None:
    assert len(FAULTS) == len({fault.name for fault in FAULTS})
    assert [fault.name for fault in FAULTS if not fault.rows] == []


def test_catalogue_is_spread_over_all_kinds() -> None:
    kinds = {
        "status", "message", "wording", "envelope", "content-type", "leak", "effect", "control", "combination",
        "operation", "repeated", "method", "lenient", "gateway", "range", "beyond", "open-choice", "late",
    }  # fmt: skip
    assert {fault.kind for fault in FAULTS} == kinds
