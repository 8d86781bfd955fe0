"""Reads the files in a multipart body."""

from dataclasses import dataclass
from typing import Final

from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

_IMAGE_SIGNATURES: Final = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM", b"<svg")
_IMAGE_SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".svg", ".avif")


class InvalidMultipart(Exception):
    """A body that is not multipart/form-data."""


@dataclass(slots=True)
class UploadedFile:
    """One file in a form: its name, its size in bytes, whether it is an image, and the name of its field."""

    name: str
    size: int
    image: bool
    field: str = "file"


def read_files(body: bytes, media_type: str) -> list[UploadedFile]:
    """Return every file of a body, in order; raise InvalidMultipart."""
    kind, options = parse_options_header(media_type)
    boundary = options.get("boundary", "")
    if kind != "multipart/form-data" or not boundary:
        raise InvalidMultipart(media_type)
    decoder = MultipartDecoder(boundary.encode("latin-1", "replace"))
    try:
        decoder.receive_data(body)
        decoder.receive_data(None)
        return _collect(decoder)
    except ValueError as error:
        raise InvalidMultipart(str(error)) from error


def _collect(decoder: MultipartDecoder) -> list[UploadedFile]:
    files: list[UploadedFile] = []
    current: UploadedFile | None = None
    while not isinstance(event := decoder.next_event(), Epilogue | NeedData):
        if isinstance(event, File):
            kind = event.headers.get("content-type", "")
            name = event.filename or "unnamed"
            image = kind.startswith("image/") or name.lower().endswith(_IMAGE_SUFFIXES)
            current = UploadedFile(name, 0, image, event.name)
            files.append(current)
        elif isinstance(event, Field):
            current = None
        elif isinstance(event, Data) and current is not None:
            current.image = current.image or (current.size == 0 and event.data.startswith(_IMAGE_SIGNATURES))
            current.size += len(event.data)
    return files
