"""Waves: curling breakers before a far peak and a red sun, as a colour woodblock print."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw
from scipy import ndimage

from tools.artworks.colour import mix, ramp, rgb
from tools.artworks.fields import Array, Rng, Shape, noise, plane, step
from tools.artworks.shapes import bow, circle, ribbon, spline

FOAM = "f6f0de"
BLUES = ["1b3a6b", "f3ead2", "2f6690", "9fc5c9", "16294f", "dfe7d2", "3f86a3", "f3ead2"]
BACK = [(-0.62, 0.50), (-0.38, 0.30), (-0.20, 0.06), (0.02, -0.10), (0.24, -0.09), (0.37, 0.05),
        (0.36, 0.17)]  # fmt: skip
FACE = [(0.62, 0.50), (0.36, 0.43), (0.16, 0.33), (0.07, 0.19), (0.12, 0.07), (0.24, 0.05),
        (0.33, 0.15)]  # fmt: skip
CLOUDS = [  # x, y, width
    (0.78, 0.34, 0.30), (1.12, 0.22, 0.34), (0.98, 0.385, 0.22), (1.36, 0.33, 0.30),
    (0.60, 0.10, 0.26), (1.30, 0.08, 0.20), (0.12, 0.07, 0.26),
]  # fmt: skip
BIRDS = [(0.66, 0.21, 0.035), (0.74, 0.17, 0.026), (0.70, 0.27, 0.022), (0.80, 0.13, 0.02)]


class Print:
    """A colour woodblock print: flat shapes on clear ground, each with a dark key line."""

    def __init__(self, shape: Shape) -> None:
        self.shape, self.scale = shape, 2 * shape[0]
        self.image = Image.new("RGBA", (2 * shape[1], 2 * shape[0]))
        self.draw = ImageDraw.Draw(self.image)

    def flat(self, outline: ArrayLike, colour: str, line: float = 0.0028) -> None:
        """Fill an outline and cut its key line, which swells and thins like a carved one."""
        points = np.asarray(outline, np.float32)
        self.draw.polygon((points * self.scale).ravel().tolist(), fill=f"#{colour}")
        if line:
            self.stroke(np.vstack([points, points[:1]]), line)

    def stroke(self, points: Array, line: float, colour: str = "14213d") -> None:
        """A key line along ``points``."""
        n = len(points)
        swell = line / 2 * (1 + 0.4 * np.sin(np.arange(n) * 0.23))
        edge = ribbon(points, swell) * self.scale
        left, right = edge[:n], edge[n:][::-1]
        quads = np.stack([left[:-1], left[1:], right[1:], right[:-1]], 1)
        for quad in quads.reshape(-1, 8).tolist():
            self.draw.polygon(quad, fill=f"#{colour}")


def sky(page: Print, rng: Rng) -> None:
    """Sun, cloud bars, a far island and birds (the sky's gradient is printed afterwards)."""
    page.flat(circle(160) * 0.15 + (0.90, 0.27), "d8452f", 0)
    thick = 0.0095 * np.sin(np.linspace(0.35, np.pi - 0.35, 30)) ** 0.4
    for cx, cy, wide in CLOUDS:
        for row, tint in enumerate(("f6ead0", "efd3b4", "e8c3a8")):
            half, mid = wide * rng.uniform(0.3, 0.55), cx + rng.normal(0, 0.05)
            bar = [(x, cy + row * 0.019) for x in (mid - half, mid, mid + half)]
            page.flat(bow(bar, thick), tint, 0.0014)
    x = np.linspace(0.70, 1.60, 110)
    peak = 0.515 - 0.16 * np.exp(-np.abs(x - 1.17) / 0.115) - 0.006 * np.sin(x * 70)
    line = np.stack([x, peak], -1)
    page.flat(np.vstack([line, [(1.60, 0.56), (0.70, 0.56)]]), "6f7fa6", 0.003)
    snow = np.abs(x - 1.17) < 0.062
    low = np.stack([x, np.maximum(0.425 + 0.016 * np.sin(x * 150), peak)], -1)
    page.flat(np.vstack([line[snow], low[snow][::-1]]), FOAM, 0.0022)
    for bx, by, s in BIRDS:
        for side in (-1, 1):
            tips = [
                (bx + side * s * out, by - s * up) for out, up in ((0, 0), (0.5, 0.5), (1.3, 0.3))
            ]
            page.flat(bow(tips, s * 0.11 * np.linspace(1, 0.05, 16)), FOAM, 0.002)


def swells(page: Print, y: float, rise: float, rows: int, tints: str, rng: Rng) -> None:
    """A band of sea: peaked swells whose stripes repeat their outline."""
    wide, hues = page.shape[1] / page.shape[0], tints.split()
    t = np.linspace(-0.1, wide + 0.1, 220)
    phase, count = rng.uniform(0, 6), rng.uniform(7, 10)
    for row in range(rows):
        wave = np.abs(np.sin(t * count / 2 + phase + 0.10 * row)) ** 0.75
        wave = wave * (0.75 + 0.25 * np.sin(t * 3 + phase)) + 0.1 * np.sin(t * 23 + row)
        top = y + rise * (0.34 * row * (1 + row * 0.06) + 0.82**row * (wave - 0.5))
        line = np.stack([t, top], -1)
        page.flat(np.vstack([line, [(wide + 0.1, 1.1), (-0.1, 1.1)]]), hues[row % len(hues)], 0)
        page.stroke(line, 0.0034 if row == 0 else 0.002)
        for _ in range(26):
            k, drop = rng.integers(0, 200), rise * rng.uniform(0.08, 0.30)
            dash = line[k : k + rng.integers(8, 20)] + np.array([0, drop])
            page.stroke(dash, 0.0016, hues[(row + int(rng.integers(1, 3))) % len(hues)])


def breaker(page: Print, x: float, y: float, size: float, flip: int, bands: int, rng: Rng) -> None:
    """One curling wave: ribbons of colour from its back to its hollow face, then foam."""
    back, face = spline(BACK, 140), spline(FACE, 140)
    place = np.array([flip, 1], np.float32) * size
    arch = np.sin(np.linspace(0, 3 * np.pi, 140))[:, None]

    def at(s: float) -> Array:
        bend = 0.05 * np.sin(np.pi * s) * arch * (0, 1)
        return np.asarray((back * (1 - s) + face * s + bend) * place + np.array([x, y]))

    steps = rng.uniform(0.5, 1.5, bands) * (np.arange(bands) % 2 * -0.45 + 1)
    edges = np.cumsum([0, *steps])
    edges = edges / edges[-1]
    page.flat(np.vstack([at(0), at(1)[::-1]]), BLUES[0], 0.004)
    for k in range(bands):
        outline = np.vstack([at(edges[k]), at(edges[k + 1])[::-1]])
        page.flat(outline, BLUES[k % len(BLUES)], 0.0019)
    page.stroke(at(0), 0.0048)
    foam(page, at(0)[56:], size, flip, rng)


def foam(page: Print, crest: Array, size: float, flip: int, rng: Rng) -> None:
    """Scalloped foam and reaching fingers of water along the edge ``crest``, with spray."""
    tangent = np.gradient(crest, axis=0)
    out = np.stack([tangent[:, 1], -tangent[:, 0]], -1) * flip
    out /= np.linalg.norm(out, axis=1, keepdims=True) + 1e-6
    thin = np.linspace(1, 0.08, 24) * 0.021 * size
    for k in range(3, len(crest) - 2, 4):
        ahead = out[k] + 1.1 * tangent[k] / (np.linalg.norm(tangent[k]) + 1e-6)
        reach = size * rng.uniform(0.045, 0.105)
        root, tip = crest[k] - out[k] * 0.012 * size, crest[k] + ahead * reach * 0.6
        hook = tip + np.array([flip * reach * 0.25, reach * 0.45])
        claw = [root, (root + tip) / 2 + out[k] * reach * 0.25, tip, hook]
        page.flat(bow(claw, thin), FOAM, 0.0024)
    disc = circle(28)
    for k in range(0, len(crest), 3):
        r = size * rng.uniform(0.012, 0.030)
        page.flat(crest[k] - out[k] * r * 0.6 + disc * r, FOAM, 0.0022)
    for k in range(0, len(crest), 4):
        r = size * rng.uniform(0.006, 0.014)
        page.flat(crest[k] - out[k] * size * rng.uniform(0.02, 0.05) + disc * r, "c9dfdc", 0.0016)
    for _ in range(70):
        k = int(rng.integers(len(crest)))
        spot = crest[k] + out[k] * size * rng.uniform(0.08, 0.26) + rng.normal(0, 0.03, 2) * size
        page.flat(spot + disc * size * rng.uniform(0.0025, 0.008), FOAM, 0.0014)


def paint(size: int, rng: Rng) -> Array:
    """Cut the print from the far sky to the near swells, then ink it on fibrous paper."""
    shape = (size * 11 // 16, size)
    y, _ = plane(shape)
    page = Print(shape)
    sky(page, rng)
    swells(page, 0.53, 0.030, 4, "8fb8bf b9d3cd 6fa0b3", rng)
    swells(page, 0.60, 0.045, 5, "3f7f9c 9fc5c9 2f6690 dfe7d2", rng)
    breaker(page, 1.16, 0.60, 0.46, -1, 11, rng)
    swells(page, 0.74, 0.06, 5, "1f4f80 7fb0bf f3ead2 2f6690", rng)
    breaker(page, 0.36, 0.45, 0.88, 1, 19, rng)
    swells(page, 0.79, 0.07, 9, "16294f 3f86a3 dfe7d2 1b3a6b 9fc5c9", rng)
    swells(page, 0.93, 0.06, 8, "1f4f80 f3ead2 16294f 7fb0bf", rng)
    key = np.asarray(page.image.resize(shape[::-1], Image.Resampling.BOX), np.float32) / 255
    air = ramp(y / 0.56, "24406e 7f9db0 e9d9b4 f3d9a8 eeb48a e58f6c")
    grain = np.sin((y * 130 + 1.6 * noise(shape, 0.30, rng, 2)) * 2) * 0.5
    grain = grain + noise(shape, 0.05, rng, 3)
    fibre = ndimage.gaussian_filter(rng.standard_normal(shape), (0.7, 9)).astype(np.float32)
    deep = step(0.45, 1.0, y)[..., None] * np.array([0.10, 0.06, 0.01], np.float32)
    ink = mix(air, key[..., :3], key[..., 3])
    ink = ink * (1 - deep) * (1 + (0.022 * grain + 0.22 * fibre)[..., None])
    speck = step(2.3, 3.2, noise(shape, 0.008, rng, 2)) * 0.35
    return mix(ink * (0.94 * rgb("f7efdc")[0] + 0.06), "f7efdc", speck)
