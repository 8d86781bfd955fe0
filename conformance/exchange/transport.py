"""One try: a request goes out as it is, and what became of it is told; nothing is tried again here."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import requests

from conformance.exchange.connecting import Adapter, Headers, Outgoing, Trip
from conformance.exchange.limits import Access, Limits
from conformance.exchange.silences import silence_of
from conformance.wire import Reply, Silence, SilenceKind

__all__ = ["Transport", "Try"]


@dataclass(frozen=True, slots=True)
class Try:
    """What became of one try.

    `left` says that a byte of the request may have reached the target, `stale` that an idle connection turned out to be
    closed, `truncated` that the connection ended within the answer, `early` that the request was not sent to its end;
    `started` is when it went out, as RFC 3339 in UTC.
    """

    reply: Reply
    seconds: float
    left: bool = False
    stale: bool = False
    truncated: bool = False
    early: bool = False
    started: str = ""


class Transport:
    """Sends requests, one try each. Safe for threads: connections are pooled for each vantage."""

    def __init__(self, access: Access, limits: Limits) -> None:
        self._limits = limits
        self._verify = access.ca_bundle or True
        self._cert = access.client_cert
        self._adapters: dict[tuple[str | None, str | None, bool], Adapter] = {}
        self._lock = threading.Lock()

    def send(self, outgoing: Outgoing) -> Try:
        """One try of a request; never raises for anything that a target or a network does."""
        trip = Trip(outgoing, self._limits, outgoing.target)
        if outgoing.proxy and outgoing.origin.startswith("http:"):
            trip.target = outgoing.origin + outgoing.target
        prepared = requests.PreparedRequest()
        prepared.method = outgoing.method
        prepared.url = outgoing.origin + "/"
        prepared.headers = Headers(outgoing.headers, trip)  # type: ignore[assignment]
        prepared.body = outgoing.body
        started, start = _now(), time.perf_counter()
        reply = self._reply(prepared, trip)
        seconds = time.perf_counter() - start
        return Try(reply, seconds, trip.left, trip.stale, trip.truncated, trip.cut_short, started)

    def close(self) -> None:
        """Closes every connection."""
        with self._lock:
            adapters, self._adapters = list(self._adapters.values()), {}
        for adapter in adapters:
            adapter.close()

    def _reply(self, prepared: requests.PreparedRequest, trip: Trip) -> Reply:
        outgoing = trip.outgoing
        proxies = {"http": outgoing.proxy, "https": outgoing.proxy} if outgoing.proxy else None
        try:
            response = self._adapter(outgoing).send(
                prepared,
                stream=True,
                timeout=(self._limits.connect, self._limits.read),
                verify=self._verify,
                cert=self._cert,
                proxies=proxies,
            )
        except Exception as error:  # noqa: BLE001 - whatever a library makes of a hostile target is evidence
            return trip.silence or silence_of(error)
        if outgoing.fresh:
            response.raw.close()
        response.raw.release_conn()
        return trip.answer or Silence(SilenceKind.NOT_HTTP, "no answer was read")

    def _adapter(self, outgoing: Outgoing) -> Adapter:
        key = (outgoing.source_address, outgoing.proxy, outgoing.fresh)
        adapter = self._adapters.get(key)
        if adapter is None:
            with self._lock:
                adapter = self._adapters.setdefault(key, Adapter(outgoing.source_address))
        return adapter


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
