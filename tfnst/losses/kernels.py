"""Sums with gradients written out, and products as each backend does them best."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from tfnst.tensors import Tensor


@ops.custom_gradient
def sums(activation: Tensor) -> tuple[Tensor, Tensor]:
    """Σf, (B, C), and Σffᵀ, (B, C, C).

    Their gradient, 1dᵀ + X(D + Dᵀ) for columns X, is written out: it is one pass over memory
    instead of five, which is most of what style costs beside the network itself.
    """
    batch, height, width, channels = ops.shape(activation)
    columns = ops.reshape(activation, (batch, height * width, channels))

    def gradient(*slopes: Any, upstream: Any = None) -> Tensor:
        of_total, of_outer = both(slopes, upstream)
        return affine(activation, of_outer + ops.transpose(of_outer, (0, 2, 1)), of_total)

    return (ops.sum(columns, 1), product_of_columns(columns)), gradient


def both(slopes: Any, upstream: Any) -> Any:
    """The slopes of two results, as TensorFlow, JAX and PyTorch each hand them over."""
    slopes = slopes or upstream
    return slopes if len(slopes) == 2 else slopes[0]


def product(left: Tensor, right: Tensor) -> Tensor:
    """Matrix products of (B, M, K) and (B, K, N), of which one may have batch dimension 1.

    A single one as a plain product, which TensorFlow computes twice as fast as a batch of one.
    """
    if left.shape[0] == right.shape[0] == 1:
        return ops.expand_dims(ops.matmul(ops.squeeze(left, 0), ops.squeeze(right, 0)), 0)
    return ops.matmul(left, right)


def product_of_columns(columns: Tensor) -> Tensor:
    """XᵀX for (B, N, C) columns."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        # keras.ops has no flag for it, and a transposed copy costs as much as the product.
        if columns.shape[0] == 1:
            matrix = tf.squeeze(columns, 0)
            return tf.expand_dims(tf.matmul(matrix, matrix, transpose_a=True), 0)
        return tf.matmul(columns, columns, transpose_a=True)
    return ops.matmul(ops.transpose(columns, (0, 2, 1)), columns)


def affine(activation: Tensor, matrix: Tensor, offset: Tensor) -> Tensor:
    """fᵀM + m at each position of (B, H, W, C), for (B, C, C) matrices and (B, C) offsets."""
    if keras.backend.backend() == "tensorflow" and activation.shape[0] == 1:
        import tensorflow as tf

        # As this pair TensorFlow fuses it with adding up the layer's gradients.
        kernel = ops.expand_dims(matrix, 0)
        return tf.nn.bias_add(tf.nn.conv2d(activation, kernel, 1, "VALID"), ops.squeeze(offset, 0))
    batch, height, width, channels = ops.shape(activation)
    columns = ops.reshape(activation, (batch, height * width, channels))
    return ops.reshape(ops.matmul(columns, matrix) + offset[:, None], ops.shape(activation))


@ops.custom_gradient
def moments(activation: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Variance of each channel, and mean product with a target of mean zero, both (B, C).

    Their gradient is written out: less than half as many passes over memory.
    """
    centred = activation - ops.mean(activation, (1, 2), keepdims=True)
    share = 1 / ops.cast(ops.prod(ops.shape(activation)[1:3]), "float32")

    def gradient(*slopes: Any, upstream: Any = None) -> tuple[Tensor, Tensor]:
        of_variance, of_product = both(slopes, upstream)
        along_itself = (2 * share * of_variance)[:, None, None, :]
        along_other = (share * of_product)[:, None, None, :]
        return centred * along_itself + target * along_other, centred * along_other

    return (ops.mean(ops.square(centred), (1, 2)), ops.mean(centred * target, (1, 2))), gradient


@ops.custom_gradient
def total_variation(image: Tensor) -> tuple[Tensor, Tensor]:
    """½ x·g of the gradient g, for it is a quadratic form, and g is a Laplacian.

    Written out, because TensorFlow's gradient of a slice takes ten times as long.
    """
    _, height, width, channels = ops.shape(image)
    framed = ops.pad(image, [[0, 0], [1, 1], [1, 1], [0, 0]], "symmetric")
    slope = ops.depthwise_conv(
        framed,
        laplacian(height, width, channels),
        padding="valid",
        data_format="channels_last",
    )

    def gradient(*arguments: Any, upstream: Any = None) -> Tensor:
        return slope * (arguments[0] if upstream is None else upstream)[:, None, None, None]

    return 0.5 * ops.sum(image * slope, (1, 2, 3)), gradient


def laplacian(height: int | Tensor, width: int | Tensor, channels: int) -> Tensor:
    """(3, 3, C, 1): the second difference along each axis, twice over the number of differences."""
    second = ops.convert_to_tensor([[-1.0], [2.0], [-1.0]], "float32")
    centre = ops.convert_to_tensor([[0.0, 1.0, 0.0]], "float32")
    down = 2 / ops.cast(ops.maximum(height - 1, 1) * width * channels, "float32")
    across = 2 / ops.cast(height * ops.maximum(width - 1, 1) * channels, "float32")
    kernel = down * second * centre + across * ops.transpose(second * centre)
    return ops.tile(kernel[:, :, None, None], (1, 1, channels, 1))
