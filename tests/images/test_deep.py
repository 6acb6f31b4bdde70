"""Tests of tfnst.images.deep: 16 bits a channel, bit by bit, of files made here by other means."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.images.samples import deep_noise, problem
from tests.images.test_decoding import png, profile
from tfnst import images
from tfnst.images import decoding


def tiff(
    values: np.ndarray,
    order: str,
    extra: int | None,
    packed: bool = False,
    planes: bool = False,
    orientation: int = 1,
) -> bytes:
    """An (H, W, C) array as a TIFF file in one strip, or a strip a plane; `extra` says of alpha."""
    height, width, channels = values.shape
    raw = values.astype(f"{order}u2")
    strips = [raw[..., i].tobytes() for i in range(channels)] if planes else [raw.tobytes()]
    strips = [zlib.compress(strip) for strip in strips] if packed else strips
    starts = np.cumsum([8, *map(len, strips)]).tolist()
    after = starts[-1] + starts[-1] % 2
    lists = {258: ("H", [16] * channels), 273: ("I", starts[:-1]), 279: ("I", [*map(len, strips)])}
    single = {256: width, 257: height, 259: 8 if packed else 1, 262: 2, 277: channels, 278: height}
    single |= {274: orientation}
    single |= {284: 2} if planes else {}
    single |= {} if extra is None else {338: extra}
    tail, entries = b"", []
    for tag, (letter, numbers) in lists.items():
        kind, text = (3, "H") if letter == "H" else (4, "I")
        place = struct.pack(f"{order}I", after + len(tail))
        if len(numbers) == 1:
            place = struct.pack(f"{order}{text}", *numbers).ljust(4, b"\0")
        else:
            tail += struct.pack(f"{order}{len(numbers)}{text}", *numbers)
        entries.append((tag, kind, len(numbers), place))
    entries += [(tag, 4, 1, struct.pack(f"{order}I", value)) for tag, value in single.items()]
    data = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, after + len(tail))
    data = (data + b"".join(strips)).ljust(after, b"\0") + tail
    data += struct.pack(f"{order}H", len(entries))
    data += b"".join(struct.pack(f"{order}HHI", *e[:3]) + e[3] for e in sorted(entries))
    return data + bytes(4)


def bits(values: np.ndarray | None) -> np.ndarray:
    assert values is not None
    return images.as_uint16(values)


class TestReading:
    @pytest.mark.parametrize(("colour_type", "channels"), [(2, 3), (4, 2), (6, 4)])
    def test_png(self, colour_type: int, channels: int) -> None:
        values = deep_noise(channels=channels)
        picture = images.load(io.BytesIO(png(values, colour_type)))
        colours = np.repeat(values[..., :1], 3, axis=2) if channels == 2 else values[..., :3]
        assert picture.depth == 16 and picture.rgb.dtype == np.float32
        np.testing.assert_array_equal(bits(picture.rgb), colours)
        if channels == 3:
            assert picture.alpha is None
        else:
            np.testing.assert_array_equal(bits(picture.alpha), values[..., -1])

    def test_png_in_passes(self) -> None:
        """Adam7, of which every pass is filtered and packed by itself."""
        values = deep_noise(19, 23)
        starts = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4)]
        starts += [(1, 0, 2, 2), (0, 1, 1, 2)]
        rows = [
            b"\0" + row.astype(">u2").tobytes()
            for x, y, across, down in starts
            for row in values[y::down, x::across]
        ]
        plain = png(values, 2)
        header = struct.pack(">IIBBBBB", 23, 19, 16, 2, 0, 0, 1)

        def chunk(kind: bytes, body: bytes) -> bytes:
            sums = struct.pack(">I", zlib.crc32(kind + body))
            return struct.pack(">I", len(body)) + kind + body + sums

        data = plain[:8] + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"".join(rows)))
        picture = images.load(io.BytesIO(data + chunk(b"IEND", b"")))
        np.testing.assert_array_equal(bits(picture.rgb), values)

    def test_png_with_one_transparent_colour(self) -> None:
        values = deep_noise()
        values[2, 3], values[4, 5] = (1, 2, 3), (1, 2, 4)
        chunk = (b"tRNS", struct.pack(">3H", 1, 2, 3))
        alpha = images.load(io.BytesIO(png(values, 2, chunk))).alpha
        assert alpha is not None and alpha[2, 3] == 0 and alpha.sum() == alpha.size - 1

    @pytest.mark.parametrize("order", ["<", ">"])
    @pytest.mark.parametrize("packed", [False, True])
    @pytest.mark.parametrize(("channels", "extra"), [(3, None), (4, 0), (4, 1), (4, 2)])
    def test_tiff(self, order: str, packed: bool, channels: int, extra: int | None) -> None:
        values = deep_noise(channels=channels)
        colours = values[..., :3]
        if extra == 1:  # multiplied by alpha
            values[0, :, 3], values[1, :, 3] = 0, 65535
            colours = np.rint(colours * (values[..., 3:] / 65535))
            values[..., :3] = colours
            cover = np.maximum(values[..., 3:], 1)
            colours = np.rint((colours / cover).clip(0, 1) * 65535)
        picture = images.load(io.BytesIO(tiff(values, order, extra, packed)))
        np.testing.assert_array_equal(bits(picture.rgb), colours)
        assert (picture.alpha is None) == (extra in (None, 0)) and picture.depth == 16
        if picture.alpha is not None:
            np.testing.assert_array_equal(bits(picture.alpha), values[..., 3])

    def test_planes(self) -> None:
        """Pillow decodes packed ones to 8 bits; and of others it made stripes."""
        values = deep_noise()
        picture = images.load(io.BytesIO(tiff(values, "<", None, packed=True, planes=True)))
        assert picture.depth == 8
        np.testing.assert_array_equal(images.as_uint8(picture.rgb), values >> 8)
        message = problem(images.load, io.BytesIO(tiff(values, "<", None, planes=True)))
        assert "export it again, as PNG" in message

    @pytest.mark.parametrize("suffix", [".png", ".tif"])
    def test_rotation(self, suffix: str) -> None:
        values = deep_noise(channels=4)
        exif = Image.Exif()
        exif[0x0112] = 6
        if suffix == ".png":
            data = png(values, 6, (b"eXIf", exif.tobytes()[6:]))
        else:
            data = tiff(values, "<", 2, orientation=6)
        picture = images.load(io.BytesIO(data))
        np.testing.assert_array_equal(bits(picture.rgb), np.rot90(values[..., :3], -1))
        np.testing.assert_array_equal(bits(picture.alpha), np.rot90(values[..., 3], -1))

    def test_large_pictures_are_reduced(self, monkeypatch: pytest.MonkeyPatch) -> None:
        values = deep_noise(120, 160, 4)
        monkeypatch.setattr(decoding, "LARGE", 10_000)
        picture = images.load(io.BytesIO(png(values, 6)), enough=40)
        means = values.reshape(30, 4, 40, 4, 4).mean(axis=(1, 3)) / 65535
        np.testing.assert_allclose(picture.rgb, means[..., :3], atol=1e-5)
        np.testing.assert_allclose(picture.alpha, means[..., 3], atol=1e-5)

    def test_resizing_keeps_what_is_between(self) -> None:
        values = np.full((20, 30, 3), 30_001, np.uint16)
        picture = images.load(io.BytesIO(png(values, 2)), 15)
        assert picture.depth == 16 and set(bits(picture.rgb).ravel()) == {30_001}


class TestProfiles:
    def test_colours_are_converted_at_full_depth(self) -> None:
        values = np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64, 1).repeat(3, 2)
        chunk = (b"iCCP", b"a\0\0" + zlib.compress(profile(b"RGB ", 1.0)))
        picture = images.load(io.BytesIO(png(values, 2, chunk)))
        light = values.astype(np.float64) / 65535
        bright = 1.055 * light ** (1 / 2.4) - 0.055
        expected = np.where(light <= 0.0031308, 12.92 * light, bright)
        np.testing.assert_allclose(picture.rgb, expected, atol=2e-4)
        assert picture.depth == 16 and len(np.unique(picture.rgb)) > 4000

    def test_grey_with_alpha(self) -> None:
        values = np.full((9, 8, 2), 32768, np.uint16)
        chunk = (b"iCCP", b"a\0\0" + zlib.compress(profile(b"GRAY", 1.0)))
        picture = images.load(io.BytesIO(png(values, 4, chunk)))
        np.testing.assert_allclose(picture.rgb, 0.7354, atol=0.005)
        assert set(bits(picture.alpha).ravel()) == {32768}

    @pytest.mark.parametrize("icc", [b"nonsense" * 40, profile(b"GRAY", 1.0)])
    def test_what_is_broken_or_foreign_is_ignored(self, icc: bytes) -> None:
        values = deep_noise()
        chunk = (b"iCCP", b"a\0\0" + zlib.compress(icc))
        np.testing.assert_array_equal(
            bits(images.load(io.BytesIO(png(values, 2, chunk))).rgb), values
        )

    def test_gamma(self) -> None:
        values = np.full((9, 8, 3), 32768, np.uint16)
        picture = images.load(io.BytesIO(png(values, 2, (b"gAMA", struct.pack(">I", 100_000)))))
        np.testing.assert_allclose(picture.rgb, 0.7354, atol=1e-4)


class TestRoundTrip:
    @pytest.mark.parametrize("suffix", [".png", ".tif", ".tiff"])
    @pytest.mark.parametrize("channels", [1, 3, 4])
    def test_every_value_is_kept(self, tmp_path: Path, suffix: str, channels: int) -> None:
        values = deep_noise(70, 90, channels)
        first = io.BytesIO(png(values, {1: 0, 3: 2, 4: 6}[channels]))
        images.save(tmp_path / f"a{suffix}", images.load(first))
        picture = images.load(tmp_path / f"a{suffix}")
        assert picture.depth == 16
        colours = np.repeat(values, 3, axis=2) if channels == 1 else values[..., :3]
        np.testing.assert_array_equal(bits(picture.rgb), colours)
        assert (picture.alpha is None) == (channels != 4)
        if channels == 4:
            np.testing.assert_array_equal(bits(picture.alpha), values[..., 3])

    def test_float32_holds_every_value(self) -> None:
        every = np.arange(65536, dtype=np.uint16)
        np.testing.assert_array_equal(images.as_uint16(every / np.float32(65535)), every)

    def test_pillow_agrees_on_the_upper_bytes(self, tmp_path: Path) -> None:
        values = deep_noise(70, 90, 4)
        unit = values.astype(np.float32) / 65535
        for suffix in (".png", ".tif"):
            file = tmp_path / f"a{suffix}"
            images.save(file, unit[..., :3], alpha=unit[..., 3], depth=16)
            with Image.open(file) as image:
                np.testing.assert_array_equal(np.asarray(image), values >> 8)
