"""A history loses nothing, tells since when, and never overwrites a file that is not its own."""

from __future__ import annotations

import multiprocessing
import random
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.checks.model import Verdict
from conformance.errors import ConfigError, InternalError, OutputError
from conformance.history import database as schema
from conformance.history.database import APPLICATION, STEPS, VERSION
from conformance.history.model import HistoryCell, RowHistory
from conformance.history.store import Retention, append_results, delete_old_runs, read_history, read_last_tried
from conformance.results.model import Attempt, Choice, Results
from conformance.results.serialization import read_results
from tests.report.made_up import conforms, run_of, sample_results

ROW = "contents-get/offset-below-minimum"


def day(number: int, verdict: str = "conforms", wording: str = "400 no", **more: object) -> Results:
    sample = sample_results()
    row = replace(conforms(), verdict=Verdict(verdict), observed=wording, **more)
    run = run_of(sample.runs[0].contract, {"name": "staging", "base_url": "http://127.0.0.1:1"}, (row,))
    return replace(sample, runs=(run,), started=f"2026-11-{number:02}T01:00:00Z")


def only(path: Path) -> RowHistory:
    (target,) = read_history(path)
    (line,) = target.lines
    return line


def test_what_was_appended_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "history.sqlite"
    append_results(path, sample_results())
    micro, kuroco = read_history(path)
    assert (micro.contract, kuroco.contract) == ("microcms-management", "kuroco")
    assert [(row.id, row.verdict) for row in sample_results().runs[1].rows] == sorted(
        ((line.id, line.verdict) for line in kuroco.lines), reverse=True
    )
    (point,) = micro.runs
    assert (Verdict.VIOLATES, sample_results().runs[0].requests, "standard") == (
        point.verdict, point.requests, point.depth,
    )  # fmt: skip


def test_when_each_probe_was_tried_last_is_known(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    tried = [Attempt("example", "example", "", "as-promised"), Attempt("limit=-2", "boundary", "-2", "as-promised")]
    append_results(path, day(3, attempts=tuple(tried[:1])))
    append_results(path, day(2, attempts=tuple(tried)))
    assert read_last_tried(path, "microcms-management", "staging") == {
        (ROW, "example"): "2026-11-03T01:00:00Z",
        (ROW, "limit=-2"): "2026-11-02T01:00:00Z",
    }
    assert read_last_tried(path, "microcms-management", "another") == {}


def test_a_line_tells_since_when_and_how_often_it_flickered(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    for number, verdict in enumerate(["conforms", "violates", "conforms", "not-exercised", "violates", "violates"], 1):
        append_results(path, day(number, verdict))
    line = only(path)
    assert (line.kept[0].started, line.since) == ("2026-11-01T01:00:00Z", "2026-11-05T01:00:00Z")
    assert line.flickers == 2


def test_one_mend_is_no_flicker() -> None:
    line = RowHistory(
        "a/b", "a", 1, tuple(HistoryCell(str(n), Verdict(v), "") for n, v in enumerate(["violates", "conforms"]))
    )
    assert line.flickers == 0


def test_a_line_tells_when_its_wording_changed_and_not_for_an_identifier(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    words = [f"400 no (1f0e6a52-0000-4000-8000-00000000000{n})" for n in (1, 2)]
    words += ["", "400 never"]
    for number, wording in enumerate(words, 1):
        append_results(path, day(number, wording=wording))
    line = only(path)
    assert line.wording_changed == "2026-11-04T01:00:00Z"
    assert [words[0], words[3]] == [text for _, text in line.wordings]


def test_choices_that_changed_are_told(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    for number, answer in enumerate(["accepted", "accepted", "refused"], 1):
        append_results(path, day(number, choices=(Choice("limit=+5", answer), Choice("limit=", "accepted"))))
    ((row, text, stretches),) = read_history(path)[0].choices
    assert (row, text) == (ROW, "limit=+5")
    assert stretches == (("2026-11-01T01:00:00Z", "accepted"), ("2026-11-03T01:00:00Z", "refused"))


def test_runs_written_out_of_order_are_read_in_the_order_of_their_start(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    for number in (3, 1, 2):
        append_results(path, day(number))
    assert [f"2026-11-0{n}T01:00:00Z" for n in (1, 2, 3)] == [run.started for run in read_history(path)[0].runs]


def _append_many(path: Path, days: Iterable[int]) -> None:
    for number in days:
        append_results(path, day(number))


def test_jobs_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    context = multiprocessing.get_context("fork")
    jobs = [context.Process(target=_append_many, args=(path, range(1 + 6 * n, 7 + 6 * n))) for n in range(4)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(60)
    assert [job.exitcode for job in jobs] == [0] * 4
    assert len(read_history(path)[0].runs) == 24
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_run_that_cannot_be_written_whole_is_not_written_at_all(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    append_results(path, day(1))
    twice = day(2)
    run = replace(twice.runs[0], rows=twice.runs[0].rows * 2)
    with pytest.raises(InternalError):
        append_results(path, replace(twice, runs=(run,)))
    assert len(read_history(path)[0].runs) == 1


def test_retention_keeps_days_or_runs_of_this_target_only(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    other = day(1)
    other = replace(other, runs=(replace(other.runs[0], target={"name": "production"}),))
    append_results(path, other)
    for number in range(1, 11):
        append_results(path, day(number), Retention(days=3))
    production, staging = read_history(path)
    assert (len(production.runs), len(staging.runs)) == (1, 4)
    append_results(path, day(11), Retention(runs=2))
    assert [run.started for run in read_history(path)[1].runs] == [
        "2026-11-10T01:00:00Z",
        "2026-11-11T01:00:00Z",
    ]
    with closing(sqlite3.connect(path)) as connection:
        orphans = connection.execute("SELECT count(*) FROM rows WHERE run NOT IN (SELECT id FROM runs)").fetchone()
    assert orphans == (0,)


@pytest.mark.parametrize(
    ("text", "keep"), [("90 days", Retention(days=90)), ("1d", Retention(days=1)), ("500 runs", Retention(runs=500))]
)
def test_retention_is_read_from_words(text: str, keep: Retention) -> None:
    assert keep == Retention.parse(text)


@pytest.mark.parametrize("text", ["", "0 days", "-1d", "ten runs", "90", "90 days runs"])
def test_what_is_no_retention_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--history-keep"):
        Retention.parse(text)


def version_1(path: Path) -> None:
    """A file as the first version wrote it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.executescript(STEPS[0])
        connection.execute("INSERT INTO schema_version VALUES (1, '2026-10-01T00:00:00Z')")
        connection.execute(
            "INSERT INTO runs VALUES (7, 'microcms-management', '2025-12-10', 'staging', 'http://127.0.0.1:1',"
            " '2026-10-01T01:00:00Z', 1.5, 11, 'drifts', 'standard', '0', 'conformance 0.0.1', 0)"
        )
        statement = "INSERT INTO rows VALUES (7, ?, 'contents-get', 4, 'drifts', 11, 1.5, '400 old', '')"
        connection.execute(statement, (ROW,))
        connection.execute("INSERT INTO choices VALUES (7, ?, 'limit=+5', 'accepted')", (ROW,))


def layout(path: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name")
        names = [name for (name,) in tables.fetchall()]
        return [(name, *map(str, connection.execute(f"PRAGMA table_info({name})").fetchall())) for name in names]


@pytest.mark.parametrize(
    ("started", "keep"),
    [
        ("2026-13-45", "1 days"),
        ("", "90d"),
        ("0001-01-01T00:00:00Z", "90 days"),
        ("2026-01-01T00:00:00Z", "999999 days"),
    ],
)
def test_a_time_that_is_none_and_one_before_all_times_delete_nothing(tmp_path: Path, started: str, keep: str) -> None:
    path = tmp_path / "history.sqlite"
    append_results(path, sample_results())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE runs SET started = ?", (started,))
        connection.commit()
        before = connection.execute("SELECT count(*) FROM runs").fetchone()
    delete_old_runs(path, Retention.parse(keep, "--keep"))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == before


def test_version_1_is_brought_to_the_newest_and_keeps_what_it_held(tmp_path: Path) -> None:
    old, new = tmp_path / "old.sqlite", tmp_path / "new.sqlite"
    version_1(old)
    append_results(old, replace(day(1), started="2026-11-01T01:00:00Z"))
    append_results(new, day(1))
    line = only(old)
    assert [(one.verdict, one.wording) for one in line.cells if one] == [("drifts", "400 old"), ("conforms", "400 no")]
    assert layout(new) == layout(old)
    with closing(sqlite3.connect(old)) as connection:
        versions = connection.execute("SELECT version FROM schema_version ORDER BY version").fetchall()
    assert versions == [(1,), (2,), (3,), (4,)]
    assert VERSION == 4


def test_a_migration_that_fails_leaves_the_file_in_its_old_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "h.sqlite"
    version_1(path)
    before = layout(path)
    broken = (STEPS[0], STEPS[1], STEPS[2] + "CREATE TABLE rows (x);")
    monkeypatch.setattr(schema, "STEPS", broken)
    with pytest.raises(ConfigError):
        append_results(path, day(1))
    assert before == layout(path)


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE runs (mine TEXT)")
        connection.commit()


def damaged(path: Path) -> None:
    for number in range(1, 20):
        append_results(path, day(number))
    whole = bytearray(path.read_bytes())
    draw = random.Random(1)
    whole[8192:] = draw.randbytes(len(whole) - 8192)
    path.write_bytes(whole)


def truncated(path: Path) -> None:
    for number in range(1, 20):
        append_results(path, day(number))
    path.write_bytes(path.read_bytes()[:10_000])


def newer(path: Path) -> None:
    append_results(path, day(1))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO schema_version VALUES (99, '2030-01-01T00:00:00Z')")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_bytes(b"# my notes, a year's work\n"), "no SQLite file"),
        (foreign, "another program"),
        (damaged, "damaged"),
        (truncated, "damaged"),
        (newer, "version 99"),
    ],
    ids=["notes", "foreign", "damaged", "truncated", "newer"],
)
def test_a_file_that_is_no_whole_history_of_ours_is_refused_and_left_as_it_was(tmp_path: Path, make, says) -> None:  # noqa: ANN001
    path = tmp_path / "h.sqlite"
    make(path)
    before = path.read_bytes()
    for attempt in (lambda: append_results(path, day(1)), lambda: read_history(path)):
        with pytest.raises(ConfigError, match=says):
            attempt()
    assert before == path.read_bytes()


def test_an_empty_file_is_a_history_not_yet_begun(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    path.touch()
    append_results(path, day(1))
    assert len(read_history(path)[0].runs) == 1


def test_a_history_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such history"):
        read_history(tmp_path / "none.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises((OutputError, ConfigError)):
        append_results(tmp_path / "file" / "h.sqlite", day(1))


def test_a_lone_surrogate_does_not_stop_a_run_from_being_kept(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    append_results(path, day(1, wording="400 \ud800\x00"))
    assert [cell.wording for cell in only(path).cells if cell] == ["400 \ufffd\x00"]


def test_last_reads_the_newest_runs_only(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    _append_many(path, range(1, 6))
    assert len(read_history(path, last=2)[0].lines[0].cells) == 2
    assert read_history(path, target="nobody") == ()


@pytest.mark.parametrize(
    "change",
    [
        "runs SET verdict = 'well'",
        "runs SET started = x'ff00'",
        "rows SET n = 'x'",
        "choices SET answer = x'00'",
    ],
)
def test_a_value_of_another_kind_is_a_damage_that_is_said(tmp_path: Path, change: str) -> None:
    path = tmp_path / "h.sqlite"
    append_results(path, read_results(Path(__file__).parents[1] / "results/format_1"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE {change}")
    with pytest.raises(ConfigError, match=rf"is damaged: its table {change.partition(' ')[0]} holds a value"):
        read_history(path)
