"""A page that documents something, fetched as a browser would: it is no target, and learns nothing of who asks."""

import re
import threading
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

import requests

from conformance.errors import ConfigError, Problem

_NO_BYTE = 30.0
"""Seconds without a byte."""
_WHOLE = 120.0
"""Seconds until the page must be there, redirects included."""
_MOST_REDIRECTS = 10
_SECRET = re.compile(r"([?&][^=&#]*(?:key|token|secret|sig|pass|auth|credential)[^=&#]*=)[^&#]+", re.IGNORECASE)
"""A parameter of an address that may be a secret."""


class _Browser(requests.Session):
    """Follows redirects; unlike its base class it keeps no cookie and never looks into .netrc."""

    def __init__(self) -> None:
        super().__init__()
        self.auth = lambda request: request
        self.max_redirects = _MOST_REDIRECTS
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def rebuild_auth(
        self,
        prepared_request: requests.PreparedRequest,
        response: requests.Response,  # noqa: ARG002 - of the base class
    ) -> None:
        """No password of the place that a redirect leads to, which the base class would look for, and no cookie."""
        prepared_request.headers.pop("Cookie", None)


def mask_address(where: str) -> str:
    """An address as it is shown: without what may be a secret in it; a path as it is."""
    return _SECRET.sub(r"\1…", where) if "://" in where else where


def download(url: str, most: int) -> tuple[str, bytes]:
    """Content type and bytes of a page; raises ConfigError if it is missing, late or of more than `most` bytes."""
    if "@" in urlsplit(url).netloc:
        raise ConfigError([Problem("the address of the page", "holds a user", "save the page, and give the file")])
    done: list[tuple[str, bytes] | Problem] = []
    # Each wait for a byte has an end of its own, but there may be as many as a server likes.
    thread = threading.Thread(target=lambda: done.append(_fetch(url, most)), daemon=True)
    thread.start()
    thread.join(_WHOLE)
    late = f"is not there after {_WHOLE:g} s"
    page = done[0] if done else Problem(mask_address(url), late, "save the page, and give the file")
    if isinstance(page, Problem):
        raise ConfigError([page])
    return page


def _fetch(url: str, most: int) -> tuple[str, bytes] | Problem:
    shown = mask_address(url)
    try:
        with (
            _Browser() as browser,
            browser.get(url, timeout=_NO_BYTE, stream=True, headers={"Accept": "text/html, */*"}) as response,
        ):
            if not 200 <= response.status_code < 300:
                return Problem(shown, f"was answered {response.status_code}", "check the address")
            data = bytearray()
            for piece in response.iter_content(1 << 16):
                data += piece
                if len(data) > most:
                    return Problem(shown, f"is larger than {most >> 20} MiB", "save the page, and give the file")
            return response.headers.get("Content-Type", ""), bytes(data)
    except Exception as error:  # noqa: BLE001 - a redirect may lead to what is no address at all
        hint = "check the address, or save the page and give the file"
        return Problem(shown, f"cannot be fetched ({type(error).__name__})", hint)
