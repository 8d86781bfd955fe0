"""The Kuroco reference site answers every row of the vendor's table as documented, in both languages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from conformance.reference import random_variants, start
from conformance.target.schema import Profile
from tests.reference.kuroco.client import Client, site

FORMATS = {
    "email": "E-mail形式", "tel": "電話番号形式", "zip": "郵便番号形式", "url": "URL形式", "number": "数値形式",
}  # fmt: skip


@pytest.fixture
def client() -> Iterator[Client]:
    with site() as client:
        yield client


def language_options(by: str, language: str) -> dict[str, Any]:
    return {"params": {"_lang": language}} if by == "_lang" else {"headers": {"Accept-Language": language}}


def error(response: Any) -> dict[str, Any]:
    body = response.json()
    UUID(body["x-rcms-request-id"])
    (found,) = body["errors"]
    return found


class TestLogin:
    def test_wrong_credentials_are_unauthorized_with_status_1(self, client: Client) -> None:
        for email, password in [("nobody@example.com", client.password), (client.email, "wrong")]:
            response = client.send("login_path", {"email": email, "password": password}, token=False)
            assert response.status_code == 401
            assert error(response) == {"code": "unauthorized", "message": "Invalid credentials"}
            assert response.json()["status"] == 1

    def test_right_credentials_give_a_grant_of_64_hex_digits_with_status_0(self, client: Client) -> None:
        body = client.send("login_path", {"email": client.email, "password": client.password}).json()
        assert (body["status"], body["errors"]) == (0, [])
        assert len(bytes.fromhex(body["grant_token"])) == 32

    def test_five_failures_lock_an_account(self, client: Client) -> None:
        for _ in range(5):
            client.send("login_path", {"email": client.email, "password": "wrong"}, token=False)
        assert client.send("login_path", {"email": client.email, "password": client.password}).status_code == 401

    def test_profile_without_a_token_is_a_gateway_error(self, client: Client) -> None:
        response = client.send("profile_path", token=False)
        assert response.status_code == 401
        assert response.json()["errors"] == ["[GW] Access Token is required"]

    @pytest.mark.parametrize("grant", ["word", "0" * 64, 5, None, ["x"]])
    def test_a_grant_never_given_is_unauthorized(self, client: Client, grant: Any) -> None:
        response = client.send("token_path", {"grant_token": grant}, token=False)
        assert response.status_code == 401
        message = "Grant token is invalid, revoked or expired"
        assert error(response) == {"code": "unauthorized", "message": message}

    def test_a_grant_is_good_once(self, client: Client) -> None:
        grant = client.grant()
        assert client.send("token_path", {"grant_token": grant}, token=False).status_code == 200
        assert client.send("token_path", {"grant_token": grant}, token=False).status_code == 401

    def test_tokens_lead_to_the_profile_until_logout(self, client: Client) -> None:
        tokens = client.send("token_path", {"grant_token": client.grant()}, token=False).json()
        refresh = {"refresh_token": tokens["refresh_token"]["value"]}
        tokens = client.send("token_path", refresh, token=False).json()
        headers = {"X-RCMS-API-ACCESS-TOKEN": tokens["access_token"]["value"]}
        assert client.send("profile_path", token=False, headers=headers).json()["email"] == client.email
        assert client.send("logout_path", {}, token=False, headers=headers).status_code == 200
        assert client.send("profile_path", token=False, headers=headers).status_code == 401


class TestTopicsRead:
    def test_missing_topics_are_not_found_and_have_no_message(self, client: Client) -> None:
        client.send("delete_path", {}, topics_id=1002)
        answers = [
            client.send("missing_group_list_path"),
            client.send("missing_group_detail_path"),
            client.send("detail_path", topics_id=client.fixtures["missing_topics_id"]),
            client.send("detail_path", topics_id=1002),
            client.send("detail_path", topics_id=10**30),
            client.send("detail_path", topics_id="abc"),
        ]
        for response in answers:
            assert response.status_code == 404
            assert error(response) == {"code": "not_found", "message": ""}

    def test_a_list_is_counted_paged_and_searched(self, client: Client) -> None:
        body = client.send("list_path", params={"cnt": 2, "pageID": 2}).json()
        assert [topic["topics_id"] for topic in body["list"]] == [1001]
        info = body["pageInfo"]
        assert (info["totalCnt"], info["perPage"], info["totalPageCnt"], info["pageNo"]) == (3, 2, 2, 2)
        found = client.send("list_path", params={"topics_keyword": "Notice 2"}).json()
        assert [topic["topics_id"] for topic in found["list"]] == [1002]

    def test_a_search_that_finds_nothing_is_empty(self, client: Client) -> None:
        response = client.send("list_path", params={"topics_keyword": "no such word"})
        assert (response.status_code, response.json()["list"]) == (200, [])

    def test_reading_needs_the_token(self, client: Client) -> None:
        response = client.send("list_path", token=False)
        assert (response.status_code, response.json()["errors"]) == (401, ["[GW] Access Token is required"])


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("by", ["_lang", "accept-language"])
@pytest.mark.parametrize("operation", ["insert", "update"])
class TestTopicsWrite:
    def refused(self, client: Client, operation: str, by: str, language: str, **changes: Any) -> Any:
        before = client.topics(), client.detail()
        response = client.send(f"{operation}_path", client.valid(**changes), **language_options(by, language))
        assert before == (client.topics(), client.detail())
        assert response.status_code == 400
        assert response.headers["Content-Language"] == language
        return error(response)

    def test_a_missing_group(self, client: Client, operation: str, by: str, language: str) -> None:
        response = client.send(f"missing_group_{operation}_path", client.valid(), **language_options(by, language))
        messages = {"ja": "コンテンツ定義は存在しません。", "en": "Content Structure does not exist."}
        assert response.status_code == 400
        assert error(response) == {"code": "bad_request", "message": messages[language]}

    def test_an_empty_title(self, client: Client, operation: str, by: str, language: str) -> None:
        found = self.refused(client, operation, by, language, subject="")
        message = {"ja": "タイトルは必須項目です。", "en": "Title is required"}[language]
        assert found == {"code": "invalid", "message": message, "field": "subject"}

    def test_a_required_text(self, client: Client, operation: str, by: str, language: str) -> None:
        name = client.fields["required"]["name"]
        found = self.refused(client, operation, by, language, required="")
        assert found == {"code": "required", "message": "String is too short", "field": name}
        if operation == "insert":
            found = self.refused(client, operation, by, language, required=None)
            assert found == {"code": "required", "message": "Required property missing", "field": name}

    def test_each_format(self, client: Client, operation: str, by: str, language: str) -> None:
        for kind, label in FORMATS.items():
            title = client.fields[kind]["title"]
            message = {
                "ja": f"{title}が不正です。 {label}で入力してください。",
                "en": f"Invalid {title} Please enter in a {{1}} format.",
            }[language]
            found = self.refused(client, operation, by, language, **{kind: "abc"})
            assert found == {"code": "invalid", "message": message, "field": client.fields[kind]["name"]}

    def test_the_pattern(self, client: Client, operation: str, by: str, language: str) -> None:
        title, name = client.fields["regex"]["title"], client.fields["regex"]["name"]
        message = {"ja": f"{title}が不正です。", "en": f"Invalid {title} Please enter in a {{1}} format."}[language]
        for value in (client.wrong("regex"), "xAB-123", "AB-123x", "ab-123", "AB-123\n"):
            found = self.refused(client, operation, by, language, regex=value)
            assert found == {"code": "invalid", "message": message, "field": name}

    def test_the_length(self, client: Client, operation: str, by: str, language: str) -> None:
        field = client.fields["length"]
        title = field["title"]
        message = {"ja": f"{title}の文字数が不正です。", "en": f"The number of characters in {title} is invalid."}
        for size in (field["min"] - 1, field["max"] + 1, 5000):
            for letter in "n漢":
                found = self.refused(client, operation, by, language, length=letter * size)
                assert found == {"code": "invalid", "message": message[language], "field": field["name"]}

    def test_what_is_accepted_can_be_read_back(self, client: Client, operation: str, by: str, language: str) -> None:
        field = client.fields["length"]
        for changes in [
            {"subject": "0", "required": "0", "number": "0"},
            {"length": "漢" * field["max"]},
            {"length": "n" * field["min"]},
            {"length": "𠮷" * field["max"]},
        ]:
            body = client.valid(**changes)
            response = client.send(f"{operation}_path", body, **language_options(by, language))
            assert response.status_code == {"insert": 201, "update": 200}[operation]
            details = client.detail(response.json()["id"])
            assert body == {name: details[name] for name in body}


def test_lang_precedes_accept_language_and_that_precedes_the_default(client: Client) -> None:
    def language_of_response(**more: Any) -> str:
        return client.send("list_path", **more).headers["Content-Language"]

    assert language_of_response() == "ja"
    assert language_of_response(headers={"Accept-Language": "fr, en-US;q=0.8, ja;q=0.2"}) == "en"
    assert language_of_response(headers={"Accept-Language": "en"}, params={"_lang": "ja"}) == "ja"


def test_the_gateway_knows_unknown_paths_and_wrong_methods(client: Client) -> None:
    client.fixtures["nowhere"] = "rcms-api/1/nowhere"
    unknown, wrong = client.send("nowhere"), client.send("profile_path", {})
    assert (unknown.status_code, unknown.json()["errors"]) == (404, ["[GW] API using this path does not exist"])
    assert wrong.status_code == 405
    assert wrong.json()["errors"] == ["[GW] API using this method and path does not exist"]
    assert wrong.headers["Allow"] == "GET"


def test_a_deleted_topic_is_gone(client: Client) -> None:
    number = client.send("insert_path", client.valid()).json()["id"]
    assert client.send("delete_path", {}, topics_id=number).status_code == 200
    assert client.send("detail_path", topics_id=number).status_code == 404
    assert client.send("update_path", client.valid(), topics_id=number).status_code == 404


@pytest.mark.parametrize("raw", [b"{", b"[]", b"1", b"\xff", b"[" * 100_000, b'{"subject": "\\ud800"}', b"NaN"])
def test_every_body_is_accepted_or_rejected(client: Client, raw: bytes) -> None:
    response = client.send("insert_path", {}, data=raw)
    assert response.status_code == 400
    for value in (0, 1.5, True, None, [], {}, "\0", "𠮷" * 9000):
        for kind in ("subject", *client.fields):
            body = client.valid() | {client.fields[kind]["name"] if kind in client.fields else kind: value}
            assert client.send("insert_path", body).status_code in (201, 400)


def test_the_profile_is_plain_json_and_complete(client: Client) -> None:
    kinds = {"required", "email", "tel", "zip", "url", "number", "regex", "length"}
    assert kinds == set(json.loads(json.dumps(client.fields)))
    for kind in kinds:
        valid = client.valid(**{kind: client.fields[kind]["valid"]})
        assert client.send("insert_path", valid).status_code == 201
        wrong = client.valid(**{kind: "" if kind == "required" else client.wrong(kind)})
        assert client.send("insert_path", wrong).status_code == 400


@pytest.mark.parametrize("seed", range(12))
def test_every_conforming_site_rejects_and_accepts_the_clear_cases(seed: int) -> None:
    with site(variants=random_variants("kuroco", seed)) as client:
        accepted = client.send("insert_path", client.valid())
        assert accepted.status_code in (200, 201)
        assert client.detail(accepted.json()["id"])["subject"] == "A title"
        for kind in FORMATS.keys() | {"regex", "length"}:
            response = client.send("insert_path", client.valid(**{kind: client.wrong(kind)}), params={"_lang": "en"})
            (found,) = response.json()["errors"]
            assert (response.status_code, found["code"]) == (400, "invalid")
            assert found["field"] == client.fields[kind]["name"]
            assert client.fields[kind]["title"] in found["message"]
        assert client.send("missing_group_list_path").status_code == 404


def test_the_profile_is_one_that_the_suite_reads() -> None:
    with start("kuroco") as running:
        read = Profile.model_validate(running.profile)
    assert read.contract == "kuroco"
    assert set(read.credentials) == {"token", "login"}


def test_a_detail_is_listed_too_for_the_vendors_python_client(client: Client) -> None:
    body = client.send("detail_path").json()
    assert body["list"] == [body["details"]]


def test_a_site_may_accept_a_line_end_after_a_match() -> None:
    with site(variants={"regex_line_end": "accepted"}) as client:
        match = client.fields["regex"]["valid"]
        statuses = [
            client.send("insert_path", client.valid(regex=text)).status_code
            for text in (match, match + "\n", match + "\n\n", match + "x")
        ]
    assert statuses == [201, 201, 400, 400]


@pytest.mark.parametrize(("choice", "status"), [("5", 401), ("10", 200), ("never", 200)])
def test_a_site_may_lock_an_account_later(choice: str, status: int) -> None:
    with site(variants={"lock_after": choice}) as client:
        for _ in range(6):
            client.send("login_path", {"email": client.email, "password": "wrong"}, token=False)
        right = {"email": client.email, "password": client.password}
        assert client.send("login_path", right, token=False).status_code == status
