"""Connections to a target: opened from a source address, through a proxy, with TLS; kept and used again."""

import errno
import os
import socket
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import cast
from urllib.parse import urlsplit

from urllib3.util.ssltransport import SSLTransport
from urllib3.util.wait import wait_for_read

from conformance.client.http1 import NotHttpError, ResponseReader, SocketStream
from conformance.client.policy import Limits, Route, basic_authorization
from conformance.client.tls import FROM_ENVIRONMENT, build_tls_context
from conformance.http import FailureKind
from conformance.messages import Message, clip_text, error_message, join_messages
from conformance.target.loader import Target

NOT_OURS = frozenset(
    {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE, errno.EINVAL}
)
"""Errors of this machine and not of the target: an address that it does not have, a limit of its own."""
PROXY_PORTS = {"http": 3128, "https": 443}
MOST_CARRIED = 3
"""Requests on one connection.

New connections show what only one of several servers behind a balancer does wrong, kept ones what a server does wrong
after the first request. A full connection carries one request more if the last one was served and the next one has
other credentials: a server must identify each request, not the connection.
"""


_BETWEEN_TRIES = 0.5
"""Seconds between two tries to reach a target that is still starting."""

TlsContext = Callable[[], ssl.SSLContext]


class ConnectionFailed(Exception):
    """There is no connection: of which kind, and one line of detail. Nothing has been sent."""

    def __init__(self, kind: FailureKind, detail: str) -> None:
        super().__init__(detail)
        self.kind, self.detail = kind, detail


@dataclass(slots=True)
class Connection:
    """An open connection; `carried` counts the requests that it has taken."""

    route: Route
    sock: socket.socket
    carried: int = 0
    asker: frozenset[tuple[str, str]] = field(default=frozenset(), repr=False)
    """The headers of the last request that was served on it: where they hold a credential, who asked."""

    def is_idle(self) -> bool:
        """Whether it can take a request: nothing waits to be read on it, and it has not been closed."""
        with suppress(OSError, ValueError):
            return not wait_for_read(self.sock, timeout=0)
        return False

    def close(self) -> None:
        with suppress(OSError):
            self.sock.close()


class ConnectionPool:
    """Opens connections and keeps those that can be used again, safe for threads. Raises ConfigError for a bad file."""

    def __init__(self, target: Target, limits: Limits) -> None:
        self._limits = limits
        self._tls: TlsContext = cache(lambda: build_tls_context(target))  # to read all trusted certificates takes time
        named = target.base_url.startswith("https:") and any(map(os.environ.get, FROM_ENVIRONMENT))
        if target.ca_bundle or target.client_cert or named:
            self._tls()
        self._idle: defaultdict[Route, list[Connection]] = defaultdict(list)
        self._full: dict[Route, Connection] = {}
        self._lock = threading.Lock()

    def take(self, route: Route, *, fresh: bool = False, asker: frozenset[tuple[str, str]] = frozenset()) -> Connection:
        """An idle connection, or a new one; raises ConnectionFailed."""
        while not fresh:
            with self._lock:
                full = self._full.get(route)
                if full is not None and full.asker - asker:
                    connection: Connection | None = self._full.pop(route)
                else:
                    connection = self._idle[route].pop() if self._idle[route] else None
            if connection is None:
                break
            if connection.is_idle():
                return connection
            connection.close()
        return Connection(route, _connect(route, self._tls, self._limits))

    def give_back(self, connection: Connection) -> None:
        """Keeps a connection for the next request, until it has carried as many as it may."""
        closed: Connection | None = connection
        with self._lock:
            if connection.carried < MOST_CARRIED:
                self._idle[connection.route].append(connection)
                closed = None
            elif connection.carried == MOST_CARRIED and connection.asker:
                closed = self._full.pop(connection.route, None)
                self._full[connection.route] = connection
        if closed is not None:
            closed.close()

    def close(self) -> None:
        with self._lock:
            connections = [*self._full.values(), *(one for idle in self._idle.values() for one in idle)]
            self._idle.clear()
            self._full.clear()
        for connection in connections:
            connection.close()


def _connect(route: Route, tls: TlsContext, limits: Limits) -> socket.socket:
    """A socket to the target, by way of the proxy and in the TLS that the route names; raises ConnectionFailed."""
    deadline = time.monotonic() + limits.timeout
    proxy = urlsplit(route.proxy or "")
    host, port = proxy.hostname or "", proxy.port or PROXY_PORTS.get(proxy.scheme, 3128)
    with ExitStack() as on_failure:
        if route.proxy is None:
            sock = _open(route.host, route.port, route.source_address, limits.timeout)
        else:
            sock = _open_proxy(host, port, route.source_address, limits.timeout)
        on_failure.enter_context(closing(sock))
        sock.settimeout(max(0.001, deadline - time.monotonic()))
        if proxy.scheme == "https":
            sock = on_failure.enter_context(closing(_secure(sock, tls, host)))
        if route.scheme == "https":
            if route.proxy is not None:
                _open_tunnel(sock, route, limits, f"{host}:{port}")
            sock.settimeout(max(0.001, deadline - time.monotonic()))
            sock = _secure(sock, tls, route.host)
        on_failure.pop_all()
    return sock


def _open_proxy(host: str, port: int, source_address: str | None, seconds: float) -> socket.socket:
    try:
        return _open(host, port, source_address, seconds)
    except ConnectionFailed as failed:
        if failed.kind is FailureKind.NOT_SENT:
            raise
        detail = Message("our proxy {place} is not reached: {reason}", place=f"{host}:{port}", reason=failed.detail)
        raise ConnectionFailed(FailureKind.PROXY, detail) from None


def _open(host: str, port: int, source_address: str | None, seconds: float) -> socket.socket:
    source = (source_address, 0) if source_address else None
    try:
        sock = socket.create_connection((host, port), timeout=seconds, source_address=source)
    except (socket.gaierror, UnicodeError) as error:
        text = getattr(error, "strerror", None) or type(error).__name__
        detail = Message("the host name cannot be resolved: {error}", error=text)
        raise ConnectionFailed(FailureKind.UNRESOLVED, detail) from None
    except TimeoutError:
        raise ConnectionFailed(FailureKind.TIMEOUT, Message("no connection in time")) from None
    except OSError as error:
        text = error.strerror or str(error)
        if error.errno in NOT_OURS:
            detail = Message("this machine cannot send it: {error}", error=text)
            raise ConnectionFailed(FailureKind.NOT_SENT, detail) from None
        raise ConnectionFailed(FailureKind.REFUSED, text) from None
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _secure(sock: socket.socket, tls: TlsContext, host: str) -> socket.socket:
    context = tls()
    try:
        if not isinstance(sock, ssl.SSLSocket):
            return context.wrap_socket(sock, server_hostname=host)
        # TLS within the TLS of a proxy; it has all that is used of a socket.
        return cast("socket.socket", SSLTransport(sock, context, server_hostname=host))
    except ssl.SSLCertVerificationError as error:
        detail = Message(
            "the certificate is not accepted: {error}", error=clip_text(" ".join(error.verify_message.split()), 200)
        )
    except ssl.SSLError as error:
        reason = error.reason or error.strerror or Message("the connection was closed")
        detail = Message("TLS failed: {reason}", reason=reason)
    except TimeoutError:
        raise ConnectionFailed(FailureKind.TIMEOUT, Message("no connection in time")) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or Message("the connection was closed")
        detail = Message("TLS failed: {reason}", reason=reason)
    raise ConnectionFailed(FailureKind.TLS, detail)


def _open_tunnel(sock: socket.socket, route: Route, limits: Limits, proxy_name: str) -> None:
    """Asks the proxy for a way to the target; raises ConnectionFailed where it does not give one."""
    place = f"[{route.host}]:{route.port}" if ":" in route.host else f"{route.host}:{route.port}"
    authorization = basic_authorization(route.proxy or "")
    who = [f"Proxy-Authorization: {authorization}"] if authorization else []
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}", *who, "", ""]
    reader = ResponseReader(SocketStream(sock, limits.timeout), limits, "CONNECT")
    try:
        sock.sendall("\r\n".join(lines).encode("utf-8"))
        reader.run()
    except (OSError, NotHttpError) as error:
        detail = Message("our proxy {place} gave no answer: {reason}", place=proxy_name, reason=error_message(error))
        raise ConnectionFailed(FailureKind.PROXY, detail) from None
    if reader.status != 200 or reader.faults:
        status = f"{reader.status} {clip_text(reader.reason, 100)}".strip()
        answer = join_messages("; ", [status, *reader.faults])
        raise ConnectionFailed(
            FailureKind.PROXY, Message("our proxy {place} answered {answer}", place=proxy_name, answer=answer)
        )


def wait_until_listening(url: str, seconds: float) -> bool:
    """Whether the host and port of a URL accept a connection within `seconds`; no byte is sent, and 0 tries nothing."""
    parts = urlsplit(url)
    address = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        try:
            socket.create_connection(address, min(left, 5.0)).close()
        except OSError:
            time.sleep(min(_BETWEEN_TRIES, max(end - time.monotonic(), 0.0)))
        else:
            return True
    return False
