"""The equations of style transfer, one pure function each, on any Keras backend.

Activations are (B, H, W, C) tensors of any float type; every sum is taken in float32. Losses are
scale-free: each is divided by the size of its own target, so that one set of weights serves any
network, layer and picture size. All return one number a sample, of shape (B,), without units.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
from keras import ops

from tfnst import matrices

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
    batch, height, width, _ = ops.shape(activation)
    count = ops.full((batch,), height * width, "float32")
    return FeatureStatistics(count, *_sums(ops.cast(activation, "float32")))


@ops.custom_gradient
def _sums(activation: Any) -> tuple[Any, Any]:
    """Σf, (B, C), and Σffᵀ, (B, C, C).

    Their gradient, 1dᵀ + X(D + Dᵀ) for columns X, is written out: it is one pass over memory
    instead of five, which is most of what style costs beside the network itself.
    """
    batch, height, width, channels = ops.shape(activation)
    columns = ops.reshape(activation, (batch, height * width, channels))

    def gradient(*slopes: Any, upstream: Any = None) -> Any:
        of_total, of_outer = _both(slopes, upstream)
        return _affine(activation, of_outer + ops.transpose(of_outer, (0, 2, 1)), of_total)

    return (ops.sum(columns, 1), _product_of_columns(columns)), gradient


def _both(slopes: Any, upstream: Any) -> Any:
    """The slopes of two results, as TensorFlow, JAX and PyTorch each hand them over."""
    slopes = slopes or upstream
    return slopes if len(slopes) == 2 else slopes[0]


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
        if columns.shape[0] == 1:
            return tf.matmul(columns[0], columns[0], transpose_a=True)[None]
        return tf.matmul(columns, columns, transpose_a=True)
    return ops.matmul(ops.transpose(columns, (0, 2, 1)), columns)


def _affine(activation: Any, matrix: Any, offset: Any) -> Any:
    """fᵀM + m at each position of (B, H, W, C), for (B, C, C) matrices and (B, C) offsets."""
    if keras.backend.backend() == "tensorflow" and activation.shape[0] == 1:
        import tensorflow as tf

        # As this pair TensorFlow fuses it with adding up the layer's gradients.
        return tf.nn.bias_add(tf.nn.conv2d(activation, matrix[None], 1, "VALID"), offset[0])
    batch, height, width, channels = ops.shape(activation)
    columns = ops.reshape(activation, (batch, height * width, channels))
    return ops.reshape(ops.matmul(columns, matrix) + offset[:, None], ops.shape(activation))


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
    return Gaussian(mean(statistics), matrices.square_root(_spread(statistics), 1e-5)[0])


def wasserstein_style_loss(statistics: FeatureStatistics, target: Gaussian) -> Any:
    """The squared 2-Wasserstein distance to a Gaussian, over the target's second moment.

    (‖μ − μₛ‖² + tr Σ + tr Σₛ − 2 tr (Σₛ^½ Σ Σₛ^½)^½) / (‖μₛ‖² + tr Σₛ): near 0 where the two
    agree, about 1 for a layer that is silent. Dowson & Landau, J. Multivariate Anal. 12, 1982; for
    style, Katherine Crowson's style-transfer-pytorch. Where the Gram loss squares squares and so
    sees little but the strongest channels, this one weighs all in proportion. The root leaves the
    faintest directions out, for which up to two hundredths remain at the target itself.
    """
    spread = _spread(statistics)
    overlap = matrices.trace_of_root(_product(_product(target.root, spread), target.root))
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
    return matrix + ridge[:, None, None] * ops.eye(size, dtype="float32")


def _trace(matrix: Any) -> Any:
    return ops.sum(ops.diagonal(matrix, axis1=-2, axis2=-1), -1)


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
    variance, product = _moments(ops.cast(activation, "float32"), target)
    deviation = _deviation(variance)
    own = variance / ops.square(deviation)
    wanted = ops.mean(ops.square(target), (1, 2))
    return ops.mean(own + wanted - 2 * product / deviation, 1)


@ops.custom_gradient
def _moments(activation: Any, target: Any) -> tuple[Any, Any]:
    """Variance of each channel, and mean product with a target of mean zero, both (B, C).

    Their gradient is written out: less than half as many passes over memory.
    """
    centred = activation - ops.mean(activation, (1, 2), keepdims=True)
    share = 1 / ops.cast(ops.prod(ops.shape(activation)[1:3]), "float32")

    def gradient(*slopes: Any, upstream: Any = None) -> Any:
        of_variance, of_product = _both(slopes, upstream)
        along_itself = (2 * share * of_variance)[:, None, None, :]
        along_other = (share * of_product)[:, None, None, :]
        return centred * along_itself + target * along_other, centred * along_other

    return (ops.mean(ops.square(centred), (1, 2)), ops.mean(centred * target, (1, 2))), gradient


def total_variation(image: Any) -> Any:
    """Mean squared difference of neighbours, across and down, of a (B, H, W, C) image.

    Mahendran & Vedaldi, CVPR 2015, equation 4, with β = 2, and means so that size does not count.
    """
    return _total_variation(ops.cast(image, "float32"))


@ops.custom_gradient
def _total_variation(image: Any) -> tuple[Any, Any]:
    """½ x·g of the gradient g, for it is a quadratic form, and g is a Laplacian.

    Written out, because TensorFlow's gradient of a slice takes ten times as long.
    """
    _, height, width, channels = ops.shape(image)
    framed = ops.pad(image, [[0, 0], [1, 1], [1, 1], [0, 0]], "symmetric")
    slope = ops.depthwise_conv(
        framed,
        _laplacian(height, width, channels),
        padding="valid",
        data_format="channels_last",
    )

    def gradient(*arguments: Any, upstream: Any = None) -> Any:
        return slope * (arguments[0] if upstream is None else upstream)[:, None, None, None]

    return 0.5 * ops.sum(image * slope, (1, 2, 3)), gradient


def _laplacian(height: Any, width: Any, channels: int) -> Any:
    """(3, 3, C, 1): the second difference along each axis, twice over the number of differences."""
    second = ops.convert_to_tensor([[-1.0], [2.0], [-1.0]], "float32")
    centre = ops.convert_to_tensor([[0.0, 1.0, 0.0]], "float32")
    down = 2 / ops.cast(ops.maximum(height - 1, 1) * width * channels, "float32")
    across = 2 / ops.cast(height * ops.maximum(width - 1, 1) * channels, "float32")
    kernel = down * second * centre + across * ops.transpose(second * centre)
    return ops.tile(kernel[:, :, None, None], (1, 1, channels, 1))
