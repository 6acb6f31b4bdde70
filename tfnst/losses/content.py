"""Content losses: how far activations are from the photo's."""

from __future__ import annotations

from typing import Any

from keras import ops

from tfnst.losses import masks
from tfnst.losses.kernels import moments
from tfnst.losses.statistics import TINY


def content_loss(activation: Any, target: Any) -> Any:
    """mean (F − P)² / mean P²: Gatys, Ecker & Bethge, CVPR 2016, equation 1, made scale-free."""
    activation, target = ops.cast(activation, "float32"), ops.cast(target, "float32")
    difference = ops.mean(ops.square(activation - target), (1, 2, 3))
    return difference / (ops.mean(ops.square(target), (1, 2, 3)) + TINY)


def standardize(activation: Any, mask: Any = None) -> Any:
    """Each channel less its mean, over its deviation, both over the picture; float32.

    Means and deviations carry the style (Huang & Belongie, ICCV 2017, equation 5); what is left is
    where things are. Channels that hardly vary stay small instead of becoming noise. A
    (B, H, W, 1) mask in [0, 1] weighs the positions in both.
    """
    activation = ops.cast(activation, "float32")
    mask = None if mask is None else masks.fitted(mask, activation)
    centred, variance = _centred(activation, mask)
    return centred / _deviation(variance)[:, None, None, :]


def _centred(activation: Any, mask: Any) -> tuple[Any, Any]:
    """(B, H, W, C) less each channel's mean, and each channel's variance, (B, C)."""
    centred = activation - masks.average(activation, mask)[:, None, None, :]
    return centred, masks.average(ops.square(centred), mask)


def _deviation(variance: Any) -> Any:
    """√(σ² + floor) of (B, C) variances: the floor is a hundredth of the layer's mean variance."""
    return ops.sqrt(variance + 1e-2 * ops.mean(variance, 1, keepdims=True) + TINY)


def content_distance(activation: Any, target: Any, mask: Any = None) -> Any:
    """mean (F̂ − P̂)² of standardised activations: 0 the same, 2 unrelated (2 − 2·correlation).

    A content loss that leaves palette and contrast to the style, and means the same on every pair
    of pictures: half of it is how far the mean correlation with the photo has fallen. `target` is
    `standardize` of the photo's activation. Expanded into moments, F̂² + P̂² − 2F̂P̂, which saves a
    dozen passes over memory. A (B, H, W, 1) mask in [0, 1], the target's too, weighs the positions.
    """
    activation = ops.cast(activation, "float32")
    if mask is None:
        variance, product = moments(activation, target)
    else:
        mask = masks.fitted(mask, activation)
        centred, variance = _centred(activation, mask)
        product = masks.average(centred * target, mask)
    deviation = _deviation(variance)
    own = variance / ops.square(deviation)
    wanted = masks.average(ops.square(target), mask)
    return ops.mean(own + wanted - 2 * product / deviation, 1)
