"""What stands between the suite and a target: headers, proxies, certificates, commands, patience, and files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.target.credentials import CommandFailedError, run_command
from conformance.target.loader import CertificateFiles, Target

Profile = Callable[..., Target]
Problems = Callable[..., list[str]]

PRINT = f'[{sys.executable}, "-c", "print(\'s3cret-of-a-command\')"]'


def test_headers_of_every_request_may_be_secrets(profile: Profile) -> None:
    target = profile("headers:\n  X-Gateway: {env: GATEWAY}\n  X-Team: qa\n", environ={"GATEWAY": "s3cret-token"})
    assert target.headers == (("X-Gateway", "s3cret-token"), ("X-Team", "qa"))
    assert target.secrets == {"GATEWAY": "s3cret-token"}
    assert target.described["headers"] == ["X-Gateway", "X-Team"]
    assert "s3cret-token" not in repr(target)


def test_the_proxy_of_a_run_hides_its_password(profile: Profile) -> None:
    target = profile("proxy: http://user:hunter22@proxy.test:3128\n")
    assert target.proxy == "http://user:hunter22@proxy.test:3128"
    assert target.secrets == {"proxy": "hunter22"}
    assert target.described["proxy"] == "http://proxy.test:3128"
    assert "hunter22" not in repr(target)


def test_an_internationalised_proxy_has_the_form_that_goes_out(
    profile: Profile, problems: Callable[..., list[str]]
) -> None:
    target = profile('proxy: "http://日本.example:1"\nvantages: {outside: {proxy: "http://u:pw@日本.example:2"}}\n')
    assert target.proxy == "http://xn--wgv71a.example:1"
    assert target.vantages["outside"].proxy == "http://u:pw@xn--wgv71a.example:2"
    assert target.described["vantages"] == {"outside": {"proxy": "http://xn--wgv71a.example:2"}}
    (problem,) = problems('vantages: {outside: {proxy: "http://a..日本:2"}}\n')
    assert "vantages.outside.proxy names a host that is no internationalised name" in problem


def test_a_client_certificate_may_have_a_passphrase(profile: Profile, tmp_path: Path) -> None:
    for name in ("a.pem", "b.pem", "a.p12"):
        (tmp_path / name).write_text("x")
    environ = {"CERT_PASSPHRASE": "correct horse"}
    pair = profile("client_cert: {cert: a.pem, key: b.pem, passphrase: {env: CERT_PASSPHRASE}}\n", environ=environ)
    assert pair.client_cert == CertificateFiles(tmp_path / "a.pem", tmp_path / "b.pem", None, "correct horse")
    assert pair.secrets == {"CERT_PASSPHRASE": "correct horse"}
    both = profile("client_cert: {pkcs12: a.p12, passphrase: {env: CERT_PASSPHRASE}}\n", environ=environ)
    assert both.client_cert == CertificateFiles(pkcs12=tmp_path / "a.p12", passphrase="correct horse")
    assert "correct horse" not in repr(both)


def test_times_have_defaults_and_units(profile: Profile) -> None:
    usual = profile("")
    assert (usual.patience, usual.settle, usual.wait_for, usual.request_ids) == ((60.0, 300.0), 0.0, 0.0, False)
    text = "patience: {per_wait: 5s, in_all: 1m}\nsettle: 2s\nwait_for: 60s\nrequest_ids: true\n"
    target = profile(text)
    assert (target.patience, target.settle, target.wait_for, target.request_ids) == ((5.0, 60.0), 2.0, 60.0, True)


def test_a_credential_may_have_an_allowance(profile: Profile) -> None:
    text = "credentials:\n  throttled: {header: X-Key, env: KEY, allowance: 3/60s}\n  full: {header: X-Key, env: KEY}\n"
    target = profile(text, environ={"KEY": "abcdefgh"})
    assert target.credentials["throttled"].allowance == (3, 60.0)
    assert target.credentials["full"].allowance is None


def test_a_credential_may_come_from_a_command_without_a_shell(profile: Profile, tmp_path: Path) -> None:
    target = profile(f"credentials:\n  full: {{header: X-Key, command: {PRINT}}}\n")
    credential = target.credentials["full"]
    assert credential.values[""].value == "s3cret-of-a-command"
    assert target.secrets == {"full": "s3cret-of-a-command"}
    assert credential.command is not None
    assert credential.command.arguments[0] == sys.executable
    assert credential.command.folder == tmp_path


def test_what_a_command_prints_is_renewed_with_its_scheme(profile: Profile, tmp_path: Path) -> None:
    (tmp_path / "n").write_text("")
    code = "import pathlib; p = pathlib.Path('n'); p.write_text(p.read_text() + 'I'); print('t0ken-' + p.read_text())"
    command = [sys.executable, "-c", code]
    target = profile(f"credentials: {{full: {{header: Authorization, scheme: Bearer, command: {command!r}}}}}\n")
    credential = target.credentials["full"]
    assert credential.values[""].value == "Bearer t0ken-I"
    assert target.secrets == {"full": "t0ken-I"}
    assert credential.command is not None
    assert credential.command.value() == "Bearer t0ken-II"


def test_a_header_may_hold_a_pair_of_user_and_password(profile: Profile) -> None:
    text = "credentials:\n  full: {header: Authorization, basic: {user: qa, password: {env: PASSWORD}}}\n"
    target = profile(text, environ={"PASSWORD": "hunter22"})
    assert target.credentials["full"].values[""].value == "Basic cWE6aHVudGVyMjI="
    assert target.secrets == {"PASSWORD": "hunter22", "full": "Basic cWE6aHVudGVyMjI="}


def test_a_scheme_stands_before_the_secret(profile: Profile) -> None:
    target = profile("credentials: {full: {header: Authorization, scheme: Bearer, env: T}}\n", environ={"T": "s3cret"})
    assert target.credentials["full"].values[""].value == "Bearer s3cret"
    assert target.secrets == {"T": "s3cret"}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import sys; print('hunter22'); sys.exit(3)", "the command exits with 3"),
        ("print('x' * 70000)", "the command prints more than 64 KiB"),
        ("import sys; sys.stdout.buffer.write(b'\\xff')", "the command prints what is not UTF-8"),
    ],
)
def test_a_command_that_fails_is_a_problem_that_quotes_nothing(tmp_path: Path, code: str, expected: str) -> None:
    with pytest.raises(CommandFailedError) as caught:
        run_command([sys.executable, "-c", code], tmp_path)
    assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("headers: {Content-Length: '0'}", "headers.Content-Length is set by the suite alone"),
        (
            "headers: {'a b': x}",
            "headers.a b is not the name of a header, which has no space and no colon; the value",
        ),
        ("headers: {X-A: {env: NOT_SET}}", "headers.X-A.env names the environment variable NOT_SET, which is not set"),
        ("headers: {X-A: {value: s3cret}}", "holds a secret, which only a base URL on this machine allows"),
        (
            "credentials: {full: {header: Host, env: A}}",
            "credentials.full.header is set by the suite alone; leave it out",
        ),
        ("hooks: {a: {headers: {transfer-encoding: chunked}}}", "transfer-encoding is set by the suite alone"),
        ("proxy: ftp://proxy", "proxy does not begin with http:// or https://"),
        ("client_cert: {key: a.pem}", "client_cert needs exactly one of cert and pkcs12; keep one of them"),
        ("client_cert: {pkcs12: a, key: b}", "client_cert has `key` beside `pkcs12`, which holds the key"),
        ("client_cert: {cert: a, passphrase: word}", "client_cert.passphrase must be a mapping (key: value)"),
        ("timeout: 10", "timeout has no unit; write it as 10s, 500ms or 1m; a pace as 10/10s"),
        ("settle: soon", "settle is not a time; write it as 10s, 500ms or 1m"),
        ("patience: {per_wait: 2h}", "patience.per_wait is out of range (above 0, at most 1h)"),
        ("patience: 60s", "patience must be a mapping (key: value)"),
        (
            "credentials: {full: {header: A, command: [/does/not/exist]}}",
            "credentials.full.command gives no secret: the command cannot be run: No such file or directory; run it",
        ),
        ("credentials: {full: {header: A, command: []}}", "credentials.full.command is empty"),
        ("credentials: {full: {header: A, scheme: 'B a', env: A}}", "credentials.full.scheme is no scheme"),
        ("credentials: {full: {header: A, basic: {user: a}}}", "credentials.full.basic.password is missing"),
        (
            "credentials: {full: {header: A, env: B, basic: {user: a, password: {env: B}}}}",
            "credentials.full needs exactly one of env, file, command, value and basic; keep one of them",
        ),
        (
            "credentials: {full: {header: A, env: B, command: [a]}}",
            "needs exactly one of env, file, command, value and basic",
        ),
        ("base_url: http://a..日本", "names a host that is no internationalised name"),
    ],
)
def test_a_refusal_names_the_key_and_what_to_write(problems: Problems, text: str, expected: str) -> None:
    head = "contract: kuroco\n" if text.startswith("base_url") else "contract: kuroco\nbase_url: https://a.test\n"
    found = problems(f"{text}\n", head=head)
    assert any(expected in line for line in found), found


@pytest.mark.parametrize(
    "text",
    [
        "ca_bundle: {}",
        "client_cert: {}",
        "client_cert: {{cert: {}}}",
        "client_cert: {{pkcs12: {}}}",
        "expectations: {}",
        "credentials: {{full: {{header: A, file: {}}}}}",
    ],
)
def test_a_device_a_pipe_and_a_folder_are_refused_at_once(problems: Problems, tmp_path: Path, text: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, what in (("/dev/zero", "no plain file"), ("pipe", "no plain file"), (".", "is a folder")):
        assert any(what in line for line in problems(f"{text.format(path)}\n")), path


def test_a_file_is_read_up_to_a_bound(problems: Problems, tmp_path: Path) -> None:
    with (tmp_path / "large.yaml").open("wb") as stream:
        stream.truncate(17 << 20)
    assert any("holds more than 16 MiB" in line for line in problems("expectations: large.yaml\n"))
