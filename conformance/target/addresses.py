"""Validates the addresses in a profile (base URL, proxy, source address) and removes passwords from them.

Messages never quote an address, because its user part or query may contain a secret.
"""

import ipaddress
import re
import socket
from contextlib import closing
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

import idna

from conformance.http import split_url

_NAME = re.compile(r"[A-Za-z0-9_\-\u0080-\U0010ffff]{1,63}(\.[A-Za-z0-9_\-\u0080-\U0010ffff]{1,63})*\.?\Z")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\\u0080-\u00a0\u2028\u2029]")


def parse_base_url(text: str) -> str:
    """Return a base URL without trailing slashes; raise ValueError unless it is http(s)://host[:port][/path]."""
    text = to_ascii_host(text)
    parts = _split_http_url(text)
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds a user or a password; name them under `credentials`")
    if "?" in text or "#" in text:
        raise ValueError("holds a query or a fragment; end it with the path")
    return text.rstrip("/")


def parse_proxy(text: str) -> str:
    """Return the URL of a proxy; raise ValueError unless it is http(s)://[user[:password]@]host[:port]."""
    text = to_ascii_host(text)
    parts = _split_http_url(text)
    if parts.path not in {"", "/"} or "?" in text or "#" in text:
        raise ValueError("holds more than http://host:port")
    return text


def to_ascii_host(url: str) -> str:
    """Return a URL with its host name in ASCII (IDNA 2008, `xn--…`); raise ValueError for an invalid host name."""
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
    """Return the URL of a web page; raise ValueError unless it is http(s) with a host."""
    _split_http_url(text)
    return text


def parse_source_address(text: str) -> str:
    """Return a source address; raise ValueError unless it is an IPv4 or IPv6 address."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError("is not an IP address; write it as 192.0.2.1 or 2001:db8::1") from None


def is_loopback(url: str) -> bool:
    """Return whether the host of a URL is 127.0.0.0/8, ::1 or localhost; False for an invalid URL."""
    host = split_url(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def find_local_address(url: str) -> str | None:
    """Return the local address from which requests to a URL are sent, or None if unknown. Nothing is sent."""
    if is_loopback(url):
        return "::1" if "[" in url else "127.0.0.1"
    try:  # connecting a datagram socket binds it to an address without sending; no name is looked up
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
    except OSError:
        return None


def remove_userinfo(url: str) -> str:
    """Return the URL without user and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def read_password(url: str) -> str:
    """Return the decoded password of a URL, else its user (a token for some proxies), else an empty text."""
    parts = split_url(url)
    return unquote(parts.password or parts.username or "")


def _split_http_url(text: str) -> SplitResult:
    if _UNSAFE.search(text):
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
