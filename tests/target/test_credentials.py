"""Where secrets come from, and that no message about a profile holds one."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.contract.loader import read_contract
from conformance.errors import ConfigError
from conformance.target.credentials import CommandFailedError, run_command
from conformance.target.loader import Target, target_from_mapping
from conformance.target.selection import TargetSelection, resolve_target

CANARY = "cAnArY7"
LOCAL = "contract: kuroco\nbase_url: http://127.0.0.1:8000\n"


def test_values_come_from_environment_and_file(profile: Callable[..., Target], tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "pw").write_bytes(b" pass word\r\n")
    text = "credentials:\n  login: {email: {env: KUROCO_EMAIL}, password: {file: secrets/pw}}\n"
    login = profile(text, environ={"KUROCO_EMAIL": "a@example.test"}).credentials["login"]
    assert login.header is None
    assert {k: v.value for k, v in login.values.items()} == {"email": "a@example.test", "password": " pass word"}
    assert {k: v.name for k, v in login.values.items()} == {"email": "KUROCO_EMAIL", "password": "login.password"}


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]:1", "http://localhost", "https://LOCALHOST"]
)
def test_a_literal_is_accepted_on_this_machine(profile: Callable[..., Target], url: str) -> None:
    text = f"base_url: {url}\ncredentials: {{full: {{header: X-Key, value: abc}}}}\n"
    target = profile(text, head="contract: kuroco\n")
    assert target.secrets == {"full": "abc"}


@pytest.mark.parametrize(
    "url",
    [
        "https://example.test",
        "http://128.0.0.1",
        "http://127.0.0.1.example.test",
        "http://localhost.example.test",
        "http://[::2]",
        "http://2130706433",
        "http://0.0.0.0",
        "http://[::ffff:127.0.0.1]",
    ],
)
def test_a_literal_is_refused_elsewhere(problems: Callable[..., list[str]], url: str) -> None:
    text = f"base_url: {url}\ncredentials:\n  full: {{header: X-Key, value: {CANARY}}}\n"
    (found,) = problems(text, head="contract: kuroco\n")
    assert found.startswith("staging.yaml:4: ")
    assert "credentials.full.value holds a secret, which only a base URL on this machine allows" in found
    assert CANARY not in found


def test_an_unset_variable_is_named_with_its_line(problems: Callable[..., list[str]]) -> None:
    (found,) = problems("credentials:\n  full: {header: X-Key, env: MICROCMS_API_KEY}\n")
    assert found.startswith("staging.yaml:4: ")
    assert "the environment variable MICROCMS_API_KEY, which is not set; set it, or leave it out" in found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", "is empty"),
        (f"{CANARY}\n", "ends with a line end"),
        (f"'{CANARY}'", "in quotes"),
        (f"a\x7f{CANARY}", "control characters"),
        (f" {CANARY}", "spaces around"),
        (f"{CANARY}é", "only ASCII"),
        (f"{CANARY}\udc80", "not UTF-8"),
    ],
)
def test_a_value_that_cannot_be_sent_is_refused(problems: Callable[..., list[str]], value: str, expected: str) -> None:
    (found,) = problems("credentials:\n  full: {header: X-Key, env: KEY}\n", environ={"KEY": value})
    assert found.startswith("staging.yaml:4: ")
    assert expected in found
    assert CANARY not in found


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"a\nb\n", "control characters"),
        (b"\xff\n", "is not UTF-8"),
        (b"x" * 70_000, "names what holds more than 64 KiB"),
    ],
)
def test_a_secret_file_that_cannot_be_used_is_refused(
    problems: Callable[..., list[str]], tmp_path: Path, content: bytes, expected: str
) -> None:
    (tmp_path / "key").write_bytes(content)
    (found,) = problems("credentials:\n  full: {header: X-Key, file: key}\n")
    assert found.startswith("staging.yaml:4: ")
    assert expected in found


def test_a_secret_file_that_is_not_there_is_refused(problems: Callable[..., list[str]], tmp_path: Path) -> None:
    for name in ("none", ".", '"a\\0b"'):
        assert any(
            "cannot be read" in each or "control" in each or "is a folder" in each
            for each in problems(f"credentials:\n  full: {{header: X, file: {name}}}\n")
        )


@pytest.mark.parametrize(
    "written",
    [
        f"  full: {CANARY}",
        f"  full: [{CANARY}]",
        f"  full: {{header: X-Key, env: {CANARY}}}",
        f"  full: {{header: X-Key, env: {CANARY}_live_9}}",
        f"  full: {{header: X-Key, file: {CANARY}}}",
        f"  full: {{header: X-Key, value: {CANARY}}}",
        f"  full: {{header: X-Key, value: [{CANARY}]}}",
        f"  full: {{header: X-Key, valeu: {CANARY}}}",
        f"  full: {{header: X-Key, {CANARY}}}",
        f"  full: {{header: X-Key, {CANARY}: x}}",
        f"  full: {{header: 'X-Key: {CANARY}', env: SET}}",
        f"  full: {{header: X-Key, value: *{CANARY}}}",
        f"  full: {{header: X-Key, value: !{CANARY} x}}",
        f"  full: {{header: X-Key, value: %{CANARY}}}",
        f'  full: {{header: X-Key, value: "{CANARY}}}',
        f"  login: {{email: {CANARY}, password: {{value: {CANARY}}}}}",
        f"  {CANARY}",
    ],
)
def test_no_message_repeats_what_stands_in_credentials(problems: Callable[..., list[str]], written: str) -> None:
    found = "\n".join(problems(f"credentials:\n{written}\n", environ={"SET": "x"}))
    assert CANARY not in found


@pytest.mark.parametrize("key", ["credentials", "credential"])
def test_no_message_repeats_a_key_that_yaml_could_misread(problems: Callable[..., list[str]], key: str) -> None:
    found = "\n".join(problems(f"fixtures: {{a: 007}}\n{key}:\n  full: {{header: X-Key, value: 0123456789}}\n"))
    assert "staging.yaml:5: " in found
    assert "0123456789" not in found
    assert "'007'" in found


def test_nothing_that_is_shown_of_a_target_holds_a_secret(profile: Callable[..., Target], tmp_path: Path) -> None:
    (tmp_path / "pw").write_text(f"{CANARY}-file\n")
    text = f"""\
credentials:
  full: {{header: X-Key, value: {CANARY}-value}}
  login: {{email: {{env: EMAIL}}, password: {{file: pw}}}}
fixtures: {{fields: {{email: {{valid: {CANARY}-env}}}}}}
vantages: {{outside: {{proxy: "http://user:{CANARY}%2Fproxy@proxy.test:3128"}}}}
hooks: {{internal_error: {{headers: {{X-Fault: {CANARY}-hook}}}}}}
"""
    target = profile(text, head=LOCAL, environ={"EMAIL": f"{CANARY}-env"})
    assert {f"{CANARY}-{end}" for end in ("value", "env", "file")} | {f"{CANARY}/proxy"} == set(target.secrets.values())
    described = json.dumps(target.described, ensure_ascii=False)
    assert CANARY not in described
    assert "http://proxy.test:3128" in described
    assert "\u2039secret:EMAIL\u203a" in described
    shown = repr(target.credentials) + repr(target.vantages)
    assert CANARY not in shown
    assert f"user:{CANARY}" in str(target.vantages["outside"].proxy)


def test_described_is_json_and_says_what_was_asked_for(profile: Callable[..., Target]) -> None:
    target = profile("allow: [write]\npace: 10/10s\nfixtures: {n: 1}\n", allow=["delete"])
    described = json.loads(json.dumps(target.described, allow_nan=False))
    assert {"allow": ["delete", "write"], "pace": "10/10s", "timeout": "10s"}.items() <= described.items()
    assert "credentials" not in described


def test_a_mapping_in_memory_is_held_to_the_same_rules() -> None:
    good = {
        "contract": "kuroco",
        "base_url": "http://127.0.0.1:1",
        "allow": ("write",),
        "credentials": {"token": {"header": "X", "value": "abc"}},
    }
    assert target_from_mapping(good, where="embedded", environ={}).allow == frozenset({"write"})
    with pytest.raises(ConfigError, match="embedded: ") as caught:
        target_from_mapping({**good, "base_url": "https://example.test", "extra": 1}, where="embedded", environ={})
    assert len(caught.value.problems) == 2


def test_a_bare_url_takes_the_credentials_whose_variables_are_set() -> None:
    contract = read_contract(Path(__file__).parents[2] / "cases" / "kuroco")
    environ = {"KUROCO_TOKEN": "abc", "KUROCO_EMAIL": "a@example.test"}
    aimed = TargetSelection(None, "https://example.test/api/", "kuroco", ())
    target = resolve_target(contract, aimed, lambda _: {}, environ)
    assert list(target.credentials) == ["token"]
    assert (target.base_url, target.contract, target.allow) == ("https://example.test/api", "kuroco", frozenset())
    aimed = TargetSelection(None, f"https://u:{CANARY}@example.test", "kuroco", ())
    with pytest.raises(ConfigError, match="--target: base_url holds a user or a password") as caught:
        resolve_target(contract, aimed, lambda _: {}, {})
    assert CANARY not in str(caught.value)


def test_a_command_has_a_minute_to_print_a_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def run(command: list[str], *, timeout: float, **_: object) -> None:
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(CommandFailedError, match="has not ended after 60 s"):
        run_command(["vault"], tmp_path)
