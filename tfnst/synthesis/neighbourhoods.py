"""Neighbourhoods of pixels, as image analogies compare them: offsets, weights, pyramids, fronts."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import correlate1d

BINOMIAL = np.array([1, 4, 6, 4, 1], np.float32) / 16  # Burt & Adelson's


def pyramid(picture: np.ndarray, levels: int) -> list[np.ndarray]:
    """A Gaussian pyramid (Burt & Adelson, IEEE Trans. Comm. 31, 1983), the coarsest picture first.

    Args:
        picture: (H, W, C).
        levels: how many pictures.

    Returns:
        The last is the picture itself, and each before it has half the sides of the next, rounded
        up. Beyond borders pictures are reflected, the outermost pixel being there twice.
    """
    pictures = [picture]
    for _ in range(levels - 1):
        blurred = pictures[-1]
        for axis in (0, 1):
            blurred = correlate1d(blurred, BINOMIAL, axis, mode="reflect")
        pictures.append(blurred[::2, ::2])
    return pictures[::-1]


@dataclass(frozen=True)
class Window:
    """Pixels around one, and how much each counts.

    Attributes:
        offsets: (K, 2), rows and columns from the pixel.
        scales: (K,), the roots of their weights.
    """

    offsets: np.ndarray
    scales: np.ndarray

    @property
    def radius(self) -> int:
        """How far it reaches, in pixels."""
        return int(np.abs(self.offsets).max())

    def of(self, picture: np.ndarray) -> np.ndarray:
        """What it shows around every pixel of an (H, W, C) picture: (H, W, K·C), scaled."""
        radius, (height, width, _) = self.radius, picture.shape
        padded = bordered(picture, radius)
        views = [
            scale * padded[radius + y : radius + y + height, radius + x : radius + x + width]
            for (y, x), scale in zip(self.offsets, self.scales, strict=True)
        ]
        return np.concatenate(views, -1)


@functools.lru_cache(maxsize=32)
def square(radius: int) -> Window:
    """All pixels as near as `radius` a side, weighted by a Gaussian; the weights add up to 1."""
    side = np.arange(-radius, radius + 1)
    offsets = np.stack(np.meshgrid(side, side, indexing="ij"), -1).reshape(-1, 2)
    weights = np.exp(-(offsets**2).sum(1) / (2 * (0.5 * (radius + 1)) ** 2))
    return Window(offsets, np.sqrt(weights / weights.sum()).astype(np.float32))


@functools.lru_cache(maxsize=32)
def causal(radius: int) -> Window:
    """Those of them that come before the pixel in raster order: rows above, and its own left."""
    whole = square(radius)
    count = len(whole.offsets) // 2
    return Window(whole.offsets[:count], whole.scales[:count])


def bordered(picture: np.ndarray, radius: int) -> np.ndarray:
    """(H, W, C) with `radius` more pixels on each side, reflected as in `pyramid`."""
    return np.pad(picture, ((radius, radius), (radius, radius), (0, 0)), "symmetric")


def inner(shape: tuple[int, ...], radius: int) -> np.ndarray:
    """Flat indices of the pixels of (H, W) whose windows lie inside; of all where none do."""
    pixels = np.arange(shape[0] * shape[1]).reshape(shape)
    inside = pixels[radius : shape[0] - radius, radius : shape[1] - radius]
    return (inside if inside.size else pixels).ravel()


def parents(shape: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    """Index of the rows and columns, one level coarser, above each pixel of (H, W)."""
    height, width = shape
    return np.ix_(np.arange(height) // 2, np.arange(width) // 2)


def fronts(shape: tuple[int, ...], radius: int) -> list[np.ndarray]:
    """Pixels whose causal windows hold none of each other, in an order that keeps raster order.

    A pixel's window reaches `radius` columns to the right in the rows above, so that it waits for
    nothing but smaller x + (radius + 1)·y: what has one such sum is a front, and all of it can be
    made at once. The pixels that each of them sees are those that it would see one by one.

    Args:
        shape: of the picture, (H, W).
        radius: of the window.

    Returns:
        Flat indices, the raster's, of each front.
    """
    rows, columns = np.indices(shape)
    sums = (columns + (radius + 1) * rows).ravel()
    order = np.argsort(sums, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(sums[order])) + 1)
