"""Reads that may show what was before the last write: answered from a cache, or from a copy that lags behind."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from typing import Final

from conformance.contract.request_template import RequestTemplate
from conformance.http import Response, header

PAUSE: Final = 0.25
"""Seconds between two reads while a target may still be settling."""

_HIT = re.compile(r"\bhit\b", re.IGNORECASE)


def is_from_cache(response: Response | None) -> bool:
    """Whether a response says that it comes from a cache: `Age` above 0, `X-Cache: HIT`, `Cache-Status: …; hit`, …."""
    if response is None:
        return False
    age = (header(response.headers, "age") or "").strip()
    if age.isdigit() and age.strip("0"):
        return True
    return any(
        "cache" in name.lower() and name.lower() != "cache-control" and _HIT.search(value)
        for name, value in response.headers
    )


def bypass_cache(template: RequestTemplate) -> RequestTemplate:
    """The same read with a parameter that no cache has seen: of another value each time, whatever the seed."""
    return replace(template, query={**template.query, "_nocache": secrets.token_hex(6)})
