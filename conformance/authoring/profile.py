"""A commented profile: what each name is and how to get it, with what could be found filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.authoring.templates import render_file
from conformance.contract.contract import Contract


def format_profile(
    contract: Contract,
    base_url: str | None,
    credentials: Mapping[str, Mapping[str, Any]],
    fixtures: Mapping[str, Any],
    notes: Mapping[str, str],
) -> str:
    """The profile as YAML. What is known stands as it is, all else as a comment to be uncommented.

    `notes`: how each fixture was found, or why it was not.
    """
    known = {"base_url": base_url, "credentials": credentials, "fixtures": fixtures, "notes": notes}
    return render_file("profile", file=contract.file, **known)
