"""How long the last frame of an animation is shown, set in its file."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import IO

_CHUNK_SUM = 4  # bytes after each chunk of PNG


def set_last(file: Path, kind: str, units: int) -> None:
    """Say how long the last frame is shown, which FFmpeg shows as long as the one before.

    Args:
        file: a GIF, WebP or PNG that moves; one that does not stays as it is.
        kind: "gif", "webp" or "apng".
        units: hundredths of a second in a GIF, else thousandths.
    """
    with file.open("r+b") as stored:
        {"gif": _set_gif, "webp": _set_webp, "apng": _set_png}[kind](stored, units)


def _set_gif(stored: IO[bytes], units: int) -> None:
    """In the last graphic control extension; GIF89a, appendix A."""
    stored.seek(10)
    at, last = 13 + _table(stored.read(1)[0]), 0
    while True:
        stored.seek(at)
        kind = stored.read(2)
        if kind[:1] == b"\x21":
            last = at + 4 if kind == b"\x21\xf9" else last
            at = _after_blocks(stored, at + 2)
        elif kind[:1] == b"\x2c":
            stored.seek(at + 9)
            at = _after_blocks(stored, at + 11 + _table(stored.read(1)[0]))
        else:
            break
    if last:
        stored.seek(last)
        stored.write(struct.pack("<H", min(units, 0xFFFF)))


def _table(flags: int) -> int:
    """Bytes of a table of colours."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(stored: IO[bytes], at: int) -> int:
    stored.seek(at)
    while size := (stored.read(1) or b"\0")[0]:
        stored.seek(size, 1)
    return stored.tell()


def _set_webp(stored: IO[bytes], units: int) -> None:
    """In the last chunk ANMF, after x, y, width and height, of three bytes each."""

    def measured(head: bytes) -> tuple[bytes, int]:
        name, length = struct.unpack("<4sI", head)
        return name, length + length % 2

    if last := _last_chunk(stored, 12, b"ANMF", measured):
        stored.seek(last + 8 + 12)
        stored.write(min(units, 0xFFFFFF).to_bytes(3, "little"))


def _set_png(stored: IO[bytes], units: int) -> None:
    """In the last chunk fcTL, a fraction of a second, and in its sum."""

    def measured(head: bytes) -> tuple[bytes, int]:
        length, name = struct.unpack(">I4s", head)
        return name, length + _CHUNK_SUM

    if last := _last_chunk(stored, 8, b"fcTL", measured):
        delay = Fraction(units, 1000)
        stored.seek(last + 4)
        chunk = bytearray(stored.read(4 + 26))
        chunk[24:28] = struct.pack(">HH", min(delay.numerator, 0xFFFF), delay.denominator)
        stored.seek(last + 4)
        stored.write(bytes(chunk) + struct.pack(">I", zlib.crc32(chunk)))


def _last_chunk(
    stored: IO[bytes], begin: int, wanted: bytes, measured: Callable[[bytes], tuple[bytes, int]]
) -> int:
    """Where the last chunk of that name begins, or 0; heads of 8 bytes hold name and length."""
    at, last = begin, 0
    stored.seek(at)
    while len(head := stored.read(8)) == 8:
        name, length = measured(head)
        last = at if name == wanted else last
        at += 8 + length
        stored.seek(at)
    return last
