"""The equations of style transfer, one pure function each, on any Keras backend.

Activations are (B, H, W, C) tensors of any float type; every sum is taken in float32. Losses are
scale-free: each is divided by the size of its own target, so that one set of weights serves any
network, layer and picture size. All return one number a sample, of shape (B,), without units.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
from keras import ops

# Added to a target's size before dividing by it: a flat black picture has no texture to compare.
TINY = 1e-8


class FeatureStatistics(NamedTuple):
    """Sums over a layer's positions, which add up over tiles, masks and pictures.

    `count` (B,), how many positions; `total` (B, C), Σf; `outer` (B, C, C), Σffᵀ.
    """

    count: Any
    total: Any
    outer: Any


def feature_statistics(activation: Any) -> FeatureStatistics:
    """Count, sum and sum of outer products of a (B, H, W, C) activation's columns f."""
    batch, height, width, channels = ops.shape(activation)
    columns = ops.cast(ops.reshape(activation, (batch, height * width, channels)), "float32")
    count = ops.cast(ops.full((batch,), height * width), "float32")
    return FeatureStatistics(count, *_sums(columns))


@ops.custom_gradient
def _sums(columns: Any) -> tuple[Any, Any]:
    """Σx, (B, C), and XᵀX, (B, C, C), of (B, N, C) columns X.

    Their gradient, 1dᵀ + X(D + Dᵀ), is written out: it is one pass over memory instead of five,
    which is most of what style costs beside the network itself.
    """
    ones = ops.ones((ops.shape(columns)[0], 1, ops.shape(columns)[1]))

    def gradient(*slopes: Any) -> Any:
        of_total, of_outer = slopes if len(slopes) == 2 else slopes[0]
        symmetric = of_outer + ops.transpose(of_outer, (0, 2, 1))
        return _product(columns, symmetric) + of_total[:, None]

    return (_product(ones, columns)[:, 0], _product_of_columns(columns)), gradient


def _product(left: Any, right: Any) -> Any:
    """Matrix products of (B, M, K) and (B, K, N).

    A single one as a plain product, which TensorFlow computes twice as fast as a batch of one.
    """
    if left.shape[0] == 1:
        return ops.matmul(left[0], right[0])[None]
    return ops.matmul(left, right)


def _product_of_columns(columns: Any) -> Any:
    """XᵀX for (B, N, C) columns."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        # keras.ops has no flag for it, and a transposed copy costs as much as the product.
        return tf.matmul(columns, columns, transpose_a=True)
    return ops.matmul(ops.transpose(columns, (0, 2, 1)), columns)


def blend_statistics(
    statistics: list[FeatureStatistics], weights: list[float]
) -> FeatureStatistics:
    """The statistics of a picture of which each source fills the share `weights[i]`.

    Means and second moments are averaged; the result counts as one position.
    """
    whole = sum(weights)
    shares = [weight / whole for weight in weights]
    return FeatureStatistics(
        ops.ones_like(statistics[0].count),
        sum(w * s.total / s.count[:, None] for w, s in zip(shares, statistics, strict=True)),
        sum(w * s.outer / s.count[:, None, None] for w, s in zip(shares, statistics, strict=True)),
    )


def gram_matrix(statistics: FeatureStatistics) -> Any:
    """G = Σffᵀ / count, (B, C, C): the uncentred second moments of a layer.

    Gatys, Ecker & Bethge, CVPR 2016, equation 3, divided by the number of positions so that it
    does not depend on the picture's size.
    """
    return statistics.outer / statistics.count[:, None, None]


def mean(statistics: FeatureStatistics) -> Any:
    """μ = Σf / count, (B, C)."""
    return statistics.total / statistics.count[:, None]


def covariance(statistics: FeatureStatistics) -> Any:
    """Σ = Σffᵀ / count − μμᵀ, (B, C, C)."""
    average = mean(statistics)
    return gram_matrix(statistics) - average[:, :, None] * average[:, None, :]


def gram_style_loss(statistics: FeatureStatistics, target: Any) -> Any:
    """‖G − A‖² / ‖A‖² for the target's Gram matrix A: 0 if they agree, 1 for a silent layer.

    Gatys, Ecker & Bethge, CVPR 2016, equation 4, with the target's size in place of 4N²M².
    """
    difference = ops.sum(ops.square(gram_matrix(statistics) - target), (1, 2))
    return difference / (ops.sum(ops.square(target), (1, 2)) + TINY)


class Gaussian(NamedTuple):
    """A layer seen as a normal distribution: mean (B, C), and Σ^½ (B, C, C)."""

    mean: Any
    root: Any


def gaussian(statistics: FeatureStatistics) -> Gaussian:
    """The normal distribution with a layer's mean and covariance."""
    return Gaussian(mean(statistics), matrix_square_root(_spread(statistics), 15)[0])


def wasserstein_style_loss(statistics: FeatureStatistics, target: Gaussian) -> Any:
    """The squared 2-Wasserstein distance to a Gaussian, over the target's second moment.

    (‖μ − μₛ‖² + tr Σ + tr Σₛ − 2 tr (Σₛ^½ Σ Σₛ^½)^½) / (‖μₛ‖² + tr Σₛ): near 0 where the two
    agree, about 1 for a layer that is silent. Dowson & Landau, J. Multivariate Anal. 12, 1982; for
    style, Katherine Crowson's style-transfer-pytorch. Where the Gram loss squares squares and so
    sees little but the strongest channels, this one weighs all in proportion. `trace_of_root`
    leaves the faintest directions out, for which a few hundredths remain at the target itself.
    """
    spread = _spread(statistics)
    overlap = trace_of_root(_product(_product(target.root, spread), target.root))
    spread_of_target = ops.sum(ops.square(target.root), (1, 2))
    distance = ops.sum(ops.square(mean(statistics) - target.mean), 1)
    distance += _trace(spread) + spread_of_target - 2 * overlap
    return distance / (ops.sum(ops.square(target.mean), 1) + spread_of_target + TINY)


def _spread(statistics: FeatureStatistics) -> Any:
    """The covariance made safely positive definite.

    Channels that never fire have none, and where the mean is large beside it, as in a flat
    picture, rounding can make it negative.
    """
    matrix = covariance(statistics)
    size = matrix.shape[-1]
    ridge = (1e-4 * _trace(matrix) + 1e-3 * _trace(gram_matrix(statistics))) / size + TINY
    return matrix + ridge[:, None, None] * ops.eye(size)


def _trace(matrix: Any) -> Any:
    return ops.sum(ops.diagonal(matrix, axis1=-2, axis2=-1), -1)


def matrix_square_root(matrix: Any, iterations: int) -> tuple[Any, Any]:
    """S^½ and S^−½ of symmetric positive definite (B, C, C) matrices.

    The coupled Newton–Schulz iteration (Higham, Functions of Matrices, 2008, equation 6.35):
    products only, so that it compiles for any accelerator.
    """
    single = matrix.shape[0] == 1  # as in `_product`, but once for the whole iteration
    matrix = matrix[0] if single else matrix
    norm = ops.sqrt(ops.sum(ops.square(matrix), (-2, -1), keepdims=True))
    identity = ops.eye(matrix.shape[-1])
    root, inverse = matrix / norm, ops.broadcast_to(identity, ops.shape(matrix))
    for _ in range(iterations):
        correction = 1.5 * identity - 0.5 * (inverse @ root)
        root, inverse = root @ correction, correction @ inverse
    root, inverse = root * ops.sqrt(norm), inverse / ops.sqrt(norm)
    return (root[None], inverse[None]) if single else (root, inverse)


def trace_of_root(matrix: Any) -> Any:
    """tr S^½ of symmetric positive definite matrices, (B,), with its gradient ½ S^−½.

    Written so that no gradient goes back through the iteration, which loses it to rounding. Ten
    iterations resolve eigenvalues down to 1e-4 of the whole; those below count for little and
    would only let noise in.
    """
    root, inverse = (ops.stop_gradient(value) for value in matrix_square_root(matrix, 10))
    slope = ops.sum(0.5 * inverse * (matrix - ops.stop_gradient(matrix)), (1, 2))
    return _trace(root) + slope


def content_loss(activation: Any, target: Any) -> Any:
    """mean (F − P)² / mean P²: Gatys, Ecker & Bethge, CVPR 2016, equation 1, made scale-free."""
    activation, target = ops.cast(activation, "float32"), ops.cast(target, "float32")
    difference = ops.mean(ops.square(activation - target), (1, 2, 3))
    return difference / (ops.mean(ops.square(target), (1, 2, 3)) + TINY)


def standardize(activation: Any) -> Any:
    """Each channel less its mean, over its deviation, both over the picture; float32.

    Means and deviations carry the style (Huang & Belongie, ICCV 2017, equation 5); what is left is
    where things are. Channels that hardly vary stay small instead of becoming noise.
    """
    activation = ops.cast(activation, "float32")
    centred = activation - ops.mean(activation, (1, 2), keepdims=True)
    variance = ops.mean(ops.square(centred), (1, 2))
    return centred / _deviation(variance)[:, None, None, :]


def _deviation(variance: Any) -> Any:
    """√(σ² + floor) of (B, C) variances: the floor is a hundredth of the layer's mean variance."""
    return ops.sqrt(variance + 1e-2 * ops.mean(variance, 1, keepdims=True) + TINY)


def content_distance(activation: Any, target: Any) -> Any:
    """mean (F̂ − P̂)² of standardised activations: 0 the same, 2 unrelated (2 − 2·correlation).

    A content loss that leaves palette and contrast to the style, and means the same on every pair
    of pictures: half of it is how far the mean correlation with the photo has fallen. `target` is
    `standardize` of the photo's activation. Expanded into moments, F̂² + P̂² − 2F̂P̂, which saves a
    dozen passes over memory.
    """
    shape = ops.shape(activation)
    activation = ops.cast(activation, "float32")
    positions = (shape[0], shape[1] * shape[2], shape[3])
    columns, wanted = ops.reshape(activation, positions), ops.reshape(target, positions)
    # Deviations sum to nothing, so no gradient needs to go through the mean.
    columns -= ops.stop_gradient(ops.mean(columns, 1, keepdims=True))
    variance = ops.mean(ops.square(columns), 1)
    deviation = _deviation(variance)
    product = ops.mean(columns * wanted, 1) / deviation
    own = variance / ops.square(deviation)
    return ops.mean(own + ops.mean(ops.square(wanted), 1) - 2 * product, 1)


def total_variation(image: Any) -> Any:
    """Mean squared difference of neighbours, across and down, of a (B, H, W, C) image.

    Mahendran & Vedaldi, CVPR 2015, equation 4, with β = 2, and means so that size does not count.
    """
    return _total_variation(ops.cast(image, "float32"))


@ops.custom_gradient
def _total_variation(image: Any) -> tuple[Any, Any]:
    across, down = image[:, :, 1:] - image[:, :, :-1], image[:, 1:] - image[:, :-1]

    def gradient(*arguments: Any, upstream: Any = None) -> Any:
        # Written out, because TensorFlow's gradient of a slice takes ten times as long.
        slope = 2 * (arguments[0] if upstream is None else upstream)[:, None, None, None]
        right = ops.pad(across, [[0, 0], [0, 0], [1, 1], [0, 0]]) / _count(across)
        below = ops.pad(down, [[0, 0], [1, 1], [0, 0], [0, 0]]) / _count(down)
        return slope * (right[:, :, :-1] - right[:, :, 1:] + below[:, :-1] - below[:, 1:])

    return _mean_square(across) + _mean_square(down), gradient


def _mean_square(values: Any) -> Any:
    return ops.mean(ops.square(values), (1, 2, 3))


def _count(values: Any) -> Any:
    """How many numbers a sample has, as a float."""
    return ops.cast(ops.prod(ops.shape(values)[1:]), "float32")
