"""Neural neighbours: the columns of an artwork that are most like a picture's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from keras import ops

from tfnst import devices
from tfnst.features.vgg_architecture import pooled
from tfnst.losses import masks
from tfnst.losses.columns import unit_columns
from tfnst.tensors import Tensor

STRIDE = 4  # pixels a side that share a column
MOST = 16_384  # columns of artworks that are searched; of more, as many evenly over them
MOST_APART = 4096  # of those, what is searched layer by layer, as in the paper's program
# Principal components that a search of more than a chunk looks at: of hypercolumns of VGG-19-lite
# 97 % of the variance. Nine in ten find the same neighbour as by all of their 736 channels, and the
# mean cosine is lower by 5e-4 at most.
COMPONENTS = 128
CHUNK = 2**24  # similarities that are held at a time: 64 MB
CHUNK_ON_CPU = 2**22  # likewise, which a processor's cache nearly holds


def stacked(activations: Mapping[str, Tensor], layers: Sequence[str]) -> dict[str, Tensor]:
    """Activations of VGG-19's layers at a quarter of the picture's size, so that they make columns.

    Hypercolumns (Hariharan et al., CVPR 2015), still by layer: finer ones are averaged, coarser
    ones interpolated.

    Args:
        activations: by layer, (B, H/2ᵏ, W/2ᵏ, C).
        layers: which of them, one of the third block at least, which has that size.

    Returns:
        By layer, (B, H/4, W/4, C) float32.
    """
    middle = next(k for k in layers if pooled(k) == STRIDE)
    size = ops.shape(activations[middle])[1:3]
    return {k: _fitted(ops.cast(activations[k], "float32"), pooled(k), size) for k in layers}


def _fitted(activation: Tensor, pixels: int, size: Sequence[Tensor | int]) -> Tensor:
    if pixels < STRIDE:
        part = STRIDE // pixels
        return ops.average_pool(activation, part, part, "valid", data_format="channels_last")
    if pixels > STRIDE:
        down, across = (
            _interpolation(side, ops.shape(activation)[axis]) for axis, side in enumerate(size, 1)
        )
        return ops.einsum("ij,bjkc,lk->bilc", down, activation, across)
    return activation


def _interpolation(count: int | Tensor, length: int | Tensor) -> Tensor:
    """(count, length): how much of each position, linearly, is in each of `count` over a side.

    `ops.image.resize` takes no sizes that are known only when it runs.
    """
    length = ops.cast(length, "float32")
    scale = length / ops.cast(count, "float32")
    middle = (ops.cast(ops.arange(count), "float32") + 0.5) * scale - 0.5
    position = ops.expand_dims(ops.clip(middle, 0.0, length - 1), 1)
    return ops.relu(1 - ops.abs(position - ops.cast(ops.arange(length), "float32")))


def nearest(columns: Tensor, others: Tensor) -> Tensor:
    """Which of other columns each one is most like, by centred cosine.

    arg maxⱼ (xᵢ − x̄)·(yⱼ − ȳ) / ‖xᵢ − x̄‖‖yⱼ − ȳ‖: Kolkin et al., arXiv:2203.13215, section 3.2.
    Centred, so that what all columns have in common, such as how bright a picture is, decides
    nothing. In chunks, so that memory does not grow with the product of their numbers. Departing
    from the paper, a large search looks at the `COMPONENTS` in which the others vary most.

    Args:
        columns: x, (N, C); their number is known.
        others: y, (M, C).

    Returns:
        (N,) whole numbers below M.

    Examples:
        >>> [int(i) for i in nearest([[0.0, 5.0], [5.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]])]
        [1, 0]
    """
    columns, others = (ops.convert_to_tensor(x, "float32") for x in (columns, others))
    columns, others = (x - ops.mean(x, 0, keepdims=True) for x in (columns, others))
    others, array, most = ops.transpose(unit_columns(others[None])[0]), ops, CHUNK
    if devices.holds_on_cpu(columns):
        # NumPy's products and maxima take half to a seventh of TensorFlow's time there.
        columns, others = map(ops.convert_to_numpy, (columns, others))
        array, most = np, CHUNK_ON_CPU
    if len(columns) * others.shape[1] > CHUNK and len(others) > COMPONENTS:
        _, axes = array.linalg.eigh(array.matmul(others, array.transpose(others)))
        axes = axes[:, -COMPONENTS:]
        columns, others = array.matmul(columns, axes), array.matmul(array.transpose(axes), others)
    step = max(1, most // others.shape[1])
    chunks = (columns[first : first + step] for first in range(0, len(columns), step))
    indices = [array.argmax(array.matmul(chunk, others), 1) for chunk in chunks]
    return ops.convert_to_tensor(array.concatenate(indices), "int32")


def matched_loss(
    activations: Mapping[str, Tensor], targets: Mapping[str, Tensor], mask: Tensor | None = None
) -> Tensor:
    """The mean over layers and places of 1 − cos between columns and those they were matched with.

    Kolkin et al., arXiv:2203.13215, equation 4, layer by layer, so that each counts alike.

    Args:
        activations: by layer, (B, h, w, C), as `stacked` gives them.
        targets: by layer, likewise, of unit length.
        mask: (B, H, W, 1) in [0, 1] of any size, how much each place counts; all alike without.

    Returns:
        (B,), from 0 to 2.
    """
    cosines = [
        ops.sum(unit_columns(activations[k]) * targets[k], -1, keepdims=True) for k in targets
    ]
    visible = None if mask is None else masks.fitted(mask, cosines[0])
    return 1 - masks.average(sum(cosines) / len(cosines), visible)[:, 0]
