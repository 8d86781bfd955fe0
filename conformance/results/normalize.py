"""Makes texts of two runs comparable, without identifiers, times and names that only one target has."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from conformance.http import split_url
from conformance.jsontools import walk_values

_SHORTEST: Final = 3
"""Shorter values of fixtures stand in too many texts by chance."""

_VOLATILE: Final = re.compile(
    r"""(?P<id>\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b  # UUID
        |\b(?=[0-9A-HJKMNP-TV-Z]*\d)(?=[0-9A-HJKMNP-TV-Z]*[A-Z])[0-7][0-9A-HJKMNP-TV-Z]{25}\b    # ULID
        |\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{16,}\b                                     # hexadecimal
        )
    |(?P<time>\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?
        |\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),\ \d\d\ [A-Z][a-z]{2}\ \d{4}\ \d\d:\d\d:\d\d\ GMT
        |\b1[5-9]\d{11}\b                                                                      # epoch, milliseconds
        )
    |(?<=\bconformance-)(?P<run>[0-9a-z]{6})(?=-[0-9a-f]{12}\b)                             # a name of ours""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Normalizer:
    """Replaces what is particular to one target (address, fixtures, IDs, times) by names in braces."""

    target: Mapping[str, Any]
    """The profile as it stands in results: `base_url`, `fixtures`, …"""

    def normalize(self, text: str) -> str:
        """The text with `{base_url}`, `{id}`, … for this target's address and fixtures, identifiers and times."""
        if self._own is not None:
            text = self._own.sub(lambda match: f"{{{self._names[match[0]]}}}", text)
        return _VOLATILE.sub(lambda match: f"{{{match.lastgroup}}}", text)

    @cached_property
    def _names(self) -> dict[str, str]:
        return dict(_particulars(self.target))

    @cached_property
    def _own(self) -> re.Pattern[str] | None:
        longest_first = sorted(self._names, key=len, reverse=True)
        if not longest_first:
            return None
        return re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(value) for value in longest_first)})(?!\w)")


def _particulars(target: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each text that is particular to the target, also as JSON writes it, and its name."""
    for steps, value in walk_values(target.get("fixtures")):
        texts = [str(value)] if isinstance(value, str | int) and not isinstance(value, bool) else []
        texts += [json.dumps(value)[1:-1]] if isinstance(value, str) else []
        yield from ((text, ".".join(map(str, steps))) for text in texts if len(text) >= _SHORTEST)
    url = str(target.get("base_url") or "")
    yield from ((text, name) for text, name in ((split_url(url).netloc, "host"), (url.rstrip("/"), "base_url")) if text)
