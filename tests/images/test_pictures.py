"""Tests of tfnst.images on files that are made here."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import struct
import subprocess
import sys
import tempfile
import threading
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, JpegImagePlugin, features

from tfnst import files, images
from tfnst.images import decoding

pytestmark = pytest.mark.filterwarnings("error")
quick = settings(max_examples=30, deadline=None, database=None)

RECIPE = '{"tfnst": "1.0", "style": "night.jpg", "steps": 3}'
LOSSLESS = [".png", ".tif", ".tiff"]
WRITTEN = [".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff"]
HALF_LINEAR_IN_SRGB = 0.7354


def noise(height: int = 12, width: int = 17, channels: int = 3, seed: int = 0) -> np.ndarray:
    shape = (height, width, channels) if channels else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def slope(height: int = 48, width: int = 64) -> np.ndarray:
    """A smooth picture without any symmetry, which JPEG and WebP keep well."""
    y, x = np.mgrid[:height, :width] / max(height, width)
    return np.stack([0.1 + 0.8 * x, 0.2 + 0.6 * y, 0.3 + 0.5 * x * y], axis=2).astype(np.float32)


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


def stored(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def problem(call: object, *arguments: object, **keywords: object) -> str:
    """The message of the ValueError that a call must raise, which must be one line."""
    with pytest.raises(ValueError) as caught:
        call(*arguments, **keywords)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


def test_does_not_import_tensorflow() -> None:
    code = "import sys, tfnst.images; sys.exit('tensorflow' in sys.modules)"
    root = Path(images.__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 0


class TestRoundTrips:
    @pytest.mark.parametrize("suffix", LOSSLESS)
    def test_lossless_formats_keep_every_value(self, tmp_path: Path, suffix: str) -> None:
        values, alpha = noise(), noise(channels=0, seed=1)
        images.save(tmp_path / f"a{suffix}", values, alpha=alpha)
        picture = images.load(tmp_path / f"a{suffix}")
        assert picture.rgb.dtype == picture.alpha.dtype == np.float32
        np.testing.assert_array_equal(images.as_uint8(picture.rgb), values)
        np.testing.assert_array_equal(images.as_uint8(picture.alpha), alpha)

    @pytest.mark.parametrize("suffix", WRITTEN)
    def test_every_format_comes_close(self, tmp_path: Path, suffix: str) -> None:
        images.save(tmp_path / f"a{suffix}", slope())
        picture = images.load(tmp_path / f"a{suffix}")
        assert picture.alpha is None and picture.recipe is None
        assert picture.rgb.shape == slope().shape
        assert np.abs(picture.rgb - slope()).max() < 0.03

    @pytest.mark.parametrize("suffix", [".PNG", ".Jpg"])
    def test_upper_case_extensions(self, tmp_path: Path, suffix: str) -> None:
        images.save(str(tmp_path / f"a{suffix}"), slope())
        assert images.load(str(tmp_path / f"a{suffix}")).rgb.shape == slope().shape

    def test_webp_of_quality_100_is_lossless_with_alpha(self, tmp_path: Path) -> None:
        values, alpha = noise(), noise(channels=0, seed=1)
        images.save(tmp_path / "a.webp", values, alpha=alpha, quality=100)
        picture = images.load(tmp_path / "a.webp")
        np.testing.assert_array_equal(images.as_uint8(picture.rgb), values)
        np.testing.assert_array_equal(images.as_uint8(picture.alpha), alpha)

    def test_quality_changes_the_size(self, tmp_path: Path) -> None:
        for suffix in (".jpg", ".webp"):
            for quality in (30, 95):
                images.save(tmp_path / f"{quality}{suffix}", noise(40, 40), quality=quality)
            small, large = tmp_path / f"30{suffix}", tmp_path / f"95{suffix}"
            assert small.stat().st_size < large.stat().st_size

    def test_jpeg_keeps_full_colour_resolution(self, tmp_path: Path) -> None:
        images.save(tmp_path / "a.jpg", slope())
        with Image.open(tmp_path / "a.jpg") as image:
            assert JpegImagePlugin.get_sampling(image) == 0

    def test_jpeg_lays_alpha_over_white(self, tmp_path: Path) -> None:
        alpha = np.repeat(np.float32([[0, 0.5, 1]]), 16, axis=0).repeat(16, axis=1)
        images.save(tmp_path / "a.jpg", np.zeros((16, 48, 3), np.float32), alpha=alpha)
        picture = images.load(tmp_path / "a.jpg")
        assert picture.alpha is None
        np.testing.assert_allclose(picture.rgb[8, [8, 24, 40], 1], [1, 0.5, 0], atol=0.02)

    def test_opaque_alpha_is_none(self, tmp_path: Path) -> None:
        images.save(tmp_path / "a.png", noise(), alpha=np.ones((12, 17), np.float32))
        assert images.load(tmp_path / "a.png").alpha is None

    def test_png_says_it_is_srgb(self, tmp_path: Path) -> None:
        images.save(tmp_path / "a.png", noise())
        with Image.open(tmp_path / "a.png") as image:
            assert image.info["srgb"] == 0

    @pytest.mark.parametrize("suffix", WRITTEN)
    def test_the_same_input_gives_the_same_bytes(self, tmp_path: Path, suffix: str) -> None:
        for name in ("a", "b"):
            images.save(tmp_path / f"{name}{suffix}", noise(), recipe=RECIPE)
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()

    @quick
    @given(st.integers(1, 30), st.integers(8, 30), st.integers(0, 99))
    def test_png_keeps_pictures_of_any_shape(self, extra: int, width: int, seed: int) -> None:
        values = noise(7 + extra, width, seed=seed)
        with tempfile.TemporaryDirectory() as folder:
            images.save(Path(folder) / "a.png", values)
            rgb = images.load(Path(folder) / "a.png").rgb
        np.testing.assert_array_equal(images.as_uint8(rgb), values)


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

    @pytest.mark.parametrize(("colour_type", "channels"), [(2, 3), (4, 2), (6, 4)])
    def test_16_bit_colour_keeps_8_bits(
        self, tmp_path: Path, colour_type: int, channels: int
    ) -> None:
        values = np.full((8, 9, channels), 0x80FF, np.uint16)
        path = tmp_path / "a.png"
        path.write_bytes(png(values, colour_type))
        picture = images.load(path)
        assert set(images.as_uint8(picture.rgb).ravel()) == {0x80}
        assert (picture.alpha is not None) == (channels in (2, 4))

    def test_16_bit_rgb_tiff(self, tmp_path: Path) -> None:
        entries = [(256, 8), (257, 8), (258, 514), (259, 1), (262, 2), (273, 8), (277, 3)]
        entries += [(278, 8), (279, 384)]
        data = b"II" + struct.pack("<HI", 42, 8 + 384 + 6)
        data += np.full((8, 8, 3), 0x40AA, "<u2").tobytes() + struct.pack("<3H", 16, 16, 16)
        data += struct.pack("<H", len(entries))
        for tag, value in entries:
            kind, count, value = (3, 3, 8 + 384) if tag == 258 else (4, 1, value)
            data += struct.pack("<HHII", tag, kind, count, value)
        (tmp_path / "a.tif").write_bytes(data + b"\0" * 4)
        assert set(images.as_uint8(images.load(tmp_path / "a.tif").rgb).ravel()) == {0x40}

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


class TestSize:
    def test_shrinks_the_long_side(self, tmp_path: Path) -> None:
        images.save(tmp_path / "a.png", slope(60, 30), alpha=slope(60, 30)[..., 0])
        picture = images.load(tmp_path / "a.png", 20)
        assert picture.rgb.shape == (20, 10, 3) and picture.alpha.shape == (20, 10)

    def test_enlarges_only_when_asked(self, tmp_path: Path) -> None:
        images.save(tmp_path / "a.png", slope(10, 20))
        assert images.load(tmp_path / "a.png", 40).rgb.shape == (10, 20, 3)
        assert images.load(tmp_path / "a.png", 40, upscale=True).rgb.shape == (20, 40, 3)
        assert images.load(tmp_path / "a.png", 10, upscale=True).rgb.shape == (5, 10, 3)

    def test_grey_of_16_bits_is_resized_too(self, tmp_path: Path) -> None:
        path = stored(tmp_path / "a.png", Image.fromarray(np.full((20, 30), 30000, np.uint16)))
        rgb = images.load(path, 15).rgb
        assert rgb.shape == (10, 15, 3)
        np.testing.assert_allclose(rgb * 65535, 30000, atol=0.1)

    def test_transparent_colour_leaves_no_fringe(self, tmp_path: Path) -> None:
        rgb, alpha = np.ones((16, 16, 3), np.float32), np.ones((16, 16), np.float32)
        rgb[:, 7:], alpha[:, 7:] = 0, 0
        images.save(tmp_path / "a.png", rgb, alpha=alpha)
        picture = images.load(tmp_path / "a.png", 8)
        assert picture.rgb[picture.alpha > 0.05].min() > 0.98
        assert 0.05 < picture.alpha[0, 3] < 0.95

    @pytest.mark.parametrize("size", [0, -3, 2.5, True, "64"])
    def test_refuses_other_sizes(self, tmp_path: Path, size: object) -> None:
        images.save(tmp_path / "a.png", noise())
        assert "size is" in problem(images.load, tmp_path / "a.png", size)


class TestRecipe:
    @pytest.mark.parametrize("suffix", WRITTEN)
    def test_round_trip(self, tmp_path: Path, suffix: str) -> None:
        images.save(tmp_path / f"a{suffix}", noise(), recipe=RECIPE)
        assert images.load(tmp_path / f"a{suffix}").recipe == RECIPE

    @pytest.mark.parametrize("suffix", WRITTEN)
    def test_other_scripts_mean_the_same(self, tmp_path: Path, suffix: str) -> None:
        recipe = {"tfnst": 1, "style": "Sternennacht ü 星月夜 🌌"}
        text = json.dumps(recipe, ensure_ascii=False)
        images.save(tmp_path / f"a{suffix}", noise(), recipe=text)
        found = images.load(tmp_path / f"a{suffix}").recipe
        assert found.isascii() and json.loads(found) == recipe

    @pytest.mark.parametrize("suffix", WRITTEN)
    def test_long_recipes(self, tmp_path: Path, suffix: str) -> None:
        recipe = json.dumps({"tfnst": "x" * 60_000})
        images.save(tmp_path / f"a{suffix}", noise(), recipe=recipe)
        assert images.load(tmp_path / f"a{suffix}").recipe == recipe

    def test_too_long_for_jpeg(self, tmp_path: Path) -> None:
        recipe = json.dumps({"tfnst": "x" * 70_000})
        message = problem(images.save, tmp_path / "a.jpg", noise(), recipe=recipe)
        assert "too long" in message and ".png" in message
        images.save(tmp_path / "a.png", noise(), recipe=recipe)
        assert images.load(tmp_path / "a.png").recipe == recipe

    @pytest.mark.parametrize("suffix", WRITTEN)
    def test_none_writes_none(self, tmp_path: Path, suffix: str) -> None:
        images.save(tmp_path / f"a{suffix}", noise())
        with Image.open(tmp_path / f"a{suffix}") as image:
            assert 270 not in image.getexif() and "tfnst" not in image.info

    @pytest.mark.parametrize(
        "text", ["A sunset", "made with tfnst", '{"other": 1}', '["tfnst"]', "[" * 9000 + "tfnst"]
    )
    def test_foreign_descriptions_are_none(self, tmp_path: Path, text: str) -> None:
        exif = Image.Exif()
        exif[270] = text
        path = stored(tmp_path / "a.jpg", Image.new("RGB", (9, 8)), exif=exif)
        assert images.load(path).recipe is None
        assert "recipe" in problem(images.save, tmp_path / "b.jpg", noise(), recipe=text)


class TestWritingFails:
    @pytest.mark.parametrize("name", ["a.gif", "a.bmp", "a", "a.txt", ".png", "a.png.old"])
    def test_other_extensions(self, tmp_path: Path, name: str) -> None:
        message = problem(images.save, tmp_path / name, noise())
        assert all(suffix in message for suffix in WRITTEN)
        assert names(tmp_path) == []

    def test_missing_folder(self, tmp_path: Path) -> None:
        message = problem(images.save, tmp_path / "new" / "a.png", noise())
        assert f"no folder {tmp_path / 'new'}" in message and "make it" in message

    def test_folder_as_target(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").mkdir()
        assert "this is a folder" in problem(images.save, tmp_path / "a.png", noise())

    @pytest.mark.parametrize(
        ("suffix", "long"), [(".jpg", 65_501), (".webp", 16_384)], ids=["jpg", "webp"]
    )
    def test_too_long_for_the_format(self, tmp_path: Path, suffix: str, long: int) -> None:
        message = problem(images.save, tmp_path / f"a{suffix}", np.zeros((1, long, 3), np.uint8))
        assert str(long - 1) in message and ".png" in message

    @pytest.mark.parametrize("quality", [0, 101, 80.5, "best"])
    def test_quality(self, tmp_path: Path, quality: object) -> None:
        assert "1 to 100" in problem(images.save, tmp_path / "a.jpg", noise(), quality=quality)

    def test_alpha(self, tmp_path: Path) -> None:
        for alpha, text in (
            (np.ones((3, 4)), "(12, 17)"),
            (np.full((12, 17), np.nan), "alpha holds NaN"),
            (np.full((12, 17), 2.0), "alpha runs from 2 to 2"),
            (np.ones((12, 17), int), "alpha has dtype int64"),
        ):
            assert text in problem(images.save, tmp_path / "a.png", noise(), alpha=alpha)

    def test_rgb_is_validated(self, tmp_path: Path) -> None:
        assert "rgb has shape" in problem(images.save, tmp_path / "a.png", noise(channels=4))

    @pytest.mark.parametrize("victim", [(Path, "replace"), (os, "fsync")], ids=lambda v: v[1])
    @pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
    def test_failure_leaves_the_old_file(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        victim: tuple[object, str],
        error: BaseException,
    ) -> None:
        target = tmp_path / "a.png"
        target.write_bytes(b"old")
        seen = []

        def fail(*arguments: object) -> None:
            seen.extend(names(tmp_path))
            raise error

        monkeypatch.setattr(*victim, fail)
        expected = ValueError if isinstance(error, OSError) else KeyboardInterrupt
        with pytest.raises(expected, match="No space left" if expected is ValueError else None):
            images.save(target, noise())
        assert len(seen) == 2, "the picture was not written beside its target"
        assert names(tmp_path) == ["a.png"] and target.read_bytes() == b"old"

    def test_failure_to_encode_leaves_the_old_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        target = tmp_path / "a.png"
        target.write_bytes(b"old")

        def fail(
            image: Image.Image, file: io.BytesIO, *arguments: object, **options: object
        ) -> None:
            file.write(b"half")
            raise KeyboardInterrupt

        monkeypatch.setattr(Image.Image, "save", fail)
        with pytest.raises(KeyboardInterrupt):
            images.save(target, noise())
        assert names(tmp_path) == ["a.png"] and target.read_bytes() == b"old"

    def test_success_replaces_the_old_file(self, tmp_path: Path) -> None:
        images.save(tmp_path / "a.png", noise(seed=1))
        images.save(tmp_path / "a.png", noise(seed=2))
        assert names(tmp_path) == ["a.png"]
        rgb = images.load(tmp_path / "a.png").rgb
        np.testing.assert_array_equal(images.as_uint8(rgb), noise(seed=2))

    @pytest.mark.skipif(os.name != "posix", reason="permission bits are a POSIX matter")
    def test_permissions_follow_the_umask(self, tmp_path: Path) -> None:
        images.save(tmp_path / "a.png", noise())
        (tmp_path / "plain").touch()
        assert (tmp_path / "a.png").stat().st_mode == (tmp_path / "plain").stat().st_mode


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


class TestResize:
    sides = st.integers(1, 24)

    @quick
    @given(sides, sides, sides, sides, st.floats(0, 1, width=32))
    def test_constant_stays_constant(
        self, height: int, width: int, to_height: int, to_width: int, value: float
    ) -> None:
        array = np.full((height, width, 3), value, np.float32)
        resized = images.resize(array, to_height, to_width)
        assert resized.shape == (to_height, to_width, 3) and resized.dtype == np.float32
        np.testing.assert_allclose(resized, value, atol=1e-5)

    @quick
    @given(sides, sides, sides, sides, st.integers(0, 99))
    def test_range_and_size(
        self, height: int, width: int, to_height: int, to_width: int, seed: int
    ) -> None:
        array = np.random.default_rng(seed).integers(0, 2, (height, width)).astype(np.float32)
        resized = images.resize(array, to_height, to_width)
        assert resized.shape == (to_height, to_width) and resized.dtype == np.float32
        assert resized.min() >= 0 and resized.max() <= 1

    def test_same_size_changes_nothing(self) -> None:
        np.testing.assert_array_equal(images.resize(slope(), 48, 64), slope())

    def test_leaves_its_argument_alone(self) -> None:
        array = slope()
        images.resize(array, 48, 64)[:] = 0
        np.testing.assert_array_equal(array, slope())

    def test_does_not_shift_or_turn(self) -> None:
        for height, width in ((24, 32), (96, 128), (24, 128)):
            resized = images.resize(slope(), height, width)
            np.testing.assert_allclose(resized.mean((0, 1)), slope().mean((0, 1)), atol=2e-3)
            x = (np.arange(width) + 0.5) * 64 / width - 0.5
            inner = slice(width // 8, -width // 8)
            expected = 0.1 + 0.8 * x / 64
            np.testing.assert_allclose(resized[height // 2, inner, 0], expected[inner], atol=1e-3)

    def test_shrinking_does_not_alias(self) -> None:
        stripes = np.tile(np.float32([0, 1]), (8, 60))
        assert np.abs(images.resize(stripes, 8, 40)[:, 4:-4] - 0.5).max() < 0.15
        assert np.abs(images.resize(stripes, 8, 15)[:, 2:-2] - 0.5).max() < 0.01

    def test_each_axis_has_its_own_filter(self) -> None:
        array = np.random.default_rng(0).random((20, 20)).astype(np.float32) * 0.2 + 0.4
        image = Image.fromarray(array).resize((10, 20), Image.Resampling.LANCZOS)
        expected = np.asarray(image.resize((10, 40), Image.Resampling.BICUBIC))
        np.testing.assert_allclose(images.resize(array, 40, 10), expected, atol=1e-6)

    def test_uint8_is_scaled(self) -> None:
        assert images.resize(np.full((4, 4, 3), 255, np.uint8), 2, 9).min() == pytest.approx(1)

    @pytest.mark.parametrize("shape", [(4,), (0, 4), (1, 4, 4, 3), (4, 4, 0)])
    def test_shapes(self, shape: tuple[int, ...]) -> None:
        assert "(H, W)" in problem(images.resize, np.zeros(shape, np.float32), 4, 4)

    def test_sizes(self) -> None:
        assert "height is 0" in problem(images.resize, slope(), 0, 4)
        assert "width is -1" in problem(images.resize, slope(), 4, -1)

    @quick
    @given(st.integers(1, 70_000), st.integers(1, 70_000), st.integers(1, 70_000))
    def test_fitted(self, height: int, width: int, size: int) -> None:
        fitted = images.fitted(height, width, size)
        assert max(fitted) == size and min(fitted) >= 1
        for side, original in zip(fitted, (height, width), strict=True):
            assert side == 1 or abs(side - original * size / max(height, width)) <= 0.5 + 1e-6
        assert images.fitted(width, height, size) == fitted[::-1]

    def test_fitted_refuses_nothing(self) -> None:
        assert "size is 0" in problem(images.fitted, 4, 4, 0)


class TestAsUint8:
    def test_rounds_and_clips(self) -> None:
        values = np.float32([-1, 0, 0.4 / 255, 0.6 / 255, 1.4 / 255, 1.6 / 255, 254.6 / 255, 1, 9])
        assert images.as_uint8(values).tolist() == [0, 0, 0, 1, 1, 2, 255, 255, 255]

    def test_undoes_the_division(self) -> None:
        every = np.arange(256, dtype=np.uint8)
        np.testing.assert_array_equal(images.as_uint8(every / np.float32(255)), every)
        assert images.as_uint8(every / 255).dtype == np.uint8

    def test_saving_rounds(self, tmp_path: Path) -> None:
        images.save(tmp_path / "a.png", np.full((8, 8, 3), 99.7 / 255))
        with Image.open(tmp_path / "a.png") as image:
            assert image.getpixel((0, 0)) == (100, 100, 100)


class TestValidate:
    def test_accepts(self) -> None:
        for array in (noise(), noise() / 255, (noise() / 255).astype(np.float16)):
            valid = images.validate(array)
            assert valid.dtype == np.float32 and valid.min() >= 0 and valid.max() <= 1
            np.testing.assert_allclose(valid, noise() / 255, atol=1e-3)

    def test_accepts_lists_and_clips_rounding(self) -> None:
        valid = images.validate([[[-0.0005, 0.5, 1.0005]]])
        np.testing.assert_allclose(valid, [[[0, 0.5, 1]]])

    def test_does_not_share_memory(self) -> None:
        array = slope()
        images.validate(array)[:] = 0
        np.testing.assert_array_equal(array, slope())

    @pytest.mark.parametrize(
        ("array", "texts"),
        [
            (np.zeros((4, 5)), ["shape (4, 5)", "(H, W, 3)", "np.stack"]),
            (np.zeros((4, 5, 4)), ["shape (4, 5, 4)", "array[..., :3]"]),
            (np.zeros((3, 4, 5)), ["shape (3, 4, 5)", "(H, W, 3)"]),
            (np.zeros((1, 4, 5, 3)), ["shape (1, 4, 5, 3)", "array[0]"]),
            (np.zeros(()), ["shape ()"]),
            (np.zeros((0, 5, 3)), ["5 x 0 pixels", "smallest side is 1"]),
            (np.zeros((4, 4, 3), np.int64), ["dtype int64", "uint8"]),
            (np.zeros((4, 4, 3), np.uint16), ["dtype uint16"]),
            (np.zeros((4, 4, 3), bool), ["dtype bool"]),
            (np.full((4, 4, 3), "a"), ["dtype <U1"]),
            (np.full((4, 4, 3), np.nan), ["NaN", "nan_to_num"]),
            (np.full((4, 4, 3), np.inf), ["infinity"]),
            (np.full((4, 4, 3), 255.0), ["from 255 to 255", "divide by 255"]),
            (np.full((4, 4, 3), 1.002), ["from 1.002 to 1.002"]),
            (np.full((4, 4, 3), -1.0), ["from -1 to -1", "scale it"]),
            (np.full((4, 4, 3), 65535.0), ["scale it"]),
            (np.full((4, 4, 3), 3.5), ["from 3.5 to 3.5; clip or scale it"]),
            (np.full((4, 4, 3), 1.02), ["from 1.02 to 1.02; clip or scale it"]),
        ],
    )
    def test_refuses(self, array: np.ndarray, texts: list[str]) -> None:
        message = problem(images.validate, array, "style")
        assert message.startswith("style ")
        assert all(text in message for text in texts), message

    def test_minimum(self) -> None:
        array = np.zeros((7, 9, 3), np.float32)
        message = problem(images.validate, array, minimum=8)
        assert message == "image is 9 x 7 pixels; the smallest side is 8"
        assert images.validate(array, minimum=7).shape == array.shape

    @quick
    @given(st.floats(-0.01, 1.01))
    def test_tolerance(self, value: float) -> None:
        array = np.full((2, 2, 3), value)
        if -0.00099 < value < 1.00099:
            assert 0 <= images.validate(array).min() <= images.validate(array).max() <= 1
        elif value < -0.00101 or value > 1.00101:
            assert "0 to 1" in problem(images.validate, array)


def test_sha256(tmp_path: Path) -> None:
    data = bytes(range(256)) * 5000
    (tmp_path / "a").write_bytes(data)
    assert files.sha256(tmp_path / "a") == hashlib.sha256(data).hexdigest()
    assert files.sha256(str(tmp_path / "a")) == files.sha256(tmp_path / "a")


def test_over_white() -> None:
    rgb = noise(24, 30).astype(np.float32) / 255
    assert images.Picture(rgb).over_white() is rgb
    np.testing.assert_array_equal(images.Picture(rgb, np.ones((24, 30))).over_white(), rgb)
    np.testing.assert_array_equal(images.Picture(rgb, np.zeros((24, 30))).over_white(), 1)
    half = images.Picture(rgb, np.full((24, 30), 0.5, np.float32)).over_white()
    np.testing.assert_allclose(half, 0.5 + rgb / 2, rtol=1e-6)


class TestOpenFiles:
    def test_they_go_like_paths(self, tmp_path: Path) -> None:
        images.save(tmp_path / "a.png", noise(), recipe=RECIPE)
        written = (tmp_path / "a.png").read_bytes()
        images.save(memory := io.BytesIO(), noise(), recipe=RECIPE, format="png")
        assert memory.getvalue() == written
        with (tmp_path / "b.png").open("wb") as file:  # its name has an extension
            images.save(file, noise(), recipe=RECIPE)
        assert (tmp_path / "b.png").read_bytes() == written
        images.save(tmp_path / "c.part", noise(), recipe=RECIPE, format="PNG")
        assert (tmp_path / "c.part").read_bytes() == written
        for _ in range(2):  # from the beginning, wherever it stood
            assert images.as_uint8(images.load(memory).rgb).tobytes() == noise().tobytes()
        with (tmp_path / "a.png").open("rb") as file:
            assert images.load(file, 10).recipe == RECIPE
        assert files.sha256(memory) == files.sha256(tmp_path / "a.png")

    def test_what_is_no_stream_of_bytes_is_told(self, tmp_path: Path) -> None:
        images.save(tmp_path / "a.png", noise())
        with (tmp_path / "a.png").open(encoding="latin-1") as text:
            assert "a.png: is open as text; open it with mode 'rb'" in problem(images.load, text)
        (closed := io.BytesIO()).close()
        assert "the open file: cannot be read" in problem(images.load, closed)
        message = problem(images.save, io.BytesIO(), noise())
        assert message == (
            "the open file: format is ''; give one of png, jpg, jpeg, webp, tif, tiff"
        )
        with (tmp_path / "b.png").open("w", encoding="utf-8") as text:
            assert "open it with mode 'wb'" in problem(images.save, text, noise())
        with (tmp_path / "a.png").open("rb") as file:
            assert "cannot be written" in problem(images.save, file, noise())

    def test_a_picture_is_saved_with_its_alpha(self, tmp_path: Path) -> None:
        alpha = np.linspace(0, 1, 12, dtype=np.float32)[:, None].repeat(17, 1)
        picture = images.Picture(noise().astype(np.float32) / 255, alpha)
        images.save(tmp_path / "a.png", picture)
        read = images.load(tmp_path / "a.png")
        assert read.alpha is not None
        np.testing.assert_allclose(read.alpha, alpha, atol=0.003)
        np.testing.assert_array_equal(images.validate(picture), picture.rgb)


class TestLargePictures:
    @pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "tif"])
    def test_are_reduced_while_they_are_decoded(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
    ) -> None:
        Image.fromarray(images.as_uint8(slope(480, 640))).save(tmp_path / f"a.{suffix}")
        exact = images.load(tmp_path / f"a.{suffix}", 40).rgb
        monkeypatch.setattr(decoding, "LARGE", 100_000)
        assert images.load(tmp_path / f"a.{suffix}").rgb.shape == (480, 640, 3)
        assert images.load(tmp_path / f"a.{suffix}", enough=160).rgb.shape == (120, 160, 3)
        assert images.load(tmp_path / f"a.{suffix}", enough=321).rgb.shape == (480, 640, 3)
        np.testing.assert_allclose(images.load(tmp_path / f"a.{suffix}", 40).rgb, exact, atol=0.02)

    def test_others_are_exact(self, tmp_path: Path) -> None:
        Image.fromarray(noise(90, 80)).save(tmp_path / "a.png")
        np.testing.assert_array_equal(
            images.load(tmp_path / "a.png", enough=10).rgb, images.load(tmp_path / "a.png").rgb
        )

    def test_strips_are_no_other_picture(self) -> None:
        tall = noise(1300, 40)
        image = Image.fromarray(tall[..., 0].astype(np.float32) / 255)
        whole = image.resize((20, 1300), Image.Resampling.LANCZOS)
        whole = whole.resize((20, 700), Image.Resampling.LANCZOS)
        np.testing.assert_array_equal(
            images.resize(tall, 700, 20)[..., 0], np.clip(np.asarray(whole), 0, 1)
        )


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


def test_a_link_is_followed_to_a_file_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (link := tmp_path / "a.png").symlink_to(tmp_path / "real" / "b.png")
    for data in (b"one", b"two"):
        files.require_writable(link)
        files.write_bytes(link, data)
        assert link.is_symlink() and (tmp_path / "real" / "b.png").read_bytes() == data
    assert len(list((tmp_path / "real").iterdir())) == 1
    (loop := tmp_path / "loop.png").symlink_to(loop)
    (device := tmp_path / "null.png").symlink_to("/dev/null")
    os.mkfifo(pipe := tmp_path / "pipe.png")
    for target, reason in ((loop, "a link to itself"), (device, "no regular"), (pipe, "no reg")):
        for write in (files.require_writable, lambda name: files.write_bytes(name, b"")):
            with pytest.raises(files.FileError, match=reason):
                write(target)
    assert not Path("/dev/null").is_file()


HEIC = b"\0\0\0\x18ftypheic" + bytes(40)


def test_heic_names_what_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    Image.init()
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    message = problem(images.load, io.BytesIO(HEIC))
    assert "HEIC is read with pillow-heif; pip install pillow-heif" in message


def test_heic_is_read_where_pillow_heif_is(monkeypatch: pytest.MonkeyPatch) -> None:
    class PillowHeif:
        @staticmethod
        def register_heif_opener() -> None:
            def opener(file: io.BytesIO, name: str) -> Image.Image:
                Image.fromarray(noise()).save(buffer := io.BytesIO(), "PNG")
                return Image.open(buffer)

            monkeypatch.setitem(Image.OPEN, "HEIF", (opener, lambda prefix: prefix[4:8] == b"ftyp"))

    Image.init()
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    monkeypatch.setitem(sys.modules, "pillow_heif", PillowHeif)
    assert images.as_uint8(images.load(io.BytesIO(HEIC)).rgb).tobytes() == noise().tobytes()
