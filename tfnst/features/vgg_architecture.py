"""What tells VGG-19 and VGG-19-lite apart: layers, widths, the scale of their input."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

CONVOLUTIONS_PER_BLOCK = (2, 2, 4, 4, 4)
VGG19_LAYERS = tuple(
    f"block{block}_conv{number}"
    for block, count in enumerate(CONVOLUTIONS_PER_BLOCK, start=1)
    for number in range(1, count + 1)
)


def pooled(layer: str) -> int:
    """How many pixels a side make one position of a layer of VGG-19, by its name.

    Examples:
        >>> pooled("block3_conv2")
        4
    """
    return 1 << int(layer[5]) - 1


def reach(layers: Iterable[str]) -> int:
    """How many pixels beyond those that one position is made of, on each side, layers see at most.

    Examples:
        >>> reach(["block1_conv2", "block2_conv1"])
        4
    """
    deepest = max(map(VGG19_LAYERS.index, layers), default=-1)
    return sum(map(pooled, VGG19_LAYERS[: deepest + 1]))


@dataclass(frozen=True)
class Architecture:
    """What tells one VGG-shaped network from another.

    Attributes:
        widths: channels of the five blocks.
        layers: the convolutions it has, in order.
        input_scale: multiplies the Caffe-style input (BGR, 0…255, ImageNet mean removed).
    """

    widths: tuple[int, int, int, int, int]
    layers: tuple[str, ...]
    input_scale: float


# VGG-19-lite ends where the compact teacher that it was distilled from ends, and is fed inputs of
# about unit size, which lets it train, and run in float16, without large numbers.
ARCHITECTURES = {
    "vgg19": Architecture((64, 128, 256, 512, 512), VGG19_LAYERS, 1.0),
    "vgg19-lite": Architecture((16, 32, 64, 128, 128), VGG19_LAYERS[:13], 1 / 64),
}


def known_architecture(name: object, *others: str) -> Architecture:
    """What a network of that name is.

    Args:
        name: that was given.
        *others: names that the error lists as well, such as "auto".

    Returns:
        Its channels and layers.

    Raises:
        ValueError: another name; the error lists those that there are.
    """
    if not isinstance(name, str) or name not in ARCHITECTURES:
        known = ", ".join((*others, *ARCHITECTURES))
        raise ValueError(f"network {name!r} is unknown; use one of {known}")
    return ARCHITECTURES[name]
