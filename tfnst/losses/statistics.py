"""The equations of style transfer, one pure function each, on any Keras backend.

Activations are (B, H, W, C) tensors of any float type; every sum is taken in float32. Losses are
scale-free: each is divided by the size of its own target, so that one set of weights serves any
network, layer and picture size. All return one number a sample, of shape (B,), without units.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from keras import ops

from tfnst.losses import masks
from tfnst.losses.kernels import sums
from tfnst.tensors import Tensor

# Added to a target's size before dividing by it: a flat black picture has no texture to compare.
TINY = 1e-8


class FeatureStatistics(NamedTuple):
    """Sums over a layer's positions, which add up over tiles, masks and pictures.

    Attributes:
        count: (B,), how many positions.
        total: (B, C), Σf.
        outer: (B, C, C), Σffᵀ.
    """

    count: Tensor
    total: Tensor
    outer: Tensor


def feature_statistics(activation: Tensor, mask: Tensor | None = None) -> FeatureStatistics:
    """Count, sum and sum of outer products of an activation's columns f.

    With a mask Σm, Σmf and Σmffᵀ, so that the statistics of regions add up to those of their union
    (Gatys et al., Controlling Perceptual Factors in Neural Style Transfer, CVPR 2017, equations 5
    and 6).

    Args:
        activation: (B, H, W, C), of any float type.
        mask: (B, H', W', 1) in [0, 1], of the picture's size or any other; it weighs the positions.

    Returns:
        The sums, in float32.
    """
    activation = ops.cast(activation, "float32")
    batch, height, width, _ = ops.shape(activation)
    if mask is None:
        return FeatureStatistics(ops.full((batch,), height * width, "float32"), *sums(activation))
    mask = masks.fitted(mask, activation)
    _, outer = sums(ops.sqrt(mask) * activation)
    count = ops.sum(ops.broadcast_to(mask, (batch, height, width, 1)), (1, 2, 3))
    return FeatureStatistics(count, ops.sum(mask * activation, (1, 2)), outer)


def blend_statistics(
    statistics: Sequence[FeatureStatistics], weights: Sequence[float]
) -> FeatureStatistics:
    """The statistics of a picture of which each source fills its share.

    Means and second moments are averaged; the result counts as one position.

    Args:
        statistics: of each source.
        weights: the share of each, from 0, relative to each other.

    Returns:
        The statistics of the blend.
    """
    total = sum(weights)
    shares = [weight / total for weight in weights]
    return FeatureStatistics(
        ops.ones_like(statistics[0].count),
        sum(w * s.total / s.count[:, None] for w, s in zip(shares, statistics, strict=True)),
        sum(w * s.outer / s.count[:, None, None] for w, s in zip(shares, statistics, strict=True)),
    )


def gram_matrix(statistics: FeatureStatistics) -> Tensor:
    """G = Σffᵀ / count: the uncentred second moments of a layer.

    Gatys, Ecker & Bethge, CVPR 2016, equation 3, divided by the number of positions so that it
    does not depend on the picture's size.

    Args:
        statistics: of the layer.

    Returns:
        (B, C, C).

    Examples:
        >>> columns = ops.convert_to_tensor([[[[1.0, 0.0], [1.0, 2.0]]]])  # one row of two
        >>> ops.convert_to_numpy(gram_matrix(feature_statistics(columns))).tolist()
        [[[1.0, 1.0], [1.0, 2.0]]]
    """
    return statistics.outer / ops.reshape(statistics.count, (-1, 1, 1))


def mean(statistics: FeatureStatistics) -> Tensor:
    """μ = Σf / count.

    Args:
        statistics: of a layer.

    Returns:
        (B, C).
    """
    return statistics.total / ops.expand_dims(statistics.count, 1)


def covariance(statistics: FeatureStatistics) -> Tensor:
    """Σ = Σffᵀ / count − μμᵀ.

    Args:
        statistics: of a layer.

    Returns:
        (B, C, C).

    Examples:
        >>> columns = ops.convert_to_tensor([[[[1.0, 0.0], [1.0, 2.0]]]])
        >>> ops.convert_to_numpy(covariance(feature_statistics(columns))).tolist()
        [[[0.0, 0.0], [0.0, 1.0]]]
    """
    average = mean(statistics)
    return gram_matrix(statistics) - ops.expand_dims(average, 2) * ops.expand_dims(average, 1)
