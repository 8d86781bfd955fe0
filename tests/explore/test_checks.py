"""What an explored answer is held to: the OpenAPI document, and what the rows of the contract document."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from conformance.checks.context import ResponseRules
from conformance.explore.checks import ProbeAnswer, check_answer
from conformance.explore.probes import plain_probe
from conformance.explore.validity import Validity
from conformance.http import Exchange, Request, Response
from tests.explore.explored_servers import Newsroom
from tests.shipped_contracts import shipped_contract


@pytest.mark.parametrize(("status", "checks"), [(400, []), (418, ["documented-status"])])
def test_a_status_that_only_a_row_documents_is_documented(status: int, checks: list[str]) -> None:
    """Vendors leave statuses out of their OpenAPI documents that their pages of errors have."""
    explored = replace(Newsroom().explorer("listContents").explored, responses={"200": None})
    response = Response(status, (("Content-Type", "application/json"),), b'{"message": "m"}', 16)
    exchange = Exchange(Request("GET", "http://h/"), response)
    sent = cast("Any", SimpleNamespace(exchange=exchange, found=()))
    answer = ProbeAnswer(explored, plain_probe(explored), Validity.INVALID, sent)
    rules = ResponseRules(shipped_contract("microcms-management"), lambda _: ())
    found = [one.check for one in check_answer(rules, answer)]
    assert [check for check in found if check == "documented-status"] == checks
