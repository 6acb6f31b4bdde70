"""Places at which a channel fires as nowhere else, which norms let grow to spots."""

from __future__ import annotations

from keras import ops

from tfnst.tensors import Tensor

DEVIATIONS = 5.0  # from a channel's mean, that a photo's own edges and lights hardly exceed
EPSILON = 1e-3  # added to variances, as instance norms do


def outlier_energy(activation: Tensor) -> Tensor:
    """Mean square of how far places lie beyond `DEVIATIONS` deviations of their channel.

    An instance norm divides by the deviation over the picture, which a network can raise by firing
    at one place far above all others, to make these fainter: the droplets of Karras et al.,
    "Analyzing and improving the image quality of StyleGAN", CVPR 2020, section 2. They changed the
    norm; here it may stay, and droplets cost.

    Args:
        activation: (B, H, W, C), as it comes to an instance norm.

    Returns:
        (B,), in squares of deviations, from 0.

    Examples:
        >>> spot = ops.reshape(ops.one_hot(7, 100), (1, 10, 10, 1))  # 9.9 deviations, less epsilon
        >>> round(float(outlier_energy(spot)[0]), 2)
        0.2
    """
    x = ops.cast(activation, "float32")
    centred = x - ops.mean(x, (1, 2), keepdims=True)
    variance = ops.mean(ops.square(centred), (1, 2), keepdims=True)
    distance = ops.abs(centred) * ops.rsqrt(variance + EPSILON)
    return ops.mean(ops.square(ops.relu(distance - DEVIATIONS)), (1, 2, 3))
