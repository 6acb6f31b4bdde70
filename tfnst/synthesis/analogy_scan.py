"""One level of an image analogy, made in raster order, as many pixels at a time as that allows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.spatial import cKDTree

from tfnst.synthesis import neighbourhoods, patch_search
from tfnst.synthesis.patch_search import PatchSearch

TIES = 0.01  # the side of the square over which chance parts neighbourhoods that are alike


def described(
    guide: Sequence[np.ndarray], coarse: np.ndarray | None, radius: int, weight: float
) -> np.ndarray:
    """What is known of each pixel before its level is made: (H, W, D).

    Args:
        guide: A or B, (H, W, C), and before it, where there is one, the same a level coarser.
        coarse: A' or B' at that coarser level, (h, w, C'); None to leave it out.
        radius: of the window at this level; it is about half as large at the coarser one.
        weight: of A and B.

    Returns:
        Windows in which distances are those of a pixel's channel, on the average.
    """
    *coarser, fine = guide
    smaller = neighbourhoods.square((radius + 1) // 2)
    above = neighbourhoods.parents(fine.shape[:2])
    parts = [np.sqrt(weight) * _mean_of(neighbourhoods.square(radius), fine)]
    parts += [np.sqrt(weight) * _mean_of(smaller, picture)[above] for picture in coarser]
    parts += [] if coarse is None else [_mean_of(smaller, coarse)[above]]
    return np.concatenate(parts, -1, dtype=np.float32)


def _mean_of(window: neighbourhoods.Window, picture: np.ndarray) -> np.ndarray:
    return window.of(picture) / np.float32(np.sqrt(picture.shape[2]))


class _Grid:
    """Flat indices of a picture that has a border, in which a step to a neighbour is one sum.

    Attributes:
        indices: of the pixels, in raster order.
        pixels: what pixel an index is, -1 where it is none.
        nowhere: an index from which no step to a later neighbour leads to a pixel.
    """

    def __init__(self, shape: tuple[int, ...], radius: int) -> None:
        height, width = shape
        self.stride = width + 2 * radius
        inner = np.arange(height * width).reshape(height, width)
        padded = np.pad(inner, radius, constant_values=-1).ravel()
        self.indices = np.flatnonzero(padded >= 0)
        self.nowhere = len(padded) - 1
        self.pixels = np.append(padded, np.full(radius * (self.stride + 1), -1))

    def steps(self, offsets: np.ndarray) -> np.ndarray:
        """What to add to an index for each of the (K, 2) offsets."""
        return offsets @ np.array([self.stride, 1])


class Scan:
    """A level of B', from its first pixel to its last.

    Where a causal window reaches over a border of B', it shows what the level begins with: B' a
    level coarser, enlarged and reflected; at the coarsest, what A tells without A'.

    Args:
        a: at this level, (H, W, C), and before it, where there is one, the same a level coarser.
        a_prime: likewise.
        b: likewise.
        coarse: B' at that coarser level, or None.
        radius: of the windows.
        weight: of the match of A with B.
        generator: chooses among places that are alike.

    Attributes:
        done: how many pixels are made.
        coherent: how many of them go on with a neighbour's place.
        squares: the sum of their squared distances.
    """

    def __init__(
        self,
        a: Sequence[np.ndarray],
        a_prime: Sequence[np.ndarray],
        b: Sequence[np.ndarray],
        coarse: np.ndarray | None,
        radius: int,
        weight: float,
        generator: np.random.Generator,
    ) -> None:
        height, width, channels = a_prime[-1].shape
        self.shape, self.window = b[-1].shape[:2], neighbourhoods.causal(radius)
        self.scales = self.window.scales[:, None] / np.float32(np.sqrt(channels))
        known = described(a, None if coarse is None else a_prime[0], radius, weight)
        rows = np.concatenate([known, _mean_of(self.window, a_prime[-1])], -1)
        # At a border windows show what is there twice, the pixel itself too: one that copied from
        # there would look like its own neighbours, and so on, until all is flat.
        inner = neighbourhoods.inner((height, width), radius)
        self.search = PatchSearch(rows.reshape(height * width, -1), inner)
        self.known = described(b, coarse, radius, weight).reshape(-1, known.shape[-1])
        self.components = self.search.project(self.known)
        self.colors = a_prime[-1].reshape(-1, channels)
        self.grid, self.grid_a = _Grid(self.shape, radius), _Grid((height, width), radius)
        offsets = self.window.offsets
        self.steps, self.steps_of_a = self.grid.steps(offsets), self.grid_a.steps(offsets)
        self.origins = np.full(len(self.grid.pixels), self.grid_a.nowhere)
        if coarse is None:
            start = self.colors[_alike(known, self.known, generator)].reshape(*self.shape, channels)
        else:
            start = coarse[neighbourhoods.parents(self.shape)]
        self.canvas = neighbourhoods.bordered(start, radius).reshape(-1, channels)
        self.done, self.coherent, self.squares = 0, 0, 0.0

    def advance(self, front: np.ndarray, tolerance: float) -> None:
        """Make the pixels of a front.

        Args:
            front: their flat indices.
            tolerance: times how much the squared distance may grow for coherence.
        """
        near = self._before(front)
        rows = self.features(front)
        first = self.known.shape[1]
        components = self.components[front] + self.search.project(rows[:, first:], first)
        approximate = self.search.candidates(components)
        # Ashikhmin's candidates: what follows, in A', on the place of each pixel that is made.
        following = self.grid_a.pixels[self.origins[near] - self.steps_of_a]
        candidates = np.concatenate([approximate, following], 1)
        difference = self.search.rows[candidates] - rows[:, None]
        squares = np.einsum("nkd,nkd->nk", difference, difference)
        squares[candidates < 0] = np.inf
        pixels, count = np.arange(len(front)), approximate.shape[1]
        nearest = squares[:, :count].argmin(1)
        coherent = count + squares[:, count:].argmin(1)
        goes_on = squares[pixels, coherent] <= tolerance * squares[pixels, nearest]
        chosen = np.where(goes_on, coherent, nearest)
        places = candidates[pixels, chosen]
        self.origins[self.grid.indices[front]] = self.grid_a.indices[places]
        self.canvas[self.grid.indices[front]] = self.colors[places]
        self.done += len(front)
        self.coherent += int(goes_on.sum())
        self.squares += float(squares[pixels, chosen].sum())

    def features(self, front: np.ndarray) -> np.ndarray:
        """F of pixels whose causal windows are made, (n, D): what is sought among A's, `search`."""
        causal = (self.canvas[self._before(front)] * self.scales).reshape(len(front), -1)
        return np.concatenate([self.known[front], causal], 1)

    def _before(self, front: np.ndarray) -> np.ndarray:
        """The indices (n, K) of what the pixels' causal windows hold."""
        near: np.ndarray = self.grid.indices[front][:, None] + self.steps
        return near

    def picture(self) -> np.ndarray:
        """B' at this level, (H, W, C)."""
        return self.canvas[self.grid.indices].reshape(*self.shape, -1)

    def places(self) -> np.ndarray:
        """The flat index in A' of what each pixel was taken from, (H, W)."""
        return self.grid_a.pixels[self.origins[self.grid.indices]].reshape(self.shape)


def _alike(known: np.ndarray, queries: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """For each query, a pixel of A as like it as any, roughly, whatever A' is.

    Where many are alike, as on a map of labels, chance chooses.
    """
    search = PatchSearch(known.reshape(-1, known.shape[-1]))
    parts = search.project(search.rows), search.project(queries)
    rows, others = (
        np.concatenate([part, TIES * generator.random((len(part), 2))], 1) for part in parts
    )
    nearest: np.ndarray = cKDTree(rows).query(others, eps=patch_search.SLACK)[1]
    return nearest
