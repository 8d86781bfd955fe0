"""Checks that no response contains a credential, and no error internals of the server or personal data. Pure functions.

Only the first part of a body is searched, and all repetitions in patterns are bounded, because a target may send a
megabyte of one letter.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import unquote_plus

from conformance.checks.context import NOT_JSON, ResponseRules, parse_json
from conformance.checks.model import Finding, Level
from conformance.http import Request, Response
from conformance.jsontools import MOST_VISITED, find_texts, walk_values
from conformance.messages import Message, clip_text

_AT = r"(?:\b|(?<=\\[nrt]))at "
"""Also matches after a line break or a tab that JSON has escaped, where there is no word boundary."""

_PATH = r"(?<![\w./-])[\w./-]{1,300}"
_STACK_TRACES = re.compile(
    "|".join(
        [
            r"Traceback \(most recent call last\)",
            r"File \\?\"[^\"\n]{1,300}\", line \d+",  # Python
            _AT + r"[\w$.<>/ ]{1,200} ?\((?:[^()\n]{0,300}[/\\:])?[\w.$-]{1,100}"
            r"\.(?:js|ts|mjs|java|kt|scala|cs|py|rb|php)(?::\d+)+\)",
            _AT + r"(?:[A-Za-z]:|/)[^\s()]{1,300}\.[cm]?[jt]sx?:\d+:\d+",  # JavaScript without a name
            _AT + r"[\w.<>`+]{1,300}\([^()\n]{0,300}\) in [^\n]{1,300}?:line \d+",  # .NET
            r"\b(?:[A-Z]\w{1,60}\.){1,8}[A-Z]\w{1,60}Exception: ",  # .NET, by its name
            r"\bgoroutine \d+ \[|" + _PATH + r"\.go:\d+\b|panic: runtime error",  # Go
            r"#\d+ [\w./\\:-]{1,300}\.php(?:\(\d+\)|:\d+)|" + _PATH + r"\.php(?:\(\d+\)|:\d+| (?:on )?line \d+)",  # PHP
            _PATH + r"\.(?:rb|ex|exs|rs):\d+:in\b|" + _PATH + r"\.rb:\d+:in [`']",  # Ruby
            r"thread '[^'\n]{1,100}'(?: \(\d+\))? panicked at",  # Rust
            r"\([\w-]{1,60} [\d.]{1,20}\) [\w./-]{1,300}\.exs?:\d+: ",  # Elixir
            r"\b(?:[a-z]{1,60}\.){1,12}[A-Z]\w{1,60}(?:Exception|Error)\b(?:: |\n|\\n)",  # Java, by its name
            r"\bStack ?[Tt]race:\s{0,20}\S",
        ]
    )
)
"""Stack traces of common languages, escaped in JSON or not.

Every repetition is bounded, and a path must begin at the start of a word, so that matching stays fast.
"""
_IN_TRACES = ["Traceback", "line ", "at ", "Exception", "Error", "goroutine", "panic", "race:"]
_IN_TRACES += [".go", ".php", ".rb", ".ex", ".rs"]
"""Each expression of a stack trace matches only a text with one of these; most answers have none."""
_SEARCHED = 128 << 10
"""How many characters at the beginning of a body are searched."""

_MOST_TEXTS = 2000
"""The most texts of a body that are searched for other leaks."""

_KINDS: tuple[tuple[Message, re.Pattern[str]], ...] = (
    (
        Message("no address of an inner network in a refusal"),
        re.compile(
            r"(?<![\w.])(?:10\.\d{1,3}|172\.(?:1[6-9]|2\d|3[01])|192\.168|127\.\d{1,3}|169\.254)\.\d{1,3}\.\d{1,3}(?![\w.]*\w)"
            r"|(?<![\w:])f(?:[cd][0-9a-f]{2}|e80):[0-9a-f:]{2,40}"
            r"|(?<![\w.-])[\w-]{1,63}(?:\.[\w-]{1,63}){0,6}\.(?:internal|intranet|localdomain|local|lan|corp)\b"
            r"|(?<![\w.-])localhost:\d{2,5}\b|\[::1\]:\d{2,5}\b",
            re.IGNORECASE,
        ),
    ),
    (
        Message("no file path of the server in a refusal"),
        re.compile(
            r"(?<![\w/.-])/(?:var|home|usr|srv|opt|etc|root|tmp|mnt|Users|private|proc)/[\w.@+-]{1,80}(?:/[\w.@+-]{1,80}){0,12}"
            r"|(?<![\w/.:-])/(?:[\w.@+-]{1,80}/){1,12}[\w.@+-]{1,80}\.(?:py|rb|php|js|mjs|ts|java|go|rs|cs|ex|exs|pl|sql|conf|ya?ml|log)\b"
            r"|\b[A-Za-z]:\\{1,2}(?:[\w .-]{1,80}\\{1,2}){1,12}[\w.-]{1,80}"
            r"|(?<!\\)\\{2,4}[\w.-]{1,63}\\{1,2}[\w $.-]{1,80}\\{1,2}[\w $.-]{1,80}"  # \\server\share\file
        ),
    ),
    (
        Message("no SQL in a refusal"),
        re.compile(
            r"\bSELECT\s[^\n]{1,400}?\sFROM\s|\bINSERT\s+INTO\s|\bUPDATE\s+[\w.\"`]{1,80}\s+SET\s|\bDELETE\s+FROM\s"
            # Lower-case SQL is matched only in forms that do not occur in sentences.
            r"|\bselect\s+\*\s+from\s|\b(?:from|into|update|join)\s+`\w{1,80}`"
            r"|\binsert\s+into\s+[\w.\"]{1,80}\s*\([^()\n]{1,400}\)\s*(?:values|select)\b"
            r"|\bupdate\s+[\w.\"]{1,80}\s+set\s+[\w.\"]{1,80}\s*=|\bdelete\s+from\s+[\w.\"]{1,80}\s+where\s+[\w.\"]{1,80}\s*="
            # Error messages of MySQL, PostgreSQL, SQLite and others.
            r"|Data too long for column|Duplicate entry '[^'\n]{0,300}' for key|Column '\w{1,80}' cannot be null"
            r"|Incorrect \w{1,20} value: [^\n]{1,300}? for column|Unknown column '|Table '[\w.]{1,80}' doesn't exist"
            r"|Lock wait timeout exceeded|Deadlock found when trying to get lock|E11000 duplicate key"
            r"|value too long for type character|relation \\?\"[\w.]{1,80}\\?\" (?:does not|already) exist"
            r"|violates (?:not-null|unique|foreign key|check) constraint|invalid input syntax for (?:type )?\w{1,40}: "
            r"|(?:UNIQUE|NOT NULL|CHECK|FOREIGN KEY) constraint failed|String or binary data would be truncated"
            r"|SQLSTATE\[\w|syntax error at or near|You have an error in your SQL syntax|\bORA-\d{5}\b"
            r"|\b(?:psycopg2?|sqlalchemy|sqlite3|pymysql|mysqli?|PDO)[.\w]{0,60}(?:Error|Exception)\b"
            r"|\bno such (?:table|column)\b"
        ),
    ),
    (
        Message("no secret in a refusal"),
        re.compile(
            r"\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{22,53}|\$argon2(?:id|i|d)\$|\$(?:1|5|6|y)\$[^$\s\"]{1,40}\$[./A-Za-z0-9]{20,}"
            r"|\bpbkdf2[_:]sha\d{1,3}[$:]\d{1,9}[$:]|\bscrypt:\d{1,9}:|\{S?SHA(?:256|512)?\}[A-Za-z0-9+/]{20,}"
            r"|\$[PH]\$[./A-Za-z0-9]{31}|-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b"
            r"|\b[a-z][a-z0-9+]{1,20}://[^\s/@:]{1,80}:[^\s/@]{1,80}@[\w.-]"
            r"|\beyJ[\w-]{10,4000}\.eyJ[\w-]{10,4000}\.[\w-]{10,}|\bPHPSESSID=\w"
        ),
    ),
    (
        Message("no e-mail address in a refusal that the request did not hold"),
        re.compile(r"(?<![\w.+-])[\w+-][\w.+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6}(?![\w@-])"),
    ),
)
_ROLES = re.compile(
    r"(?:support|help|info|contact|sales|admin|security|abuse|no-?reply|user(?:name)?|name|someone|you|foo|test|sample"
    r"|example|e?mail)",
    re.IGNORECASE,
)
"""Local parts of e-mail addresses that do not identify a person: those of services and of examples."""
_PRIVATE_MEMBERS = re.compile(
    r"(?:hashed[_-]?)?passw(?:or)?d(?:[_-]?hash)?|secret|api[_-]?key|(?:access|refresh|grant)[_-]?token|session[_-]?id"
    r"|phone(?:[_-]?number)?|birth[_-]?da(?:y|te)|date[_-]of[_-]birth|(?:first|last|full)[_-]?name",
    re.IGNORECASE,
)
"""Names of members that contain a credential or personal data."""


def check_leaks(
    response: Response, rules: ResponseRules, where: str, request: Request | None = None
) -> Iterator[Finding]:
    """Check that no response contains a credential, and that no error contains internals or personal data.

    An error may repeat what the request or a documented wording contains, except for a key or password of a credential.
    A success is only checked for keys and passwords.
    """
    error = response.status >= 400
    # As it is recorded, too: what is searched once is remembered.
    whole = "\n\n".join([response.text, response.reason, *map(": ".join, response.headers), *response.faults])
    held = rules.leaks(whole)
    sent = "" if request is None else _text_of_request(request)
    for name in held if error or not held else rules.leaks(response.text):
        if name in rules.keys or (error and name not in rules.leaks(sent)):
            expected, actual = Message("no credential in an answer"), Message("the value of {name}", name=name)
            yield Finding("leak", Level.MUST, expected, actual, where)
    if not error:
        return
    if trace := find_stack_trace(response):
        yield Finding("leak", Level.MUST, Message("no stack trace in an answer"), trace, where)
        return  # paths and names in it would be reported twice
    body, sent = parse_json(response), sent.casefold()
    known = f"{sent}\n{rules.documented}"
    texts = (response.text,) if body is NOT_JSON else (text for _, text in find_texts(body))
    searched = "\n".join(islice(texts, _MOST_TEXTS))[: _SEARCHED // 4]
    for expected, pattern in _KINDS:
        found = next((one for one in _find_matches(pattern, searched) if one.casefold() not in known), None)
        if found is not None:
            yield Finding("leak", Level.MUST, expected, clip_text(found, 80), where)
    for name in _find_private_members(body, sent):
        expected = Message("no credential and nobody's data in a refusal")
        yield Finding("leak", Level.MUST, expected, Message("a member {name}", name=name), where)


def find_stack_trace(response: Response) -> str | None:
    """Return the beginning (80 characters) of a stack trace in a body, or None."""
    text = response.text[:_SEARCHED]
    match = _STACK_TRACES.search(text) if any(word in text for word in _IN_TRACES) else None
    return clip_text(match[0].strip(), 80) if match else None


def _text_of_request(request: Request) -> str:
    body = (request.body or b"")[:_SEARCHED].decode("utf-8", "replace")
    parts = [request.url, unquote_plus(request.url), body, request.source_address or ""]
    return "\n".join([*parts, *(value for _, value in request.headers)])


def _find_matches(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    for match in pattern.finditer(text):
        local, at, _ = match[0].partition("@")
        if not at or not _ROLES.fullmatch(local):
            yield match[0].strip()


def _find_private_members(value: Any, sent: str) -> Iterator[str]:
    for steps, one in islice(walk_values(value), MOST_VISITED):
        name = steps[-1] if steps else None
        has_value = isinstance(one, str) and one and one.casefold() not in sent
        if has_value and isinstance(name, str) and _PRIVATE_MEMBERS.fullmatch(name):
            yield name
