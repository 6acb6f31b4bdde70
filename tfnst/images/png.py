"""PNG files as every viewer takes them: what does not bear on the pixels cannot spoil them."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import IO, Any

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
# Keywords of the recipe, and of what may hold a photo's rotation.
_USED = (b"tfnst\0", b"XML:com.adobe.xmp\0", b"Raw profile type exif\0")
_ANCILLARY = 0x20  # in the first letter of a kind: a small one
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
# Of Adam7: the first pixel of each, and the steps.
_PASSES = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2)),
    (0, 1, 1, 2),
)
_LARGEST = 2 << 30  # bytes
_LARGEST_PROFILE = 64 << 20


def mended(file: IO[bytes]) -> tuple[IO[bytes], dict[Any, Any]]:
    """A PNG file without the chunks that Pillow needlessly refuses, and its ICC profile as `info`.

    Left out are foreign texts, of any size, ancillary chunks with a wrong checksum, and the
    profile, for which Pillow has a limit too. Raises ValueError for a wrong checksum in another
    chunk, which Pillow would pass over in the pixels, and MemoryError above 2 GiB.
    """
    if file.seek(0, io.SEEK_END) > _LARGEST:
        raise MemoryError
    file.seek(0)
    parts, info = [memoryview(SIGNATURE)], {}
    for kind, chunk, is_sound in _chunks(memoryview(file.read())):
        body = chunk[8:-4]
        if not is_sound:
            if not kind[0] & _ANCILLARY:
                raise ValueError(f"wrong checksum in {kind!r}")
        elif kind == b"iCCP":
            info["icc_profile"] = _profile(bytes(body))
        elif kind not in _TEXTS or bytes(body[:32]).startswith(_USED):
            parts.append(chunk)
    return io.BytesIO(b"".join(parts)), info


def require_pixels(file: IO[bytes]) -> None:
    """ValueError for a PNG file whose data is too short: Pillow leaves whole missing rows black."""
    file.seek(0)
    chunks = list(_chunks(memoryview(file.read())))
    width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", chunks[0][1][8:21])
    bits, inflate, count = depth * _CHANNELS[colour], zlib.decompressobj(), 0
    for _, chunk, _ in (part for part in chunks if part[0] == b"IDAT"):
        waiting = bytes(chunk[8:-4])
        while waiting:
            count += len(inflate.decompress(waiting, 1 << 20))
            waiting = inflate.unconsumed_tail
    count += len(inflate.flush())
    wanted = 0
    for x, y, across, down in _PASSES if interlace else [(0, 0, 1, 1)]:
        columns, rows = -(-max(0, width - x) // across), -(-max(0, height - y) // down)
        wanted += rows * (1 + -(-columns * bits // 8)) if columns else 0
    if count < wanted:
        raise ValueError(f"{count} of {wanted} bytes of pixels")


def _chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview, bool]]:
    """Kind, bytes, and whether the checksum is right; a chunk cut short is left to the decoder."""
    start = len(SIGNATURE)
    while start < len(data):
        length, kind = struct.unpack(">I4s", bytes(data[start : start + 8]).ljust(8, b"\0"))
        end = start + 12 + length
        checksum = zlib.crc32(data[start + 4 : end - 4]).to_bytes(4, "big")
        yield kind, data[start:end], end > len(data) or checksum == data[end - 4 : end]
        if kind == b"IEND":
            return
        start = end


def _profile(body: bytes) -> bytes | None:
    _, _, packed = body.partition(b"\0")
    try:
        return zlib.decompressobj().decompress(packed[1:], _LARGEST_PROFILE) or None
    except zlib.error:
        return None
