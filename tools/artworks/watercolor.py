"""Watercolor: poppies and cornflowers in a summer meadow, in transparent washes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tools.artworks.fields import Array, Rng, relief
from tools.artworks.paper import Paper
from tools.artworks.shapes import direction

GREENS = ["5a9a5a", "7fae4a", "3f8a72", "a4b84a", "4a7f8f"]
REDS, PINKS = ("f2705a", "e2452f", "f8a05a"), ("f29ab0", "dc5a86", "f8c09a")
GOLDS, BLUES = ("f8c860", "ec9a2c", "f8e07a"), ("8aa4ec", "4a62c8", "b49ae4")
FLOWERS = [  # x, y, reach, colours
    (0.36, 0.27, 0.055, BLUES), (0.72, 0.42, 0.06, REDS), (0.53, 0.33, 0.105, GOLDS),
    (0.20, 0.40, 0.13, PINKS), (0.66, 0.60, 0.125, BLUES), (0.40, 0.56, 0.165, REDS),
    (0.14, 0.70, 0.115, REDS), (0.60, 0.82, 0.12, PINKS), (0.34, 0.84, 0.10, GOLDS),
    (0.06, 0.52, 0.06, BLUES), (0.12, 0.90, 0.08, BLUES),
]  # fmt: skip
HILLS = [  # skyline, rise, colour, second colour
    (0.36, 0.05, "b4bfe4", "d9c4e4"),
    (0.42, 0.05, "9cc4cf", "b4d4e4"),
    (0.49, 0.04, "a9cf9c", "e4e0a0"),
    (0.58, 0.04, "c9d988", "d9c4e4"),
    (0.70, 0.03, "94bf7c", "b4d4e4"),
]
SKY = (13, (0, 0.34), (0.1, 0.24), (3, 10, 40), "9cc6e6 b9d4ee f4d6c4 d8cdea 8ab8e0")
GRASS = (26, (0.62, 1.02), (0.06, 0.16), (2, 8, 24), "8fc07a c4d670 6fb08f f0dc8a 9cc4d8")
FAR_FLOWERS = ["f08a6a", "f4b45a", "e86a7a", "fff0a0", "9a8ad0"]
Veil = tuple[int, tuple[float, float], tuple[float, float], tuple[float, ...], str]


def petal(centre: Array, turn: float, reach: float, spread: float, rng: Rng) -> Array:
    """The crumpled outline of one petal that fans out from ``centre``."""
    a = np.linspace(-1, 1, 26)
    length = reach * (1 - 0.22 * np.abs(a) ** 3) * (1 + 0.05 * np.sin(a * 9 + rng.uniform(0, 6)))
    length *= 1 + rng.normal(0, 0.025, 26)
    rim = direction(turn + a * spread) * (1, 0.86)
    return np.vstack([centre, centre + rim * length[:, None]])


def blob(centre: ArrayLike, reach: float, rng: Rng) -> Array:
    """The outline of a round, uneven spot."""
    return petal(np.asarray(centre), 0, reach, np.pi, rng)


def veil(paper: Paper, kind: Veil, strength: float, edge: float, rough: float, rng: Rng) -> None:
    """Scatter ``kind``: a number of spots by height, size, softness and colours."""
    count, heights, sizes, softs, tints = kind
    for _ in range(count):
        x, y = rng.uniform(0, paper.shape[1] / paper.shape[0]), rng.uniform(*heights)
        spot = blob((x, y), rng.uniform(*sizes), rng)
        tint = tints.split()[rng.integers(5)]
        paper.wash(spot, tint, strength, edge, rough, rng.choice(softs))


def meadow(paper: Paper, rng: Rng) -> None:
    """Wet-in-wet sky, far hills, the first veils of grass and what blooms far off."""
    veil(paper, SKY, 0.46, 0.3, 0.05, rng)
    wide = paper.shape[1] / paper.shape[0]
    x = np.linspace(-0.05, wide + 0.05, 60)
    for k, (base, rise, tint, second) in enumerate(HILLS):
        top = base + rise * np.sin(x * (3 + k) + rng.uniform(0, 6)) + 0.012 * np.sin(x * 17 + k)
        low = base + 0.24
        outline = np.vstack([np.stack([x, top], -1), [(wide + 0.05, low), (-0.05, low)]])
        paper.wash(outline, tint, 0.75, 0.6, 0.008, 2, second, 0.6)
    veil(paper, GRASS, 0.5, 0.5, 0.04, rng)
    for _ in range(40):
        cx, cy = rng.uniform(0, wide), rng.uniform(0.40, 0.62)
        tint = FAR_FLOWERS[rng.integers(5)]
        paper.wash(blob((cx, cy), rng.uniform(0.004, 0.012), rng), tint, 1.0, 0.8, 0.004)


def blades(paper: Paper, rng: Rng) -> None:
    """Tall, leaning blades of grass."""
    for k in range(170):
        x, y = rng.uniform(-0.02, 0.8), rng.uniform(0.82, 1.05)
        tall, lean = rng.uniform(0.10, 0.42), rng.normal(0, 0.06)
        path = [(x, y), (x + lean * 0.3, y - tall * 0.6), (x + lean, y - tall)]
        width = np.linspace(1, 0.05, 40) * rng.uniform(0.002, 0.007)
        paper.line(path, width, GREENS[k % 5], rng.uniform(0.4, 0.9))


def poppy(
    paper: Paper, x: float, y: float, reach: float, tints: tuple[str, str, str], rng: Rng
) -> None:
    """A flower seen slightly from above: five petals with veins, then a dark heart."""
    centre = np.array([x, y], np.float32)
    first = rng.uniform(0, 6)
    turns = [first + k * 2 * np.pi / 5 + rng.normal(0, 0.12) for k in range(5)]
    sizes = reach * rng.uniform(0.85, 1.12, 5)
    pairs = list(zip(turns, sizes, strict=True))
    outlines = [petal(centre, t, n, rng.uniform(0.62, 0.8), rng) for t, n in pairs]
    for outline in outlines:
        paper.wash(outline, tints[0], 0.12, 0.1, 0.006, 1.5, lift=0.86)
    for k, (turn, size) in enumerate(pairs):
        paper.wash(outlines[k], tints[k % 2], 0.85, 0.8, 0.009, 1.5, tints[2])
        paper.wash(petal(centre, turn, size * 0.55, 0.5, rng), tints[1], 0.5, 0.1, 0.020, 14)
        for bend in rng.uniform(-0.55, 0.55, 6):
            way = direction(turn + bend) * (1, 0.86)
            ends = [centre + way * size * f for f in (0.16, 0.5, rng.uniform(0.65, 0.9))]
            paper.line(ends, np.linspace(0.0022, 0.0004, 40), tints[1], 0.45)
    paper.wash(blob(centre, reach * 0.20, rng), "4a3a5a", 1.2, 0.6, 0.008, 4)
    paper.wash(blob(centre, reach * 0.09, rng), "7a8a3a", 1.0, 0.6, 0.003, 1)
    for _ in range(26):
        turn, far = rng.uniform(0, 6.3), reach * rng.uniform(0.15, 0.33)
        spot = centre + far * (direction(turn) * (1, 0.86))
        paper.wash(blob(spot, rng.uniform(0.0018, 0.004), rng), "2a2038", 1.6, 0.4, 0, 1)


def paint(size: int, rng: Rng) -> Array:
    """Wash in the meadow, the grass and one flower after another, then spatter the sheet."""
    paper = Paper((size, size * 25 // 32), rng)
    meadow(paper, rng)
    blades(paper, rng)
    for x, y, reach, tints in FLOWERS:
        bend, drift = rng.normal(0, 0.02), rng.normal(0, 0.05)
        stem = [(x, y), (x + bend, y + 0.25), (x + drift, min(y + 0.5, 1.05))]
        paper.line(stem, 0.0035, GREENS[rng.integers(5)], 0.9)
        poppy(paper, x, y, reach, tints, rng)
    for _ in range(150):
        x, y = rng.uniform(0, 0.8), rng.uniform(0, 1)
        tint = [*REDS, *BLUES, *GOLDS][rng.integers(9)]
        paper.wash(blob((x, y), 0.0012 + rng.exponential(0.002), rng), tint, 1, 0.8, 0, 1)
    return paper.light * relief(paper.grain * 0.8, 0.05)
