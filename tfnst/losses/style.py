"""Style losses: how far the statistics of activations are from an artwork's."""

from __future__ import annotations

from typing import NamedTuple

from keras import ops

from tfnst.losses import matrix_roots
from tfnst.losses.kernels import product
from tfnst.losses.statistics import TINY, FeatureStatistics, covariance, gram_matrix, mean
from tfnst.tensors import Tensor


def gram_style_loss(statistics: FeatureStatistics, target: Tensor) -> Tensor:
    """‖G − A‖² / ‖A‖² for the target's Gram matrix A: 0 if they agree, 1 for a silent layer.

    Gatys, Ecker & Bethge, CVPR 2016, equation 4, with the target's size in place of 4N²M².

    Args:
        statistics: of the layer.
        target: A, `gram_matrix` of the artwork's, (B, C, C).

    Returns:
        (B,).
    """
    difference = ops.sum(ops.square(gram_matrix(statistics) - target), (1, 2))
    return difference / (ops.sum(ops.square(target), (1, 2)) + TINY)


class MeanStd(NamedTuple):
    """What instance normalisation removes from a layer.

    Attributes:
        mean: (B, C).
        deviation: (B, C).
    """

    mean: Tensor
    deviation: Tensor


def mean_std(statistics: FeatureStatistics) -> MeanStd:
    """Each channel's mean and standard deviation.

    Args:
        statistics: of the layer.

    Returns:
        Both, of a channel that is the same everywhere a deviation of all but 0.
    """
    average = mean(statistics)
    squares = ops.diagonal(gram_matrix(statistics), axis1=-2, axis2=-1)
    # Rounding can leave less than nothing, and the root's slope at 0 is infinite.
    variance = ops.maximum(squares - ops.square(average), 0.0) + 1e-6 * squares
    return MeanStd(average, ops.sqrt(variance + TINY))


def mean_std_style_loss(statistics: FeatureStatistics, target: MeanStd) -> Tensor:
    """(‖μ − μₛ‖² + ‖σ − σₛ‖²) / (‖μₛ‖² + ‖σₛ‖²): what the AdaIN layer sets and no more.

    The batch-norm statistics of Li, Wang, Liu & Hou, "Demystifying Neural Style Transfer", IJCAI
    2017, and the style loss of Huang & Belongie, ICCV 2017, there with norms in place of their
    squares; over the target's second moment. Channels are compared one by one, whatever goes
    together with what.

    Args:
        statistics: of the layer.
        target: `mean_std` of the artwork's.

    Returns:
        (B,), 0 where they agree, 1 for a silent layer.
    """
    own = mean_std(statistics)
    pairs = ((own.mean, target.mean), (own.deviation, target.deviation))
    distance = sum(ops.sum(ops.square(value - wanted), 1) for value, wanted in pairs)
    return distance / (sum(ops.sum(ops.square(part), 1) for part in target) + TINY)


class Gaussian(NamedTuple):
    """A layer seen as a normal distribution.

    Attributes:
        mean: (B, C).
        root: Σ^½, (B, C, C).
    """

    mean: Tensor
    root: Tensor


def gaussian(statistics: FeatureStatistics) -> Gaussian:
    """The normal distribution with a layer's mean and covariance.

    Args:
        statistics: of the layer.

    Returns:
        Its mean and the root of its covariance, with a small ridge.
    """
    return Gaussian(mean(statistics), matrix_roots.square_root(_spread(statistics), 1e-5)[0])


def wasserstein_style_loss(statistics: FeatureStatistics, target: Gaussian) -> Tensor:
    """The squared 2-Wasserstein distance to a Gaussian, over the target's second moment.

    (‖μ − μₛ‖² + tr Σ + tr Σₛ − 2 tr (Σₛ^½ Σ Σₛ^½)^½) / (‖μₛ‖² + tr Σₛ): near 0 where the two
    agree, about 1 for a layer that is silent. Dowson & Landau, J. Multivariate Anal. 12, 1982; for
    style, Katherine Crowson's style-transfer-pytorch. Where the Gram loss squares squares and so
    sees little but the strongest channels, this one weighs all in proportion. The root leaves the
    faintest directions out, for which up to two hundredths remain at the target itself.

    Args:
        statistics: of the layer.
        target: `gaussian` of the artwork's.

    Returns:
        (B,).
    """
    spread = _spread(statistics)
    overlap = matrix_roots.trace_of_root(product(product(target.root, spread), target.root))
    spread_of_target = ops.sum(ops.square(target.root), (1, 2))
    distance = ops.sum(ops.square(mean(statistics) - target.mean), 1)
    distance += _trace(spread) + spread_of_target - 2 * overlap
    return distance / (ops.sum(ops.square(target.mean), 1) + spread_of_target + TINY)


def _spread(statistics: FeatureStatistics) -> Tensor:
    """The covariance made safely positive definite.

    Channels that never fire have none, and where the mean is large beside it, as in a flat
    picture, rounding can make it negative.
    """
    matrix = covariance(statistics)
    size = matrix.shape[-1]
    ridge = (1e-4 * _trace(matrix) + 1e-3 * _trace(gram_matrix(statistics))) / size + TINY
    return matrix + ops.reshape(ridge, (-1, 1, 1)) * ops.eye(size, dtype="float32")


def _trace(matrix: Tensor) -> Tensor:
    return ops.sum(ops.diagonal(matrix, axis1=-2, axis2=-1), -1)
