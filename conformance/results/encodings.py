"""The forms in which a secret can stand in a text: escaped, encoded, written in another way, or in part.

Escapes are taken off the text, not put on the secret, so that any mixture of them is seen; a `View` remembers where
in the text each of its characters came from.
"""

from __future__ import annotations

import codecs
import html
import re
import string
import unicodedata
from base64 import a85encode, b32encode, b64decode, b64encode, b85encode
from binascii import Error as Base64Error
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["DecodedView", "SecretDetector", "base64_forms", "find_escapes", "list_secret_values", "unescape"]

HINT = re.compile(r"[%\\&\n]")
# Each begins behind its first character, and the whole pattern with a set of those: that makes the search fast.
ASCII_ESCAPE = r"""(?<=%)(?P<octets>[0-7][0-9A-Fa-f])
    |(?<=\\)(?:(?P<short>[/"'\\bfnrt])|(?P<hex>x[0-7][0-9A-Fa-f])|(?P<unit>u00[0-7][0-9A-Fa-f]))
    |(?<=&)(?P<entity>(?:\#0*[0-9]{1,3}|\#[xX]0*[0-7]?[0-9A-Fa-f]|[A-Za-z]{2,8});)"""
ANY_ESCAPE = r"""(?<=%)(?P<octets>[0-7][0-9A-Fa-f]|[89A-Fa-f][0-9A-Fa-f](?:%[89A-Fa-f][0-9A-Fa-f])*)
    |(?<=\\)(?:(?P<short>[/"'\\bfnrt])
        |(?P<hex>x[0-7][0-9A-Fa-f]|x[89A-Fa-f][0-9A-Fa-f](?:\\x[89A-Fa-f][0-9A-Fa-f])*)
        |(?P<unit>u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}))
    |(?<=&)(?P<entity>(?:\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});)"""
ENDS = frozenset("0123456789abcdefABCDEF;/\"'\\nrt")
"""The characters that an escape can end with."""
STARTS = frozenset("%&\\")
SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
LEAST_BASE64 = 8
"""Fewer characters of base64 stand in too many texts by chance."""


@dataclass(frozen=True, slots=True)
class DecodedView:
    """A text with one layer of escapes taken off."""

    text: str
    starts: list[int]
    """Where in `text` each run begins."""
    sources: list[tuple[int, int]]
    """From where in the original each run came; a run longer than its source is an escape."""
    escaped: list[bool]

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Where in the original the characters `start` to `end` came from."""
        first = bisect_right(self.starts, start) - 1
        last = bisect_right(self.starts, end - 1) - 1
        begin = self.sources[first][0] + (0 if self.escaped[first] else start - self.starts[first])
        if self.escaped[last]:
            return begin, self.sources[last][1]
        return begin, self.sources[last][0] + end - self.starts[last]


@lru_cache(maxsize=64)
def find_escapes(alphabet: frozenset[str]) -> re.Pattern[str]:
    """What can be taken off where only these characters matter: their escapes, and line breaks between them."""
    before, after = ("".join(map(re.escape, sorted(alphabet | more))) for more in (ENDS, STARTS))
    escape = ASCII_ESCAPE if all(char.isascii() for char in alphabet) else ANY_ESCAPE
    rest = rf"[ \t]*(?:\r?\n[ \t]*)*(?=[{after}])"
    lines = rf"(?P<break>(?<=[{before}]\n){rest}|(?<=[{before}]\r)\n{rest})"
    return re.compile(rf"[%&\\\r\n](?:{escape}|{lines})", re.VERBOSE)


def unescape(text: str, pattern: re.Pattern[str]) -> DecodedView | None:
    """A view of the text without what the pattern takes off; None where there is nothing of it."""
    if HINT.search(text) is None:
        return None
    parts: list[str] = []
    starts: list[int] = []
    sources: list[tuple[int, int]] = []
    escaped: list[bool] = []
    position = size = 0

    def add(part: str, start: int, end: int, *, escape: bool) -> None:
        nonlocal size
        if part:
            parts.append(part)
            starts.append(size)
            sources.append((start, end))
            escaped.append(escape)
            size += len(part)

    for match in pattern.finditer(text):
        start, end = match.span()
        add(text[position:start], position, start, escape=False)
        add(_meaning(match.lastgroup or "", match[0]), start, end, escape=True)
        position = end
    if not position:
        return None
    add(text[position:], position, len(text), escape=False)
    return DecodedView("".join(parts), starts, sources, escaped)


EVERY_ESCAPE = re.compile(rf"[%&\\](?:{ANY_ESCAPE})", re.VERBOSE)


def base64_forms(value: str) -> set[str]:
    """The characters that the base64 of any text holds which holds the value, for each of its three alignments."""
    raw = value.encode("utf-8", "surrogateescape")
    forms = set()
    for shift in range(3):
        encoded = b64encode(b"\0" * shift + raw).decode("ascii").rstrip("=")
        sure = encoded[(0, 2, 3)[shift] : (shift + len(raw)) * 8 // 6]
        if len(sure) >= LEAST_BASE64:
            forms |= {sure, sure.replace("+", "-").replace("/", "_")}
    return forms


def _meaning(kind: str, escape: str) -> str:
    if kind == "break":
        return ""
    if kind == "octets":
        return bytes.fromhex(escape.replace("%", "")).decode("utf-8", "replace")
    if kind == "hex":
        return bytes.fromhex(escape.replace("\\x", "")).decode("utf-8", "replace")
    if kind == "unit":
        units = bytes.fromhex(escape.replace("\\u", ""))
        return units.decode("utf-16-be", "replace")
    if kind == "short":
        return SHORT.get(escape[1], escape[1])
    return html.unescape(escape)


SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{1,20}[ ]+(\S.*)", re.DOTALL)
"""A value of an Authorization header: a scheme, and what it carries."""


def list_secret_values(value: str) -> list[str]:
    """The value and what it carries: the token of `Bearer X`, pair and password of `Basic b64(user:password)`."""
    values = [value]
    match = SCHEME.fullmatch(value.strip())
    if match is None:
        return values
    carried = match[1].strip()
    values.append(carried)
    if value.strip()[:5].lower() == "basic":
        try:
            pair = b64decode(carried, validate=True).decode("utf-8")
        except (Base64Error, ValueError):
            return values
        values.append(pair)
        values.append(pair.partition(":")[2])
    return [one for one in values if one.strip()]


ODD_ASCII = bytes(set(range(128)) - set((string.ascii_letters + string.digits).encode()))
NO_WORD = re.compile(r"[\W_]+")


def normalize_text(text: str) -> str:
    """Letters and digits only, in lower case; full-width and other variants as the plain character."""
    if text.isascii():
        return text.encode("ascii").lower().translate(None, ODD_ASCII).decode("ascii")
    return NO_WORD.sub("", unicodedata.normalize("NFKC", text).casefold())


GRAM = 6
"""Characters of a piece that is looked for first: fast, and rare in a text by chance."""
STRIDE = 3
"""Of a text, the pieces at this distance are looked up."""
SHORTEST_PART = 8
SHORTEST_PLAIN = 10
"""A shorter value, without regard to case and punctuation, stands in too many texts by chance."""
LONGEST_NEAR = 20
"""A longer value has a part that is found, whichever of its characters is missing."""
SURE_PART = 16
SURE_DIGITS = 10
"""Digits that give a secret away, unless they are nearly all the same; fewer may be a date or a number."""
WORD = re.compile(r"(?<![^\W_])(?:[^\W\d_]?[a-z]{3,}|[A-Z]{4,}|\d+)(?![^\W_])")
"""A word, or a number, between what is neither letter nor digit."""
NO_WORDS = 6
"""Characters of a part, outside of words, that give a secret away."""
MOST_LOOKED_AT = 256 << 10
"""Characters of a text that are searched for every form; the rest is searched for the values themselves."""
MOST_REMEMBERED = 512
BETWEEN = re.compile(r'"[^"\\]{0,100}"\s*:|</?[A-Za-z][^<>]{0,100}>')
"""What may stand between the pieces of a secret: the name of a JSON member, a tag of HTML or XML."""


@dataclass(frozen=True, slots=True)
class _NormalForm:
    """One way to write a secret, in normal form; a part of `shortest` characters of it gives it away."""

    text: str
    shortest: int
    words: str = ""
    """For each character of the secret whether it belongs to a word (`w`): words stand in texts by chance. Empty: none
    does."""
    written: str = ""
    """The secret of which each character takes the same number of characters of `text`; empty where it is `text`."""

    @property
    def grams(self) -> Iterator[tuple[int, str]]:
        """Pieces at such distances that every part of the shortest length has one that the search of a text meets."""
        distance = max(1, (self.shortest - GRAM + 1) // STRIDE)
        if distance % STRIDE == 0:  # the two distances must have no divisor in common
            distance -= 1
        for at in range(0, len(self.text) - GRAM + 1, distance):
            yield at, self.text[at : at + GRAM]

    def is_in(self, text: str, gram: str, at: int) -> bool:
        """Whether a part that counts stands in a text in normal form around a piece that begins at `at` of the form."""
        found = text.find(gram)
        while found >= 0:
            start, end = self._extend(text, found, at)
            if end - start >= self.shortest and self._counts(start, end):
                return True
            found = text.find(gram, found + 1)
        return False

    def _extend(self, text: str, found: int, at: int) -> tuple[int, int]:
        """From where to where in the form the text agrees with it, around a piece that was found."""
        start, end = at, at + GRAM
        shift = found - at
        while start > 0 and start + shift > 0 and self.text[start - 1] == text[start + shift - 1]:
            start -= 1
        while end < len(self.text) and end + shift < len(text) and self.text[end] == text[end + shift]:
            end += 1
        return start, end

    def _counts(self, start: int, end: int) -> bool:
        whole = self.written or self.text
        width = len(self.text) // len(whole)
        first, last = -(-start // width), end // width
        part = whole[first:last]
        if not self.words or len(part) == len(whole) or self.words.count("-", first, last) >= NO_WORDS:
            return True
        mixed = any(map(str.isdigit, part)) and any(map(str.isalpha, part))
        number = part.isdigit() and len(part) >= SURE_DIGITS and len(set(part)) > 2
        return mixed or number or (len(part) >= SURE_PART and 2 * len(part) >= len(whole))


class SecretDetector:
    """Tells which secrets a text holds, in whatever form. Not safe for threads while it learns."""

    def __init__(self) -> None:
        self._pieces: dict[str, tuple[tuple[str, _NormalForm, int], ...]] = {}
        self._values: dict[str, str] = {}
        self._done: dict[tuple[int, int], tuple[str, ...]] = {}

    def learn(self, name: str, value: str) -> None:
        """Adds a secret; what is so short that it stands in texts by chance is left out."""
        pieces = dict(self._pieces)
        for form in _list_forms(value):
            for at, gram in form.grams:
                pieces[gram] = (*pieces.get(gram, ()), (name, form, at))
        self._pieces, self._done = pieces, {}
        if len(value) >= SHORTEST_PLAIN:
            self._values = {**self._values, value: name}

    def find(self, text: str) -> tuple[str, ...]:
        """The names of the secrets in a text: as they are, encoded, reversed, spaced, in part, split over members."""
        if not self._pieces:
            return ()
        key, done = (len(text), hash(text)), self._done
        names = done.get(key)
        if names is None:
            names = self._find(text)
            if len(done) < MOST_REMEMBERED:
                done[key] = names
        return names

    def _find(self, text: str) -> tuple[str, ...]:
        start = text[:MOST_LOOKED_AT]
        found = self._find_in(normalize_text(start))
        if '":' in start or "</" in start:
            found |= self._find_in(normalize_text(BETWEEN.sub("", start)))
        if (view := unescape(start, EVERY_ESCAPE)) is not None:  # a full-width letter may stand there as `\\uff21`
            found |= self._find_in(normalize_text(view.text))
        if len(text) > MOST_LOOKED_AT:
            found |= {name for value, name in self._values.items() if value in text}
        return tuple(sorted(found))

    def _find_in(self, text: str) -> set[str]:
        grams = {text[at : at + GRAM] for at in range(0, len(text) - GRAM + 1, STRIDE)}
        found: set[str] = set()
        for gram in grams & self._pieces.keys():
            for name, form, at in self._pieces[gram]:
                if name not in found and form.is_in(text, gram, at):
                    found.add(name)
        return found


@lru_cache(maxsize=256)
def _list_forms(value: str) -> tuple[_NormalForm, ...]:
    plain = normalize_text(value)
    if len(plain) < SHORTEST_PART:
        return ()
    forms: list[_NormalForm] = []
    if len(plain) >= SHORTEST_PLAIN:
        # An e-mail address is made of a public name and a public place.
        whole = "@" in value or len(plain) < SHORTEST_PLAIN + 2
        shortest = len(plain) if whole else SHORTEST_PART
        words = _mark_words(value)
        forms.append(_NormalForm(plain, shortest, words))
        forms.append(_NormalForm(plain[::-1], shortest, words[::-1]))
        forms.append(_NormalForm(str(codecs.encode(plain, "rot13")), shortest, words))
        if len(plain) < LONGEST_NEAR and any(map(str.isdigit, plain)):
            near = {plain[:at] + plain[at + 1 :] for at in range(1, len(plain) - 1)}
            forms += [_NormalForm(one, len(one)) for one in near]
    forms += _encoded_forms(value)
    return tuple({form.text: form for form in forms}.values())


def _mark_words(value: str, normalize: Callable[[str], str] = normalize_text) -> str:
    """For each character of a value, in normal form unless told otherwise, `w` where it belongs to a word, else `-`."""
    marked: list[str] = []
    position = 0
    for match in WORD.finditer(value):
        marked.append("-" * len(normalize(value[position : match.start()])))
        marked.append("w" * len(normalize(match[0])))
        position = match.end()
    return "".join(marked) + "-" * len(normalize(value[position:]))


def _encoded_forms(value: str) -> Iterator[_NormalForm]:
    """What each part of 8 characters of a value becomes; the numbers are how long that is at least."""
    raw = value.encode("utf-8", "surrogateescape")
    # Of a text that a server writes in such a way every word is in that form, too.
    words, written = (_mark_words(value, str), value) if value.isascii() else ("", "")
    yield _NormalForm(raw.hex(), 16, words, written)
    yield _NormalForm(raw[::-1].hex(), 16, words[::-1], written[::-1])
    for form in ("x{:02x}", "0x{:02x}", "u{:04x}", "{:03o}", "{:08b}"):
        digits = "".join(map(form.format, map(ord, value) if form.startswith("u") else raw))
        yield _NormalForm(digits, SHORTEST_PART * len(form.format(0)), words, written)
    yield _NormalForm("".join(str(byte) for byte in raw), 16)
    if len(raw) <= 1024:  # Python writes no number of many more digits
        yield _NormalForm(str(int.from_bytes(raw, "big")), 16)
        yield _NormalForm(str(int.from_bytes(raw, "little")), 16)
    wide = value.encode("utf-16-le", "surrogatepass")
    yield _NormalForm(wide.hex(), 32)
    yield _NormalForm(value.encode("utf-16-be", "surrogatepass").hex(), 32)
    for shift in range(5):
        encoded = b32encode(b"\0" * shift + raw).decode("ascii").rstrip("=").lower()
        yield _NormalForm(encoded[(shift * 8 + 4) // 5 : (shift + len(raw)) * 8 // 5], 12)
    twice = b64encode(raw)
    if (meant := _bytes_of_base64(value)) is not None:
        yield _NormalForm(meant.hex(), 16)
    of_hex = _bytes_of_hex(value)
    for data in (raw, wide, value.encode("utf-16-be", "surrogatepass"), twice, twice.rstrip(b"="), raw[::-1], *of_hex):
        for shift in range(3):
            encoded = b64encode(b"\0" * shift + data).decode("ascii").rstrip("=")
            sure = encoded[(0, 2, 3)[shift] : (shift + len(data)) * 8 // 6]
            for form in {normalize_text(sure), normalize_text(sure[::-1])}:
                yield _NormalForm(form, min(10, len(form)))
    for encode in (a85encode, b85encode):
        form = normalize_text(encode(raw).decode("ascii"))
        yield _NormalForm(form, min(10, len(form)))


def _bytes_of_hex(value: str) -> tuple[bytes, ...]:
    """The bytes of which a value is the hexadecimal digits, if it is that."""
    try:
        return (bytes.fromhex(value),) if len(value) >= 2 * SHORTEST_PART else ()
    except ValueError:
        return ()


def _bytes_of_base64(value: str) -> bytes | None:
    """The bytes of which a value is the base64, if it is that."""
    plain = value.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return b64decode(plain + "=" * (-len(plain) % 4), validate=True) if len(plain) >= 2 * SHORTEST_PART else None
    except (Base64Error, ValueError):
        return None
