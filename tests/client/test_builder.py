"""A planned request becomes bytes: placeholders, URL, body, credential, hook, vantage."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.client.builder import PlaceholderScope, RequestBuilder, make_wrong_credential
from conformance.contract.contract import Contract
from conformance.contract.request_template import merge_patches
from conformance.contract.templates import MissingValue
from conformance.http import Request
from conformance.target.loader import Target
from tests.conftest import BELOW, OPENAPI

Bind = Callable[..., Request]


@pytest.fixture
def bind(shop: Callable[..., Contract], target: Callable[..., Target]) -> Bind:
    """Binds one request of the small contract."""
    contract = shop()

    def bound(
        operation: str = "list",
        *,
        scope: PlaceholderScope | None = None,
        seed: int = 0,
        profile: Any = None,
        trial: str = "",
        **members: Any,
    ) -> Request:
        template = merge_patches({"json" if key == "json_" else key: value for key, value in members.items()})
        builder = RequestBuilder(contract, target(**(profile or {})), seed, trial=trial)
        return builder.build(operation, template, "read", scope or PlaceholderScope())

    return bound


# --- URL -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ({"limit": -1}, "limit=-1"),
        ({"limit": 1.5}, "limit=1.5"),
        ({"limit": ""}, "limit="),
        ({"limit": None}, "limit=null"),
        ({"on": True, "off": False}, "on=true&off=false"),
        ({"a": "1 2+3&4=5#6/7?8%9~"}, "a=1%202%2B3%264%3D5%236%2F7%3F8%259~"),
        ({"limit[]": "5"}, "limit[]=5"),
        ({"ö": "é😀"}, "%C3%B6=%C3%A9%F0%9F%98%80"),
        ({"a": ["5", "6"]}, "a=5&a=6"),
        ({"a": []}, ""),
        ({"a": {"omit": True}, "b": 1}, "b=1"),
        ({"a": [1, None]}, "a=1&a=null"),
        (None, ""),
    ],
)
def test_a_query_is_encoded_once(bind: Bind, query: Any, sent: str) -> None:
    assert bind(query=query).url == f"http://127.0.0.1:9/items{'?' + sent if sent else ''}"


@settings(max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(min_size=1, max_size=8), value=st.text(max_size=20), segment=st.text(min_size=1, max_size=20))
def test_whatever_is_sent_is_decoded_as_it_was_meant(bind: Bind, name: str, value: str, segment: str) -> None:
    if "{" in name + value + segment:
        return
    url = bind("get", query={name: value}, path={"id": segment}).url
    assert url.isascii()
    assert parse_qsl(urlsplit(url).query, keep_blank_values=True, strict_parsing=True) == [(name, value)]
    assert [unquote(part) for part in urlsplit(url).path.split("/")] == ["", "items", segment]


def test_a_path_parameter_cannot_leave_its_place(bind: Bind) -> None:
    assert bind("get", path={"id": "../../admin?a#1"}).url == "http://127.0.0.1:9/items/..%2F..%2Fadmin%3Fa%231"


def test_a_path_parameter_may_be_called_as_a_placeholder_is(
    shop: Callable[..., Contract], target: Callable[..., Target]
) -> None:
    document = {"openapi.yaml": OPENAPI + "  /files/{path}:\n    get: {operationId: file}\n"}
    contract = shop(BELOW, ("  list: {}\n", '  list: {}\n  file: {path: {path: "{random.word}"}}\n'), more=document)
    template = merge_patches({"path": {"path": "a"}})
    request = RequestBuilder(contract, target(), 0).build("file", template, "read", PlaceholderScope())
    assert request.url == "http://127.0.0.1:9/files/a"


def test_a_path_parameter_that_nothing_fills_is_missing(bind: Bind) -> None:
    with pytest.raises(MissingValue, match=r"path\.id"):
        bind("get")


def test_a_url_of_its_own_goes_out_as_it_is(bind: Bind) -> None:
    assert bind(url="/a//b/../c%7e?x=%zz", query={"gone": 1}).url == "http://127.0.0.1:9/a//b/../c%7e?x=%zz"


def test_a_placeholder_takes_its_value_from_the_profile_and_from_earlier_answers(bind: Bind) -> None:
    scope = PlaceholderScope({"seen": "a b"}, "ja", "en")
    url = bind(
        "get", path={"id": "{fixture.item}"}, query={"a": "{capture.seen}", "l": "{language}{other}"}, scope=scope
    ).url
    assert url == "http://127.0.0.1:9/items/spoon?a=a%20b&l=jaen"
    for name in ("{capture.none}", "{fixture.none}", "{language}", "{other}", "{drawn}", "{credential.none}"):
        with pytest.raises(MissingValue, match=name.strip("{}")):
            bind(query={"a": name})


# --- body ----------------------------------------------------------------------------------------------------------


def parts(request: Request) -> tuple[str | None, bytes | None]:
    return dict(request.headers).get("Content-Type"), request.body


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ({"a": "é", "b": [1, None, True]}, '{"a": "é", "b": [1, null, true]}'),
        (None, "null"),
        ([], "[]"),
        ("x", '"x"'),
        ({"a": {"omit": True}, "b": {"c": {"omit": True}}}, '{"b": {}}'),
        ({"n": "{fixture.sizes.max}"}, '{"n": 5}'),
    ],
)
def test_json_goes_out_as_json(bind: Bind, value: Any, sent: str) -> None:
    assert parts(bind("add", json_=value)) == ("application/json", sent.encode())


def test_a_raw_body_goes_out_to_the_byte(bind: Bind) -> None:
    text = '{"status": ["PUBLISH"} é'
    assert parts(bind("add", raw=text)) == ("application/json", text.encode())
    assert parts(bind("add", raw="", content_type="text/plain")) == ("text/plain", b"")


def test_no_body_and_one_that_was_taken_away_send_none(bind: Bind) -> None:
    assert parts(bind("add")) == (None, None)
    assert parts(bind("add", json_={"omit": True})) == (None, None)
    assert parts(bind("add", raw={"omit": True})) == (None, None)


def test_a_header_of_its_own_beats_the_content_type_and_one_can_be_left_out(bind: Bind) -> None:
    request = bind("add", json_={}, headers={"Content-Type": "text/x", "X-Gone": {"omit": True}, "X-N": 5})
    assert dict(request.headers) | {"X-Key": ""} == {"Content-Type": "text/x", "X-N": "5", "X-Key": ""}


def test_a_multipart_body_says_its_boundary(bind: Bind) -> None:
    kind, body = parts(bind("add", multipart=[{"name": "a", "text": "b"}]))
    assert kind is not None
    assert body is not None
    boundary = kind.partition("boundary=")[2]
    assert f'--{boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--{boundary}--\r\n'.encode() == body


# --- who asks, and from where --------------------------------------------------------------------------------------


def key(request: Request) -> str | None:
    return dict(request.headers).get("X-Key")


def test_a_credential_is_sent_in_its_header(bind: Bind) -> None:
    assert key(bind(credential="full")) == "the-full-key-0123"
    assert key(bind(credential="guest")) == "the-guest-key-4567"
    assert key(bind()) is None
    assert key(bind(credential="none")) is None
    assert key(bind(credential="empty")) == ""


def test_a_wrong_credential_is_no_one_s_and_the_same_for_the_same_attempt(bind: Bind) -> None:
    wrong = key(bind(credential="wrong"))
    assert wrong not in (None, "", "the-full-key-0123", "the-guest-key-4567")
    assert wrong == key(bind(credential="wrong"))
    assert wrong != key(bind(credential="wrong", seed=1))
    assert wrong != key(bind(credential="wrong", scope=PlaceholderScope(salt="another")))


@pytest.mark.parametrize(
    ("value", "form"),
    [("secret", "[0-9a-f]{40}"), ("Bearer secret", "Bearer [0-9a-f]{40}"), ("Basic dTpw", "Basic [A-Za-z0-9+/=]{108}")],
)
def test_a_wrong_credential_has_the_scheme_of_the_right_one(value: str, form: str) -> None:
    assert re.fullmatch(form, make_wrong_credential(value, "a" * 40))


def test_a_credential_that_the_target_does_not_have_is_missing(bind: Bind) -> None:
    with pytest.raises(MissingValue, match=r"credential\.token"):
        bind(credential="token")


def test_members_of_a_credential_can_stand_in_a_body(bind: Bind) -> None:
    login = {"login": {"email": {"value": "a@example.com"}, "password": {"value": "hush"}}}
    request = bind("add", json_={"e": "{credential.login.email}"}, profile={"credentials": login})
    assert request.body == b'{"e": "a@example.com"}'


def test_a_hook_adds_its_headers_and_a_vantage_its_address(bind: Bind) -> None:
    request = bind(hook="boom", vantage="outside")
    assert ("X-Boom", "1") in request.headers
    assert (request.source_address, request.proxy) == ("127.0.0.9", None)
    assert (bind().source_address, bind().proxy) == (None, None)


def test_a_method_of_its_own_beats_that_of_the_operation(bind: Bind) -> None:
    assert (bind().method, bind(method="PUT").method) == ("GET", "PUT")


# --- words that nobody has used ------------------------------------------------------------------------------------


def word(bind: Bind, name: str, **more: Any) -> str:
    body = bind("add", json_={"a": name}, **more).body
    return str(json.loads(body or b"")["a"])


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("{random.uuid}", r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}"),
        ("{random.hex64}", r"[0-9a-f]{64}"),
        ("{random.hex}", r"[0-9a-f]{32}"),
        ("{random.digits12}", r"9[0-9]{11}"),
        ("{random.word}", r"[a-z0-9]{20}"),
        ("{unique}", r"conformance-[0-9a-f]{12}"),
    ],
)
def test_a_random_word_has_the_form_that_its_name_says(bind: Bind, name: str, form: str) -> None:
    first = word(bind, name)
    assert re.fullmatch(form, first)
    assert first == word(bind, name)
    assert first != word(bind, name, scope=PlaceholderScope(salt="another attempt"))
    assert first != word(bind, name, seed=1)


@pytest.mark.parametrize("head", ["random", "unique"])
def test_two_names_are_two_words_and_one_name_is_one_word_in_an_attempt(bind: Bind, head: str) -> None:
    body = json.loads(bind("add", json_=[f"{{{head}.a}}", f"{{{head}.b}}", f"{{{head}.a}}"]).body or b"")
    assert body[0] == body[2] != body[1]


def test_what_is_created_in_a_new_trial_has_another_name_as_what_could_not_be_deleted_has_the_old_one(
    bind: Bind,
) -> None:
    assert word(bind, "{unique.a}") == word(bind, "{unique.a}") != word(bind, "{unique.a}", trial="2")
    assert word(bind, "{random.a}") == word(bind, "{random.a}", trial="2")


def test_a_default_is_one_word_for_the_whole_run(bind: Bind) -> None:
    one, other = (word(bind, "{fixture.missing}", scope=PlaceholderScope(salt=salt)) for salt in "ab")
    assert one == other
    assert one != word(bind, "{fixture.missing}", seed=1)


def test_letters_are_as_many_as_the_profile_says(bind: Bind) -> None:
    assert word(bind, "{text.latin.sizes.max}") == "abcde"
    assert word(bind, "{text.kana.sizes.max|one-more}") == "がぎぐげごご"


@pytest.mark.parametrize(
    ("members", "content_type", "body"),
    [
        ({"size": 5}, "application/octet-stream", b"xxxxx"),
        ({"size": 0}, "application/octet-stream", b""),
        ({"json_": {"a": 1}, "size": 12}, "application/json", b'{"a": 1}    '),
        ({"json_": {"a": 1}, "size": 3}, "application/json", b'{"a": 1}'),
        ({"raw": "{", "size": 4, "content_type": "text/plain"}, "text/plain", b"{   "),
        ({"raw": "é", "encoding": "latin-1"}, "application/json", b"\xe9"),
        ({"json_": ["é"], "encoding": "latin-1"}, "application/json", b'["\xe9"]'),
        ({"json_": ["é漢"], "encoding": "latin-1"}, "application/json", b'["\xe9\\u6f22"]'),
        ({"json_": ["漢😀"], "encoding": "ascii"}, "application/json", b'["\\u6f22\\ud83d\\ude00"]'),
        ({"raw": '"漢"', "encoding": "ascii"}, "application/json", b'"\\u6f22"'),
    ],
)
def test_a_body_may_have_a_size(bind: Bind, members: dict[str, Any], content_type: str, body: bytes) -> None:
    request = bind(**members)
    assert (dict(request.headers)["Content-Type"], request.body) == (content_type, body)


def test_a_body_may_go_out_without_its_length(bind: Bind) -> None:
    assert bind(json_={}, without_length=True).chunked is True
    assert bind(json_={}).chunked is False
