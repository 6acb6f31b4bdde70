"""Structure: what one layer sees where another sees something else, between fine and coarse."""

from __future__ import annotations

from keras import ops

from tfnst.losses import masks
from tfnst.losses.kernels import product
from tfnst.losses.statistics import TINY
from tfnst.tensors import Tensor


def cross_covariance(
    shallow: Tensor, deep: Tensor, stride: int = 1, mask: Tensor | None = None
) -> Tensor:
    """C = F · U(D)ᵀ / area: uncentred, between the channels of two layers.

    Fischer, Yang & Lam, "ImagineNet: Restyling Apps Using Neural Style Transfer", CHI 2020. U
    enlarges the deeper layer in space, so that every position of it stands for all those of the
    shallower one that it was pooled from: the sum over these is taken first here, which is the same
    and less work. Of a layer with itself it is the Gram matrix.

    Args:
        shallow: F, (B, H, W, C), of any float type.
        deep: D, (B, ⌊H / stride⌋, ⌊W / stride⌋, K); what is left over of F at its lower and right
            border was pooled away.
        stride: positions of F a side to one of D.
        mask: (B, H', W', 1) in [0, 1], of any size; it weighs the positions.

    Returns:
        (B, C, K), which does not depend on the area.

    Examples:
        >>> fine = ops.convert_to_tensor([[[[1.0], [3.0]], [[0.0], [0.0]]]])
        >>> coarse = ops.convert_to_tensor([[[[2.0, 5.0]]]])
        >>> ops.convert_to_numpy(cross_covariance(fine, coarse, 2)).tolist()
        [[[2.0, 5.0]]]
    """
    shallow, deep = ops.cast(shallow, "float32"), ops.cast(deep, "float32")
    if mask is not None:
        mask = masks.fitted(mask, shallow)
        shallow = mask * shallow
        mask = _pooled(mask, stride)
    shallow = _pooled(shallow, stride)
    batch, height, width, channels = ops.shape(shallow)
    left = ops.reshape(shallow, (batch, height * width, channels))
    right = ops.reshape(deep, (batch, height * width, deep.shape[-1]))
    area = (
        ops.cast(height * width, "float32")
        if mask is None
        else ops.sum(mask, (1, 2), keepdims=False)[:, None] + masks.NOTHING
    )
    return product(ops.transpose(left, (0, 2, 1)), right) / area


def _pooled(activation: Tensor, stride: int) -> Tensor:
    """Means of squares, without those that hang over a border."""
    if stride == 1:
        return activation
    return ops.average_pool(activation, stride, stride, "valid", data_format="channels_last")


def structure_loss(matrix: Tensor, target: Tensor) -> Tensor:
    """‖C − T‖² / ‖T‖²: the structure loss of ImagineNet for one pair of layers.

    Over the target's size, so that no pair outweighs another by how strongly it fires.

    Args:
        matrix: C, `cross_covariance` of a picture's layers, (B, C, K).
        target: T, that of the artwork's, likewise.

    Returns:
        (B,), 0 where they agree, 1 for a silent layer.
    """
    difference = ops.sum(ops.square(matrix - target), (1, 2))
    return difference / (ops.sum(ops.square(target), (1, 2)) + TINY)
