"""Hypercolumns: what all layers say of one place; and the distances between columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from keras import ops

from tfnst.losses.statistics import TINY
from tfnst.tensors import Tensor

# The two steps of a lattice that fills a square evenly, however many of its points are taken:
# powers of the plastic number (Roberts, "The unreasonable effectiveness of quasirandom sequences").
LATTICE = (0.7548776662466927, 0.5698402909980532)


def places(count: int, seed: int = 0, draw: Tensor | int = 0) -> Tensor:
    """Places evenly over a picture, the same for the same seed and draw.

    A lattice, shifted by the seed and then by every draw (Cranley & Patterson, SIAM J. Numer. Anal.
    13, 1976): no random numbers, so that any backend takes the same places.

    Args:
        count: how many.
        seed: a whole number.
        draw: another for each step, a whole number.

    Returns:
        (count, 2), row and column over height and width, in [0, 1).

    Examples:
        >>> [[round(float(side), 2) for side in place] for place in places(2)]
        [[0.64, 0.27], [0.39, 0.84]]
    """
    steps = np.array(LATTICE)
    shift = np.random.default_rng(seed).random(2)
    lattice = (shift + np.arange(count)[:, None] * steps) % 1
    # Small multiples of other irrational steps: float32 holds them for as many draws as there are.
    moved = ops.cast(draw, "float32") * np.array([0.618034, 0.414214], np.float32)
    return (lattice.astype(np.float32) + moved) % 1


def columns_at(activation: Tensor, positions: Tensor) -> Tensor:
    """An activation's columns at some places, between positions bilinearly.

    Args:
        activation: (B, H, W, C).
        positions: (N, 2) in [0, 1), row and column over height and width.

    Returns:
        (B, N, C) float32.
    """
    batch, height, width, channels = ops.shape(activation)
    flat = ops.reshape(ops.cast(activation, "float32"), (batch, height * width, channels))
    last = [ops.cast(side, "float32") - 1 for side in (height, width)]
    row, column = (
        ops.clip(positions[:, axis] * (last[axis] + 1) - 0.5, 0, last[axis]) for axis in (0, 1)
    )
    top, left = ops.floor(row), ops.floor(column)
    down, right = (row - top)[None, :, None], (column - left)[None, :, None]

    def corner(below: int, beside: int) -> Tensor:
        y, x = ops.minimum(top + below, last[0]), ops.minimum(left + beside, last[1])
        return ops.take(flat, ops.cast(y, "int32") * width + ops.cast(x, "int32"), axis=1)

    upper = (1 - right) * corner(0, 0) + right * corner(0, 1)
    lower = (1 - right) * corner(1, 0) + right * corner(1, 1)
    return (1 - down) * upper + down * lower


def hypercolumns_at(
    activations: Mapping[str, Tensor], layers: Sequence[str], positions: Tensor
) -> Tensor:
    """`columns_at` of several layers, one below the other (Hariharan et al., CVPR 2015).

    Each layer is divided by the square root of its number of channels, so that its part of a
    column does not grow with them.

    Args:
        activations: by layer, (B, H, W, C) each.
        layers: which of them.
        positions: (N, 2) in [0, 1).

    Returns:
        (B, N, ΣC).
    """
    parts = [columns_at(activations[k], positions) for k in layers]
    return ops.concatenate([part / float(np.sqrt(part.shape[-1])) for part in parts], -1)


def cosine_distances(columns: Tensor, others: Tensor) -> Tensor:
    """1 − cos = ½ ‖x̂ − ŷ‖² of every pair of `unit_columns`.

    Args:
        columns: (B, N, C), of any float type.
        others: (B, M, C), or of batch dimension 1.

    Returns:
        (B, N, M) float32: 0 for the same direction and between two that are silent, 1 for unrelated
        ones, ½ between a silent one and another.
    """
    return _squared_distances(unit_columns(columns), unit_columns(others)) / 2


def unit_columns(columns: Tensor) -> Tensor:
    """x / √(‖x‖² + floor), so that columns that hardly fire stay small instead of becoming noise.

    Args:
        columns: (B, …, C), of any float type.

    Returns:
        Columns of about length 1, in float32; the floor is 1e-4 of the picture's mean ‖x‖².
    """
    columns = ops.cast(columns, "float32")
    squares = ops.sum(ops.square(columns), -1, keepdims=True)
    axes = tuple(range(1, len(columns.shape)))
    return columns * ops.rsqrt(squares + 1e-4 * ops.mean(squares, axes, keepdims=True) + TINY)


def euclidean_distances(columns: Tensor, others: Tensor) -> Tensor:
    """‖x − y‖ of every pair of columns.

    Args:
        columns: (B, N, C).
        others: (B, M, C), or of batch dimension 1.

    Returns:
        (B, N, M).
    """
    # Its slope at 0 would be infinite, and rounding can leave squares below 0.
    return ops.sqrt(ops.maximum(_squared_distances(columns, others), TINY))


def _squared_distances(columns: Tensor, others: Tensor) -> Tensor:
    left, right = (ops.sum(ops.square(x), -1) for x in (columns, others))
    product = ops.matmul(columns, ops.transpose(others, (0, 2, 1)))
    return ops.expand_dims(left, 2) + ops.expand_dims(right, 1) - 2 * product
