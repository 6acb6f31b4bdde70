"""Total variation."""

from __future__ import annotations

from typing import Any

from keras import ops

from tfnst.losses import masks
from tfnst.losses.kernels import total_variation as squared_differences


def total_variation(image: Any, mask: Any = None) -> Any:
    """Mean squared difference of neighbours, across and down, of a (B, H, W, C) image; (B,).

    Mahendran & Vedaldi, CVPR 2015, equation 4, with β = 2, and means so that size does not count.
    A (B, H, W, 1) mask in [0, 1] weighs each pair of neighbours with the product of theirs.
    """
    image = ops.cast(image, "float32")
    if mask is None:
        return squared_differences(image)
    mask = masks.fitted(mask, image)
    down = image[:, 1:] - image[:, :-1], mask[:, 1:] * mask[:, :-1]
    across = image[:, :, 1:] - image[:, :, :-1], mask[:, :, 1:] * mask[:, :, :-1]
    return sum(masks.average(ops.square(x), pairs, (1, 2, 3)) for x, pairs in (down, across))
