"""Swirl: a river valley at dusk in thick, turning brush strokes."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from tools.artworks.brush import brush, trace
from tools.artworks.colour import mix, ramp, rgb
from tools.artworks.fields import Array, Rng, Shape, noise, plane, polar, relief, step
from tools.artworks.shapes import direction

SUN_X, SUN_Y = 0.86, 0.475
EDDIES = [  # x, y, size, turn
    (0.30, 0.20, 0.16, 0.42), (0.74, 0.14, 0.10, -0.25), (1.16, 0.27, 0.13, 0.36),
    (0.55, 0.41, 0.08, -0.16), (0.02, 0.44, 0.10, -0.2),
]  # fmt: skip
HILLS = [  # skyline, rise, waves, colours
    (0.56, 0.040, 2.3, "2b3f86 4a5fae 8a78b8 e39a70"),
    (0.61, 0.045, 3.4, "1d3a6e 2f6a8f 4fa08f c9b45c"),
    (0.69, 0.050, 2.1, "1c4a4a 3f7f3f 9fb23c f2cf4a"),
    (0.80, 0.060, 1.6, "5a3a24 b5702a e8a932 ffe27a"),
    (0.93, 0.050, 2.6, "0f2f3a 1f5a46 4f9a4a c9c84a"),
]
TREES = [  # x, foot, height
    (0.10, 0.90, 0.62), (0.22, 0.86, 0.40), (1.24, 0.84, 0.44), (0.02, 0.88, 0.42),
    (1.32, 0.86, 0.3),
]  # fmt: skip
COATS = [(44, 26, 1500, 0.09), (24, 22, 4200, 0.085), (13, 18, 7000, 0.09)]
#        width, steps, strokes and colour jitter of each coat of paint


def sky(shape: Shape, rng: Rng) -> tuple[Array, Array]:
    """Colour and stroke direction of a dusk sky of turning clouds around a low sun."""
    y, x = plane(shape)
    warp = noise(shape, 0.45, rng, 2)
    stream = 1.15 * y + 0.028 * warp
    for cx, cy, size, turn in EDDIES:
        far = np.hypot((x - cx) / 1.25, y - cy)
        stream += turn * np.exp(-((far / size) ** 1.5))
    gy, gx = np.gradient(stream)
    band = 0.5 + 0.5 * np.sin(stream * 46 + warp * 0.5)
    deep = ramp(y / 0.62, "10194f 17338a 1f5fae 3c93b4 e0b765 f4b04a")
    light = ramp(y / 0.62, "3f7fd0 6fb3e0 a9d8d6 f3e3a0 ffe08a ffcf62")
    colour = mix(deep, light, step(0.35, 0.95, band) * 0.85)
    colour = mix(colour, "5a3f8f", step(0.75, 1, 1 - band) * 0.4 * step(0.5, 0.2, y))
    far, way = polar(shape, SUN_X, SUN_Y)
    ring = step(0.30, 0.04, far)
    glow = far / 0.30 + 0.05 * np.sin(far * 190)
    halo = ramp(glow, "fffbe0 fff2a8 ffd348 f79a2c e9803a c8607a")
    angle = np.where(ring > 0.2, way + np.pi / 2, np.arctan2(-gx, gy))
    return mix(colour, halo, ring * 0.95), angle


def hills(shape: Shape, colour: Array, angle: Array, rng: Rng) -> None:
    """Paint hills and furrowed fields over the sky's colour and direction, in place."""
    y, x = plane(shape)
    glow = np.exp(-(((x - SUN_X) / 0.38) ** 2))
    for k, (base, rise, waves, tints) in enumerate(HILLS):
        phase = rng.uniform(0, 6)
        top = base + rise * np.sin(x * waves * 2 + phase) * np.cos(x * waves * 0.9 + 2 * phase)
        slope = np.arctan(np.gradient(top, axis=1) * shape[0])
        inside = y > top
        depth = (y - top) / (0.05 + 0.03 * k)
        furrow = 0.5 + 0.5 * np.sin(depth * 9 + np.sin(x * 5 + phase) * 2)
        tone = 0.02 + 0.55 * furrow + 0.4 * glow * step(1.4, 0, depth) + 0.1 * np.sin(x * 60)
        colour[inside] = ramp(tone, tints)[inside]
        angle[inside] = (slope * np.exp(-depth * 0.3) + 0.25 * np.sin(x * 6 + k))[inside]


def river(shape: Shape, colour: Array, angle: Array) -> None:
    """Paint a winding river that carries the sun's light, in place."""
    y, x = plane(shape)
    mid = 0.86 + 0.16 * np.sin((y - 0.6) * 13) * (y - 0.55) * 3.2 - 0.5 * step(0.75, 1.1, y)
    width = 0.012 + 0.75 * np.clip(y - 0.60, 0, 1) ** 1.75
    inside = (np.abs(x - mid) < width) & (y > 0.605)
    ripple = 0.5 + 0.5 * np.sin(y * 150 / (0.3 + y) + x * 7)
    shine = np.exp(-(((x - mid) / (width + 1e-3) / 0.55) ** 2))
    tone = 0.15 + 0.5 * ripple * shine + 0.45 * shine * step(1.0, 0.62, y)
    colour[inside] = ramp(tone, "123a7a 2a7fb0 7fc4c0 ffd766 fff4c0")[inside]
    angle[inside] = 0.12 * np.sin(x * 9 + y * 30)[inside]


def trees(shape: Shape, rng: Rng) -> tuple[Array, Array, Array]:
    """Start points, directions and colours of the strokes of the wind-bent trees."""
    starts, turns, tints = [], [], []
    dark, rim = rgb("0b1f33 123f3a 1f5a3a 3a2f5a"), rgb("d9822b 8fa83c 3f8f74")
    for cx, base, tall in TREES:
        count = int(1300 * tall)
        t = np.sort(rng.uniform(0, 1, count))
        side = rng.uniform(-1, 1, count)
        girth = tall * 0.17 * np.sin(np.pi * t**0.7) ** 0.8
        x = cx + side * girth + 0.05 * t**2 + 0.012 * np.sin(t * 14)
        starts.append(np.stack([x, base - t * tall], -1))
        turns.append(-np.pi / 2 + 0.7 * side * np.cos(t * 9) + rng.normal(0, 0.15, count) + 0.15)
        lit = side * np.sign(SUN_X - cx) + rng.normal(0, 0.35, count) > 0.95
        shades = rim[rng.integers(0, 3, count)], dark[rng.integers(0, 4, count)]
        tints.append(np.where(lit[:, None], *shades))
    return np.vstack(starts) * shape[0], np.concatenate(turns), np.vstack(tints)


def paint(size: int, rng: Rng) -> Array:
    """Brush the valley in coats from broad to fine strokes, then the trees over it."""
    shape = (size * 3 // 4, size)
    colour, angle = sky(shape, rng)
    hills(shape, colour, angle, rng)
    river(shape, colour, angle)
    canvas, height = colour * 0.55, np.zeros(shape, np.float32)
    unit = size / 1280
    for width, steps, count, jitter in COATS:
        start = rng.uniform(-20 * unit, np.array(shape[::-1]), (count, 2)).astype(np.float32)
        x, y = np.maximum(start, 0).astype(int).T
        tint = colour[y, x] * rng.normal(1, jitter, (count, 1)) + rng.normal(0, 0.035, (count, 3))
        paths = trace(angle, start, steps, width * unit * 0.24)
        brush(canvas, height, paths, tint.astype(np.float32), width * unit, rng)
    start, turn, tint = trees(shape, rng)
    bend = np.linspace(0, 1, 9)[None] * rng.normal(0, 0.5, (len(turn), 1)) + turn[:, None]
    paths = (start[:, None] + np.cumsum(direction(bend) * 8 * unit, 1)).astype(np.float32)
    brush(canvas, height, paths, tint.astype(np.float32), 11 * unit, rng)
    soft = ndimage.gaussian_filter(height, 1.0 * unit)
    return canvas * relief(soft, 0.11 / unit)
