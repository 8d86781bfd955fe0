"""The forms in which a secret can stand in a text: encoded, written in another way, or in part."""

import re
import string
import unicodedata
import zlib
from base64 import a85encode, b32encode, b64decode, b64encode, b85encode
from collections.abc import Callable, Iterable, Iterator
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
TAGS = 0xE0000
"""Invisible copies of ASCII begin here."""
TAG_CHARACTER = re.compile("[\U000e0000-\U000e007f]")


def normalize_text(text: str) -> str:
    """Letters and digits only, in lower case; full-width and other variants as the plain character."""
    if text.isascii():
        return text.encode("ascii").lower().translate(None, ODD_ASCII).decode("ascii")
    if TAG_CHARACTER.search(text):
        text = text.translate({TAGS + code: code for code in range(128)})
    return NO_WORD.sub("", unicodedata.normalize("NFKD", text).casefold())


NUMERALS = string.digits + string.ascii_letters
BASE58 = "".join(sorted(set(string.digits + string.ascii_letters) - set("0OIl")))
BASE32 = string.ascii_lowercase + "234567"
BASE32HEX = str.maketrans(BASE32, NUMERALS[:32])
CROCKFORD = str.maketrans(BASE32, "0123456789abcdefghjkmnpqrstvwxyz")
ZBASE32 = str.maketrans(BASE32, "ybndrfg8ejkmcpqxot1uwisza345h769")
BASE64 = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
UUENCODE = str.maketrans(BASE64, "".join(map(chr, range(32, 96))))
CRYPT = str.maketrans(BASE64, f"./{string.digits}{string.ascii_uppercase}{string.ascii_lowercase}")
"""Base64 as `crypt` and `xxencode` write it."""
MOST_BYTES_OF_A_NUMBER = 256
ROT47 = {code: 33 + (code - 33 + 47) % 94 for code in range(33, 127)}
ATBASH = str.maketrans(string.ascii_lowercase, string.ascii_lowercase[::-1])
ROTATIONS = [
    str.maketrans(string.ascii_lowercase, string.ascii_lowercase[n:] + string.ascii_lowercase[:n]) for n in range(1, 26)
]

GRAM = 6
"""Characters of a piece that is looked for first: fast, and rare in a text by chance."""
STRIDE = 3
"""Of a text, the pieces at this distance are looked up."""
MOST_GRAMS = 2048
"""About as many pieces are kept of one form: of a longer secret only longer parts are sure to be found."""
MOST_ALIKE = 4
"""Equal pieces of one form that are kept: what repeats itself is found by its first ones."""
LONGEST_SECRET = 16 << 10
"""Characters of a secret that is used at most; what holds the beginning of a longer one is withheld."""
SHORTEST_PART = 8
SHORTEST_CHANGED = 12
SHORTEST_PLAIN = 10
"""A shorter value, without regard to case and punctuation, stands in too many texts by chance."""
LONGEST_NEAR = 20
"""A longer value has a part that is found, whichever of its characters is missing."""
SURE_PART = 16
SURE_DIGITS = 10
"""Digits that give a secret away, unless they are nearly all the same; fewer may be a date or a number."""
WORD = re.compile(r"(?<![^\W_])(?:[^\W\d_]?[a-z]{3,}|[A-Z]{4,}|\d+)(?![^\W_])")
"""A word, or a number, between what is neither letter nor digit."""
HEXADECIMAL = re.compile("[0-9a-f]+(?:-[0-9a-f]+)*")
"""Such digits without end, a UUID's dashes included."""
SPACED_DIGITS = re.compile(r"\b([0-9a-f]{1,2})[\W_](?=[0-9a-f]{1,2}\b)")
LIKE_A_WORD = re.compile("[a-z]{4,}|[A-Z]{4,}")
NO_WORDS = 6
"""Characters of a part, outside of words, that give a secret away."""
MOST_LOOKED_AT = 256 << 10
"""Characters of a text that are searched for every form; the rest is searched for the values themselves."""
MOST_REMEMBERED = 4096
BETWEEN = re.compile(r'"[^"\\]{0,100}"\s*:|<[/!]?[A-Za-z-][^<>]{0,100}>|\x1b\[[0-9;]{0,20}[A-Za-z]|.\x08')
"""What may stand between pieces of a secret: a JSON member's name, a tag, a terminal's colour, an erased letter."""
TRAILING = ("cp932", "shift_jis_2004", "gb18030", "big5hkscs", "cp950", "cp949")
"""Charsets in which a letter is the second byte of many a character, where a secret may have been read as others."""
SHORTEST_CODED = 16
CODED = re.compile(rf"[A-Za-z0-9+/_-]{{{SHORTEST_CODED},}}")
"""What may be base64 or hexadecimal digits."""
MOST_CODED, MOST_INFLATED = 64 << 10, 4 << 10
"""Characters that are decoded, and bytes that are unpacked of each piece."""
LAYERS = 5
MOST_VIEWED = 1 << 20
"""Characters of all that a text may stand for."""
NUMBER_PREFIX = re.compile(r"0[xobXOB]|16#")
NUMBERS = [(10, re.compile("[0-9]{2,8}")), (16, re.compile("[0-9A-Fa-f]{2,8}"))]
NUMBERS += [(8, re.compile("[0-7]{2,8}")), (2, re.compile("[01]{6,8}"))]
"""Of each base, what may be the code of a character that is no control character."""
TWO_DIGITS = re.compile("[0-9A-Fa-f]{2}")
PIECE, NEXT_PIECE, WIDEST_GAP = 4, 3, 40
"""Characters of the first piece of a secret that stands in pieces, of those after it at least, and between two."""


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
    def places(self) -> range:
        """Where pieces begin: so close that every part of the shortest length has one that the search of a text meets.

        Those of a long text are further apart.
        """
        distance = max(1, (self.shortest - GRAM + 1) // STRIDE, len(self.text) // MOST_GRAMS)
        if distance % STRIDE == 0:  # the two distances must have no divisor in common
            distance -= 1
        return range(0, len(self.text) - GRAM + 1, distance)

    def is_in(self, views: Iterable[tuple[str, str]], gram: str) -> bool:
        """Whether a part that counts stands around a piece of the form in a view; each comes with its normal form."""
        places = [at for at in self.places if self.text.startswith(gram, at)][:MOST_ALIKE]
        return any(self._is_around(*view, gram, at) for view in views for at in places)

    def _is_around(self, view: str, text: str, gram: str, at: int) -> bool:
        found = text.find(gram)
        while found >= 0:
            start, end = self._extend(text, found, at)
            if end - start >= self.shortest and self._counts(start, end, view):
                return True
            # Where both repeat themselves, nothing is gained by going on within what agreed.
            found = text.find(gram, max(found + 1, found + end - at - GRAM + 1))
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

    def _counts(self, start: int, end: int, view: str) -> bool:
        whole = self.written or self.text
        width = len(self.text) // len(whole)
        first, last = -(-start // width), end // width
        part = whole[first:last]
        is_inside = start > 0 and end < len(self.text) and end - start < SURE_DIGITS
        if is_inside and HEXADECIMAL.fullmatch(part) and not _holds_run(view, part):
            return False
        if not self.words or len(part) == len(whole) or self.words.count("-", first, last) >= NO_WORDS:
            return True
        mixed = any(map(str.isdigit, part)) and any(map(str.isalpha, part))
        number = part.isdigit() and len(part) >= SURE_DIGITS and len(set(part)) > 2
        return mixed or number or (len(part) >= SURE_PART and 2 * len(part) >= len(whole))


class SecretDetector:
    """Tells which secrets a text holds, in whatever form. Not safe for threads while it learns."""

    def __init__(self) -> None:
        self._pieces: dict[str, tuple[tuple[str, _NormalForm], ...]] = {}
        self._values: dict[str, str] = {}
        self._scattered: dict[str, str] = {}
        self._done: dict[tuple[int, int], tuple[str, ...]] = {}

    def learn(self, name: str, value: str) -> None:
        """Adds a secret; what is so short that it stands in texts by chance is left out."""
        for form in _list_forms(value):
            owner = ((name, form),)
            for gram in {form.text[at : at + GRAM] for at in form.places}:
                self._pieces[gram] = self._pieces.get(gram, ()) + owner
        if len(value) >= SHORTEST_PLAIN:
            self._values = {**self._values, value: name}
        plain = normalize_text(value)
        if len(normalize_text(LIKE_A_WORD.sub("", value))) >= 3 * PIECE:
            self._scattered = {**self._scattered, plain: name}
        self._done = {}  # last: what is searched meanwhile is searched again

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
        views = [(view, normalize_text(view)) for view in _list_views(text[:MOST_LOOKED_AT])]
        # Letters of another script may stand between those of a secret.
        others = [normal.encode("ascii", "ignore").decode("ascii") for _, normal in views if not normal.isascii()]
        views += zip(others, others, strict=True)
        # Most texts hold no piece of a secret: one search of all views shows that.
        together = " ".join(normal for _, normal in views)
        places = range(0, len(together) - GRAM + 1, STRIDE)
        grams = {gram for at in places if (gram := together[at : at + GRAM]) in self._pieces}
        found: set[str] = set()
        for gram in grams:
            found |= {name for name, form in self._pieces[gram] if name not in found and form.is_in(views, gram)}
        scattered = ((plain, name) for plain, name in self._scattered.items() if plain[:PIECE] in together)
        found |= {name for plain, name in scattered if any(_stands_in_pieces(plain, normal) for _, normal in views)}
        if len(text) > MOST_LOOKED_AT:
            found |= {name for value, name in self._values.items() if value in text}
        return tuple(sorted(found))


def _holds_run(view: str, part: str) -> bool:
    """Whether 8 hexadecimal digits of a part, or more, stand in a text with no other such digit beside them.

    Within a longer run, such as a UUID, they may be chance. Of a token of 64 digits an ID of 8 digits in each of 500
    answers holds such a part in one of 80,000 runs, a UUID, a trace ID, an ETag or a sha256 in none; the first or last
    8 digits, or any 10, of it stand in all of those together in one of 14,000.
    """
    written = SPACED_DIGITS.sub(r"\1", unicodedata.normalize("NFKD", view).casefold())
    runs = (run.replace("-", "") for run in HEXADECIMAL.findall(written))
    return any(len(run) >= SHORTEST_PART and run in part for run in runs)


def _stands_in_pieces(secret: str, text: str) -> bool:
    """Whether nearly all of a secret stands in a text in order, with other words between its pieces."""
    begin = text.find(secret[:PIECE])
    while begin >= 0:
        at, place, lacking = 0, begin, 0
        while at < len(secret) and lacking <= len(secret) // 6:
            if secret[at] == text[place : place + 1]:
                at, place = at + 1, place + 1
                continue
            following = text.find(secret[at : at + NEXT_PIECE], place, place + WIDEST_GAP)
            at, place, lacking = (at, following, lacking) if following >= 0 else (at + 1, place, lacking + 1)
        if lacking <= len(secret) // 6:
            return True
        begin = text.find(secret[:PIECE], begin + 1)
    return False


def _list_views(text: str) -> Iterator[str]:
    """What a text says: as it stands, without what may stand between two letters, without escapes, and decoded."""
    left, seen, room = [(text, 0)], {text}, MOST_VIEWED
    while left and room > 0:
        one, layer = left.pop(0)
        room -= len(one)
        yield one
        if BETWEEN.search(one) is not None:
            yield BETWEEN.sub("", one)
        if not one.isascii():
            # Letters moved to another block, such as that of symbol fonts, and those that were read as second bytes.
            yield one.encode("utf-16-le", "surrogatepass")[::2].decode("ascii", "ignore")
            for charset in TRAILING:
                yield one.encode(charset, "ignore").decode("ascii", "ignore")
        view = unescape(one)
        decoded = [_decode_all(one), *_read_numbers(one), "" if view is None else view.text]
        more = dict.fromkeys(each for each in decoded if each and each not in seen) if layer < LAYERS else ()
        left += [(each, layer + 1) for each in more]
        seen.update(more)


def _read_numbers(text: str) -> Iterator[str]:
    """The characters whose codes stand in a text as numbers, whatever is around them: `chr(113)+chr(55)`, `71h 37h`."""
    text = NUMBER_PREFIX.sub(" ", text)
    if len(TWO_DIGITS.findall(text)) < SHORTEST_PART:  # each code has two, whatever its base
        return
    for base, number in NUMBERS:
        codes = [int(digits, base) for digits in number.findall(text)]
        letters = "".join(chr(code) for code in codes if 32 < code < 127)
        if len(letters) >= SHORTEST_PART:
            yield letters


def _decode_all(text: str) -> str:
    """What is base64 or hexadecimal in a text, decoded."""
    room, decoded = MOST_CODED, list[str]()
    for match in CODED.finditer(text):
        room -= len(match[0])
        if room < 0:
            break
        parts = {match[0], *(part for part in re.split("[+/_-]", match[0]) if len(part) >= SHORTEST_CODED)}
        decoded += (one for part in parts for one in _decode(part))
    return " ".join(decoded)


@lru_cache(maxsize=128)  # the same words and header values come again and again
def _decode(piece: str) -> tuple[str, ...]:
    """What base64 or hexadecimal digits stand for, from wherever they begin, unpacked where they are compressed."""
    digits = piece.replace("-", "+").replace("_", "/")
    coded = [b64decode(digits[at : at + (len(digits) - at) // 4 * 4]) for at in range(4)]
    with suppress(ValueError):
        coded.append(bytes.fromhex(piece[: len(piece) // 2 * 2]))
    for data in [*coded]:
        if data.startswith((b"\x1f\x8b", b"\x78")):
            with suppress(zlib.error):
                coded.append(zlib.decompressobj(32 + zlib.MAX_WBITS).decompress(data, MOST_INFLATED))
    return tuple(data.decode("ascii", "ignore") for data in coded)


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
        # Where only a letter beside some digits is another one, a part of 8 stands in texts by chance.
        least = max(shortest, min(len(plain), SHORTEST_CHANGED))
        forms += [_NormalForm(plain.translate(table), least, words) for table in (ATBASH, *ROTATIONS)]
        forms.append(_NormalForm(plain, shortest, words))
        forms.append(_NormalForm(plain[::-1], shortest, words[::-1]))
        changed = map(normalize_text, (value[::2], value[1::2], value.translate(ROT47)))
        forms += [_NormalForm(one, len(one)) for one in changed if len(one) >= SHORTEST_PART]
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
    words, plain = (_mark_words(value, str), value) if value.isascii() else ("", "")
    yield _NormalForm(raw.hex(), 16, words, plain)
    yield _NormalForm(raw[::-1].hex(), 16, words[::-1], plain[::-1])
    for form in ("{:03d}", "{:03o}", "{:08b}", "{:07b}"):
        digits = "".join(map(form.format, raw))
        yield _NormalForm(digits, SHORTEST_PART * len(form.format(0)), words, plain)
    yield _NormalForm("".join(map(str, raw)), 16)
    for written in _write_numbers(raw):
        yield _NormalForm(written, 16)
    for encoding in ("utf-16-le", "utf-16-be"):
        yield _NormalForm(value.encode(encoding, "surrogatepass").hex(), 32)
    for shift in range(5):
        encoded = b32encode(bytes(shift) + raw).decode("ascii").rstrip("=").lower()
        part = encoded[(shift * 8 + 4) // 5 : (shift + len(raw)) * 8 // 5]
        for table in ({}, BASE32HEX, CROCKFORD, ZBASE32):
            yield _NormalForm(part.translate(table), 12)
    of_hex, of_base64 = _bytes_meant(value)
    if of_base64 is not None:
        yield _NormalForm(of_base64.hex(), 16)
    for part in (part for data in (raw, of_hex) if data is not None for part in _base64_parts(data)):
        for form in {
            normalize_text(one) for one in (part, part[::-1], part.translate(UUENCODE), part.translate(CRYPT))
        }:
            yield _NormalForm(form, min(10, len(form)))
    for encode in (a85encode, b85encode):
        form = normalize_text(encode(raw).decode("ascii"))
        yield _NormalForm(form, min(10, len(form)))


def _write_numbers(raw: bytes) -> Iterator[str]:
    """The bytes as one number, either end first, in the usual bases; nothing where that would take long."""
    for data in (raw, raw[::-1]) if len(raw) <= MOST_BYTES_OF_A_NUMBER else ():
        for digits in (string.digits, NUMERALS[:36], NUMERALS, BASE58):
            number, written = int.from_bytes(data, "big"), list[str]()
            while number:
                number, digit = divmod(number, len(digits))
                written.append(digits[digit])
            yield normalize_text("".join(reversed(written)))


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
