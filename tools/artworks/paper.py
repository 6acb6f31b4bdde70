"""Watercolour paper: transparent washes over a grainy sheet."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from tools.artworks.colour import mix, rgb
from tools.artworks.fields import Array, Rng, Shape, noise, step
from tools.artworks.shapes import bow, stencil

BARE = "fdfaf2"


class Paper:
    """A sheet whose washes are layers of pigment that absorb light (Beer-Lambert)."""

    def __init__(self, shape: Shape, rng: Rng) -> None:
        self.shape, self.rng = shape, rng
        self.unit = shape[0] / 1280
        self.grain = noise(shape, 0.009, rng, 3) * 0.7 + noise(shape, 0.004, rng, 1) * 0.5
        large = (shape[0] * 3 // 2, shape[1] * 3 // 2)
        self.flow = [noise(large, cell, rng, 5) for cell in (0.20, 0.107, 0.047)]
        self.light: Array = np.ones((*shape, 3), np.float32) * rgb(BARE)[0]

    def wash(
        self, outline: ArrayLike, colour: str, strength: float = 1.0, edge: float = 0.8,
        rough: float = 0.010, soft: float = 1.5, second: str | None = None, lift: float = 0.0,
    ) -> None:  # fmt: skip
        """Flood ``outline``: uneven pigment, a dark rim where it dried, paper grain.

        ``lift`` first takes that part of the earlier washes off again, as masking fluid would.
        """
        points = np.asarray(outline, np.float32) * self.shape[0]
        pad = int(40 * self.unit) + int(soft * 3 * self.unit)
        low = np.maximum(points.min(0).astype(int) - pad, 0)
        high = np.minimum(points.max(0).astype(int) + pad, self.shape[::-1])
        if (high - low < 3).any():
            return
        box = (slice(low[1], high[1]), slice(low[0], high[0]))
        flow = self.run(low, high)
        inside = stencil((flow[0].shape[0], flow[0].shape[1]), points - low)
        far = ndimage.distance_transform_edt(inside) - ndimage.distance_transform_edt(~inside)
        far = far / self.shape[0] + rough * (0.55 * flow[1] + 0.6 * flow[2])
        far = far * self.shape[0] / self.unit
        cover = step(-soft, soft, far)
        rim = np.exp(-(np.maximum(far - soft, 0) / 3.5)) * cover
        pool = np.clip(0.62 + 0.22 * flow[0] + 0.14 * flow[1], 0.12, 1.5)
        bloom = np.exp(-(((flow[1] + 0.4 * flow[2] - 1.0) / 0.10) ** 2)) * 0.25
        load = strength * cover * (pool + bloom) + strength * edge * rim
        load *= np.clip(1 + 0.20 * self.grain[box], 0.2, 2)
        pigment = rgb(colour)[0]
        if second:
            pigment = mix(pigment, second, step(-0.9, 0.9, flow[0] + 0.5 * flow[1]))
        self.light[box] = mix(self.light[box], BARE, lift * step(-1.5, 1.5, far))
        self.light[box] *= np.clip(pigment, 0.02, 1) ** load[..., None]

    def run(self, low: Array, high: Array) -> list[Array]:
        """How the water ran between two corners: each time anew, from large to small."""
        wide, tall = high - low
        down, right = low[::-1] + self.rng.integers(0, np.array(self.shape) // 2)
        return [f[down : down + tall, right : right + wide] for f in self.flow]

    def line(self, points: ArrayLike, width: ArrayLike, colour: str, strength: float = 1.0) -> None:
        """One loaded-brush line of half-width ``width`` (in heights) at each of 40 steps."""
        widths = np.broadcast_to(np.asarray(width, np.float32), 40)
        self.wash(bow(points, widths), colour, strength, 0.4, 0.0016, 1.2)
