"""Servers are started by name; faults that no case catches yet stay out of the way."""

from __future__ import annotations

import re

import pytest

from conformance import reference
from conformance.errors import ConfigError


def test_unknown_names_are_answered_with_near_ones() -> None:
    with pytest.raises(ConfigError, match="accepts_limit_101_on_contents"):
        reference.start("microcms-management", faults=["accepts_limit_101_on_content"])
    with pytest.raises(ConfigError, match="microcms-management"):
        reference.start("microcms")
    with pytest.raises(ConfigError, match="integer_plus"):
        reference.start("microcms-management", variants={"integer_plu": "accepted"})
    with pytest.raises(ConfigError, match="'maybe'"):
        reference.start("microcms-management", variants={"integer_plus": "maybe"})


@pytest.mark.parametrize("contract", reference.contracts())
def test_names_of_faults_are_unique_and_say_what_is_wrong(contract: str) -> None:
    faults = (*reference.faults(contract), *reference.undocumented_faults(contract))
    names = [fault.name for fault in faults]
    assert len(names) == len(set(names))
    assert [name for name in names if not re.fullmatch(r"[a-zA-Z0-9]+(_[a-zA-Z0-9]+)+", name)] == []


def test_a_fault_is_served_with_the_variants_that_were_asked_for() -> None:
    faults, variants = ["accepts_limit_101_on_contents"], {"protocol": "HTTP/1.0"}
    with reference.start("microcms-management", faults=faults, variants=variants) as server:
        assert server.variants["protocol"] == "HTTP/1.0"
        assert server.variants["json"] == "compact"
        assert server.profile["base_url"] == server.base_url
