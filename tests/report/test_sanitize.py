"""What is quickly taken for harmless is."""

from __future__ import annotations

import sys

import pytest

from conformance.report.sanitize import show_invisible
from conformance.results.redaction import UNPRINTABLE
from conformance.results.serialization import INVISIBLE


def test_no_character_that_is_made_visible_counts_as_printable() -> None:
    for pattern in (INVISIBLE, UNPRINTABLE):
        found = [chr(code) for code in range(sys.maxunicode + 1) if pattern.fullmatch(chr(code))]
        assert found
        assert [character for character in found if character.isprintable()] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::set-output name=a::b", "⟨U+003A⟩:set-output name=a::b"),
        ("got:\n  ::stop-commands::x", "got:\n  ⟨U+003A⟩:stop-commands::x"),
        ("got ##vso[task.setvariable variable=a]b", "got ⟨U+0023⟩#vso[task.setvariable variable=a]b"),
        ("## [a heading", "## [a heading"),
        ("got ##[error]x", "got ⟨U+0023⟩#[error]x"),
        ("at ::1, or std::move, case::row", "at ::1, or std::move, case::row"),
    ],
)
def test_no_text_of_a_target_is_a_command_to_a_ci_service(text: str, shown: str) -> None:
    assert show_invisible(text) == shown
