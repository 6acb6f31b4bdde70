"""Woodcut: a mountain lake at sunrise, cut in black line over colour blocks."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw
from scipy import ndimage

from tools.artworks.colour import mix, rgb
from tools.artworks.fields import Array, Rng, Shape, noise, plane, polar, step
from tools.artworks.shapes import bow, ribbon, spline

SUN_X, SUN_Y, SUN = 0.62, 0.30, 0.105
CLOUDS = [
    (0.18, 0.13, 0.30),
    (1.18, 0.10, 0.34),
    (1.02, 0.30, 0.2),
    (0.2, 0.33, 0.2),
]  # x, y, width
RANGES = [(0.66, 0.36, 120, 0.30), (0.68, 0.20, 95, 0.5)]  # foot, height, lines, darkness
PINES = [  # x, foot, height
    (0.07, 1.0, 0.80), (0.19, 1.0, 0.62), (0.30, 0.99, 0.36), (1.36, 1.0, 0.86),
    (1.24, 1.0, 0.60), (1.15, 0.99, 0.34), (0.4, 0.99, 0.2), (1.06, 1, 0.2),
]  # fmt: skip


def hatch(phase: Array, tone: ArrayLike) -> Array:
    """Ink coverage of lines along the level sets of ``phase``, as wide as ``tone`` is dark."""
    gy, gx = np.gradient(phase)
    slope = np.hypot(gx, gy) + 1e-4
    saw = np.abs((phase % 1) - 0.5) * 2
    soft = np.clip(2 * slope * 1.2 * 640 / max(phase.shape), 0.02, 0.5)
    dark = np.clip(np.asarray(tone, np.float32), 0, 1) * (1 + 2 * soft) - soft
    return np.asarray(np.clip((dark - saw) / (2 * soft) + 0.5, 0, 1))


def sunrise(shape: Shape, drift: Array) -> tuple[Array, Array]:
    """The key block's sun with its rays and rings, and the sun's own mask."""
    far, way = polar(shape, SUN_X, SUN_Y)
    ray = way * 96 / (2 * np.pi) + 0.04 * drift
    flicker = 0.5 + 0.5 * np.sin(way * 24 + 2 * np.sin(way * 7))
    tone = 0.10 + 0.62 * step(0.15, 0.85, far + 0.12 * flicker) + 0.05 * drift
    ring = 0.5 + 0.5 * np.sin((far + 0.004 * drift) * 2 * np.pi / 0.115)
    doubled = far > 0.36 + 0.16 * np.sin(np.floor(ray) * 7.3) ** 2
    ink = hatch(ray * np.where(doubled, 2, 1), tone * (0.55 + 0.6 * ring))
    ink[far < SUN + 0.018] = 0
    return np.maximum(ink, step(0.0035, 0.002, np.abs(far - SUN))), far < SUN


def clouds(ink: Array, rng: Rng) -> Array:
    """Cut long, scalloped clouds into the sky of ``ink``; returns where they are."""
    shape = ink.shape
    y, x = plane(shape)
    cover = np.zeros(shape, bool)
    for cx, cy, wide in CLOUDS:
        top = np.full(shape, -1, np.float32)
        for _ in range(14):
            bx, r = cx + rng.uniform(-0.65, 0.65) * wide, rng.uniform(0.10, 0.24) * wide
            r *= 1.1 - min(abs(bx - cx) / wide, 0.8)
            top = np.maximum(top, 1 - np.hypot((x - bx) / 1.4, y - cy + r * 0.3) / r)
        inside = (top > 0) & (y < cy + 0.008 * np.sin(x * 40))
        cut = hatch(top * 7, 0.05 + 0.75 * step(0.35, 0.0, (cy - y) / wide * 3.5))
        rim = inside & ~ndimage.binary_erosion(inside, iterations=max(1, shape[1] // 420))
        ink[inside] = np.where(rim, 1, cut)[inside]
        cover |= inside
    return cover


def ridges(shape: Shape, base: float, tall: float, rng: Rng) -> tuple[Array, Array]:
    """A range of peaks: the depth under its skyline and the side of the nearest spine."""
    y, x = plane(shape)
    wobble = 0.016 * noise(shape, 0.12, rng, 3)
    crag = 0.007 * noise(shape, 0.03, rng, 3)
    best, side = np.full(shape, -9, np.float32), np.zeros(shape, np.float32)
    spots = np.concatenate([np.linspace(-0.1, 1.6, 9), rng.uniform(-0.1, 1.6, 26)])
    for number, cx in enumerate(spots + rng.normal(0, 0.04, len(spots))):
        high = tall * (rng.uniform(0.6, 1.0) if number < 9 else rng.uniform(0.2, 0.62))
        lean = x - cx - wobble
        roof = high - np.abs(lean) * np.where(lean > 0, 0.95, 1.25) + crag
        side = np.where(roof > best, lean, side)
        best = np.maximum(best, roof)
    return best - (base - y), side


def mountains(ink: Array, drift: Array, rng: Rng) -> Array:
    """Cut the ranges into ``ink``, dark on the side away from the sun; returns where they are."""
    y, x = plane(ink.shape)
    land = np.zeros(ink.shape, bool)
    for base, tall, lines, dark in RANGES:
        inside, side = ridges(ink.shape, base, tall, rng)
        rock = noise(ink.shape, 0.05, rng, 3)
        shaded = side * np.sign(x - SUN_X + 0.15) > 0.004 * rock
        phase = (y * 0.8 - np.sign(side) * (x * 0.62 + 0.006 * rock)) * lines
        tone = np.where(shaded, 0.66 + dark * 0.3, dark * 0.5 + 0.02) + 0.13 * rock
        tone = tone + 0.3 * step(0.04, 0, inside) * shaded - 0.22 * step(0.58, 0.68, y)
        outline = step(0.0035, 0.0015, np.abs(inside))
        cut = np.maximum(hatch(phase + 0.5 * drift, tone), outline)
        ink[inside > 0] = cut[inside > 0]
        land |= inside > 0
    return land


def foreground(ink: Array, drift: Array) -> tuple[Array, Array, Array]:
    """Cut the lake and its bank into ``ink``; returns both masks and the sun's glitter."""
    y, x = plane(ink.shape)
    lake = y > 0.675 + 0.003 * np.sin(x * 30)
    depth = np.clip(y - 0.665, 0.002, 1)
    swell = np.log(depth + 0.03) * 26 + 0.35 * np.sin(x * 22 + drift) + 0.3 * drift
    glitter = np.exp(-(((x - SUN_X) / (0.05 + 0.35 * depth)) ** 2))
    tone = 0.40 + 0.16 * drift + 0.35 * step(0.06, 0, depth) - 0.42 * glitter
    tone = tone + 0.2 * np.sin(x * 30 + np.floor(swell) * 2.4)
    ink[lake] = hatch(swell, tone)[lake]
    under = y - (0.93 + 0.10 * np.cos(x * 2.25 + 0.9) + 0.012 * drift)
    bank = under > 0
    tone = 0.72 - 0.4 * step(0.12, 0, under) + 0.12 * drift
    blades = hatch((x + 0.25 * under) * 110 + drift, tone)
    ink[bank] = np.maximum(blades, step(0.008, 0.004, under))[bank]
    return lake, bank, glitter


def bough(root: Array, side: int, reach: float, lit: bool, rng: Rng) -> list[tuple[Array, int]]:
    """One drooping, ragged branch, with a white cut where the light catches it."""
    droop = reach * rng.uniform(0.2, 0.7)
    run = np.array([(0, 0), (side * reach * 0.55, droop * 0.35), (side * reach, droop * 1.2)])
    curve = spline(root + run, 24)
    wide = np.sin(np.linspace(0.25, np.pi, 24)) * (0.006 + 0.036 * reach) + 0.0006
    wide *= 1 + 0.45 * np.sin(np.arange(24) * 2.6 + rng.uniform(0, 6))
    branch = (ribbon(curve, wide), 255)
    if not lit and rng.random() >= 0.25:
        return [branch]
    thin = np.sin(np.linspace(0, np.pi, 14)) * 0.0016
    return [branch, (ribbon(curve[6:20] - (0, 0.0018), thin), 0)]


def pines(ink: Array, rng: Rng) -> Array:
    """The key block with tall ragged pines drawn over it."""
    image, scale = Image.fromarray((ink * 255).astype(np.uint8)), ink.shape[0]
    draw = ImageDraw.Draw(image)
    for cx, base, tall in PINES:
        girth = np.linspace(0.011, 0.002, 20) * tall**0.5
        trunk = bow([(cx, base), (cx + 0.01, base - tall)], girth)
        draw.polygon((trunk * scale).ravel().tolist(), fill=255)
        for t in np.arange(0.08, 1, 0.017 / tall**0.6):
            for side in (-1, 1):
                t += rng.normal(0, 0.006)
                reach = tall * 0.24 * max(1 - t, 0) ** 0.8 * rng.uniform(0.45, 1.15) + 0.008
                root = np.array([cx + 0.01 * t, base - tall * t])
                for outline, tone in bough(root, side, reach, (side == 1) == (cx < SUN_X), rng):
                    if t < 1:  # not above the tip
                        draw.polygon((outline * scale).ravel().tolist(), fill=tone)
    return np.asarray(image, np.float32) / 255


def paint(size: int, rng: Rng) -> Array:
    """Cut the key block from back to front, then print it over the colours on warm paper."""
    shape = (size * 7 // 10, size)
    y, _ = plane(shape)
    drift, fine = noise(shape, 0.30, rng, 3), noise(shape, 0.03, rng, 3)
    ink, sun = sunrise(shape, drift)
    cloud = clouds(ink, rng)
    land = mountains(ink, drift, rng)
    lake, bank, glitter = foreground(ink, noise(shape, 0.12, rng, 3))
    wear = 1 - 0.10 * step(0.6, 2.2, noise(shape, 0.012, rng, 2))
    ink = pines(ink, rng)
    rock = mix("d9c08a", "7f9a8f", step(0.3, 0.65, y))
    water = mix("a9c4b0", "2f7f86", step(0.66, 0.95, y) * (1 - 0.7 * glitter))
    water = mix(water, "e8a05a", glitter * step(0.95, 0.68, y) * 0.9)
    block = mix("f3dcae", "d9653b", 0.85 * step(0.55, 0.0, y) * ~cloud)
    block[sun] = rgb("d8402a")
    block[land] = rock[land]
    block[lake] = water[lake]
    block[bank] = rgb("d9a441")
    paper = rgb("f1e4c8")[0] * (1 + 0.012 * fine[..., None])
    colour = paper * mix(np.ones(3), np.roll(block, (2, 3), (0, 1)), wear)
    solid = ink * (1 - 0.35 * step(1.7, 2.8, fine))
    return mix(colour, "17130f", solid * 0.97)
