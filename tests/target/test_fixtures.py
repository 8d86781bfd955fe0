"""Mistakes in the values of a profile are the profile's: they are named with their line before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from conformance.contract.contract import Contract
from conformance.errors import ConfigError
from conformance.target.fixtures import check_fixture_values
from conformance.target.loader import Target
from conformance.target.selection import resolve_target, select_target
from tests.shipped_contracts import shipped_contract

HEAD = "contract: kuroco\nbase_url: http://127.0.0.1:9\n"


@cache
def contract(name: str) -> Contract:
    return shipped_contract(name)


@pytest.mark.parametrize(
    ("fixtures", "expected"),
    [
        (
            "languages: [jp, en]",
            (
                "4: fixtures.languages: the contract has no wording in the language 'jp'; "
                "its wordings are in en, ja; leave other languages out"
            ),
        ),
        (
            "languages:\n  - ja\n  - en\n  - zh",
            (
                "7: fixtures.languages: the contract has no wording in the language 'zh'; "
                "its wordings are in en, ja; leave other languages out"
            ),
        ),
        ("languages: ja", "4: fixtures.languages is no list of languages; write languages: [ja, en]"),
        (
            'fields:\n  regex:\n   pattern: "[A-Z]{2}"\n   mismatch: AB',
            (
                "7: fixtures.fields.regex.mismatch matches fixtures.fields.regex.pattern; "
                "give a value that the server must refuse"
            ),
        ),
        (
            'fields:\n  regex: {pattern: "[A-Z]{2}", valid: ab}',
            (
                "5: fixtures.fields.regex.valid does not match fixtures.fields.regex.pattern; "
                "give a value that the server accepts"
            ),
        ),
        (
            "fields:\n  length: {max: 5, min: 20}",
            "5: fixtures.fields.length.min is 20, above fixtures.fields.length.max, 5; exchange them",
        ),
        (
            'fields: {length: {min: "5", max: 20}}',
            (
                "4: fixtures.fields.length.min and fixtures.fields.length.max must be numbers; "
                "write them as digits, without quotes"
            ),
        ),
        (
            "fields: {required: {name: ext_2}, email: {name: ext_2}}",
            "4: fixtures.fields.email.name is ext_2, as fixtures.fields.required.name is; give each its own",
        ),
        (
            "detail_path: rcms-api/1/topics1",
            "4: fixtures.detail_path lacks {topics_id}; write it as in rcms-api/1/topics1/{topics_id}",
        ),
        (
            "insert_path: a/{topics_id}",
            (
                "4: fixtures.insert_path has {topics_id}, which nothing fills in; "
                "write it as in rcms-api/1/topics1/insert"
            ),
        ),
        (
            "list_path: /a/list\nmissing_group_list_path: a/list",
            (
                "5: fixtures.missing_group_list_path has the value of fixtures.list_path; "
                "give the path of an endpoint bound to Topics::list of a group that does not exist"
            ),
        ),
        (
            "fields: {email: {valid: 03-1234-5678}}",
            (
                "4: fixtures.fields.email.valid is 03-1234-5678, no value of its kind; "
                "give one that matches [^@\\s]+@[^@\\s]+"
            ),
        ),
        (
            "list_path: a/7\ndetail_path: /a/{topics_id}\ntopics_id: 7",
            (
                "5: fixtures.detail_path has the value of fixtures.list_path; give the path of the endpoint bound to "
                "Topics::details of that group, with {topics_id} in it"
            ),
        ),
        (
            "insert_path: a/list\nmissing_group_insert_path: /a/list",
            (
                "5: fixtures.missing_group_insert_path has the value of fixtures.insert_path; "
                "give the path of an endpoint bound to Topics::insert of a group that does not exist"
            ),
        ),
        (
            "list_path: [rcms-api/1/topics1]",
            "4: fixtures.list_path must be a text or a number; write it as in list_path: rcms-api/1/topics1",
        ),
        (
            "update_path: 5",
            "4: fixtures.update_path lacks {topics_id}; write it as in rcms-api/1/topics1/update/{topics_id}",
        ),
        ("token_path: 'a/token '", "4: fixtures.token_path has spaces or line ends around it; take them away"),
        (
            "fields:\n  regex:\n   valid: '123'\n   pattern: 123",
            "7: fixtures.fields.regex.pattern is read as the number 123; put what is to be sent in quotes",
        ),
        (
            "fields:\n  number:\n   valid: 42",
            "6: fixtures.fields.number.valid is read as the number 42; put what is to be sent in quotes",
        ),
        (
            "insert_path: 'topics/insert}'",
            "4: fixtures.insert_path has a brace that belongs to no name; write it as in rcms-api/1/topics1/insert",
        ),
        ("topics_id: true", "4: fixtures.topics_id must be a text or a number; write it as in topics_id: 1"),
        ("topics_id: 5.0", "4: fixtures.topics_id is read as the number 5.0; put what is to be sent in quotes"),
        ("list_path: 12e5", "4: fixtures.list_path is read as the number 1200000.0; put what is to be sent in quotes"),
        ("fields: {tel: ext_3}", "4: fixtures.fields.tel must have members; write tel: {name, title, valid: …}"),
        (
            "fields:\n  tel:\n   name: [ext_3]",
            "6: fixtures.fields.tel.name must be a text or a number; write it as in name: ext_1",
        ),
        (
            "fields:\n  tel:\n   title: |\n     Line",
            "6: fixtures.fields.tel.title has spaces or line ends around it; take them away",
        ),
    ],
)
def test_a_value_that_breaks_a_rule_is_named_with_its_line(
    profile: Callable[..., Target], fixtures: str, expected: str
) -> None:
    indented = "".join(f" {line}\n" for line in fixtures.splitlines())
    target = profile(f"fixtures:\n{indented}", head=HEAD)
    found = [str(problem) for problem in check_fixture_values(target, contract("kuroco"))]
    assert [line.rpartition("staging.yaml:")[2] for line in found] == [expected]


@pytest.mark.parametrize(
    "fixtures",
    [
        "languages: [en]",
        "fields: {length: {min: 5, max: 5}}",
        "fields: {length: {min: 5}}",
        'fields: {regex: {pattern: "(?P<a>x)(?P=a)", mismatch: xx}}',
        'fields: {regex: {pattern: "[a-z]{2}", mismatch: abc, valid: ab}}',
        "topics_id: 5",
    ],
)
def test_what_breaks_no_rule_or_cannot_be_checked_is_no_problem(profile: Callable[..., Target], fixtures: str) -> None:
    target = profile(f"fixtures:\n {fixtures}\n", head=HEAD)
    assert list(check_fixture_values(target, contract("kuroco"))) == []


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("media_url", "HTTPS://A/B.PNG", True),
        ("media_url", "'\"https://a/b.png\"'", True),
        ("missing_media_url", "12345", True),
        ("referenced_media_url", "https://a/b.png", False),
        ("media_file_name", "12345", True),
        ("media_file_name", "/b.png", True),
        ("media_file_name", "b 1", False),
    ],
)
def test_a_text_that_is_no_value_of_its_kind_is_refused(tmp_path: Path, name: str, value: str, found: bool) -> None:
    path = tmp_path / "staging.yaml"
    head = "contract: microcms-management\nbase_url: http://127.0.0.1:9\n"
    path.write_text(f"{head}fixtures: {{{name}: {value}}}\n", encoding="utf-8")
    target = select_target(str(path), None, (), {}, ["microcms-management"]).target
    assert target is not None
    problems = [problem.what for problem in check_fixture_values(target, contract(target.contract))]
    assert [what.partition(" ")[0] for what in problems] == [f"fixtures.{name}"] * found


VALID = {"email": "a@b.jp", "tel": "03-1234-5678", "zip": "150-0001", "url": "https://a.jp/b", "number": "42"}


@pytest.mark.parametrize("first", VALID)
@pytest.mark.parametrize("second", VALID)
def test_two_fields_in_the_place_of_each_other_are_refused(
    profile: Callable[..., Target], first: str, second: str
) -> None:
    fields = dict(VALID) | {first: VALID[second], second: VALID[first]}
    given = "".join(f"  {name}: {{valid: '{value}'}}\n" for name, value in fields.items())
    target = profile(f"fixtures:\n fields:\n{given}", head=HEAD)
    found = {problem.what.split(".")[2] for problem in check_fixture_values(target, contract("kuroco"))}
    assert bool(found) == (first != second)
    assert found <= {first, second}


@pytest.mark.parametrize(
    ("base_url", "source", "refused"),
    [
        ("http://127.0.0.1:9", "127.0.0.1", True),
        ("http://localhost:9", "127.0.0.1", True),
        ("http://[::1]:9", "::1", True),
        ("http://127.0.0.1:9", "127.0.0.9", False),
    ],
)
def test_a_vantage_where_every_request_comes_from_is_none(
    profile: Callable[..., Target], base_url: str, source: str, refused: bool
) -> None:
    head = f"contract: microcms-management\nbase_url: {base_url}\n"
    target = profile(f"vantages: {{outside: {{source_address: '{source}'}}}}\n", head=head)
    found = [problem.what for problem in check_fixture_values(target, contract(target.contract))]
    said = f"vantages.outside: {source} is the address that every request comes from"
    assert found == ([said] if refused else [])


@pytest.mark.parametrize(("header", "refused"), [("x-microcms-api-key", True), ("X-Trace", False)])
def test_a_header_of_every_request_is_not_that_of_a_credential(
    profile: Callable[..., Target], header: str, refused: bool
) -> None:
    head = "contract: microcms-management\nbase_url: http://127.0.0.1:9\n"
    text = f"credentials: {{full: {{header: X-MICROCMS-API-KEY, value: one-key-of-all}}}}\nheaders: {{{header}: one}}\n"
    target = profile(text, head=head)
    found = [problem.what for problem in check_fixture_values(target, contract(target.contract))]
    said = f"headers.{header} is the header of credentials.full: every request would have it"
    assert found == ([said] if refused else [])


@pytest.mark.parametrize(
    ("sent", "refused"), [("x-fault: internal", True), ("X-Fault: none", False), ("X-Trace: internal", False)]
)
def test_what_makes_the_target_fail_is_not_sent_with_every_request(
    profile: Callable[..., Target], sent: str, refused: bool
) -> None:
    head = "contract: microcms-management\nbase_url: http://127.0.0.1:9\n"
    text = f"hooks: {{internal_error: {{headers: {{X-Fault: internal}}}}}}\nheaders: {{{sent}}}\n"
    target = profile(text, head=head)
    found = [problem.what for problem in check_fixture_values(target, contract(target.contract))]
    said = "headers.x-fault is the header of hooks.internal_error: every request would have it"
    assert found == ([said] if refused else [])


@pytest.mark.parametrize("header", ["X-MICROCMS-API-KE", "X-Readonly-Token"])
def test_a_key_in_another_header_than_the_others_would_be_refused_as_none_would_be(
    profile: Callable[..., Target], header: str
) -> None:
    head = "contract: microcms-management\nbase_url: http://127.0.0.1:9\n"
    full = "full: {header: x-microcms-api-key, value: one-key-of-all}"
    target = profile(f"credentials: {{{full}, forbidden: {{header: {header}, value: another-key}}}}\n", head=head)
    found = [(problem.what, problem.hint) for problem in check_fixture_values(target, contract(target.contract))]
    said = f"credentials.forbidden.header: {header} is not the header of the other credentials"
    assert found == [(said, "did you mean X-MICROCMS-API-KEY?")]


def test_two_operations_of_one_method_have_two_paths(profile: Callable[..., Target]) -> None:
    target = profile("fixtures: {list_path: api/1/topics, profile_path: api/1/topics, login_path: api/1/topics}\n")
    found = [
        (problem.where.rpartition("/")[2], problem.what) for problem in check_fixture_values(target, contract("kuroco"))
    ]
    assert ("staging.yaml:3", "fixtures.list_path has the value of fixtures.profile_path") in found
    assert not any("list_path" in what and "login_path" in what for _, what in found)


def test_an_empty_text_is_no_value(profile: Callable[..., Target]) -> None:
    target = profile('fixtures: {fields: {required: {name: ext_1, title: Name, valid: ""}}}\n')
    assert [problem.what for problem in check_fixture_values(target, contract("kuroco"))] == [
        "fixtures.fields.required.valid is empty"
    ]


def test_all_keys_may_be_in_a_header_of_a_gateway(profile: Callable[..., Target]) -> None:
    head = "contract: microcms-management\nbase_url: http://127.0.0.1:9\n"
    keys = "full: {header: X-Gateway, value: one-key-of-all}, forbidden: {header: x-gateway, value: another-key}"
    target = profile(f"credentials: {{{keys}}}\n", head=head)
    assert list(check_fixture_values(target, contract(target.contract))) == []


@pytest.mark.parametrize("other", ["forbidden", "throttled"])
def test_a_credential_without_rights_is_not_the_one_with_all(tmp_path: Path, other: str) -> None:
    path = tmp_path / "staging.yaml"
    key = "{header: X-MICROCMS-API-KEY, value: one-and-the-same}"
    head = "contract: microcms-management\nbase_url: http://127.0.0.1:9\n"
    path.write_text(f"{head}credentials:\n  full: {key}\n  {other}: {key}\n", encoding="utf-8")
    selection = select_target(str(path), None, (), {}, ["microcms-management"])
    assert selection.target is not None
    found = list(check_fixture_values(selection.target, contract("microcms-management")))
    assert [problem.what for problem in found] == [f"credentials.{other} has the value of credentials.full"]


def test_a_target_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "staging.yaml"
    path.write_text(f"{HEAD}fixtures:\n  languages: [jp]\n  fields: {{length: {{min: 2, max: 1}}}}\n", encoding="utf-8")
    selection = select_target(str(path), None, (), {}, ["kuroco"])
    with pytest.raises(ConfigError) as caught:
        resolve_target(contract("kuroco"), selection, lambda _: {}, {})
    assert [problem.where.rpartition(":")[2] for problem in caught.value.problems] == ["4", "5"]
