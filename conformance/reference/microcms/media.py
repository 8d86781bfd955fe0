"""Operations on media: list them in two versions, upload one, delete one."""

from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from conformance.reference.hooks import RequestRejected
from conformance.reference.http import JsonResponse
from conformance.reference.microcms.context import MicrocmsContext
from conformance.reference.microcms.multipart import InvalidMultipart, UploadedFile, read_files
from conformance.reference.microcms.parameters import DEFAULT_LIMIT, Operations
from conformance.reference.microcms.state import ListRange, Medium

_HOSTS: Final = ("images.microcms-assets.io", "files.microcms-assets.io")
_SIZE_LIMIT: Final = 5 * 1024 * 1024
_FORM_OVERHEAD: Final = 64 * 1024
_UPLOAD_LIMIT: Final = 48 * 1024 * 1024
_TOKEN, _FILE_NAME = ("media-get", 7), ("media-get", 8)
_FORM, _SIZE = ("media-post", 1), ("media-post", 2)


class MediaOperations(Operations):
    """The operations on media; each returns the response to a request, or raises RequestRejected."""

    def read_body(self, context: MicrocmsContext) -> bytes | None:
        """Return the whole body of an upload, or None if it is too large (for a variant, by its declared length)."""
        declared = context.request.body.declared
        context.size = declared or 0
        early = (
            self._choices["size_seen"] == "declared"
            and declared is not None
            and declared > _SIZE_LIMIT + _FORM_OVERHEAD
        )
        if early and "multipart" in context.content_type:
            return None
        return context.request.body.read(_UPLOAD_LIMIT)

    def list_v1(self, context: MicrocmsContext) -> JsonResponse:
        """Return a page by limit and offset."""
        limit, offset = self._read_page(context, "media-get", "limit", "offset")
        if offset >= 10_000 and self._choices["offset_10000_on_v1"] == "fails":
            raise RequestRejected(("common", 5))
        media = self._store.media
        if self._behaviour.performs("list deleted", context, intended=False):
            media = [*self._store.deleted.values(), *media]
        found = _select_images(media, only=self._read_image_only(context))
        self._behaviour.reject_if_faulty(context, value=context.raw)
        cut = self._cut_page(context, found, limit, offset)
        if self._behaviour.performs("offset before imageOnly", context, intended=False):
            cut = [medium for medium in self._store.media[offset:] if medium in found][:limit]
        page = [medium.as_json(1) for medium in cut]
        return JsonResponse(200, {"media": page, "totalCount": len(found), "limit": limit, "offset": offset})

    def list_v2(self, context: MicrocmsContext) -> JsonResponse:
        """Return the first page for the given conditions, or the next one by token."""
        token = context.query_value("token")
        if token is None or (token == "" and self._choices["token_empty"] == "absent"):
            page = self._first_page(context)
        else:
            page = self._next_page(context, token)
        found = self._find_by_name(page.file_name if self._behaviour.performs("fileName", context) else "")
        if page.file_name and not found:
            self._behaviour.reject(_FILE_NAME, context)
        found = _select_images(found, only=page.image_only)
        self._behaviour.reject_if_faulty(context, value=context.raw)
        end = page.start + page.limit
        start = page.start - self._behaviour.performs("item of the page before", context, intended=False)
        body: dict[str, Any] = {
            "media": [medium.as_json(2) for medium in found[start:end]],
            "totalCount": len(found),
        }
        if not token or end < len(found):
            body["token"] = self._store.issue_token(end, page.limit, page.image_only, page.file_name)
        return JsonResponse(200, body)

    def upload(self, context: MicrocmsContext) -> JsonResponse:
        """Store one file."""
        try:
            upload = self._read_upload(context)
            self._behaviour.reject_if_faulty(context, value=context.raw)
        except RequestRejected:
            if self._behaviour.performs("store", context, intended=False):
                self._behaviour.carry_out(lambda: self._store.add_medium(context.file_name, context.size, image=True))
            raise
        if self._behaviour.performs("store", context):
            medium = self._store.add_medium(upload.name, upload.size, image=upload.image)
            return JsonResponse(201, {"url": medium.url})
        return JsonResponse(201, {"url": f"https://{self._store.host}/assets/7d2b1c4e/{'f' * 32}/lost.png"})

    def delete(self, context: MicrocmsContext) -> JsonResponse:
        """Delete one medium that no content uses."""
        urls = context.query.get("url", ())
        if len(urls) > 1 and self._choices["url_twice"] == "invalid":
            raise RequestRejected(("media-delete", 1))
        url = (urls[-1] if self._choices["url_twice"] == "last" else urls[0]) if urls else None
        medium = self._find_to_delete(context, url)
        try:
            if medium is not None and self._store.is_referenced(medium):
                self._behaviour.reject(("media-delete", 2), context)
            self._behaviour.reject_if_faulty(context, value=context.raw)
        except RequestRejected:
            if medium is not None and self._behaviour.performs("delete", context, intended=False):
                self._behaviour.carry_out(lambda: self._store.delete_medium(medium))
            raise
        if medium is None:
            return JsonResponse(200, {"id": "00000000-0000-4000-8000-000000000000"})
        if self._behaviour.performs("delete", context):
            self._store.delete_medium(medium)
        return JsonResponse(200, {"id": medium.id})

    def _find_to_delete(self, context: MicrocmsContext, url: str | None) -> Medium | None:
        """Return the medium to delete, or None if a fault accepts a wrong URL."""
        context.url = url
        context.listed, context.deleted = (
            self._store.find_medium(url or "") is not None,
            url in self._store.deleted,
        )
        try:
            kind = self._classify_url(url or "")
            if kind == "invalid":
                self._behaviour.reject(("media-delete", 1), context)
                return None
            medium = self._store.find_medium(url or "") if kind == "ours" else None
            if medium is None:
                self._behaviour.reject(("media-delete", 3), context)
        except RequestRejected:
            if self._behaviour.performs("delete", context, intended=False) and self._store.media:
                media = self._store.media
                found = next((one for one in media if url and one.url.endswith(url)), media[0])
                self._behaviour.carry_out(lambda: self._store.delete_medium(found))
            raise
        return medium

    def _classify_url(self, url: str) -> str:
        """Return `ours`, `foreign` or `invalid`."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return "invalid"
        if parts.scheme not in {"http", "https"} or not parts.netloc or len(parts.path.split("/")) < 4:
            return "invalid"
        if parts.netloc in {*_HOSTS, self._store.host}:
            return "ours"
        return "invalid" if self._choices["url_other_host"] == "invalid" else "foreign"

    def _first_page(self, context: MicrocmsContext) -> ListRange:
        names = ("limit", "offset") if self._choices["offset_on_v2"] == "validated" else ("limit",)
        limit, _ = self._read_page(context, "media-get", *names)
        image_only = self._read_image_only(context)
        name = context.query_value("fileName")
        if name == "" and self._choices["file_name_empty"] == "not-found":
            raise RequestRejected(_FILE_NAME)
        return ListRange(0, limit, image_only, name or "", 0.0)

    def _next_page(self, context: MicrocmsContext, token: str) -> ListRange:
        context.issued_tokens = self._store.pages
        page = self._store.find_page(token)
        conflicting = self._choices["beside_token"] == "rejected" and (
            "limit" in context.query or "imageOnly" in context.query
        )
        if page is None or conflicting:
            self._behaviour.reject(_TOKEN, context)
        if self._choices["token_again"] == "rejected":
            self._store.pages.pop(token, None)
        start = "start of page" if page and page.start < len(self._store.media) else "start after the last page"
        if page and not self._behaviour.performs(start, context):
            page = replace(page, start=0)
        if page and not self._behaviour.performs("conditions of page", context):
            page = replace(page, image_only=False, file_name="")
        return page or ListRange(0, DEFAULT_LIMIT, image_only=False, file_name="", expires=0.0)

    def _find_by_name(self, name: str) -> list[Medium]:
        match = self._choices["file_name_match"]
        if match == "part-any-case":
            return [medium for medium in self._store.media if name.lower() in medium.name.lower()]
        if match == "part" or not name:
            return [medium for medium in self._store.media if name in medium.name]
        return [medium for medium in self._store.media if name in {medium.name, medium.name.rpartition(".")[0]}]

    def _read_upload(self, context: MicrocmsContext) -> UploadedFile:
        body = context.body
        placeholder = UploadedFile("upload.png", 0, image=True)
        if body is None:
            self._behaviour.reject(_SIZE, context)
            body = context.request.body.read(_UPLOAD_LIMIT) or b""
        try:
            context.uploads = read_files(body, context.content_type)
        except InvalidMultipart:
            context.uploads = []
        files = [upload for upload in context.uploads if upload.field == "file"]
        if not files or (len(context.uploads) > 1 and self._choices["files_two"] == "rejected"):
            self._behaviour.reject(_FORM, context)
            return placeholder
        return self._check_size(context, files[0], len(body))

    def _check_size(self, context: MicrocmsContext, upload: UploadedFile, length: int) -> UploadedFile:
        context.size, context.file_name = upload.size, upload.name
        choice = self._choices["size_limit"]
        if (length if choice == "body-5MiB" else upload.size) > (5_000_000 if choice == "file-5MB" else _SIZE_LIMIT):
            self._behaviour.reject(_SIZE, context)
        if not upload.size and self._choices["file_empty"] == "rejected":
            raise RequestRejected(_FORM)
        if not upload.image and self._choices["file_no_image"] == "rejected":
            raise RequestRejected(_FORM)
        return upload


def _select_images(media: list[Medium], *, only: bool) -> list[Medium]:
    return [medium for medium in media if medium.image or not only]
