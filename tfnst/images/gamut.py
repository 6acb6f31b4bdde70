"""Colours that a file describes without a profile, as sRGB: a PNG's gamma, a camera's Adobe RGB."""

from __future__ import annotations

import contextlib

import numpy as np
from PIL import ExifTags, Image

SRGB = 1 / 2.2  # the gamma that files of sRGB name
ADOBE = 256 / 563
_UNCALIBRATED = 0xFFFF
# Both have the same red, blue and white.
_ADOBE_TO_SRGB = np.array(
    [[1.39835574, -0.39835574, 0], [0, 1, 0], [0, -0.04292933, 1.04292933]], np.float32
)


def gamma(image: Image.Image) -> float:
    """The exponent that a PNG says its values were made with; that of sRGB where it says none."""
    named = image.info.get("gamma")
    if "srgb" in image.info or "icc_profile" in image.info or not isinstance(named, float):
        return SRGB
    return named if 0.1 <= named <= 10 and abs(named / SRGB - 1) > 0.05 else SRGB


def is_adobe(image: Image.Image) -> bool:
    """Whether its EXIF block alone says that it is in Adobe RGB, as cameras have it."""
    if image.info.get("icc_profile"):
        return False
    with contextlib.suppress(Exception):  # of a broken block
        exif = image.getexif()
        space = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ColorSpace)
        index = exif.get_ifd(ExifTags.IFD.Interop).get(ExifTags.Interop.InteropIndex)
        text = index.decode("ascii") if isinstance(index, bytes) else str(index)
        return space in (None, 2, _UNCALIBRATED) and text.startswith("R03")
    return False


def in_srgb(values: np.ndarray, gamma: float, adobe: bool = False) -> np.ndarray:
    """Values in [0, 1], (H, W, C), of that gamma, or of Adobe RGB, as float32 in sRGB."""
    rows = [_row_in_srgb(row, ADOBE if adobe else gamma, adobe) for row in values]
    return np.stack(rows)


def _row_in_srgb(row: np.ndarray, gamma: float, adobe: bool) -> np.ndarray:
    light = row.astype(np.float32) ** np.float32(1 / gamma)
    if adobe:
        light = (light @ _ADOBE_TO_SRGB.T).clip(0, 1)
    return encoded(light)


def encoded(light: np.ndarray) -> np.ndarray:
    """Light in [0, 1] as values of sRGB, float32 in [0, 1]."""
    bright = 1.055 * light ** np.float32(1 / 2.4) - 0.055
    values: np.ndarray = np.where(light <= 0.0031308, 12.92 * light, bright)
    return values.clip(0, 1).astype(np.float32)
