"""Distributions compared value by value: histogram matching, and sliced Wasserstein distances."""

from __future__ import annotations

import numpy as np
from keras import ops

from tfnst.losses import masks
from tfnst.losses.statistics import TINY
from tfnst.tensors import Tensor


def matched(ranks: Tensor, others: Tensor) -> Tensor:
    """What other values have at some ranks: their quantiles, between two of them linearly.

    Each of M values stands for 1/M of them and has the rank of the middle of that (Hazen), so that
    as many values at as many ranks are the values themselves.

    Args:
        ranks: (N,), the same for all rows, or (B, R, N), in (0, 1).
        others: (B or 1, R, M), each row sorted.

    Returns:
        (B, R, N).

    Examples:
        >>> values = ops.convert_to_tensor([[[1.0, 3.0]]])
        >>> ops.convert_to_numpy(matched(ops.convert_to_tensor([0.25, 0.5]), values)).tolist()
        [[[1.0, 2.0]]]
    """
    count = ops.cast(ops.shape(others)[-1], "float32")
    place = ops.clip(ranks * count - 0.5, 0.0, count - 1)
    lower = ops.floor(place)
    upper = ops.minimum(lower + 1, count - 1)
    below, above = (_taken(others, ops.cast(index, "int32")) for index in (lower, upper))
    return below + (place - lower) * (above - below)


def _taken(values: Tensor, index: Tensor) -> Tensor:
    if len(index.shape) == 1:
        return ops.take(values, index, -1)
    values = values + ops.zeros_like(index[..., :1], "float32")  # a batch of them
    return ops.take_along_axis(values, index, -1)


def histogram_loss(columns: Tensor, target: Tensor, weights: Tensor | None = None) -> Tensor:
    """mean (O − R(O))² / mean S²: each channel is to have the histogram that the artwork's has.

    The histogram loss of Risser, Wilmot & Barnes, arXiv:1701.08893, with the target's size in place
    of a weight of each layer. R(O) gives each value that one of S which has the same rank: exactly,
    for values are sorted and not counted. Ranks change with the picture and are taken anew each
    time, and no gradient goes through R. What is left is the squared 2-Wasserstein distance of each
    channel by itself.

    Args:
        columns: O, (B, N, C), of any float type.
        target: S, (B or 1, M, C), in any order.
        weights: (B, N), how much each column counts; all alike without.

    Returns:
        (B,), 0 for the same histograms, 1 for a silent layer.

    Examples:
        >>> one, other = [[[0.0], [1.0], [3.0]]], [[[1.0], [0.0], [2.0]]]  # 1 / 3 over 5 / 3
        >>> round(float(histogram_loss(*map(ops.convert_to_tensor, (one, other)))[0]), 4)
        0.2
    """
    wanted = ops.sort(ops.transpose(ops.cast(target, "float32"), (0, 2, 1)))
    return quantile_loss(columns, wanted, weights)


def quantile_loss(columns: Tensor, quantiles: Tensor, weights: Tensor | None = None) -> Tensor:
    """`histogram_loss` of a target that is sorted once, for many pictures.

    Args:
        columns: O, (B, N, C), of any float type.
        quantiles: (B or 1, C, M), the target's channels, each sorted.
        weights: (B, N), how much each column counts; all alike without.

    Returns:
        (B,).
    """
    values = ops.transpose(ops.cast(columns, "float32"), (0, 2, 1))
    quantiles = ops.stop_gradient(quantiles)
    if weights is None:
        values, count = ops.sort(values), ops.shape(values)[-1]
        ranks = (ops.cast(ops.arange(count), "float32") + 0.5) / ops.cast(count, "float32")
        distance = ops.mean(ops.square(values - matched(ranks, quantiles)), (1, 2))
    else:
        values, shares = _sorted_with(values, weights)
        ranks = ops.cumsum(shares, -1) - shares / 2
        squares = ops.sum(shares * ops.square(values - matched(ranks, quantiles)), -1)
        distance = ops.mean(squares, 1)
    return distance / (ops.mean(ops.square(quantiles), (1, 2)) + TINY)


def _sorted_with(values: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Each row of (B, R, N) sorted, and what part of it each value is, from (B, N) weights."""
    order = ops.argsort(values)
    shares = weights / (ops.sum(weights, 1, keepdims=True) + masks.NOTHING)
    shares = ops.expand_dims(shares, 1) * ops.ones_like(values)
    return ops.take_along_axis(values, order, -1), ops.take_along_axis(shares, order, -1)


def directions(channels: int, count: int, seed: int = 0, draw: Tensor | int = 0) -> Tensor:
    """Random directions in the space of a layer's columns, the same for the same seed and draw.

    Normal numbers in every component, over their length. Each component goes through its own
    Weyl sequence, shifted and stepped by the seed, and the normal distribution's quantiles: no
    random numbers in a compiled step, so that any backend takes the same directions.

    Args:
        channels: C.
        count: D, how many.
        seed: a whole number.
        draw: another for each step, a whole number.

    Returns:
        (C, D), each column of length 1.

    Examples:
        >>> lengths = ops.sum(ops.square(directions(8, 3, seed=5, draw=2)), 0)
        >>> [round(float(length), 4) for length in lengths]
        [1.0, 1.0, 1.0]
    """
    start, step = np.random.default_rng(seed).random((2, channels, count), np.float32)
    uniform = (start + ops.cast(draw, "float32") * step) % 1
    normal = ops.erfinv(ops.clip(2 * uniform - 1, -0.999999, 0.999999))
    return normal * ops.rsqrt(ops.sum(ops.square(normal), 0, keepdims=True) + TINY)


def sliced_wasserstein_loss(
    columns: Tensor, target: Tensor, axes: Tensor, weights: Tensor | None = None
) -> Tensor:
    """`histogram_loss` of columns projected on some directions: the sliced Wasserstein distance.

    mean_v ‖sort(Ov) − sort(Sv)‖², over the target's mean square: Heitz, Vanhoey, Chambon & Belcour,
    "A Sliced Wasserstein Loss for Neural Texture Synthesis", CVPR 2021. Over all directions it is 0
    only where the whole distributions agree, and not their moments alone.

    Args:
        columns: O, (B, N, C), of any float type.
        target: S, (B or 1, M, C).
        axes: v, (C, D), as `directions` gives them.
        weights: (B, N), how much each column counts; all alike without.

    Returns:
        (B,), 0 for the same distributions, 1 for a silent layer.
    """
    own, wanted = (ops.matmul(ops.cast(x, "float32"), axes) for x in (columns, target))
    return histogram_loss(own, wanted, weights)
