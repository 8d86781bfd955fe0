"""What an exception says about why there was no answer, in a line that names no URL and no header."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator

from urllib3.exceptions import LocationValueError

from conformance.client.http1 import NotHttpError
from conformance.http import FailureKind, NoResponse, Response
from conformance.messages import Message, error_message

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
                return NoResponse(found[0], _one_line(found[1]), response)
    detail = Message("this request cannot be sent: {error}", error=type(error).__name__)
    return NoResponse(FailureKind.NOT_SENT, detail, response)


Found = tuple[FailureKind, str] | None


def _by_name(cause: BaseException) -> Found:
    if isinstance(cause, NotHttpError):
        return FailureKind.NOT_HTTP, error_message(cause)
    if isinstance(cause, socket.gaierror):
        return FailureKind.UNRESOLVED, Message("the host name cannot be resolved: {error}", error=cause.strerror)
    return None


def _by_tls(cause: BaseException) -> Found:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return FailureKind.TLS, Message("the certificate is not accepted: {error}", error=cause.verify_message)
    if isinstance(cause, ssl.SSLError):
        reason = cause.reason or cause.strerror or Message("the connection was closed")
        return FailureKind.TLS, Message("TLS failed: {reason}", reason=reason)
    return None


def _by_time(cause: BaseException) -> Found:
    if isinstance(cause, TimeoutError):
        text = error_message(cause)
        return FailureKind.TIMEOUT, text if text and "timed out" not in text else Message("no connection in time")
    return None


def _by_connection(cause: BaseException) -> Found:
    if not isinstance(cause, OSError):
        return None
    text = cause.strerror or error_message(cause)
    found: Found = None
    if isinstance(cause, BrokenPipeError):
        found = FailureKind.RESET, Message("the connection was closed while the request was being sent")
    elif cause.errno in REFUSED:
        found = FailureKind.REFUSED, text
    elif cause.errno in NOT_OURS:
        found = FailureKind.NOT_SENT, Message("this machine cannot send it: {error}", error=text)
    elif isinstance(cause, ConnectionError) or cause.errno is not None:
        found = FailureKind.RESET, text or Message("the connection was reset")
    elif text.startswith(TUNNEL):
        found = FailureKind.REFUSED, Message("the proxy refused: {error}", error=text[len(TUNNEL) :])
    return found


def _one_line(text: str) -> str:
    return text.map_texts(_one_line) if isinstance(text, Message) else " ".join(text.split())[:300]


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
