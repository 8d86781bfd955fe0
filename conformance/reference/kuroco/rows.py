"""The rows of the vendor's table by name, and the values of validation: checks and validation errors."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from conformance.reference.catalogue import Row

ROWS: Final[tuple[Row, ...]] = (
    *(("login", number) for number in range(1, 4)),
    ("topics-read", 1),
    *(("topics-write", number) for number in range(1, 12)),
)
(LOGIN, PROFILE, TOKEN, NOT_FOUND, NO_GROUP, TITLE, MISSING, EMPTY, EMAIL, TEL, ZIP, URL, NUMBER, REGEX, LENGTH) = ROWS
FORMATS: Final = (EMAIL, TEL, ZIP, URL, NUMBER)


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
    """One error in a request.

    `row` is None if the document has no row for it; `message` is then given. `from_schema` says that the endpoint's
    schema found it, not the content structure; `data` is what the schema was applied to.
    """

    row: Row | None
    code: str
    field: str | None = None
    title: str = ""
    message: str | None = None
    from_schema: bool = False
    data: Any = None
