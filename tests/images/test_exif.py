"""Tests of tfnst.images.exif, against what Pillow writes and reads."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from tests.images.samples import camera_exif, noise, quick
from tfnst.images import exif


@pytest.mark.parametrize("endian", ["<", ">"])
def test_every_value_comes_back(endian: str) -> None:
    block = camera_exif()
    block.endian = endian
    data = block.tobytes()
    first = exif.read(data)
    assert first.order == endian and set(first.parts) == {exif.PHOTO, exif.GPS}
    assert exif.read(exif.written(first)) == first
    again = Image.Exif()
    again.load(exif.PREFIX + exif.written(first))
    assert again[ExifTags.Base.Make] == "Acme" and again[ExifTags.Base.Orientation] == 6
    for tag in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        assert again.get_ifd(tag) == block.get_ifd(tag)


def test_of_a_tiff_file() -> None:
    Image.fromarray(noise()).save(file := io.BytesIO(), "TIFF", exif=camera_exif())
    block = exif.read(file)
    assert block.main[ExifTags.Base.Make] == exif.text(b"Acme")
    assert block.main[ExifTags.Base.ImageWidth][1] == struct.pack("<I", 17)


def test_none_is_none() -> None:
    for data in (b"", b"Exif\0\0", b"MM\0*", b"nonsense of some length", b"II*\0\xff\xff\xff\xff"):
        assert not exif.read(data) and exif.written(exif.read(data)) == b""


def test_pointers_to_elsewhere_are_left_out() -> None:
    block = exif.Exif("<", {0x100: exif.long("<", 3)})
    data = bytearray(exif.written(block))
    data[12] = 13  # the type of such pointers, whatever the tag
    assert not exif.read(bytes(data))


@quick
@given(st.data())
def test_damage_leaves_something_or_nothing(data: st.DataObject) -> None:
    damaged = bytearray(camera_exif().tobytes())
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(damaged[: data.draw(st.integers(0, len(damaged)))])
    block = exif.read(cut)
    again = exif.read(exif.written(block))
    assert again.main == block.main
    assert {tag: part for tag, part in block.parts.items() if part} == again.parts


def test_values_that_add_up_to_too_much_are_left_out() -> None:
    """Entries that all point to the same megabytes, which a directory cannot hold."""
    count = 200
    table = b"".join(struct.pack("<HHII", tag, 1, 1 << 20, 8) for tag in range(1, count + 1))
    data = b"II*\0" + struct.pack("<I", (1 << 20) + 8) + bytes(1 << 20)
    data += struct.pack("<H", count) + table + bytes(4)
    assert len(exif.read(data).main) == 4
