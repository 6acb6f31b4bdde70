"""Tests of JPEG: JPEG files that every viewer opens, and those whose pixels are missing."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfnst import images

PIXELS = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
KINDS = {
    "baseline": {},
    "progressive": {"progressive": True},
    "restarts": {"restart_marker_rows": 1},
}


def jpeg(size: tuple[int, int] | None = None, **options: object) -> bytes:
    picture = Image.fromarray(PIXELS) if size is None else Image.new("RGB", size, "gray")
    picture.save(buffer := io.BytesIO(), "JPEG", quality=90, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("behind", [b"", b"\0", b"\0\0\0\0"])
def test_without_its_end_marker_it_has_the_same_pixels(
    options: dict[str, object], behind: bytes
) -> None:
    whole = jpeg(**options)
    expected = images.load(io.BytesIO(whole)).rgb
    read = images.load(io.BytesIO(whole[:-2] + behind)).rgb
    np.testing.assert_array_equal(read, expected)


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("missing", [5, 40, 1000])
def test_a_cut_scan_is_refused(options: dict[str, object], missing: int) -> None:
    with pytest.raises(ValueError, match="damaged, cut short"):
        images.load(io.BytesIO(jpeg(**options)[:-missing]))


@pytest.mark.parametrize("ending", [b"", b"\xff\xd9"])
def test_a_header_without_pixels_is_refused(tmp_path: Path, ending: bytes) -> None:
    whole = jpeg((4000, 4000))
    (tmp_path / "a.jpg").write_bytes(whole[: whole.index(b"\xff\xda") + 200] + ending)
    with pytest.raises(ValueError, match=r"a\.jpg: .*damaged, cut short"):
        images.load(tmp_path / "a.jpg")


def test_the_smallest_file_of_many_pixels_is_read() -> None:
    for options in KINDS.values():
        assert images.load(io.BytesIO(jpeg((1000, 1000), **options)), 10).rgb.shape == (10, 10, 3)
