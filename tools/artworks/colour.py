"""Colours from hex codes, and blends of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tools.artworks.fields import Array


def rgb(codes: str) -> Array:
    """Turn hex colour codes, set apart by spaces, into rows of RGB in [0, 1]."""
    parts = [[int(c[i : i + 2], 16) / 255 for i in (0, 2, 4)] for c in codes.split()]
    return np.array(parts, np.float32)


def ramp(t: ArrayLike, colours: str | Array) -> Array:
    """Map ``t`` in [0, 1] onto evenly spaced ``colours``, blending between neighbours."""
    rows = rgb(colours) if isinstance(colours, str) else colours
    knots = np.linspace(0, 1, len(rows))
    return np.stack([np.interp(np.asarray(t), knots, c) for c in rows.T], -1).astype(np.float32)


def mix(a: str | Array, b: str | Array, t: ArrayLike) -> Array:
    """Blend colours ``a`` and ``b`` (arrays or hex codes) by the per-pixel weight ``t``."""
    a, b = (rgb(c)[0] if isinstance(c, str) else np.asarray(c, np.float32) for c in (a, b))
    t = np.asarray(t, np.float32)[..., None]
    return np.asarray(a * (1 - t) + b * t)
