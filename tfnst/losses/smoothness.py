"""Total variation."""

from __future__ import annotations

from keras import ops

from tfnst.losses import masks
from tfnst.losses.kernels import total_variation as squared_differences
from tfnst.tensors import Tensor


def total_variation(image: Tensor, mask: Tensor | None = None) -> Tensor:
    """Mean squared difference of neighbours, across and down.

    Mahendran & Vedaldi, CVPR 2015, equation 4, with β = 2, and means so that size does not count.

    Args:
        image: (B, H, W, C).
        mask: (B, H', W', 1) in [0, 1], of any size; each pair of neighbours counts as the product
            of theirs.

    Returns:
        (B,), in squares of the picture's unit.

    Examples:
        >>> steps = ops.convert_to_tensor([[[[0.0], [0.5], [1.0]]]])  # (1, 1, 3, 1)
        >>> round(float(total_variation(steps)[0]), 3)
        0.25
    """
    image = ops.cast(image, "float32")
    if mask is None:
        return squared_differences(image)
    mask = masks.fitted(mask, image)
    down = image[:, 1:] - image[:, :-1], mask[:, 1:] * mask[:, :-1]
    across = image[:, :, 1:] - image[:, :, :-1], mask[:, :, 1:] * mask[:, :, :-1]
    return sum(masks.average(ops.square(x), pairs, (1, 2, 3)) for x, pairs in (down, across))
