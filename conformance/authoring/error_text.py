"""Recognizes statuses, codes, labels and words about errors in the texts of a page."""

import re
from collections.abc import Sequence
from http import HTTPStatus

from conformance.authoring.column_titles import Role, role_of_label

STATUS = re.compile(
    r"(?!\s*-\d)\W*(?:\d{1,2}(?:\.\d{1,2})+\.?\s+)?(?:(?:any|HTTP(?:/\d(?:\.\d)?)?|status|error|code|response|Fehler|erreur|エラー|ステータス|コード|错误码?|状态码)"
    r"[\s:#\u30fb-]*){0,4}"
    r"([1-5]\d\d)(?!\d|\.\d|X\b|番台|\s*(?:[-\u2013~\u301c\uff5e]|to|à|bis)\s*[1-5]\d\d)",
    re.IGNORECASE,
)
"""A status at the beginning of a text, not a range: `404`, `404 Not Found`, `HTTP 404`, `2.1 Error 404`."""
_MORE = re.compile(
    r"`?\s*(?:,|/|\||、|\bor\b|\band\b|\bund\b|\by\b|\bet\b|(?<=\d)\s(?=\d{3}(?:\s|\Z)))\s*`?([45]\d\d)(?!\d)`?",
    re.IGNORECASE,
)
_LAST = re.compile(r"(?:\d{1,2}[.)]\s+)?[^\d\n]{2,60}[\s(\[:\uff08=/`]([45]\d\d(?:\s*[,/]\s*[45]\d\d)*)\W*")
"""One or more statuses at the end of a text: `Conflict (409)`, `2. Validation errors (400/422)`."""
IDENTIFIER = re.compile(
    r":?[A-Za-z_][A-Za-z0-9_]*(?:[_.:/\\-][A-Za-z0-9]+)*(?:\(\))?\*?|-?\d{2,9}(?:[_.:/-][A-Za-z0-9]+)*|"
    r"[A-Z]{1,5}[-_]?\d+|(?:https?://|urn:)\S+|[0-9A-Z]{2,8}\*?|0x[0-9A-Fa-f]+|-?\d"
)
"""Anything that may be a code: one word, perhaps of several parts, or a number."""


PHRASES = (
    *((status.value, status.phrase.casefold()) for status in HTTPStatus),
    *((413, text) for text in ("payload too large", "content too large", "request entity too large")),
    *((422, text) for text in ("unprocessable content", "unprocessable entity")),
    *((414, "uri too long"), (416, "range not satisfiable")),
)
"""Statuses and their reason phrases, of all editions of HTTP."""
_PHRASES = frozenset(phrase for _, phrase in PHRASES)
CODE = re.compile(
    r"-?\d{3,9}|[A-Za-z][A-Za-z0-9]*(?:[_.][A-Za-z0-9]+)+|[a-z]+(?:-[a-z0-9]+)+|[A-Z][A-Z0-9_-]{3,}|"
    r"(?:[A-Z][a-z0-9]+){2,}|[a-z]+(?:[A-Z]+[a-z0-9]+)+|[A-Za-z]{1,6}[-_]?\d{1,6}|0x[0-9A-Fa-f]+"
)
"""A text that can only be a code: several parts, capitals, or a number of at least three digits."""
CODE_OF_PARTS = re.compile(r"([A-Za-z]+(_[A-Za-z0-9]+)+|[a-z]+(\.[a-z_]+){2,}|[A-Z]{1,6}-\d{2,6}|0\d{2,3}|\d{4,6})\Z")
"""A code that cannot be a word of a sentence."""
CLASS_OF_STATUSES = re.compile(r"\W*[1-5](xx\b|\*\*).{0,60}|[1-5]\d\d\s*[-\u2013]\s*[1-5]\d\d", re.IGNORECASE)
"""A title of a class or range of statuses: `5xx - Server error`, `500-599`."""
ABOUT_ERRORS = re.compile(
    r"erro[rs]|errno|exception|\bfault|failure|(status|response|return|http|close|result)[ _-]?(event )?codes?|"
    r"statuscodes|エラー|例外|ステータス|错误|錯誤|异常|状态码|返回码|오류|에러|상태|fehler|erreur|\berro\b|errores|"
    r"ошиб|код|foutcode|błęd|\bhata\b",
    re.IGNORECASE,
)
"""Words in the title of a section whose tables and lists are errors."""
ABOUT_OTHERS = re.compile(
    r"(header|parameter|placeholder|limit|quota|field|attribute|op ?code)s?\b|properties|change ?log|"
    r"パラメータ|ヘッダ|参数",
    re.IGNORECASE,
)
"""Words in the title of a section about other things on a page of errors."""
QUOTED = re.compile(r"`([^`]+)`|\"([^\"]{3,})\"|“([^”]+)”|「([^」]+)」")
_STATUS_IN_TEXT = re.compile(
    r"\((?:HTTP )?([45]\d\d)\b[^)]{0,40}\)|\bHTTP(?: status)?(?: code)?:? ([45]\d\d)\b", re.IGNORECASE
)
LEADING_CODE = re.compile(
    r"\W{0,3}(?:(?i:err(?:no|or(?: code)?)|code)\s+`?)?(?:("
    + CODE.pattern
    + r"|(?:(?<=ode )|(?<=ode `))\d{1,2}|\d{1,2}(?=\s[-\u2013]\s\D))[`*\")\]]*"
    r"(?:\s*[:\uff1a\u2013\u2014=]|\s+-|\s*\(|\s*\Z|[`*]+\s)"
    r"|([A-Za-z0-9]+(?:_[A-Za-z0-9]+)+|\d{1,6}(?= [A-Z][a-z ])|\d{4,6}(?= [A-Z\u2e80-\uffef]))\s)"
)
"""A code at the beginning of an entry, with the separator from its cause."""
SUBSTATUS = re.compile(r"([45]\d\d)\.\d{1,3}")
"""A code that adds a number to an error status: `400.1`."""
_CODE_TITLE = re.compile(
    r"(?i:error(?: code)?|code|エラー|错误码?|Fehler)?[\s#:\u30fb]*([45]\d\d\.\d{1,3}|"
    + CODE.pattern
    + r")(?!\w)[\s:\uff1a()\u2013\u2014.-]*(.*)"
)
_LABELLED = re.compile(r"\W*([^\n:\uff1a=]{2,40}?)\W*(?:[:\uff1a]|\s-\s)[\s*]*(\S.*)", re.DOTALL)
MARKS = "`*:-. ()[],;\u2013\u2014\u2192\u3001\uff1a"
"""Separators between a status, its phrase and a cause."""
TYPES_OF_JSON = frozenset({"string", "integer", "number", "boolean", "array", "object"})
_SUCCESS = re.compile(
    r"ok|((?!not )\w+ ){0,3}(success(ful(ly)?)?|succeeded)|no error|"
    r"(操作|请求)?成功|正常|성공|erfolg|éxito|sucesso|succès|успешно",
    re.IGNORECASE,
)
"""The text of a row that documents a success."""
_SUCCESS_OF_ZERO = re.compile(r"\bsuccess|\bok\b|成功|delivered|accepted", re.IGNORECASE)


def find_statuses(text: str) -> tuple[tuple[int, ...], str]:
    """Return the statuses at the start or end of a text, such as `500, 502 Server errors`, and the rest of it."""
    if (first := STATUS.match(text)) is not None:
        found, at = [int(first[1])], first.end()
        while (more := _MORE.match(text, at) or _MORE.match(text, _end_of_phrase(text, at, found[-1]))) is not None:
            found.append(int(more[1]))
            at = _end_of_phrase(text, more.end(), found[-1])
        return tuple(found), text[at:].removeprefix("`")
    if (last := _LAST.fullmatch(text)) is not None:
        return tuple(map(int, re.findall(r"\d+", last[1]))), text[: last.start(1)].rstrip(" ([:=/\uff08`")
    return (), text


def _end_of_phrase(text: str, at: int, status: int) -> int:
    """Return where the reason phrase of a status ends that a text may have at a place."""
    phrase = next((phrase for number, phrase in PHRASES if number == status), "")
    return at + 1 + len(phrase) if text[at + 1 : at + 1 + len(phrase)].casefold() == phrase else at


def error_statuses(title: str) -> tuple[int, ...]:
    statuses, _ = find_statuses(title)
    return tuple(status for status in statuses if status >= 400)


def code_of_title(title: str) -> tuple[str, str] | None:
    """Return code and description in a heading, or None; a date or a plain word in capitals is not a code."""
    plain = title.replace("`", "").strip()
    if (labelled := _LABELLED.fullmatch(plain)) is not None and role_of_label(labelled[1]) == "code":
        plain = labelled[2]
    if re.fullmatch(r"`([a-z]\w{2,}|(?!DELETE|OPTIONS|PATCH)[A-Z]{5,})`", title.strip()):
        return plain, ""  # a word in backticks
    match = _CODE_TITLE.fullmatch(plain)
    if match is None or re.fullmatch("[A-Z]+|[123]\\d\\d", match[1]):
        return None
    return match[1], match[2].strip()


def is_error_code(code: str, status: int) -> bool:
    """Return whether a code beside a success status is an error, as in some APIs: `50007`, `not_in_channel`."""
    own = is_phrase(code.replace("_", " ")) and (status, code.replace("_", " ").casefold()) in PHRASES
    return CODE.fullmatch(code) is not None and code != str(status) and not own


def is_code_in_text(text: str) -> bool:
    """Return whether a quoted word within a sentence is a code: `invalid_token`, but not `PUT` or `limit`."""
    return CODE.fullmatch(text) is not None and not re.fullmatch("[A-Z]+", text)


def tells_success(texts: Sequence[str]) -> bool:
    """Return whether an entry describes a success: by a whole text, or by code 0 and a word within a text."""
    if texts and set(texts[0]) == {"0"} and any(map(_SUCCESS_OF_ZERO.search, texts)):
        return True
    return any(_SUCCESS.fullmatch(text.strip(" .!\u3002")) for text in texts)


def read_labels(text: str) -> dict[Role, list[str]]:
    """Return the values of labelled lines such as `Status: 404`, by the role of the label."""
    labels: dict[Role, list[str]] = {}
    for line in re.sub(r"([:\uff1a][\s*]*)\n", r"\1 ", text).split("\n"):
        match = _LABELLED.match(line)
        role = role_of_label(match[1]) if match else None
        if match and role is not None and match[2].strip().lower() not in TYPES_OF_JSON:
            labels.setdefault(role, []).append(match[2].strip().strip("*"))
    return labels


def follows_status(rest: str, status: int) -> bool:
    """Return whether the text after a number shows a status: empty, its phrase, a mark, or a capital letter."""
    plain = rest.strip().strip("`*").strip()
    is_phrase_of_it = any(plain.casefold().startswith(phrase) for number, phrase in PHRASES if number == status)
    return is_phrase_of_it or rest[:1] in {"`", "*"} or re.match("[a-z0-9]", plain) is None


def status_in_text(text: str) -> tuple[int, ...]:
    """Return the status within a text (`(404)`, `HTTP 404`) as a tuple of at most one."""
    named = _STATUS_IN_TEXT.search(text)
    return (int(named[1] or named[2]),) if named else ()


def split_status(text: str) -> tuple[tuple[int, ...], str]:
    """Return the statuses that a text begins with, and the rest without their reason phrase."""
    statuses, rest = find_statuses(text) if STATUS.match(text) else ((), text)
    return statuses, strip_phrase(rest, statuses[0]) if statuses else text


def strip_title(text: str, status: int) -> str:
    """Remove the reason phrase of a status from the beginning of a text, if a dash or colon follows it."""
    phrases = "|".join(re.escape(phrase) for number, phrase in PHRASES if number == status) or "(?!)"
    return trim(re.sub(rf"\A(?i:{phrases})\s*(?:[:\u2013\u2014]|-+\s)", "", text))


def strip_phrase(text: str, status: int) -> str:
    """Remove the reason phrase of a status from the beginning of a text, and separators from its ends."""
    plain = " ".join(text.split())
    bare = plain.lstrip(MARKS)
    for number, phrase in PHRASES:
        if number != status:
            continue
        after = bare[len(phrase) :].lstrip()
        glued = re.match(r"[\w,]", bare[len(phrase) :]) is not None
        if bare.casefold().startswith(phrase) and not glued and not (after[:1].isalnum() and after[0].islower()):
            plain = after if bare[len(phrase) :][:1] != "`" else after[1:]
            break
    return trim(plain)


def trim(text: str) -> str:
    """Remove separators from the ends of a text, but not paired brackets and backticks."""
    plain = (
        (text.replace("`", "") if text.count("`") % 2 else text)
        .strip()
        .lstrip(MARKS.replace("`", "").replace("(", "").replace("[", ""))
    )
    plain = plain.rstrip(MARKS.replace("`", "").replace(")", "").replace("]", "").replace(".", ""))
    for first, last in ("()", "[]"):
        if plain.startswith(first) and plain.rstrip(".").endswith(last) and plain.count(first) == 1:
            plain = plain.rstrip(".")[1:-1]
    return plain.strip()


def split_codes(cell: str) -> list[str]:
    parts = re.split(r"\n|,\s|(?<=\d{3}),(?=\d{3})|\s/\s|(?<=`)\s(?:or|and|und|y|ou|et)\s(?=`)", cell)
    return [plain_cell(part).rstrip(":") for part in parts if part.strip()]


def is_phrase(text: str) -> bool:
    """Return whether a text is only the reason phrase of a status."""
    return text.strip(" .").casefold() in _PHRASES


def plain_cell(cell: str) -> str:
    """Remove backticks and quotes around a cell; return "" for a blank one."""
    text = cell.strip()
    while len(text) > 1 and text.count(text[0]) == 2 and text[0] == text[-1] and text[0] in "`\"'*":
        text = text[1:-1].strip()
    return "" if is_blank(text) else text


_BLANK_TEXTS = frozenset({"", "-", "--", "\u2013", "\u2014", "\u2015", "n/a", "none", "なし", "無し", "null", "*"})


def is_blank(text: str) -> bool:
    """Return whether a cell has no content: empty, a dash, `n/a`, `none`."""
    return text.strip().casefold() in _BLANK_TEXTS
