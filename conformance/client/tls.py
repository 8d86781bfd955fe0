"""What TLS trusts, and the certificate that we show: read from files once, before anything is sent."""

import os
import ssl
import tempfile
from pathlib import Path

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from conformance.errors import ConfigError, Problem
from conformance.files import LARGEST_PEM, read_bytes, refuse_file
from conformance.target.loader import Target

FROM_ENVIRONMENT = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


def build_tls_context(target: Target) -> ssl.SSLContext:
    """The TLS settings of one target. Raises ConfigError, naming the profile key, for a file that cannot be used."""
    name, path = _trusted_file(target)
    in_folder = os.path.isdir(path)  # noqa: PTH112 - paths are texts here
    if not in_folder and (refused := refuse_file(Path(path), LARGEST_PEM)) is not None:
        raise ConfigError([Problem(name, f"it {refused}", "give the path of a PEM file of certificates")])
    try:
        context = ssl.create_default_context(cafile=None if in_folder else path, capath=path if in_folder else None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError([Problem(name, _reason(error), "give the path of a PEM file of certificates")]) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if (shown := target.client_cert) is None:
        return context
    if shown.pkcs12 is not None:
        _show_pkcs12(context, shown.pkcs12, shown.passphrase)
    else:
        _load(context, shown.cert or Path(), shown.key, shown.passphrase)
    return context


def _trusted_file(target: Target) -> tuple[str, str]:
    """What is trusted, and by which key or variable: the profile's file, the environment's, or the usual ones."""
    if target.ca_bundle:
        return "ca_bundle", str(target.ca_bundle)
    for name in FROM_ENVIRONMENT:
        if path := os.environ.get(name):
            return name, path
    return "ca_bundle", DEFAULT_CA_BUNDLE_PATH


def _load(context: ssl.SSLContext, cert: Path, key: Path | None, passphrase: str | None) -> None:
    asked: list[bool] = []

    def password() -> str:
        asked.append(True)
        return passphrase or ""

    try:
        context.load_cert_chain(cert, key, password)
    except (OSError, ssl.SSLError, ValueError) as error:
        if asked and passphrase is None:
            hint = "give passphrase: {env: …} or {file: …}"
            problem = Problem("client_cert.passphrase", "the key is encrypted", hint)
        elif asked:
            problem = Problem("client_cert.passphrase", "the key cannot be decrypted with it", "check the passphrase")
        elif getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
            problem = Problem(
                "client_cert.key", "it is not the key of the certificate", "give the two that belong together"
            )
        else:
            problem = Problem("client_cert", _reason(error), "give PEM files of a certificate and its key")
        raise ConfigError([problem]) from None


def _show_pkcs12(context: ssl.SSLContext, path: Path, passphrase: str | None) -> None:
    try:
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - only where it is installed
        from cryptography.hazmat.primitives.serialization import pkcs12  # noqa: PLC0415
    except ImportError:
        hint = "pip install 'conformance[pkcs12]', or convert the file: openssl pkcs12 -in FILE -out client.pem"
        raise ConfigError(
            [Problem("client_cert.pkcs12", "is read by `cryptography`, which is missing", hint)]
        ) from None
    try:
        secret = None if passphrase is None else passphrase.encode("utf-8")
        key, own, others = pkcs12.load_key_and_certificates(read_bytes(path, LARGEST_PEM), secret)
    except ValueError as error:
        raise ConfigError(
            [Problem("client_cert.pkcs12", _reason(error), "check the file and its passphrase")]
        ) from None
    if key is None or own is None:
        raise ConfigError([Problem("client_cert.pkcs12", "it lacks a certificate or its key", "give another file")])
    word = os.urandom(16).hex()
    lock = serialization.BestAvailableEncryption(word.encode("ascii"))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
    pem += b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (own, *others))
    # The module ssl reads keys from files only: it lies there encrypted, for this moment, for nobody but us.
    handle, name = tempfile.mkstemp(suffix=".pem")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
        _load(context, Path(name), None, word)
    finally:
        Path(name).unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or getattr(error, "reason", None) or str(error)
    return f"it cannot be used: {text}"
