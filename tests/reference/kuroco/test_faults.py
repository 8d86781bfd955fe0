"""Every fault of the Kuroco site can be observed by a client, and every variant conforms."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import pytest

from conformance.reference import create_application, faults, variants
from conformance.reference.catalogue import Row, choose_variants
from conformance.reference.http import IncomingRequest, RequestBody
from conformance.reference.kuroco.rows import (
    EMAIL,
    EMPTY,
    LENGTH,
    LOGIN,
    MISSING,
    NO_GROUP,
    NOT_FOUND,
    NUMBER,
    PROFILE,
    REGEX,
    ROWS,
    TEL,
    TITLE,
    TOKEN,
    URL,
    ZIP,
)  # fmt: skip
from tests.reference.kuroco.client import site

FAULTS = faults("kuroco")
CHANGING = re.compile(
    rb"[0-9a-f](?:[0-9a-f]{63}|[0-9a-f]{7}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    rb"|(?<=\d)\d{3}-\d\d-\d\d[T0-9:+]*|(?<=1)[78]\d{8})"
)
"""What differs from one answer to the next; one class in front, so that what begins with none of it is skipped fast."""
WAYS: tuple[dict[str, str], ...] = ({"_lang": "ja"}, {"_lang": "en"}, {"Accept-Language": "en"}, {})
WRONG = {
    EMAIL: ["abc", "xyz", "@", "a@", "@b", "<b>@</b>", "x" * 60, "XYZ", "<b></b>", "a-b", "a b c"],
    TEL: ["abc", "12x34", "<b>x", "telephone number", "12AB", "XYZ", "12OI", "ab-0123456789", "+x", "03-1234-5678a"],
    ZIP: ["abc", "postcode no", "郵便", "<b>x</b>", "XYZ"],
    URL: ["abc", "xyz", "http://", "a long word without any", "<b>", "XYZ", "a b c"],
    NUMBER: ["abc", "xyz", "12abc", "<b>", "Infinity", "12AB", "郵便"],
    REGEX: [
        *("nothing like it", "other", "xAB-123", "AB-123x", "ab-123", "AB-123\n", "aB-123", " AB-123 ", "x" * 2000),
        *("Ab-123", "AB-\uff11\uff12\uff13", "AB123", "AB 123"),
    ],
}
KINDS = {EMAIL: "email", TEL: "tel", ZIP: "zip", URL: "url", NUMBER: "number", REGEX: "regex"}


class DifferentResponse(Exception):
    """A response is not the one that a right site gives."""


class Recorder:
    """Sends requests to a site without a network, and notes every response to the requests about some rows.

    Raises DifferentResponse at the first one that is not as `expected`.
    """

    def __init__(self, names: Sequence[str], rows: Collection[Row], expected: Sequence[str] | None = None) -> None:
        self.rows, self.expected = rows, expected
        self.application = create_application("kuroco", names, choose_variants(variants("kuroco"), {}))
        profile = self.application.profile("http://127.0.0.1:1")
        self.fixtures = profile["fixtures"]
        self.login = {key: secret["value"] for key, secret in profile["credentials"]["login"].items()}
        self.token = profile["credentials"]["token"]["value"]
        self.responses: list[str] = []

    def send(
        self, row: Row, fixture: str, body: Any = None, way: Mapping[str, str] | None = None,
        topics_id: Any = None, *, token: bool | str = True,
    ) -> Any:  # fmt: skip
        if row not in self.rows:
            return None
        way = way or {}
        path = "/" + self.fixtures[fixture].replace(
            "{topics_id}", str(self.fixtures["topics_id"] if topics_id is None else topics_id)
        )
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        named = {name: value for name, value in way.items() if name[0].isupper()}
        headers = {name.lower(): value for name, value in named.items()}
        headers |= {"x-rcms-api-access-token": self.token if token is True else token} if token else {}
        query = "&".join(f"{key}={value}" for key, value in way.items() if key not in named)
        method = "GET" if body is None else "POST"
        outgoing = self.application.respond(
            IncomingRequest(method, path, query, headers, "127.0.0.1", RequestBody(io.BytesIO(raw), len(raw)))
        )
        text = repr((outgoing.status_line, sorted(outgoing.headers))).encode() + outgoing.payload
        text = re.sub(rb"'Content-Length', '\d+'", b"", text)
        # The token that a leak repeats must not be taken for one that was drawn.
        text = text.replace(self.token.encode(), b"the static token")
        self.responses.append(CHANGING.sub(b"*", text).decode())
        if self.expected is not None and self.responses[-1:] != self.expected[len(self.responses) - 1 :][:1]:
            raise DifferentResponse
        with contextlib.suppress(ValueError):
            return json.loads(outgoing.payload)
        return None

    def field(self, kind: str) -> dict[str, Any]:
        found: dict[str, Any] = self.fixtures["fields"][kind]
        return found

    def valid(self, **changes: Any) -> dict[str, Any]:
        body = {"subject": "A title"} | {field["name"]: field["valid"] for field in self.fixtures["fields"].values()}
        return body | {("subject" if k == "subject" else self.field(k)["name"]): v for k, v in changes.items()}

    def without_required(self) -> dict[str, Any]:
        name = self.field("required")["name"]
        return {key: value for key, value in self.valid().items() if key != name}

    def write(self, row: Row, body: Any, way: Mapping[str, str], *, group: str = "") -> None:
        """Inserts and updates, and reads the effect of each."""
        for operation in ("insert", "update"):
            answer = self.send(row, f"{group}{operation}_path", body, way)
            number = answer.get("id") if isinstance(answer, dict) else None
            self.send(row, "detail_path", topics_id=number)
            self.send(row, "list_path")

    def send_all(self) -> None:
        self.members()
        self.readers()
        self.writers()

    def members(self) -> None:
        for way in (*WAYS, {}):
            self.send(LOGIN, "login_path", {"email": "no@example.com", "password": "x"}, way, token=False)
            self.send(PROFILE, "profile_path", None, way, token=False)
            for grant in ("word", "0f" * 32, "another"):
                self.send(TOKEN, "token_path", {"grant_token": grant}, way, token=False)
        self.send(LOGIN, "login_path", self.login | {"password": "x"}, token=False)
        self.send(LOGIN, "login_path", {}, {"Accept-Language": "*"}, token=False)
        for email, password in (
            *(('"@example.com', "x"), ("no@example.com", "é"), ("no@example.com", "x" * 80)),
            *(("No+1@example.com", "x"), ("n" * 100 + "@example.com", "x"), ("no@example.com", "\0")),
        ):
            self.send(LOGIN, "login_path", {"email": email, "password": password}, token=False)
        self.send(TOKEN, "token_path", {"grant_token": "x" * 80}, token=False)
        self.send(TOKEN, "token_path", {}, token=False)
        self.send(TOKEN, "token_path", b"{", token=False)
        self.send(TOKEN, "token_path", b"\xe9", token=False)
        self.send(LOGIN, "login_path", b"{", token=False)
        self.send(LOGIN, "login_path", self.login, token=False)
        grant = (self.send(TOKEN, "login_path", self.login, token=False) or {}).get("grant_token", "")
        for _ in range(2):
            self.send(TOKEN, "token_path", {"grant_token": grant}, token=False)
        self.send(PROFILE, "profile_path")
        self.send(PROFILE, "profile_path", token=False)
        self.easy_credentials()

    def easy_credentials(self) -> None:
        """Credentials that are nearly right; a right login after every second failure keeps the account unlocked."""
        right = self.login["password"]
        for password in ("", right.upper(), right[:8] + "xxxx", right[:-1], right + "x", "x", "x"):
            self.send(LOGIN, "login_path", self.login | {"password": password}, token=False)
            self.send(LOGIN, "login_path", self.login, token=False)
        self.send(LOGIN, "login_path", {"email": "no@example.com", "password": ""}, token=False)
        self.send(LOGIN, "login_path", self.login | {"email": f"{self.login['email']}x"}, token=False)
        self.send(LOGIN, "login_path", self.login | {"password": "", "login_save": 1}, token=False)
        self.send(TOKEN, "token_path", {"grant_token": self.token}, token=False)
        grant = (self.send(PROFILE, "login_path", self.login, token=False) or {}).get("grant_token", "")
        self.send(PROFILE, "profile_path", token=grant)
        token = self.token
        for wrong in (token.upper(), token[:8] + "x" * 56, token + "0", "word", "word"):
            self.send(PROFILE, "profile_path", token=wrong)
        for fixture in ("insert_path", "update_path", "delete_path"):
            self.send(PROFILE, fixture, self.valid(), topics_id=1002, token=False)
        for part in (str.upper, lambda text: text[:8] + "0" * 56):
            grant = (self.send(TOKEN, "login_path", self.login, token=False) or {}).get("grant_token", "")
            self.send(TOKEN, "token_path", {"grant_token": part(grant)}, token=False)
            tokens = self.send(TOKEN, "token_path", {"grant_token": grant}, token=False) or {}
            self.send(TOKEN, "profile_path", token=tokens.get("access_token", {}).get("value", "none"))
            self.send(TOKEN, "token_path", {"grant_token": "word"}, token=False)

    def readers(self) -> None:
        for header in ({"Accept": "text/html"}, {"If-None-Match": '"0"'}):
            self.send(NOT_FOUND, "detail_path", None, header, 999_999_999)
        self.send(NOT_FOUND, "missing_group_list_path", None, {"pageID": "2"})
        for way in WAYS:
            for fixture in ("list_path", "detail_path", "missing_group_list_path", "missing_group_detail_path"):
                self.send(NOT_FOUND, fixture, None, way)
            for number in (
                999_999_999,
                2**31 + 1001,
                10**15,
                "abc",
                "%00",
                5 * 10**17,
                10**18,
                10**30,
                0,
                -1001,
                1.5,
                10010,
                999_999_999,
            ):
                self.send(NOT_FOUND, "detail_path", None, way, number)
        self.send(NOT_FOUND, "list_path", way={"cnt": "abc"})
        self.send(NOT_FOUND, "missing_group_list_path", way={"cnt": "5", "pageID": "10000000"})
        self.send(NOT_FOUND, "delete_path", {}, topics_id=999_999_999)
        self.send(NOT_FOUND, "detail_path", None, {"_lang": "en"}, 1003)
        self.send(NOT_FOUND, "delete_path", {}, topics_id=1003)
        self.send(NOT_FOUND, "detail_path", None, {"_lang": "en"}, 1003)
        self.send(NOT_FOUND, "detail_path", topics_id=1003)

    def beside_other_members(self) -> None:
        for body in (self.valid() | {"contents_type": 1}, {"subject": "A title"}):
            self.write(NO_GROUP, body, {}, group="missing_group_")
        for body in (b"", b"[]", self.valid() | {"no_such_member": 1}, {"subject": ""}):
            self.write(TITLE, body, {})
        without = self.without_required()
        email = self.field("email")["name"]
        for body in ({"subject": "A title"}, without | {"subject": "0"}, without | {email: None}):
            self.write(MISSING, body, {})
        self.write(EMPTY, {self.field("required")["name"]: ""}, {})
        for row, kind in KINDS.items():
            for value in ("abc", "😀"):
                self.write(row, self.valid(**{kind: value}) | {"contents": "x"}, {})

    def writers(self) -> None:
        for way in WAYS:
            self.write(NO_GROUP, self.valid(), way, group="missing_group_")
            self.write(TITLE, self.valid(subject=""), way)
            self.write(EMPTY, self.valid(required=""), way)
            self.write(MISSING, self.without_required(), way)
            self.write(LENGTH, self.valid(length="n" * (self.field("length")["max"] + 1)), way)
            for row, values in WRONG.items():
                self.write(row, self.valid(**{KINDS[row]: values[0]}), way)
        for row, values in WRONG.items():
            valid = self.field(KINDS[row])["valid"]
            for value in (*values[1:], valid, f"{valid}\n<br>\n{valid}", "x" * 200):
                self.write(row, self.valid(**{KINDS[row]: value}), {})
        for value in ("0", "見出し", None, " ", 'a "quoted" 😀', "x" * 300, "\0"):
            self.write(TITLE, self.valid(subject=value), {})
            self.write(EMPTY, self.valid(required=value), {})
        self.write(MISSING, self.valid(required="0"), {})
        least, most = self.field("length")["min"], self.field("length")["max"]
        self.write(LENGTH, self.valid(length="1" * most), {})
        self.write(LENGTH, self.valid(length="&" + "n" * (least - 2)), {})
        for size in (least - 1, least, most, most + 1, 50 * most, most + 256, 5000, 20_000, most + 65536):
            for letter in "n漢が𠮷":
                self.write(LENGTH, self.valid(length=letter * size), {})
        self.write(NO_GROUP, self.valid(), {})
        self.beside_other_members()
        self.write(EMPTY, {key: value for key, value in self.valid().items() if key != self.field("email")["name"]}, {})
        self.send(EMAIL, "update_path", self.valid(email="abc"), topics_id=1003)
        for row, value in [*((row, "abc") for row in KINDS), (LENGTH, "n" * (most + 1))]:
            self.write(row, {self.field(KINDS.get(row, "length"))["name"]: value}, {})
        self.write(NUMBER, self.valid(tel=["03"]), {})
        self.write(NUMBER, self.valid(number=5, regex="AB-777"), {})
        self.write(REGEX, self.valid(regex="ZZ-999"), {})
        self.write(TITLE, self.valid(subject="Another"), {})
        self.write(EMPTY, self.valid(required="Something else"), {})
        self.write(EMAIL, self.valid(email="b@example.org"), {})
        self.write(TEL, self.valid(tel="06-1234-5678"), {})
        self.write(ZIP, self.valid(zip="530-0001"), {})
        self.write(URL, self.valid(url="https://www.example.org"), {})
        self.write(LENGTH, self.valid(length="漢" * self.field("length")["min"]), {})
        for row, change in (
            (TITLE, {"subject": ""}),
            (EMPTY, {"required": ""}),
            *((row, {kind: "abc"}) for row, kind in KINDS.items()),
        ):
            for _ in range(2):
                self.write(row, self.valid(**change), {})
        for _ in range(2):
            self.write(LENGTH, self.valid(length="n" * (most + 1)), {})
            self.write(NO_GROUP, self.valid(), {}, group="missing_group_")
            self.write(MISSING, self.without_required(), {})
        self.write(TITLE, self.valid(subject="", tel="abc"), {})
        self.write(EMAIL, self.valid(email="a@"), {"_lang": "en"})
        self.write(URL, self.valid(url="http://"), {"_lang": "en"})
        self.write(TITLE, self.valid(subject="0"), {"_lang": "en"})
        self.write(EMAIL, self.valid(email="abc", url="abc"), {})
        self.write(TITLE, self.valid(subject="Q"), {"_lang": "en", "Accept-Language": "ja"})
        self.write(TITLE, self.valid(subject=""), {"_lang": "en", "Accept-Language": "ja"})
        self.write(EMAIL, self.valid(), {"Accept-Language": "ja;q=0.9"})
        self.write(TITLE, self.valid(subject=""), {"Accept-Language": "ja-JP"})
        self.write(TITLE, self.valid(subject=""), {"_lang": "fr"})
        self.write(TITLE, {**self.valid(subject=""), "topics_flg": 0}, {})
        self.write(MISSING, self.without_required(), {"Content-Type": "application/json; charset=utf-8"})


@cache
def right_responses(rows: tuple[Row, ...]) -> list[str]:
    recorder = Recorder((), rows)
    recorder.send_all()
    return recorder.responses


def responds_alike(rows: tuple[Row, ...], *names: str) -> bool:
    """Whether a site with these faults gives every response about some rows as a right one does."""
    expected = right_responses(rows)
    recorder = Recorder(names, rows, expected)
    with contextlib.suppress(DifferentResponse):
        recorder.send_all()
        return recorder.responses == expected
    return False


def test_a_right_site_responds_alike_twice() -> None:
    assert responds_alike(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_each_fault_changes_a_response_about_its_rows(row: Row) -> None:
    faults = [fault for fault in FAULTS if fault.rows[0] == row and fault.kind != "late"]
    assert [fault.name for fault in faults if responds_alike(fault.rows, fault.name)] == []


def test_there_are_at_least_four_hundred_faults() -> None:
    assert len(FAULTS) >= 400


def test_every_row_has_six_faults_of_its_own_that_are_no_drift() -> None:
    own = Counter(fault.rows[0] for fault in FAULTS if len(fault.rows) == 1 and not fault.wording_only)
    assert {row for fault in FAULTS for row in fault.rows} == set(own) == set(ROWS)
    assert min(own.values()) >= 6


def choices() -> Iterator[Any]:
    for name, answers in variants("kuroco").items():
        for choice in answers:
            yield pytest.param(name, choice, id=f"{name}={choice}".replace(" ", "-"))


@pytest.mark.parametrize(("name", "choice"), list(choices()))
def test_variant_keeps_the_promises(name: str, choice: str) -> None:
    with site(variants={name: choice}) as client:
        accepted = client.send("insert_path", client.valid())
        assert accepted.status_code in (200, 201)
        assert client.detail(accepted.json()["id"])["subject"] == "A title"
        refused = client.send("insert_path", client.valid(email="abc"))
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["field"] == client.fields["email"]["name"]
