"""EXIF blocks as directories of tags, read and written with every value's bytes as they are."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO

from PIL import ExifTags

Directory = Mapping[int, tuple[int, bytes]]  # by tag: the type's number, and the values' bytes

PHOTO, GPS = int(ExifTags.IFD.Exif), int(ExifTags.IFD.GPSInfo)
PREFIX = b"Exif\0\0"
ASCII, SHORT, LONG, UNDEFINED = 2, 3, 4, 7
_SIZES = {1: 1, ASCII: 1, SHORT: 2, LONG: 4, 5: 8, 6: 1, UNDEFINED: 1}
_SIZES |= {8: 2, 9: 4, 10: 8, 11: 4, 12: 8}  # bytes of a value, by type
_POINTERS = (LONG, 13)  # types of the entries that lead to directories
_MOST, _LARGEST = 500, 4 << 20  # entries of a directory, and bytes of all: beyond any camera's


@dataclass(frozen=True)
class Exif:
    """A block: what is said of the picture, and in directories of their own of the shot and place.

    Attributes:
        order: of the bytes within values, "<" or ">".
        main: the first directory.
        parts: others by the tags of the first that lead to them, `PHOTO` and `GPS`.
    """

    order: str = "<"
    main: Directory = field(default_factory=dict)
    parts: Mapping[int, Directory] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.main) or any(self.parts.values())


def read(file: IO[bytes] | bytes) -> Exif:
    """A block, or what a whole TIFF file has of one; empty where there is none.

    What is damaged is left out: entries of unknown types, and values beyond the end.
    """
    stream = io.BytesIO(file.removeprefix(PREFIX)) if isinstance(file, bytes) else file
    stream.seek(0)
    head = stream.read(8)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(head[:4])
    if order is None or len(head) < 8:
        return Exif()
    main = _directory(stream, order, *struct.unpack(order + "I", head[4:]))
    parts = {}
    for tag in (PHOTO, GPS):
        kind, value = main.pop(tag, (0, b""))
        if kind in _POINTERS and len(value) == 4:
            parts[tag] = _known(_directory(stream, order, *struct.unpack(order + "I", value)))
    return Exif(order, _known(main), parts)


def _known(entries: Directory) -> Directory:
    """All entries but those that lead to other places."""
    return {tag: entry for tag, entry in entries.items() if entry[0] in _SIZES}


def _directory(stream: IO[bytes], order: str, start: int) -> dict[int, tuple[int, bytes]]:
    stream.seek(start)
    count = int.from_bytes(stream.read(2), "little" if order == "<" else "big")
    table = stream.read(12 * min(count, _MOST))
    entries: dict[int, tuple[int, bytes]] = {}
    left = _LARGEST
    for tag, kind, number, value in struct.iter_unpack(
        f"{order}HHI4s", table[: len(table) // 12 * 12]
    ):
        size = _SIZES.get(kind, 4 if kind in _POINTERS else 0) * number
        if size > 4:
            stream.seek(*struct.unpack(order + "I", value))
            value = stream.read(size) if size <= left else b""
            left -= len(value)
        if size and len(value) >= size and tag not in entries:
            entries[tag] = kind, value[:size]
    return entries


def written(exif: Exif) -> bytes:
    """The block, without `PREFIX`; an empty one is b""."""
    if not exif:
        return b""
    body, start = directories(exif, 8)
    return head(exif.order, start) + body


def head(order: str, start: int) -> bytes:
    """The first 8 bytes of a TIFF file or EXIF block whose first directory is at `start`."""
    return (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, start)


def directories(exif: Exif, start: int) -> tuple[bytes, int]:
    """All directories, as they are at that place of a file, and where the first of them is."""
    main, body = dict(exif.main), b""
    for tag, part in exif.parts.items():
        if part:
            main[tag] = LONG, struct.pack(exif.order + "I", start + len(body))
            body += _packed(part, exif.order, start + len(body))
    return body + _packed(main, exif.order, start + len(body)), start + len(body)


def _packed(directory: Directory, order: str, start: int) -> bytes:
    table, values = struct.pack(order + "H", len(directory)), b""
    after = start + 2 + 12 * len(directory) + 4
    for tag, (kind, value) in sorted(directory.items()):
        number = len(value) // _SIZES[kind]
        if len(value) > 4:
            place = struct.pack(order + "I", after + len(values))
            values += value + b"\0" * (len(value) % 2)
        else:
            place = value.ljust(4, b"\0")
        table += struct.pack(order + "HHI", tag, kind, number) + place
    return table + bytes(4) + values


def short(order: str, *numbers: int) -> tuple[int, bytes]:
    """An entry of numbers up to 65,535."""
    return SHORT, struct.pack(f"{order}{len(numbers)}H", *numbers)


def long(order: str, *numbers: int) -> tuple[int, bytes]:
    """An entry of numbers up to 2³² - 1."""
    return LONG, struct.pack(f"{order}{len(numbers)}I", *numbers)


def text(value: bytes) -> tuple[int, bytes]:
    """An entry of text."""
    return ASCII, value + b"\0"
