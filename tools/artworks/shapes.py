"""Curves and outlines, as rows of (x, y) in units of the picture's height."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw

from tools.artworks.fields import Array, Shape


def direction(angle: ArrayLike) -> Array:
    """The unit vector (x, y) of every ``angle``."""
    return np.stack([np.cos(angle), np.sin(angle)], -1)


def circle(count: int) -> Array:
    """``count`` points around the unit circle."""
    return direction(np.linspace(0, 2 * np.pi, count, endpoint=False))


def spline(points: ArrayLike, count: int = 80, closed: bool = False) -> Array:
    """A Catmull-Rom curve through ``points``."""
    p = np.asarray(points, np.float32)
    p = np.vstack([p[-1:], p, p[:2]] if closed else [2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    at = np.linspace(0, len(p) - 3, count, endpoint=not closed)
    i = np.minimum(at.astype(int), len(p) - 4)
    t = (at - i)[:, None]
    a, b, c, d = p[i], p[i + 1], p[i + 2], p[i + 3]
    cubic = (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    return np.asarray(b + ((c - a) * t + cubic) / 2, np.float32)


def ribbon(curve: Array, widths: ArrayLike) -> Array:
    """The outline of a band of half-width ``widths`` along ``curve``."""
    tangent = np.gradient(curve, axis=0)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], -1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
    side = normal * np.asarray(widths, np.float32)[:, None]
    return np.vstack([curve + side, (curve - side)[::-1]])


def bow(points: ArrayLike, widths: Array) -> Array:
    """The outline of a band through ``points``, with a half-width for each of its steps."""
    return ribbon(spline(points, len(widths)), widths)


def stencil(shape: Shape, pixels: Array) -> Array:
    """The mask of the polygon through ``pixels``."""
    image = Image.new("L", shape[::-1])
    ImageDraw.Draw(image).polygon(pixels.ravel().tolist(), fill=1)
    return np.asarray(image) > 0


def fill(shape: Shape, points: ArrayLike) -> Array:
    """The mask of the polygon through ``points``."""
    return stencil(shape, np.asarray(points, np.float64) * shape[0])
