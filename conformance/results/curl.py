"""Writes a request as a curl command, with variables of the shell in the place of credentials."""

import json
import re
import shlex
import string
from collections.abc import Sequence

from conformance.http import Request, header
from conformance.results.redaction import CLOSE, OPEN, Redactor

PLACEHOLDER = re.compile(f"{OPEN}secret:([^{CLOSE}]*){CLOSE}")
WITHHELD = re.compile(f"{OPEN}(a text that holds |[0-9,]+ characters{CLOSE})")
PLAIN = re.compile(r"[A-Za-z0-9 :;,./_=@%+?&~()\[\]{}<>|*#^-]*")
"""Characters that a shell leaves alone between double quotes."""
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
LONGEST = 2048
"""Bytes of a body that stand in the line themselves; a longer one is made by other commands in front of it."""
PRINTED = frozenset(f'{string.ascii_letters}{string.digits} -_.,:;/="<>{{}}[]()?&@'.encode())
LONGEST_PIPED = 8192
"""Bytes of a body that such commands may spell out; long runs of one byte are not spelled out, and do not count."""


def build_curl_command(request: Request, redactor: Redactor) -> str:
    """The request as a curl command, a secret as `$NAME`; empty where a part is withheld."""
    piped = _pipe_body(request, redactor)
    words = [*piped, "curl -sSi --globoff --path-as-is"]
    if request.url.lower().startswith("https:"):
        words.append("--http1.1")
    words += _method(request)
    if request.source_address:
        words.append(f"--interface {shlex.quote(redactor.text(request.source_address))}")
    if request.proxy:
        words.append(f"--proxy {_quoted(redactor.text(request.proxy))}")
    headers = redactor.headers(request.headers)
    words += [f"-H {_quoted(f'{name}: {value}' if value.strip() else f'{name};')}" for name, value in headers]
    words += _body(request, redactor, piped=bool(piped))
    words.append(_quoted(redactor.text(request.url)))
    command = " ".join(words)
    return "" if WITHHELD.search(command) else command


def build_capture_command(command: str, name: str, pointers: Sequence[str]) -> str:
    """A shell assignment of what a curl command is answered: the first of these JSON pointers that is there."""
    paths = ["".join(f"[{json.dumps(part)}]?" for part in pointer.split("/")[1:]) for pointer in pointers]
    members = " // ".join(f".{path}" for path in paths)
    return f"{_variable(name)[1:]}=$({command.replace('curl -sSi', 'curl -sS')} | jq -r {shlex.quote(members)})"


def _method(request: Request) -> list[str]:
    if request.method == "HEAD":
        return ["--head"]
    if request.method == ("GET" if request.body is None else "POST"):
        return []
    return [f"-X {shlex.quote(request.method)}"]


def _body(request: Request, redactor: Redactor, *, piped: bool) -> list[str]:
    body = request.body
    if body is None:
        return []
    # curl would name a type of its own.
    words = [] if header(request.headers, "content-type") is not None else ["-H 'Content-Type:'"]
    if request.chunked:
        words.append("-H 'Transfer-Encoding: chunked'")
    if piped:
        return [*words, "-H Expect: --data-binary @-"]  # nor does it wait for leave to send a large one
    text = _plain_text(body)
    if text is None:
        return [*words, f"--data-binary @body-of-{len(body)}-bytes"]
    return [*words, f"--data-raw {_quoted(redactor.text(text))}"]


def _plain_text(body: bytes) -> str | None:
    """A body that can stand in the line as it is."""
    try:
        text = body.decode("utf-8") if len(body) <= LONGEST else None
    except UnicodeDecodeError:
        text = None
    return None if text is None or UNWRITABLE.search(text) else text


def _pipe_body(request: Request, redactor: Redactor) -> list[str]:
    """Commands that print a large or binary body, and `|`; empty where it needs none, is too long or holds a secret."""
    body = request.body
    if body is None or _plain_text(body) is not None:
        return []
    # What makes a file large is one byte that fills it.
    sample = body[:: 1 + len(body) // 1000]
    fill = max(set(sample), key=sample.count)
    pieces = re.split(b"(%s{64,})" % re.escape(bytes([fill])), body)
    literals = b"".join(pieces[::2])
    if len(literals) > LONGEST_PIPED or OPEN in redactor.text(literals.decode("utf-8", "backslashreplace")):
        return []
    filled = "" if fill == 0 else f" | tr '\\0' '{_octal(bytes([fill]))}'"
    commands = [
        f"head -c {len(piece)} /dev/zero{filled}" if n % 2 else f"printf '{_octal(piece)}'"
        for n, piece in enumerate(pieces)
        if piece
    ]
    return [f"{{ {'; '.join(commands)}; }} |"]


def _octal(data: bytes) -> str:
    """Bytes as a format of `printf` between single quotes; a hyphen in front would be an option."""
    text = "".join(chr(byte) if byte in PRINTED else f"\\{byte:03o}" for byte in data)
    return f"\\055{text[1:]}" if text.startswith("-") else text


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
