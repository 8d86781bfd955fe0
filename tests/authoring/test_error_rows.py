"""Error tables are found in pages of every form: tables, lists, sections about one status, cells that were lost."""

from __future__ import annotations

import json
from pathlib import Path
from time import thread_time
from typing import Any

import pytest

from conformance.authoring.blocks import DocumentPage, Heading, Paragraph, TableBlock, TableRow
from conformance.authoring.error_rows import find_error_tables
from conformance.authoring.error_tables import ErrorRow
from conformance.authoring.html_page import read_html
from conformance.authoring.read_page import read_page
from conformance.authoring.text_page import read_text_page
from conformance.errors import ConfigError

PAGES = Path(__file__).parent / "pages"


SPANNING = "<tr><td rowspan=100 colspan=100>400<td rowspan=100>m</tr>"
TEN_ERRORS = "<table><tr><th>Status<th>Message" + "".join(f"<tr><td>400<td>{n}" for n in range(10)) + "</table>"


def rows(name: str) -> list[ErrorRow]:
    return [row for table in find_error_tables(read_page(str(PAGES / name))) for row in table.rows]


def facts(row: ErrorRow) -> tuple[int | None, str, list[str], int]:
    return row.status, row.code, [text for text, _ in row.messages], row.line


def test_spans_of_an_html_table_are_written_out() -> None:
    first, second, third = rows("items.html")
    assert facts(first) == (400, "E1001", ["Bad value"], 3)
    assert facts(second) == (422, "E1002", ["Bad value"], 4)
    assert (first.field, second.field) == ("limit", "offset")
    assert facts(third) == (404, "not_found", [], 5)


@pytest.mark.parametrize("title", ["a", "400", "bad_thing"])
def test_time_grows_with_the_headings_of_a_page_and_not_with_their_square(title: str) -> None:
    page = DocumentPage("x", (Heading("Errors", 1), *(Heading(title, line, 2) for line in range(2, 3000))))
    start = thread_time()
    find_error_tables(page)
    assert thread_time() - start < 4


@pytest.mark.parametrize(
    "lines", ["  no_name\n      text\n", "Description\nA text\n", "404 Not Found Ask.\n", "|===\n"]
)
def test_time_grows_with_the_lines_of_a_page_and_not_with_their_square(lines: str) -> None:
    start = thread_time()
    find_error_tables(DocumentPage("errors.txt", read_text_page(lines * 2000)))
    assert thread_time() - start < 4


@pytest.mark.parametrize("part", ["<td>400</td>", "<tr><td>400<td>m</tr>", "<p>400 m", "<b a0=1%s>400</b>", SPANNING])
def test_time_grows_with_the_elements_and_attributes_of_a_page_and_not_with_their_square(part: str) -> None:
    text = (
        part % "".join(f" a{n}=1" for n in range(60_000))
        if "%s" in part
        else part * (300 if part == SPANNING else 8_000)
    )
    start = thread_time()
    [block] = read_html(f"<table><tr><th>Status<th>Message<tr><td>400<td>m{text}</table>")
    assert thread_time() - start < 2
    assert isinstance(block, TableBlock)


def test_more_errors_than_any_api_has_are_refused_by_the_name_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.authoring.error_rows._MOST_ERRORS", 9)
    with pytest.raises(ConfigError, match=r"page\.html: has more than 9 rows of errors; give the page"):
        find_error_tables(DocumentPage("page.html", read_html(TEN_ERRORS)))
    nine = DocumentPage("page.html", read_html(TEN_ERRORS.replace("<tr><td>400<td>9", "")))
    assert len(find_error_tables(nine)[0].rows) == 9


@pytest.mark.parametrize(("name", "part"), [("page.html", "<b>"), ("page.html", "<b\n"), ("page.txt", "<\n")])
def test_a_page_of_more_lines_and_tags_than_can_be_read_is_refused_by_name(
    name: str, part: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(f"{part * 250_001}\n")
    with pytest.raises(ConfigError, match=rf"{name}: has more than 250,000 lines and tags; give the part of it"):
        read_page(str(tmp_path / name))


@pytest.mark.parametrize("after", ["x" * 200_000, "\r\r\na\rb"])
def test_a_table_of_commas_ends_where_it_cannot_be_read(after: str, tmp_path: Path) -> None:
    path = tmp_path / "page.csv"
    path.write_bytes(f"status,message\n400,Nope\n401,No key\n{after}\n".encode())
    assert [row.status for table in find_error_tables(read_page(str(path))) for row in table.rows] == [400, 401]


def test_successes_are_left_out_and_sections_about_a_status_are_read() -> None:
    assert [(row.status, row.code) for row in rows("payments.md")] == [
        (400, "bad_request"),
        (401, "unauthorized"),
        (429, "rate_limited"),
        (404, ""),
        (402, "card_declined"),
        (402, "expired_card"),
        (400, "invalid_json"),
        (403, ""),
    ]


def test_a_list_says_status_code_message_and_cause() -> None:
    by_code = {row.code: row for row in rows("payments.md")}
    assert by_code["invalid_json"].messages == (("Could not parse JSON", None),)
    assert by_code["invalid_json"].cause == "The body is not JSON."
    assert by_code["card_declined"].cause == "the card was declined"


def test_numbers_under_errno_are_codes_and_no_statuses() -> None:
    found = [(row.status, row.code) for row in rows("numbers.rst")]
    assert found == [(401, "104"), (None, "105"), (401, "104"), (401, "105"), (400, "106"), (404, ""), (409, "")]


def test_titles_in_german_are_understood() -> None:
    first, second = rows("felder.csv")
    assert facts(first) == (400, "E1", ["Feld %s fehlt"], 2)
    assert first.cause == "Pflichtfeld"
    assert facts(second) == (404, "E2", ["Nicht gefunden"], 3)


Fact = tuple[int | None, str, str]
"""Status, code, and message or else cause."""

FORMS: dict[str, list[Fact]] = {
    "forms.html": [
        (409, "AlreadyThere", "It is there already."),
        (503, "Busy", "Come again."),
        (503, "Closing", "Come again."),
        (402, "no_money", "The account is empty."),
        (500, "", "Server errors"),
        (502, "", "Server errors"),
        (400, "invalid_name", "Names are letters"),
        (409, "name_taken", "Somebody has it (HTTP 409)."),
        (410, "gone", "Too late"),
        (503, "asleep", "Good night"),
        (None, "", "no such key"),
        (None, "", "The store is too full"),
    ],
    "forms.md": [
        (None, "NAME_UNKNOWN", "no such name"),
        (400, "", "wrong"),
        (404, "", "none"),
        (429, "", "Too Many Requests"),
        (None, "50001", "The name is empty"),
        (409, "", "An update was rejected, see rev."),
        (499, "CANCELLED", "the client left"),
        (501, "NOT_BUILT", "not yet"),
        (None, "M_FORBIDDEN", "You may not."),
        (412, "", "Somebody else was faster."),
        (None, "-1001", "Try again."),
        (None, "-1002", "Too late."),
    ],
    "forms.rst": [
        (404, "", "No database of this name"),
        (400, "S1", "See names."),
        (500, "S2*", "It broke."),
        (403, "denied", "You may not"),
        (507, "", "The disk is full."),
    ],
    "forms.txt": [
        (400, "", "The name is wrong."),
        (503, "", "Service Unavailable"),
        (401, "E001", "No key"),
        (404, "E002", "None, or it was taken away"),
        (409, "2", "Conflict."),
        (415, "8", "Wrong type."),
        (422, "BAD_NAME", "The name has a digit"),
        (423, "LOCKED_NOW", "Somebody works on it"),
    ],
    "lines.txt": [
        (400, "name_missing", "Give a name."),
        (409, "box_full", "There is no room."),
        (418, "", "Short and stout"),
        (403, "", "not you"),
        (None, "1001", "wrong sign"),
    ],
    "forms.csv": [(400, "E1", "a;b"), (404, "E2", "c"), (200, "50007", "d")],
}


@pytest.mark.parametrize("page", FORMS)
def test_errors_are_found_in_every_form_and_nothing_else_is(page: str) -> None:
    found = [(row.status, row.code, row.messages[0][0] if row.messages else row.cause) for row in rows(page)]
    assert found == FORMS[page]


def test_lost_cells_are_put_under_their_columns() -> None:
    found = rows("kuroco.txt")
    assert len(found) == 15
    no_group = found[4]
    assert (no_group.status, no_group.code) == (None, "bad_request")
    assert no_group.messages == (("コンテンツ定義は存在しません。", "ja"), ("Content Structure does not exist.", "en"))
    assert [row.operation for row in found[4:7]] == ["insert / update"] * 3
    assert (found[5].field, found[6].field) == ("subject", "ext_col_xx")


def test_cells_that_became_paragraphs_are_a_table_again() -> None:
    cells = ["ステータスコード", "エラーメッセージ", "原因"]
    cells += ["400 Bad Request", "`no name`", "名前がない。", "404 Not Found", "`no item`", "ない。"]
    text = "\n\n".join(cells)
    page = DocumentPage("page.txt", read_text_page(text))
    (table,) = find_error_tables(page)
    assert [facts(row) for row in table.rows] == [(400, "", ["no name"], 7), (404, "", ["no item"], 13)]


def test_a_table_whose_rows_were_broken_is_read_by_its_bars() -> None:
    text = "Status | Message | Cause |\n|---|---|---|\n400 Bad Request |\n| Too long. |\n404 |\n| None. |\n"
    (table,) = find_error_tables(DocumentPage("page.txt", read_text_page(text)))
    assert [(row.status, row.cause, row.line) for row in table.rows] == [(400, "Too long.", 3), (404, "None.", 5)]


@pytest.mark.parametrize(
    "header", [("Name", "Size"), ("Plan", "Price", "Requests"), ("Parameter", "Type", "Description")]
)
def test_other_tables_are_no_error_tables(header: tuple[str, ...]) -> None:
    table = TableBlock(header, (TableRow(tuple("abc"[: len(header)]), 2),), 1)
    assert find_error_tables(DocumentPage("page.md", (table,))) == ()


def test_the_error_answers_of_an_openapi_document_are_rows(tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(
        "openapi: 3.1.0\ninfo: {title: Shop, version: '1'}\npaths:\n  /items:\n    get:\n      operationId: list\n"
        "      responses:\n        '200': {description: fine}\n        '400':\n          description: Bad limit\n"
        "          content:\n            application/json:\n              example: {code: bad, message: Wrong.}\n"
        "        5XX: {description: Ours}\n"
    )
    ((row, ours),) = [table.rows for table in find_error_tables(read_page(str(path)))]
    assert facts(row) == (400, "bad", ["Wrong."], 9)
    assert (row.operation, row.cause) == ("list", "Bad limit")
    assert (ours.status, ours.cause) == (None, "Ours")


def test_a_table_of_commas_needs_no_titles(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("-1,It is lent\n-2,It is sold\n")
    ((one, two),) = [table.rows for table in find_error_tables(read_page(str(tmp_path / "a.csv")))]
    assert (one.code, one.cause, two.code, two.cause) == ("-1", "It is lent", "-2", "It is sold")


JOINED = "CodeStatusMessage\nTOO_LONG400It is too long.\nNOT_FOUND404None."
PHRASED = "HTTP STATUS CODESDESCRIPTION\n404 Not FoundNone.\n409 ConflictAnother."
RANGES = f"HTTP STATUS CODESDESCRIPTION\n400-499Ours.\n500-599Theirs.\n\n{PHRASED}"
OWN = "2. Error codes\n701: No name\n702: No password\n703: None"
HALVES = """\
Code | Meaning | Details |
---|---|---|
403 | Forbidden |
No right. |
404 | Not Found | None. |
409 | Conflict | Other. |
"""
GOES_ON = "Error Code Error Description Details\n-1000 UNKNOWN Unknown. Ask the\nadministrator.\n-1001 REFUSED Refused."
TITLES = "400 Bad Request\nIt is wrong.401 Unauthorized\nNo key."
MEMBERS = "Field | Type | Description |\n---|---|---|\ncode | integer | HTTP status |\nerror | string | A text |"
ACTIONS = "CodeHTTPMeaningAction\nNO_KEY401No keySend one\nTOO_LATE429Too oftenWait"
PHRASED_STATUS = "Error codes\nCodeStatusDescription\n400Bad RequestThe name is wrong.\n404Not FoundThere is none."
DASHES = "| Code | Text | Cause |\n|——|—-|--|\n| 400\n| Bad Request | No name |\n| 404\n| Not Found | No item |"
NAMED = "Errors\n401 \u2014 Key\nIt is absent.\n409 \u2014 Name in use\nSomebody has it."
PHRASE_BELOW = "Errors\n403\nForbidden\nYou may not.\n404\nNot Found\nThere is none."
QUOTED = "Response codes\n'code' 'message' Problem\n0 Sent It is a success\n4 No key It is absent"
OWN_STATUS = "Error codes\nStatus CodeStatus Message\n405Wrong method\n10001No name"
CELLS = (
    "|\nHTTP status |\nCode |\nText |\n|---|---|---|\n|\n400 |\nNoName |\nGive one. |\n"
    "|\nLong |\nToo long. |\n|\n|\n404 |\nGone |\nNone. |"
)
WORDS_IN_LINES = "Error code Additional information\nthrottled Too often.\nnot_found None here."
NUMBERS_ALONE = "Error codes\n001\nNo key.\n002\nNo name."
CJK = "mc描述\nSUCCESS成功\nAUTH_101Key 不存在\nAUTH_103签名错误"
GLUED = "Home Docs Errors\nNames\nNAME-400-FIELDField is wrong\nNAME-404None of this name"
RUN_ON = "Errors\n200 - Success201 - Created400 - Bad Request (no name)404 - Not Found"
CUT = "| Code | Meaning |\n|---|---|\n| 409 | Conflict\nWith another. |\n| 410 | It was |"
SENTENCE = "An error: | Field | Description |\n|---|---|\nKey | A word |\n\n| Code | Meaning |\n|---|---|\n404 | Away |"
IN_BRACKETS = "Errors\nValidation errors (422)\n{\n}\nField Error\tCause\nName taken\tSomebody has it"
CLASS = "400 - Bad Request\nIt is wrong.\n5xx - Server error\nIt failed."

LABELS_BELOW = "Errors\n\nNO_NAME\nHTTP 400\nGive one.\nWhat to do: ask.\n\nNO_ITEM\nHTTP 404\nIt is gone."
TITLE_ABOVE = (
    "HTTP Status Codes\nStatus\nMeaning\n400\nBad Request: no name\n404\nNot Found: no item\nError Codes\n"
    "no_name\nGive one.\nno_item\nIt is gone."
)
BARE_CODES = (
    "Errors\nno_shelf there is no such shelf in this library\nbook_lent somebody has it, and it is to come back\n"
    "book_lost nobody knows where it is"
)
ROWS_IN_LINES = "Codes\n| Status | Meaning |\n|---|---|\n404 Not Found |\nNo item. |\n409 Conflict |\nIt is lent. |"
PHRASES_IN_LINES = "Status Code Message Details\n400 Bad Request No name.\n404 Not Found No item."
SENTENCES_IN_LINES = "コード メッセージ 意味\nE0001 名前がない。 名前を送らない\nE0002 鍵がない。 鍵を送らない"
PHRASE_OF_LIST = "Errors\n201 - made\n500 - Internal Server Error\n400 - no name\n404 - no item"
CELLS_OF_SHORT_CODES = (
    "About errors\n\nCode\n\nResponse Text\n\nCause\n\n01\n\nNo name\n\nIt is absent.\n\n02\n\nLent\n\nAnother has it."
)
LINES_OF_CODES = "Errors\nNO_NAME - Give one.\nNO_ITEM - There is none."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            TITLE_ABOVE,
            [
                (400, "", [], "no name"),
                (404, "", [], "no item"),
                (None, "no_name", [], "Give one."),
                (None, "no_item", [], "It is gone."),
            ],
        ),
        (LABELS_BELOW, [(400, "NO_NAME", [], "Give one."), (404, "NO_ITEM", [], "It is gone.")]),
        (ROWS_IN_LINES, [(404, "", [], "No item."), (409, "", [], "It is lent.")]),
        (PHRASES_IN_LINES, [(400, "", ["Bad Request"], "No name."), (404, "", ["Not Found"], "No item.")]),
        (
            SENTENCES_IN_LINES,
            [
                (None, "E0001", ["名前がない。"], "名前を送らない"),
                (None, "E0002", ["鍵がない。"], "鍵を送らない"),
            ],
        ),
        (PHRASE_OF_LIST, [(500, "", [], "Internal Server Error"), (400, "", [], "no name"), (404, "", [], "no item")]),
        (CELLS_OF_SHORT_CODES, [(None, "01", ["No name"], "It is absent."), (None, "02", ["Lent"], "Another has it.")]),
        (LINES_OF_CODES, [(None, "NO_NAME", [], "Give one."), (None, "NO_ITEM", [], "There is none.")]),
        (JOINED, [(400, "TOO_LONG", ["It is too long."], ""), (404, "NOT_FOUND", ["None."], "")]),
        (PHRASED, [(404, "", [], "None."), (409, "", [], "Another.")]),
        (RANGES, [(404, "", [], "None."), (409, "", [], "Another.")]),
        (OWN, [(None, "701", [], "No name"), (None, "702", [], "No password"), (None, "703", [], "None")]),
        (
            HALVES,
            [(403, "", [], "No right."), (404, "", [], "None."), (409, "", [], "Other.")],
        ),
        (
            GOES_ON,
            [(None, "-1000", [], "UNKNOWN Unknown. Ask the administrator."), (None, "-1001", [], "REFUSED Refused.")],
        ),
        (TITLES, [(400, "", [], "It is wrong."), (401, "", [], "No key.")]),
        (MEMBERS, []),
        (CELLS, [(400, "NoName", ["Give one."], ""), (None, "Long", ["Too long."], ""), (404, "Gone", ["None."], "")]),
        (WORDS_IN_LINES, [(None, "throttled", [], "Too often."), (None, "not_found", [], "None here.")]),
        (NUMBERS_ALONE, [(None, "001", [], "No key."), (None, "002", [], "No name.")]),
        (CJK, [(None, "AUTH_101", [], "Key 不存在"), (None, "AUTH_103", [], "签名错误")]),
        (
            BARE_CODES,
            [
                (None, "no_shelf", [], "there is no such shelf in this library"),
                (None, "book_lent", [], "somebody has it, and it is to come back"),
                (None, "book_lost", [], "nobody knows where it is"),
            ],
        ),
        (GLUED, [(None, "NAME-400-FIELD", [], "Field is wrong"), (None, "NAME-404", [], "None of this name")]),
        (RUN_ON, [(400, "", [], "no name"), (404, "", [], "Not Found")]),
        (CUT, [(409, "", [], "Conflict With another."), (410, "", [], "It was")]),
        (SENTENCE, [(404, "", [], "Away")]),
        (IN_BRACKETS, [(422, "", ["Name taken"], "Somebody has it")]),
        (CLASS, [(400, "", [], "It is wrong.")]),
        (ACTIONS, [(401, "NO_KEY", [], "No key"), (429, "TOO_LATE", [], "Too often")]),
        (PHRASED_STATUS, [(400, "", [], "The name is wrong."), (404, "", [], "There is none.")]),
        (DASHES, [(400, "", [], "No name"), (404, "", [], "No item")]),
        (NAMED, [(401, "", [], "It is absent."), (409, "", [], "Somebody has it.")]),
        (PHRASE_BELOW, [(403, "", [], "You may not."), (404, "", [], "There is none.")]),
        (QUOTED, [(None, "4", ["No key It is absent"], "")]),
        (OWN_STATUS, [(405, "", ["Wrong method"], ""), (None, "10001", ["No name"], "")]),
    ],
)
def test_pages_saved_as_text_are_read_however_their_cells_were_run_together(text: str, expected: list[Any]) -> None:
    tables = find_error_tables(DocumentPage("errors.txt", read_text_page(text)))
    found = [
        (row.status, row.code, [message for message, _ in row.messages], row.cause)
        for one in tables
        for row in one.rows
    ]
    assert found == expected


NUMBERED = "## 3. Bad input (400/422)\n\n| Code | Message | Cause |\n|-|-|-|\n| `NO_NAME` | Give one | It is absent |"
AND = "# Errors\n\n## 400 and 422\n\n| Message | Cause |\n|-|-|\n| Give one | It is absent |"
SAMPLES = """# Errors

It is gone.

```
HTTP/1.1 404 Not Found
{"error": {"code": "NoItem", "message": "None."}}
```

Status code: 409

Somebody has it.

```
{"error": {"code": "Taken", "message": "Another."}}
```
"""
OWN_SAMPLE = """# Errors

## 403 - FORBIDDEN

You may not.

### Answer

```
{"ErrorMessage": "No right"}
```

## Retry policy

| Status | How |
|-|-|
| 429 | Wait a second |
"""
LABELLED = (
    "# Errores\n\n# Código: E1_X\n\nDescripción: It broke\nHTTP: 500\n\n"
    "# Código: E2_X\n\nDescripción: It sleeps\nHTTP: 503"
)
FIELD_ERROR = "# Errors\n\n## Validation (422)\n\n| Field error | Cause |\n|-|-|\n| Name taken | Somebody has it |"
REASONS = (
    "| Status | Meaning | Description |\n|-|-|-|\n| 200 | OK | Fine |\n| 404 | Not Found | It is gone |\n"
    "| 422 | Validation Error | Faulty |"
)
VALUES = "| Code | Value |\n|-|-|\n| NO_DIRECTORY | 493 |\n| BROKEN | 500 |\n| NO_CONTENT | 204 |\n| NO_PROJECT | 592 |"
OPERATIONS = (
    "# Errors\n\n### User.Add\n\n| Code | Description |\n|-|-|\n| 1 | No name |\n\n"
    "### List.Add\n\n| Code | Description |\n|-|-|\n| 2 | No list |"
)
COLONS = "# Errors\n\n| Error code | Description |\n|-|-|\n| NoGrant: | There is none |"
PHRASES = "| Status | Meaning | Description |\n|-|-|-|\n| 404 | Not Found | It is gone |"
TWO_STATUSES = "| Code | Status | Description |\n|-|-|-|\n| NO_RIGHT | 400 403 | You may not |"
WORDS = (
    "# Errors\n\n#### `closed`\n**HTTP status:** 403\n\nIt is shut.\n\n#### `too_late`\n**HTTP status:** 409\n\nIt is."
)
ANY_OF = "# Errors\n\n| HTTP | Code | Meaning |\n|-|-|-|\n| 404 | `no-shop` or `no-item` | None is there |"
SEVERAL_CODES = "| Exception | Status | Code | When |\n|-|-|-|-|\n| `GoneException` | 410 | `TOO_LATE` | It was |"
TYPES = "| Status code | Type | Description |\n|-|-|-|\n| 404 | Not Found | It is gone |\n| 409 | Conflict | It is |"
COUNTED = "| id | error_code | http_status | message |\n|-|-|-|-|\n| 1 | no_key | 401 | Send a key |"
CODE_AFTER = "# Errors\n\n- `401` with code `TOO_LATE`."
HTTP_MESSAGE = "| Code | Message | Status | HTTP message |\n|-|-|-|-|\n| 7 | Give a name | 400 | Bad Request |"
RANGE = "| Value | Description |\n|-|-|\n| 404 | None |\n| 410 | It was |\n| 409 | It is |\n| 432-499 | Unassigned |"
UNTITLED = "| 코드 | 의미 | 언제 |\n|-|-|-|\n| 400 | Bad Request | It is wrong |\n| 404 | Not Found | It is gone |"
OWN_OK = "# Errors\n\n| Code | Meaning | Fix |\n|-|-|-|\n| 1 | OK | Nothing to fix |\n| 8 | Too many requests | Wait |"
NAME_IN_TEXT = "# Errors\n\n- `413`: The file that was sent is larger than `MAX_SIZE`."
NEGATIVE = "# Errors\n\n| Status code | Meaning |\n|-|-|\n| -101 | No user |\n| -404 | No item |"
LABELLED_ITEMS = (
    "# エラー\n\n### E-1 名前\n\n- **HTTPステータス**: 400\n- **原因**: 名前がない。\n\n"
    "### E-2 商品\n\n- **HTTPステータス**: 404\n- **原因**: 商品がない。"
)
RECORDS = (
    "# Errors\n\n### 409 Conflict\n\n| | |\n|-|-|\n| **Error** | `lent` |\n| **Message** | It is lent |\n| | |\n"
    "| **Error** | `sold` |\n| **Message** | It is sold |"
)
ACTIONS = "# Errors\n\n| Status | Recommended action |\n|-|-|\n| 409 | Wait until it is back |\n| 410 | Give up |"
ARGUMENT = "# Errors\n\n| Code | Message |\n|-|-|\n| 30001 | `shelf_number` is bad |\n| 30002 | `shelf` is gone |"
OTHER_TITLE = (
    "# Errors\n\n| Parameter | Required |\n|-|-|\n| 404 | Not Found - No book |\n| 409 | Conflict - It is lent |"
)
SEVERAL_ANSWERS = """# Errors

## Lent

It is with somebody.

```
// Status: 409
{"error": "Lent", "message": "Wait for it"} // (or ask)
```

## Two faults

```
{
  "status": 400, // always
  "message": "No shelf"
}
// or
{"status": 422, "message": "No such shelf"}
```
"""
TWO_WORDINGS = (
    "# Errors\n\n## Error 1100\n\n**Message**\n\nIt is lent.\n\n**User message**\n\nCome back later.\n\n"
    "## Error 1101\n\n**Message**\n\nIt is sold.\n"
)
NESTED = "# Errors\n\n- 410 - **Gone** - Nobody has it.\n    - errno 103 - It was sold\n    - errno 105 - It was lost"
NUMBERS = "# Error codes\n\n* 1 Missing shelf\n* 16 No such shelf\n* 2000 The book is lent"
BLANK_LINES = (
    "# Errors\n\n<Table>\n  <tr>\n    <th>\n        Code\n    </th>\n\n    <th>\n        Meaning\n    </th>\n"
    "  </tr>\n\n"
    "  <tr>\n    <td>\n        409\n    </td>\n\n    <td>\n        It is lent\n    </td>\n  </tr>\n</Table>\n"
)
NO_TITLES = (
    "# Errors\n\n| 200 - OK | Your request |\n|-|-|\n| 409 - Conflict | It is lent |\n| 410 - Gone | It is sold |"
)
CLASSES = (
    "# Errors\n\n| When | HTTP status | Response code | Error class |\n|-|-|-|-|\n"
    "| No key | 401 | UNAUTHORIZED | NoKeyError |\n| It is lent | 409 | CONFLICT | LentError |"
)
TOLD = """# Errors

## Closed

In winter every request is answered with HTTP 503:

```
{"code": "CLOSED", "message": "Come in spring"}
```

## Too many

More than ten are answered with HTTP **429**:

```
{"message": "Slower"}
```
"""
ZEROS = (
    "# Errors\n\n| Code | Status | Meaning |\n|-|-|-|\n| 0400 | 409 | Lent |\n| 0404 | 410 | Sold |\n"
    "| 0405 | 404 | Lost |"
)
NAMES_JA = (
    "# エラー\n\n| エラーコード | エラー名称 | エラー理由 |\n|-|-|-|\n| BOOK_LENT | 貸出中 | 他の人が借りています |"
)
HEADERS = "# Errors\n\n## TOO_OFTEN (429)\n\nWait.\n\n**Headers:**\n- `Retry-After`: seconds\n- `X-Left`: how many"


CODES_OF_A_STATUS = (
    "# API errors\n\n## 409 Conflict\n\n### `TAKEN`\n\nSomebody has it.\n\n### `NO_SHELF`\n\nIt is gone.\n\n"
    "## Recommended handling\n\n- `409`: wait.\n"
)
LISTED_ANSWERS = (
    '# Errors\n\n- A broken body:\n\n  ```\n  HTTP/1.1 400 Bad Request\n\n  {"errors": ["No JSON"]}\n  ```\n\n'
    '- A wrong field:\n\n  ```\n  HTTP/1.1 422 Unprocessable\n\n  {"message": "No name"}\n  ```\n\n'
    "Error code | Meaning\n---|---\n`no_name` | Give one.\n"
)
STATUS_AS_CODE = (
    '# Errors\n\n## Lent books\n\n```\n{\n  "code": 409, "errno": 7\n  "message": "It is lent"\n}\n```\n\n'
    '## Lost books\n\n```\n{"code": 410, "error": "Gone", "message": "It is lost"}\n```\n'
)
SAMPLES_OF_A_STATUS = (
    '# Errors\n\n## Faulty keys (401)\n\n### No key\n\n```\n{"code": "no_key", "message": "Send one"}\n```\n\n'
    '### An old key\n\n```\n{"code": "old_key", "message": "Renew it"}\n```\n'
)
LABELS_BELOW = "# Possible errors\n\n## The shelf is gone\n\n- errorID: 2\n- errorText: No shelf\n"
SECTIONS_IN_A_TABLE = (
    "# Errors\n\nMessage | How to fix\n---|---\n**Lent (status code 409)** |\n`It is lent` | Wait\n"
    "**Closed books (410)** |\n`It is sold` | Buy one\n"
)
TYPES_IN_A_TABLE = (
    "# Errors\n\nProperty | Type | Description\n---|---|---\n"
    "error | string | Its code\nmore | any | More\nat | number | When"
)
OPCODES = "# Opcodes and status codes\n\n## Opcodes\n\nCode | Meaning\n---|---\n10 | Lend\n11 | Return\n"
NUMBERED_ITEMS = "# Error codes\n\n* 32 A book was lent by POST\n* 64 Two books\n"
QUOTES_AS_CODE = '# Errors\n\nStatus | Default message\n---|---\n409 | `"It is lent"`\n'


LISTED = """\
# Errors
## 400 Bad Request
It is answered in these cases, for one of two reasons:

- No name.
- A name twice.

## 409 Conflict
It is there.
"""
WORDS_AS_REASONS = """\
# Errors
| HTTP code | Reason | Description |
| --- | --- | --- |
| 400 | BAD_NAME | It has a blank. |
| 404 | NO_ITEM | It is gone. |
"""
LOW_NUMBERS = """\
# Error codes
| Code | Description |
| --- | --- |
| 100 | No key |
| 102 | An old key |
| 200 | No name |
| 404 | No item |
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (NUMBERED, [(400, "NO_NAME", ["Give one"], "It is absent"), (422, "NO_NAME", ["Give one"], "It is absent")]),
        (AND, [(400, "", ["Give one"], "It is absent"), (422, "", ["Give one"], "It is absent")]),
        (SAMPLES, [(404, "NoItem", ["None."], "It is gone."), (409, "Taken", ["Another."], "Somebody has it.")]),
        (OWN_SAMPLE, [(403, "", ["No right"], "You may not.")]),
        (LABELLED, [(500, "E1_X", [], "It broke"), (503, "E2_X", [], "It sleeps")]),
        (FIELD_ERROR, [(422, "", ["Name taken"], "Somebody has it")]),
        (REASONS, [(404, "", [], "It is gone"), (422, "", [], "Faulty")]),
        (VALUES, [(493, "NO_DIRECTORY", [], ""), (500, "BROKEN", [], ""), (592, "NO_PROJECT", [], "")]),
        (OPERATIONS, [(None, "1", [], "No name"), (None, "2", [], "No list")]),
        (COLONS, [(None, "NoGrant", [], "There is none")]),
        (PHRASES, [(404, "", [], "It is gone")]),
        (TWO_STATUSES, [(400, "NO_RIGHT", [], "You may not"), (403, "NO_RIGHT", [], "You may not")]),
        (WORDS, [(403, "closed", [], "It is shut."), (409, "too_late", [], "It is.")]),
        (ANY_OF, [(404, "no-shop", [], "None is there"), (404, "no-item", [], "None is there")]),
        (SEVERAL_CODES, [(410, "TOO_LATE", [], "It was")]),
        (TYPES, [(404, "", [], "It is gone"), (409, "", [], "It is")]),
        (CODES_OF_A_STATUS, [(409, "TAKEN", [], "Somebody has it."), (409, "NO_SHELF", [], "It is gone.")]),
        (LISTED_ANSWERS, [(400, "", ["No JSON"], ""), (422, "", ["No name"], ""), (None, "no_name", [], "Give one.")]),
        (STATUS_AS_CODE, [(409, "7", ["It is lent"], "Lent books"), (410, "", ["It is lost"], "Lost books")]),
        (SAMPLES_OF_A_STATUS, [(401, "no_key", ["Send one"], "No key"), (401, "old_key", ["Renew it"], "An old key")]),
        (LABELS_BELOW, [(None, "2", ["No shelf"], "The shelf is gone")]),
        (SECTIONS_IN_A_TABLE, [(409, "Lent", ["It is lent"], ""), (410, "", ["It is sold"], "")]),
        (TYPES_IN_A_TABLE, []),
        (OPCODES, []),
        (NUMBERED_ITEMS, [(None, "32", [], "A book was lent by POST"), (None, "64", [], "Two books")]),
        (QUOTES_AS_CODE, [(409, "", ["It is lent"], "")]),
        (COUNTED, [(401, "no_key", ["Send a key"], "")]),
        (CODE_AFTER, [(401, "TOO_LATE", [], "with code.")]),
        (HTTP_MESSAGE, [(400, "7", ["Give a name"], "")]),
        (RANGE, [(404, "", [], ""), (410, "", [], "It was"), (409, "", [], "It is")]),
        (UNTITLED, [(400, "", [], "It is wrong"), (404, "", [], "It is gone")]),
        (OWN_OK, [(None, "8", [], "Too many requests")]),
        (NAME_IN_TEXT, [(413, "", [], "The file that was sent is larger than MAX_SIZE.")]),
        (NEGATIVE, [(None, "-101", [], "No user"), (None, "-404", [], "No item")]),
        (LABELLED_ITEMS, [(400, "E-1", [], "名前がない。"), (404, "E-2", [], "商品がない。")]),
        (HEADERS, [(429, "TOO_OFTEN", [], "Wait.")]),
        (RECORDS, [(409, "lent", ["It is lent"], ""), (409, "sold", ["It is sold"], "")]),
        (ACTIONS, [(409, "", [], "Wait until it is back"), (410, "", [], "Give up")]),
        (ARGUMENT, [(None, "30001", ["shelf_number is bad"], ""), (None, "30002", ["shelf is gone"], "")]),
        (OTHER_TITLE, [(404, "", [], "No book"), (409, "", [], "It is lent")]),
        (
            SEVERAL_ANSWERS,
            [
                (409, "Lent", ["Wait for it"], "It is with somebody."),
                (400, "", ["No shelf"], ""),
                (422, "", ["No such shelf"], ""),
            ],
        ),
        (ZEROS, [(409, "0400", [], "Lent"), (410, "0404", [], "Sold"), (404, "0405", [], "Lost")]),
        (NAMES_JA, [(None, "BOOK_LENT", ["貸出中"], "他の人が借りています")]),
        (BLANK_LINES, [(409, "", [], "It is lent")]),
        (NO_TITLES, [(409, "", [], "It is lent"), (410, "", [], "It is sold")]),
        (CLASSES, [(401, "UNAUTHORIZED", [], "No key"), (409, "CONFLICT", [], "It is lent")]),
        (
            TOLD,
            [
                (503, "CLOSED", ["Come in spring"], "In winter every request is answered with HTTP 503"),
                (429, "", ["Slower"], "More than ten are answered with HTTP 429"),
            ],
        ),
        (TWO_WORDINGS, [(None, "1100", ["It is lent."], ""), (None, "1101", ["It is sold."], "")]),
        (NESTED, [(410, "103", [], "It was sold"), (410, "105", [], "It was lost")]),
        (LISTED, [(400, "", [], "No name."), (400, "", [], "A name twice."), (409, "", [], "It is there.")]),
        (WORDS_AS_REASONS, [(400, "BAD_NAME", [], "It has a blank."), (404, "NO_ITEM", [], "It is gone.")]),
        (
            LOW_NUMBERS,
            [
                (None, "100", [], "No key"),
                (None, "102", [], "An old key"),
                (None, "200", [], "No name"),
                (None, "404", [], "No item"),
            ],
        ),
        (
            NUMBERS,
            [
                (None, "1", [], "Missing shelf"),
                (None, "16", [], "No such shelf"),
                (None, "2000", [], "The book is lent"),
            ],
        ),
    ],
)
def test_what_markdown_pages_write_otherwise_is_read_too(tmp_path: Path, text: str, expected: list[Any]) -> None:
    (tmp_path / "page.md").write_text(text)
    tables = find_error_tables(read_page(str(tmp_path / "page.md")))
    found = [(row.status, row.code, [said for said, _ in row.messages], row.cause) for t in tables for row in t.rows]
    assert found == expected


BUTTONS = (
    "<h3>Responses</h3><div><button><strong>200<!-- --> </strong><div><p>Fine.</p></div></button></div>"
    "<div><button><strong>404<!-- --> </strong><div><p>There is none.</p></div></button></div>"
)
TABS = (
    "<h2>Responses</h2><div><div>404</div><div>409</div></div><h3>404</h3><p>There is <b>none</b>.</p>"
    "<div><span>error</span><span>string</span></div><h3>409</h3><p>Taken.</p>"
)
ACCORDIONS = (
    '<h1>Errors</h1><accordion title="400 — no_name">Give <code>name</code>.</accordion>'
    '<accordion title="404 — missing">None.</accordion>'
)
CELLS_OF_ROLES = (
    "<h2>Errors</h2><div role=table><div role=row><div role=columnheader>Code</div><div"
    " role=columnheader>Meaning</div></div>"
    "<div role=row><div role=cell><p>no_name</p></div><div role=cell>Give one.</div></div></div>"
)
TITLES_OF_TITLES = (
    "<table><tr><th rowspan=2>Status</th><th colspan=2>Error</th></tr><tr><th>Code</th><th>Meaning</th></tr>"
    "<tr><td colspan=3>Names</td></tr><tr><td>400</td><td>E1</td><td>Give one.</td></tr></table>"
)
GRID = (
    "<ul><li><h1>Enum ErrorCode</h1><div><div>Enum Constant</div><div>Description</div><div><code>NO_NAME</code></div>"
    "<div>Give one.</div><div><code>NO_ITEM</code></div><div>There is <code>none</code>.</div></div></li></ul>"
)


SCHEMAS = (
    "<h3>400</h3><p>No name.</p><h4>Schema</h4><ul><li>error: string</li></ul>"
    '<pre>{"error": "no_name", "text": "Give one."}</pre><table><tr><td>code</td><td>string</td></tr>'
    "<tr><td>message</td><td>string</td></tr></table>"
)
EXCEPTIONS = (
    "<h1>Exceptions</h1><dl><dt><em>exception</em> <span>shop.</span><span>Gone</span><a>¶</a></dt><dd>It is gone "
    "(HTTP 410).</dd></dl>"
)
PANELS = (
    "<h2>Response</h2><div><button>200</button><button>404</button></div><div><span>200</span> <span>It is there."
    "</span></div><div><span>404</span> <span>There is none.</span></div>"
)
SPANNED = (
    "<h1>Errors</h1><table><tr><th>Code</th><th>Meaning</th></tr><tr><td colspan=2>Names</td></tr>"
    "<tr><td colspan=2><b>400 Bad Request</b></td></tr><tr><td>no_name</td><td>Give one.</td></tr>"
    "<tr><th colspan=2>410 Gone</th></tr><tr><td>no_item</td><td>It is gone.</td></tr></table>"
)
WORDS = "<h2>Error codes</h2><dl><dt>Account Locked</dt><dd>Wait.</dd><dt>Quota Exceeded</dt><dd>Pay.</dd></dl>"
TERMS = "<h1>Errors</h1><dl><dt><code>name_taken</code> <small>409</small></dt><dd>Another has it.</dd></dl>"
DEFINED = (
    "<h2>Errors</h2><p><b><code>no_name</code></b> (HTTP 400)<br>: Give one.</p>"
    "<p><b><code>no_item</code></b> (HTTP 410)<br>: It is gone.</p>"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PANELS, [(404, "", "There is none.")]),
        (TERMS, [(409, "name_taken", "Another has it.")]),
        (SPANNED, [(400, "no_name", "Give one."), (410, "no_item", "It is gone.")]),
        (WORDS, [(None, "Account Locked", "Wait."), (None, "Quota Exceeded", "Pay.")]),
        (DEFINED, [(400, "no_name", "Give one."), (410, "no_item", "It is gone.")]),
        (SCHEMAS, [(400, "no_name", "No name.")]),
        (EXCEPTIONS, [(410, "shop.Gone", "It is gone (HTTP 410).")]),
        (BUTTONS, [(404, "", "There is none.")]),
        (TABS, [(404, "", "There is none."), (409, "", "Taken.")]),
        (ACCORDIONS, [(400, "no_name", "Give name."), (404, "missing", "None.")]),
        ('<h1>Errors</h1><errortext code="418">Tea.</errortext>', [(418, "", "Tea.")]),
        (CELLS_OF_ROLES, [(None, "no_name", "Give one.")]),
        (TITLES_OF_TITLES, [(400, "E1", "Give one.")]),
        (GRID, [(None, "NO_NAME", "Give one."), (None, "NO_ITEM", "There is none.")]),
    ],
)
def test_html_of_generators_of_documentation_is_read(text: str, expected: list[Fact]) -> None:
    tables = find_error_tables(DocumentPage("page.html", read_html(text)))
    assert [(row.status, row.code, row.cause) for one in tables for row in one.rows] == expected


ENUM = '# Errors\n\n```java\n// Books\nLENT(1001, "It is lent"),\n/** gone */\nSOLD(1002, "It\'s sold");\n```'
ENUM_LINES = '<h1>Errors</h1><p>/**<br>* lent<br>*/<br>LENT(1001, "It is lent"),</p><p>SOLD(1002, "It\'s sold");</p>'
ASSIGNED = "# Errors\n\n```\nconst LENT = 1001; // It is lent\nconst SOLD = 1002; // It's sold\n```"
MAPPED = '# Errors\n\n```json\n{\n  "1001": "It is lent",\n  "1002": "It\'s sold"\n}\n```'
CODES_IN_CELLS = "# Errors\n\n| Code | Meaning |\n|-|-|\n| 1001,1002 | Not here |"
UNTITLED = (
    "# Errors\n\n<table><tr><td>BOOK_LENT</td><td>Lent</td></tr><tr><td>BOOK_SOLD</td><td>It is sold</td></tr></table>"
)
LABELLED_CODES = "# Error codes\n\n- Error Code `3`: It is lent\n- Error code 4: It is sold"
STATUS_ABOVE = "# Erros\n\n`Status: 409`\n\n```\n{}\n```\n\n|Mensagem|Descrição|\n|-|-|\n|LENT|Another has it|"
REMEDIES = "# Errors\n\n| Code | Meaning |\n|-|-|\n| BOOK_LENT | Lent |\n\nRecovery:\n\n- `BOOK_LENT`: wait for it."
LINKS = (
    '<ul><li><a href="/b">BookShelf</a></li></ul><h1>Errors</h1><ul><li>404 Not Found: None</li></ul>'
    '<ul><li><a href="#a">404 Not Found</a></li></ul>'
)
KINDS = (
    "<?xml version='1.0' encoding='utf-8'?><html><h1>Errors</h1>"
    "<table><tr><th>Error id</th><th>Meaning</th><th>Type</th></tr>"
    "<tr><td>317</td><td>It is lent</td><td>Book</td></tr><tr><td>2061</td><td>It is sold</td><td>Book</td></tr>"
    "<tr><td>2062</td><td>It is lost</td><td>Book</td></tr></table></html>"
)
LABELS_IN_TABLES = (
    "# Errors\n\n### BOOK_LENT\n\n| | |\n|-|-|\n| Title | Lent |\n| Severity | High |\n"
    "| Description | Another has it |\n\n"
    "### BOOK_SOLD\n\n| | |\n|-|-|\n| Severity | High |\n| Description | It is sold |\n| Solution | Buy one |"
)
SCENARIOS = (
    "# Errors\n\n| Code | Meaning | Common scenarios |\n|-|-|-|\n| 402 | Money | None left |\n\n"
    "## Guidance\n\n- 429 / 413 errors pass"
)
BELOW_400 = "200\tSuccess\n101\tNo name\n105\tNo key\n202\tLent"


INDENTED = (
    "# Errors\n\n<div>\n\t<table>\n\t<tr><th>Code</th><th>Meaning</th></tr>\n\t<tr><td>E1</td><td>Lent</td></tr>\n"
    "\t<tr>\n\n\t<td>E2</td><td>Sold</td></tr>\n\t</table>\n</div>"
)
REASONS = "# Errors\n\nreason | Meaning\n-|-\n400 | No name\n404 | No item\n452 | No key"
TITLES_OF_CODES = "# 错误\n\n| 业务码 | HTTP | 常量 | 文案 |\n|-|-|-|-|\n| `10001` | 404 | `ItemGone` | `没有` |"
KINDS_IN_RUSSIAN = "# Ошибки\n\n| Код | Тип ошибки | Описание |\n|-|-|-|\n| 404 | GONE | Нет |\n| 409 | LENT | Занято |"
OWN_STATUSES = "# Status codes\n\n| Status code | Type | Message |\n|-|-|-|\n" + "".join(
    f"| {number} | NO_{number} | Text |\n" for number in (404, 500, 501, *range(590, 610))
)
PATHS = (
    '# Error codes\n\n<Entry path="page_size" type="integer">\n\n- The size.\n</Entry>\n\n'
    '<Entry path="no_name" type="Error">\n\n- Give one.\n</Entry>\n\n'
    '<Entry path="no_item" type="Error">\n\n- It is gone.\n</Entry>'
)
NUMBERS_AS_TITLES = (
    "# Error codes\n\n## 1\n\n* Message - `No name`\n* Cause - It is absent.\n\n## 100\n\n* Cause - It is lent.\n\n"
    "## 404\n\n* Cause - It is gone."
)
STATUS_IN_LINE = (
    "# Errors\n\nEach of these is answered with HTTP 400 and one of these error messages:\n\n"
    "| Input | Error message |\n|-|-|\n| A wrong name | Bad name |"
)
MESSAGES = "# Errors\n\n| Message pattern | Meaning |\n|-|-|\n| `Lent: ...` | Another has it |"
MEMBERS_OF_SAMPLES = (
    '# Errors\n\n```json\n{"error": {"trace_id": "a", "lastAccess": 5}}\n```\n\n- `trace_id` - An ID.\n'
    "- `lastAccess` - A time.\n- `itemLent` - Another has it."
)
PLACEHOLDERS = (
    "# Errors\n\n## 1. Name\n\nNo name.\n\n```\n"
    '{"status": 400, "error": "No name", "text": "Give ${one}", "values": [${one}, ...]}\n```\n\n'
    "## 2. Item\n\nIt is lent.\n\n```\n"
    '{"status": 409, "error": "Item lent", "text": "Wait for ${one}", "values": [${one}]}\n```'
)
CODES_BELOW = (
    "# Errors\n\n| HTTP | Meaning |\n|-|-|\n| 400<br>`400001, 400002` | No name |\n"
    "| 409 / 410<br>`409001, 410001` | Lent |"
)
LISTED_NUMBERS = "# エラー\n\n- 10001 名前がありません\n- 20001 API KEYがありません\n- 1000 requests are allowed"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("errors.md", ENUM, [(None, "1001", "It is lent"), (None, "1002", "It's sold")]),
        ("errors.html", ENUM_LINES, [(None, "1001", "It is lent"), (None, "1002", "It's sold")]),
        ("errors.md", ASSIGNED, [(None, "1001", "It is lent"), (None, "1002", "It's sold")]),
        ("errors.md", MAPPED, [(None, "1001", "It is lent"), (None, "1002", "It's sold")]),
        ("errors.md", CODES_IN_CELLS, [(None, "1001", "Not here"), (None, "1002", "Not here")]),
        ("errors.md", UNTITLED, [(None, "BOOK_LENT", "Lent"), (None, "BOOK_SOLD", "It is sold")]),
        ("errors.md", LABELLED_CODES, [(None, "3", "It is lent"), (None, "4", "It is sold")]),
        ("errors.md", STATUS_ABOVE, [(409, "", "LENT Another has it")]),
        ("errors.md", REMEDIES, [(None, "BOOK_LENT", "Lent")]),
        ("errors.html", LINKS, [(404, "", "None")]),
        (
            "errors.html",
            KINDS,
            [(None, "317", "It is lent"), (None, "2061", "It is sold"), (None, "2062", "It is lost")],
        ),
        (
            "errors.md",
            LABELS_IN_TABLES,
            [(None, "BOOK_LENT", "Lent Another has it"), (None, "BOOK_SOLD", "It is sold")],
        ),
        ("errors.md", SCENARIOS, [(402, "", "Money None left")]),
        ("errors.md", INDENTED, [(None, "E1", "Lent"), (None, "E2", "Sold")]),
        ("errors.md", REASONS, [(400, "", "No name"), (404, "", "No item"), (452, "", "No key")]),
        ("errors.md", TITLES_OF_CODES, [(404, "10001", "没有")]),
        ("errors.md", KINDS_IN_RUSSIAN, [(404, "GONE", "Нет"), (409, "LENT", "Занято")]),
        ("errors.md", OWN_STATUSES, [(None, f"NO_{n}", "Text") for n in (404, 500, 501, *range(590, 610))]),
        ("errors.mdx", PATHS, [(None, "no_name", "Give one."), (None, "no_item", "It is gone.")]),
        (
            "errors.md",
            CODES_BELOW,
            [(400, "400001", "No name"), (400, "400002", "No name"), (409, "409001", "Lent"), (410, "410001", "Lent")],
        ),
        (
            "errors.md",
            NUMBERS_AS_TITLES,
            [(None, "1", "No name It is absent."), (None, "100", "It is lent."), (None, "404", "It is gone.")],
        ),
        ("errors.md", STATUS_IN_LINE, [(400, "", "Bad name A wrong name")]),
        ("errors.txt", "Errores\n\nCódigoError HTTPMensaje\nNO_NAME400No name.", [(400, "NO_NAME", "No name.")]),
        ("errors.md", MESSAGES, [(None, "", "Lent: ... Another has it")]),
        ("errors.md", MEMBERS_OF_SAMPLES, [(None, "itemLent", "Another has it.")]),
        ("errors.md", PLACEHOLDERS, [(400, "", "Give ${one} No name."), (409, "", "Wait for ${one} It is lent.")]),
        ("errors.md", LISTED_NUMBERS, [(None, "10001", "名前がありません"), (None, "20001", "API KEYがありません")]),
        ("error_codes.txt", BELOW_400, [(None, "101", "No name"), (None, "105", "No key"), (None, "202", "Lent")]),
    ],
)
def test_what_a_page_lists_as_a_program_or_without_titles_is_read(
    name: str, text: str, expected: list[Fact], tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    found = [row for table in find_error_tables(read_page(str(tmp_path / name))) for row in table.rows]
    assert [(row.status, row.code, " ".join([*dict(row.messages), row.cause]).strip()) for row in found] == expected


def test_an_answers_own_example_stands_for_that_of_its_schema(tmp_path: Path) -> None:
    media = {"schema": {"example": {"message": "Any text"}}, "example": {"message": "It is lent"}}
    answer = {"description": "Nope", "content": {"application/json": media}}
    (tmp_path / "a.json").write_text(
        json.dumps({"openapi": "3.0.0", "paths": {"/a": {"get": {"responses": {"409": answer}}}}})
    )
    ((row,),) = [table.rows for table in find_error_tables(read_page(str(tmp_path / "a.json")))]
    assert facts(row)[:3] == (409, "", ["It is lent"])


def test_a_code_in_a_description_has_more_than_small_letters(tmp_path: Path) -> None:
    answer = {"description": "Failed. A more detailed error code is given. Error code: E7 It is lent"}
    (tmp_path / "a.json").write_text(
        json.dumps({"openapi": "3.0.0", "paths": {"/a": {"get": {"responses": {"409": answer}}}}})
    )
    ((row,),) = [table.rows for table in find_error_tables(read_page(str(tmp_path / "a.json")))]
    assert facts(row)[:3] == (409, "E7", ["It is lent"])


def test_codes_below_a_status_of_a_field_list_are_its_rows_and_those_below_a_success_are_none(tmp_path: Path) -> None:
    (tmp_path / "errors.rst").write_text(
        "Token\n=====\n\n:status 200 OK: Fine.\n\n    - ``no_key`` -- None.\n\n"
        ":status 400 Bad Request: One of these:\n\n    - ``no_name`` -- It is absent.\n    - ``no_user`` -- Unknown.\n"
    )
    tables = find_error_tables(read_page(str(tmp_path / "errors.rst")))
    found = [(row.status, row.code, row.cause) for table in tables for row in table.rows]
    assert found == [(400, "no_name", "It is absent."), (400, "no_user", "Unknown.")]


@pytest.mark.parametrize(("length", "count"), [(40, 1), (41, 0)])
def test_a_line_of_forty_characters_tells_what_a_page_is_about(length: int, count: int) -> None:
    line = Paragraph("What follows are errors".ljust(length, "."), 1)
    table = TableBlock(("Code", "Meaning"), (TableRow(("E1001", "Too hot"), 3),), 2)
    blocks = (Paragraph("Tea. " * 50, 1), line, table)
    assert len(find_error_tables(DocumentPage("tea", blocks))) == count


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": "x"},
        {"properties": {"a": "x"}},
        {"properties": {"a": {"enum": 5}}},
        {"allOf": 5},
        {"allOf": [[]]},
    ],
)
def test_a_schema_that_is_none_shows_no_example(schema: Any, tmp_path: Path) -> None:
    answer = {"description": "Nope", "content": {"application/json": {"schema": schema}}}
    document = {"openapi": "3.0.0", "paths": {"/a": {"get": {"responses": {"400": answer}}}}}
    (tmp_path / "a.json").write_text(json.dumps(document))
    ((row,),) = [table.rows for table in find_error_tables(read_page(str(tmp_path / "a.json")))]
    assert (row.status, row.cause) == (400, "Nope")


def find_rows(path: Path, text: str) -> list[tuple[int | None, str, list[str], str]]:
    path.write_text(text)
    return [(*facts(row)[:3], row.cause) for table in find_error_tables(read_page(str(path))) for row in table.rows]


def test_an_english_word_at_the_end_of_a_title_in_another_language_does_not_hide_its_first_word(tmp_path: Path) -> None:
    text = "# Коды ошибок\n\n| Код ошибки | Сообщение API | Описание |\n|---|---|---|\n| -7 | Нет книги | Её взяли. |\n"
    assert find_rows(tmp_path / "errors.md", text) == [(None, "-7", ["Нет книги"], "Её взяли.")]


def test_a_column_of_constants_is_one_of_codes_whatever_its_title(tmp_path: Path) -> None:
    text = "# Errors\n\n| API | Meaning |\n|---|---|\n| NO_BOOK | It is lent. |\n| NO_SHELF | It is full. |\n"
    expected = [(None, "NO_BOOK", [], "It is lent."), (None, "NO_SHELF", [], "It is full.")]
    assert find_rows(tmp_path / "errors.md", text) == expected


def test_several_texts_beside_one_status_are_messages_but_codes_and_another_phrase_are_not(tmp_path: Path) -> None:
    table = "# Errors\n\n| Status | Meaning |\n|---|---|\n"
    text = f"{table}| 401 - No key | None sent. |\n| 401 - Old key | It ran out. |\n| 500 | A bug. |\n"
    assert find_rows(tmp_path / "errors.md", text) == [
        (401, "", ["No key"], "None sent."),
        (401, "", ["Old key"], "It ran out."),
        (500, "", [], "A bug."),
    ]
    text = f"{table}| 401 Not allowed | None sent. |\n| 500 Our fault | A bug. |\n"
    assert find_rows(tmp_path / "errors.md", text) == [(401, "", [], "None sent."), (500, "", [], "A bug.")]
    text = f"{table}| 400 `4001, 4002` | Bad. |\n| 400 4003 | Odd. |\n"
    assert find_rows(tmp_path / "errors.md", text) == [
        (400, "4001", [], "Bad."),
        (400, "4002", [], "Bad."),
        (400, "4003", [], "Odd."),
    ]


@pytest.mark.parametrize("mark", [": ", "\u2192 ", "\uff1a"])
def test_a_list_of_statuses_that_lost_its_line_breaks_is_one_entry_each(mark: str, tmp_path: Path) -> None:
    text = f"Errors\n\n200{mark}fine400{mark}no such API401{mark}no key sent (see E400: below)404{mark}it is gone.\n"
    assert find_rows(tmp_path / "errors.txt", text) == [
        (400, "", [], "no such API"),
        (401, "", [], "no key sent (see E400: below)"),
        (404, "", [], "it is gone."),
    ]


PROBLEM = """\
---\r
layout: problem\r
title: Already there\r
---\r
\r
The name is taken.\r
\r
| Type URI | Title | Status | Reference |\r
|-|-|-|-|\r
| https://example.com/e/taken | Already there | STATUS ||\r
\r
```json\r
{"type": "https://example.com/e/taken", "title": "Taken", "detail": "It exists.", "status": 409, "code": "409-01"}\r
```\r
"""


@pytest.mark.parametrize("status", ["409", "N/A"])
def test_the_only_row_of_a_table_is_completed_by_the_sample_response_beside_it(status: str, tmp_path: Path) -> None:
    """The type was taken for the code, the title for the message, and front matter with CRLF for a heading."""
    (tmp_path / "taken.md").write_text(PROBLEM.replace("STATUS", status), newline="")
    ((row,),) = [table.rows for table in find_error_tables(read_page(str(tmp_path / "taken.md")))]
    assert (row.status, row.code, row.messages) == (409, "409-01", (("It exists.", None),))
    assert (row.cause, row.line) == ("The name is taken.", 10)


@pytest.mark.parametrize("change", [('"status": 409', '"status": 410'), ('e/taken", "title', 'e/sample", "title')])
def test_a_sample_response_of_another_error_does_not_complete_the_only_row(
    change: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "taken.md").write_text(PROBLEM.replace("STATUS", "409").replace(*change))
    ((row,),) = [table.rows for table in find_error_tables(read_page(str(tmp_path / "taken.md")))]
    assert (row.code, row.messages) == ("https://example.com/e/taken", (("Already there", None),))


def test_the_page_of_an_operation_may_show_its_only_error_in_a_sample_response(tmp_path: Path) -> None:
    """The success above it, which has a message, counted as another error."""
    (tmp_path / "delete.md").write_text(
        '# Delete a shop\n\nIt is deleted.\n\n```json\n{"success": true, "message": "Deleted"}\n```\n\n'
        "#### Error Responses\n\nThere is none of this name.\n\n"
        '```json\n{"success": false, "error": {"message": "No shop", "code": "NO_SHOP", "status": 404}}\n```\n'
    )
    ((row,),) = [table.rows for table in find_error_tables(read_page(str(tmp_path / "delete.md")))]
    assert (row.status, row.code, row.cause) == (404, "NO_SHOP", "There is none of this name.")


def test_details_in_a_list_are_not_the_message_of_an_error_that_has_code_and_message(tmp_path: Path) -> None:
    details = '"errors": [{"detail": "at most 999", "pointer": "#/quantity"}]'
    (tmp_path / "rule.md").write_text(
        f'# Rule\n\n```json\n{{"detail": "Breaks a rule.", "status": 422, "code": "422-01", {details}}}\n```\n'
    )
    ((row,),) = [table.rows for table in find_error_tables(read_page(str(tmp_path / "rule.md")))]
    assert (row.code, row.messages) == ("422-01", (("Breaks a rule.", None),))


def test_any_500_error_has_the_status_500(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "HTTP status code,Description\n400 - Bad request,No.\nAny 500 error - Internal,Ours.\n"
    )
    assert [row.status for table in find_error_tables(read_page(str(tmp_path / "a.csv"))) for row in table.rows] == [
        400,
        500,
    ]


def test_a_table_of_asciidoc_has_its_cells_in_one_line_or_in_several(tmp_path: Path) -> None:
    text = """= Errors of the library

== Loans

[cols="1,2", options="header"]
|===
|Code
|Meaning

|201
|Lent

|400, 409
|It is lent
already.

2+|404
|No such book \\| shelf
|===

== Members

[options="header"]
|===
| Error code | When | Text
| NO_CARD    | None was shown.| Show your card.
|===
"""
    assert find_rows(tmp_path / "errors.adoc", text) == [
        (400, "", [], "It is lent already."),
        (409, "", [], "It is lent already."),
        (404, "", [], "No such book \\| shelf"),
        (None, "NO_CARD", ["Show your card."], "None was shown."),
    ]


@pytest.mark.parametrize("text", ["", "|===\n", "\n|===\n", "|400\n", "|Code |Meaning\n|===\n"])
def test_a_table_of_asciidoc_without_rows_or_end_is_none(text: str) -> None:
    assert not [block for block in read_text_page(f"|===\n{text}") if isinstance(block, TableBlock)]


def test_texts_that_nothing_separates_end_where_another_script_or_a_capital_letter_follows(tmp_path: Path) -> None:
    text = "Errors\n\nCodeMessageDescription\n000001本がありません。またどうぞ。No book\n000002It is full.A shelf\n"
    assert find_rows(tmp_path / "errors.txt", text) == [
        (None, "000001", ["本がありません。またどうぞ。"], "No book"),
        (None, "000002", ["It is full."], "A shelf"),
    ]
    text = "Errors\n\nHTTP STATUS CODECODEMESSAGE\n400NoSuchBookThe book is lost.\n404ShelfIsFull没有地方\n"
    assert find_rows(tmp_path / "errors.txt", text) == [
        (400, "NoSuchBook", ["The book is lost."], ""),
        (404, "ShelfIsFull", ["没有地方"], ""),
    ]


def test_the_second_of_two_columns_that_may_be_codes_has_texts(tmp_path: Path) -> None:
    text = "Errors\n\n403 FORBIDDEN\n\nCodeTypeDescription\n403001Forbidden BookThe book is for others.\n"
    assert find_rows(tmp_path / "errors.txt", text) == [(403, "403001", ["Forbidden Book"], "The book is for others.")]


def test_titles_line_by_line_before_a_blank_one_tell_the_number_of_columns(tmp_path: Path) -> None:
    titles = "code\nmessage\ncharged\ndescription\n\n"
    cells = "NoBook\n\nIt is lost.\n\nno\n\nNobody has it.\n\nFull\n\nNo.\n\nyes\n\nIt is full.\n\n"
    text = f"API errors\n\nHTTP Status Code 400\n\n{titles}{cells}HTTP Status Code 401\n\nLast updated\n"
    assert find_rows(tmp_path / "errors.txt", text)[:2] == [
        (400, "NoBook", ["It is lost."], "Nobody has it."),
        (400, "Full", ["No."], "It is full."),
    ]


def test_statuses_with_their_text_in_the_line_and_below_it_are_entries_of_one_list(tmp_path: Path) -> None:
    text = (
        "Error codes\n\n403 Forbidden\n\nAccess was refused.\nIt needs a card.\n\n"
        "404 Not Found There is no such book.\n405 Method Not Allowed Only reading is allowed.\nAsk the staff.\n"
    )
    assert find_rows(tmp_path / "errors.txt", text) == [
        (403, "", [], "Access was refused."),
        (404, "", [], "There is no such book."),
        (405, "", [], "Only reading is allowed."),
    ]


def test_a_code_alone_in_its_line_belongs_to_the_status_alone_above_it(tmp_path: Path) -> None:
    text = "Errors\n\nHTTP 401 Unauthorized\n\nauth.card.missing\nNo card was shown.\nauth.card.old\nIt ran out.\n"
    assert find_rows(tmp_path / "errors.txt", text) == [
        (401, "auth.card.missing", [], "No card was shown."),
        (401, "auth.card.old", [], "It ran out."),
    ]


def test_two_bars_within_a_cell_are_text(tmp_path: Path) -> None:
    text = "Errors\n\n| code | message | description |\n|---|---|---|\n| 91 | no name || no card | One is needed. |\n"
    assert find_rows(tmp_path / "errors.txt", text) == [(None, "91", ["no name || no card"], "One is needed.")]


@pytest.mark.parametrize("text", ["400 to 499: yours", "400 à 499 : yours", "400~499 yours", "400番台はクライアント側"])
def test_a_range_of_statuses_is_none(text: str, tmp_path: Path) -> None:
    assert find_rows(tmp_path / "errors.md", f"# Errors\n\n- {text}\n- 404: no book\n") == [(404, "", [], "no book")]


def test_two_statuses_with_their_phrases_are_both_read(tmp_path: Path) -> None:
    text = "# Errors\n\n- 401 UNAUTHORIZED / 403 FORBIDDEN\u2014 Show your card.\n- 404 Not Found: no book\n"
    assert find_rows(tmp_path / "errors.md", text) == [
        (401, "", [], "Show your card."),
        (403, "", [], "Show your card."),
        (404, "", [], "no book"),
    ]


def test_a_code_in_brackets_after_the_status_or_at_the_end_of_the_cause_is_read(tmp_path: Path) -> None:
    text = "# Errors\n\n## 400 (F-R-400) - Bad Request\n\nIt is wrong.\n\n## 404 (F-R-404) - Not Found\n\nNo book.\n"
    assert find_rows(tmp_path / "errors.md", text) == [
        (400, "F-R-400", [], "It is wrong."),
        (404, "F-R-404", [], "No book."),
    ]
    table = "| Code | Description |\n|---|---|\n| 400 | Bad Request (`NO_BOOK`) |\n| 401 | Show a card (NO_CARD). |\n"
    table += "| 201 | Made (BOOK_MADE) |\n"
    assert find_rows(tmp_path / "errors.md", f"# Errors\n\n{table}") == [
        (400, "NO_BOOK", [], ""),
        (401, "NO_CARD", [], "Show a card"),
    ]


def test_short_numbers_with_a_dash_are_codes(tmp_path: Path) -> None:
    text = "# Error codes\n\n- 1 - no card\n- 2 - no book\n"
    assert find_rows(tmp_path / "errors.md", text) == [(None, "1", [], "no card"), (None, "2", [], "no book")]


def test_a_table_without_sure_codes_is_read_as_those_with_the_same_titles(tmp_path: Path) -> None:
    titles = "| Status message | Possible causes |\n|---|---|\n"
    text = (
        f"# Errors\n\n## Books\n\n{titles}| no_book | It is lost. |\n| no_shelf | It is full. |\n| no_room | Go. |\n\n"
        f"## Cards\n\n{titles}| old_card | It ran out. |\n| waiting | It is being made. |\n"
    )
    assert [row[1] for row in find_rows(tmp_path / "errors.md", text)] == [
        "no_book", "no_shelf", "no_room", "old_card", "waiting",
    ]  # fmt: skip
    titles = "| 错误码 | 错误名称 | 含义 |\n|---|---|---|\n"
    text = (
        f"# 错误码\n\n## 通用\n\n{titles}| 401 | Unauthorized | 没有卡 |\n| 403 | Forbidden | 不允许 |\n\n"
        f"## 书\n\n{titles}| 1001 | BookLost | 丢失 |\n| 1002 | BookLent | 借出 |\n| 1003 | ShelfFull | 满 |\n"
    )
    assert [row[:2] for row in find_rows(tmp_path / "errors.md", text)] == [
        (401, ""), (403, ""), (None, "1001"), (None, "1002"), (None, "1003"),
    ]  # fmt: skip


def test_details_of_a_sample_do_not_hide_its_own_error(tmp_path: Path) -> None:
    body = '{"error": "Bot detected", "code": "BOT_FOUND", "details": {"reason": "odd_agent"}}'
    text = f"### BOT_FOUND\n\n**HTTP Status:** 403\n\nIt is a bot.\n\n```json\n{body}\n```\n\n### MAN_FOUND\n\nA man.\n"
    assert find_rows(tmp_path / "errors.md", text)[:1] == [(403, "BOT_FOUND", ["Bot detected"], "It is a bot.")]


def test_an_example_of_another_status_in_a_shared_schema_is_left_out(tmp_path: Path) -> None:
    schema = {"properties": {"errorCode": {"example": 401}, "message": {"example": "No card."}}}
    answer = {"description": "Nope", "content": {"application/json": {"schema": schema}}}
    document = {"openapi": "3.0.0", "paths": {"/a": {"get": {"responses": {"401": answer, "404": answer}}}}}
    assert find_rows(tmp_path / "a.json", json.dumps(document)) == [
        (401, "", ["No card."], "Nope"),
        (404, "", [], "Nope"),
    ]


def test_a_name_between_code_and_description_is_no_part_of_either(tmp_path: Path) -> None:
    text = "Error codes\n\nCodeSlugDescription\n1001NO_BOOKIt is lost\n1002NO_CARDNone was shown\n"
    assert find_rows(tmp_path / "errors.txt", text) == [
        (None, "1001", [], "It is lost"),
        (None, "1002", [], "None was shown"),
    ]


def test_a_short_number_may_begin_a_line_without_separators(tmp_path: Path) -> None:
    text = "Error codes\n\nError codeDescription\n0Success\n1001No card\n5001Our fault\n"
    assert find_rows(tmp_path / "errors.txt", text) == [(None, "1001", [], "No card"), (None, "5001", [], "Our fault")]


def test_statuses_alone_in_their_lines_are_none_of_the_vendors_numbers(tmp_path: Path) -> None:
    text = "Errors\n\n200\n\nOK\n\nIt worked.\n\n401\n\nUnauthorized\n\nNo card.\n\n404\n\nNot Found\n\nNo book.\n"
    assert find_rows(tmp_path / "errors.txt", text) == [(401, "", [], "No card."), (404, "", [], "No book.")]


LINES_OF_TWO_NUMBERS = (
    "Errors of a shop\n\nCode\nHTTP Status\nName\nDescription\n0\n200\n--\nFine\n201\n500\nNO_PLACE\nNo place\n"
)
LINES_OF_TWO_NUMBERS += "202\n400\nIT_IS_LATE\nLate\n30024\n400\nTOO_MUCH\nMore\nOther things\nof this API"
LINES_OF_LABELS = "Errors\n\nAUTH01 - No card was shown\n\nDescription: Show it.\nHTTP Status: 401 Unauthorized\n\n"
LINES_OF_LABELS += "AUTH02 - It is old\n\nDescription: Ask for a new one.\nHTTP Status: 403 Forbidden\n"
TABLE_OF_TWO_NUMBERS = (
    "# Errors\n\nCode | HTTP status | Name | Meaning\n---|---|---|---\n201 | 500 | NO_PLACE | No place\n"
)
TABLE_OF_TWO_NUMBERS += "401 | 400 | NO_CARD | No card\n404 | 400 | NO_BOOK | No book\n"
LINES_BEFORE_A_COMMENT = "Errors of a shop\n\nCode\nMeaning\nFix\n99998\nNo key\nSend it\n99999\nOld key\nRenew it\n3\n"
LINES_BEFORE_A_COMMENT += "No user\nLog in\n101\nNo code\nSend it\n# Print it\nprint(it)\n"
LINES_WITH_ONE_MORE = "Errors of a shop\n\nHTTP\nName\nMeaning\n400\nbad\nIt is bad\nSend another\n"
LINES_WITH_ONE_MORE += "401\nno_key\nNo key\n404\nlost\nGone\n"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "errors.md",
            TABLE_OF_TWO_NUMBERS,
            [(500, "201", [], "No place"), (400, "401", [], "No card"), (400, "404", [], "No book")],
        ),
        (
            "errors.md",
            "# Errors\n\nError code | Meaning | Category\n---|---|---\n"
            + "".join(f"{n} | Case {n} | a_kind\n" for n in (4, 41, 411, 412, 413, 414)),
            [(None, str(n), [], f"Case {n}") for n in (4, 41, 411, 412, 413, 414)],
        ),
        (
            "errors.txt",
            LINES_OF_TWO_NUMBERS,
            [(500, "201", [], "No place"), (400, "202", [], "Late"), (400, "30024", [], "More")],
        ),
        (
            "errors.txt",
            LINES_BEFORE_A_COMMENT,
            [
                (None, "99998", [], "No key"),
                (None, "99999", [], "Old key"),
                (None, "3", [], "No user"),
                (None, "101", [], "No code"),
            ],
        ),
        (
            "errors.txt",
            "Trouble\n\nError Code\nStatus Code\nMeaning\n-1001\n401\nNo key\n-1002\n403\nNot yours\n",
            [(401, "-1001", [], "No key"), (403, "-1002", [], "Not yours")],
        ),
        (
            "errors.txt",
            LINES_WITH_ONE_MORE,
            [(400, "bad", [], "It is bad Send another"), (401, "no_key", [], "No key"), (404, "lost", [], "Gone")],
        ),
        (
            "errors.txt",
            LINES_OF_LABELS,
            [(401, "AUTH01", ["No card was shown"], "Show it."), (403, "AUTH02", ["It is old"], "Ask for a new one.")],
        ),
        (
            "errors.txt",
            "Errors\nError CodeStatus CodeDescription\n-1001401The key is wrong.\n-1003429Too much.\n",
            [(401, "-1001", [], "The key is wrong."), (429, "-1003", [], "Too much.")],
        ),
        (
            "errors.txt",
            "Errors\nHTTP StatustypeDescription\n401unauthorizedNo key.\n404not_foundNo book.\n",
            [(401, "unauthorized", [], "No key."), (404, "not_found", [], "No book.")],
        ),
        (
            "errors.adoc",
            "= Errors\n\n401::\n  No key.\n404:: No book.\n",
            [(401, "", [], "No key."), (404, "", [], "No book.")],
        ),
        (
            "errors.md",
            "# Errors\n\nError Type | HTTP Status | Usage\n---|---|---\n`:not-found` | 404 | No book\n",
            [(404, ":not-found", [], "No book")],
        ),
        ("chyby.txt", "Chyby\nError k\u00f3dPopis\n400ch\u00fdba parameter\n", [(400, "", [], "ch\u00fdba parameter")]),
    ],
)
def test_columns_and_cells_are_told_apart_by_what_their_neighbours_hold(
    name: str, text: str, expected: list[tuple[int | None, str, list[str], str]], tmp_path: Path
) -> None:
    assert find_rows(tmp_path / name, text) == expected


NUMBERED = (
    "# Errors\n\n## {} Invalid name\n\nIt is wrong.\n\n## {} Missing name\n\nThere is none.\n\n## {} no_shop\n\nText.\n"
)
STATES = "# Error codes\n\n## Session status\n\n| Status | Description |\n|-|-|\n"


def rows_of(folder: Path, text: str, name: str = "errors.md") -> list[ErrorRow]:
    page = folder / name
    page.write_text(text)
    return [row for table in find_error_tables(read_page(str(page))) for row in table.rows]


@pytest.mark.parametrize("numbers", [("4.1", "4.2", "4.3"), ("A.4", "A.5", "E.1"), ("399.1", "400.1", "400.2")])
def test_the_number_of_a_section_is_no_code(tmp_path: Path, numbers: tuple[str, ...]) -> None:
    """`A.4` and `400` were codes of errors."""
    assert rows_of(tmp_path, NUMBERED.format(*numbers)) == []


def test_numbers_that_add_to_error_statuses_are_codes(tmp_path: Path) -> None:
    found = rows_of(tmp_path, NUMBERED.format("400.1", "400.2", "404.1"))
    assert [facts(row)[:2] for row in found] == [(400, "400.1"), (400, "400.2"), (404, "404.1")]
    assert [row.cause for row in found] == ["It is wrong.", "There is none.", "Text."]


def test_a_numbered_section_of_one_code_is_an_error(tmp_path: Path) -> None:
    text = "# Errors\n\n## 4.1 no_name\n\nThere is none.\n\n## 4.2 `no_shop`\n\nIt is closed.\n"
    assert [facts(row)[:2] for row in rows_of(tmp_path, text)] == [(None, "no_name"), (None, "no_shop")]


@pytest.mark.parametrize(
    "text",
    [
        STATES + "| `COMPLETED` | Done |\n| `NO_ANSWER` | It rang |\n| `CANCELED` | Off |\n| `ERROR` | An error |\n",
        STATES + "| payment.succeeded | The payment succeeds |\n| payment.failed | It fails |\n",
        "# Error codes\n\n## Status\n\n- READY: Registered.\n- COMPLETE: Delivered.\n- CANCEL_NO_TARGET: No one.\n",
        "# Errors\n\n## Status changes\n\n1. **CREATED (10)** - Done\n   - At once\n2. **CANCELED (40)** - Off\n",
        "# 상태\n\n- `PENDING` → `APPROVED`, `REJECTED`\n\n다른\n",
        "# Error codes\n\n| Code | Status | Description |\n|-|-|-|\n| 1 | Authorized | a |\n| 2 | Declined | b |\n",
        "# Error codes\n\n## `pending`\n\nIt waits.\n\n## `succeeded`\n\nIt is paid.\n",
    ],
    ids=["table", "events", "list", "triggers", "transitions", "numbers", "headings"],
)
def test_states_of_a_thing_and_its_events_are_no_errors(tmp_path: Path, text: str) -> None:
    assert rows_of(tmp_path, text) == []


@pytest.mark.parametrize("codes", [["EXPIRED", "CANCELED"], ["PENDING", "NO_NAME", "EXPIRED", "X1", "X2", "X3", "X4"]])
def test_errors_that_are_called_like_states_stay(tmp_path: Path, codes: list[str]) -> None:
    lines = "".join(f"| {code} | Text |\n" for code in codes)
    found = rows_of(tmp_path, f"# Error codes\n\n| Code | Description |\n|-|-|\n{lines}")
    assert [row.code for row in found] == codes


def test_a_table_of_states_with_error_statuses_stays(tmp_path: Path) -> None:
    text = "# Errors\n\n| Code | Status | Cause |\n|-|-|-|\n| PAID | 409 | a |\n| EXPIRED | 410 | b |\n"
    assert [facts(row)[:2] for row in rows_of(tmp_path, text)] == [(409, "PAID"), (410, "EXPIRED")]


def test_a_plain_word_is_a_code_among_others_if_its_sample_answer_says_so(tmp_path: Path) -> None:
    codes = ["NO_KEY", "FORBIDDEN", "NO_ID"]
    samples = {code: f'```json\n{{"code": "{code}", "message": "m"}}\n```' for code in codes}
    sections = [f"## {code}\n\nText.\n\n{sample}\n" for code, sample in samples.items()]
    found = rows_of(tmp_path, "\n".join(["# Errors\n", *sections, "## ADVICE\n\nTry again.\n"]))
    assert [row.code for row in found] == codes
