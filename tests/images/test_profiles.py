"""Tests of tfnst.images.profiles, against Little CMS, by way of Pillow."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.images.test_decoding import png, profile
from tfnst import images
from tfnst.images import profiles

P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))


def curve(numbers: tuple[float, ...], kind: int) -> bytes:
    fixed = [round(number * 65536) for number in numbers]
    return b"para\0\0\0\0" + struct.pack(f">HH{len(fixed)}i", kind, 0, *fixed)


def table(count: int, gamma: float) -> bytes:
    steps = np.rint(np.linspace(0, 1, count) ** gamma * 65535).astype(int).tolist()
    return (b"curv\0\0\0\0" + struct.pack(f">I{count}H", count, *steps)).ljust(
        12 + 4 * count, b"\0"
    )


def built(trc: bytes, primaries: tuple[tuple[float, ...], ...] = P3) -> bytes:
    """sRGB's profile with other curves and primaries."""
    data = bytearray(profiles.srgb())
    data += bytes(-len(data) % 4)
    place = len(data)
    data += trc + bytes(-len(trc) % 4)
    for number in range(struct.unpack_from(">I", data, 128)[0]):
        entry = 132 + 12 * number
        name, start = struct.unpack_from(">4sI", data, entry)
        if name[1:] == b"TRC":
            struct.pack_into(">II", data, entry + 4, place, len(trc))
        elif name[1:] == b"XYZ":
            fixed = [round(value * 65536) for value in primaries["rgb".index(chr(name[0]))]]
            struct.pack_into(">3i", data, start + 8, *fixed)
    struct.pack_into(">I", data, 0, len(data))
    return bytes(data)


CURVES = {
    "sRGB's": curve((2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045), 3),
    "a power": curve((2.2,), 0),
    "a power behind a toe": curve((2.2, 0.9, 0.1), 1),
    "a power above a floor": curve((2.2, 0.85, 0.05, 0.04), 2),
    "all": curve((2.4, 0.93, 0.05, 0.07, 0.05, 0.01, 0.005), 4),
    "a table": table(1024, 1.8),
    "a small table": table(3, 1.8),
    "a power of old": b"curv\0\0\0\0" + struct.pack(">IH", 1, round(1.8 * 256)),
    "none": b"curv\0\0\0\0" + struct.pack(">I", 0),
}


@pytest.mark.parametrize("trc", CURVES.values(), ids=CURVES)
def test_as_little_cms_has_it(trc: bytes) -> None:
    bytes_ = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    icc = built(trc)
    source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    target = ImageCms.createProfile("sRGB")
    how = ImageCms.Intent.RELATIVE_COLORIMETRIC
    transform = ImageCms.buildTransform(source, target, "RGB", "RGB", how)
    theirs = np.asarray(transform.apply(Image.fromarray(bytes_))).astype(np.float32)
    ours = profiles.in_srgb(bytes_.astype(np.float32) / 255, icc)
    assert ours is not None and ours.dtype == np.float32
    assert np.abs(ours * 255 - theirs).max() < 1.6  # Little CMS rounds curves of 8 bits
    assert np.abs(ours * 255 - theirs).mean() < 0.35


def test_srgb_of_any_making_changes_nothing() -> None:
    values = np.random.default_rng(0).random((9, 8, 3), np.float32)
    xyz = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))
    steps = np.linspace(0, 1, 1024)
    linear = np.where(steps <= 0.04045, steps / 12.92, ((steps + 0.055) / 1.055) ** 2.4)
    numbers = np.rint(linear * 65535).astype(int).tolist()
    old = built(b"curv\0\0\0\0" + struct.pack(">I1024H", 1024, *numbers), xyz)
    for icc in (profiles.srgb(), old):
        assert profiles.in_srgb(values, icc) is values


def test_srgb_is_always_the_same_and_is_read() -> None:
    assert profiles.srgb()[24:36] == struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    name = ImageCms.getProfileDescription(io.BytesIO(profiles.srgb()))
    assert "sRGB" in name and profiles.is_rgb(profiles.srgb())


@pytest.mark.parametrize(
    "icc", [b"", b"nonsense" * 40, profile(b"GRAY", 1.0), built(CURVES["all"])[:-20]]
)
def test_others_are_not_understood(icc: bytes) -> None:
    assert profiles.in_srgb(np.zeros((2, 2, 3), np.float32), icc) is None


def test_tables_are_left_to_little_cms() -> None:
    icc = bytearray(built(CURVES["a power"]))
    icc[icc.index(b"chrm", 128) : icc.index(b"chrm", 128) + 4] = b"A2B0"
    assert profiles.in_srgb(np.zeros((2, 2, 3), np.float32), bytes(icc)) is None


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_a_wide_picture_is_the_same_in_both_depths(tmp_path: Path, suffix: str) -> None:
    """What is within sRGB, given in Display P3, comes back as it was; what is beyond is clipped."""
    wide = built(CURVES["sRGB's"])
    colours = np.array([[200, 60, 50], [40, 160, 90], [90, 90, 90]], np.uint8).repeat(30, 0)
    srgb = Image.fromarray(colours.reshape(9, 10, 3))
    how = ImageCms.Intent.RELATIVE_COLORIMETRIC
    opened = ImageCms.ImageCmsProfile(io.BytesIO(wide))
    there = ImageCms.profileToProfile(srgb, ImageCms.createProfile("sRGB"), opened, how)
    assert there is not None and np.abs(np.asarray(there).astype(int) - np.asarray(srgb)).max() > 9
    there.save(tmp_path / f"a{suffix}", icc_profile=wide)
    first = images.load(tmp_path / f"a{suffix}")
    np.testing.assert_allclose(first.rgb * 255, np.asarray(srgb), atol=1.5)
    values = np.asarray(there).astype(np.uint16) * 257
    chunk = (b"iCCP", b"a\0\0" + zlib.compress(wide))
    second = images.load(io.BytesIO(png(values, 2, chunk)))
    assert (first.depth, second.depth) == (8, 16)
    np.testing.assert_allclose(second.rgb, first.rgb, atol=1 / 255)
    green = np.full((9, 8, 3), (0, 65535, 0), np.uint16)
    clipped = images.load(io.BytesIO(png(green, 2, chunk))).rgb
    np.testing.assert_allclose(clipped[0, 0], [0, 1, 0], atol=1e-3)
