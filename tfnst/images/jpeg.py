"""JPEG files as every viewer takes them, and none whose pixels are missing."""

from __future__ import annotations

import io
from typing import IO

from PIL import JpegImagePlugin

SIGNATURE = b"\xff\xd8\xff"
_END, _SCAN = b"\xff\xd9", b"\xff\xda"
_JUNK = bytes((171 + 101 * i) % 255 for i in range(1000))  # no marker, and unlike zeros
_BLOCK = 8  # pixels a side


def mended(file: IO[bytes]) -> IO[bytes]:
    """A JPEG file with its end marker; ValueError for one whose pixels are not all there."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 2))
    ended = file.read() == _END
    file.seek(0)
    data = b"" if ended else file.read()
    file.seek(0)
    if not ended and data.find(_END, max(0, data.find(_SCAN))) < 0:
        # What lies behind the last block of a whole scan changes nothing.
        if _pixels(data + _END) != _pixels(data + _JUNK + _END):
            raise ValueError("cut short")
        file = io.BytesIO(data + _END)
    return file


def require_plausible(width: int, height: int, size: int) -> None:
    """ValueError for a file of so many bytes that cannot hold so many pixels."""
    # Huffman codes are a bit long at least, and every block has one of its own.
    if (width // _BLOCK) * (height // _BLOCK) > 8 * size:
        raise ValueError(f"{size} bytes cannot hold {width} x {height} pixels")


def _pixels(data: bytes) -> bytes:
    return JpegImagePlugin.JpegImageFile(io.BytesIO(data)).tobytes()
