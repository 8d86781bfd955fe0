"""What a profile may say, and the problems of one that may not be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from conformance import yaml_document as source
from conformance.target.loader import CertificateFiles, Target
from conformance.target.schema import Profile

DESIGN = """\
contract: microcms-management
base_url: https://example.microcms-management.io
credentials:                      # values only from the environment or a file, never written here
  full:      {header: X-MICROCMS-API-KEY, env: MICROCMS_API_KEY}
  forbidden: {header: X-MICROCMS-API-KEY, env: MICROCMS_READONLY_KEY}
fixtures:
  endpoint: news
  content_id: foo
vantages:
  outside: {source_address: 127.0.0.9}
hooks:
  internal_error: {headers: {X-Fault: internal}}
allow: [write, delete, exhaust]
pace: 10/10s
timeout: 10s
"""
ENVIRON = {"MICROCMS_API_KEY": "key-1", "MICROCMS_READONLY_KEY": "key-2"}


def test_profile_of_the_design_is_read_whole(profile: Callable[..., Target]) -> None:
    target = profile(DESIGN, head="", environ=ENVIRON)
    assert target.contract == "microcms-management"
    assert target.base_url == "https://example.microcms-management.io"
    assert target.name == "staging"
    assert (
        target.credentials["full"].header,
        target.credentials["full"].values[""].value,
    ) == ("X-MICROCMS-API-KEY", "key-1")
    assert target.secrets == ENVIRON
    assert target.fixtures == {"endpoint": "news", "content_id": "foo"}
    assert target.vantages["outside"].source_address == "127.0.0.9"
    assert target.hooks["internal_error"] == (("X-Fault", "internal"),)
    assert target.allow == {"write", "delete", "exhaust"}
    assert target.pace == (10, 10.0)
    assert target.timeout == 10.0
    assert target.warnings == ()


def test_two_keys_are_enough_and_allow_nothing(profile: Callable[..., Target]) -> None:
    target = profile("")
    assert target.allow == frozenset()
    assert (target.pace, target.timeout, target.credentials) == (None, 10.0, {})


def test_fixtures_keep_numbers_lists_and_mappings(profile: Callable[..., Target]) -> None:
    text = """\
fixtures:
  topics_id: 12
  languages: [ja, en]
  fields: {length: {name: ext_8, min: 5, max: 10}}
  code: "012"
"""
    fields = {"length": {"name": "ext_8", "min": 5, "max": 10}}
    assert profile(text).fixtures == {"topics_id": 12, "languages": ["ja", "en"], "fields": fields, "code": "012"}


def test_every_problem_is_reported_at_once_by_line(problems: Callable[..., list[str]]) -> None:
    text = """\
contrat: x
base_url: ftp://example.test
credentials:
  full: {header: X KEY, env: NOT_SET}
  login: {email: {env: A, file: b}, password: {evn: PW}}
  token: {env: ALSO_NOT_SET}
  text: word
vantages:
  outside: {proxy: "http://proxy:1", source_address: 127.0.0.9}
hooks:
  internal_error: {header: {X-Fault: internal}}
allow: [writes]
pace: fast
timeout: soon
ca_bundle: none.pem
expectations:
  - {row: contents-get/*, expires: "2027-02-31", verdict: drift}
known_deviations: known.yaml
"""
    found = problems(text, head="")
    expected = [
        (1, "contract is missing"),
        (1, "unknown key 'contrat'; did you mean 'contract'?"),
        (18, "'known_deviations' is called 'expectations'"),
        (2, "base_url does not begin with http:// or https://"),
        (4, "credentials.full.header is not the name of a header"),
        (4, "the environment variable NOT_SET, which is not set"),
        (5, "credentials.login.email needs exactly one of env, file, command and value"),
        (5, "unknown key 'evn' in credentials.login.password; did you mean 'env'?"),
        (6, "credentials.token.header is missing"),
        (6, "the environment variable ALSO_NOT_SET, which is not set"),
        (7, "credentials.text must be a mapping"),
        (9, "vantages.outside needs exactly one of source_address and proxy"),
        (11, "unknown key 'header' in hooks.internal_error; did you mean 'headers'?"),
        (12, "'writes' is no permission; did you mean 'write'?"),
        (13, "pace is not a pace; write it as 10/10s, 60/m or 5/s"),
        (14, "timeout is not a time; write it as 10s, 500ms or 1m"),
        (15, "'none.pem', which is not a file that can be read"),
        (17, "expectations.0.reason is missing"),
        (17, "expectations.0.expires is not a day"),
        (17, "expectations.0.verdict is none of 'violates', 'drifts' or 'inconclusive'"),
    ]
    assert [
        each
        for each in expected
        if not any(line.startswith(f"staging.yaml:{each[0]}: ") and each[1] in line for line in found)
    ] == []
    assert found == sorted(found, key=lambda line: int(line.split(":")[1]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("base_url: https://user:canary@example.test", "holds a user or a password"),
        ("base_url: https://example.test/?key=canary", "holds a query or a fragment"),
        ('base_url: "https://example.test/#canary"', "holds a query or a fragment"),
        ("base_url: example.test", "does not begin with http:// or https://"),
        ('base_url: "https://"', "names no host"),
        ("base_url: https://:80/", "names no host"),
        ("base_url: https://example..test", "names no host and port"),
        ("base_url: https://example.test:0", "names no host and port"),
        ("base_url: https://example.test:99999", "is not a URL"),
        ("base_url: https://[::1", "is not a URL"),
        ('base_url: "https://[1:2]"', "host and port"),
        ("base_url: https://exam ple.test", "holds a space"),
        ('base_url: "https://127.0.0.1\\\\@example.test"', "a backslash"),
        ("base_url: [https://example.test]", "must be text"),
    ],
)
def test_base_url_is_a_bare_address(problems: Callable[..., list[str]], text: str, expected: str) -> None:
    (found,) = problems(text, head="contract: kuroco\n")
    assert found.startswith("staging.yaml:2: ")
    assert expected in found
    assert "canary" not in found


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("https://[::1]:8443/api//", "https://[::1]:8443/api"),
        ("https://日本.example/a", "https://xn--wgv71a.example/a"),
        ("http://Straße.example:8080", "http://xn--strae-oqa.example:8080"),
    ],
)
def test_base_url_loses_only_the_slashes_at_its_end(profile: Callable[..., Target], written: str, kept: str) -> None:
    assert kept == profile(f"base_url: {written}\n", head="contract: kuroco\n").base_url


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("http://example.test", 1),
        ("https://example.test", 0),
        ("http://127.8.0.1:1", 0),
        ("http://[::1]", 0),
        ("http://localhost", 0),
    ],
)
def test_plain_http_is_warned_of_only_where_it_leaves_this_machine(
    profile: Callable[..., Target], url: str, warned: int
) -> None:
    warnings = profile(f"base_url: {url}\n", head="contract: kuroco\n").warnings
    assert warned == len(warnings)
    assert all(each.where.endswith("staging.yaml:2") for each in warnings)


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("fixtures: {endpoint: null}", 3, "fixtures.endpoint has no value"),
        ("fixtures: {n: 1e999}", 3, "is too large a number"),
        ("fixtures: [endpoint]", 3, "fixtures must be a mapping"),
        ("vantages:\n  outside: {source_address: nowhere}", 4, "vantages.outside.source_address is not an IP address"),
        ("vantages:\n  outside: {}", 4, "needs exactly one of source_address and proxy"),
        ('vantages:\n  outside: {proxy: "socks5://h:1"}', 4, "vantages.outside.proxy does not begin with http"),
        ('vantages:\n  outside: {proxy: "http://[h"}', 4, "vantages.outside.proxy is not a URL"),
        ("hooks:\n  x: {headers: {}}", 4, "hooks.x.headers is empty"),
        ("hooks:\n  x: {headers: {X Fault: a}}", 4, "is not the name of a header"),
        ('hooks:\n  x: {headers: {X-Fault: "a\\nb"}}', 4, "is not a header's value"),
        ("allow: write", 3, "allow must be a list"),
        ("allow: [\n  write,\n  Exhaust ]", 5, "'Exhaust' is no permission; did you mean 'exhaust'?"),
        ("allow: [everything]", 3, "the permissions are delete, exhaust, write"),
        ("pace: 0/10s", 3, "pace is not a pace"),
        ("pace: 10/2h", 3, "pace is out of range"),
        ("timeout: 0s", 3, "timeout is out of range"),
        ('name: ""', 3, "name is empty"),
        ("client_cert: {cert: a.pem, kye: b.pem}", 3, "unknown key 'kye' in client_cert; did you mean 'key'?"),
        ("client_cert: {cert: a.pem}", 3, "client_cert.cert names 'a.pem', which is not a file that can be read"),
        ("expectations: known.yaml", 0, "cannot be read"),
        ("expectations:\n  - word", 4, "must be a mapping"),
        ('expectations:\n  - {row: a/b, reason: "", expires: "2027-01-31"}', 4, "expectations.0.reason is empty"),
        ('expectations:\n  - {row: A b, reason: x, expires: "2027-01-31"}', 4, "expectations.0.row is not a row"),
        (
            'expectations:\n  - {row: a, reason: x, expires: "2027-01-31", link: here}',
            4,
            "expectations.0.link does not begin",
        ),
    ],
)
def test_refusals_name_the_line_and_a_hint(
    problems: Callable[..., list[str]], text: str, line: int, expected: str
) -> None:
    found = problems(text)
    assert any(expected in each and (not line or each.startswith(f"staging.yaml:{line}: ")) for each in found), found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- contract", "the file must be a mapping"),
        ("word", "the file must be a mapping"),
        ("", "the file is empty"),
        ("a: [", "not YAML"),
        ("[" * 5_000, "not YAML"),
        (
            "contract: a\ncontract: b\nbase_url: https://example.test",
            "the key 'contract' stands twice (first in line 1)",
        ),
        ("contract: kuroco\nbase_url: https://example.test\nfixtures: {n: " + "9" * 5_000 + "}", ""),
        ("contract: kuroco\nbase_url: https://example.test\nfixtures: {n: " + "[" * 3_000 + "]" * 3_000 + "}", ""),
    ],
)
def test_a_file_that_is_no_profile_is_a_problem_and_no_traceback(
    problems: Callable[..., list[str]], text: str, expected: str
) -> None:
    assert any(expected in each for each in problems(text, head=""))


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path, problems: Callable[..., list[str]]) -> None:
    from conformance.errors import ConfigError
    from conformance.target.loader import read_profile

    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(ConfigError, match=r"cannot be read|is a folder"):
            read_profile(path, environ={})


def test_command_line_adds_permissions_and_is_checked_too(
    profile: Callable[..., Target], problems: Callable[..., list[str]]
) -> None:
    assert profile("allow: [write]\n", allow=["delete"]).allow == {"write", "delete"}
    assert problems("", allow=["delet"]) == ["--allow: --allow: 'delet' is no permission; did you mean 'delete'?"]


def test_files_are_found_beside_the_profile(profile: Callable[..., Target], tmp_path: Path) -> None:
    for name in ("ca.pem", "client.pem", "client.key"):
        (tmp_path / name).write_text("x")
    target = profile(
        "ca_bundle: ca.pem\nclient_cert: {cert: client.pem, key: client.key}\npace_group: vendor\nname: Staging\n"
    )
    assert tmp_path / "ca.pem" == target.ca_bundle
    assert target.client_cert == CertificateFiles(tmp_path / "client.pem", tmp_path / "client.key")
    assert (target.pace_group, target.name) == ("vendor", "Staging")
    assert profile("client_cert: client.pem\n").client_cert == CertificateFiles(tmp_path / "client.pem")


def test_expectations_of_a_file_keep_its_lines(
    profile: Callable[..., Target], problems: Callable[..., list[str]], tmp_path: Path
) -> None:
    known = tmp_path / "known.yaml"
    known.write_text('# known\n- {row: a/b, status: 201, reason: slow fix, expires: "2027-01-31"}\n')
    (expectation,) = profile("expectations: known.yaml\n").expectations
    assert (expectation.row, expectation.where) == ("a/b", f"{known}:2")
    known.write_text('# known\n- {row: a/b, expires: "soon"}\n- {reason: x}\n')
    found = problems("expectations: known.yaml\n")
    assert [int(each.split(":")[1]) for each in found] == [2, 2, 3, 3]
    assert all(each.startswith("known.yaml:") for each in found)


def test_schema_says_what_the_reader_says() -> None:
    schema = Profile.model_json_schema()
    validator = jsonschema_rs.validator_for(schema)
    document, _ = source.read_text(DESIGN, Path("p.yaml"))
    assert document is not None
    assert validator.is_valid(document.value)
    refused: tuple[dict[str, Any], ...] = (
        {"allow": ["writes"]},
        {"paces": "10/s"},
        {"pace": "fast"},
        {"credentials": {"full": {"header": "X", "env": "A", "file": "b"}}},
        {"credentials": {"full": {"header": "X"}}},
        {"credentials": {"login": {"email": {"env": "A", "file": "b"}}}},
        {"vantages": {"outside": {}}},
        {"expectations": [{"row": "a/b"}]},
    )
    for broken in refused:
        assert not validator.is_valid({**document.value, **broken}), broken
    login = {"login": {"email": {"env": "A"}, "password": {"file": "b"}}}
    assert validator.is_valid({**document.value, "credentials": login, "expectations": "known.yaml"})
