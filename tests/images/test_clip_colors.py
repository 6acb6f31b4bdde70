"""Tests of tfnst.images.clip_colors: a flat colour through every matrix and range."""

from __future__ import annotations

import av
import numpy as np
import pytest

from tfnst.images import clip_colors

# Kr and Kb of ITU-R BT.601, BT.709 and BT.2020; SMPTE 240M.
WEIGHTS = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722), "bt2020": (0.2627, 0.0593)}
WEIGHTS["smpte240m"] = (0.212, 0.087)
NUMBERS = {"bt709": 1, "bt601": 6, "smpte240m": 7, "bt2020": 9}


def flat(y: int, cb: int, cr: int, pixels: str = "yuv420p", size: tuple[int, int] = (64, 48)):
    frame = av.VideoFrame(*size, pixels)
    for plane, value in zip(frame.planes, (y, cb, cr), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    return frame


def meant(y: int, cb: int, cr: int, matrix: str, full: bool) -> np.ndarray:
    red, blue = WEIGHTS[matrix]
    scale, chroma, black = (255, 255, 0) if full else (219, 224, 16)
    luma, b, r = (y - black) / scale, (cb - 128) / chroma, (cr - 128) / chroma
    values = [luma + 2 * (1 - red) * r, 0.0, luma + 2 * (1 - blue) * b]
    values[1] = (luma - red * values[0] - blue * values[2]) / (1 - red - blue)
    return np.clip(values, 0, 1)


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", WEIGHTS)
def test_a_flat_colour_is_read_as_it_is_meant(matrix: str, full: bool, deep: bool) -> None:
    frame = flat(110, 100, 160)
    frame.colorspace = NUMBERS[matrix]
    frame.color_range = 2 if full else 1
    known, is_full = clip_colors.matrix_of(frame), clip_colors.is_full_range(frame)
    assert (known, is_full) == (matrix, full)
    rgb = clip_colors.to_rgb(frame, known, is_full, deep)
    assert rgb.dtype == (np.float32 if deep else np.uint8) and rgb.shape == (48, 64, 3)
    values = rgb[20, 30] if deep else rgb[20, 30] / 255
    np.testing.assert_allclose(values, meant(110, 100, 160, matrix, full), atol=1.6 / 255)


def test_what_a_file_does_not_say_depends_on_its_size() -> None:
    assert clip_colors.matrix_of(flat(0, 0, 0)) == "bt601"
    assert clip_colors.matrix_of(flat(0, 0, 0, size=(1280, 720))) == "bt709"
    assert not clip_colors.is_full_range(flat(0, 0, 0))
    assert clip_colors.is_full_range(flat(0, 0, 0, "yuvj420p"))


@pytest.mark.parametrize("color", [(255, 255, 255), (0, 0, 0), (200, 60, 30), (10, 240, 90)])
def test_a_colour_is_written_in_bt709_of_limited_range(color: tuple[int, int, int]) -> None:
    rgb = np.full((48, 64, 3), color, np.uint8)
    frame = clip_colors.from_rgb(rgb, "yuv420p")
    assert (int(frame.colorspace), int(frame.color_range)) == (1, 1)
    y, cb, cr = (bytes(plane)[0] for plane in frame.planes)
    np.testing.assert_allclose(meant(y, cb, cr, "bt709", False) * 255, color, atol=2.5)
    back = clip_colors.to_rgb(frame, "bt709", False)
    assert np.abs(back.astype(int) - rgb).max() <= 2


def test_lossless_pixels_are_the_same() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)
    np.testing.assert_array_equal(clip_colors.from_rgb(rgb, "bgr0").to_ndarray(format="rgb24"), rgb)


def test_frames_are_bytes() -> None:
    floats = np.full((4, 5, 3), 0.5, np.float32)
    assert clip_colors.as_bytes(floats, "the frame")[0, 0].tolist() == [128] * 3
    for wrong in (np.zeros((4, 5), np.uint8), np.full((4, 5, 3), np.nan), None):
        with pytest.raises(ValueError, match="the frame"):
            clip_colors.as_bytes(wrong, "the frame")  # type: ignore[arg-type]


@pytest.mark.parametrize("way", [(a, b, c) for a in (0, 1) for b in (0, 1) for c in (0, 1)])
def test_a_way_is_a_rotation_after_a_mirror(way: tuple[int, int, int]) -> None:
    exchanged, across, down = map(bool, way)
    rgb = np.arange(36, dtype=np.uint8).reshape(3, 4, 3)
    degrees, mirrored = clip_colors.rotation((exchanged, across, down))
    wanted = np.rot90(rgb[:, ::-1] if mirrored else rgb, -degrees // 90)
    np.testing.assert_array_equal(clip_colors.upright(rgb, (exchanged, across, down)), wanted)
