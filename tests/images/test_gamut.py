"""Tests of tfnst.images.gamut: colours that a file describes without a profile."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from tfnst import images

GREYS = np.arange(256, dtype=np.uint8).reshape(16, 16)


def png(pixels: np.ndarray, *chunks: tuple[bytes, bytes]) -> io.BytesIO:
    Image.fromarray(pixels).save(buffer := io.BytesIO(), "PNG")
    data = buffer.getvalue()
    added = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
    return io.BytesIO(data[:33] + added + data[33:])


def gamma(value: float) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", round(100_000 * value))


def srgb(light: np.ndarray) -> np.ndarray:
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize(("value", "exponent"), [(1.0, 1.0), (0.55556, 1.8)])
def test_the_gamma_of_a_png(colour: bool, value: float, exponent: float) -> None:
    pixels = np.stack([GREYS] * 3, 2) if colour else GREYS
    read = images.load(png(pixels, gamma(value))).rgb
    np.testing.assert_allclose(read[..., 1], srgb((GREYS / 255.0) ** exponent), atol=1e-3)


def test_the_gamma_of_16_bits() -> None:
    wide = GREYS.astype(np.uint16) * 257
    read = images.load(png(wide, gamma(1.0))).rgb
    np.testing.assert_allclose(read[..., 0], srgb(GREYS / 255.0), atol=1e-3)


@pytest.mark.parametrize(
    "chunks", [[gamma(0.45455)], [gamma(0)], [gamma(1.0), (b"sRGB", b"\0")], [gamma(1000)]]
)
def test_a_gamma_that_says_nothing_else(chunks: list[tuple[bytes, bytes]]) -> None:
    np.testing.assert_array_equal(
        images.load(png(GREYS, *chunks)).rgb[..., 0], GREYS / np.float32(255)
    )


def camera(index: bytes, space: int = 0xFFFF) -> io.BytesIO:
    exif = b"II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 0x8769, 4, 1, 26, 0)
    exif += struct.pack("<HHHIIHHIII", 2, 0xA001, 3, 1, space, 0xA005, 4, 1, 56, 0)
    exif += struct.pack("<HHHI4sI", 1, 1, 2, 4, index, 0)
    pixels = np.full((16, 16, 3), (100, 180, 60), np.uint8)
    return png(pixels, (b"eXIf", exif))


def test_adobe_rgb_by_exif_alone() -> None:
    read = images.load(camera(b"R03")).rgb[0, 0]
    # By the matrices of IEC 61966-2-1 and of Adobe RGB (1998).
    light = (np.array([100, 180, 60]) / 255) ** (563 / 256)
    adobe = [[0.57667, 0.18556, 0.18823], [0.29734, 0.62736, 0.07529], [0.02703, 0.07069, 0.99134]]
    to_srgb = [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
    expected = srgb((np.array(to_srgb) @ np.array(adobe) @ light).clip(0, 1))
    np.testing.assert_allclose(read, expected, atol=2e-3)
    plain = np.array([100, 180, 60], np.float32) / 255
    for other in (camera(b"R98"), camera(b"R03", space=1)):
        np.testing.assert_allclose(images.load(other).rgb[0, 0], plain, atol=1e-6)
