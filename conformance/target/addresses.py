"""Addresses in a profile: what a base URL, a proxy and a source address may be, and what may be shown of them.

The messages never repeat the address: a key in its user part or query would go with it.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from contextlib import closing
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

import idna

from conformance.http import split_url

_NAME = re.compile(r"[A-Za-z0-9_\-\u0080-\U0010ffff]{1,63}(\.[A-Za-z0-9_\-\u0080-\U0010ffff]{1,63})*\.?\Z")
_ODD = re.compile(r"[\x00-\x20\x7f\\\u0080-\u00a0\u2028\u2029]")


def parse_base_url(text: str) -> str:
    """The base URL without slashes at its end; `ValueError` unless it is http(s)://host[:port][/path] and no more."""
    text = to_ascii_host(text)
    parts = _http(text)
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds a user or a password; name them under `credentials`")
    if "?" in text or "#" in text:
        raise ValueError("holds a query or a fragment; end it with the path")
    return text.rstrip("/")


def parse_proxy(text: str) -> str:
    """A proxy's URL, which may hold a user and a password; `ValueError` unless it is http(s)://host[:port]."""
    text = to_ascii_host(text)
    parts = _http(text)
    if parts.path not in {"", "/"} or "?" in text or "#" in text:
        raise ValueError("holds more than http://host:port")
    return text


def to_ascii_host(url: str) -> str:
    """A URL with the name of its host as it goes out (IDNA 2008, `xn--…`); unchanged where it is ASCII already.

    Raises ValueError for a name that cannot be one.
    """
    parts = split_url(url)
    host = parts.hostname or ""
    if host.isascii():
        return url
    try:
        name = idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise ValueError("names a host that is no internationalised name (check its spelling)") from None
    user, at, address = parts.netloc.rpartition("@")
    _, colon, port = address.partition(":")
    return urlunsplit(parts._replace(netloc=f"{user}{at}{name}{colon}{port}"))


def parse_link(text: str) -> str:
    """A URL to read more at; `ValueError` unless it is http(s) with a host."""
    _http(text)
    return text


def parse_source_address(text: str) -> str:
    """An address of this machine to send from; `ValueError` unless it is an IPv4 or IPv6 address."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError("is not an IP address; write it as 192.0.2.1 or 2001:db8::1") from None


def is_loopback(url: str) -> bool:
    """Whether a URL names this very machine: 127.0.0.0/8, ::1 or localhost. A URL that cannot be read does not."""
    host = split_url(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def find_local_address(url: str) -> str | None:
    """The address of this machine that requests to a URL leave from; None where that is not known. Sends nothing."""
    if is_loopback(url):
        return "::1" if "[" in url else "127.0.0.1"
    try:  # a datagram socket that is connected has its address, and has sent nothing; no name is looked up
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
    except OSError:
        return None


def remove_userinfo(url: str) -> str:
    """The URL without user and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def read_password(url: str) -> str:
    """The password in a URL, decoded; the user where there is no password (some proxies take a token there); or ""."""
    parts = split_url(url)
    return unquote(parts.password or parts.username or "")


def _http(text: str) -> SplitResult:
    if _ODD.search(text):
        raise ValueError("holds a space, a backslash or a control character")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("is not a URL (check host and port)") from None
    if parts.scheme not in {"http", "https"}:
        raise ValueError("does not begin with http:// or https://")
    if not parts.hostname:
        raise ValueError("names no host")
    if port == 0 or not _is_host(parts.hostname):
        raise ValueError("names no host and port that can be reached (check their spelling)")
    return parts


def _is_host(host: str) -> bool:
    if ":" not in host:
        return _NAME.match(host) is not None
    try:
        return ipaddress.ip_address(host.partition("%")[0]).version == 6
    except ValueError:
        return False
