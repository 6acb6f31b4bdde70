"""Content losses: how far activations are from the photo's."""

from __future__ import annotations

from typing import NamedTuple

from keras import ops

from tfnst.losses import masks
from tfnst.losses.kernels import moments
from tfnst.losses.statistics import TINY
from tfnst.tensors import Tensor


def content_loss(activation: Tensor, target: Tensor) -> Tensor:
    """mean (F − P)² / mean P²: Gatys, Ecker & Bethge, CVPR 2016, equation 1, made scale-free.

    Args:
        activation: F, (B, H, W, C).
        target: P, the photo's, likewise.

    Returns:
        (B,), 0 where they are the same, 1 for a silent layer.
    """
    activation, target = ops.cast(activation, "float32"), ops.cast(target, "float32")
    difference = ops.mean(ops.square(activation - target), (1, 2, 3))
    return difference / (ops.mean(ops.square(target), (1, 2, 3)) + TINY)


def standardize(activation: Tensor, mask: Tensor | None = None) -> Tensor:
    """Each channel less its mean, over its deviation, both over the picture.

    Means and deviations carry the style (Huang & Belongie, ICCV 2017, equation 5); what is left is
    where things are. Channels that hardly vary stay small instead of becoming noise.

    Args:
        activation: (B, H, W, C), of any float type.
        mask: (B, H', W', 1) in [0, 1], of any size; it weighs the positions in both.

    Returns:
        (B, H, W, C) float32.
    """
    activation = ops.cast(activation, "float32")
    mask = None if mask is None else masks.fitted(mask, activation)
    centred, variance = _centred(activation, mask)
    return centred / _deviation(variance)[:, None, None, :]


def _centred(activation: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """(B, H, W, C) less each channel's mean, and each channel's variance, (B, C)."""
    centred = activation - masks.average(activation, mask)[:, None, None, :]
    return centred, masks.average(ops.square(centred), mask)


def _deviation(variance: Tensor) -> Tensor:
    """√(σ² + floor) of (B, C) variances: the floor is a hundredth of the layer's mean variance."""
    return ops.sqrt(variance + 1e-2 * ops.mean(variance, 1, keepdims=True) + TINY)


def content_distance(activation: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
    """mean (F̂ − P̂)² of standardised activations: 0 the same, 2 unrelated (2 − 2·correlation).

    A content loss that leaves palette and contrast to the style, and means the same on every pair
    of pictures: half of it is how far the mean correlation with the photo has fallen. Expanded into
    moments, F̂² + P̂² − 2F̂P̂, which saves a dozen passes over memory.

    Args:
        activation: F, (B, H, W, C), of any float type.
        target: P̂, `standardize` of the photo's activation, with the same mask.
        mask: (B, H', W', 1) in [0, 1], of any size; it weighs the positions.

    Returns:
        (B,), from 0 to about 4.
    """
    activation = ops.cast(activation, "float32")
    if mask is None:
        variance, product = moments(activation, target)
    else:
        mask = masks.fitted(mask, activation)
        centred, variance = _centred(activation, mask)
        product = masks.average(centred * target, mask)
    deviation = _deviation(variance)
    own_square = variance / ops.square(deviation)
    target_square = masks.average(ops.square(target), mask)
    return ops.mean(own_square + target_square - 2 * product / deviation, 1)


class ContentSums(NamedTuple):
    """Sums over a layer's positions, F's and the photo's P, which add up over tiles.

    Attributes:
        count: (B,), how many positions.
        own: (B, C), ΣF.
        own_square: (B, C), ΣF².
        wanted: (B, C), ΣP.
        wanted_square: (B, C), ΣP².
        product: (B, C), ΣFP.
    """

    count: Tensor
    own: Tensor
    own_square: Tensor
    wanted: Tensor
    wanted_square: Tensor
    product: Tensor

    @property
    def distance(self) -> Tensor:
        """`content_distance` to the photo's standardised activations, (B,)."""
        own, own_square, wanted, wanted_square, product = (
            part / self.count[:, None] for part in self[1:]
        )
        variances = own_square - ops.square(own), wanted_square - ops.square(wanted)
        # Of a channel that never changes, rounding can leave less than nothing.
        variances = tuple(ops.maximum(variance, 0.0) for variance in variances)
        deviations = [_deviation(variance) for variance in variances]
        squares = [v / ops.square(d) for v, d in zip(variances, deviations, strict=True)]
        correlation = (product - own * wanted) / (deviations[0] * deviations[1])
        return ops.mean(squares[0] + squares[1] - 2 * correlation, 1)


def content_sums(activation: Tensor, photo: Tensor) -> ContentSums:
    """What `content_distance` needs of a tile.

    Args:
        activation: F, (B, H, W, C), of any float type.
        photo: P, the photo's, likewise; not standardised, for that is seen of the whole only.

    Returns:
        The sums.
    """
    activation, photo = ops.cast(activation, "float32"), ops.cast(photo, "float32")
    batch, height, width, _ = ops.shape(activation)
    pairs = ((activation, activation), (photo, photo), (activation, photo))
    own_square, wanted_square, product = (ops.sum(a * b, (1, 2)) for a, b in pairs)
    own, wanted = ops.sum(activation, (1, 2)), ops.sum(photo, (1, 2))
    count = ops.full((batch,), height * width, "float32")
    return ContentSums(count, own, own_square, wanted, wanted_square, product)
