"""Reads that may show what was before the last write: answered from a cache, or from a copy that lags behind."""

import re
import secrets
from typing import Final

from conformance.contract.request_template import RequestTemplate
from conformance.http import Response

PAUSE: Final = 0.25
"""Seconds between two reads while a target may still be settling."""

_HIT = re.compile(r"(?<![a-z])(hit|stale|updating|revalidated)(?![a-z])", re.IGNORECASE)
_OF_HITS: Final = {
    "age": re.compile(r"0*[1-9]\d*"),
    "x-varnish": re.compile(r"\d+ +\d+"),
    "warning": re.compile(r"11[01]\b.*"),
}
"""Headers that only what comes from a cache has in this form, by their names in small letters."""


def is_from_cache(response: Response | None) -> bool:
    """Whether a response says that it comes from a cache: `Age` above 0, `X-Cache: HIT`, `Cache-Status: …; hit`, …."""
    for name, value in () if response is None else response.headers:
        lower, form = name.lower(), _OF_HITS.get(name.lower())
        if (
            form.fullmatch(value.strip())
            if form
            else "cache" in lower and lower != "cache-control" and _HIT.search(value)
        ):
            return True
    return False


def bypass_cache(template: RequestTemplate) -> RequestTemplate:
    """The same read with a parameter that no cache has seen: of another value each time, whatever the seed."""
    return template.replace_members(query={**template.query, "_nocache": secrets.token_hex(6)})
