"""What exploration makes is in the ledger too, and is gone when it has ended."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from conformance.client.builder import PlaceholderScope
from conformance.contract.schema import CreatedResource
from conformance.contract.templates import MissingValue
from conformance.engine.cleanup import (
    describe_left,
    had_no_effect,
    read_created,
    record_created,
    record_intent,
    strike,
    take_back,
    undo_key,
)
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.engine.journal import LedgerEntry, find_suite_names
from conformance.http import Exchange, FailureKind, NoResponse, Request
from conformance.messages import Message

__all__ = ["CreatedResourceTracker"]

_PARAMETER = re.compile(r"\\\{[a-z_]+\\\}")


class CreatedResourceTracker:
    """Sends what exploration of one operation asks for, and keeps the ledger of it."""

    def __init__(self, context: RunContext, operation: str) -> None:
        self._context, self._operation = context, operation
        self._makers = list(_makers(context))
        self._left: dict[int, LedgerEntry] = {}
        self._count = 0
        self._stopped = False

    def send(self, request: Request) -> Exchange:
        """Send one request; one that makes something is noted before it leaves."""
        making = self._making(request)
        if making is None:
            exchange = self._sent(request)
            self._strike(request, exchange)
            return exchange
        operation, trace = making
        self._count += 1
        self._left[self._count] = record_intent(
            self._context,
            operation,
            {},
            trace.undo,
            row=f"explore {self._operation}",
            scope=PlaceholderScope(),
            names=find_suite_names(_texts(request)),
        )
        # Sent twice it would make two things, and only one would be taken away.
        exchange = self._sent(request, repeatable=False)
        self._told(self._count, exchange)
        return exchange

    def _sent(self, request: Request, *, repeatable: bool = True) -> Exchange:
        """While this one waits for its answer, another exploration may go on."""
        if self._context.shared.stopping.is_set() and not self._stopped:
            self._stopped = True  # exploration ends at this; what it sends from now on is clean-up
            return Exchange(request, NoResponse(FailureKind.NOT_SENT, Message("the run is being stopped")), tries=0)
        asked_for = frozenset([429]) if request.permission == "exhaust" else frozenset[int]()
        turn = self._context.shared.exploring
        turn.release()
        try:
            return self._context.session.send(request, asked_for=asked_for, repeatable=repeatable)
        finally:
            turn.acquire()

    def put_away(self) -> Iterator[str]:
        """Take away what is still there; a warning for each thing that may be left."""
        for entry in reversed(self._left.values()):
            why = take_back(self._context, Evidence(self._context.redactor), entry)
            if why:
                yield describe_left(entry.operation, why)
        self._left.clear()

    def _told(self, key: int, exchange: Exchange) -> None:
        entry, response = self._left[key], exchange.response
        if had_no_effect(exchange):
            strike(self._context, entry)
            del self._left[key]
        elif response is not None and response.status < 300:
            self._left[key] = record_created(
                self._context, entry, read_created(self._context, entry.operation, response)
            )

    def _strike(self, request: Request, exchange: Exchange) -> None:
        """Strike what exploration has deleted itself; a 404 does not prove that, so `put_away` looks."""
        response = exchange.response
        if request.permission != "delete" or response is None or response.status >= 300:
            return
        for key, entry in list(self._left.items()):
            if entry.made and (undo_key(self._context, entry) or ())[:2] == (request.method, request.url):
                strike(self._context, entry)
                del self._left[key]

    def _making(self, request: Request) -> tuple[str, CreatedResource] | None:
        if request.permission == "read":
            return None
        path = request.url.removeprefix(self._context.target.base_url.rstrip("/")).partition("?")[0]
        for method, pattern, operation, trace in self._makers:
            if method == request.method and pattern.fullmatch(path):
                return operation, trace
        return None


def _makers(context: RunContext) -> Iterator[tuple[str, re.Pattern[str], str, CreatedResource]]:
    for name, trace in context.contract.file.created_resources.items():
        operation = context.contract.operations[name]
        try:
            path = str(context.binder.fill(operation.spec.url or operation.path, PlaceholderScope()))
        except MissingValue:
            continue
        pattern = _PARAMETER.sub("[^/]+", re.escape("/" + path.lstrip("/")))
        yield operation.method, re.compile(pattern), name, trace


def _texts(request: Request) -> list[Any]:
    """The parts of a body in which a name can stand; a boundary is none."""
    text = (request.body or b"").decode("utf-8", "replace")
    if found := re.findall(r'filename="([^"]*)"', text):
        return list(found)
    try:
        return [json.loads(text)]
    except ValueError:
        return []
