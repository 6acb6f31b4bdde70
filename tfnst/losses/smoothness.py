"""How smooth a picture is: total variation, and changes that its photo does not have."""

from __future__ import annotations

from typing import NamedTuple

from keras import ops

from tfnst.losses import masks
from tfnst.losses.cores import Core, within
from tfnst.losses.kernels import total_variation as squared_differences
from tfnst.tensors import Tensor

BLOCK = 16  # pixels a side whose mean is compared: strokes are smaller, blots and haloes larger
EDGE = 0.1  # of the photo's range: a step that explains one of the painting
LEAST = 1e-2  # of the range: a step that has no direction yet


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


class VariationSums(NamedTuple):
    """Sums over pairs of neighbours, down and across, which add up over tiles.

    Attributes:
        count: (B, 2), how many differences, or how much they count together.
        total: (B, 2), of their squares.
    """

    count: Tensor
    total: Tensor

    @property
    def variation(self) -> Tensor:
        """`total_variation`, (B,)."""
        return ops.sum(self.total / (self.count + masks.NOTHING), 1)


def variation_sums(
    image: Tensor, mask: Tensor | None = None, core: Core | None = None
) -> VariationSums:
    """What `total_variation` needs of a tile, whose pixels count with those before them.

    Args:
        image: (B, H, W, C), with margins around the core.
        mask: as there, of the image's size.
        core: what counts; all, by default.

    Returns:
        The sums.
    """
    image = within(ops.cast(image, "float32"), core, beyond=1)
    weights = ops.ones_like(image[..., :1])
    if mask is not None:
        weights = within(ops.cast(mask, "float32"), core, beyond=1)
    _, height, width, channels = ops.shape(image)
    if core is not None:
        height, width = core.height, core.width

    def pairs(x: Tensor) -> tuple[tuple[Tensor, Tensor], ...]:
        down, across = x[:, :, :width], x[:, :height]
        return (down[:, 1:], down[:, :-1]), (across[:, :, 1:], across[:, :, :-1])

    counts, totals = [], []
    for (second, first), (one, other) in zip(pairs(image), pairs(weights), strict=True):
        both = one * other
        counts.append(channels * ops.sum(both, (1, 2, 3)))
        totals.append(ops.sum(both * ops.square(second - first), (1, 2, 3)))
    return VariationSums(ops.stack(counts, 1), ops.stack(totals, 1))


def edge_aware_smoothness(image: Tensor, guide: Tensor) -> Tensor:
    """Mean step between neighbouring blocks of `BLOCK` pixels where the guide has none.

    Godard, Mac Aodha & Brostow, CVPR 2017, equation 3: Σ |∂ image| · exp(−|∂ guide|), across and
    down. Of the means of blocks, so that strokes and texture are free, and a colour that fills a
    form up to its edges costs nothing; a blot in a clear sky costs its outline, and so does a halo.

    Args:
        image: (B, H, W, C), of at least twice `BLOCK` pixels a side.
        guide: likewise, whose edges the picture may have.

    Returns:
        (B,), in the picture's unit; a flat picture has 2 · `LEAST` at most.

    Examples:
        >>> step = ops.concatenate([ops.zeros((1, 32, 16, 3)), ops.ones((1, 32, 16, 3))], 2)
        >>> flat = ops.zeros_like(step)
        >>> [round(float(edge_aware_smoothness(step, guide)[0]), 2) for guide in (step, flat)]
        [0.01, 1.72]
    """
    image, guide = _blocks(image), _blocks(guide)
    down = _step(image[:, 1:] - image[:, :-1], guide[:, 1:] - guide[:, :-1])
    across = _step(image[:, :, 1:] - image[:, :, :-1], guide[:, :, 1:] - guide[:, :, :-1])
    return down + across


def _blocks(image: Tensor) -> Tensor:
    return ops.average_pool(ops.cast(image, "float32"), BLOCK, data_format="channels_last")


def _step(image: Tensor, guide: Tensor) -> Tensor:
    length = ops.sqrt(ops.sum(ops.square(image), -1) + LEAST**2)
    explained = ops.sqrt(ops.sum(ops.square(guide), -1) + 1e-6) / EDGE
    return ops.mean(length * ops.exp(-explained), (1, 2))
