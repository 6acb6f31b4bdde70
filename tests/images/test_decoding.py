"""Tests of tfnst.images.decoding, on files that are made here."""

from __future__ import annotations

import io
import os
import struct
import sys
import tempfile
import threading
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, features

from tests.images.samples import noise, problem, quick, slope, stored
from tfnst import assets, files, images
from tfnst.images import decoding

HALF_LINEAR_IN_SRGB = 0.7354


def png(array: np.ndarray, colour_type: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """An (H, W, C) array as PNG bytes, also of the 16-bit kinds that Pillow does not write."""
    height, width, depth = *array.shape[:2], 8 * array.dtype.itemsize
    rows = b"".join(b"\0" + row.tobytes() for row in array.astype(array.dtype.newbyteorder(">")))
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


def profile(space: bytes, gamma: float, swapped: bool = False) -> bytes:
    """A minimal ICC profile: sRGB primaries (red and blue exchanged if asked) or grey."""

    def fixed(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    def xyz(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(map(fixed, values))

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    tags = {b"wtpt": xyz(0.9642, 1, 0.8249)}
    if space == b"GRAY":
        tags[b"kTRC"] = curve
    else:
        red, blue = xyz(0.43607, 0.22249, 0.01392), xyz(0.14307, 0.06061, 0.71410)
        tags[b"rXYZ"], tags[b"bXYZ"] = (blue, red) if swapped else (red, blue)
        tags[b"gXYZ"] = xyz(0.38515, 0.71687, 0.09708)
        tags |= {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    table, body, offset = b"", b"", 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", offset + len(body), len(data))
        body += data
    head = struct.pack(
        ">I4sI4s4s4s", offset + len(body), b"\0" * 4, 0x02400000, b"mntr", space, b"XYZ "
    )
    head += b"\0" * 12 + b"acsp" + b"\0" * 28 + fixed(0.9642) + fixed(1) + fixed(0.8249)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


class TestReading:
    @pytest.mark.parametrize("suffix", [".gif", ".bmp", ".png", ".tif"])
    def test_grey(self, tmp_path: Path, suffix: str) -> None:
        grey = noise(channels=0)
        picture = images.load(stored(tmp_path / f"a{suffix}", Image.fromarray(grey)))
        assert picture.alpha is None
        np.testing.assert_array_equal(images.as_uint8(picture.rgb), np.dstack([grey] * 3))

    @pytest.mark.parametrize("suffix", [".png", ".tif"])
    def test_grey_keeps_16_bits(self, tmp_path: Path, suffix: str) -> None:
        grey = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) * 16 + 5
        picture = images.load(stored(tmp_path / f"a{suffix}", Image.fromarray(grey)))
        assert picture.rgb.shape == (64, 64, 3) and picture.rgb.dtype == np.float32
        np.testing.assert_allclose(picture.rgb[..., 2] * 65535, grey, atol=0.02)
        assert picture.depth == 16

    def test_16_bit_grey_tiff_of_either_byte_order_and_sense(self, tmp_path: Path) -> None:
        grey = np.full((8, 8), 1000, np.uint16)
        for order, photometric, expected in ((">", 1, 1000), ("<", 1, 1000), ("<", 0, 64535)):
            entries = [(256, 8), (257, 8), (258, 16), (259, 1), (262, photometric), (273, 8)]
            entries += [(277, 1), (278, 8), (279, 128)]
            data = (b"MM" if order == ">" else b"II") + struct.pack(order + "HI", 42, 136)
            data += grey.astype(order + "u2").tobytes() + struct.pack(order + "H", len(entries))
            for tag, value in entries:
                data += struct.pack(order + "HHI", tag, 4, 1) + struct.pack(order + "I", value)
            path = tmp_path / "a.tif"
            path.write_bytes(data + b"\0" * 4)
            np.testing.assert_allclose(images.load(path).rgb, expected / 65535, atol=1e-6)

    def test_16_bit_grey_with_one_transparent_value(self, tmp_path: Path) -> None:
        grey = np.full((8, 8, 1), 0x1280, np.uint16)
        grey[2, 3] = 0x1281
        path = tmp_path / "a.png"
        path.write_bytes(png(grey, 0, (b"tRNS", struct.pack(">H", 0x1281))))
        picture = images.load(path)
        assert picture.alpha[2, 3] == 0 and picture.alpha.sum() == 63
        np.testing.assert_allclose(picture.rgb[0, 0] * 65535, 0x1280, atol=0.01)

    def test_float_tiff(self, tmp_path: Path) -> None:
        grey = np.linspace(0, 1, 120, dtype=np.float32).reshape(10, 12)
        picture = images.load(stored(tmp_path / "a.tif", Image.fromarray(grey)))
        np.testing.assert_array_equal(picture.rgb, np.dstack([grey] * 3))

    def test_one_bit(self, tmp_path: Path) -> None:
        bits = noise(channels=0) > 127
        picture = images.load(stored(tmp_path / "a.png", Image.fromarray(bits)))
        np.testing.assert_array_equal(picture.rgb[..., 0], bits.astype(np.float32))

    def test_cmyk(self, tmp_path: Path) -> None:
        image = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
        for name, options in (("a.jpg", {"quality": 100}), ("a.tif", {})):
            rgb = images.load(stored(tmp_path / name, image, **options)).rgb
            np.testing.assert_allclose(rgb[8, 8], [0, 1, 1], atol=0.01)

    def test_palette_with_half_transparency(self, tmp_path: Path) -> None:
        image = Image.new("P", (9, 8), 1)
        image.putpalette([10, 20, 30, 250, 100, 50])
        image.putpixel((3, 2), 0)
        picture = images.load(stored(tmp_path / "a.png", image, transparency=bytes([51, 255])))
        np.testing.assert_allclose(picture.rgb[2, 3] * 255, [10, 20, 30], atol=1e-4)
        np.testing.assert_allclose(picture.rgb[0, 0] * 255, [250, 100, 50], atol=1e-4)
        assert picture.alpha[2, 3] == pytest.approx(0.2) and picture.alpha[0, 0] == 1

    def test_palette_without_transparency(self, tmp_path: Path) -> None:
        image = Image.new("P", (9, 8), 1)
        image.putpalette([0, 0, 0, 250, 100, 50])
        picture = images.load(stored(tmp_path / "a.png", image))
        assert picture.alpha is None
        np.testing.assert_allclose(picture.rgb[4, 4] * 255, [250, 100, 50], atol=1e-4)

    def test_grey_with_alpha(self, tmp_path: Path) -> None:
        image = Image.new("LA", (9, 8), (60, 120))
        picture = images.load(stored(tmp_path / "a.png", image))
        assert set(images.as_uint8(picture.rgb).ravel()) == {60}
        assert set(images.as_uint8(picture.alpha).ravel()) == {120}

    @pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
    def test_first_frame(self, tmp_path: Path, suffix: str) -> None:
        first, second = Image.new("RGB", (10, 9), "red"), Image.new("RGB", (10, 9), "blue")
        options = {"save_all": True, "append_images": [second], "lossless": True}
        path = stored(tmp_path / f"a{suffix}", first, **options)
        np.testing.assert_allclose(images.load(path).rgb[4, 4], [1, 0, 0], atol=0.01)

    def test_wrong_extension_is_read_by_content(self, tmp_path: Path) -> None:
        path = stored(tmp_path / "a.jpg", Image.new("RGB", (9, 8), "red"), format="PNG")
        assert images.load(path).rgb[0, 0].tolist() == [1, 0, 0]

    @pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg", ".webp"])
    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_orientation(self, tmp_path: Path, suffix: str, orientation: int) -> None:
        upright = images.as_uint8(slope())
        turned_back = {
            1: upright,
            2: upright[:, ::-1],
            3: upright[::-1, ::-1],
            4: upright[::-1],
            5: upright.swapaxes(0, 1),
            6: np.rot90(upright, 1),
            7: upright[::-1, ::-1].swapaxes(0, 1),
            8: np.rot90(upright, -1),
        }[orientation]
        exif = Image.Exif()
        exif[0x0112] = orientation
        image = Image.fromarray(np.ascontiguousarray(turned_back))
        path = stored(tmp_path / f"a{suffix}", image, exif=exif, quality=95)
        rgb = images.load(path).rgb
        assert rgb.shape == upright.shape
        assert np.abs(rgb - slope()).max() < 0.04

    def test_orientation_turns_alpha_too(self, tmp_path: Path) -> None:
        values = noise(channels=4)
        exif = Image.Exif()
        exif[0x0112] = 6
        path = stored(tmp_path / "a.png", Image.fromarray(values), exif=exif)
        alpha = images.as_uint8(images.load(path).alpha)
        np.testing.assert_array_equal(alpha, np.rot90(values[..., 3], -1))

    def test_broken_exif_is_ignored(self, tmp_path: Path) -> None:
        broken = b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01\x03\0\xff\xff\xff\xff" * 3
        path = stored(tmp_path / "a.jpg", Image.new("RGB", (16, 16), "red"), exif=broken)
        assert images.load(path).rgb.shape == (16, 16, 3)


class TestColourProfiles:
    def rgb_of(self, path: Path, image: Image.Image, icc: bytes) -> np.ndarray:
        return images.load(stored(path, image, icc_profile=icc)).rgb

    def test_linear_light_becomes_srgb(self, tmp_path: Path) -> None:
        image = Image.new("RGB", (9, 8), (128, 128, 128))
        rgb = self.rgb_of(tmp_path / "a.png", image, profile(b"RGB ", 1.0))
        np.testing.assert_allclose(rgb, HALF_LINEAR_IN_SRGB, atol=0.006)

    @pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
    def test_exchanged_primaries_in_every_format(self, tmp_path: Path, suffix: str) -> None:
        image = Image.new("RGB", (16, 16), (255, 128, 0))
        rgb = self.rgb_of(tmp_path / f"a{suffix}", image, profile(b"RGB ", 1.0, swapped=True))
        np.testing.assert_allclose(rgb[8, 8], [0, HALF_LINEAR_IN_SRGB, 1], atol=0.04)

    def test_alpha_survives(self, tmp_path: Path) -> None:
        image = Image.new("RGBA", (9, 8), (128, 128, 128, 77))
        path = stored(tmp_path / "a.png", image, icc_profile=profile(b"RGB ", 1.0))
        picture = images.load(path)
        np.testing.assert_allclose(picture.rgb, HALF_LINEAR_IN_SRGB, atol=0.006)
        assert set(images.as_uint8(picture.alpha).ravel()) == {77}

    @pytest.mark.parametrize("mode", ["L", "LA"])
    @pytest.mark.parametrize("space", [b"GRAY", b"RGB "])
    def test_grey(self, tmp_path: Path, mode: str, space: bytes) -> None:
        image = Image.new("L", (9, 8), 128).convert(mode)
        if mode == "LA":
            image.putalpha(50)
        rgb = self.rgb_of(tmp_path / "a.png", image, profile(space, 1.0))
        np.testing.assert_allclose(rgb, HALF_LINEAR_IN_SRGB, atol=0.006)

    def test_16_bit_grey_stays_smooth(self, tmp_path: Path) -> None:
        grey = np.linspace(30000, 36000, 4096).astype(np.uint16).reshape(64, 64)
        image = Image.fromarray(grey)
        rgb = self.rgb_of(tmp_path / "a.png", image, profile(b"GRAY", 1.0))
        linear = grey / 65535
        np.testing.assert_allclose(rgb[..., 0], 1.055 * linear ** (1 / 2.4) - 0.055, atol=0.004)
        assert len(np.unique(rgb)) > 1000

    def test_srgb_changes_nothing(self, tmp_path: Path) -> None:
        icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        rgb = self.rgb_of(tmp_path / "a.png", Image.fromarray(noise()), icc)
        assert np.abs(images.as_uint8(rgb).astype(int) - noise()).max() <= 1

    @pytest.mark.parametrize(
        "icc", [b"nonsense" * 40, profile(b"RGB ", 1.0)[:200], profile(b"GRAY", 1.0)]
    )
    def test_broken_or_foreign_profile_is_ignored(self, tmp_path: Path, icc: bytes) -> None:
        rgb = self.rgb_of(tmp_path / "a.png", Image.fromarray(noise()), icc)
        np.testing.assert_array_equal(images.as_uint8(rgb), noise())

    def test_rgb_profile_of_a_cmyk_file_is_ignored(self, tmp_path: Path) -> None:
        image = Image.new("CMYK", (16, 16), (0, 127, 0, 0))
        rgb = self.rgb_of(tmp_path / "a.tif", image, profile(b"RGB ", 1.0))
        np.testing.assert_allclose(rgb[8, 8], [1, 0.5, 1], atol=0.01)


@pytest.mark.parametrize("alpha", [0, 90])
def test_alpha_of_bitmaps_is_none_when_it_is_0_everywhere(tmp_path: Path, alpha: int) -> None:
    """Header of version 4 with masks, the fourth of which says that there is alpha."""
    pixels = np.concatenate([noise(), np.full((12, 17, 1), alpha, np.uint8)], axis=2)
    masks = struct.pack("<IIII", 0xFF, 0xFF00, 0xFF0000, 0xFF000000)
    head = struct.pack("<IiiHHIIiiII", 108, 17, -12, 1, 32, 3, 0, 0, 0, 0, 0) + masks
    head = head.ljust(108, b"\0")
    data = b"BM" + struct.pack("<IHHI", 14 + len(head) + pixels.size, 0, 0, 14 + len(head))
    (tmp_path / "a.bmp").write_bytes(data + head + pixels.tobytes())
    picture = images.load(tmp_path / "a.bmp")
    np.testing.assert_array_equal(images.as_uint8(picture.rgb), noise())
    assert (picture.alpha is None) == (alpha == 0)


@pytest.mark.skipif(not features.check("avif"), reason="Pillow was built without AVIF")
class TestAvif:
    def test_is_read(self, tmp_path: Path) -> None:
        image = Image.fromarray(images.as_uint8(slope()))
        picture = images.load(stored(tmp_path / "a.avif", image, quality=95))
        np.testing.assert_allclose(picture.rgb, slope(), atol=0.03)
        assert picture.alpha is None

    def test_truncated(self, tmp_path: Path) -> None:
        path = stored(tmp_path / "a.avif", Image.fromarray(noise(40, 40)))
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        assert f"{path}: this picture is damaged" in problem(images.load, path)

    def test_alpha_and_rotation(self, tmp_path: Path) -> None:
        exif = Image.Exif()
        exif[274] = 6
        image = Image.new("RGBA", (64, 48), (200, 100, 50, 128))
        picture = images.load(stored(tmp_path / "a.avif", image, exif=exif))
        assert picture.rgb.shape == (64, 48, 3)
        np.testing.assert_allclose(picture.alpha, 128 / 255, atol=0.02)


class TestReadingFails:
    def test_missing(self, tmp_path: Path) -> None:
        for call in (images.load, files.sha256):
            message = problem(call, tmp_path / "none.png")
            assert str(tmp_path / "none.png") in message and "no such file" in message

    def test_folder(self, tmp_path: Path) -> None:
        for call in (images.load, files.sha256):
            message = problem(call, tmp_path)
            assert str(tmp_path) in message and "this is a folder" in message

    @pytest.mark.skipif(os.name != "posix", reason="needs named pipes and devices")
    def test_what_is_no_regular_file(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.png")
        for call in (images.load, files.sha256):
            assert "pipe.png: a pipe or device" in problem(call, tmp_path / "pipe.png")
            assert "/dev/zero: a pipe or device" in problem(call, "/dev/zero")

    def test_empty(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").touch()
        message = problem(images.load, tmp_path / "a.png")
        assert "a.png: the file is empty, 0 bytes" in message

    @pytest.mark.parametrize("data", [b"Dear diary,\n", b"%PDF-1.7", b"\0" * 50, b"P6\n9 9\n255\n"])
    def test_not_a_picture(self, tmp_path: Path, data: bytes) -> None:
        (tmp_path / "a.jpg").write_bytes(data)
        message = problem(images.load, tmp_path / "a.jpg")
        assert "a.jpg: not a picture" in message and "convert it" in message

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"])
    @pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
    def test_truncated(self, tmp_path: Path, kind: str, share: float) -> None:
        path = stored(tmp_path / "a", Image.fromarray(noise(40, 40)), format=kind)
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
        message = problem(images.load, path)
        assert f"{path}: this picture is damaged" in message and "export it again" in message

    @quick
    @given(st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "BMP"]), st.data())
    def test_damage_never_raises_anything_else(self, kind: str, data: st.DataObject) -> None:
        Image.fromarray(images.as_uint8(slope(16, 16))).save(buffer := io.BytesIO(), kind)
        damaged = bytearray(buffer.getvalue())
        for _ in range(4):
            damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
        with tempfile.TemporaryDirectory() as folder:
            (path := Path(folder) / "a").write_bytes(damaged)
            try:
                rgb = images.load(path).rgb
            except ValueError as error:
                assert str(path) in str(error)
            else:
                assert rgb.shape[2] == 3 and rgb.min() >= 0 and rgb.max() <= 1

    def test_header_of_a_bomb(self, tmp_path: Path) -> None:
        data = bytearray(png(np.zeros((8, 8, 1), np.uint8), 0))
        data[16:24] = struct.pack(">II", 20_000, 20_001)
        data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
        (tmp_path / "a.png").write_bytes(data)
        message = problem(images.load, tmp_path / "a.png")
        assert "20000 x 20001 pixels" in message and "200 million" in message

    def test_own_limit_counts_and_not_that_of_pillow(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        images.save(tmp_path / "a.png", noise(10, 20))
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)
        monkeypatch.setattr(decoding, "MAX_PIXELS", 200)
        assert images.load(tmp_path / "a.png").rgb.shape == (10, 20, 3)
        monkeypatch.setattr(decoding, "MAX_PIXELS", 199)
        assert "20 x 10 pixels" in problem(images.load, tmp_path / "a.png")

    @pytest.mark.parametrize(("width", "height"), [(1, 40), (40, 1), (7, 8)])
    def test_too_small(self, tmp_path: Path, width: int, height: int) -> None:
        path = stored(tmp_path / "a.png", Image.new("RGB", (width, height)))
        message = problem(images.load, path)
        assert f"{width} x {height} pixels; the smallest side is 8" in message

    def test_8_by_8_is_enough(self, tmp_path: Path) -> None:
        path = stored(tmp_path / "a.png", Image.new("RGB", (8, 8)))
        assert images.load(path).rgb.shape == (8, 8, 3)

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_nan(self, tmp_path: Path, bad: float) -> None:
        grey = np.full((9, 8), 0.5, np.float32)
        grey[3, 4] = bad
        message = problem(images.load, stored(tmp_path / "a.tif", Image.fromarray(grey)))
        assert "a.tif: the picture holds NaN or infinity" in message and "export it" in message

    @pytest.mark.parametrize(
        "values", [np.full((9, 8), 200, np.float32), np.full((9, 8), 70_000, np.int32)]
    )
    def test_values_of_no_known_scale(self, tmp_path: Path, values: np.ndarray) -> None:
        message = problem(images.load, stored(tmp_path / "a.tif", Image.fromarray(values)))
        assert "runs from" in message and "8 or 16 bit" in message

    @pytest.mark.parametrize(
        "error", [PermissionError(13, "Permission denied"), OSError(5, "Input/output error")]
    )
    def test_unreadable(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
    ) -> None:
        images.save(tmp_path / "a.png", noise())

        def refuse(*arguments: object) -> None:
            raise error

        monkeypatch.setattr(Path, "open", refuse)
        message = problem(images.load, tmp_path / "a.png")
        assert f"a.png: cannot be read ({error.strerror})" in message and "permissions" in message

    def test_no_memory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        images.save(tmp_path / "a.png", noise())

        def fail(image: Image.Image) -> None:
            raise MemoryError

        monkeypatch.setattr(decoding, "_colour", fail)
        assert "too large to decode" in problem(images.load, tmp_path / "a.png")

    def test_names_of_two_lines_stay_on_one(self, tmp_path: Path) -> None:
        assert "a\\nb.png" in problem(images.load, tmp_path / "a\nb.png")

    def test_warning_filters_are_left_alone(self, tmp_path: Path) -> None:
        images.save(tmp_path / "a.png", noise())
        before = list(warnings.filters)
        images.load(tmp_path / "a.png")
        assert warnings.filters == before

    def test_threads_decode_at_once(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        images.save(tmp_path / "a.png", noise())
        before = list(warnings.filters)
        crowd, colour = threading.Barrier(4, timeout=60), decoding._colour

        def spy(image: Image.Image) -> tuple[np.ndarray, np.ndarray | None]:
            crowd.wait()
            return colour(image)

        monkeypatch.setattr(decoding, "_colour", spy)
        with ThreadPoolExecutor(4) as pool:
            pictures = list(pool.map(images.load, [tmp_path / "a.png"] * 4))
        for picture in pictures:
            np.testing.assert_array_equal(images.as_uint8(picture.rgb), noise())
        assert warnings.filters == before

    def test_warnings_of_pillow_are_silent_until_the_last_thread_is_done(
        self, tmp_path: Path
    ) -> None:
        """A TIFF tag that lies beyond the file makes Pillow warn, which is an error here."""
        images.save(tmp_path / "a.tif", noise())
        data = bytearray((tmp_path / "a.tif").read_bytes())
        start = struct.unpack_from("<I", data, 4)[0]
        count = struct.unpack_from("<H", data, start)[0]
        data += data[start : start + 2 + 12 * count] + struct.pack("<HHII", 700, 1, 9999, 1 << 20)
        data += b"\0" * 4
        moved = len(data) - (2 + 12 * (count + 1) + 4)
        struct.pack_into("<H", data, moved, count + 1)
        struct.pack_into("<I", data, 4, moved)
        (tmp_path / "b.tif").write_bytes(data)
        with pytest.warns(UserWarning), Image.open(tmp_path / "b.tif") as image:
            image.load()
        with ThreadPoolExecutor(4) as pool:
            pictures = list(pool.map(images.load, [tmp_path / "b.tif"] * 40))
        np.testing.assert_array_equal(images.as_uint8(pictures[0].rgb), noise())


@pytest.mark.parametrize(("kind", "bits"), [(2, 16), (2, 32), (1, 32), (1, 12)])
def test_depths_that_are_not_understood_are_refused(tmp_path: Path, kind: int, bits: int) -> None:
    """Signed 16 bits were read at half their brightness, 12 bits at a sixteenth."""
    body = bytes(16 * 16 * bits // 8)
    tags = [(256, 16), (257, 16), (258, bits), (259, 1), (262, 1), (273, 8), (277, 1)]
    tags += [(278, 16), (279, len(body)), (339, kind)]
    data = b"II*\0" + struct.pack("<I", 8 + len(body)) + body + struct.pack("<H", len(tags))
    data += b"".join(
        struct.pack("<HHII", tag, 4 if tag in (273, 279) else 3, 1, v) for tag, v in tags
    )
    (tmp_path / "a.tif").write_bytes(data + bytes(4))
    assert "8 or 16 bit" in problem(images.load, tmp_path / "a.tif")


HEIC = b"\0\0\0\x18ftypheic" + bytes(40)


def test_heic_names_what_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    Image.init()
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    message = problem(images.load, io.BytesIO(HEIC))
    assert "HEIC takes the extra heif: pip install pillow-heif" in message


def test_avif_names_what_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "check", lambda name: False)
    message = problem(images.load, io.BytesIO(b"\0\0\0\x18ftypavif" + bytes(40)))
    assert "AVIF takes a Pillow built with it: pip install -U pillow" in message


def test_heic_is_read_where_pillow_heif_is(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = images.as_uint8(images.load(assets.photo(), 96).rgb)
    upright = Image.Exif()
    upright[0x0112] = 6  # to be turned by a quarter, as telephones have it
    heif = pillow_heif.from_pillow(Image.fromarray(picture))
    heif.save(plain := io.BytesIO(), quality=95)
    heif.save(turned := io.BytesIO(), quality=95, exif=upright.tobytes())
    Image.init()
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    again = images.as_uint8(images.load(plain).rgb)
    assert np.abs(again.astype(int) - picture).mean() < 3
    again = images.as_uint8(images.load(turned).rgb)
    assert np.abs(again.astype(int) - np.rot90(picture, -1)).mean() < 3
    plain.truncate(len(plain.getvalue()) // 2)
    assert "damaged, cut short" in problem(images.load, plain)
