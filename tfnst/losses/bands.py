"""How much there is in a picture at each fineness: energies of Laplacian bands, and their loss."""

from __future__ import annotations

import numpy as np
from keras import ops

from tfnst.tensors import Tensor

BANDS = 3  # from the finest, each of twice the size of the one before
LEAST = 8 << BANDS  # pixels a side that the coarsest still sees something of
FAINT = 1e-6  # mean square that nobody sees

_LINE = np.array([1, 4, 6, 4, 1], np.float32) / 16
# Luminance and two differences of colour, as in JPEG (ITU-T T.871).
COLORS = np.array(
    [[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]], np.float32
)


def band_energies(image: Tensor) -> Tensor:
    """Mean squares of the finest Laplacian bands of luminance and of two differences of colour.

    Burt & Adelson, "The Laplacian pyramid as a compact image code", IEEE Trans. Comm. 31, 1983.

    Args:
        image: (B, H, W, 3) RGB, of at least `LEAST` pixels a side.

    Returns:
        (B, `BANDS`, 3), the finest band first, in squares of the picture's unit.

    Examples:
        >>> flat = ops.full((1, 64, 64, 3), 0.5)
        >>> tuple(band_energies(flat).shape), float(ops.max(band_energies(flat))) < 1e-9
        ((1, 3, 3), True)
    """
    kernel = ops.convert_to_tensor(np.outer(_LINE, _LINE)[:, :, None, None].repeat(3, 2))
    x = ops.conv(ops.cast(image, "float32"), ops.convert_to_tensor(COLORS.T[None, None]))
    energies = []
    for _ in range(BANDS):
        coarse = ops.depthwise_conv(x, kernel, padding="valid")
        energies.append(ops.mean(ops.square(x[:, 2:-2, 2:-2] - coarse), (1, 2)))
        x = coarse[:, ::2, ::2]
    return ops.stack(energies, 1)


def band_loss(energies: Tensor, target: Tensor) -> Tensor:
    """How far the bands of paintings are from their artworks'.

    The mean square of log ratios: of luminance either way, so that a painting is neither smoothed
    nor speckled, and of colours only where there is more than in the artwork. Total variation knows
    no size of marks, and takes the brush's along with the noise.

    Args:
        energies: (B, `BANDS`, 3), of paintings, as `band_energies` gives them.
        target: (B, `BANDS`, 3), of artworks.

    Returns:
        (B,), from 0.
    """
    ratio = ops.log((energies + FAINT) / (target + FAINT))
    luminance, colors = ratio[..., 0], ops.relu(ratio[..., 1:])
    return ops.mean(ops.square(luminance), 1) + ops.mean(ops.square(colors), (1, 2))
