"""The language of a response: from the `_lang` parameter, else from `Accept-Language`, else the site's own."""

from typing import Final

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

LANGUAGES: Final = ("ja", "en")
PRIMARY: Final = "ja"
"""The language if a request asks for neither."""


def negotiate(parameter: str | None, header: str | None) -> tuple[str, str]:
    """Return the language of the response, and what selected it: `_lang`, `accept-language` or `site`."""
    if parameter in LANGUAGES:
        return parameter, "_lang"
    for tag, quality in parse_accept_header(header or "", LanguageAccept):
        language = tag.partition("-")[0].lower()
        if language in LANGUAGES and quality > 0:
            return language, "accept-language"
    return PRIMARY, "site"
