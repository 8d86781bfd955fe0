"""The rows of the vendor's table by name, and what validation passes around: checks and validation errors."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from conformance.reference.catalogue import Row

LOGIN: Final[Row] = ("login", 1)
PROFILE: Final[Row] = ("login", 2)
TOKEN: Final[Row] = ("login", 3)
NOT_FOUND: Final[Row] = ("topics-read", 1)
NO_GROUP: Final[Row] = ("topics-write", 1)
TITLE: Final[Row] = ("topics-write", 2)
MISSING: Final[Row] = ("topics-write", 3)
EMPTY: Final[Row] = ("topics-write", 4)
EMAIL: Final[Row] = ("topics-write", 5)
TEL: Final[Row] = ("topics-write", 6)
ZIP: Final[Row] = ("topics-write", 7)
URL: Final[Row] = ("topics-write", 8)
NUMBER: Final[Row] = ("topics-write", 9)
REGEX: Final[Row] = ("topics-write", 10)
LENGTH: Final[Row] = ("topics-write", 11)

FORMATS: Final = (EMAIL, TEL, ZIP, URL, NUMBER)
ROWS: Final = (LOGIN, PROFILE, TOKEN, NOT_FOUND, NO_GROUP, TITLE, MISSING, EMPTY, *FORMATS, REGEX, LENGTH)


class Absent(Enum):
    """The value of a member that was not sent; null is `None`."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Check:
    """A value that is checked against one row; `value` is a string, `None` for null, or `ABSENT`."""

    row: Row
    field: str
    value: str | Absent | None
    operation: str


@dataclass(frozen=True, slots=True)
class ValidationError:
    """One thing that is wrong with a request.

    `row` is None where the document has no row for it; then `message` is given. `from_schema`: the endpoint's schema
    found it, not the content structure; `data` is what the schema was applied to.
    """

    row: Row | None
    code: str
    field: str | None = None
    title: str = ""
    message: str | None = None
    from_schema: bool = False
    data: Any = None
