"""Facets: a guitar, a bottle and fruit, seen through overlapping shards."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from tools.artworks.brush import bristles
from tools.artworks.colour import mix, ramp, rgb
from tools.artworks.fields import Array, Rng, Shape, noise, plane, polar, relief, step
from tools.artworks.shapes import bow, fill, spline

GUITAR = [
    (0.50, 0.90), (0.41, 0.74), (0.50, 0.62), (0.60, 0.56), (0.61, 0.43), (0.73, 0.34),
    (0.86, 0.43), (0.84, 0.57), (0.86, 0.68), (0.86, 0.86), (0.68, 0.97),
]  # fmt: skip
STRINGS = np.array([(0.66, 0.84), (0.735, 0.50), (0.83, 0.05)], np.float32)
BOTTLE = [(0.27, 0.06), (0.27, 0.30), (0.27, 0.36), (0.27, 0.82)]
FRUIT = [  # x, y, radius, colours
    (0.98, 0.72, 0.085, "ffe7a0 f08a24 8f2f14"),
    (1.12, 0.74, 0.08, "ffe7a0 d9432a 5a1018"),
    (1.05, 0.60, 0.075, "ffe7a0 f08a24 8f2f14"),
]
BOWL = [(0.86, 0.78), (1.24, 0.77), (1.16, 0.90), (1.08, 0.97), (0.98, 0.95)]
GLAZES = ["fff0c8", "0c2c34", "f0b450", "2f8f8f", "7a2c14", "f7dc9a", "12202a", "d8743a"]


class Scene:
    """The still life before it is broken up."""

    def __init__(self, shape: Shape, rng: Rng) -> None:
        self.shape, (self.y, self.x) = shape, plane(shape)
        y, x = self.y, self.x
        grain = np.sin((y * 0.9 + x * 0.35) * 90 + 3 * noise(shape, 0.25, rng, 2))
        wood = ramp(0.5 + 0.12 * grain, "5a2f1a 8f5024 b97a3a")
        wall = mix("0c3542", "2f8f92", step(0.1, 1.1, x))
        self.colour = mix(wall, wood, y > 0.66 - 0.1 * x)
        self.table()
        self.guitar()
        self.fruit()

    def put(self, outline: ArrayLike, tones: str, across: ArrayLike = 0) -> None:
        """Fill an outline, shaded through ``tones`` as ``across`` goes from 0 to 1."""
        inside = fill(self.shape, outline)
        self.colour = mix(self.colour, ramp(np.clip(across, 0, 1), tones), inside)

    def table(self) -> None:
        """A window, sheet music and a labelled bottle."""
        y, x = self.y, self.x
        pane = [(0.86, 0.02), (1.22, 0.0), (1.2, 0.42), (0.88, 0.46)]
        self.put(pane, "f2dca0 7fc0b8", (x - 0.8) * 2)
        self.put([(0.08, 0.62), (0.46, 0.52), (0.60, 0.94), (0.20, 1.02)], "fff2d2 e8cf98", y)
        for k, row in np.ndindex(5, 3):
            start = (0.13 + (k * 0.007 + row * 0.035), 0.645 + (k * 0.016 + row * 0.105))
            staff = np.array([(0, 0), (0.17, -0.045), (0.34, -0.09)]) + start
            self.put(bow(staff, np.full(9, 0.0016)), "2a1c18")
        wide = 0.028 + 0.058 * step(0.36, 0.52, np.linspace(0, 1, 60))
        self.put(bow(BOTTLE, wide), "0c2a2c 4fa48f", (x - 0.18) * 5)
        paper = [(0.20, 0.50), (0.34, 0.50), (0.34, 0.66), (0.20, 0.66)]
        self.put(paper, "f4e2b0 d9a441", y * 2 - 0.9)

    def guitar(self) -> None:
        """The body with its shadow, the sound hole, the neck, the bridge and six strings."""
        body = spline(GUITAR, 120, closed=True)
        self.put(body + np.array([0.016, 0.014]), "2a120c")
        self.put(body, "b84a14 ffc653", 1.15 - polar(self.shape, 0.6, 0.6)[0] * 2.2)
        hole, _ = polar(self.shape, 0.715, 0.585)
        self.colour = mix(self.colour, "7a2a14", (hole < 0.078) & (hole > 0.066))
        self.colour = mix(self.colour, "1a0d0c", step(0.062, 0.060, hole))
        self.put(bow(STRINGS[1:], np.full(20, 0.022)), "3a1a14 6a3420", self.y * 2)
        bridge = bow([(0.58, 0.80), (0.67, 0.82), (0.75, 0.84)], np.full(9, 0.012))
        self.put(bridge, "2a120c 4a2418", self.x)
        for k in np.linspace(-0.016, 0.016, 6):
            self.put(bow(STRINGS + np.array([k, 0]), np.full(30, 0.0012)), "fff6dc")

    def fruit(self) -> None:
        """Round fruit in a bowl."""
        y, x = self.y, self.x
        for cx, cy, r, tones in FRUIT:
            shade = np.hypot(x - cx + r * 0.35, y - cy + r * 0.4) / r / 1.5
            ball = step(1.0, 0.985, polar(self.shape, cx, cy)[0] / r)
            self.colour = mix(self.colour, ramp(shade, tones), ball)
        self.put(spline(BOWL, 80, closed=True), "f2ead6 2f7f86", (x - 0.84) * 2.6)


def shards(shape: Shape, count: int, rng: Rng) -> Array:
    """Split the frame into ``count`` cells by straight cuts and arcs, smaller near the middle."""
    y, x = plane(shape)
    label = np.zeros(shape, np.int64)
    middle = np.array([0.5, 0.5 * shape[1] / shape[0]])
    favoured = np.radians([28, 62, 90, 118, 152, 5])
    scores = {0: 1.0}
    for new in range(1, count):
        old = max(scores, key=lambda k: scores[k])
        at = np.nonzero(label == old)
        spot = np.stack([y[at], x[at]], -1)
        centre = spot.mean(0) + rng.normal(0, 0.35, 2) * spot.std(0)
        turn = rng.choice(favoured) + rng.normal(0, 0.12)
        away = (spot - centre) @ np.array([np.cos(turn), np.sin(turn)])
        if rng.random() < 0.22:
            radius = rng.uniform(0.12, 0.4)
            hub = centre + radius * np.array([np.sin(turn), np.cos(turn)])
            away = np.hypot(*(spot - hub).T) - radius
        label[at] = np.where(away > 0, new, old)
        for k, here in ((old, spot[away <= 0]), (new, spot[away > 0])):
            bias = np.exp(-1.6 * np.hypot(*(here.mean(0) - middle))) if len(here) else 0
            scores[k] = len(here) * bias * rng.uniform(0.5, 1)
    return label


def shatter(scene: Array, label: Array, rng: Rng) -> tuple[Array, Array, tuple[Array, Array]]:
    """Turn, tint and shade each shard of ``scene``.

    Returns the colour, the direction of each shard's shading and the way from its middle.
    """
    shape, count = label.shape, int(label.max()) + 1
    y, x = plane(shape)
    mass = np.bincount(label.ravel(), minlength=count) + 1
    cy, cx = (np.bincount(label.ravel(), p.ravel(), count) / mass for p in (y, x))
    turn, zoom = rng.normal(0, 0.07, count), rng.uniform(0.9, 1.08, count)
    dy, dx = y - cy[label], x - cx[label]
    c, s = (np.cos(turn) * zoom)[label], (np.sin(turn) * zoom)[label]
    py = cy[label] + dy * c + dx * s + rng.normal(0, 0.013, count)[label]
    px = cx[label] + dx * c - dy * s + rng.normal(0, 0.013, count)[label]
    at = [py * shape[0], px * shape[0]]
    parts = [ndimage.map_coordinates(scene[..., k], at, order=1, mode="mirror") for k in range(3)]
    tints = rgb("c8842f e8bf6a 8f3f1c 1f6f74 0f3a44 f4e4bc 5fa8a0 b8552a")
    tint = tints[rng.integers(0, len(tints), count)][label]
    colour = mix(np.stack(parts, -1), tint, (0.34 * rng.random(count) ** 2)[label])
    aim = rng.choice(np.radians([30, 60, 120, 150, 200]), count) + rng.normal(0, 0.2, count)
    run = dx * np.cos(aim)[label] + dy * np.sin(aim)[label]
    low, high = (fn(run, label, np.arange(count)) for fn in (ndimage.minimum, ndimage.maximum))
    run = (run - low[label]) / (high - low + 1e-6)[label]
    return colour * (0.55 + 0.72 * run**1.1)[..., None], aim, (dx, dy)


def glaze(colour: Array, rng: Rng) -> Array:
    """Overlay translucent planes: crisp on one edge, fading away from it, some inked."""
    y, x = plane(colour.shape[:2])
    crisp = 1.0 / colour.shape[0]
    for number in range(26):
        cx, cy = rng.uniform(0.05, 1.2), rng.uniform(0.0, 1.0)
        turn = rng.choice(np.radians([28, 62, 90, 118, 152])) + rng.normal(0, 0.1)
        turn += np.pi * rng.integers(0, 2)
        u = (x - cx) * np.cos(turn) + (y - cy) * np.sin(turn)
        v = (y - cy) * np.cos(turn) - (x - cx) * np.sin(turn)
        reach, wide = rng.uniform(0.10, 0.42), rng.uniform(0.05, 0.22)
        if rng.random() < 0.25:
            v = np.hypot(u, v - reach) - reach
        skew = rng.normal(0, 0.6)
        inside = step(-crisp, crisp, v) * step(reach + crisp, reach - crisp, np.abs(u + skew * v))
        alpha = inside * np.clip(1 - v / wide, 0, 1) ** 1.2 * rng.uniform(0.3, 0.62)
        colour = mix(colour, GLAZES[number % len(GLAZES)], alpha)
        if number % 3 == 0:
            line = step(0.0022, 0.0008, np.abs(v)) * step(reach, reach * 0.8, np.abs(u))
            colour = mix(colour, "1a1212", line * 0.85)
    return colour


def facture(colour: Array, label: Array, aim: Array, way: tuple[Array, Array], rng: Rng) -> Array:
    """Give each shard its own brushwork: bristle marks along ``aim``, dabs or stripes."""
    count, unit = len(aim), colour.shape[1] / 1280
    dx, dy = (d * colour.shape[0] / unit for d in way)
    u = dx * np.cos(aim)[label] + dy * np.sin(aim)[label]
    v = dy * np.cos(aim)[label] - dx * np.sin(aim)[label]
    texture, shift = bristles(rng), rng.integers(0, 512, count)[label]
    at = [u * 2.2 + shift, v / 2.4 + shift * 3]
    hair = ndimage.map_coordinates(texture, at, order=1, mode="grid-wrap")
    hair = hair + 0.5 * noise(label.shape, 0.02, rng, 2)
    kind = rng.choice(4, count, p=[0.68, 0.12, 0.1, 0.1])[label]
    row = np.floor(v / 15)
    cell = u / 21 + 0.5 * (row % 2) + 0.35 * np.sin(row * 12.9)
    dab = np.hypot((cell % 1 - 0.5) * 1.25, v / 15 - row - 0.5)
    dab = step(0.42, 0.30, dab + 0.05 * hair)
    stripe = step(0.25, 0.4, np.abs((v / 17 + 0.08 * hair) % 1 - 0.5))
    mark = np.where(kind == 1, dab, np.where(kind == 2, stripe, 0))
    touch = mix(colour * 1.45 + 0.08, colour * 0.55, colour.mean(-1) > 0.42)
    colour = mix(colour, touch, mark * 0.62)
    edge = ndimage.morphological_gradient(label, 3) > 0
    rim = ndimage.gaussian_filter(edge.astype(np.float32), 1.1 * unit)
    colour = colour * (1 + 0.08 * hair[..., None]) * (1 - 0.35 * rim[..., None])
    colour = 1.25 * (colour - 0.45) + 0.46
    return colour * relief(0.9 * hair + 1.2 * mark, 0.13 / unit)


def paint(size: int, rng: Rng) -> Array:
    """Set the table, break it into shards, glaze it with planes, then brush each shard."""
    shape = (size * 4 // 5, size)
    scene = Scene(shape, rng).colour
    label = shards(shape, 90, rng)
    colour, aim, way = shatter(scene, label, rng)
    return facture(glaze(colour, rng), label, aim, way, rng)
