from __future__ import annotations

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.client.policy import Limits
from conformance.client.session import Session
from conformance.errors import ConfigError
from conformance.http import FailureKind, Request
from conformance.target.loader import CertificateFiles
from tests.client.conftest import make_target

Start = Callable[..., Any]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
BAD = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
LIMITS = Limits(timeout=60.0, tries=2)

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="certificates are made with openssl")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 that nobody else has signed, with its key, in one file."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    both = folder / "both.pem"
    both.write_text((folder / "cert.pem").read_text() + (folder / "key.pem").read_text())
    return both


@pytest.fixture
def secure(serve: Start, certificate: Path) -> Start:
    def start(handler: Callable[..., None], *, client: bool = False) -> Any:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        if client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(certificate)

        def handle(connection: socket.socket, number: int) -> None:
            with contextlib.suppress(ssl.SSLError), context.wrap_socket(connection, server_side=True) as inner:
                handler(server, inner)

        server = serve(handle)
        server.url = server.url.replace("http:", "https:")
        return server

    return start


def response(server: Any, connection: socket.socket) -> None:
    while server.head(connection):
        connection.sendall(OK)


def test_a_private_certificate_is_refused_unless_its_ca_is_named(secure: Start, certificate: Path) -> None:
    server = secure(response)
    outcome = Session(make_target(server.url), LIMITS, sleep=lambda _: None).send(Request("GET", server.url)).outcome
    assert outcome.kind == FailureKind.TLS
    assert "certificate" in outcome.detail
    session = Session(make_target(server.url, ca_bundle=certificate), LIMITS)
    for _ in range(3):
        assert session.send(Request("GET", server.url + "/a/../%7e")).response
    assert b"GET /a/../%7e HTTP/1.1\r\n" in server.requests[-1]
    session.close()


def test_a_client_certificate_is_shown(secure: Start, certificate: Path) -> None:
    server = secure(response, client=True)
    bare = Session(make_target(server.url, ca_bundle=certificate), LIMITS, sleep=lambda _: None)
    assert bare.send(Request("GET", server.url)).response is None
    session = Session(make_target(server.url, ca_bundle=certificate, client_cert=CertificateFiles(certificate)), LIMITS)
    assert session.send(Request("GET", server.url)).response
    session.close()


def test_a_first_reset_within_tls_is_no_idle_connection(secure: Start, certificate: Path) -> None:
    server = secure(lambda server, connection: server.head(connection))
    session = Session(make_target(server.url, {"write"}, ca_bundle=certificate), LIMITS, sleep=lambda _: None)
    exchange = session.send(Request("POST", server.url, (), b"{}", "write"), repeatable=False)
    assert exchange.outcome.kind == FailureKind.RESET
    assert (len(server.requests), session.sent) == (1, 1)
    session.close()


@pytest.mark.parametrize("pause", [0.0, 0.1])
def test_an_answer_before_the_body_was_read_is_an_answer(secure: Start, certificate: Path, pause: float) -> None:
    def reject(server: Any, connection: socket.socket) -> None:
        server.head(connection)
        connection.sendall(BAD)
        time.sleep(pause)

    server = secure(reject)
    session = Session(make_target(server.url, {"write"}, ca_bundle=certificate), LIMITS)
    for _ in range(5):
        exchange = session.send(Request("POST", server.url, (), bytes(6_000_000), "write"), repeatable=False)
        assert exchange.response is not None, exchange.outcome
        assert exchange.response.status == 400
    session.close()


def test_a_large_upload_arrives_whole(secure: Start, certificate: Path) -> None:
    def take(server: Any, connection: socket.socket) -> None:
        server.head(connection)
        taken = 0
        while taken < 6_000_000 and (piece := connection.recv(65536)):
            taken += len(piece)
        connection.sendall(OK)

    server = secure(take)
    session = Session(make_target(server.url, {"write"}, ca_bundle=certificate), LIMITS)
    assert session.send(Request("POST", server.url, (), bytes(6_000_000), "write")).response
    session.close()


def encrypt_key(folder: Path, certificate: Path) -> tuple[Path, Path]:
    """The certificate alone, and its key encrypted with the passphrase `word`."""
    lines = certificate.read_text()
    at = lines.index("-----BEGIN PRIVATE KEY")
    (folder / "cert.pem").write_text(lines[:at])
    (folder / "plain.pem").write_text(lines[at:])
    command = ["openssl", "pkcs8", "-topk8", "-in", "plain.pem", "-out", "key.pem", "-passout", "pass:word"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "cert.pem", folder / "key.pem"


def test_a_key_of_its_own_with_a_passphrase_is_used(secure: Start, certificate: Path, tmp_path: Path) -> None:
    server = secure(response, client=True)
    cert, key = encrypt_key(tmp_path, certificate)
    shown = CertificateFiles(cert, key, passphrase="word")
    session = Session(make_target(server.url, ca_bundle=certificate, client_cert=shown), LIMITS)
    assert session.send(Request("GET", server.url)).response
    session.close()


@pytest.mark.parametrize(
    ("passphrase", "message"), [(None, "the key is encrypted"), ("other", "the key cannot be decrypted with it")]
)
def test_a_key_that_cannot_be_read_is_named(
    certificate: Path, tmp_path: Path, passphrase: str | None, message: str
) -> None:
    cert, key = encrypt_key(tmp_path, certificate)
    with pytest.raises(ConfigError, match=message):
        Session(make_target("https://host", client_cert=CertificateFiles(cert, key, passphrase=passphrase)))


def test_a_key_of_another_certificate_is_named(certificate: Path, tmp_path: Path) -> None:
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", "other.pem"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    shown = CertificateFiles(certificate, tmp_path / "other.pem")
    with pytest.raises(ConfigError, match="it is not the key of the certificate"):
        Session(make_target("https://host", client_cert=shown))


def pack_pkcs12(folder: Path, certificate: Path, *more: str) -> Path:
    """Certificate and key in one file, encrypted with the passphrase `word`."""
    command = ["openssl", "pkcs12", "-export", "-in", str(certificate), "-out", "a.p12", "-passout", "pass:word", *more]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "a.p12"


def without_cryptography(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("cryptography")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cryptography", None)


def test_pkcs12_is_shown_to_the_target_and_lies_nowhere(
    secure: Start, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("cryptography", reason="PKCS#12 needs the extra pkcs12")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    server = secure(response, client=True)
    shown = CertificateFiles(pkcs12=pack_pkcs12(tmp_path, certificate), passphrase="word")
    session = Session(make_target(server.url, ca_bundle=certificate, client_cert=shown), LIMITS)
    assert session.send(Request("GET", server.url)).response
    assert list((tmp_path / "temporary").iterdir()) == []
    session.close()


@pytest.mark.parametrize(
    ("passphrase", "more"), [(None, ()), ("other", ()), ("word", ("-nokeys",))], ids=["none", "wrong", "no key"]
)
def test_pkcs12_that_cannot_be_used_is_named(
    certificate: Path, tmp_path: Path, passphrase: str | None, more: tuple[str, ...]
) -> None:
    pytest.importorskip("cryptography", reason="PKCS#12 needs the extra pkcs12")
    shown = CertificateFiles(pkcs12=pack_pkcs12(tmp_path, certificate, *more), passphrase=passphrase)
    with pytest.raises(ConfigError, match=r"client_cert\.pkcs12"):
        Session(make_target("https://host", client_cert=shown))


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x30\x82\xff\xff" + bytes(100)])
def test_what_is_no_pkcs12_is_named(tmp_path: Path, content: bytes) -> None:
    pytest.importorskip("cryptography", reason="PKCS#12 needs the extra pkcs12")
    (tmp_path / "a.p12").write_bytes(content)
    with pytest.raises(ConfigError, match=r"client_cert\.pkcs12: it cannot be used"):
        Session(make_target("https://host", client_cert=CertificateFiles(pkcs12=tmp_path / "a.p12")))


def test_without_the_extra_pkcs12_is_refused_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_cryptography(monkeypatch)
    (tmp_path / "a.p12").write_bytes(b"whatever")
    with pytest.raises(ConfigError, match=r"conformance\[pkcs12\]"):
        Session(make_target("https://host", client_cert=CertificateFiles(pkcs12=tmp_path / "a.p12")))


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_certificates_of_the_environment_are_trusted(
    secure: Start, certificate: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    server = secure(response)
    for other in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, str(certificate))
    session = Session(make_target(server.url), LIMITS)
    assert session.send(Request("GET", server.url)).response
    session.close()


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_certificates_of_the_environment_that_never_end_are_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "large").open("wb") as file:
        file.truncate((16 << 20) + 1)
    for path, why in (("pipe", "is no plain file"), ("/dev/zero", "is no plain file"), ("large", "more than 16 MiB")):
        monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
        monkeypatch.setenv(name, str(tmp_path / path))
        with pytest.raises(ConfigError, match=f"{name}: it .*{why}"):
            Session(make_target("https://host"), LIMITS)
