"""Frames of FFmpeg to RGB arrays, and back: matrix, range and the way they are turned."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from tfnst.images.arrays import Array, as_uint8, validate
from tfnst.images.clip_info import Matrix
from tfnst.images.video_library import pyav

# ITU-T H.273's numbers of matrices, which FFmpeg has too; those of swscale differ for 601 alone.
MATRICES: dict[int, Matrix] = {
    0: "rgb",
    1: "bt709",
    4: "bt601",
    5: "bt601",
    6: "bt601",
    7: "smpte240m",
    9: "bt2020",
    10: "bt2020",
}
SCALER = {"rgb": 5, "bt601": 5, "bt709": 1, "smpte240m": 7, "bt2020": 9}
LIMITED, FULL = 1, 2  # AVCOL_RANGE_MPEG and AVCOL_RANGE_JPEG
# SWS_BICUBIC, SWS_FULL_CHR_H_INT and SWS_ACCURATE_RND: the fast ways are off by some 1/255.
_EXACT = 0x4 | 0x2000 | 0x40000
_LOCAL = threading.local()


def matrix_of(frame: Any) -> Matrix:
    """How a frame's YCbCr is meant.

    A file that does not say means, as players take it, BT.709 from 720 lines on.
    """
    if frame.format.is_rgb or "gray" in frame.format.name:
        return "rgb"
    is_high = frame.width >= 1280 or frame.height > 576
    return MATRICES.get(frame.colorspace) or ("bt709" if is_high else "bt601")


def is_full_range(frame: Any) -> bool:
    """Whether black is 0."""
    name = frame.format.name
    return frame.format.is_rgb or name.startswith("yuvj") or frame.color_range == FULL


def is_high_dynamic_range(transfer: int) -> bool:
    """Whether brightness goes beyond white: the curves of SMPTE ST 2084 (PQ) and of HLG."""
    return transfer in (16, 18)


def depth_of(frame: Any) -> int:
    """Bits a channel."""
    return max((component.bits for component in frame.format.components), default=8)


def to_rgb(frame: Any, matrix: Matrix, full: bool, deep: bool = False) -> Array:
    """A frame's colours as they are meant: (H, W, 3) uint8, or float32 in [0, 1] if deep."""
    pixels = "rgb48le" if deep else "rgb24"
    converted = _reformatter(pixels).reformat(
        frame,
        format=pixels,
        src_colorspace=SCALER[matrix],
        src_color_range=FULL if full else LIMITED,
        dst_color_range=FULL,
        interpolation=_EXACT,
    )
    rgb: Array = converted.to_ndarray()
    return rgb.astype(np.float32) / np.float32(65535) if deep else rgb


def from_rgb(rgb: Array, pixels: str) -> Any:
    """(H, W, 3) uint8 as a frame of that pixel format: BT.709 in limited range, or RGB."""
    frame = pyav().VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
    if pixels == "rgb24":
        return frame
    is_rgb = pixels.startswith("bgr")
    return _reformatter(pixels).reformat(
        frame,
        format=pixels,
        dst_colorspace=SCALER["rgb" if is_rgb else "bt709"],
        dst_color_range=FULL if is_rgb else LIMITED,
        interpolation=_EXACT,
    )


def _reformatter(pixels: str) -> Any:
    """This thread's swscale for that target: to set one up takes as long as to convert a frame."""
    reformatters: dict[str, Any] = vars(_LOCAL)
    if pixels not in reformatters:
        reformatters[pixels] = pyav().video.reformatter.VideoReformatter()
    return reformatters[pixels]


def as_bytes(frame: Array, name: str) -> Array:
    """A frame, floats in [0, 1] or uint8, as (H, W, 3) uint8; ValueError for another array."""
    if isinstance(frame, np.ndarray) and frame.dtype == np.uint8 and frame.shape[2:] == (3,):
        return frame
    return as_uint8(validate(frame, name))


Orientation = tuple[bool, bool, bool]  # rows and columns exchanged, then mirrored across, and down


def orientation(frame: Any) -> Orientation:
    """How a frame is turned to be upright, from its display matrix."""
    data = next((d for d in frame.side_data if d.type.name == "DISPLAYMATRIX"), None)
    if data is None:
        return False, False, False
    # x' = a·x + c·y and y' = b·x + d·y, in fixed point; Python's struct order is that of the host.
    a, b, _, c, d, *_ = np.frombuffer(bytes(data), np.int32).astype(float)
    if abs(b) + abs(c) > abs(a) + abs(d):
        return True, bool(c < 0), bool(b < 0)
    return False, bool(a < 0), bool(d < 0)


def upright(rgb: Array, way: Orientation) -> Array:
    """A frame that is turned."""
    exchanged, across, down = way
    rgb = rgb.swapaxes(0, 1) if exchanged else rgb
    rgb = rgb[:, ::-1] if across else rgb
    rgb = rgb[::-1] if down else rgb
    return np.ascontiguousarray(rgb)


def rotation(way: Orientation) -> tuple[int, bool]:
    """The same as degrees clockwise after a mirror, or none, from left to right."""
    exchanged, across, down = way
    mirrored = exchanged ^ across ^ down
    if exchanged:
        return (90 if across else 270), mirrored
    return (180 if down else 0), mirrored
