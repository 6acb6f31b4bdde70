"""Noise, places and light: the per-pixel fields that the painters share."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

Array: TypeAlias = NDArray[Any]  # floats for fields and colours, integers for labels, or a mask
Rng: TypeAlias = np.random.Generator
Shape: TypeAlias = tuple[int, int]


def step(low: float, high: float, x: ArrayLike) -> Array:
    """Smooth step from 0 at ``low`` to 1 at ``high``."""
    t = np.clip((np.asarray(x, np.float32) - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def noise(shape: Shape, cell: float, rng: Rng, octaves: int = 4) -> Array:
    """Fractal noise of unit variance; ``cell`` is the largest feature as a part of the height."""
    out = np.zeros(shape, np.float32)
    for octave in range(octaves):
        size = max(cell * shape[0] / 2**octave, 2.0)
        grid = rng.standard_normal([int(n / size) + 4 for n in shape]).astype(np.float32)
        ys, xs = (np.arange(n, dtype=np.float32) / size + 1.3 for n in shape)
        at = np.meshgrid(ys, xs, indexing="ij")
        out += ndimage.map_coordinates(grid, at, order=3, mode="nearest") / 1.8**octave
    return np.asarray((out - out.mean()) / out.std())


def plane(shape: Shape) -> tuple[Array, Array]:
    """The ``y`` and ``x`` coordinate of every pixel, in units of the height."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32) / shape[0]
    return y, x


def polar(shape: Shape, cx: float, cy: float) -> tuple[Array, Array]:
    """Every pixel's distance and direction from the point (``cx``, ``cy``)."""
    y, x = plane(shape)
    return np.hypot(x - cx, y - cy), np.arctan2(y - cy, x - cx)


def relief(height: Array, strength: float) -> Array:
    """Light a height map from the upper left: 1 on the flat, brighter and darker on slopes."""
    gy, gx = np.gradient(height)
    return np.asarray(np.clip(1 - strength * (gx * 0.6 + gy * 0.8), 0.45, 1.7)[..., None])
