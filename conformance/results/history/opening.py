"""A history file opened: ours, whole and of the newest version, or a clear refusal and the file as it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from conformance.errors import ConformanceError, Internal, Problem, Unusable, Unwritable
from conformance.results.history.schema import VERSION, migrate, version_of

__all__ = ["transaction"]

PATIENCE: Final = 60.0
"""Seconds that one job waits for another to finish its transaction, which takes milliseconds."""
_MAGIC: Final = b"SQLite format 3\0"
_MEND: Final = "give another file, or move this one away; it was left as it is"
_FULL_OR_FORBIDDEN: Final = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM}
)


@contextmanager
def transaction(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection within one transaction that is written when the block ends, and not at all when it raises.

    A file that is not there is made; an older one is brought up to date. Raises Unusable for a file that is damaged,
    not ours or newer than we are, and Unwritable where the disk or another job does not let us write.
    """
    _check_header(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)) as connection:
            with _begun(connection, path):
                yield connection
            _write_ahead(connection)
    except sqlite3.Error as error:
        raise _refusal(path, error) from None
    except OSError as error:
        raise Unwritable(f"{path}: {error.strerror or error}") from None


@contextmanager
def _begun(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    connection.execute("PRAGMA foreign_keys = ON")
    # At once a writer: a reader that turns into one later may have to give up instead of waiting.
    connection.execute("BEGIN IMMEDIATE")
    try:
        _check(connection, path)
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _check_header(path: Path) -> None:
    """Refuses what SQLite must not even open: it takes a file of another kind for an empty database to be filled."""
    try:
        if not path.exists():
            return
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except OSError as error:
        raise Unusable([Problem(str(path), f"cannot be read: {error.strerror}", "give a file")]) from None
    if start and start != _MAGIC:
        raise Unusable([Problem(str(path), "is not a history: no SQLite file at all", _MEND)])


def _check(connection: sqlite3.Connection, path: Path) -> None:
    version = version_of(connection)
    if version < 0:
        raise Unusable([Problem(str(path), "is not a history: an SQLite file of another program", _MEND)])
    if version > VERSION:
        what = f"is a history of version {version}, and this suite knows versions up to {VERSION}"
        raise Unusable([Problem(str(path), what, "use the newer suite that wrote it")])
    if version:
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise Unusable([Problem(str(path), f"is damaged: {' '.join(str(found).split())}", _MEND)])
    migrate(connection, version, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Readers no longer wait for writers; where this cannot be had (another job is in the file) it is no matter."""
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if (error.sqlite_errorcode & 0xFF) not in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise


def _refusal(path: Path, error: sqlite3.Error) -> ConformanceError:
    if isinstance(error, sqlite3.IntegrityError):
        return Internal(f"{path}: these results cannot be kept: {error}")
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return Unwritable(f"{path}: another job has kept it locked for {PATIENCE:.0f} s")
    if code in _FULL_OR_FORBIDDEN:
        return Unwritable(f"{path}: {error}")
    return Unusable([Problem(str(path), f"is damaged: {error}", _MEND)])
