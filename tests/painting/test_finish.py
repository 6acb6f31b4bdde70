"""Tests of tfnst.painting.finish."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from PIL import ExifTags, Image

from tests.images.samples import camera_exif, slope
from tfnst import images
from tfnst.painting.finish import Finish

PHOTO = images.Picture(
    slope(), slope()[..., 0], None, 16, images.Metadata(camera_exif().tobytes()[6:])
)


@pytest.mark.parametrize(
    ("suffix", "depth", "expected"),
    [
        *((".png", None, 16), (".tif", None, 16), (".jpg", None, 8), (".webp", None, 8)),
        *((".png", 8, 8), (".tif", 16, 16)),
    ],
)
def test_as_deep_as_the_photo_unless_told(
    tmp_path: Path, suffix: str, depth: Literal[8, 16] | None, expected: int
) -> None:
    file = tmp_path / f"a{suffix}"
    Finish.of(PHOTO, depth, "public", 95).write(file, slope(), None)
    picture = images.load(file)
    assert picture.depth == expected
    if suffix != ".jpg":
        assert picture.alpha is not None
        np.testing.assert_allclose(picture.alpha, slope()[..., 0], atol=0.51 / (2**expected - 1))
    if expected == 16:
        np.testing.assert_array_equal(images.as_uint16(picture.rgb), images.as_uint16(slope()))


def test_a_photo_of_8_bits_may_become_16(tmp_path: Path) -> None:
    photo = images.Picture(slope())
    for depth, expected in ((None, 8), (16, 16)):
        Finish.of(photo, depth, "public", 95).write(tmp_path / "a.png", slope(), None)
        assert images.load(tmp_path / "a.png").depth == expected


def test_metadata_as_chosen(tmp_path: Path) -> None:
    kept = {}
    for choice in ("none", "public", "all"):
        Finish.of(PHOTO, None, choice, 95).write(tmp_path / f"{choice}.jpg", slope(), None)
        with Image.open(tmp_path / f"{choice}.jpg") as image:
            exif = image.getexif()
            kept[choice] = ExifTags.Base.Artist in exif, ExifTags.IFD.GPSInfo in exif
    assert kept == {"none": (False, False), "public": (True, False), "all": (True, True)}
