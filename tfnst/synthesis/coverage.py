"""How much of one picture's neighbourhoods is like another's own."""

from __future__ import annotations

import numpy as np

SAMPLE = 1024  # neighbourhoods of each picture that are looked at
MOST = 2**16  # neighbourhoods that they are compared with
USUAL = 0.9  # of a picture's own neighbourhoods are called like it, which sets how near that is
TOLERANCE = 4 / 255  # rounding and compression move pixels so far, or somewhat less
ENOUGH = 0.5  # of a picture; one that covers less of another hardly tells what becomes of it
CHUNK = 128  # neighbourhoods that are compared at a time


def coverage(
    known: np.ndarray, other: np.ndarray, exclusion: int, generator: np.random.Generator
) -> float:
    """The share of one picture's neighbourhoods that another covers.

    A neighbourhood is covered where the nearest of the other picture is no farther than that
    picture's own are, in nine of ten cases, from the nearest that does not overlap them.

    Args:
        known: (H, W, D), what is compared of every pixel, whose Euclidean distance counts.
        other: (h, w, D), of the picture in question.
        exclusion: pixels a side within which neighbourhoods overlap.
        generator: chooses which of many are looked at.

    Returns:
        0 for none to 1 for all; of a picture by itself, about 0.9 or more.
    """
    width, depth = known.shape[1:]
    rows = known.reshape(-1, depth)
    places = _drawn(len(rows), MOST, generator)
    rows, positions = rows[places], np.stack(np.divmod(places, width), 1)
    own = _drawn(len(rows), SAMPLE, generator)
    limit = max(TOLERANCE, _usual(rows, positions, own, exclusion))
    queries = other.reshape(-1, depth)
    queries = queries[_drawn(len(queries), SAMPLE, generator)]
    nearest = [_squares(part, rows).min(1) for part in _parts(queries)]
    return float(np.mean(np.sqrt(np.concatenate(nearest)) <= limit))


def _usual(rows: np.ndarray, positions: np.ndarray, own: np.ndarray, exclusion: int) -> float:
    """What nine of ten distances from the nearest that does not overlap do not exceed."""
    nearest = []
    for part in _parts(own):
        squares = _squares(rows[part], rows)
        apart = np.abs(positions[part][:, None] - positions).max(-1)
        squares[apart <= exclusion] = np.inf
        nearest.append(squares.min(1))
    distances = np.sqrt(np.concatenate(nearest))
    finite = distances[np.isfinite(distances)]  # none, in a picture as small as a neighbourhood
    return float(np.quantile(finite, USUAL)) if len(finite) else 0.0


def _drawn(count: int, most: int, generator: np.random.Generator) -> np.ndarray:
    """So many of `count` indices at most, in order."""
    if count <= most:
        return np.arange(count)
    return np.sort(generator.choice(count, most, replace=False))


def _parts(array: np.ndarray) -> list[np.ndarray]:
    return [array[first : first + CHUNK] for first in range(0, len(array), CHUNK)]


def _squares(queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Squared distances, (len(queries), len(rows))."""
    lengths = np.einsum("nd,nd->n", queries, queries)[:, None] + np.einsum("nd,nd->n", rows, rows)
    squares: np.ndarray = (lengths - 2 * queries @ rows.T).clip(0)
    return squares
