"""The relaxed earth mover's distance: how far apart two sets of columns are."""

from __future__ import annotations

from keras import ops

from tfnst.tensors import Tensor

FAR = 1e6  # a distance at which nothing is nearest


def relaxed_emd(
    distances: Tensor, weights: Tensor | None = None, other_weights: Tensor | None = None
) -> Tensor:
    """max(meanᵢ minⱼ dᵢⱼ, meanⱼ minᵢ dᵢⱼ): Kolkin, Salavon & Shakhnarovich, CVPR 2019, equation 5.

    The earth mover's distance moves one heap of columns into another. With only one of its two
    constraints, every column goes to the nearest one; the larger of both answers is a bound from
    below: no column may be unlike the artwork's, and nothing of the artwork may be missing.

    Args:
        distances: d, (B, N, M), of every pair.
        weights: (B, N), how much each of the N counts; those of 0 are not there. All alike without.
        other_weights: (B, M), likewise.

    Returns:
        (B,), in the unit of the distances.

    Examples:
        >>> float(relaxed_emd(ops.convert_to_tensor([[[0.0, 1.0], [1.0, 3.0]]]))[0])
        0.5
    """
    forth = _mean(ops.min(distances + _absent(other_weights, 1), 2), weights)
    back = _mean(ops.min(distances + _absent(weights, 2), 1), other_weights)
    return ops.maximum(forth, back)


def _absent(weights: Tensor | None, axis: int) -> Tensor | float:
    if weights is None:
        return 0.0
    return ops.expand_dims(FAR * ops.cast(weights <= 0, "float32"), axis)


def _mean(values: Tensor, weights: Tensor | None) -> Tensor:
    if weights is None:
        return ops.mean(values, 1)
    return ops.sum(weights * values, 1) / ops.maximum(ops.sum(weights, 1), 1e-8)
