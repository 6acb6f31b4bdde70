"""Mosaic: two koi circling a lotus, in glass tesserae that follow the forms."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage
from scipy.spatial import cKDTree

from tools.artworks.colour import mix, ramp, rgb
from tools.artworks.fields import Array, Rng, Shape, noise, plane, polar, relief, step
from tools.artworks.shapes import direction, fill, ribbon, spline

# Region numbers: 0 water, 1-19 fish, 20-29 pads, 30-60 lotus, from 70 on the border.
KOI = [  # spine from head to tail, colours
    ([(0.16, 0.30), (0.24, 0.17), (0.42, 0.13), (0.58, 0.23), (0.60, 0.40)],
     "b3160f e2401a f58a2c fff3dc"),
    ([(0.66, 0.66), (0.58, 0.81), (0.40, 0.85), (0.24, 0.74), (0.22, 0.58)],
     "b86a08 f0a818 fbd65a fff6dc"),
]  # fmt: skip
FINS = [  # place on the spine, turn away from it, reach, spread, fork
    (0.97, 0, 0.21, 0.62, 0.5),
    (0.26, 1.0, 0.15, 0.42, 0),
    (0.26, -1.0, 0.15, 0.42, 0),
    (0.62, 0.7, 0.085, 0.35, 0),
    (0.62, -0.7, 0.085, 0.35, 0),
]
PADS = [  # x, y, radius, direction of the notch
    (0.68, 0.15, 0.115, 2.4), (0.11, 0.87, 0.13, -0.8), (0.74, 0.49, 0.07, 3.0),
    (0.06, 0.50, 0.065, 0.3), (0.08, 0.09, 0.08, 0.9), (0.72, 0.92, 0.1, -2.2),
]  # fmt: skip
BORDER = [(0.052, "0b1638"), (0.036, "d9a021"), (0.018, "7a1420")]  # outermost last


class Cartoon:
    """The design under the glass: colour, region and tile direction of every pixel."""

    def __init__(self, shape: Shape) -> None:
        self.shape, self.label = shape, np.zeros(shape, np.int64)
        self.colour, self.angle = np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)

    def lay(
        self, where: Array, label: ArrayLike, colour: str | Array, angle: ArrayLike | None = None
    ) -> None:
        """Make the pixels ``where`` the mask is set part of a region."""
        tint = rgb(colour)[0] if isinstance(colour, str) else colour
        self.label[where] = np.broadcast_to(label, self.shape)[where]
        self.colour[where] = np.broadcast_to(tint, self.colour.shape)[where]
        if angle is not None:
            self.angle[where] = np.broadcast_to(angle, self.shape)[where]


def fin(spine: Array, k: int, turn: float, reach: float, spread: float, fork: float) -> Array:
    """The outline of a fan-shaped fin that leaves the spine at its point ``k``."""
    ahead = spine[k + 1] - spine[k]
    heading = np.arctan2(ahead[1], ahead[0]) + turn
    a = np.linspace(-1, 1, 40)
    length = reach * (1 - fork * (1 - np.abs(a)) ** 0.8) * (1 - 0.25 * np.abs(a) ** 4)
    return np.vstack([spine[k], spine[k] + direction(heading + a * spread) * length[:, None]])


def koi(cartoon: Cartoon, number: int, rng: Rng) -> None:
    """One fish: fins, the patched and rounded body over them, and the eyes."""
    points, coat = KOI[number]
    shape, spine, s = cartoon.shape, spline(points, 160), np.linspace(0, 1, 160)
    widths = 0.068 * (np.sqrt(s + 0.02) * (1 - s) ** 0.75 * 1.9 + 0.10)
    for at, turn, reach, spread, fork in FINS:
        k = int(at * 159)
        far, way = polar(shape, *spine[k])
        inside = fill(shape, fin(spine, k, turn, reach, spread, fork))
        cartoon.lay(inside, 2 + 10 * number, ramp(far / reach, rgb(coat)[[1, 2, 3, 3]]), way)
    y, x = plane(shape)
    far, near = cKDTree(spine).query(np.stack([x, y], -1), workers=2)
    across = far / widths[near]
    tangent = np.gradient(spine, axis=0)
    patch = noise(shape, 0.16, rng, 2) + 1.1 * (0.5 - across)
    skin = ramp(0.55 - 0.45 * patch, coat)
    skin = mix(skin, "2a1a20", step(0.5, 0.9, noise(shape, 0.10, rng, 2) - 1.1) * 0.9)
    skin = skin * (1.05 - 0.35 * across[..., None] ** 3)
    body = fill(shape, ribbon(spine, widths))
    cartoon.lay(body, 1 + 10 * number, skin, np.arctan2(tangent[:, 1], tangent[:, 0])[near])
    (ex, ey), way = spine[11], spine[12] - spine[10]
    way /= np.hypot(*way)
    for lift in (-0.62 * widths[11], 0.62 * widths[11]):
        eye = np.hypot(x - ex + way[1] * lift, y - ey - way[0] * lift)
        cartoon.lay(eye < 0.012, 5 + number, "120c10")


def plants(cartoon: Cartoon, warp: Array) -> None:
    """Lily pads under the fish, and a lotus of three rings of petals."""
    for number, (cx, cy, radius, notch) in enumerate(PADS):
        far, way = polar(cartoon.shape, cx, cy)
        far = far / radius
        cut = np.abs(np.angle(np.exp(1j * (way - notch)))) < 0.28 * step(0, 1, far)
        inside = (far < 1 + 0.03 * np.sin(way * 5)) & ~cut & (cartoon.label == 0)
        vein = 0.5 + 0.5 * np.cos(way * 9 + number)
        leaf = ramp(far * 0.55 + 0.3 * vein + 0.1 * warp, "f0e28a 9cc24a 3f8f4a 1d5a44")
        cartoon.lay(inside, 20 + number, leaf, way)
    far, way = polar(cartoon.shape, 0.405, 0.495)
    for ring, (reach, turn) in enumerate([(0.125, 0.0), (0.092, np.pi / 7), (0.055, 0.0)]):
        petal = far / (reach * (0.45 + 0.55 * np.abs(np.cos(3.5 * (way + turn))) ** 0.6))
        petals = np.floor((way + turn + np.pi / 7) / (2 * np.pi / 7)).astype(int) % 7
        tint = ramp(petal * 0.8 - 0.12 * ring + 0.1, "fff6e6 fbd3d6 f08fa8 c23a72")
        cartoon.lay(petal < 1, 30 + 10 * ring + petals, tint, way)
    cartoon.lay(far < 0.024, 60, "f6c022")


def water(cartoon: Cartoon, warp: Array) -> None:
    """Ripples around everything that lies in the pond, and a border around it all."""
    shape, free = cartoon.shape, cartoon.label == 0
    away = ndimage.distance_transform_edt(free).astype(np.float32) / shape[0]
    ripple = ndimage.gaussian_filter(away, 0.012 * shape[0]) + 0.012 * warp
    gy, gx = np.gradient(ripple)
    band = 0.5 + 0.5 * np.sin(ripple * 2 * np.pi / 0.052)
    deep = ramp(ripple / 0.14, "9fe0cf 2fa3a8 14628f 0f2f66 0c1f4a")
    light = ramp(ripple / 0.14, "e0f6e0 7fd6cf 3f9fd0 2f6fc0")
    cartoon.lay(free, 0, mix(deep, light, band**2 * 0.6), np.arctan2(gy, gx))
    y, x = plane(shape)
    edge = np.minimum(np.minimum(y, x), np.minimum(1 - y, shape[1] / shape[0] - x))
    for number, (reach, tint) in enumerate(BORDER):
        cartoon.lay(edge < reach, 70 + number, tint, 0)


def claim(spots: Array, seeds: Array, angle: Array) -> tuple[Array, Array]:
    """The seed that wins each spot under a turned max metric, and how far the runner-up is."""
    a = angle[tuple(np.rint(seeds).astype(int).T)]
    near = cKDTree(seeds).query(spots, k=min(7, len(seeds)), workers=2)[1]
    dy, dx = np.moveaxis(spots[:, None] - seeds[near], -1, 0)
    c, s = np.cos(a)[near], np.sin(a)[near]
    gap = np.maximum(np.abs(dx * c + dy * s) * 0.88, np.abs(dy * c - dx * s) * 1.12)
    best = np.take_along_axis(near, gap.argmin(1)[:, None], 1)[:, 0]
    gap.partition(1, axis=1)
    return best, gap[:, 1] - gap[:, 0]


def tesserae(label: Array, angle: Array, side: float, rng: Rng) -> tuple[Array, Array]:
    """Cut each labelled region into square-ish tiles turned along ``angle``.

    An oriented, relaxed Voronoi diagram under the max metric (after Hausner 2001). Returns the
    number of every pixel's tile and the pixel's distance to the tile's edge.
    """
    tile, inset = np.zeros(label.shape, np.int64), np.zeros(label.shape, np.float32)
    total = 0
    for value in np.unique(label):
        spots = np.argwhere(label == value).astype(np.float32)
        size = side * (0.8 if 0 < value < 20 else 0.7 if value >= 30 else 1.0)
        count = max(3, round(len(spots) / size**2))
        seeds = spots[rng.choice(len(spots), count, replace=len(spots) < count)]
        some = spots[:: 3 if count > 20 else 1]
        for _ in range(10):
            best, _ = claim(some, seeds, angle)
            mass = np.maximum(np.bincount(best, minlength=count), 1)[:, None]
            sums = np.stack([np.bincount(best, some[:, i], count) for i in (0, 1)], -1)
            seeds = np.where(mass > 1, sums / mass, seeds).astype(np.float32)
        best, gap = claim(spots, seeds, angle)
        at = tuple(spots.astype(int).T)
        tile[at] = best + total
        inset[at] = np.minimum(gap / 2, ndimage.distance_transform_edt(label == value)[at])
        total += count
    return tile, inset


def paint(size: int, rng: Rng) -> Array:
    """Draw the cartoon, cut it into tiles, then set the glass in mortar."""
    shape, unit = (size, size * 4 // 5), size / 1280
    cartoon, warp = Cartoon(shape), noise(shape, 0.35, rng, 3)
    for number in range(len(KOI)):
        koi(cartoon, number, rng)
    plants(cartoon, warp)
    water(cartoon, warp)
    tile, inset = tesserae(cartoon.label, cartoon.angle, 20 * unit, rng)
    count = int(tile.max()) + 1
    mass = np.maximum(np.bincount(tile.ravel(), minlength=count), 1)
    sums = [np.bincount(tile.ravel(), cartoon.colour[..., c].ravel(), count) for c in range(3)]
    glass = np.stack(sums, -1) / mass[:, None]
    glass = glass * rng.normal(1, 0.13, (count, 1)) + rng.normal(0, 0.022, (count, 3))
    glint = rng.random(count) < 0.018
    glass[glint] = glass[glint] * 0.5 + np.array([0.55, 0.5, 0.36])
    grain = noise(shape, 0.02, rng, 3)
    height = 3.2 * step(1.0, 4.6, inset / unit) + 0.12 * grain
    face = glass[tile] * (1 + 0.03 * grain[..., None])
    mortar = rgb("4a4038")[0] * (1 + 0.12 * grain[..., None])
    return mix(mortar, face, step(0.8, 1.9, inset / unit)) * relief(height, 0.3 / unit) * 1.06
