"""The tables of a history file, as the steps by which each version came from the one before.

A new file is made by all the steps, so that a migrated file and a new one cannot differ.
"""

from __future__ import annotations

import sqlite3
from typing import Final

__all__ = ["APPLICATION", "STEPS", "VERSION", "migrate", "version_of"]

APPLICATION: Final = 0x434F4E46
"""`CONF`, in the place that SQLite's file header has for the program a file belongs to."""

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
    # 2: which edition of the wording a row speaks, and answers that no row documents.
    """
    ALTER TABLE rows ADD COLUMN editions TEXT NOT NULL DEFAULT '';
    CREATE TABLE undocumented (
        run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, operation TEXT NOT NULL, status INTEGER NOT NULL,
        message TEXT NOT NULL, times INTEGER NOT NULL
    );
    CREATE INDEX undocumented_of_run ON undocumented (run);
    CREATE INDEX runs_of_target ON runs (contract, target, started);
    """,
)
VERSION: Final = len(STEPS)


def version_of(connection: sqlite3.Connection) -> int:
    """The version of the file; 0 for one without any table, -1 for one that is not a history."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not names and application in {0, APPLICATION}:
        return 0
    if application != APPLICATION or "schema_version" not in names:
        return -1
    (version,) = connection.execute("SELECT max(version) FROM schema_version").fetchone()
    return version if isinstance(version, int) else -1


def migrate(connection: sqlite3.Connection, version: int, now: str) -> None:
    """Takes a file of that version to `VERSION`, within the caller's transaction: all of it or nothing."""
    if version == 0:
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
    for number in range(version + 1, VERSION + 1):
        for statement in STEPS[number - 1].split(";"):
            if statement.strip():
                connection.execute(statement)
        connection.execute("INSERT INTO schema_version VALUES (?, ?)", (number, now))
