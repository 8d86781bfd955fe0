"""What is quickly taken for harmless is."""

from __future__ import annotations

import sys

from conformance.results.redaction import UNPRINTABLE
from conformance.results.serialization import INVISIBLE


def test_no_character_that_is_made_visible_counts_as_printable() -> None:
    for pattern in (INVISIBLE, UNPRINTABLE):
        found = [chr(code) for code in range(sys.maxunicode + 1) if pattern.fullmatch(chr(code))]
        assert found
        assert [character for character in found if character.isprintable()] == []
