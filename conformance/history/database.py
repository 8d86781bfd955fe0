"""The schema of a history file as migration steps, and transactions on such files.

A new file is created by all steps, so that migrated and new files cannot differ.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from conformance.checks.model import Verdict
from conformance.errors import ConfigError, ConformanceError, InternalError, OutputError, Problem
from conformance.files import refuse_file

APPLICATION: Final = 0x434F4E46
"""`CONF`, the application ID in the SQLite file header."""

STEPS: Final = (
    # 1: runs, rows and their verdicts.
    """
    CREATE TABLE schema_version (version INTEGER NOT NULL, since TEXT NOT NULL);
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT, contract TEXT NOT NULL, edition TEXT NOT NULL, target TEXT NOT NULL,
        base_url TEXT NOT NULL, started TEXT NOT NULL, seconds REAL NOT NULL, requests INTEGER NOT NULL,
        verdict TEXT NOT NULL, depth TEXT NOT NULL, seed TEXT NOT NULL, suite TEXT NOT NULL, partial INTEGER NOT NULL
    );
    CREATE TABLE rows (
        run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, id TEXT NOT NULL, tab TEXT NOT NULL,
        n INTEGER NOT NULL, verdict TEXT NOT NULL, requests INTEGER NOT NULL, seconds REAL NOT NULL,
        wording TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (run, id)
    ) WITHOUT ROWID;
    CREATE TABLE choices (
        run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, row TEXT NOT NULL, input TEXT NOT NULL,
        answer TEXT NOT NULL
    );
    CREATE INDEX choices_of_run ON choices (run);
    """,
    # 2: which edition of the wording a row speaks.
    """
    ALTER TABLE rows ADD COLUMN editions TEXT NOT NULL DEFAULT '';
    CREATE INDEX runs_of_target ON runs (contract, target, started);
    """,
    # 3: which deviations the profile listed as known, and in how many operations exploration found a violation.
    """
    ALTER TABLE rows ADD COLUMN known TEXT NOT NULL DEFAULT '';
    ALTER TABLE runs ADD COLUMN explored INTEGER NOT NULL DEFAULT 0;
    """,
    # 4: when each probe was tried last, so that runs with a budget come round to all of them.
    """
    CREATE TABLE tried (
        contract TEXT NOT NULL, target TEXT NOT NULL, row TEXT NOT NULL, label TEXT NOT NULL, started TEXT NOT NULL,
        PRIMARY KEY (contract, target, row, label)
    ) WITHOUT ROWID;
    """,
)
VERSION: Final = len(STEPS)


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of a file; 0 if it has no tables, -1 if it is not a history."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not names and application in {0, APPLICATION}:
        return 0
    if application != APPLICATION or "schema_version" not in names:
        return -1
    (version,) = connection.execute("SELECT max(version) FROM schema_version").fetchone()
    return version if isinstance(version, int) else -1


def migrate(connection: sqlite3.Connection, version: int, now: str) -> None:
    """Migrate a file from `version` to `VERSION` within the caller's transaction."""
    if version == 0:
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
    for number in range(version + 1, VERSION + 1):
        for statement in STEPS[number - 1].split(";"):
            if statement.strip():
                connection.execute(statement)
        connection.execute("INSERT INTO schema_version VALUES (?, ?)", (number, now))


PATIENCE: Final = 60.0
"""Seconds to wait for the transaction of another job, which takes milliseconds."""
_MAGIC: Final = b"SQLite format 3\0"
_HINT: Final = "give another file, or move this one away; it was left as it is"
_FULL_OR_FORBIDDEN: Final = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM}
)


@contextmanager
def transaction(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection in a transaction that is committed at the end of the block, or rolled back if it raises.

    A missing file is created, an older one migrated. Raises ConfigError for a file that is damaged, not a history or
    newer than this suite, and OutputError if the disk or another job prevents writing.
    """
    _check_header(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)) as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            # Lock for writing at once, because upgrading a read lock may fail instead of waiting.
            connection.execute("BEGIN IMMEDIATE")
            _check(connection, path)
            yield connection
            connection.execute("COMMIT")  # closing the connection rolls back the rest
            _write_ahead(connection)
    except sqlite3.Error as error:
        raise _convert_error(path, error) from None
    except UnicodeDecodeError:
        raise ConfigError([Problem(str(path), "is damaged: a text in it is not UTF-8", _HINT)]) from None
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror or error}") from None


def _check_header(path: Path) -> None:
    """Refuse other files before SQLite opens them, because it may treat them as empty databases."""
    if (refused := refuse_file(path)) is not None:
        raise ConfigError([Problem(str(path), refused, "give a file")])
    try:
        if not path.exists():
            return
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except OSError as error:
        raise ConfigError([Problem(str(path), f"cannot be read: {error.strerror}", "give a file")]) from None
    if start and start != _MAGIC:
        raise ConfigError([Problem(str(path), "is not a history: no SQLite file at all", _HINT)])


def _check(connection: sqlite3.Connection, path: Path) -> None:
    version = version_of(connection)
    if version < 0:
        raise ConfigError([Problem(str(path), "is not a history: an SQLite file of another program", _HINT)])
    if version > VERSION:
        what = f"is a history of version {version}, and this suite knows versions up to {VERSION}"
        raise ConfigError([Problem(str(path), what, "use the newer suite that wrote it")])
    if version:
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise ConfigError([Problem(str(path), f"is damaged: {' '.join(str(found).split())}", _HINT)])
    migrate(connection, version, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    if (table := _find_odd_values(connection)) is not None:
        raise ConfigError([Problem(str(path), f"is damaged: its table {table} holds a value of another kind", _HINT)])


def _find_odd_values(connection: sqlite3.Connection) -> str | None:
    """Return a table with a value of another type than its column's, which SQLite allows, or an unknown verdict."""
    verdicts = ", ".join(f"'{one.value}'" for one in Verdict)
    for table in ("runs", "rows", "choices", "tried"):
        odd = []
        for _, column, kind, *_ in connection.execute(f"PRAGMA table_info({table})"):
            odd.append(f"typeof({column}) <> '{kind.lower()}'")
            odd += [f"verdict NOT IN ({verdicts})"] if column == "verdict" else []
        if connection.execute(f"SELECT 1 FROM {table} WHERE {' OR '.join(odd)} LIMIT 1").fetchone():  # noqa: S608 - names of ours
            return table
    return None


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let readers not wait for writers; skip that if another job has locked the file."""
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if (error.sqlite_errorcode & 0xFF) not in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise


def _convert_error(path: Path, error: sqlite3.Error) -> ConformanceError:
    if isinstance(error, sqlite3.IntegrityError):
        return InternalError(f"{path}: these results cannot be kept: {error}")
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return OutputError(f"{path}: another job has kept it locked for {PATIENCE:.0f} s")
    if code in _FULL_OR_FORBIDDEN:
        return OutputError(f"{path}: {error}")
    return ConfigError([Problem(str(path), f"is damaged: {error}", _HINT)])
