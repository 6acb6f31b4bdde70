"""Tests of tfnst.images.tiff, read by Pillow."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tests.images.samples import camera_exif, deep_noise, noise
from tfnst.images import exif, tiff


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("make", [noise, deep_noise])
@pytest.mark.parametrize("height", [9, 700])  # one strip, and several
def test_pillow_reads_it(order: str, channels: int, make: object, height: int) -> None:
    values = make(height, 201, channels)
    block = camera_exif()
    block.endian = order
    data = tiff.encoded(values, exif.read(block.tobytes()), {tiff.XMP: b"<odd>", tiff.IPTC: b""})
    with Image.open(io.BytesIO(data)) as image:
        upper = values if values.dtype == np.uint8 else values >> 8
        np.testing.assert_array_equal(np.asarray(image), upper)
        assert image.mode == ("RGB" if channels == 3 else "RGBA")
        assert image.getexif().get_ifd(exif.GPS) == block.get_ifd(exif.GPS)
        assert image.info["xmp"] == b"<odd>" and tiff.IPTC not in image.tag_v2
