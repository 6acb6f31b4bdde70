"""Masks: how much each position of a picture counts, at the size of any layer."""

from __future__ import annotations

from keras import ops

from tfnst.tensors import Tensor

NOTHING = 1e-8  # where a mask has left nothing over, an average is 0


def fitted(mask: Tensor, activation: Tensor) -> Tensor:
    """A (B, H, W, 1) mask averaged over what each position of a (B, h, w, C) activation covers.

    Exact also where sides do not divide, and where they are known only when it runs: a position
    covers H / h × W / w pixels and parts of pixels. float32, (B, h, w, 1).
    """
    mask = ops.cast(mask, "float32")
    (height, width), (rows, columns) = ops.shape(mask)[1:3], ops.shape(activation)[1:3]
    down, across = _shares(rows, height), _shares(columns, width)
    return ops.einsum("ij,bjkc,lk->bilc", down, mask, across)


def _shares(count: int | Tensor, length: int | Tensor) -> Tensor:
    """(count, length): how much of each pixel lies in each of `count` equal parts of a side."""
    part = ops.cast(length, "float32") / ops.cast(count, "float32")
    start = ops.cast(ops.arange(count), "float32")[:, None] * part
    pixel = ops.cast(ops.arange(length), "float32")[None]
    overlap = ops.minimum(start + part, pixel + 1) - ops.maximum(start, pixel)
    return ops.relu(overlap) / part


def average(values: Tensor, mask: Tensor | None, axis: tuple[int, ...] = (1, 2)) -> Tensor:
    """Σ m·v / Σ m of (B, H, W, C) values over positions, (B, C); of all positions without a mask.

    With `axis` (1, 2, 3) over channels too, (B,).
    """
    if mask is None:
        return ops.mean(values, axis)
    mask = mask * ops.ones_like(values)
    return ops.sum(mask * values, axis) / (ops.sum(mask, axis) + NOTHING)
