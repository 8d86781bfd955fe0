"""A page that documents something, fetched as a browser would: it is no target, and gets no credential."""

from __future__ import annotations

import requests

from conformance.errors import ConfigError, Problem

__all__ = ["download"]

_TIMEOUT = 30.0
"""Seconds without a byte."""


def download(url: str, most: int) -> tuple[str, bytes]:
    """The content type and the bytes of a page; raises ConfigError where there is none, or more than `most` bytes."""
    try:
        with requests.get(url, timeout=_TIMEOUT, stream=True, headers={"Accept": "text/html, */*"}) as response:
            if response.status_code >= 400:
                raise ConfigError([Problem(url, f"was answered {response.status_code}", "check the address")])
            data = bytearray()
            for piece in response.iter_content(1 << 16):
                data += piece
                if len(data) > most:
                    raise ConfigError(
                        [Problem(url, f"is larger than {most >> 20} MiB", "save the page, and give the file")]
                    )
            return response.headers.get("Content-Type", ""), bytes(data)
    except requests.RequestException as error:
        what = f"cannot be fetched ({type(error).__name__})"
        raise ConfigError([Problem(url, what, "check the address, or save the page and give the file")]) from None
