"""Square roots of covariance matrices by products alone, on any Keras backend."""

from __future__ import annotations

import math

from keras import ops

from tfnst.tensors import Tensor


def square_root(matrix: Tensor, smallest: float) -> tuple[Tensor, Tensor]:
    """S^½ and S^−½ of symmetric positive definite (B, C, C) matrices.

    Exact to 1e-5 for eigenvalues down to `smallest` times the Frobenius norm; those below are
    rounded towards nothing. By the coupled Newton–Schulz iteration (Higham, Functions of Matrices,
    2008, equation 6.35), which is products only and so compiles for any accelerator, scaled to
    need half as many of them (Chen & Chow, A stable scaling of Newton–Schulz, 2014).
    """
    single = matrix.shape[0] == 1  # a plain product, twice as fast in TensorFlow as a batch of one
    matrix = ops.squeeze(matrix, 0) if single else matrix
    norm = ops.sqrt(ops.sum(ops.square(matrix), (-2, -1), keepdims=True))
    identity = ops.eye(matrix.shape[-1], dtype="float32")
    root, inverse = matrix / norm, None
    for scale in _scales(math.sqrt(smallest)):
        square = root if inverse is None else inverse @ root
        correction = 1.5 * scale * identity - 0.5 * scale**3 * square
        root = root @ correction
        inverse = correction if inverse is None else correction @ inverse
    root, inverse = root * ops.sqrt(norm), inverse / ops.sqrt(norm)
    if single:
        return ops.expand_dims(root, 0), ops.expand_dims(inverse, 0)
    return root, inverse


def _scales(lowest: float) -> list[float]:
    """What to multiply x by before each x ↦ (3x − x³) / 2, to bring [lowest, 1] to 1 soonest."""
    scales = []
    while lowest < 1 - 1e-5:
        scale = math.sqrt(3 / (1 + lowest + lowest**2))
        lowest = scale * lowest * (3 - (scale * lowest) ** 2) / 2
        scales.append(scale)
    return scales


def trace_of_root(matrix: Tensor) -> Tensor:
    """tr S^½ = tr S·S^−½ of symmetric positive definite matrices, (B,), and its gradient ½ S^−½.

    Written so that no gradient goes back through the iteration, which loses it to rounding.
    Eigenvalues below 1/1500 of the whole count for little and would only let noise in.
    """
    inverse = ops.stop_gradient(square_root(matrix, 1 / 1500)[1])
    return ops.sum(0.5 * inverse * (matrix + ops.stop_gradient(matrix)), (1, 2))
