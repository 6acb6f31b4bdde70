"""Tests of tfnst.synthesis.analogy_scan: fronts at once are the raster scan, pixel by pixel."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tfnst.synthesis import analogies, analogy_scan, patch_search
from tfnst.synthesis.analogies import Analogy
from tfnst.synthesis.analogy_settings import AnalogySettings
from tfnst.synthesis.neighbourhoods import pyramid


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search finds the very nearest."""
    monkeypatch.setattr(patch_search, "COMPONENTS", 10_000)
    monkeypatch.setattr(patch_search, "VARIANCE", 2.0)
    monkeypatch.setattr(patch_search, "SLACK", 0.0)
    monkeypatch.setattr(analogy_scan, "TIES", 0.0)


# The paper's algorithm as it is written, in plain loops; borders as this module has them.


def reflected(index: int, length: int) -> int:
    index %= 2 * length
    return min(index, 2 * length - 1 - index)


def at(picture: np.ndarray, y: int, x: int) -> np.ndarray:
    return picture[reflected(y, picture.shape[0]), reflected(x, picture.shape[1])]


Weights = list[tuple[int, int, float]]  # rows, columns, weight


def around(radius: int) -> Weights:
    side = range(-radius, radius + 1)
    weight = {
        (y, x): math.exp(-2 * (y * y + x * x) / (radius + 1) ** 2) for y in side for x in side
    }
    return [(y, x, w / sum(weight.values())) for (y, x), w in weight.items()]


def before(radius: int) -> Weights:
    return [(y, x, w) for y, x, w in around(radius) if y < 0 or (y == 0 and x < 0)]


def window(picture: np.ndarray, y: int, x: int, weights: Weights) -> list[float]:
    channels = picture.shape[2]
    return [
        math.sqrt(w / channels) * float(value)
        for dy, dx, w in weights
        for value in at(picture, y + dy, x + dx)
    ]


def feature(
    guides: list[np.ndarray],
    results: list[np.ndarray],
    borders: np.ndarray | None,
    y: int,
    x: int,
    radius: int,
    weight: float,
) -> np.ndarray:
    """F of one pixel: of B with `borders`, what its causal window shows outside."""
    near, coarse = around(radius), around((radius + 1) // 2)
    parts = [math.sqrt(weight) * value for value in window(guides[-1], y, x, near)]
    if len(guides) > 1:
        parts += [math.sqrt(weight) * v for v in window(guides[0], y // 2, x // 2, coarse)]
        parts += window(results[0], y // 2, x // 2, coarse)
    fine = results[-1]
    for dy, dx, w in before(radius):
        inside = 0 <= y + dy < fine.shape[0] and 0 <= x + dx < fine.shape[1]
        source = fine if inside or borders is None else borders
        value = at(source, y + dy, x + dx)
        parts += [math.sqrt(w / fine.shape[2]) * float(v) for v in value]
    return np.array(parts)


def coarsest_start(a: np.ndarray, a_prime: np.ndarray, b: np.ndarray, radius: int) -> np.ndarray:
    rows = [window(a, y, x, around(radius)) for y, x in np.ndindex(a.shape[:2])]
    start = np.empty((*b.shape[:2], a_prime.shape[2]), np.float32)
    for y, x in np.ndindex(b.shape[:2]):
        difference = np.array(rows) - window(b, y, x, around(radius))
        nearest = int((difference**2).sum(1).argmin())
        start[y, x] = a_prime[np.unravel_index(nearest, a.shape[:2])]
    return start


def reference(
    a: np.ndarray, a_prime: np.ndarray, b: np.ndarray, settings: AnalogySettings, levels: int
) -> tuple[np.ndarray, np.ndarray]:
    """B' and the places that its pixels are from, by raster scan."""
    radius = r = settings.patch // 2
    weight = settings.weight
    pa, pp, pb = (pyramid(picture, levels) for picture in (a, a_prime, b))
    made: list[np.ndarray] = []
    for level in range(levels):
        few = slice(max(0, level - 1), level + 1)
        height, width = pa[level].shape[:2]
        places = list(np.ndindex(height, width))
        rows = np.array([feature(pa[few], pp[few], None, y, x, radius, weight) for y, x in places])
        if level:
            (h, w), coarse = pb[level].shape[:2], made[-1]
            start = np.array([[coarse[y // 2, x // 2] for x in range(w)] for y in range(h)])
        else:
            start = coarsest_start(pa[0], pp[0], pb[0], radius)
        result = np.full_like(start, np.nan)
        origin = {}
        for y, x in np.ndindex(pb[level].shape[:2]):
            query = feature(pb[few], [*made[-1:], result], start, y, x, radius, weight)
            squares = ((rows - query) ** 2).sum(1)
            own = [r <= py < height - r and r <= px < width - r for py, px in places]
            nearest = int(np.where(own, squares, np.inf).argmin()) if any(own) else squares.argmin()
            chosen, least = nearest, math.inf
            for dy, dx, _ in before(radius):
                if (y + dy, x + dx) in origin:
                    oy, ox = origin[y + dy, x + dx]
                    py, px = oy - dy, ox - dx
                    if 0 <= py < height and 0 <= px < width and squares[py * width + px] < least:
                        chosen, least = py * width + px, squares[py * width + px]
            if least > squares[nearest] * (1 + settings.kappa * 2 ** (level - (levels - 1))):
                chosen = nearest
            origin[y, x] = places[chosen]
            result[y, x] = pp[level][places[chosen]]
        made.append(result)
    flat = [origin[place][0] * width + origin[place][1] for place in np.ndindex(*result.shape[:2])]
    return made[-1], np.reshape(flat, result.shape[:2])


@pytest.mark.usefixtures("exact")
@pytest.mark.parametrize(
    ("settings", "levels"),
    [
        (AnalogySettings(levels=1, kappa=0.5, mode="color"), 1),
        (AnalogySettings(levels=2, mode="color", weight=0.5), 2),
        (AnalogySettings(levels=2, mode="color", match="luminance", patch=3, remap=False), 2),
        (AnalogySettings(levels=2, kappa=0.0, patch=7, mode="color"), 2),
    ],
)
def test_fronts_at_once_are_the_raster_scan(settings: AnalogySettings, levels: int) -> None:
    random = np.random.default_rng(3)
    a, a_prime = random.random((2, 11, 9, 3), np.float32)
    b = random.random((10, 13, 3), np.float32)
    work = Analogy(a, a_prime, b, settings)
    for _ in work.run():
        pass
    picture, places = reference(*analogies._guides(a, a_prime, b, settings), settings, levels)
    assert work.scan is not None
    np.testing.assert_array_equal(work.scan.places(), places)
    np.testing.assert_allclose(work.picture(), picture, atol=1e-6)
    if settings.kappa:  # both ways are taken
        steps = np.diff(places, axis=1) == 1
        assert 0.02 < steps.mean() < 0.98
