"""What Allure shows of a row, where allure-pytest is there and was asked for results: its promise, and the proof."""

from typing import Any

import pytest

from conformance.http import Headers
from conformance.pytest_plugin.items import ExploredItem, RowItem
from conformance.report.evidence import proof_exchanges
from conformance.report.format import format_answer, format_promise
from conformance.report.sanitize import is_web_link, show_invisible
from conformance.report.translation import Bilingual
from conformance.results.model import RecordedExchange, RowResult


class AllureDetails:
    """Registered in every process: workers of xdist write their own results."""

    def __init__(self) -> None:
        import allure  # noqa: PLC0415 - comes with allure-pytest, which need not be there

        self._allure: Any = allure

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """Describe a row once it has been run; the plugin of Allure has named it by then."""
        if isinstance(item, RowItem | ExploredItem) and item.result is not None:
            _describe(self._allure, item)


def _describe(allure: Any, item: RowItem | ExploredItem) -> None:
    result, say = item.result, item.conformance.translator(item.contract.name)
    allure.dynamic.epic(item.contract.file.title or item.contract.name)
    if isinstance(result, RowResult):
        allure.dynamic.feature(result.table)
        allure.dynamic.title(result.id)
        allure.dynamic.description(f"{say(Bilingual(result.cause, result.cause_ja))} → {say(format_promise(result))}")
        if is_web_link(result.source.document):
            allure.dynamic.link(result.source.document, name=say(result.source.document))
        proof = proof_exchanges(result)
    elif result is not None:
        allure.dynamic.feature("openapi.yaml")
        allure.dynamic.title(f"{result.method} {result.path}")
        numbers = [found.exchange for found in result.findings]
        proof = next((one for one in result.exchanges if one.n in numbers), None)
    if proof is not None:
        _attach(allure, proof)


def _attach(allure: Any, exchange: RecordedExchange) -> None:
    sent, came = exchange.request, exchange.response
    answer = format_answer(exchange)
    if came is not None:
        answer = _format_message(f"{came.status} {came.reason}", came.headers, came.body)
    request = _format_message(f"{sent.method} {sent.url}", sent.headers, sent.body or "")
    for name, text in (("request", request), ("answer", answer), ("curl", exchange.curl)):
        if text:  # of a request that is shown in part only there is no command
            allure.attach(show_invisible(text), name=name, attachment_type=allure.attachment_type.TEXT)


def _format_message(first: str, headers: Headers, body: str) -> str:
    return "\n".join([first, *(f"{name}: {value}" for name, value in headers), "", body])
