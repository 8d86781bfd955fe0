"""The context of a request to the microCMS server."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.reference.catalogue import Row
from conformance.reference.hooks import RequestContext
from conformance.reference.microcms.multipart import UploadedFile
from conformance.reference.microcms.routes import ApiRoute


@dataclass(slots=True)
class MicrocmsContext(RequestContext):
    """A request to the service. Its fields are set while the request is handled.

    `endpoint` and `id` are from the path; `key_name` is the name of a valid key. `wait` is the time in seconds until
    the rate limiter admits the next request, `admitted` the number of requests it has admitted. `body` is the whole
    body as bytes, `json_body` the object in it, or None. `parameter` is the list parameter that is being checked, with
    its value as text in `raw` and as a number in `number`. `url` is that of the medium to delete; `listed` and
    `deleted` say whether it exists or existed. `reassigned` says whether the content has had another creator. `size` is
    the size of the upload in bytes. `row` and `echo` are the row of the rejection and the value in its message.
    """

    route: ApiRoute | None = None
    endpoint: str = ""
    id: str = ""
    key_name: str | None = None
    wait: float = 0.0
    admitted: int = 0
    parameter: str = ""
    raw: str = ""
    number: int | None = None
    json_body: dict[str, Any] | None = None
    known_ids: Sequence[str] = ()
    invited: bool = False
    reassigned: bool = False
    issued_tokens: Collection[str] = ()
    url: str | None = None
    listed: bool = False
    deleted: bool = False
    size: int = 0
    file_name: str = "upload.png"
    uploads: list[UploadedFile] = field(default_factory=list)
    row: Row | None = None
    echo: str = ""

    @property
    def text(self) -> str:
        """The body as text, without white space around it."""
        return (self.body or b"").decode("utf-8", "replace").strip()

    @property
    def content_type(self) -> str:
        """The Content-Type of the request; empty if there is none."""
        return self.request.headers.get("content-type", "")

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the request, with lower-case names."""
        return self.request.headers

    @property
    def declared_length(self) -> int | None:
        """The Content-Length of the request; None for a chunked body."""
        return self.request.body.declared

    @property
    def statuses(self) -> list[Any]:
        """The array of statuses in the body; empty if there is none."""
        value = (self.json_body or {}).get("status")
        return value if isinstance(value, list) else []

    @property
    def first_status(self) -> str | None:
        """The first status in the body, or None."""
        return str(self.statuses[0]) if self.statuses else None

    @property
    def status_count(self) -> int:
        """The number of statuses in the body."""
        return len(self.statuses)

    @property
    def creator(self) -> str:
        """The creator in the body as text; empty if there is none."""
        return str((self.json_body or {}).get("createdBy", ""))
