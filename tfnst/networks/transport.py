"""Activations moved to an artwork's statistics: the linear map of least change."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from tfnst.losses import matrix_roots
from tfnst.losses.kernels import affine, product
from tfnst.losses.statistics import covariance, feature_statistics, mean
from tfnst.tensors import Tensor

# Added to both covariances, of activations of about unit variance: what hardly varies in a photo,
# as in its sky, is noise, and is not to be made as strong as what varies in the artwork.
RIDGE = 0.03
# The smallest eigenvalue of what a root is taken of, over its norm.
SMALLEST = 1e-6


class Moments(NamedTuple):
    """A layer of a picture seen as a normal distribution.

    Attributes:
        mean: (B, C).
        covariance: (B, C, C), with a ridge.
    """

    mean: Tensor
    covariance: Tensor


def moments(activation: Tensor) -> Moments:
    """Mean and covariance over the positions of (B, H, W, C)."""
    statistics = feature_statistics(activation)
    ridge = RIDGE * ops.eye(activation.shape[-1], dtype="float32")
    return Moments(mean(statistics), covariance(statistics) + ridge)


def of_sums(count: int, total: np.ndarray, outer: np.ndarray) -> Moments:
    """`moments` of positions of which the number, Σf, (C,), and Σffᵀ, (C, C), are known."""
    average = total / count
    matrix = outer / count - np.outer(average, average) + RIDGE * np.eye(len(average))
    tensors = (ops.convert_to_tensor(part[None], "float32") for part in (average, matrix))
    return Moments(*tensors)


def described(own: Moments) -> Tensor:
    """A layer's mean and the upper triangle of the root of its covariance, (B, C + C(C + 1)/2)."""
    size = own.mean.shape[-1]
    root = matrix_roots.square_root(own.covariance, SMALLEST)[0]
    rows, columns = np.triu_indices(size)
    flat = ops.reshape(root, (-1, size * size))
    return ops.concatenate([own.mean, ops.take(flat, rows * size + columns, 1)], 1)


class Target(NamedTuple):
    """What a layer is moved to.

    Attributes:
        mean: (B, C).
        root: S^½ of the covariance S, (B, C, C).
    """

    mean: Tensor
    root: Tensor


def target(description: Tensor, size: int) -> Target:
    """Of `described`, for a layer of `size` channels."""
    rows, columns = np.triu_indices(size)
    places = np.zeros((size, size), "int32")
    places[rows, columns] = places[columns, rows] = size + np.arange(len(rows))
    root = ops.take(description, places.ravel(), 1)
    return Target(description[:, :size], ops.reshape(root, (-1, size, size)))


def least_change(own: Moments, aim: Target) -> Tensor:
    """T = R (R C R)^−½ R for the own covariance C and the aim's root R, so that T C T = R².

    Of all linear maps from N(0, C) to N(0, R²) the one that moves activations least (Dowson &
    Landau, J. Multivariate Anal. 12, 1982; for style Lu et al., "A closed-form solution to
    universal style transfer", ICCV 2019, equation 12, there with three roots in place of this one).

    Args:
        own: of the photo.
        aim: of the artwork.

    Returns:
        (B, C, C), symmetric.
    """
    inner = product(product(aim.root, own.covariance), aim.root)
    inverse = matrix_roots.square_root(inner, SMALLEST)[1]
    return product(product(aim.root, inverse), aim.root)


class Way(NamedTuple):
    """An affine map of a layer's activations, fᵀM + m.

    Attributes:
        matrix: (B, C, C).
        offset: (B, C).
    """

    matrix: Tensor
    offset: Tensor


def way(own: Moments, aim: Target, share: Tensor) -> Way:
    """A part of the straight way from a layer's own statistics to the artwork's.

    Args:
        own: of the photo.
        aim: of the artwork.
        share: of the way, (B, 1): 0 leaves activations as they are.

    Returns:
        The map; at 1 what it gives has mean and covariance of the aim.
    """
    part = ops.expand_dims(share, 2)
    identity = ops.eye(own.mean.shape[-1], dtype="float32")
    matrix = (1 - part) * identity + part * least_change(own, aim)
    goal = own.mean + share * (aim.mean - own.mean)
    offset = goal - ops.squeeze(ops.matmul(ops.expand_dims(own.mean, 1), matrix), 1)
    return Way(matrix, offset)


def summary(own: Moments, aim: Target, share: Tensor) -> Tensor:
    """`channels` of where a way leads, (B, 2C)."""
    mine, theirs = channels(own), channels(Moments(aim.mean, product(aim.root, aim.root)))
    return mine + share * (theirs - mine)


def channels(own: Moments) -> Tensor:
    """Mean and logarithm of the deviation of each channel, (B, 2C)."""
    variances = ops.diagonal(own.covariance, axis1=-2, axis2=-1)
    return ops.concatenate([own.mean, 0.5 * ops.log(variances)], 1)


@keras.saving.register_keras_serializable("tfnst")
class Description(keras.layers.Layer):  # type: ignore[misc]
    """(B, H, W, C) → `described` of its moments, (B, C + C(C + 1)/2)."""

    def call(self, activation: Tensor) -> Tensor:
        """The description."""
        return described(moments(activation))

    def compute_output_shape(self, shape: Any) -> Any:
        """A row of numbers."""
        size = shape[-1]
        return (shape[0], size + size * (size + 1) // 2)


@keras.saving.register_keras_serializable("tfnst")
class Transport(keras.layers.Layer):  # type: ignore[misc]
    """Activations on their `way` to a description, by their own moments, and its `summary`."""

    def call(self, activation: Tensor, description: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
        """(B, H, W, C) and (B, 2C), of a description (B, C + C(C + 1)/2) and a share (B, 1)."""
        own, aim = moments(activation), target(description, activation.shape[-1])
        return affine(activation, *way(own, aim, share)), summary(own, aim, share)

    def compute_output_shape(self, shape: Any, *_: Any) -> Any:
        """As large as the activation, and two numbers a channel."""
        return shape, (shape[0], 2 * shape[-1])


@keras.saving.register_keras_serializable("tfnst")
class Routes(keras.layers.Layer):  # type: ignore[misc]
    """Activations that go several ways at once, (B, H, W, C), by the shares of each at a place."""

    def call(self, activation: Tensor, matrices: Tensor, offsets: Tensor, shares: Tensor) -> Tensor:
        """Σₖ sₖ(fᵀMₖ + mₖ) of matrices (K, C, C), offsets (K, C) and shares (B, H, W, K)."""
        # One way after the other: all at once would take K times the memory.
        moved = ops.matmul(shares, offsets)
        for k in range(shares.shape[-1]):
            moved += shares[..., k : k + 1] * ops.matmul(activation, matrices[k])
        return moved

    def compute_output_shape(self, shape: Any, *_: Any) -> Any:
        """As large as the activation."""
        return shape
