"""A history is drawn as text and as a page: one line per row, a sign and a colour per run."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

from conformance.checks.model import Verdict
from conformance.history.forms import format_history
from conformance.history.model import HistoryCell, RowHistory, RunPoint, TargetHistory
from conformance.history.store import append_results, read_history
from tests.report.made_up import map_text, sample_results

EVIL = "<script>alert(1)</script>\x1b[2J\u202e\ud800"


def over_time(*verdicts: str, suffix: str = "") -> tuple[TargetHistory, ...]:
    days = [f"2026-11-{n:02}T01:00:00Z" for n in range(1, len(verdicts) + 1)]
    cells = tuple(
        HistoryCell(day, Verdict(one), f"400 {one}{suffix}") if one else None
        for day, one in zip(days, verdicts, strict=True)
    )
    runs = tuple(
        RunPoint(n, day, Verdict.CONFORMS, 9, 1.5, "standard", "s 1", partial=False) for n, day in enumerate(days)
    )
    choices = (("a/b", f"limit=+5{suffix}", ((days[0], "accepted"), (days[-1], f"refused{suffix}"))),)
    return (TargetHistory("c", f"staging{suffix}", runs, (RowHistory("a/b", "a", 1, cells),), choices),)


def test_text_has_a_sign_for_each_run_and_says_since_when() -> None:
    reported = format_history(over_time("conforms", "violates", "", "conforms", "not-exercised", "violates"))
    assert "a/b  ✓✗·✓○✗  violates since 2026-11-06T01:00:00Z; changed back 2 times" in reported
    assert "2026-11-06T01:00:00Z  refused" in reported


def test_of_a_long_choice_the_text_shows_200_characters() -> None:
    reported = format_history(over_time("conforms", "violates", suffix="y" * 300))
    choice = [len(line.strip()) for line in reported.splitlines() if "limit=" in line or "refused" in line]
    assert choice == [len("a/b ") + 200, len("2026-11-02T01:00:00Z  ") + 200]


def test_the_page_tells_each_run_by_sign_colour_and_words() -> None:
    page = format_history(over_time("conforms", "violates", "violates"), "html")
    assert page.count('<i class="cf-violates" title=') == 2
    assert "conforms in 1 run, violates in 2 runs" in page


def test_what_a_violating_row_was_answered_is_no_change_of_its_wording() -> None:
    assert "wording changed" not in format_history(over_time("conforms", "violates"))
    assert "wording changed 2026-11-02" in format_history(over_time("conforms", "drifts"))


def test_the_text_shows_sixty_runs() -> None:
    text = format_history(over_time(*["conforms"] * 61))
    assert ("the newest 60 runs are shown" in text, "✓" * 60 in text, "✓" * 61 in text) == (True, True, False)


def test_the_page_shows_a_year_of_nights() -> None:
    page = format_history(over_time(*["conforms"] * 400), "html")
    lines = 2  # of the run, and of its only row
    assert (page.count('<i class="cf-conforms" title='), "conforms in 366 runs" in page) == (lines * 366, True)


def test_the_newest_run_says_what_was_not_exercised_excused_and_explored(tmp_path: Path) -> None:
    append_results(tmp_path / "history.sqlite", replace(sample_results(), partial=True))
    text = format_history(read_history(tmp_path / "history.sqlite"))
    shown = (
        "newest: violates; 1 row not exercised; 1 known deviation; exploration found deviations in 1 operation;"
        " broken off"
    )
    assert shown in text


def test_the_page_shows_first_what_violates_and_what_changed_last() -> None:
    page = format_history(over_time("conforms", "violates"), "html")
    assert page.index("What violates now, and what changed last") < page.index('<th scope="col"')
    assert "What violates now" not in format_history(over_time("conforms", "conforms"), "html")


def test_an_empty_history_is_said() -> None:
    assert "no such run" in format_history(())
    assert "no such run" in format_history((), "html")


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)


def test_hostile_text_does_no_harm() -> None:
    evil = over_time("conforms", "violates", suffix=EVIL)
    elements = Elements()
    elements.feed(format_history(evil, "html"))
    assert elements.seen.count("script") == 1
    for written in (format_history(evil, "html"), format_history(evil)):
        written.encode()
        assert "\x1b" not in written
        assert "\u202e" not in written


def test_what_a_run_with_hostile_text_left_in_a_file_can_be_drawn(tmp_path: Path) -> None:
    evil = map_text(sample_results(), lambda text: text + EVIL)
    append_results(tmp_path / "h.sqlite", replace(evil, started="2026-11-22T01:00:00Z"))
    format_history(read_history(tmp_path / "h.sqlite"), "html").encode()
