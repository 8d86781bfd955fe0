"""The forms in which a secret can stand in a text: encoded, written in another way, or in part."""

from __future__ import annotations

import codecs
import re
import string
import unicodedata
from base64 import a85encode, b32encode, b64decode, b64encode, b85encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from conformance.results.escapes import unescape

LEAST_BASE64 = 8
"""Fewer characters of base64 stand in too many texts by chance."""


def base64_forms(value: str) -> set[str]:
    """What the base64 of any text holds which holds the value, in both alphabets; nothing that is too short to tell."""
    parts = [part for part in _base64_parts(value.encode("utf-8", "surrogateescape")) if len(part) >= LEAST_BASE64]
    return {*parts, *(part.replace("+", "-").replace("/", "_") for part in parts)}


def _base64_parts(data: bytes) -> Iterator[str]:
    """The characters that the base64 of anything holds which holds these bytes, for each of its three alignments."""
    for shift in range(3):
        encoded = b64encode(bytes(shift) + data).decode("ascii").rstrip("=")
        yield encoded[(0, 2, 3)[shift] : (shift + len(data)) * 8 // 6]


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
        except ValueError:  # of base64 or of UTF-8
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
        if (view := unescape(start)) is not None:  # a full-width letter may stand there as `\\uff21`
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
    """For each character of a value, in the form that `normalize` gives, `w` where it belongs to a word, else `-`."""
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
    wide = [value.encode(encoding, "surrogatepass") for encoding in ("utf-16-le", "utf-16-be")]
    for data in wide:
        yield _NormalForm(data.hex(), 32)
    for shift in range(5):
        encoded = b32encode(bytes(shift) + raw).decode("ascii").rstrip("=").lower()
        yield _NormalForm(encoded[(shift * 8 + 4) // 5 : (shift + len(raw)) * 8 // 5], 12)
    twice = b64encode(raw)
    of_hex, of_base64 = _bytes_meant(value)
    if of_base64 is not None:
        yield _NormalForm(of_base64.hex(), 16)
    for data in (raw, *wide, twice, twice.rstrip(b"="), raw[::-1], *([of_hex] if of_hex else [])):
        for part in _base64_parts(data):
            for form in {normalize_text(part), normalize_text(part[::-1])}:
                yield _NormalForm(form, min(10, len(form)))
    for encode in (a85encode, b85encode):
        form = normalize_text(encode(raw).decode("ascii"))
        yield _NormalForm(form, min(10, len(form)))


def _bytes_meant(value: str) -> tuple[bytes | None, bytes | None]:
    """The bytes of which a value is the hexadecimal digits, and those of which it is the base64."""
    plain = value.rstrip("=").replace("-", "+").replace("_", "/")
    of_hex = of_base64 = None
    if len(plain) >= 2 * SHORTEST_PART:
        with suppress(ValueError):
            of_hex = bytes.fromhex(value)
        with suppress(ValueError):
            of_base64 = b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    return of_hex, of_base64
