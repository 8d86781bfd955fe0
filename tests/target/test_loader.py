"""Names of a profile against those of its contract."""

from __future__ import annotations

from collections.abc import Callable

from conformance.contract.schema import ContractFile, NamedInput
from conformance.target.loader import Target, check_target_names

TEXT = """\
credentials:
  ful: {header: X-Key, env: A}
  login: {email: {env: A}, passwrd: {env: A}}
fixtures:
  endpont: news
  content_id: foo
vantages:
  outsid: {source_address: 127.0.0.9}
hooks:
  unheard: {headers: {X-Fault: a}}
"""


def known(*names: str, **credentials: list[str]) -> ContractFile:
    """A contract with these fixtures, and credentials with these members; a vantage `outside` and no hook."""
    fixtures = {name: NamedInput(about="") for name in names}
    members = {name: NamedInput(about="", fields=fields) for name, fields in credentials.items()}
    return ContractFile.model_construct(
        fixtures=fixtures, credentials=members, vantages={"outside": NamedInput(about="")}, hooks={}
    )


def test_unknown_names_get_the_near_one_and_their_line(profile: Callable[..., Target]) -> None:
    target = profile(TEXT, environ={"A": "x"})
    found = check_target_names(target, known("endpoint", "content_id", full=[], login=["email", "password"]))
    assert [str(each).rpartition("/")[2] for each in found] == [
        "staging.yaml:4: unknown credential 'ful'; did you mean 'full'?",
        "staging.yaml:7: unknown fixture 'endpont'; did you mean 'endpoint'?",
        "staging.yaml:10: unknown vantage 'outsid'; did you mean 'outside'?",
        "staging.yaml:12: unknown hook 'unheard'; no hooks are known here",
        "staging.yaml:5: unknown value 'passwrd' of credential 'login'; did you mean 'password'?",
        "staging.yaml:5: credential 'login' lacks 'password'; add `password: {env: …}`",
    ]


def test_a_profile_of_another_contract_has_one_problem(profile: Callable[..., Target]) -> None:
    target = profile("fixtures: {list_path: a}\ncredentials:\n  token: {header: X, env: A}\n", environ={"A": "x"})
    (found,) = check_target_names(target, known("endpoint", full=[]))
    assert str(found).rpartition("/")[2] == (
        "staging.yaml:1: contract: microcms-management has none of the credentials and fixtures of this profile; "
        "name the contract that it was written for"
    )


def test_known_names_are_fine(profile: Callable[..., Target]) -> None:
    target = profile("fixtures: {endpont: news}\ncredentials:\n  full: {header: X, env: A}\n", environ={"A": "x"})
    assert check_target_names(target, known("endpont", "content_id", full=[], other=[])) == []


def test_a_credential_of_the_other_form_is_named(profile: Callable[..., Target]) -> None:
    target = profile("credentials:\n  login: {header: X, env: A}\n  full: {a: {env: A}}\n", environ={"A": "x"})
    first, second = check_target_names(target, known(login=["email", "password"], full=[]))
    assert "credential 'login' has another form; write {email: {env: …}, password: {env: …}}" in str(first)
    assert "staging.yaml:5: credential 'full' has another form; write {header: …, env: …}" in str(second)
