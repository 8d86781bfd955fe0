"""The ledger: on disk before a request leaves, readable after a kill, and refused where it is none."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from conformance.engine.journal import (
    LEDGER_FILE,
    Ledger,
    LedgerEntry,
    draw_run_id,
    find_suite_names,
    has_run_name,
    names_another_run,
    open_ledger,
    read_open_entries,
)
from conformance.errors import ConfigError, OutputError


def entry(**more: Any) -> LedgerEntry:
    return LedgerEntry(**{"contract": "c", "base_url": "http://h", "operation": "add", **more})


def test_an_entry_is_on_the_disk_before_anything_else_happens(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "deep" / LEDGER_FILE)
    name = ledger.record_intent(entry(names=("conformance-1",)))
    (found,) = read_open_entries(tmp_path / "deep" / LEDGER_FILE)
    assert (found.id, found.names, found.made) == (name, ("conformance-1",), False)
    ledger.record_created(name, {"url": "u"})
    (found,) = read_open_entries(tmp_path / "deep" / LEDGER_FILE)
    assert (found.captures, found.made) == ({"url": "u"}, True)
    ledger.record_undone(name)
    assert read_open_entries(tmp_path / "deep" / LEDGER_FILE) == ()


def test_a_line_that_was_cut_short_hides_no_other(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / LEDGER_FILE)
    ledger.record_intent(entry())
    with (tmp_path / LEDGER_FILE).open("a") as file:
        file.write('{"open": {"contr')
    assert len(read_open_entries(tmp_path / LEDGER_FILE)) == 1


def test_two_ledgers_on_one_file_keep_their_entries_apart(tmp_path: Path) -> None:
    one, two = Ledger(tmp_path / LEDGER_FILE), Ledger(tmp_path / LEDGER_FILE)
    first, second = one.record_intent(entry()), two.record_intent(entry())
    one.record_undone(first)
    assert [each.id for each in read_open_entries(tmp_path / LEDGER_FILE)] == [second]


def test_only_names_of_our_own_are_recognised() -> None:
    value = {"subject": "conformance-ab12", "file": ["conformance-refused.png."], "x": "Conformance", "n": 1}
    assert list(find_suite_names(value)) == ["conformance-ab12", "conformance-refused.png"]


def test_a_line_written_after_one_that_was_cut_short_is_read(tmp_path: Path) -> None:
    path = tmp_path / LEDGER_FILE
    path.write_text('{"open": {"contr')
    Ledger(path).record_intent(entry())
    assert [one.operation for one in read_open_entries(path)] == ["add"]


@pytest.mark.parametrize(
    "data",
    [
        bytes(range(256)),
        b"\0" * 100,
        b"not a ledger",
        b"[]\n",
        b'{"other": 1}\n',
        b'{"open": 5}\n',
        b'{"open": {"id": 1}}\n',
        b'{"open": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n",
    ],
    ids=["bytes", "zeros", "text", "list", "member", "number", "incomplete", "deep"],
)
def test_what_is_no_ledger_is_said(tmp_path: Path, data: bytes) -> None:
    (tmp_path / LEDGER_FILE).write_bytes(data)
    with pytest.raises(ConfigError, match=r"ledger\.jsonl:1: this is no line of a ledger"):
        read_open_entries(tmp_path / LEDGER_FILE)


@pytest.mark.parametrize("leads_to", ["/dev/zero", "/nowhere", LEDGER_FILE])
def test_what_is_no_plain_file_is_no_ledger_either(tmp_path: Path, leads_to: str) -> None:
    (tmp_path / LEDGER_FILE).symlink_to(leads_to)
    with pytest.raises(
        ConfigError, match=r"ledger\.jsonl: (is no plain file|cannot be read|is a link that leads to itself)"
    ):
        read_open_entries(tmp_path / LEDGER_FILE)


def test_a_run_puts_what_is_no_ledger_aside_and_says_so(tmp_path: Path) -> None:
    (tmp_path / LEDGER_FILE).write_bytes(b"not a ledger")
    _, (warning,) = open_ledger(tmp_path, "http://h")
    assert warning.endswith("it is kept as ledger.unreadable")
    assert (tmp_path / "ledger.unreadable").read_bytes() == b"not a ledger"


def test_an_empty_ledger_is_one(tmp_path: Path) -> None:
    (tmp_path / LEDGER_FILE).write_bytes(b"")
    assert read_open_entries(tmp_path / LEDGER_FILE) == ()


def test_no_two_runs_draw_the_same_id() -> None:
    assert len({draw_run_id() for _ in range(200)}) == 200


def test_what_is_left_on_a_target_is_found_whatever_its_name(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    name = ledger.record_intent(LedgerEntry("shop", "http://h", "add"))
    ledger.record_created(name, {"url": "http://h/a\u2028b\x85c"})
    ledger.record_undone(ledger.record_intent(LedgerEntry("shop", "http://h", "add")))
    ledger.close()
    (left,) = read_open_entries(tmp_path / "ledger.jsonl")
    assert (left.id, left.made, left.captures) == (name, True, {"url": "http://h/a\u2028b\x85c"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("conformance-abc123-0123456789ab", False),
        ("see conformance-zzz999-0123456789ab.png", True),
        ("conformance-abc123-0123456789ab conformance-zzz999-0123456789ab", True),
        ("conformance-report", False),
    ],
)
def test_the_names_of_another_run_are_told_apart(text: str, expected: bool) -> None:
    assert names_another_run(text, "conformance-abc123") is expected


def test_where_the_disk_takes_half_a_line_nothing_may_be_created(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[: len(data) // 2]))
    with pytest.raises(OutputError, match="No space left"):
        Ledger(tmp_path / LEDGER_FILE).record_intent(entry())


def test_a_ledger_is_emptied_only_where_nobody_writes_to_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / LEDGER_FILE)
    ledger.record_undone(ledger.record_intent(entry()))
    open_ledger(tmp_path, "http://h")
    assert (tmp_path / LEDGER_FILE).stat().st_size > 0
    ledger.close()
    open_ledger(tmp_path, "http://h")
    assert (tmp_path / LEDGER_FILE).stat().st_size == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("conformance-abc123-0123456789ab", True),
        ("conformance-abc123-0123456789abbbbbbb", True),  # as `length-37` makes it
        ("conformance-abc123-0123456789abb and more", True),
        ("conformance-abc123-0123456789abc", False),
        ("conformance-abc123-0123456789abbbx", False),
        ("conformance-abc123-0123456789a", False),
    ],
)
def test_a_name_of_a_run_is_known_also_where_it_was_made_longer(text: str, expected: bool) -> None:
    assert has_run_name(text) is expected
    assert names_another_run(text, "conformance-xyz789") is expected
    assert not names_another_run(text, "conformance-abc123")
