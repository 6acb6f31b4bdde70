"""PNG files as every viewer takes them, in spite of what is beside the pixels; and of 16 bits."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import IO, Any

import numpy as np

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
_PART = 1 << 20  # bytes of a chunk of pixels
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


def deepened(frame: bytes, values: np.ndarray) -> bytes:
    """A PNG file with other pixels, which have 16 bits a channel.

    Args:
        frame: a PNG file of 8 bits a channel and as many channels, of any size.
        values: (H, W, 3) or (H, W, 4), uint16.

    Returns:
        The whole file, with all else that the frame has.
    """
    height, width, channels = values.shape
    colour = {3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0)
    deflate = zlib.compressobj()
    rows = values.astype(">u2").view(np.uint8).reshape(height, -1)
    above = np.concatenate([np.zeros((1, rows.shape[1]), np.uint8), rows[:-1]])
    blocks = [slice(top, top + 64) for top in range(0, height, 64)]
    packed = [deflate.compress(_filtered(rows[b], above[b], 2 * channels)) for b in blocks]
    pixels = b"".join([*packed, deflate.flush()])
    parts, is_first = [SIGNATURE], True
    for kind, chunk, _ in _chunks(memoryview(frame)):
        if kind == b"IHDR":
            parts.append(_chunk(kind, header))
        elif kind != b"IDAT":
            parts.append(bytes(chunk))
        elif is_first:
            parts += [_chunk(kind, pixels[i : i + _PART]) for i in range(0, len(pixels), _PART)]
            is_first = False
    return b"".join(parts)


def _filtered(rows: np.ndarray, above: np.ndarray, step: int) -> bytes:
    """Rows (N, bytes) as the differences that add up to least, each after the number of its kind.

    `step` is the bytes of a pixel. Of PNG's kinds (W3C 2003, section 9), those to the left, to
    above, and Paeth's, which suit photos.
    """
    left, corner = np.zeros_like(rows), np.zeros_like(rows)
    left[:, step:], corner[:, step:] = rows[:, :-step], above[:, :-step]
    c = corner.astype(np.int16)
    down, along = above - c, left - c
    to_left, to_above, to_corner = abs(down), abs(along), abs(down + along)
    paeth = np.where(to_above <= to_corner, above, corner)
    paeth = np.where((to_left <= to_above) & (to_left <= to_corner), left, paeth)
    candidates = np.stack([rows - left, rows - above, rows - paeth])
    sizes = abs(candidates.view(np.int8)).view(np.uint8)  # the least has no negative: 128
    best = sizes.sum(axis=2, dtype=np.uint32).argmin(axis=0)
    numbers = np.array([1, 2, 4], np.uint8)[best]
    chosen = candidates[best, np.arange(len(rows))]
    return np.concatenate([numbers[:, None], chosen], axis=1).tobytes()


def _chunk(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)


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
