"""A drafted contract is accepted by lint, says what the page says, and is not exercised until it is finished."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from conformance.authoring.draft import UNFINISHED, mark_placeholders, slug
from conformance.authoring.envelope import guess_envelope
from conformance.cli import group
from conformance.contract.contract import Contract
from conformance.contract.loader import read_contract
from conformance.errors import ConfigError

PAGES = Path(__file__).parent / "pages"


def draft(folder: Path, *more: str, page: str = "payments.md") -> Contract:
    arguments = ["new", "payments", "--from", str(PAGES / page), "--output", str(folder), *more]
    ran = CliRunner().invoke(group, arguments, catch_exceptions=False, standalone_mode=False)
    assert ran.return_value == 0, ran.output
    return read_contract(folder / "payments")


@pytest.mark.parametrize("page", sorted(path.name for path in PAGES.iterdir()))
def test_every_page_becomes_a_contract_that_can_be_read(tmp_path: Path, page: str) -> None:
    contract = draft(tmp_path, page=page)
    assert [row.id for row in contract.rows if row.case.not_provokable is None] == []


def test_a_row_says_what_the_page_says(tmp_path: Path) -> None:
    by_line = {row.case.source.document: row for row in draft(tmp_path).rows}
    row = by_line["payments.md:20"]
    assert (row.case.expect.status, row.case.expect.code) == (400, "invalid_json")
    assert row.case.expect.message == "Could not parse JSON"
    assert row.case.cause == "The body is not JSON."
    assert by_line["payments.md:10"].case.expect.message == "No such item: {any}"


def test_the_envelope_is_that_of_the_sample_answer(tmp_path: Path) -> None:
    envelope = draft(tmp_path, page="numbers.rst").file.envelope
    assert (envelope.faults, envelope.message, envelope.code) == ("", "message", "errno")
    assert envelope.if_present == {"/code": "{status}"}
    assert envelope.schema_["properties"]["errno"] == {"type": "integer"}


@pytest.mark.parametrize(
    ("sample", "code"), [('{"code": 7, "message": "m"}', 12), ('{"code": "7", "message": "m"}', "12")]
)
def test_a_code_is_a_number_where_the_sample_answer_has_one(tmp_path: Path, sample: str, code: int | str) -> None:
    page = tmp_path / "errors.md"
    page.write_text(f"# Errors\n\n```\n{sample}\n```\n\n| Status | Code | Message |\n|-|-|-|\n| 400 | 12 | No. |\n")
    (row,) = draft(tmp_path, page=str(page)).rows
    assert row.case.expect.code == code


def test_a_page_with_problem_details_has_their_envelope(tmp_path: Path) -> None:
    page = tmp_path / "errors.md"
    problem = '{"type": "https://example.com/e/gone", "title": "Gone", "status": 410, "detail": "It is gone"}'
    table = (
        "| status | type | message | When |\n|-|-|-|-|\n| 410 | https://example.com/e/gone | It is gone | Later. |\n"
    )
    page.write_text(f"# Errors\n\n```json\n{problem}\n```\n\n{table}")
    contract = draft(tmp_path, page=str(page))
    (row,) = contract.rows
    assert (row.case.expect.code, row.case.expect.message) == ("https://example.com/e/gone", "It is gone")
    assert row.case.cause == "Later."
    assert "envelope: problem-details" in (tmp_path / "payments" / "contract.yaml").read_text()


def test_operations_and_path_parameters_come_from_the_openapi_document(tmp_path: Path) -> None:
    document = tmp_path / "openapi.json"
    document.write_text(
        '{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/items": {"get": {"responses": {}}, '
        '"post": {"operationId": "add", "responses": {}}}, "/items/{item_id}": {"delete": {"responses": {}}}}}'
    )
    contract = draft(tmp_path, "--openapi", str(document))
    assert sorted(contract.operations) == ["add", "deleteItemsItemId", "getItems"]
    assert list(contract.file.fixtures) == ["item_id"]
    written = (tmp_path / "payments" / "contract.yaml").read_text()
    assert "add makes a thing, getItems lists what is there, deleteItemsItemId deletes it" in written


def test_lint_lists_and_counts_what_is_still_to_do(tmp_path: Path) -> None:
    draft(tmp_path)
    ran = CliRunner().invoke(group, ["lint", str(tmp_path / "payments")], standalone_mode=False)
    assert ran.return_value == 0
    *todos, last = ran.output.splitlines()
    assert last == "4 files, 8 rows, no problem, 15 TODOs"
    assert len(todos) == 9
    unfinished = f"{UNFINISHED} (and 5 more of this file)"
    assert f"{tmp_path}/payments/errors.yaml:8: {unfinished}" in todos
    assert f"{tmp_path}/payments/contract.yaml:3: TODO: the product's name, as its vendor writes it" in todos


def test_a_contract_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    draft(tmp_path)
    ran = CliRunner().invoke(group, ["new", "payments", "--from", str(PAGES / "items.html"), "--output", str(tmp_path)])
    assert "there is a contract already" in str(ran.exception)


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Invalid integer in query (limit=xxx)", "Invalid integer in query (limit={any})"),
        ("No such item: {id}", "No such item: {any}"),
        ("Unknown <field name>", "Unknown {any}"),
        ("Feld %s fehlt", "Feld {any} fehlt"),
        ("no [name] given", "no {any} given"),
        ("Not found", "Not found"),
        ("at 10:30 UTC", "at 10:30 UTC"),
    ],
)
def test_placeholders_of_a_page_are_recognised(text: str, marked: str) -> None:
    assert mark_placeholders(text) == marked


@pytest.mark.parametrize(
    ("text", "name"), [("Card declined!", "card-declined"), ("名前がない", ""), ("Événement créé", "evenement-cree")]
)
def test_names_are_of_plain_letters(text: str, name: str) -> None:
    assert slug(text) == name


@pytest.mark.parametrize(
    ("sample", "pointer", "keys"),
    [
        ('{\n  message: "some message"\n}', "", {}),
        ('{"errcode": "<error code>", "error": "<error message>"}', "", {"message": "error", "code": "errcode"}),
        ('{"errors": [{"code": "invalid", "message": "m", "field": "f"}]}', "/errors", {}),
        ('{"error": {"type": "card", "message": "m", "param": "p"}}', "/error", {"code": "type", "field": "param"}),
        (
            '{"type": "about:blank", "title": "t", "status": 400, "detail": "d"}',
            "",
            {"message": "detail", "code": "type"},
        ),
        (
            '{"ok": false, "error": "Table not found", "status": 404, "title": null}',
            "",
            {"message": "error", "if_present": {"/ok": False, "/status": "{status}"}},
        ),
    ],
)
def test_an_envelope_is_guessed_from_a_sample(sample: str, pointer: str, keys: dict[str, Any]) -> None:
    found = guess_envelope(["GET /items", sample])
    assert found is not None
    assert {key: value for key, value in found.items() if key != "schema"} == {"faults": pointer, **keys}


def test_an_answer_that_is_no_error_gives_no_envelope() -> None:
    assert guess_envelope(['{"items": [{"id": 1}], "total": 1}', "{}", "[1]"]) is None


NESTED = '{"paths":' * 5_000 + "1" + "}" * 5_000
HOSTILE = {
    "a line without end": ("errors.txt", "4" * 60_000),
    "a title without end": ("errors.md", "# Errors\n\n| status | message |\n|---|---|\n" + "![" * 8_000),
    "paragraphs without number": ("errors.txt", "--a\nno entry\n\n" * 1_000),
    "rows that are all alike": ("errors.html", "<h1>Errors</h1><table>" + "<tr><td>400<td>No" * 1_500 + "</table>"),
    "a cell as wide as no number": ("errors.html", "<h1>Errors</h1><table><tr><td colspan=²>400<td>No</table>"),
    "objects in objects": ("errors.json", NESTED),
    "a sample of objects in objects": ("errors.md", f"# Errors\n\n```\n{NESTED}\n```\n"),
}
"""Pages that would take hours, or all of the stack, of who looks at each part once for each other one."""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_is_read_to_its_end_or_refused(tmp_path: Path, name: str) -> None:
    file, text = HOSTILE[name]
    (tmp_path / file).write_text(text)
    arguments = ["new", "payments", "--from", str(tmp_path / file), "--output", str(tmp_path)]
    ran = CliRunner().invoke(group, arguments, standalone_mode=False)
    assert ran.return_value == 0 or isinstance(ran.exception, ConfigError), ran.exception


def test_errors_of_pages_with_one_each_are_in_one_table_and_say_their_own_page(tmp_path: Path) -> None:
    """Twenty pages became twenty tables, and each row said that it stood in all of them."""
    for name in ("gone", "taken"):
        (tmp_path / f"{name}.md").write_text(f"# {name}\n\n| Status | Message |\n|-|-|\n| 409 | It is {name}. |\n")
    (tmp_path / "none.md").write_text("# Welcome\n")
    pages = [str(tmp_path / f"{name}.md") for name in ("taken", "none")]
    arguments = ["new", "payments", "--from", *" --from ".join([str(tmp_path / "gone.md"), *pages]).split()]
    ran = CliRunner().invoke(group, [*arguments, "--output", str(tmp_path)], catch_exceptions=False)
    assert "no errors were found in none.md" in ran.output.splitlines()
    contract = read_contract(tmp_path / "payments")
    rows = {row.id: row.case.source.document for row in contract.rows if row.case.source}
    assert rows == {"errors/it-is-gone": "gone.md:5", "errors/it-is-taken": "taken.md:5"}
    assert contract.file.document == "gone.md, taken.md, none.md"


def test_rows_that_would_have_one_name_have_their_codes_in_it_and_the_operation_is_noted(tmp_path: Path) -> None:
    page = tmp_path / "errors.md"
    page.write_text(
        "# Errors\n\n| Error code | Endpoint | Meaning |\n|-|-|-|\n"
        "| P0200 | Get a payment | No payment. |\n| P0500 | Cancel a payment | No payment. |\n"
        "| P0501 | Cancel a payment | Late. |\n"
    )
    rows = {row.id: row.case.source.note for row in draft(tmp_path, page=str(page)).rows if row.case.source}
    assert rows == {
        "errors/no-payment-p0200": "Get a payment",
        "errors/no-payment-p0500": "Cancel a payment",
        "errors/late": "Cancel a payment",
    }


TYPES = (
    "# Errors\n\n```json\n{}\n```\n\n| Type | Description |\n|-|-|\n"
    "| api_error | Ours (500) |\n| bad_request | Yours (400) |\n"
)


@pytest.mark.parametrize(
    ("sample", "expect"),
    [
        (
            '{"error": {"type": "bad_request", "code": "no_name", "message": "m"}}',
            {"equals": {"/error/type": "bad_request"}},
        ),
        ('{"error": {"type": "bad_request", "code": 400, "message": "m"}}', {"code": "bad_request"}),
        ('{"error": {"type": "bad_request", "message": "m"}}', {"code": "bad_request"}),
        ('{"errors": [{"type": "bad_request", "code": "no_name", "message": "m"}]}', {"code": "bad_request"}),
    ],
    ids=["beside-code", "beside-status", "alone", "list"],
)
def test_a_table_of_types_says_what_the_type_of_an_error_is(
    tmp_path: Path, sample: str, expect: dict[str, Any]
) -> None:
    """Each was the `code`, which the target answers with another text."""
    page = tmp_path / "errors.md"
    page.write_text(TYPES.replace("{}", sample))
    _, row = draft(tmp_path, page=str(page)).rows
    assert row.case.expect.model_dump(exclude_unset=True) == {"status": 400, **expect}
    arguments = ["drift", "payments", str(page), "--cases", str(tmp_path)]
    assert CliRunner().invoke(group, arguments, catch_exceptions=False, standalone_mode=False).return_value == 0


def test_a_code_that_repeats_the_status_is_not_that_of_the_error() -> None:
    found = guess_envelope(['{"error": {"code": 400, "type": "bad_request", "details": ["No name"]}}'])
    assert found is not None
    assert (found["faults"], found["code"], found["if_present"]) == ("/error", "type", {"/error/code": "{status}"})


def test_a_status_that_another_table_gives_a_code_is_that_of_its_rows(tmp_path: Path) -> None:
    page = tmp_path / "errors.md"
    page.write_text(
        "# Errors\n\n| Status | Codes |\n|-|-|\n| 404 | `no_shop` |\n| 409 | `twice` |\n| 410 | `twice` |\n\n"
        "## Codes\n\n| Code | Message |\n|-|-|\n| `no_shop` | It is gone |\n| `twice` | It is there |\n"
    )
    *_, shop, twice = draft(tmp_path, page=str(page)).rows
    assert [(row.case.expect.code, row.case.expect.status) for row in (shop, twice)] == [
        ("no_shop", 404),
        ("twice", 400),
    ]


def test_the_end_of_the_address_of_a_problem_type_is_completed_from_the_sample_answer(tmp_path: Path) -> None:
    page = tmp_path / "errors.md"
    problem = '{"type": "https://example.com/e/gone", "title": "Gone", "status": 410, "detail": "It is gone"}'
    table = "| status | type suffix | When |\n|-|-|-|\n| 410 | `gone` | Later. |\n| 404 | `no-shop` | No such shop. |\n"
    page.write_text(f"# Errors\n\n```json\n{problem}\n```\n\n{table}")
    codes = [row.case.expect.code for row in draft(tmp_path, page=str(page)).rows]
    assert codes == ["https://example.com/e/gone", "https://example.com/e/no-shop"]
    arguments = ["drift", "payments", str(page), "--cases", str(tmp_path)]
    assert CliRunner().invoke(group, arguments, catch_exceptions=False, standalone_mode=False).return_value == 0
