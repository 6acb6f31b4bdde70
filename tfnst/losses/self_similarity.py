"""Self-similarity: which places of a picture look alike, whatever they look like."""

from __future__ import annotations

from keras import ops

from tfnst.losses.columns import cosine_distances
from tfnst.losses.statistics import TINY
from tfnst.tensors import Tensor


def self_similarity(columns: Tensor, weights: Tensor | None = None) -> Tensor:
    """S = D / Σᵢ Dᵢⱼ of the cosine distances D between a picture's own columns.

    Args:
        columns: (B, N, C).
        weights: (B, N), how much each place counts as one that others are compared with.

    Returns:
        (B, N, N); S[:, :, j] sums to 1.
    """
    distances = ops.maximum(cosine_distances(columns, columns), 0.0)
    if weights is not None:
        distances = distances * ops.expand_dims(weights, 2)
    return distances / (ops.sum(distances, 1, keepdims=True) + TINY)


def self_similarity_loss(
    similarity: Tensor, target: Tensor, weights: Tensor | None = None
) -> Tensor:
    """1/N Σᵢⱼ |Sᵢⱼ − Tᵢⱼ|: Kolkin, Salavon & Shakhnarovich, CVPR 2019, equation 8, times N.

    A face in blue is still a face: nose and cheek differ as much as before. Times N, as their
    program has it, so that the number of places does not matter.

    Args:
        similarity: S, `self_similarity` of a picture, (B, N, N).
        target: T, that of the photo at the same places, likewise.
        weights: (B, N), how much each place counts; all alike without.

    Returns:
        (B,), 0 where they agree, up to 2.
    """
    differences = ops.sum(ops.abs(similarity - target), 1)
    if weights is None:
        return ops.mean(differences, 1)
    return ops.sum(weights * differences, 1) / (ops.sum(weights, 1) + TINY)
