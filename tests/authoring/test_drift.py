"""A page of today is held against the cases: rows that are new, gone, moved or reworded, each with both texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from click.testing import CliRunner

from conformance.authoring.drift import Drift, compare_pages
from conformance.authoring.error_rows import find_error_tables
from conformance.authoring.read_page import read_page
from conformance.cli import group
from conformance.contract.loader import read_contract
from conformance.contract.messages import list_wordings
from conformance.errors import ConfigError

PAGES = Path(__file__).parent / "pages"
CASES = Path(__file__).parents[2] / "cases"
MICROCMS = (PAGES / "microcms.md").read_text(encoding="utf-8")


_MEDIA = MICROCMS.index("## Media, GET")
PAGE_OF_LIKE = MICROCMS[:_MEDIA] + MICROCMS[_MEDIA:].replace("Limit: must be no less than 0.", "limit is too low", 1)
"""A page that words a row otherwise whose `expect` is that of another row, and not that other row."""


def drifts(folder: Path, text: str) -> list[Drift]:
    page = folder / "page.md"
    page.write_text(text, encoding="utf-8")
    contract = read_contract(CASES / "microcms-management")
    return list(compare_pages(contract, {"page.md": find_error_tables(read_page(str(page)))}))


def line_of(text: str, message: str) -> str:
    return next(line for line in text.splitlines() if message in line)


@pytest.mark.parametrize(("name", "page"), [("microcms-management", "microcms.md"), ("kuroco", "kuroco.txt")])
def test_the_shipped_contracts_are_what_their_documents_say(name: str, page: str) -> None:
    tables = find_error_tables(read_page(str(PAGES / page)))
    assert compare_pages(read_contract(CASES / name), {page: tables}) == ()


def test_a_reworded_message_is_shown_with_both_texts(tmp_path: Path) -> None:
    (one,) = drifts(tmp_path, MICROCMS.replace("`Member not found`", "`No such member`"))
    assert (one.kind, one.what, one.ours, one.theirs) == ("changed", "message", "Member not found", "No such member")
    assert one.contract is not None
    assert one.page is not None
    assert one.contract.id == "members-get/member-not-found"
    assert one.page.where == f"page.md:{len(MICROCMS.splitlines())}"


def test_another_status_is_shown_with_both(tmp_path: Path) -> None:
    (one,) = drifts(tmp_path, MICROCMS.replace("| 403 | `Forbidden`", "| 401 | `Forbidden`"))
    assert (one.kind, one.what, one.ours, one.theirs) == ("changed", "status", "403", "401")


def test_a_row_that_the_page_no_longer_has_is_gone(tmp_path: Path) -> None:
    (one,) = drifts(tmp_path, MICROCMS.replace(line_of(MICROCMS, "`medium not found`") + "\n", ""))
    assert one.contract is not None
    assert (one.kind, one.contract.id) == ("gone", "media-delete/medium-not-found")


def test_a_row_that_the_cases_do_not_have_is_new(tmp_path: Path) -> None:
    known = line_of(MICROCMS, "`Forbidden`")
    (one,) = drifts(tmp_path, MICROCMS.replace(known, f"{known}\n| 409 | `Edited meanwhile` | Situation 33 |"))
    assert one.page is not None
    assert (one.kind, one.page.row.status, one.page.row.messages) == ("new", 409, (("Edited meanwhile", None),))


def test_a_row_that_stands_elsewhere_has_moved(tmp_path: Path) -> None:
    line = line_of(MICROCMS, "`Too Many Requests`")
    (one,) = drifts(tmp_path, MICROCMS.replace(f"{line}\n", "").rstrip() + f"\n{line}\n")
    assert one.contract is not None
    assert (one.kind, one.contract.id) == ("moved", "common/too-many-requests")


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        ({"status": None}, {"moved"}),
        ({"messages": (("Too Many Request", None),)}, {"new", "gone"}),
        ({"status": 400}, {"new", "gone"}),
    ],
    ids=["no-status", "reworded", "other-status"],
)
def test_a_row_has_moved_only_where_it_is_surely_the_same(change: dict[str, Any], kinds: set[str]) -> None:
    common, *others = find_error_tables(read_page(str(PAGES / "microcms.md")))
    (row,) = [one for one in common.rows if one.messages[0][0] == "Too Many Requests"]
    before = replace(common, rows=tuple(one for one in common.rows if one is not row))
    last = replace(others[-1], rows=(*others[-1].rows, replace(row, **change)))
    found = compare_pages(read_contract(CASES / "microcms-management"), {"page.md": (before, *others[:-1], last)})
    assert {one.kind for one in found} == kinds


@pytest.mark.parametrize(("code", "kinds"), [("P3", {"moved"}), ("P1", {"gone", "new"})])
def test_a_row_whose_code_no_other_has_has_moved_though_the_page_has_no_messages(
    code: str, kinds: set[str], tmp_path: Path
) -> None:
    """It was gone at its place and new at the other."""
    lines = [f"| P{number} | Cause {number} |\n" for number in (1, 2, 3)]
    page = tmp_path / "errors.md"
    page.write_text("".join(["# Errors\n\n| Error code | Cause |\n|-|-|\n", *lines]))
    arguments = ["new", "shop", "--from", str(page), "--output", str(tmp_path)]
    assert CliRunner().invoke(group, arguments, catch_exceptions=False, standalone_mode=False).return_value == 0
    (table,) = find_error_tables(read_page(str(page)))
    moved = replace(table, rows=(replace(table.rows[2], code=code), *table.rows[:2]))
    found = compare_pages(read_contract(tmp_path / "shop"), {"errors.md": [moved]})
    assert {one.kind for one in found} == kinds


def test_a_row_with_only_a_cause_is_found_again(tmp_path: Path) -> None:
    page = tmp_path / "errors.md"
    page.write_text("# Errors\n\n| Status | Meaning |\n|-|-|\n| `404` | None |\n| `500-599` | It failed |\n")
    arguments = ["new", "shop", "--from", str(page), "--output", str(tmp_path)]
    assert CliRunner().invoke(group, arguments, catch_exceptions=False, standalone_mode=False).return_value == 0
    tables = find_error_tables(read_page(str(page)))
    assert [row.status for row in tables[0].rows] == [404, None]
    assert compare_pages(read_contract(tmp_path / "shop"), {"errors.md": tables}) == ()


CAUSES = {
    "errors.md": "# Errors\n\n| Code | Description |\n|-|-|\n| 1001 | The order was not found |\n| 1002 | No key |\n",
    "errors.html": (
        "<h1>Errors</h1><table><tr><th>Code<th>Description</tr>\n<tr><td>1001<td>The order was not found</tr>\n"
        "<tr><td>1002<td>No key was sent</tr></table>"
    ),
    "errors.csv": "code,description\n1001,The order was not found\n1002,No key was sent\n",
    "errors.txt": "Code\nDescription\n1001\nThe order was not found\n1002\nNo key was sent\n1003\nIt is too late\n",
}
"""Pages that give errors only causes."""


def drifts_of(folder: Path, name: str, before: str, after: str) -> list[Drift]:
    page = folder / name
    page.write_text(before)
    arguments = ["new", "shop", "--from", str(page), "--output", str(folder)]
    assert CliRunner().invoke(group, arguments, catch_exceptions=False, standalone_mode=False).return_value == 0
    page.write_text(after)
    return list(compare_pages(read_contract(folder / "shop"), {name: find_error_tables(read_page(str(page)))}))


@pytest.mark.parametrize("name", CAUSES)
def test_a_reworded_cause_is_shown_with_both_texts(tmp_path: Path, name: str) -> None:
    """Only messages were compared, which many pages do not have."""
    after = CAUSES[name].replace("order was not found", "order was never found")
    (one,) = drifts_of(tmp_path, name, CAUSES[name], after)
    assert (one.kind, one.what, one.ours) == ("changed", "cause", "The order was not found")
    assert one.theirs == "The order was never found"
    assert one.page is not None
    assert one.page.where == f"{name}:{after[: after.index('never')].count(chr(10)) + (name != 'errors.txt')}"


@pytest.mark.parametrize("ours", ["Someone asks for an order of another shop", "The order"])
def test_a_cause_that_a_person_wrote_is_no_drift(tmp_path: Path, ours: str) -> None:
    page = CAUSES["errors.md"]
    assert drifts_of(tmp_path, "errors.md", page.replace("The order was not found", ours), page) == []


def test_a_row_with_only_a_status_and_a_cause_has_moved_to_another_table(tmp_path: Path) -> None:
    head, row = "| Status | Description |\n|-|-|\n", "| 404 | There is no order |\n"
    orders, shops = "# Orders\n\n" + head + "| 400 | No ID |\n", "\n# Shops\n\n" + head + "| 403 | Not yours |\n"
    (one,) = drifts_of(tmp_path, "errors.md", orders + row + shops, orders + shops + row)
    assert one.page is not None
    assert (one.kind, one.page.where) == ("moved", "errors.md:12")


@pytest.fixture
def drift(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    copytree(CASES, tmp_path / "cases")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str]:
        ran = CliRunner().invoke(group, ["drift", *arguments], catch_exceptions=False, standalone_mode=False)
        return ran.return_value, ran.output

    return run


def test_the_command_exits_with_1_where_something_differs(drift: Callable[..., tuple[int, str]]) -> None:
    assert drift("kuroco", str(PAGES / "kuroco.txt")) == (0, "15 rows on 1 page, 15 in the cases: nothing differs\n")
    Path("page.txt").write_text((PAGES / "kuroco.txt").read_text().replace("Title is required", "A title is needed"))
    code, lines = drift("kuroco", "page.txt")
    assert code == 1
    assert "topics-write/title-missing: changed: message (page.txt:13)" in lines
    assert "    cases  Title is required\n    page   A title is needed\n" in lines


def test_accepted_wordings_are_another_edition_and_the_old_ones_stay(drift: Callable[..., tuple[int, str]]) -> None:
    Path("page.md").write_text(
        MICROCMS.replace("`Member not found`", "`No such member`").replace("`invalid user id`", "`no user (xxx)`")
    )
    code, _ = drift("microcms-management", "page.md", "--accept", "--edition", "2027-01-01")
    assert code == 0
    contract = read_contract(Path("cases/microcms-management"))
    member, user = contract.row("members-get/member-not-found"), contract.row("contents-patch/invalid-user-id")
    assert member is not None
    assert user is not None
    assert [(one.text, one.edition) for one in member.case.expect.message or () if not isinstance(one, str)] == [
        ("Member not found", "2025-12-10"),
        ("No such member", "2027-01-01"),
    ]
    assert [one.text for one in user.case.expect.message or () if not isinstance(one, str)][-1] == "no user ({any})"
    assert drift("microcms-management", "page.md")[0] == 0


def test_an_accepted_cause_replaces_that_of_the_row(tmp_path: Path, drift: Callable[..., tuple[int, str]]) -> None:
    page = CAUSES["errors.md"]
    (_,) = drifts_of(tmp_path / "cases", "errors.md", page, page.replace("not found", "never found"))
    assert drift("shop", "cases/errors.md", "--accept")[0] == 0
    row = next(iter(read_contract(Path("cases/shop")).rows))
    assert row.case.cause == "The order was never found"
    assert drift("shop", "cases/errors.md") == (0, "2 rows on 1 page, 2 in the cases: nothing differs\n")


def test_a_page_without_errors_is_refused_by_name(drift: Callable[..., tuple[int, str]]) -> None:
    Path("page.md").write_text("# Prices\n\n| Plan | Price |\n|---|---|\n| A | 1 |\n")
    ran = CliRunner().invoke(group, ["drift", "kuroco", "page.md"])
    assert "page.md: no table of errors was found" in str(ran.exception)


def test_an_address_is_shown_without_its_key_and_pages_that_differ_only_in_it_are_all_read(
    drift: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {"http://h/errors?token=a-word": "kuroco.txt", "http://h/errors?token=another": "none"}
    pages = {
        address: ("text/plain", (PAGES / name).read_bytes() if name != "none" else b"")
        for address, name in texts.items()
    }
    monkeypatch.setattr("conformance.authoring.read_page.download", lambda url, _: pages[url])
    assert drift("kuroco", *texts) == (0, "15 rows on 2 pages, 15 in the cases: nothing differs\n")
    pages["http://h/errors?token=a-word"] = (
        "text/plain",
        (PAGES / "kuroco.txt").read_bytes().replace(b"Title is", b"It is"),
    )
    assert "http://h/errors?token=…:13" in drift("kuroco", *texts)[1]
    for command in (["drift", "kuroco"], ["new", "shop", "--output", "drafted", "--from"]):
        ran = CliRunner().invoke(group, [*command, "http://h/errors?token=another"])
        assert "http://h/errors?token=…: no table of errors was found" in str(ran.exception)


def test_an_accepted_wording_stays_with_its_row_where_others_share_its_wordings(
    drift: Callable[..., tuple[int, str]],
) -> None:
    page = (PAGES / "kuroco.txt").read_text()
    Path("page.txt").write_text(page.replace("郵便番号形式で入力してください。", "郵便番号の形ではありません。"))
    assert drift("kuroco", "page.txt", "--accept", "--edition", "new")[0] == 0
    contract = read_contract(Path("cases/kuroco"))
    new = {row.id: [one.text for one in list_wordings(row) if one.edition == "new"] for row in contract.rows}
    assert [row for row, texts in new.items() if texts] == ["topics-write/zip"]
    assert "message" not in Path("cases/kuroco/contract.yaml").read_text().partition("wordings:")[2]


def test_an_accepted_wording_of_a_row_that_is_like_another_stays_with_it(drift: Callable[..., tuple[int, str]]) -> None:
    Path("page.md").write_text(PAGE_OF_LIKE)
    assert drift("microcms-management", "page.md", "--accept", "--edition", "new")[0] == 0
    contract = read_contract(Path("cases/microcms-management"))
    new = {row.id: [one.text for one in list_wordings(row) if one.edition == "new"] for row in contract.rows}
    assert {row: texts for row, texts in new.items() if texts} == {
        "media-get/limit-below-minimum": ["limit is too low"]
    }
    before, after = (
        read_contract(one).row("media-get/limit-below-minimum") for one in (CASES / contract.name, contract.folder)
    )
    assert before is not None
    assert after is not None
    unsaid = {"message": None}
    assert after.case.expect.model_copy(update=unsaid) == before.case.expect.model_copy(update=unsaid)


def test_a_row_in_braces_that_is_like_another_is_named_where_its_wording_cannot_be_written(
    drift: Callable[..., tuple[int, str]],
) -> None:
    file = Path("cases/microcms-management/media-get.yaml")
    text = file.read_text()
    start, end = text.index("  - id: limit-below-minimum"), text.index("  - id: limit-above-maximum")
    row = "  - {id: limit-below-minimum, like: contents-get/limit-below-minimum}\n"
    file.write_text(text[:start] + row + text[end:])
    Path("page.md").write_text(PAGE_OF_LIKE)
    line = text[:start].count("\n") + 1
    with pytest.raises(ConfigError, match=f"{file}:{line}: `expect` is that of contents-get/limit-below-minimum"):
        drift("microcms-management", "page.md", "--accept")
