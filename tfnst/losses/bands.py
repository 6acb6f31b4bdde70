"""What there is in a picture at each fineness: Laplacian bands, their energies and losses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from tfnst.losses import masks
from tfnst.losses.cores import Core, within
from tfnst.tensors import Tensor

BANDS = 3  # from the finest, each of twice the size of the one before
LEAST = 8 << BANDS  # pixels a side that the coarsest still sees something of
LAST: dict[str, Any] = {"data_format": "channels_last"}  # Keras' own is the user's to change
FAINT = 1e-6  # mean square that nobody sees

_LINE = np.array([1, 4, 6, 4, 1], np.float32) / 16
# Luminance and two differences of colour, as in JPEG (ITU-T T.871).
COLORS = np.array(
    [[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]], np.float32
)


class BandSums(NamedTuple):
    """Sums over the positions of each band, the finest first, which add up over tiles.

    Attributes:
        count: (B, `BANDS`, 3), how many positions, or how much they count together.
        total: (B, `BANDS`, 3), of squares.
    """

    count: Tensor
    total: Tensor

    @property
    def energies(self) -> Tensor:
        """Mean squares, as `band_energies` gives them."""
        return self.total / (self.count + masks.NOTHING)


def band_energies(image: Tensor, mask: Tensor | None = None) -> Tensor:
    """Mean squares of the finest Laplacian bands of luminance and of two differences of colour.

    Burt & Adelson, "The Laplacian pyramid as a compact image code", IEEE Trans. Comm. 31, 1983.

    Args:
        image: (B, H, W, 3) RGB, of at least `LEAST` pixels a side.
        mask: (B, H', W', 1) in [0, 1], of any size; it weighs the pixels.

    Returns:
        (B, `BANDS`, 3), the finest band first, in squares of the picture's unit.

    Examples:
        >>> flat = ops.full((1, 64, 64, 3), 0.5)
        >>> tuple(band_energies(flat).shape), float(ops.max(band_energies(flat))) < 1e-9
        ((1, 3, 3), True)
    """
    return band_sums(image, mask).energies


def band_sums(image: Tensor, mask: Tensor | None = None, core: Core | None = None) -> BandSums:
    """What `band_energies` needs of a tile.

    Args:
        image: (B, H, W, 3) RGB, with margins of at least 16 pixels around the core.
        mask: as there.
        core: what counts; all, by default.

    Returns:
        The sums.
    """
    x = _components(image, 3)
    weights = None if mask is None else masks.fitted(mask, x)
    counts, totals = [], []
    stride, offset = 1, 2  # of the band's positions, in pixels
    for band in _bands(x):
        squares = within(ops.square(band), core, stride, offset)
        _, height, width, _ = ops.shape(squares)
        count = ops.cast(height * width, "float32")
        if weights is not None:
            visible = weights[:, 2:-2, 2:-2]
            own = within(visible, core, stride, offset)
            squares, count = own * squares, ops.sum(own, (1, 2))
            weights = visible[:, ::2, ::2]
        totals.append(ops.sum(squares, (1, 2)))
        counts.append(count * ops.ones_like(totals[-1]))
        stride, offset = 2 * stride, offset + 4 * stride
    return BandSums(ops.stack(counts, 1), ops.stack(totals, 1))


def band_correlations(image: Tensor, other: Tensor) -> Tensor:
    """How far the finest Laplacian bands of two pictures' luminance show the same.

    Args:
        image: (B, H, W, 3) RGB in [0, 1], of at least `LEAST` pixels a side.
        other: likewise.

    Returns:
        (B, `BANDS`), the finest first: Σ ab / √(Σ a² Σ b²), from -1 to 1, and 0 where either is
        flat.

    Examples:
        >>> photo = np.random.default_rng(0).random((1, 64, 64, 3), np.float32)
        >>> [round(float(x), 1) for x in band_correlations(photo, 1 - photo)[0]]
        [-1.0, -1.0, -1.0]
    """
    pictures = (_bands(_components(picture, 1)) for picture in (image, other))
    return ops.stack([_correlation(a, b) for a, b in zip(*pictures, strict=True)], 1)


def _correlation(a: Tensor, b: Tensor) -> Tensor:
    energies = [ops.mean(ops.square(x), (1, 2, 3)) + FAINT for x in (a, b)]
    return ops.mean(a * b, (1, 2, 3)) * ops.rsqrt(energies[0] * energies[1])


def _components(image: Tensor, count: int) -> Tensor:
    """The first of luminance and differences of colour, (B, H, W, count)."""
    kernel = ops.convert_to_tensor(COLORS[:count].T[None, None])
    return ops.conv(ops.cast(image, "float32"), kernel, **LAST)


def _bands(x: Tensor) -> Iterator[Tensor]:
    """Each lacks two pixels a side of what is left of the picture, which then is halved."""
    for _ in range(BANDS):
        coarse = _blurred(x)
        yield x[:, 2:-2, 2:-2] - coarse
        x = coarse[:, ::2, ::2]


def _blurred(image: Tensor) -> Tensor:
    """Two pixels less on every side.

    By full convolutions one way and the other: their gradient takes a third of the time that the
    depthwise one's does.
    """
    kernel = (_LINE[:, None, None] * np.eye(image.shape[-1], dtype=np.float32))[:, None]
    down = ops.conv(image, ops.convert_to_tensor(kernel), padding="valid", **LAST)
    return ops.conv(down, ops.convert_to_tensor(kernel.swapaxes(0, 1)), padding="valid", **LAST)


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
