"""What style networks are made of: the functional model through all layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from tfnst.networks.layers import (
    ConditionalInstanceNormalization,
    DepthToSpace,
    MirrorPadding,
    Smooth,
    Upsample,
)
from tfnst.networks.settings import RESOLUTIONS, NetworkSettings
from tfnst.tensors import Tensor

SEEDS, SPREAD = (3, 5, 9), 9  # pixels at a quarter of the size: windows of bands and of strength


def reach(settings: NetworkSettings) -> int:
    """How many pixels around one the network's answer there depends on; a multiple of `scale`."""
    scale, widths = settings.scale, settings.widths
    narrowing = (4 + 1 if widths[0] else 2) + sum(2**level for level in range(1, len(widths) - 1))
    deep = scale * settings.blocks * (2 if settings.block == "residual" else 1)
    between = zip(range(len(widths) - 2, 1, -1), settings.refinements, strict=True)
    finer = sum(2**level * (2 + blocks) for level, blocks in between)
    smoothing = 2 if settings.refinements else 0
    enlarging = 2 + 2 + smoothing + (2 + 1 if settings.head == "subpixel" else 1 + 1 + 4)
    seeds = 4 * sum(window // 2 for window in (*SEEDS, SPREAD)) if settings.seeds else 0
    return -(-(narrowing + deep + finer + enlarging + seeds) // scale) * scale


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
    options = {"padding": "same", **options}
    return keras.layers.Conv2D(filters, size, data_format="channels_last", **options)


def _averaged(x: Tensor, window: int, stride: int) -> Tensor:
    return ops.average_pool(x, window, stride, padding="same", data_format="channels_last")


def seeds(image: Tensor) -> Tensor:
    """Bands of a picture's luminance at a quarter of its size, each by its own strength around.

    Where a photo is flat, as in its sky, convolutions see nothing that would tell one place from
    the next, and answer with a grid, or with nothing: the faint differences that there are in every
    photo, as large as those elsewhere, give strokes something to begin from.

    Args:
        image: (B, H, W, 3), sides multiples of 4.

    Returns:
        (B, H / 4, W / 4, 3) float32, of about 1.
    """
    # Sums and squares in half precision want numbers of about 1.
    luminance = 64 * np.array([0.299, 0.587, 0.114], np.float32)
    kernel = np.broadcast_to(luminance[:, None] / 16, (4, 4, 3, 1))
    image = ops.cast(image, "float32")
    fine = ops.conv(image, kernel, 4, "valid", data_format="channels_last")
    bands = []
    for window in SEEDS:
        coarse = _averaged(fine, window, 1)
        bands.append(fine - coarse)
        fine = coarse
    band = ops.concatenate(bands, -1)
    return band * ops.rsqrt(_averaged(ops.square(band), SPREAD, 1) + 1e-4)


def symbolic_inputs(settings: NetworkSettings, weights: tuple[int | None, ...]) -> dict[str, Any]:
    """What a network of those settings takes, by name; `weights` is the shape of one picture's."""
    inputs = {
        "image": keras.Input((None, None, 3), name="image", dtype="float32"),
        "style_weights": keras.Input(weights, name="style_weights", dtype="float32"),
    }
    if settings.strokes > 1:
        inputs["stroke"] = keras.Input((1,), name="stroke", dtype="float32")
    return inputs


def row_inputs(rows: int, mixed: bool) -> dict[str, Any]:
    """What `connect` takes, by name: a picture and the weights of all rows.

    Args:
        rows: R, of a network.
        mixed: whether weights are a map of K `mixtures` of rows, which are an input too.

    Returns:
        image, style_weights and, when mixed, mixtures.
    """
    inputs = {"image": keras.Input((None, None, 3), name="image", dtype="float32")}
    shape = (None, None, None) if mixed else (rows,)
    inputs["style_weights"] = keras.Input(shape, name="style_weights", dtype="float32")
    if mixed:
        inputs["mixtures"] = keras.Input(batch_shape=(None, rows), name="mixtures", dtype="float32")
    return inputs


def rows(inputs: Mapping[str, Tensor]) -> Tensor:
    """The weights of all rows, `mixture.stroke_rows` of a network's inputs, for `connect`."""
    weights, stroke = inputs["style_weights"], inputs.get("stroke")
    if stroke is None:
        return weights
    if len(weights.shape) == 4:
        stroke = ops.reshape(stroke, (-1, 1, 1, 1))
    photo, styles = weights[..., :1], weights[..., 1:]
    large = stroke * styles
    return ops.concatenate([photo, styles - large, large], -1)


class _Stages:
    """The stages of one functional model, on layers that it may share with another."""

    def __init__(
        self,
        layers: Parts,
        settings: NetworkSettings,
        weights: Tensor,
        statistics: Statistics | None,
        mixtures: Tensor | None,
    ) -> None:
        self.layers, self.settings, self.statistics = layers, settings, statistics
        self.mixtures, is_map = mixtures, len(weights.shape) == 4
        self.rows = (weights if mixtures is None else mixtures).shape[-1]
        self.weights = [weights]
        for _ in settings.widths[1:]:
            weights = _averaged(weights, 2, 2) if is_map else weights
            self.weights.append(weights)

    def convolution(self, x: Tensor, name: str, level: int, *sizes: int, stride: int = 1) -> Tensor:
        """Of `sizes` (filters, size) at a level; level 1 is half the picture's resolution."""
        options: dict[str, Any] = dict(strides=stride, use_bias=False)
        if self.settings.refinements and sizes[1] > 1 and level and not name.endswith("again"):
            # The halo keeps zeros from what is painted only where few pixels are reached.
            x = self.layers(f"{name}_padding", MirrorPadding, sizes[1] // 2)(x)
            options["padding"] = "valid"
        return self.layers(name, _convolution, *sizes, **options)(x)

    def normalized(self, x: Tensor, name: str, level: int) -> Tensor:
        layer = self.layers(f"{name}_norm", ConditionalInstanceNormalization, self.rows)
        moments = self.statistics and self.statistics(name, x, 2**level)
        return layer(x, self.weights[level], moments, self.mixtures)

    def stage(self, x: Tensor, name: str, level: int, *sizes: int, stride: int = 1) -> Tensor:
        x = self.convolution(x, name, level, *sizes, stride=stride)
        rectified = ops.relu6 if self.settings.bounded else ops.relu
        return rectified(self.normalized(x, name, level))

    def residual(self, x: Tensor, name: str, level: int) -> Tensor:
        width = self.settings.widths[level]
        inner = self.stage(x, f"{name}a", level, width, 3)
        outer = self.convolution(inner, f"{name}b", level, width, 3)
        return x + self.normalized(outer, f"{name}b", level)

    def bottleneck(self, x: Tensor, name: str, level: int) -> Tensor:
        widths = self.settings.widths
        middle = self.settings.middle * widths[level] // widths[-1]
        inner = self.stage(x, f"{name}a", level, middle, 1)
        inner = self.stage(inner, f"{name}b", level, middle, 3)
        if self.settings.block == "light":
            return x + self.layers(f"{name}c", _convolution, widths[level], 1)(inner)
        outer = self.convolution(inner, f"{name}c", level, widths[level], 1)
        return x + self.normalized(outer, f"{name}c", level)

    def blocks(self, x: Tensor, name: str, level: int, count: int) -> Tensor:
        block = self.residual if self.settings.block == "residual" else self.bottleneck
        for number in range(1, count + 1):
            x = block(x, f"{name}{number}", level)
        return x

    def narrowing(self, x: Tensor) -> list[Tensor]:
        """The activations at each level on the way down to the trunk's."""
        widths, levels = self.settings.widths, []
        sizes, bands = {0: 9, 1: 3 if widths[0] else 5}, seeds(x) if self.settings.seeds else None
        for level, width in enumerate(widths):
            if width:
                stride = 2 if level else 1
                size = sizes.get(level, 3)
                x = self.stage(x, RESOLUTIONS[level], level, width, size, stride=stride)
            if level == 2 and bands is not None:
                x = ops.concatenate([x, ops.cast(bands, x.dtype)], -1)
            levels.append(x)
        return levels

    def refined(self, x: Tensor, levels: list[Tensor]) -> Tensor:
        """From the trunk to a quarter of the size, where there is more than that between."""
        between = range(len(levels) - 2, 1, -1)
        for level, count in zip(between, self.settings.refinements, strict=True):
            name, width = RESOLUTIONS[level], self.settings.widths[level]
            x = self.layers(f"{name}_narrow", _convolution, width, 1)(x)
            x = self.layers(f"{name}_up", Upsample)(x)
            x = self.layers(f"{name}_frame", MirrorPadding, 1)(x)
            x = self.layers(f"{name}_smooth", Smooth, "valid")(x)
            skip = self.convolution(levels[level], f"{name}_skip", level, width, 1)
            x = x + self.normalized(skip, f"{name}_skip", level)
            x = self.blocks(x, f"{name}_block", level, count)
        return x

    def subpixel(self, x: Tensor) -> Tensor:
        x = self.layers("colors", _convolution, 12, 3, kernel_initializer=ICNR())(x)
        return self.layers("smooth", Smooth)(self.layers("up2", DepthToSpace)(x))

    def full_convolution(self, x: Tensor) -> Tensor:
        full, half = self.settings.widths[:2]
        x = self.stage(self.layers("up2", Upsample)(x), "full_again", 0, full or half, 3)
        return self.layers("colors", _convolution, 3, 9)(x)


def connect(
    layers: Parts,
    settings: NetworkSettings,
    image: Tensor,
    weights: Tensor,
    statistics: Statistics | None = None,
    mixtures: Tensor | None = None,
) -> Tensor:
    """The symbolic picture that the network makes of an image, by layers that it shares.

    `weights` are those of all rows, see `rows`; or of `mixtures` of rows, (K, R), at each position.
    `statistics` gives the mean and variance that a norm is to use, from its name, its input and how
    many pixels of the picture a pixel of that is; without it each picture has its own.
    """
    stages = _Stages(layers, settings, weights, statistics, mixtures)
    levels = stages.narrowing(image - 0.5)
    x = stages.blocks(levels[-1], "block", len(levels) - 1, settings.blocks)
    x = stages.refined(x, levels)
    half = settings.widths[1]
    if settings.block != "residual":
        # Or the next convolution alone, at twice the resolution, would cost as much as all blocks.
        x = layers("narrow", _convolution, half, 1)(x)
    x = layers("up1", Upsample)(x)
    if settings.refinements:
        x = layers("up1_smooth", Smooth)(x)  # or edges of blocks are drawn, which make a grid
    x = stages.stage(x, "half_again", 1, half, 3)
    x = stages.subpixel(x) if settings.head == "subpixel" else stages.full_convolution(x)
    painted = layers("painted", keras.layers.Activation, "sigmoid", dtype="float32")(x)
    # Instance norms forget a photo's brightness and contrast, which no row gives back: so the photo
    # shows through, at strength 0 alone and hardly halfway, where the mixed rows do better.
    photo = weights[..., :1] if mixtures is None else ops.matmul(weights, mixtures[:, :1])
    share = ops.square(photo if len(weights.shape) == 4 else ops.reshape(photo, (-1, 1, 1, 1)))
    return (1 - share) * painted + share * image
