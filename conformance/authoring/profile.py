"""A commented profile: what each name is and how to get it, with what could be found filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.contract.contract import Contract
from conformance.report.page import render_template


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
    return render_template(
        "conformance.authoring",
        "profile.yaml.jinja",
        file=contract.file,
        base_url=base_url,
        credentials=credentials,
        fixtures=fixtures,
        notes=notes,
    )
