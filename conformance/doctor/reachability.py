"""Checks whether a target can be reached: its certificate, its response, and the time that took."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from conformance.doctor.model import Fact
from conformance.engine.context import RunContext
from conformance.http import FailureKind, NoResponse, Request, Response, header, split_url

_HINTS = {
    FailureKind.TLS: "check the certificate, or name the authority that signed it: `ca_bundle: FILE`",
    FailureKind.REFUSED: "check host and port, and that the server runs",
    FailureKind.TIMEOUT: "check the address and firewalls, or give it more time: `timeout: 30s`",
    FailureKind.UNRESOLVED: "check the spelling of base_url",
}


def check_reachable(context: RunContext) -> Iterator[Fact]:
    """Yield facts about the connection to the target; the last one is `bad` if it cannot be reached."""
    parts = urlsplit(context.target.base_url)
    # The simplest read: the base URL without a credential.
    plainest = Request("GET", context.target.base_url + "/")
    exchange = context.session.send(plainest, asked_for=frozenset([429, 502, 503, 504]))
    outcome = exchange.outcome
    if isinstance(outcome, NoResponse):
        about = "TLS" if outcome.kind is FailureKind.TLS else "answer"
        detail = f"no answer ({outcome.kind}: {outcome.detail})"
        yield Fact("reachable", about, "bad", "; ".join(filter(None, [detail, _HINTS.get(outcome.kind)])))
        return
    if parts.scheme == "https":
        yield Fact("reachable", "TLS", "good", "the certificate is trusted")
    elif context.target.warnings:
        yield Fact("reachable", "TLS", "note", "plain http: credentials go over the network unencrypted")
    detail = f"{outcome.status} to a request without a credential, after {exchange.seconds * 1000:.0f} ms"
    if (place := redirect_of(outcome)) is not None:
        leads_to = split_url(place)
        moved = leads_to.hostname == parts.hostname and leads_to.scheme != parts.scheme
        detail += f" and redirects to {place}; requests are never redirected" + ("; correct base_url" if moved else "")
        yield Fact("reachable", "answer", "bad" if moved else "unknown", detail)
        return
    yield Fact("reachable", "answer", "good", detail + (f", at try {exchange.tries}" if exchange.tries > 1 else ""))
    for fault in outcome.faults:
        yield Fact("reachable", "answer", "note", f"not quite HTTP: {fault}")


def redirect_of(response: Response) -> str | None:
    if response.status not in {301, 302, 303, 307, 308}:
        return None
    return header(response.headers, "location")
