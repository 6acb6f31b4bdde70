"""What style networks are made of: their shapes, and the functional model through all layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import keras
from keras import ops
from pydantic import Field, Strict

from tfnst.networks.layers import ConditionalInstanceNormalization, DepthToSpace, Smooth, Upsample
from tfnst.tensors import Tensor
from tfnst.validation import Checked

Width = Annotated[int, Field(ge=1, le=4096)]  # channels of a layer


@dataclass(frozen=True)
class NetworkSettings(Checked):
    """The shape of a style network.

    Attributes:
        widths: channels at full (0 for none), half and quarter resolution.
        blocks: residual blocks at quarter resolution.
        block: "residual" (two 3×3 convolutions) or "bottleneck" (a 3×3 between two 1×1, which
            costs a quarter; both He et al., CVPR 2016).
        middle: channels in the middle of a bottleneck.
        head: "subpixel" (Shi et al., CVPR 2016) or "convolution", 9×9 at full resolution.

    Raises:
        ValueError: a name that is none of these, or sizes that make no network.
    """

    widths: Annotated[
        tuple[Annotated[int, Field(ge=0, le=4096)], Width, Width],
        Strict(False),  # a list, when it comes from JSON
        Field(description="three whole numbers up to 4096, the last two from 1"),
    ] = (0, 32, 64)
    blocks: Annotated[int, Field(ge=0, le=100)] = 7
    block: Literal["residual", "bottleneck"] = "bottleneck"
    middle: Width = 32
    head: Literal["subpixel", "convolution"] = "subpixel"


CONFIGURATIONS = {
    "gallery": NetworkSettings(),
    # Johnson, Alahi & Fei-Fei, ECCV 2016, supplement, table 1, with upsampling in place of strided
    # transposed convolutions, which leave a checkerboard (Dumoulin et al., 2017, do the same).
    "johnson": NetworkSettings((32, 64, 128), 5, "residual", head="convolution"),
}


def reach(settings: NetworkSettings) -> int:
    """How many pixels around one the network's answer there depends on; a multiple of 4."""
    fine = 4 + 1 if settings.widths[0] else 2
    deep = 4 * settings.blocks * (2 if settings.block == "residual" else 1)
    enlarging = 2 + 2 + (2 + 1 if settings.head == "subpixel" else 1 + 1 + 4)
    return -(-(fine + 2 + deep + enlarging) // 4) * 4


Statistics = Callable[[str, Tensor, int], tuple[Tensor, Tensor]]


class Parts:
    """Layers by name: made when first asked for, the same ones afterwards."""

    def __init__(self, dtype: str | None) -> None:
        self.layers: dict[str, Any] = {}
        self.dtype = keras.dtype_policies.get(dtype or "float32").name

    def __call__(self, name: str, kind: Callable[..., Any], *sizes: Any, **options: Any) -> Any:
        """The layer of that name, made by `kind(*sizes, **options)` if there is none yet."""
        if name not in self.layers:
            self.layers[name] = kind(*sizes, name=name, **{"dtype": self.dtype, **options})
        return self.layers[name]


@keras.saving.register_keras_serializable("tfnst")
class ICNR(keras.initializers.Initializer):  # type: ignore[misc]
    """The same kernel for all four pixels of a block, so that training starts without a grid.

    Aitken et al., "Checkerboard artifact free sub-pixel convolution", arXiv:1707.02937.
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Tensor:
        """A kernel, (3, 3, C, 4D), whose four parts are one of Glorot and Bengio's."""
        kernel = keras.initializers.GlorotUniform()((*shape[:-1], shape[-1] // 4), dtype)
        return ops.tile(kernel, (1, 1, 1, 4))

    def get_config(self) -> dict[str, Any]:
        """Nothing: it takes no arguments."""
        return {}


def _convolution(filters: int, size: int, **options: Any) -> keras.layers.Layer:
    # Keras' own defaults are the user's to change, and layers must not change with them.
    return keras.layers.Conv2D(
        filters, size, padding="same", data_format="channels_last", **options
    )


def _halved(weights: Tensor) -> Tensor:
    return ops.average_pool(weights, 2, padding="same", data_format="channels_last")


class _Stages:
    """The stages of one functional model, on layers that it may share with another."""

    def __init__(
        self,
        layers: Parts,
        settings: NetworkSettings,
        weights: Tensor,
        statistics: Statistics | None,
    ) -> None:
        self.layers, self.settings, self.statistics = layers, settings, statistics
        self.rows, is_map = weights.shape[-1], len(weights.shape) == 4
        self.weights = {1: weights}
        for finer in (1, 2):
            finest = self.weights[finer]
            coarser = _halved(finest) if is_map else finest
            self.weights[2 * finer] = coarser

    def convolution(self, x: Tensor, name: str, width: int, size: int, stride: int = 1) -> Tensor:
        return self.layers(name, _convolution, width, size, strides=stride, use_bias=False)(x)

    def normalized(self, x: Tensor, name: str, scale: int) -> Tensor:
        layer = self.layers(f"{name}_norm", ConditionalInstanceNormalization, self.rows)
        moments = self.statistics and self.statistics(name, x, scale)
        return layer(x, self.weights[scale], moments)

    def stage(self, x: Tensor, name: str, scale: int, *sizes: int) -> Tensor:
        return ops.relu(self.normalized(self.convolution(x, name, *sizes), name, scale))

    def residual(self, x: Tensor, name: str) -> Tensor:
        deep = self.settings.widths[2]
        inner = self.stage(x, f"{name}a", 4, deep, 3)
        return x + self.normalized(self.convolution(inner, f"{name}b", deep, 3), f"{name}b", 4)

    def bottleneck(self, x: Tensor, name: str) -> Tensor:
        deep, middle = self.settings.widths[2], self.settings.middle
        inner = self.stage(x, f"{name}a", 4, middle, 1)
        inner = self.stage(inner, f"{name}b", 4, middle, 3)
        return x + self.normalized(self.convolution(inner, f"{name}c", deep, 1), f"{name}c", 4)

    def subpixel(self, x: Tensor) -> Tensor:
        x = self.layers("colors", _convolution, 12, 3, kernel_initializer=ICNR())(x)
        return self.layers("smooth", Smooth)(self.layers("up2", DepthToSpace)(x))

    def full_convolution(self, x: Tensor) -> Tensor:
        full, half, _ = self.settings.widths
        x = self.stage(self.layers("up2", Upsample)(x), "full_again", 1, full or half, 3)
        return self.layers("colors", _convolution, 3, 9)(x)


def connect(
    layers: Parts,
    settings: NetworkSettings,
    image: Tensor,
    weights: Tensor,
    statistics: Statistics | None = None,
) -> Tensor:
    """The symbolic picture that the network makes of symbolic inputs, by layers that it shares.

    `statistics` gives the mean and variance that a norm is to use, from its name, its input and how
    many pixels of the picture a pixel of that is; without it each picture has its own.
    """
    stages = _Stages(layers, settings, weights, statistics)
    full, half, deep = settings.widths
    x = image - 0.5
    if full:
        x = stages.stage(x, "full", 1, full, 9)
    x = stages.stage(x, "half", 2, half, 3 if full else 5, 2)
    x = stages.stage(x, "quarter", 4, deep, 3, 2)
    block = stages.residual if settings.block == "residual" else stages.bottleneck
    for number in range(1, settings.blocks + 1):
        x = block(x, f"block{number}")
    if settings.block == "bottleneck":
        # Or the next convolution alone, at twice the resolution, would cost as much as all blocks.
        x = layers("narrow", _convolution, half, 1)(x)
    x = stages.stage(layers("up1", Upsample)(x), "half_again", 2, half, 3)
    x = stages.subpixel(x) if settings.head == "subpixel" else stages.full_convolution(x)
    painted = layers("painted", keras.layers.Activation, "sigmoid", dtype="float32")(x)
    # Instance norms forget a photo's brightness and contrast, which no row gives back: so the photo
    # shows through, at strength 0 alone and hardly halfway, where the mixed rows do better.
    photo = weights[..., :1]
    share = ops.square(photo if len(weights.shape) == 4 else ops.reshape(photo, (-1, 1, 1, 1)))
    return painted + share * (image - painted)
