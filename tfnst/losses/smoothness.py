"""Total variation."""

from __future__ import annotations

from typing import Any

from keras import ops

from tfnst.losses.kernels import total_variation as squared_differences


def total_variation(image: Any) -> Any:
    """Mean squared difference of neighbours, across and down, of a (B, H, W, C) image.

    Mahendran & Vedaldi, CVPR 2015, equation 4, with β = 2, and means so that size does not count.
    """
    return squared_differences(ops.cast(image, "float32"))
