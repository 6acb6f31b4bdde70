"""Patterns that repeat with a network's upsampling, which lie over a painting like a weave."""

from __future__ import annotations

from keras import ops

from tfnst.tensors import Tensor

PERIOD = 8  # pixels of the picture a pixel of a trunk at an eighth is, and a multiple of all others
WINDOW = 64  # pixels a side within which a pattern is looked for; another may have another


def lattice_energy(image: Tensor) -> Tensor:
    """Mean square of what is alike in all blocks of `PERIOD` pixels a side, beyond chance.

    A network that enlarges can answer a flat place with one and the same block everywhere (Odena,
    Dumoulin & Olah, "Deconvolution and Checkerboard Artifacts", Distill, 2016), and by that match
    an artwork's statistics; the mean of a window's blocks shows it. Of N blocks that are like each
    other by chance alone that mean has an Nth of their variance, which is taken off.

    Args:
        image: (B, H, W, C), of at least `WINDOW` pixels a side; what is beyond a multiple of them,
            below and to the right, is not looked at.

    Returns:
        (B,), in squares of the picture's unit, from 0.

    Examples:
        >>> stripes = ops.tile(ops.reshape([0.0, 0.0, 0.5, 0.5], (1, 1, 4, 1)), (1, 64, 16, 1))
        >>> round(float(lattice_energy(stripes)[0]), 4)
        0.0625
    """
    side = WINDOW // PERIOD
    _, height, width, channels = image.shape
    down, across = height // WINDOW, width // WINDOW
    windows = ops.cast(image[:, : down * WINDOW, : across * WINDOW], "float32")
    shape = (-1, down, side, PERIOD, across, side, PERIOD, channels)
    blocks = ops.reshape(windows, shape)
    blocks -= ops.mean(blocks, (3, 6), keepdims=True)
    pattern = ops.mean(blocks, (2, 5), keepdims=True)
    axes = tuple(range(1, 8))
    chance = ops.mean(ops.square(blocks - pattern), axes) / (side**2 - 1)
    return ops.relu(ops.mean(ops.square(pattern), axes) - ops.stop_gradient(chance))
