"""Whether marks go one way, as strokes do and stipple does not: coherence of gradients."""

from __future__ import annotations

import numpy as np
from keras import ops

from tfnst.images.color import LUMA
from tfnst.losses.bands import LAST
from tfnst.tensors import Tensor

WINDOW, DEVIATION = (
    13,
    2.5,
)  # pixels a side, of a Gaussian; some strokes lie beside each other in it
LEAST = WINDOW + 2  # pixels a side of a picture
FAINT = 1e-5  # squared slope that nobody sees
RARE = 0.02  # coherence of noise: ratios below it say nothing
FLAT_SHARE = 0.5  # of the loss, relative to that of all windows

_LINE = np.exp(-0.5 * ((np.arange(WINDOW) - WINDOW // 2) / DEVIATION) ** 2)
_LINE = (_LINE / _LINE.sum()).astype(np.float32)


def orientation_coherence(image: Tensor, guide: Tensor | None = None) -> Tensor:
    """How much slopes of luminance agree within small windows, in all and in flat ones.

    Of the structure tensor's eigenvalues λ₁ ≥ λ₂ the square of (λ₁ − λ₂) / (λ₁ + λ₂): Bigün &
    Granlund, "Optimal orientation detection of linear symmetry", ICCV 1987. One where all slopes
    are parallel, as beside a stroke; nearly nothing in noise, in stipple and where it is flat.

    Args:
        image: (B, H, W, 3) RGB in [0, 1], of at least `LEAST` pixels a side.
        guide: likewise, the photo of a painting; flat are the windows where it has less slope than
            in the median one. All are, where there is none.

    Returns:
        (B, 2) in [0, 1]: the mean by the windows' contrast, and the mean of flat windows.

    Examples:
        >>> line = ops.sin(ops.arange(40, dtype="float32"))[None, :, None, None]
        >>> stripes = ops.broadcast_to(0.5 + 0.2 * line, (1, 40, 40, 3))
        >>> [round(float(x), 2) for x in orientation_coherence(stripes)[0]]
        [1.0, 1.0]
    """
    tensor = _structure_tensor(image)
    down, across, both = tensor[..., 0], tensor[..., 1], tensor[..., 2]
    trace = down + across
    difference = ops.square(down - across) + 4 * ops.square(both)
    coherence = difference / ops.square(trace + FAINT)
    contrast = ops.sqrt(trace + FAINT / 10)  # a root of nothing has no gradient
    flat = ops.ones_like(trace) if guide is None else _flat(guide)
    means = [
        ops.sum(coherence * weights, (1, 2)) / ops.sum(weights, (1, 2))
        for weights in (contrast, flat)
    ]
    return ops.stack(means, 1)


def _flat(guide: Tensor) -> Tensor:
    """1 where the picture has less slope than in its median window, else 0."""
    trace = ops.sum(_structure_tensor(guide)[..., :2], -1)
    median = ops.median(ops.reshape(trace, (ops.shape(trace)[0], -1)), 1)
    return ops.stop_gradient(ops.cast(trace <= median[:, None, None], "float32"))


def _structure_tensor(image: Tensor) -> Tensor:
    """Weighted means over a window of the slopes' squares and product, (B, H - 14, W - 14, 3)."""
    luminance = ops.tensordot(ops.cast(image, "float32"), ops.convert_to_tensor(LUMA), 1)
    down = (luminance[:, 2:, 1:-1] - luminance[:, :-2, 1:-1]) / 2
    across = (luminance[:, 1:-1, 2:] - luminance[:, 1:-1, :-2]) / 2
    slopes = ops.stack([down * down, across * across, down * across], -1)
    # Full convolutions: their gradient takes a third of the time that the depthwise one's does.
    kernel = (_LINE[:, None, None] * np.eye(3, dtype=np.float32))[:, None]
    rows = ops.conv(slopes, ops.convert_to_tensor(kernel), padding="valid", **LAST)
    columns = ops.convert_to_tensor(kernel.swapaxes(0, 1))
    return ops.conv(rows, columns, padding="valid", **LAST)


def coherence_loss(coherence: Tensor, target: Tensor) -> Tensor:
    """How far the strokes of paintings are from going one way as their artworks' do.

    Args:
        coherence: (B, 2), of paintings, as `orientation_coherence` gives it.
        target: (B, 2), of artworks.

    Returns:
        (B,), the square of the ratio's logarithm, from 0.
    """
    distances = ops.square(ops.log((coherence + RARE) / (target + RARE)))
    return distances[:, 0] + FLAT_SHARE * distances[:, 1]
