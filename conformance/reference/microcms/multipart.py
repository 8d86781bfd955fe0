"""The files in a multipart body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

__all__ = ["Unreadable", "Upload", "files"]

_SIGNS: Final = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM", b"<svg")
_ENDINGS: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".svg", ".avif")


class Unreadable(Exception):
    """A body that is no multipart body."""


@dataclass(slots=True)
class Upload:
    """One file as it came: its name, how many bytes it has, whether it is a picture, and the name of its field."""

    name: str
    size: int
    image: bool
    field: str = "file"


def files(body: bytes, media_type: str) -> list[Upload]:
    """Every file part of a body, in order; raises Unreadable."""
    kind, options = parse_options_header(media_type)
    boundary = options.get("boundary", "")
    if kind != "multipart/form-data" or not boundary:
        raise Unreadable(media_type)
    decoder = MultipartDecoder(boundary.encode("latin-1", "replace"))
    try:
        decoder.receive_data(body)
        decoder.receive_data(None)
        return _gathered(decoder)
    except ValueError as error:
        raise Unreadable(str(error)) from error


def _gathered(decoder: MultipartDecoder) -> list[Upload]:
    found: list[Upload] = []
    current: Upload | None = None
    while not isinstance(event := decoder.next_event(), Epilogue | NeedData):
        if isinstance(event, File):
            kind = event.headers.get("content-type", "")
            name = event.filename or "unnamed"
            image = kind.startswith("image/") or name.lower().endswith(_ENDINGS)
            current = Upload(name, 0, image, event.name)
            found.append(current)
        elif isinstance(event, Field):
            current = None
        elif isinstance(event, Data) and current is not None:
            current.image = current.image or (current.size == 0 and event.data.startswith(_SIGNS))
            current.size += len(event.data)
    return found
