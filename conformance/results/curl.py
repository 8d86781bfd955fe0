"""A line that repeats a request, for a person with the same credentials in their shell."""

from __future__ import annotations

import re
import shlex

from conformance.http import Request, header
from conformance.results.redaction import CLOSE, OPEN, Redactor

__all__ = ["build_curl_command"]

PLACEHOLDER = re.compile(f"{OPEN}secret:([^{CLOSE}]*){CLOSE}")
PLAIN = re.compile(r"[A-Za-z0-9 :;,./_=@%+?&~()\[\]{}<>|*#^-]*")
"""Characters that a shell leaves alone between double quotes."""
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
LONGEST = 2048


def build_curl_command(request: Request, redactor: Redactor) -> str:
    """The request as a curl command that sends the same URL and headers; a secret is `$NAME`, in capitals."""
    words = ["curl -sSi --globoff --path-as-is"]
    if request.url.lower().startswith("https:"):
        words.append("--http1.1")
    words += _method(request)
    if request.source_address:
        words.append(f"--interface {shlex.quote(redactor.text(request.source_address))}")
    if request.proxy:
        words.append(f"--proxy {_quoted(redactor.text(request.proxy))}")
    words += [f"-H {_quoted(_header(name, value))}" for name, value in redactor.headers(request.headers)]
    words += _body(request, redactor)
    words.append(_quoted(redactor.text(request.url)))
    return " ".join(words)


def _method(request: Request) -> list[str]:
    if request.method == "HEAD":
        return ["--head"]
    if request.method == ("GET" if request.body is None else "POST"):
        return []
    return [f"-X {shlex.quote(request.method)}"]


def _header(name: str, value: str) -> str:
    return f"{name}: {value}" if value.strip() else f"{name};"


def _body(request: Request, redactor: Redactor) -> list[str]:
    body = request.body
    if body is None:
        return []
    # curl would name a type of its own.
    words = [] if header(request.headers, "content-type") is not None else ["-H 'Content-Type:'"]
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    if text is None or len(body) > LONGEST or UNWRITABLE.search(text):
        return [*words, f"--data-binary @body-of-{len(body)}-bytes"]
    return [*words, f"--data-raw {_quoted(redactor.text(text))}"]


def _quoted(text: str) -> str:
    """One word of a shell, in which placeholders are variables."""
    if PLACEHOLDER.search(text) is None:
        return shlex.quote(text)
    pieces = PLACEHOLDER.split(text)
    if all(PLAIN.fullmatch(piece) for piece in pieces[::2]):
        words = [piece if n % 2 == 0 else _variable(piece, pieces[n + 1]) for n, piece in enumerate(pieces)]
        return f'"{"".join(words)}"'
    words = [shlex.quote(piece) if n % 2 == 0 else f'"{_variable(piece)}"' for n, piece in enumerate(pieces) if piece]
    return "".join(words)


def _variable(name: str, following: str = "") -> str:
    word = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").upper() or "SECRET"
    word = f"_{word}" if word[0].isdigit() else word
    return f"${{{word}}}" if re.match(r"[A-Za-z0-9_\[]", following) else f"${word}"
