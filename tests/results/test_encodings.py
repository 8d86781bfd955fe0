"""A secret is found in every form in which a server may give it away, and in nothing else."""

from __future__ import annotations

import base64
import binascii
import codecs
import gzip
import json
import quopri
import re
import string
import tracemalloc
import zlib
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from conformance.http import Exchange, Request, Response
from conformance.results.encodings import SecretDetector, list_secret_values
from conformance.results.recording import record_exchange
from conformance.results.redaction import CLOSE, OPEN, Redactor

SECRET = "q7Wd-93kTz_Lm41PxYv8"
Encode = Callable[[str], str]


def join(template: str, separator: str = "") -> Encode:
    return lambda text: separator.join(template.format(ord(char)) for char in text)


NUMERALS = "123456789" + string.ascii_uppercase + string.ascii_lowercase
BASE32HEX = str.maketrans(string.ascii_uppercase + "234567", "0" + NUMERALS[:31])

CRYPT = str.maketrans(
    string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/",
    f"./{string.digits}{string.ascii_uppercase}{string.ascii_lowercase}",
)


def join_trails(charset: str, lead: bytes) -> Encode:
    """Each letter as the second byte of a character, in the way of a body that names such a charset."""
    return lambda text: "".join(
        (lead + char.encode()).decode(charset, "ignore") if char.isalpha() else char for char in text
    )


ZBASE32 = str.maketrans(string.ascii_uppercase + "234567", "ybndrfg8ejkmcpqxot1uwisza345h769")


def write_number(text: str, digits: str) -> str:
    number, written = int.from_bytes(text.encode(), "big"), ""
    while number:
        number, digit = divmod(number, len(digits))
        written = digits[digit] + written
    return written


FORMS: dict[str, Encode] = {
    "plain": str,
    "reversed": lambda text: text[::-1],
    "upper case": str.upper,
    "lower case": str.lower,
    "swapped case": str.swapcase,
    "hex": lambda text: text.encode().hex(),
    "hex, capitals": lambda text: text.encode().hex().upper(),
    "hex with colons": lambda text: text.encode().hex(":"),
    "hex with blanks": lambda text: text.encode().hex(" "),
    "hex, reversed": lambda text: text[::-1].encode().hex(),
    "0x of each": join("0x{:02x}", ", "),
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
    "base32 in a longer text": lambda text: base64.b32encode(f"ab {text} cd".encode()).decode(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64, case changed": lambda text: base64.b64encode(text.encode()).decode().upper(),
    "base64, reversed": lambda text: base64.b64encode(text.encode()).decode()[::-1],
    "base64 of the reversed": lambda text: base64.b64encode(text[::-1].encode()).decode(),
    "base64 in a longer text": lambda text: base64.b64encode(f"x{text}y".encode()).decode(),
    "base64 twice": lambda text: base64.b64encode(base64.b64encode(text.encode())).decode(),
    "base64 of UTF-16": lambda text: base64.b64encode(text.encode("utf-16")).decode(),
    "base64 of UTF-16, the other end first": lambda text: base64.b64encode(text.encode("utf-16-be")).decode(),
    "hex of UTF-16": lambda text: text.encode("utf-16-le").hex(),
    "base85": lambda text: base64.b85encode(text.encode()).decode(),
    "ascii85": lambda text: base64.a85encode(text.encode()).decode(),
    "quoted-printable": lambda text: quopri.encodestring(text.encode(), quotetabs=True).decode(),
    "quoted-printable, each": join("={:02X}"),
    "octal": join("\\{:03o}"),
    "decimal": join("{}", " "),
    "binary": join("{:08b}", " "),
    "one number": lambda text: str(int.from_bytes(text.encode(), "big")),
    "one number, the other end first": lambda text: str(int.from_bytes(text.encode(), "little")),
    "percent": join("%{:02x}"),
    "unicode escapes": join("\\u{:04x}"),
    "html": join("&#{};"),
    "html, hexadecimal": join("&#x{:x};"),
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "spaced": " ".join,
    "dashed": "-".join,
    "dotted": ".".join,
    "split by zero width": "\u200b".join,
    "split by soft hyphens": "\u00ad".join,
    "full width": lambda text: "".join(chr(ord(char) + 0xFEE0) for char in text),
    "full width, escaped": lambda text: json.dumps(FORMS["full width"](text)),
    "full width, as percent": lambda text: quote(FORMS["full width"](text)),
    "full width, as html": lambda text: join("&#{};")(FORMS["full width"](text)),
    "all but the first": lambda text: text[1:],
    "all but the last": lambda text: text[:-1],
    "all but one within": lambda text: text[:9] + text[10:],
    "one replaced": lambda text: text[:9] + "*" + text[10:],
    "a part of twelve": lambda text: text[4:16],
    "over two members": lambda text: json.dumps({"a": text[:10], "b": text[10:]}),
    "over three members": lambda text: json.dumps({"a": text[:7], "b": text[7:14], "c": text[14:]}),
    "one character a member": lambda text: json.dumps({f"m{n}": char for n, char in enumerate(text)}),
    "one character an element": lambda text: "".join(f"<b class='x'>{char}</b>" for char in text),
    "an array of characters": lambda text: json.dumps(list(text)),
    "one character a member, in a text": lambda text: json.dumps(FORMS["one character a member"](text)),
    "accents": "\u0301".join,
    "letters that are blank": "\u3164".join,
    "invisible tags": lambda text: "".join(chr(0xE0000 + ord(char)) for char in text),
    "colours of a terminal": lambda text: "\x1b[0m".join(text[at : at + 3] for at in range(0, len(text), 3)),
    "comments": "<!-- -->".join,
    "unicode escapes in braces": join("\\u{{{:x}}}"),
    "long unicode escapes": join("\\U{:08x}"),
    "XML names": join("_x{:04x}_"),
    "binary, seven": join("{:07b}", " "),
    "octal as Python has it": join("0o{:o}", ", "),
    "fractions": join("{}.0", ", "),
    "base58": lambda text: write_number(text, NUMERALS[:9] + "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"),
    "base36": lambda text: write_number(text, "0" + NUMERALS[:9] + string.ascii_lowercase),
    "base62": lambda text: write_number(text, "0" + NUMERALS),
    "base32 with other digits": lambda text: base64.b32encode(text.encode()).decode().translate(BASE32HEX),
    "uuencode": lambda text: binascii.b2a_uu(text.encode()[:45]).decode(),
    "rot47": lambda text: text.translate({code: 33 + (code - 33 + 47) % 94 for code in range(33, 127)}),
    "hex of base64 behind a slash": lambda text: "application/" + base64.b64encode(text.encode()).hex(),
    "base64 of deflate behind a slash": lambda text: "a/" + FORMS["base64 of deflate"](text),
    "atbash": lambda text: text.lower().translate(str.maketrans(string.ascii_lowercase, string.ascii_lowercase[::-1])),
    "hex of base64": lambda text: base64.b64encode(text.encode()).hex(),
    "base64 of hex": lambda text: base64.b64encode(text.encode().hex().encode()).decode(),
    "base64 of capitals": lambda text: base64.b64encode(text.upper().encode()).decode(),
    "base64 of the spaced": lambda text: base64.b64encode(" ".join(text).encode()).decode(),
    "base64 thrice": lambda text: base64.b64encode(FORMS["base64 twice"](text).encode()).decode(),
    "base64 of gzip": lambda text: base64.b64encode(gzip.compress(text.encode())).decode(),
    "codes in calls": join("chr({})", "."),
    "codes in SQL": join("CHAR({})", " + "),
    "hex with an h": join("{:02x}h", " "),
    "code points": join("U+{:04X}", " "),
    "escapes of CSS": join("\\{:06x} "),
    "binary, unpadded": join("0b{:b}", ", "),
    "decimal, three digits": join("{:03d}"),
    "percent, four deep": lambda text: FORMS["percent"](text).replace("%", "%252525"),
    "html, four deep": lambda text: FORMS["html"](text).replace("&", "&amp;amp;amp;"),
    "base64 four times": lambda text: base64.b64encode(FORMS["base64 thrice"](text).encode()).decode(),
    "percent of base64": lambda text: join("%{:02X}")(FORMS["base64"](text)),
    "decimal of base64": lambda text: join("{}", " ")(FORMS["base64"](text)),
    "base64 as crypt has it": lambda text: FORMS["base64"](text).rstrip("=").translate(CRYPT),
    "base32 for people": lambda text: FORMS["base32"](text).rstrip("=").translate(ZBASE32),
    "letters of a symbol font": lambda text: "".join(chr(0xF000 + ord(char)) for char in text),
    "braille": lambda text: "".join(chr(0x2800 + ord(char)) for char in text),
    "second bytes of Shift_JIS": join_trails("cp932", b"\x83"),
    "second bytes of GBK": join_trails("gbk", b"\x81"),
    "second bytes of Big5": join_trails("big5", b"\xa4"),
    "second bytes of Korean": join_trails("cp949", b"\x81"),
    "base64 of deflate": lambda text: base64.urlsafe_b64encode(zlib.compress(text.encode())).decode(),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_secret_is_found_in_every_form(name: str) -> None:
    redactor = Redactor({"full": SECRET})
    text = (
        f'{{"message": "before {FORMS[name](SECRET)} after"}}'
        if "{" not in FORMS[name](SECRET)
        else FORMS[name](SECRET)
    )
    assert redactor.found_in(text) == ("full",)


@pytest.mark.parametrize(
    "text",
    [
        "it begins with 'q7Wd-', then comes 93kTz, and after that _Lm41 and at last: PxYv8",
        '[{"n": "part one", "is": "q7Wd-9"}, {"n": "part two", "is": "3kTz_Lm"}, {"n": "part three", "is": "41PxYv8"}]',
        "q7Wd-9*kTz_L*41PxYv8",
        "every second: " + SECRET[::2] + ", and the others: " + SECRET[1::2],
        "".join(f"x\b{char}" for char in SECRET),
        SECRET.lower().translate({code: (code - 97 + 3) % 26 + 97 for code in range(97, 123)}),
    ],
    ids=["words between", "members", "stars", "every second", "erased letters", "another alphabet"],
)
def test_a_secret_is_found_in_pieces(text: str) -> None:
    assert Redactor({"full": SECRET}).found_in(text) == ("full",)


@pytest.mark.parametrize("place", ["body", "header", "reason", "fault"])
def test_no_form_of_a_secret_is_recorded(place: str) -> None:
    for form in FORMS.values():
        check_recorded(form(SECRET), place)


def check_recorded(written: str, place: str) -> None:
    redactor = Redactor({"full": SECRET})
    response = Response(
        400,
        (("X-Said", written if place == "header" else ""),),
        written.encode() if place == "body" else b"",
        reason=written if place == "reason" else "",
        faults=(written,) if place == "fault" else (),
        size=len(written),
        sha256="0" * 64,
    )
    recorded = record_exchange(Exchange(Request("GET", "http://h/"), response), 1, "x", "example", redactor)
    shown = repr(recorded.response)
    assert "secret:full" in shown, written
    assert redactor.found_in(shown.replace("secret:full", "")) == (), written


def test_an_answer_that_holds_a_hidden_secret_is_withheld_as_a_whole() -> None:
    body = SECRET.encode().hex().encode()
    response = Response(400, (("Content-Type", "text/plain"),), body, size=40, sha256="ab" * 32)
    recorded = record_exchange(
        Exchange(Request("GET", "http://h/"), response), 1, "x", "example", Redactor({"full": SECRET})
    ).response
    assert recorded.body == f"\u2039an answer that holds secret:full, 40 bytes, sha256 {'ab' * 32}\u203a"
    assert (recorded.headers, recorded.reason, recorded.status) == ((), "", 400)


SECRETS = st.text("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789-_", min_size=16, max_size=48).filter(
    lambda text: sum(map(str.isalnum, text)) >= 16 and len(re.findall("[a-z][A-Z0-9]|[0-9][a-zA-Z]", text)) > 5
)


@given(SECRETS, st.sampled_from(sorted(FORMS)), st.text(max_size=20), st.text(max_size=20))
@settings(max_examples=300, deadline=None, database=None)
def test_whatever_the_secret_and_its_form_it_does_not_get_out(secret: str, name: str, before: str, after: str) -> None:
    redactor = Redactor({"full": secret})
    written = FORMS[name](secret)
    if name == "a part of twelve":
        assume(sum(map(str.isalnum, written)) >= 8 and re.search("[a-zA-Z]", written) and re.search("[0-9]", written))
    if name.startswith(("over", "one", "an array", "all but one")):
        before = after = ""
    shown = redactor.text(f"{before} {written} {after}")
    assert "secret:full" in shown
    assert written not in shown


@pytest.mark.parametrize(
    ("value", "carried"),
    [
        ("Bearer abc.def-123", ["abc.def-123"]),
        (
            "Basic " + base64.b64encode(b"me:pa:ss").decode(),
            [base64.b64encode(b"me:pa:ss").decode(), "me:pa:ss", "pa:ss"],
        ),
        ("Token token=abc", ["token=abc"]),
        ("Basic nonsense!", ["nonsense!"]),
        ("abcdefgh", []),
    ],
)
def test_what_a_header_carries_is_a_secret_of_its_own(value: str, carried: list[str]) -> None:
    assert list_secret_values(value) == [value, *carried]


def test_the_parts_of_an_authorization_are_taken_out() -> None:
    pair = base64.b64encode(b"suite:correct-horse-7").decode()
    redactor = Redactor({"login": f"Basic {pair}", "token": "Bearer eyJ0eXAi.Q9w8e7r6t5"})
    for text in (pair, "suite:correct-horse-7", "correct-horse-7", "eyJ0eXAi.Q9w8e7r6t5"):
        shown = redactor.text(f"no: {text}")
        assert text not in shown
        assert "secret:" in shown


@pytest.mark.parametrize(
    "text",
    [
        "The reference key is missing. Contact support@example.com.",
        '{"url": "https://images.example.com/assets/0123456789abcdef0123456789abcdef/image.png"}',
        '{"id": "8f14e45f-ceea-4672-a9d0-1234567890ab", "createdAt": "2026-11-28T12:34:56.789Z"}',
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "".join(chr(code) for code in range(32, 127)) * 3,
    ],
)
def test_ordinary_texts_hold_no_secret(text: str) -> None:
    redactor = Redactor(
        {"full": "conformance-reference-key", "mail": "suite@example.com", "token": SECRET, "pin": "20261128"}
    )
    assert redactor.found_in(text) == ()
    assert redactor.text(text) == text


@pytest.mark.parametrize("written", ["hex", "json", "binary", "octal"])
def test_a_word_that_a_secret_shares_with_an_answer_gives_nothing_away_however_it_is_written(written: str) -> None:
    encode = FORMS.get(written, join("\\u{:04X}"))
    redactor = Redactor({"full": "reference-forbidden-91c07de2f4a85b36"})
    assert redactor.found_in(encode("Forbidden: referenced by a content")) == ()
    assert redactor.found_in(encode("Forbidden: 91c07de2")) == ("full",)


@pytest.mark.parametrize(
    ("secret", "written"),
    [
        ("d3a1f0c29b7e4586a0c4e2175f9b63d8", base64.b64encode(bytes.fromhex("d3a1f0c29b7e4586a0c4e2175f9b63d8"))),
        ("06HwwpsM5FhqDE4hdfm2PY", base64.b64decode("06HwwpsM5FhqDE4hdfm2PY==").hex().encode()),
        ("06HwwpsM5FhqDE4hdfm2PQ==", base64.b64decode("06HwwpsM5FhqDE4hdfm2PQ==").hex().encode()),
    ],
)
def test_the_bytes_of_which_a_secret_is_a_form_are_found_in_another_form(secret: str, written: bytes) -> None:
    assert Redactor({"full": secret}).found_in(f'{{"t": "{written.decode()}"}}') == ("full",)


@pytest.mark.parametrize(
    ("part", "tells"),
    [("-83920174628", True), ("8392017462", True), ("839201746", False), ("0000000000", False), ("1234-5678-90", True)],
)
def test_ten_digits_of_a_secret_give_it_away(part: str, tells: bool) -> None:
    redactor = Redactor({"full": "aB3x-83920174628395-0000000000000-1234-5678-9012-Z9qR"})
    assert redactor.found_in(f"no {part} here") == (("full",) if tells else ())


@pytest.mark.parametrize(("first", "last", "tells"), [(0, 8, True), (24, 32, True), (12, 21, False), (12, 22, True)])
def test_a_few_hexadecimal_digits_within_a_token_may_be_those_of_a_uuid(first: int, last: int, tells: bool) -> None:
    token = "9f86d081884c7d659a2feaa0c55ad015"
    detector = SecretDetector()
    detector.learn("token", token)
    uuid = f"{token[first:last]}-{'e1b' * 8}"
    assert bool(detector.find(f'{{"id": "{uuid}"}}')) == tells


HEX_TOKEN = "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea"
INSIDE, INSIDE_NINE = HEX_TOKEN[20:28], HEX_TOKEN[31:40]


@pytest.mark.parametrize(
    "written",
    [
        INSIDE,
        INSIDE.upper(),
        INSIDE_NINE,
        f'"token {INSIDE}"',
        f"token={INSIDE};e=1",
        f"req_{INSIDE}.",
        f"{INSIDE[:4]}-{INSIDE[4:]}",
        " ".join(INSIDE),
        f"{INSIDE[:2]}:{INSIDE[2:4]}:{INSIDE[4:6]}:{INSIDE[6:]}",
        FORMS["full width"](INSIDE),
        FORMS["split by zero width"](INSIDE),
        FORMS["unicode escapes"](INSIDE),
        FORMS["percent"](INSIDE),
        FORMS["base64"](f"token {INSIDE}"),
        INSIDE[::-1],
        f"{HEX_TOKEN[19]} {INSIDE} {HEX_TOKEN[28]}",
    ],
)
def test_a_few_digits_from_inside_a_token_give_it_away_where_they_stand_alone(written: str) -> None:
    redactor = Redactor({"full": HEX_TOKEN})
    assert redactor.found_in(f'{{"message": "no {written} here"}}') == ("full",)
    assert redactor.text(f"no {written} here") == f"{OPEN}a text that holds secret:full{CLOSE}"


@pytest.mark.parametrize(
    "written",
    [
        f"{INSIDE}-17f2-4d1a-9f0e-5b6a7c8d9e0f",
        f"5b6a7c8d-17f2-4d1a-9f0e-1234{INSIDE}",
        f"00-4bf92f3577b34da6{INSIDE}ce0e0736-00f067aa0ba902b7-01",
        f"Root=1-{INSIDE}-5759e988bd862e3fe1be46a9",
        f'W/"{INSIDE}-264"',
        f"d41d8cd98f00b204{INSIDE_NINE}8ecf842",
        f"{HEX_TOKEN[20:27]}",
    ],
)
def test_a_few_digits_from_inside_a_token_may_stand_in_an_id_by_chance(written: str) -> None:
    redactor = Redactor({"full": HEX_TOKEN})
    text = f'{{"message": "no {written} here"}}'
    assert redactor.found_in(text) == ()
    assert redactor.text(text) == text


def test_a_million_characters_are_searched_in_linear_time() -> None:
    redactor = Redactor({"full": SECRET})
    assert redactor.found_in(SECRET[:7] * 150_000) == ()
    assert redactor.found_in("x" * 200_000 + SECRET[3:15]) == ("full",)
    assert redactor.found_in("x" * 900_000 + SECRET) == ("full",)


def test_a_long_secret_is_kept_back_whole_and_in_part() -> None:
    value = "".join(f"{number:x}-" for number in range(3_000))[:12_000]
    redactor = Redactor({"full": value})
    assert redactor.text(f"here: {value}") == f"here: {OPEN}secret:full{CLOSE}"
    assert redactor.found_in(f"no {value[7_000:7_100]} here") == ("full",)


@pytest.mark.parametrize("piece", ["t", "aB3x-"])
def test_of_a_secret_of_a_million_characters_the_beginning_is_kept_back(piece: str) -> None:
    redactor = Redactor({"token": piece * (1_000_000 // len(piece))})
    assert redactor.text("here: " + piece * 900_000) == f"{OPEN}a text that holds secret:token{CLOSE}"
    assert redactor.text("nothing of that") == "nothing of that"
    assert sum(map(len, redactor._detector._pieces.values())) < 100_000


def test_a_text_of_many_layers_is_searched_in_little_memory() -> None:
    detector = SecretDetector()
    detector.learn("full", SECRET)
    text = "é%25\\u0041&#65;0123 456789abc\n" * 1_000
    tracemalloc.start()
    assert detector.find(text) == ()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 5_000_000
