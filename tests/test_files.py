"""A file that is written is whole or is not there; a file that is read is a plain one, up to a bound."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conformance.errors import ConfigError, OutputError
from conformance.files import append_to_job_summary, read_text, write_text


def test_a_file_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.txt"
    write_text(path, "old")
    write_text(path, "new \ud800")
    assert path.read_bytes() == b"new \\ud800"
    assert [one.name for one in path.parent.iterdir()] == ["a.txt"]


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def fail(self: Path, *_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OutputError, match=r"a\.txt: No space left on device"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]


def test_what_is_no_plain_file_is_written_to(tmp_path: Path) -> None:
    write_text(Path(os.devnull), "text")
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize("path", [os.devnull, "/dev/zero", "/", "/nowhere/at/all"])
def test_what_is_no_plain_file_is_not_read(path: str) -> None:
    with pytest.raises(ConfigError, match=path):
        read_text(Path(path))


def test_a_file_of_more_than_half_a_gigabyte_is_refused_without_being_read(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.truncate((512 << 20) + 1)
    with pytest.raises(ConfigError, match="holds more than 512 MiB"):
        read_text(tmp_path / "a")


def test_a_file_is_read_up_to_a_bound(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 10)
    assert read_text(tmp_path / "a", most=10) == "xxxxxxxxxx"
    with pytest.raises(ConfigError, match="holds more than 0 KiB"):
        read_text(tmp_path / "a", most=9)


def test_a_pipe_that_nobody_reads_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match="pipe: No such device"):
        write_text(tmp_path / "pipe", "text")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "pipe"))
    with pytest.raises(OutputError, match="GITHUB_STEP_SUMMARY: No such device"):
        append_to_job_summary(lambda: "text")
    with pytest.raises(ConfigError, match="is no plain file"):
        read_text(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_text(tmp_path / "pipe", "text")
    assert os.read(reader, 10) == b"text"
    os.close(reader)
