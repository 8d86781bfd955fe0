"""What an exception says about why there was no answer, in a line that names no URL and no header."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator

from urllib3.exceptions import LocationValueError

from conformance.client.http1 import NotHttpError
from conformance.http import FailureKind, NoResponse, Response

__all__ = ["classify_failure"]

NOT_OURS = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EACCES, errno.EPERM, errno.EMFILE})
TUNNEL = "Tunnel connection failed:"
REFUSED = frozenset({errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN})


def classify_failure(error: BaseException, response: Response | None = None) -> NoResponse:
    """Why there was no response, from an exception of a socket or library; `response` is what had been read before."""
    causes = list(_causes(error))
    for judge in (_by_name, _by_tls, _by_time, _by_connection):
        for cause in causes:
            found = judge(cause)
            if found is not None:
                return NoResponse(found[0], " ".join(found[1].split())[:300], response)
    return NoResponse(FailureKind.NOT_SENT, f"this request cannot be sent: {type(error).__name__}", response)


Found = tuple[FailureKind, str] | None


def _by_name(cause: BaseException) -> Found:
    if isinstance(cause, NotHttpError):
        return FailureKind.NOT_HTTP, str(cause)
    if isinstance(cause, socket.gaierror):
        return FailureKind.UNRESOLVED, f"the host name cannot be resolved: {cause.strerror}"
    return None


def _by_tls(cause: BaseException) -> Found:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return FailureKind.TLS, f"the certificate is not accepted: {cause.verify_message}"
    if isinstance(cause, ssl.SSLError):
        return FailureKind.TLS, f"TLS failed: {cause.reason or cause.strerror or 'the connection was closed'}"
    return None


def _by_time(cause: BaseException) -> Found:
    if isinstance(cause, TimeoutError):
        text = str(cause)
        return FailureKind.TIMEOUT, text if text and "timed out" not in text else "no connection in time"
    return None


def _by_connection(cause: BaseException) -> Found:
    if not isinstance(cause, OSError):
        return None
    text = cause.strerror or str(cause)
    found: Found = None
    if isinstance(cause, BrokenPipeError):
        found = FailureKind.RESET, "the connection was closed while the request was being sent"
    elif cause.errno in REFUSED:
        found = FailureKind.REFUSED, text
    elif cause.errno in NOT_OURS:
        found = FailureKind.NOT_SENT, f"this machine cannot send it: {text}"
    elif isinstance(cause, ConnectionError) or cause.errno is not None:
        found = FailureKind.RESET, text or "the connection was reset"
    elif text.startswith(TUNNEL):
        found = FailureKind.REFUSED, f"the proxy refused: {text[len(TUNNEL) :]}"
    return found


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exceptions that one was made of, the innermost last; a library hides them in four places."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        parts = (cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args)
        waiting += [part for part in parts if isinstance(part, BaseException)]
        if isinstance(cause, LocationValueError):
            return
