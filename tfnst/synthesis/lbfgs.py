"""L-BFGS (Liu & Nocedal 1989), an iteration at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence

import numpy as np

MEMORY = 20  # iterations whose curvature is remembered
TRIES = 12  # lengths of a step
ENOUGH = 1e-4  # of the fall that the slope promises: Armijo's condition

Vector = np.ndarray


def descend(
    value_and_slope: Callable[[Vector], tuple[float, Vector]], start: Vector
) -> Iterator[Vector]:
    """Iterates of L-BFGS without bounds, each lower than the one before.

    Liu & Nocedal, "On the limited memory BFGS method for large scale optimization", Math.
    Programming 45, 1989, with the last curvature as the first guess of its inverse.

    Unlike SciPy's it can be looked at, and left, at every iteration. Its line search asks for a
    fall only, by steps that become shorter: a curvature that is not positive is not remembered.

    Args:
        value_and_slope: of a point, (N,) float64.
        start: where it begins.

    Yields:
        The points, without end but where no step along the slope leads lower.
    """
    point, (value, slope) = start, value_and_slope(start)
    pairs: deque[tuple[Vector, Vector]] = deque(maxlen=MEMORY)
    while True:
        direction = -_divided(slope, pairs)
        rate = float(direction @ slope)
        length = 1.0 if pairs else 1 / max(float(np.linalg.norm(slope)), 1e-12)
        for _ in range(TRIES):
            following = point + length * direction
            reached, bent = value_and_slope(following)
            excess = reached - value - length * rate
            if reached < value and excess <= (ENOUGH - 1) * length * rate:
                break
            # To the least of the parabola through both values; far less, where one is not finite.
            least = -0.5 * length * rate / excess if np.isfinite(excess) and excess > 0 else 0.0
            length *= min(max(least, 0.1), 0.5)
        else:
            return
        step, bend = following - point, bent - slope
        if step @ bend > 1e-10 * (bend @ bend):
            pairs.append((step, bend))
        point, value, slope = following, reached, bent
        yield point


def _divided(slope: Vector, pairs: Sequence[tuple[Vector, Vector]]) -> Vector:
    """A slope over the curvature that pairs of steps and differences of slopes tell of."""
    shares, result = [], slope.copy()
    for step, bend in reversed(pairs):
        shares.append((step @ result) / (step @ bend))
        result -= shares[-1] * bend
    if pairs:
        step, bend = pairs[-1]
        result *= (step @ bend) / (bend @ bend)
    for (step, bend), share in zip(pairs, reversed(shares), strict=True):
        result += (share - (bend @ result) / (step @ bend)) * step
    return result
