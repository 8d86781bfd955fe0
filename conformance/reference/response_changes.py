"""Changes that turn a right response into a wrong one, for the servers of all contracts."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from conformance.reference.hooks import RequestContext
from conformance.reference.http import JsonResponse

Change = Callable[[JsonResponse, RequestContext], JsonResponse]

STACKS: Final[Mapping[str, str]] = {
    "python": "Traceback (most recent call last):\n"
    '  File "/srv/app/handler.py", line 31, in handle\n    raise Invalid(limit)',
    "go": "goroutine 1 [running]:\nmain.(*Server).handle(0xc000112000)\n\t/srv/app/server.go:118 +0x1d",
    "node": "Error: refused\n    at Object.handle (/srv/app/dist/handler.js:31:11)\n"
    "    at process.processTicksAndRejections",
    "php": "PHP Fatal error:  Uncaught TypeError: trim() expects parameter 1 to be string in "
    "/var/www/site/topics/Validate.php:214\nStack trace:\n#0 /var/www/site/topics/Validate.php(214): trim(NULL)\n"
    "#1 /var/www/site/api/Dispatcher.php(88): Topics->save(Array)\n#2 {main}\n  thrown",
}
"""Stack traces of servers in some languages."""
LEAKS: Final[Mapping[str, str]] = {
    "inner_address": "upstream 10.0.3.17:8080 did not accept the request",
    "inner_host": "db-1.prod.internal: connection refused",
    "file_path": "/var/www/app/releases/42/lib/handler.js",
    "email": "kenji.sato@example.co.jp",
    "sql": "SELECT id, name FROM members WHERE id = $1 LIMIT 1",
    "password_hash": "$2b$12$Wq3yB0c1dE2fG3hI4jK5lO9pQ8rS7tU6vW5xY4zA3bC2dE1fG0hI2",
}
"""Texts that a response must not contain, by name."""
STORE_LEAKS: Final[Mapping[str, str]] = {
    "statement_of_a_library": "QueryException (SQL: select * from `t_items` where `id` = 12 limit 1)",
    "message_of_mysql": "Data too long for column 'title' at row 1",
    "message_of_postgres": "value too long for type character varying(10)",
    "connection": "mysql://cms:rosy-lagoon-7@db-1:3306/cms",
    "private_key": "-----BEGIN PRIVATE " + "KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
}
"""Texts about databases and keys that a response must not contain, by name."""
GATEWAYS: Final = tuple((str(status), status) for status in (504, 429, 504, 503, 502))
"""Statuses that a proxy sends if it gets no response."""


def with_status(status: int) -> Change:
    """Return a change to another status."""
    return lambda response, _: response.replace(status=status)


def with_value(value: Any, status: int | None = None) -> Change:
    """Return a change to another body, and to another status if one is given."""
    return lambda response, _: response.replace(value=value, status=status or response.status)


def with_body(change: Callable[[Any], Any]) -> Change:
    """Return a change to another body, which `change` makes from the right one."""
    return lambda response, _: response.replace(value=change(response.value))


def with_members(**members: Any) -> Change:
    """Return a change that replaces or adds members of the body."""
    return lambda response, _: response.replace(value={**_members(response), **members})


def without_member(name: str) -> Change:
    """Return a change that removes a member of the body."""
    return with_body(lambda body: {key: value for key, value in body.items() if key != name})


def with_credential(credential: Callable[[Any], str], form: Callable[[str], Any] = str) -> Callable[..., JsonResponse]:
    """Return a change that adds a credential, in some form, to the body; `credential` finds it in the context."""
    return lambda response, context: response.replace(value={**_members(response), "debug": form(credential(context))})


def list_leaks(
    name: str, credential: Callable[[Any], str], part: Callable[[str], str]
) -> tuple[tuple[str, Callable[..., JsonResponse]], ...]:
    """Return name and change of every leak: of each text in `LEAKS`, and of a part and the base64 of a credential."""
    return (
        *((leak, with_members(debug=text)) for leak, text in LEAKS.items()),
        (f"part_of_{name}", with_credential(credential, part)),
        (f"encoded_{name}", with_credential(credential, lambda text: base64.b64encode(text.encode()).decode())),
    )


def with_content_type(content_type: str) -> Change:
    """Return a change to another media type of the same body."""
    return lambda response, _: response.replace(content_type=content_type)


def in_a_text(response: JsonResponse, _: RequestContext) -> JsonResponse:
    """Wrap the right body as a text inside another body, as some proxies do."""
    return response.replace(value={"statusCode": response.status, "body": json.dumps(response.value)})


def cut_short(response: JsonResponse, _: RequestContext) -> JsonResponse:
    """Cut the last three bytes of the right body."""
    return response.replace(raw=json.dumps(response.value).encode()[:-3])


def with_null_behind(response: JsonResponse, _: RequestContext) -> JsonResponse:
    """Append another value to the right body, like a server that continues after an error."""
    return response.replace(raw=json.dumps(response.value).encode() + b"\nnull\n")


def as_html(response: JsonResponse, _: RequestContext) -> JsonResponse:
    """Replace the body by an HTML page."""
    page = f"<!DOCTYPE html><html><head><title>{response.status}</title></head><body><h1>Error</h1></body></html>"
    return response.replace(raw=page.encode(), content_type="text/html; charset=utf-8")


in_array: Final = with_body(lambda body: [body])
"""Wraps the right body in an array."""


def _members(response: JsonResponse) -> dict[str, Any]:
    return response.value if isinstance(response.value, dict) else {}
