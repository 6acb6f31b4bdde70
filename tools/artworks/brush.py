"""Oil paint: bristly strokes that leave colour and relief along given paths."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from tools.artworks.fields import Array, Rng, step
from tools.artworks.shapes import direction

TINT = np.array([0.055, 0.05, 0.04], np.float32)  # how much a bristle shifts the colour


def bristles(rng: Rng) -> Array:
    """A tiling texture of streaks: axis 0 runs along the stroke, axis 1 across it."""
    streaks = ndimage.gaussian_filter(rng.standard_normal((512, 512)), (36, 1.1), mode="wrap")
    return np.asarray(streaks / streaks.std(), np.float32)


def trace(angle: Array, start: Array, steps: int, stride: float) -> Array:
    """Follow the direction field from each ``start`` pixel; returns (stroke, step, xy)."""
    limit = np.array(angle.shape[::-1]) - 1
    path = [start]
    for _ in range(steps):
        x, y = np.clip(path[-1], 0, limit).astype(int).T
        path.append(path[-1] + stride * direction(angle[y, x]))
    return np.stack(path, 1).astype(np.float32)


def sweep(paths: Array, u: Array, v: Array, half: Array) -> tuple[Array, Array]:
    """The pixels x and y at ``u`` along and ``v`` across each path of half-width ``half``."""
    at = u * (paths.shape[1] - 1)
    i = np.minimum(at.astype(int), paths.shape[1] - 2)
    part = (at - i)[:, None]
    line = paths[:, i] * (1 - part) + paths[:, i + 1] * part
    tangent = paths[:, i + 1] - paths[:, i]
    tangent /= np.linalg.norm(tangent, axis=-1, keepdims=True) + 1e-9
    normal = np.stack([-tangent[..., 1], tangent[..., 0]], -1)
    xy = line[:, :, None] + normal[:, :, None] * (half[:, :, None] * v)[..., None]
    x, y = np.moveaxis(np.rint(xy).astype(np.int32), -1, 0)
    return x, y


def brush(
    canvas: Array, height: Array, paths: Array, colours: Array, width: float, rng: Rng
) -> None:
    """Lay bristly, tapering strokes of ``width`` pixels along ``paths``, in order."""
    texture = bristles(rng)
    length = int(np.abs(np.diff(paths[0], axis=0)).sum() * 1.3) + 2
    u = np.linspace(0, 1, length, dtype=np.float32)
    v = np.linspace(-1, 1, int(width * 1.5) + 3, dtype=np.float32)
    taper = (step(0, 0.12, u) * 0.6 + 0.4) * (1 - 0.75 * step(0.55, 1, u))
    dry = step(0.45, 1.05, u)[None, :, None] * 3.4 - 2.2 + 0.9 * np.abs(v) ** 3
    dome = np.sqrt(1 - 0.8 * v**2)
    for chunk in np.array_split(np.arange(len(paths)), max(1, len(paths) * length // 60000)):
        half = taper * width / 2 * rng.uniform(0.7, 1.2, (len(chunk), 1)).astype(np.float32)
        x, y = sweep(paths[chunk], u, v, half)
        shift = rng.integers(0, 512, (2, len(chunk), 1, 1))
        rows = (shift[0] + np.arange(length)[None, :, None]) % 512
        hair = texture[rows, (shift[1] + np.arange(len(v))[None, None]) % 512]
        keep = (hair > dry) & (x >= 0) & (y >= 0) & (x < canvas.shape[1]) & (y < canvas.shape[0])
        x, y, which = x[keep], y[keep], np.broadcast_to(chunk[:, None, None], hair.shape)[keep]
        mark, bulge = hair[keep], np.broadcast_to(dome, hair.shape)[keep]
        canvas[y, x] = colours[which] + mark[:, None] * TINT
        height[y, x] = height[y, x] * 0.35 + (bulge + 0.35 * mark) * width**0.6
