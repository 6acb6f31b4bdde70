"""ICC profiles: that of sRGB, and colours of 16 bits, which Pillow does not transform, in sRGB."""

from __future__ import annotations

import contextlib
import functools
import io
import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import ImageCms

from tfnst.images import gamut

_DATE = slice(24, 36)  # in the header
_PRIMARIES, _CURVES = (b"rXYZ", b"gXYZ", b"bXYZ"), (b"rTRC", b"gTRC", b"bTRC")
_TABLES = {b"A2B0", b"A2B1", b"A2B2", b"D2B0", b"D2B1", b"D2B2"}
_SAME = 2e-3  # of curves and primaries that are sRGB's but for rounding
_Curve = Callable[[np.ndarray], np.ndarray]


@functools.cache
def srgb() -> bytes:
    """The profile of sRGB, always with the same date."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[_DATE] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    return bytes(profile)


def is_rgb(profile: bytes) -> bool:
    """Whether it can be read, and describes red, green and blue."""
    with contextlib.suppress(Exception):
        described = ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile
        return bool(described.xcolor_space == "RGB ")
    return False


def in_srgb(values: np.ndarray, profile: bytes) -> np.ndarray | None:
    """Colours of a profile that is made of three curves and three primaries, in sRGB.

    Relative to white; what is outside sRGB is clipped.

    Args:
        values: (H, W, 3) float32 in [0, 1].
        profile: an ICC profile.

    Returns:
        The same shape and range; None where the profile is made of tables, or cannot be read.
    """
    space = _space(profile)
    if space is None:
        return None
    return values if space.is_srgb else np.stack([space.in_srgb(row) for row in values])


@dataclass(frozen=True)
class _Space:
    """Three curves to light, and what light of the primaries is in sRGB's, (3, 3), by rows."""

    curves: tuple[_Curve, ...]
    matrix: np.ndarray

    @property
    def is_srgb(self) -> bool:
        ramp = np.linspace(0, 1, 64)
        grey = np.repeat(ramp[:, None], 3, axis=1)
        off = np.abs(self.in_srgb(grey) - grey).max(), np.abs(self.matrix - np.eye(3)).max()
        return max(off) < _SAME

    def in_srgb(self, row: np.ndarray) -> np.ndarray:
        light = np.stack([curve(row[:, i]) for i, curve in enumerate(self.curves)], axis=1)
        return gamut.encoded((light @ self.matrix).clip(0, 1))


def _space(profile: bytes) -> _Space | None:
    if (parsed := _parsed(profile)) is None:
        return None
    curves, primaries = parsed
    reference = _parsed(srgb())
    assert reference is not None
    return _Space(curves, primaries @ np.linalg.inv(reference[1]))


def _parsed(profile: bytes) -> tuple[tuple[_Curve, ...], np.ndarray] | None:
    """Curves to light, and XYZ of the primaries by rows."""
    with contextlib.suppress(struct.error, KeyError, ValueError, IndexError, ZeroDivisionError):
        if profile[16:24] != b"RGB XYZ ":
            return None
        (count,) = struct.unpack_from(">I", profile, 128)
        tags = {}
        for number in range(min(count, 100)):
            name, start, size = struct.unpack_from(">4sII", profile, 132 + 12 * number)
            tags[name] = profile[start : start + size]
        if _TABLES & tags.keys():
            return None
        primaries = np.array([struct.unpack_from(">3i", tags[name], 8) for name in _PRIMARIES])
        curves = tuple(_curve(tags[name]) for name in _CURVES)
        return curves, primaries / 65536
    return None


def _curve(tag: bytes) -> _Curve:
    """From values to light, of ICC.1:2022 10.6 and 10.18."""
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        table = np.array(struct.unpack_from(f">{count}H", tag, 12))
        if count == 0:
            return lambda x: x
        if count == 1:
            return lambda x: x ** (table[0] / 256)
        steps = np.linspace(0, 1, count)
        return lambda x: np.interp(x, steps, table / 65535)
    if tag[:4] != b"para":
        raise ValueError("neither a table nor a formula")
    (kind,) = struct.unpack_from(">H", tag, 8)
    numbers = struct.unpack_from(f">{(1, 3, 4, 5, 7)[kind]}i", tag, 12)
    g, a, b, c, d, e, f = [number / 65536 for number in numbers] + [0.0] * (7 - len(numbers))
    if kind == 0:
        a = 1.0
    elif kind in (1, 2):
        c, d, e, f = 0.0, -b / a, c, c

    def formula(x: np.ndarray) -> np.ndarray:
        return np.where(x >= d, np.maximum(a * x + b, 0) ** g + e, c * x + f)

    return formula
