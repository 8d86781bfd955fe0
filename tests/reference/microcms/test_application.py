"""Every row of the microCMS tables is answered as documented, over real HTTP; and what is no error works."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from conformance import reference

PNG = b"\x89PNG\r\n\x1a\n"


class Client:
    """A client with the full key."""

    def __init__(self, running: reference.RunningServer) -> None:
        self.running = running
        self.fixtures: dict[str, Any] = running.profile["fixtures"]
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update(self.key("full"))

    def key(self, name: str) -> dict[str, str]:
        credential = self.running.profile["credentials"][name]
        return {credential["header"]: credential["value"]}

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        path = path.format(**self.fixtures)
        return self.session.request(method, self.running.base_url + path, timeout=10, **options)

    def status_and_message(self, method: str, path: str, **options: Any) -> tuple[int, str]:
        answer = self.ask(method, path, **options)
        return answer.status_code, answer.json().get("message", "")


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with reference.start("microcms-management") as running:
        client = Client(running)
        yield client
        client.session.close()


LIST = "/api/v1/contents/{endpoint}"
ONE = LIST + "/{content_id}"
DRAFT = LIST + "/{draft_content_id}"


@pytest.mark.parametrize("path", [LIST, "/api/v1/media", "/api/v2/media", "/api/v1/members"])
@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("-1", "Limit: must be no less than 0."),
        ("-2147483647", "Limit: must be no less than 0."),
        ("101", "limit must be less than or equal to 100"),
        ("2147483647", "limit must be less than or equal to 100"),
        ("abc", "Invalid integer in query (limit=abc)"),
        ("1.5", "Invalid integer in query (limit=1.5)"),
        ("1 2", "Invalid integer in query (limit=1 2)"),
        ("<b>&\"'", "Invalid integer in query (limit=<b>&\"')"),
        ("1,000", "Invalid integer in query (limit=1,000)"),
        ("🙂", "Invalid integer in query (limit=🙂)"),
        ("{value}", "Invalid integer in query (limit={value})"),
    ],
)
def test_wrong_limit_is_rejected(client: Client, path: str, limit: str, message: str) -> None:
    assert client.status_and_message("GET", path, params={"limit": limit}) == (400, message)


@pytest.mark.parametrize("path", [LIST, "/api/v1/media"])
def test_wrong_offset_is_rejected(client: Client, path: str) -> None:
    assert client.status_and_message("GET", path, params={"offset": -1}) == (400, "Offset: must be no less than 0")
    assert client.status_and_message("GET", path, params={"offset": "x"}) == (
        400,
        "Invalid integer in query (offset=x)",
    )
    assert client.ask("GET", path, params={"offset": 5000}).status_code == 200


@pytest.mark.parametrize("path", [LIST, "/api/v1/media", "/api/v2/media"])
def test_right_limits_are_obeyed(client: Client, path: str) -> None:
    for limit, items in ((0, 0), (1, 1), (99, 16), (100, 16), (None, 10)):
        body = client.ask("GET", path, params={"limit": limit}).json()
        found = body.get("contents", body.get("media"))
        assert body["totalCount"] >= items
        assert min(limit if limit is not None else 10, body["totalCount"]) == len(found)


def test_unknown_content_is_not_found(client: Client) -> None:
    assert client.status_and_message("GET", LIST + "/{missing_content_id}") == (404, "Content not found")
    assert client.fixtures["content_id"] == client.ask("GET", ONE).json()["id"]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ('{"status": ["CLOSED"]}', 400, "Status: (0: must be a valid value.)."),
        ('{"status": ["publish"]}', 400, "Status: (0: must be a valid value.)."),
        ('{"status": ["PUBLISH", "DRAFT"]}', 400, "Status: the length must be exactly 1."),
        ('{"status": "PUBLISH"}', 400, "Request body is not JSON object."),
        ("[]", 400, "Request body is not JSON object."),
        ("{", 400, "Request body is not JSON object."),
        ("1", 400, "Request body is not JSON object."),
        ("[" * 100_000, 400, "Request body is not JSON object."),
    ],
)
def test_wrong_status_is_rejected_and_changes_nothing(client: Client, body: str, status: int, message: str) -> None:
    before = client.ask("GET", DRAFT).json()
    assert client.status_and_message(
        "PATCH", DRAFT + "/status", data=body, headers={"Content-Type": "application/json"}
    ) == (
        status,
        message,
    )
    assert before == client.ask("GET", DRAFT).json()


def test_status_is_set_and_read_back(client: Client) -> None:
    for status in ("PUBLISH", "DRAFT"):
        assert client.ask("PATCH", DRAFT + "/status", json={"status": [status]}).status_code == 200
        assert client.ask("GET", DRAFT).json()["status"] == [status]


def test_creator_has_to_be_a_member(client: Client) -> None:
    wrong = client.status_and_message(
        "PATCH", ONE + "/createdBy", json={"createdBy": client.fixtures["missing_member_id"]}
    )
    broken = client.status_and_message("PATCH", ONE + "/createdBy", data="{")
    right = client.ask("PATCH", ONE + "/createdBy", json={"createdBy": client.fixtures["member_id"]})
    assert wrong == (400, "invalid user id")
    assert broken == (400, "Request body is not JSON object.")
    assert right.json() == {"id": client.fixtures["content_id"]}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        (method, path, "PATCH")
        for method in ("PUT", "POST", "DELETE", "GET")
        for path in (ONE + "/status", ONE + "/createdBy")
    ]
    + [(method, f"/api/v{version}/media", None) for method in ("PUT", "PATCH") for version in (1, 2)],
)
def test_other_methods_are_not_allowed(client: Client, method: str, path: str, allowed: str | None) -> None:
    answer = client.ask(method, path)
    assert (answer.status_code, answer.json()) == (405, {"message": "Method Not Allowed"})
    assert (allowed or answer.headers["Allow"]) == answer.headers["Allow"]
    assert "GET" in answer.headers["Allow"] or allowed == "PATCH"


@pytest.mark.parametrize("version", [1, 2])
def test_image_only_is_a_boolean(client: Client, version: int) -> None:
    path = f"/api/v{version}/media"
    for word in ("xxx", "yes", "tru", "2"):
        expected = (400, f"Invalid boolean in query (imageOnly={word})")
        assert client.status_and_message("GET", path, params={"imageOnly": word}) == expected
    pictures = client.ask("GET", path, params={"imageOnly": "true"}).json()["totalCount"]
    assert pictures < client.ask("GET", path, params={"imageOnly": "false"}).json()["totalCount"]


def test_tokens_page_through_all_media(client: Client) -> None:
    seen: list[str] = []
    answer = client.ask("GET", "/api/v2/media", params={"limit": 7}).json()
    while answer["media"]:
        seen += [medium["id"] for medium in answer["media"]]
        if "token" not in answer:
            break
        answer = client.ask("GET", "/api/v2/media", params={"token": answer["token"]}).json()
    assert answer["totalCount"] == len(set(seen)) == len(seen)


def test_wrong_tokens_are_rejected(client: Client) -> None:
    token = client.ask("GET", "/api/v2/media").json()["token"]
    for wrong in ("garbage", token[:-1], token.upper(), client.fixtures["expired_media_token"]):
        assert client.status_and_message("GET", "/api/v2/media", params={"token": wrong}) == (400, "BadRequest")
    assert client.ask("GET", "/api/v2/media", params={"token": token}).status_code == 200


def test_file_names_are_searched(client: Client) -> None:
    missing = {"fileName": client.fixtures["missing_media_file_name"]}
    found = {"fileName": client.fixtures["media_file_name"]}
    assert client.status_and_message("GET", "/api/v2/media", params=missing) == (404, "Content not found")
    assert client.ask("GET", "/api/v2/media", params=found).json()["totalCount"] == 1


def test_upload_is_listed_found_and_deleted(client: Client) -> None:
    stored = client.ask("POST", "/api/v1/media", files={"file": ("mine.png", PNG + bytes(4_900_000), "image/png")})
    assert stored.status_code == 201
    url = stored.json()["url"]
    listed = client.ask("GET", "/api/v1/media").json()["media"]
    assert url in [medium["url"] for medium in listed]
    assert client.ask("GET", "/api/v2/media", params={"fileName": "mine.png"}).json()["totalCount"] == 1
    assert client.ask("DELETE", "/api/v2/media", params={"url": url}).json() == {"id": listed[0]["id"]}
    assert client.status_and_message("DELETE", "/api/v2/media", params={"url": url}) == (404, "medium not found")


@pytest.mark.parametrize(
    "options",
    [
        {"json": {"file": "x"}},
        {"files": {"other": ("a.png", PNG)}},
        {"data": b"--b--\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
        {"data": b"", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
        {"data": b"xyz", "headers": {"Content-Type": "multipart/form-data"}},
        {"data": b"no parts", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
    ],
)
def test_upload_needs_a_file_part(client: Client, options: dict[str, Any]) -> None:
    before = client.ask("GET", "/api/v1/media").json()["totalCount"]
    assert client.status_and_message("POST", "/api/v1/media", **options) == (400, "invalid request")
    assert before == client.ask("GET", "/api/v1/media").json()["totalCount"]


@pytest.mark.parametrize("size", [5 * 1024 * 1024 + 64 * 1024, 6_000_000, 30_000_000])
def test_large_upload_is_answered_and_not_stored(client: Client, size: int) -> None:
    before = client.ask("GET", "/api/v1/media").json()["totalCount"]
    files = {"file": ("big.png", PNG + bytes(size), "image/png")}
    assert client.status_and_message("POST", "/api/v1/media", files=files) == (400, "request body too large")
    assert before == client.ask("GET", "/api/v1/media").json()["totalCount"]


def test_deletion_says_why_it_is_rejected(client: Client) -> None:
    for url in (None, "", "word", "/assets/a/b/c.png"):
        assert client.status_and_message("DELETE", "/api/v2/media", params={"url": url}) == (400, "invalid url")
    referenced = {"url": client.fixtures["referenced_media_url"]}
    missing = {"url": client.fixtures["missing_media_url"]}
    for _ in range(2):
        expected = (400, "this medium is referenced by another content")
        assert client.status_and_message("DELETE", "/api/v2/media", params=referenced) == expected
    assert client.status_and_message("DELETE", "/api/v2/media", params=missing) == (404, "medium not found")


def test_invited_members_are_not_found(client: Client) -> None:
    for name in ("invited_member_id", "missing_member_id"):
        assert client.status_and_message("GET", "/api/v1/members/{" + name + "}") == (404, "Member not found")
    assert set(client.ask("GET", "/api/v1/members/{member_id}").json()) == {"id", "name", "email", "mfa"}
    assert client.ask("GET", "/api/v1/members").json()["totalCount"] == 2


@pytest.mark.parametrize("path", ["/api/v1/nowhere", "/api/v3/contents/news", "/", "/api", "/api/v1/contents"])
def test_unknown_paths_are_not_found(client: Client, path: str) -> None:
    assert client.status_and_message("GET", path) == (404, "Not Found")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", LIST),
        ("GET", ONE),
        ("PATCH", ONE + "/status"),
        ("PATCH", ONE + "/createdBy"),
        ("GET", "/api/v1/media"),
        ("GET", "/api/v2/media"),
        ("POST", "/api/v1/media"),
        ("DELETE", "/api/v2/media"),
        ("GET", "/api/v1/members/{member_id}"),
        ("GET", "/api/v1/service"),
    ],
)
def test_every_operation_needs_a_key_with_permission(client: Client, method: str, path: str) -> None:
    for key in (None, "wrong", client.key("forbidden")["X-MICROCMS-API-KEY"]):
        assert client.status_and_message(method, path, headers={"X-MICROCMS-API-KEY": key}) == (403, "Forbidden")


def test_only_the_peer_counts_for_the_allow_list(client: Client) -> None:
    host, port = client.running.base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), source_address=("127.0.0.9", 0), timeout=5) as outside:
        head = "".join(f"{name}: {value}\r\n" for name, value in client.key("full").items())
        outside.sendall(f"GET /api/v1/service HTTP/1.0\r\nX-Forwarded-For: 127.0.0.1\r\n{head}\r\n".encode())
        answer = outside.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2]) == {"message": "IP address rejected."}


def test_eleventh_request_of_the_throttled_key_is_too_many() -> None:
    with reference.start("microcms-management", variants={"retry_after": "present"}) as running:
        client = Client(running)
        answers = [client.ask("GET", LIST, headers=client.key("throttled")) for _ in range(12)]
        assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 2
        assert answers[-1].json() == {"message": "Too Many Requests"}
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 10
        assert client.ask("GET", LIST).status_code == 200
        client.session.close()


def test_fault_hook_is_an_internal_error(client: Client) -> None:
    hook = client.running.profile["hooks"]["internal_error"]["headers"]
    assert client.status_and_message("GET", LIST, headers=hook) == (500, "Internal Server Error")


def test_object_api_answers_its_one_content(client: Client) -> None:
    answer = client.ask("GET", "/api/v1/contents/{object_endpoint}").json()
    assert answer["status"] == ["PUBLISH"]
    kinds = {api["endpoint"]: api["type"] for api in client.ask("GET", "/api/v1/apis").json()["apis"]}
    assert kinds[client.fixtures["object_endpoint"]] == "object"


def test_nothing_crashed(client: Client) -> None:
    assert client.running.application.crashes == []
