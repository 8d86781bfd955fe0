"""Media: lists in two versions, uploads, deletions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from conformance.reference.decisions import Ask, Decisions, Refusal
from conformance.reference.messages import Reply
from conformance.reference.microcms.multipart import Unreadable, Upload, files
from conformance.reference.microcms.parameters import LIMIT, Parameters
from conformance.reference.microcms.state import Medium, Page, Store

__all__ = ["Media"]

_HOSTS: Final = ("images.microcms-assets.io", "files.microcms-assets.io")
_MEBI: Final = 5 * 1024 * 1024
_SLACK: Final = 64 * 1024
_LARGEST: Final = 48 * 1024 * 1024
_TOKEN, _NAME = ("media-get", 7), ("media-get", 8)
_FORM, _SIZE = ("media-post", 1), ("media-post", 2)


class Media:
    """The operations on media; each takes a request that passed the gates and gives a reply, or raises Refusal."""

    def __init__(self, store: Store, decisions: Decisions, choices: Mapping[str, str]) -> None:
        self._store = store
        self._decisions = decisions
        self._choices = choices
        self._parameters = Parameters(decisions, choices)

    def body(self, ask: Ask) -> bytes | None:
        """The whole body of an upload; None where it is too large, by choice without having read it."""
        declared = ask.incoming.body.declared
        ask.facts["size"] = declared or 0
        early = self._choices["size_seen"] == "declared" and declared is not None and declared > _MEBI + _SLACK
        if early and "multipart" in ask.incoming.headers.get("content-type", ""):
            return None
        return ask.incoming.body.read(_LARGEST)

    def list_v1(self, ask: Ask) -> Reply:
        """A page by limit and offset."""
        ask.facts["version"] = 1
        limit, offset = self._parameters.paging(ask, "media-get", "limit", "offset")
        found = self._pictures(self._store.media, wanted=self._parameters.image_only(ask))
        self._unless_invented(ask)
        page = [medium.shown(1) for medium in found[offset : offset + limit]]
        return Reply(200, {"media": page, "totalCount": len(found), "limit": limit, "offset": offset})

    def list_v2(self, ask: Ask) -> Reply:
        """A page by conditions, or the next one by token."""
        ask.facts["version"] = 2
        token = ask.value("token")
        if token is None or (token == "" and self._choices["token_empty"] == "absent"):
            page = self._first(ask)
        else:
            page = self._next(ask, token)
        found = self._named(page.file_name)
        if page.file_name and not found:
            self._decisions.refuse(_NAME, ask)
        found = self._pictures(found, wanted=page.image_only)
        self._unless_invented(ask)
        end = page.start + page.limit
        body: dict[str, Any] = {
            "media": [medium.shown(2) for medium in found[page.start : end]],
            "totalCount": len(found),
        }
        if not token or end < len(found):
            body["token"] = self._store.page(end, page.limit, page.image_only, page.file_name)
        return Reply(200, body)

    def upload(self, ask: Ask) -> Reply:
        """Stores one file."""
        try:
            upload = self._upload(ask)
            self._unless_invented(ask)
        except Refusal:
            if self._decisions.does("store", ask, wanted=False):
                self._store.store(ask.facts.get("file_name", "upload.png"), ask.facts.get("size", 0), image=True)
            raise
        if self._decisions.does("store", ask):
            medium = self._store.store(upload.name, upload.size, image=upload.image)
            return Reply(201, {"url": medium.url})
        return Reply(201, {"url": f"https://{self._store.host}/assets/7d2b1c4e/{'f' * 32}/lost.png"})

    def delete(self, ask: Ask) -> Reply:
        """Deletes one medium that nothing refers to."""
        urls = ask.query.get("url", ())
        if len(urls) > 1 and self._choices["url_twice"] == "invalid":
            raise Refusal(("media-delete", 1))
        url = (urls[-1] if self._choices["url_twice"] == "last" else urls[0]) if urls else None
        medium = self._to_delete(ask, url)
        try:
            if medium is not None and self._store.refers(medium):
                self._decisions.refuse(("media-delete", 2), ask)
            self._unless_invented(ask)
        except Refusal:
            if medium is not None and self._decisions.does("delete", ask, wanted=False):
                self._store.media.remove(medium)
            raise
        if medium is None:
            return Reply(200, {"id": "00000000-0000-4000-8000-000000000000"})
        if self._decisions.does("delete", ask):
            self._store.media.remove(medium)
        return Reply(200, {"id": medium.id})

    def _to_delete(self, ask: Ask, url: str | None) -> Medium | None:
        """The medium to delete; None where a fault lets a wrong URL pass."""
        ask.facts["url"] = url
        ask.facts["media"] = self._store.media
        try:
            kind = self._kind(url or "")
            if kind == "invalid":
                self._decisions.refuse(("media-delete", 1), ask)
                return None
            medium = self._store.medium(url or "") if kind == "ours" else None
            if medium is None:
                self._decisions.refuse(("media-delete", 3), ask)
        except Refusal:
            if self._decisions.does("delete", ask, wanted=False) and self._store.media:
                self._store.media.pop(0)
            raise
        return medium

    def _kind(self, url: str) -> str:
        """`ours`, `foreign` or `invalid`."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return "invalid"
        if parts.scheme not in {"http", "https"} or not parts.netloc or len(parts.path.split("/")) < 4:
            return "invalid"
        if parts.netloc in {*_HOSTS, self._store.host}:
            return "ours"
        return "invalid" if self._choices["url_other_host"] == "invalid" else "foreign"

    def _first(self, ask: Ask) -> Page:
        names = ("limit", "offset") if self._choices["offset_on_v2"] == "validated" else ("limit",)
        limit, _ = self._parameters.paging(ask, "media-get", *names)
        pictures = self._parameters.image_only(ask)
        name = ask.value("fileName")
        if name == "" and self._choices["file_name_empty"] == "not-found":
            raise Refusal(_NAME)
        ask.facts["file_name"] = name
        return Page(0, limit, pictures, name or "", 0.0)

    def _next(self, ask: Ask, token: str) -> Page:
        ask.facts["pages"] = self._store.pages
        page = self._store.turned(token)
        beside = self._choices["beside_token"] == "rejected" and ("limit" in ask.query or "imageOnly" in ask.query)
        if page is None or beside:
            self._decisions.refuse(_TOKEN, ask)
        return page or Page(0, LIMIT, image_only=False, file_name="", expires=0.0)

    def _named(self, name: str) -> list[Medium]:
        match = self._choices["file_name_match"]
        if match == "part-any-case":
            return [medium for medium in self._store.media if name.lower() in medium.name.lower()]
        if match == "part" or not name:
            return [medium for medium in self._store.media if name in medium.name]
        return [medium for medium in self._store.media if name in {medium.name, medium.name.rpartition(".")[0]}]

    def _pictures(self, media: list[Medium], *, wanted: bool) -> list[Medium]:
        return [medium for medium in media if medium.image or not wanted]

    def _upload(self, ask: Ask) -> Upload:
        body = ask.facts["body"]
        nothing = Upload("upload.png", 0, image=True)
        if body is None:
            self._decisions.refuse(_SIZE, ask)
            body = ask.incoming.body.read(_LARGEST) or b""
        try:
            found = files(body, ask.incoming.headers.get("content-type", ""))
        except Unreadable:
            found = []
        mine = [upload for upload in found if upload.field == "file"]
        ask.facts["uploads"] = found
        if not mine or (len(found) > 1 and self._choices["files_two"] == "rejected"):
            self._decisions.refuse(_FORM, ask)
            return nothing
        return self._fitting(ask, mine[0], len(body))

    def _fitting(self, ask: Ask, upload: Upload, length: int) -> Upload:
        ask.facts.update(size=upload.size, file_name=upload.name)
        choice = self._choices["size_limit"]
        if (length if choice == "body-5MiB" else upload.size) > (5_000_000 if choice == "file-5MB" else _MEBI):
            self._decisions.refuse(_SIZE, ask)
        if not upload.size and self._choices["file_empty"] == "rejected":
            raise Refusal(_FORM)
        if not upload.image and self._choices["file_no_image"] == "rejected":
            raise Refusal(_FORM)
        return upload

    def _unless_invented(self, ask: Ask) -> None:
        row = self._decisions.invented(ask)
        if row is not None:
            raise Refusal(row, value=str(ask.facts.get("raw", "")))
