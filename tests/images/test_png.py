"""Tests of tfnst.images.png: PNG files that every viewer opens."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from tfnst import images
from tfnst.images import png

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 17, 3), np.uint8)
RECIPE = '{"tfnst": "1.0"}'


def chunk(kind: bytes, body: bytes, wrong: bool = False) -> bytes:
    checksum = zlib.crc32(kind + body) ^ wrong
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)


@pytest.fixture
def plain() -> bytes:
    return images.encode("a.png", PIXELS, recipe=RECIPE)


def read(tmp_path: Path, data: bytes) -> images.Picture:
    (tmp_path / "a.png").write_bytes(data)
    return images.load(tmp_path / "a.png")


LONG = bytes(range(65, 91)) * 200_000  # 5 MB
ADDED = {
    "long text": chunk(b"tEXt", b"Comment\0" + LONG),
    "long packed text": chunk(b"zTXt", b"Comment\0\0" + zlib.compress(LONG)),
    "long text of another kind": chunk(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(LONG)),
    "wrong checksum of a text": chunk(b"tEXt", b"Comment\0short", wrong=True),
    "wrong checksum of a time": chunk(b"tIME", bytes(7), wrong=True),
    "wrong checksum of a profile": chunk(b"iCCP", b"a\0\0" + zlib.compress(b"b"), wrong=True),
    "broken profile": chunk(b"iCCP", b"a\0\0no"),
}


@pytest.mark.parametrize("added", ADDED.values(), ids=ADDED)
@pytest.mark.parametrize("behind", [b"IDAT", b"IEND"])
def test_what_does_not_bear_on_the_pixels(
    tmp_path: Path, plain: bytes, added: bytes, behind: bytes
) -> None:
    start = plain.index(behind) - 4
    picture = read(tmp_path, plain[:start] + added + plain[start:])
    np.testing.assert_array_equal(images.as_uint8(picture.rgb), PIXELS)
    assert picture.recipe == RECIPE


def test_a_profile_of_several_megabytes_is_used(tmp_path: Path) -> None:
    """Red and blue are exchanged by it, whatever is laid behind it."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for number in range(struct.unpack_from(">I", profile, 128)[0]):
        tag = 132 + 12 * number
        name = bytes(profile[tag : tag + 4])
        profile[tag : tag + 4] = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(name, name)
    profile += bytes(3 << 20)
    struct.pack_into(">I", profile, 0, len(profile))
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, "PNG", icc_profile=bytes(profile))
    picture = read(tmp_path, buffer.getvalue())
    np.testing.assert_allclose(picture.rgb, PIXELS[..., ::-1] / 255, atol=0.02)


@pytest.mark.parametrize("kind", [b"IHDR", b"IDAT"])
def test_wrong_checksums_of_the_pixels_are_refused(
    tmp_path: Path, plain: bytes, kind: bytes
) -> None:
    start = plain.index(kind) - 4
    end = start + 12 + struct.unpack_from(">I", plain, start)[0]
    damaged = plain[: end - 4] + bytes([plain[end - 4] ^ 1]) + plain[end - 3 :]
    with pytest.raises(ValueError, match="damaged"):
        read(tmp_path, damaged)


@pytest.mark.parametrize("missing", [1, 5, 40])
@pytest.mark.parametrize("interlace", [0, 1])
@pytest.mark.parametrize("depth", [8, 16])
def test_missing_rows_are_refused(missing: int, interlace: int, depth: int) -> None:
    """Pillow leaves them black where the packed data is whole but too short."""
    width, height = 37, 50
    sides = [(5, 7), (5, 7), (10, 6), (9, 13), (19, 12), (18, 25), (37, 25)]
    if not interlace:
        sides = [(width, height)]
    rows = [b"\0" + b"\x90" * (3 * columns * depth // 8) for columns, n in sides for _ in range(n)]
    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, interlace)

    def file(lines: list[bytes]) -> io.BytesIO:
        pixels = zlib.compress(b"".join(lines))
        body = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
        return io.BytesIO(b"\x89PNG\r\n\x1a\n" + body)

    whole = images.load(file(rows)).rgb
    np.testing.assert_allclose(whole, 0x90 / 255, atol=0.01)
    with pytest.raises(ValueError, match="damaged, cut short"):
        images.load(file(rows[:-missing]))


@pytest.mark.parametrize("kind", ["1", "L", "P", "RGB", "RGBA", "I;16"])
def test_a_picture_that_ends_black_is_read(kind: str) -> None:
    Image.new(kind, (20, 19)).save(buffer := io.BytesIO(), "PNG")
    assert images.load(buffer).rgb.shape == (19, 20, 3)


def test_pixels_of_16_bits_in_a_frame() -> None:
    frame = images.encode("a.png", np.zeros((1, 1, 3), np.uint8), recipe=RECIPE)
    smooth = np.linspace(0, 65535, 70 * 40 * 3).astype(np.uint16).reshape(70, 40, 3)
    data = png.deepened(frame, smooth)
    picture = images.load(io.BytesIO(data))
    np.testing.assert_array_equal(images.as_uint16(picture.rgb), smooth)
    assert picture.recipe == RECIPE and picture.depth == 16
    plain = len(zlib.compress(smooth.astype(">u2").tobytes()))
    assert len(data) < 0.3 * plain  # differences pack better than values
