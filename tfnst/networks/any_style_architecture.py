"""What a network for any artwork is made of: the functional model through all layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from tfnst.networks import transport
from tfnst.networks.architecture import ICNR, Parts
from tfnst.networks.layers import DepthToSpace, MirrorPadding, Smooth, Upsample
from tfnst.networks.settings import RESOLUTIONS, AnyStyleSettings
from tfnst.tensors import Tensor

SMALL = keras.initializers.VarianceScaling(0.1, "fan_avg", "uniform")
HALF, QUARTER, EIGHTH, SIXTEENTH = range(1, 5)  # levels: each at half the resolution of the last


class Route(NamedTuple):
    """Where activations go, in K ways, between which each position chooses.

    Attributes:
        matrices: of each layer, (K, C, C).
        offsets: of each layer, (K, C).
        summary: (K, 2ΣC), see `transport.Transport`.
        shares: (B, H, W, K) of each way, that add up to 1.
    """

    matrices: Sequence[Tensor]
    offsets: Sequence[Tensor]
    summary: Tensor
    shares: Tensor


def reach(settings: AnyStyleSettings) -> int:
    """How many pixels around one the network's answer there depends on; a multiple of `scale`."""
    encoder = 34  # of VGG-19's block4_conv1
    blocks = sum(
        count * 2**level
        for level, count in zip((QUARTER, EIGHTH, SIXTEENTH), settings.blocks, strict=True)
    )
    pooling, enlarging = SIXTEENTH, 2 * sum(2**level for level in (EIGHTH, QUARTER, HALF))
    head = 2 * 2 + 1
    reached = encoder + blocks + 2**pooling + enlarging + head
    return -(-reached // settings.scale) * settings.scale


def _convolution(filters: int, size: int, **options: Any) -> keras.layers.Layer:
    options = {"padding": "valid", **options}
    return keras.layers.Conv2D(filters, size, data_format="channels_last", **options)


def components(
    parts: Parts, settings: AnyStyleSettings, extractor: keras.Model, image: Tensor
) -> list[Tensor]:
    """Principal components of each layer's activations, of a symbolic image."""
    activations = extractor(image)
    return [
        parts(f"{name}_components", _convolution, count, 1, trainable=False)(activations[name])
        for name, count in zip(settings.layers, settings.dimensions, strict=True)
    ]


def description(parts: Parts, settings: AnyStyleSettings, activations: Sequence[Tensor]) -> Tensor:
    """What an artwork's components say of its style, (B, V)."""
    described = [
        parts(f"{name}_description", transport.Description)(x)
        for name, x in zip(settings.layers, activations, strict=True)
    ]
    return ops.concatenate(described, 1)


def painted(
    parts: Parts,
    settings: AnyStyleSettings,
    activations: Sequence[Tensor],
    style: Tensor,
    strength: Tensor,
) -> Tensor:
    """The symbolic picture of activations that go one way, by statistics of their own."""
    summaries, moved = [], []
    for name, x, part in zip(settings.layers, activations, split(settings, style), strict=True):
        transported = parts(f"{name}_transport", transport.Transport)
        x, summary = transported(x, part, strength)
        moved.append(x)
        summaries.append(summary)
    return _Decoder(parts, settings, ops.concatenate(summaries, 1))(moved)


def routed(
    parts: Parts, settings: AnyStyleSettings, activations: Sequence[Tensor], route: Route
) -> Tensor:
    """The symbolic picture of activations that go several ways."""
    shares, levels = route.shares, []
    for _ in range(SIXTEENTH):
        shares = ops.average_pool(shares, 2, 2, data_format="channels_last")
        levels.append(shares)
    several = zip(activations, route.matrices, route.offsets, levels, strict=False)
    moved = [transport.Routes()(x, matrix, offset, part) for x, matrix, offset, part in several]
    return _Decoder(parts, settings, route.summary, levels)(moved)


def split(settings: AnyStyleSettings, style: Tensor) -> list[Tensor]:
    """A description's part for each layer."""
    lengths = [n + n * (n + 1) // 2 for n in settings.dimensions]
    ends = np.cumsum(lengths)
    return [style[:, end - length : end] for length, end in zip(lengths, ends, strict=True)]


class _Decoder:
    """From moved activations to a picture, by layers that several models may share.

    Blocks are modulated by a summary of where activations went (Perez et al., "FiLM", AAAI 2018);
    of several ways, (K, …), by `shares` of each at each level's positions.
    """

    def __init__(
        self,
        layers: Parts,
        settings: AnyStyleSettings,
        summary: Tensor,
        shares: Sequence[Tensor] | None = None,
    ) -> None:
        self.layers, self.settings, self.shares = layers, settings, shares
        counts = zip((SIXTEENTH, EIGHTH, QUARTER), reversed(settings.blocks), strict=True)
        names = [
            f"{RESOLUTIONS[level]}_block{number}"
            for level, count in counts
            for number in range(1, count + 1)
        ]
        middles = {name: self._middle(name) for name in names} | {"half": settings.widths[0]}
        embedding = layers("embedding", keras.layers.Dense, settings.embedding)(summary)
        total = sum(middles.values())
        modulation = layers("modulation", keras.layers.Dense, 2 * total, kernel_initializer=SMALL)
        both = modulation(ops.relu6(embedding))
        self.modulations, start = {}, 0
        for name, width in middles.items():
            self.modulations[name] = (
                both[:, start : start + width],
                both[:, total + start : total + start + width],
            )
            start += width

    def _middle(self, name: str) -> int:
        widths = self.settings.widths
        width = widths[RESOLUTIONS.index(name.split("_")[0]) - 1]
        return self.settings.middle * width // widths[-1]

    def convolution(self, x: Tensor, name: str, *sizes: int, **options: Any) -> Tensor:
        """Of `sizes` (filters, size), mirrored at the borders."""
        if sizes[1] > 1:
            x = self.layers(f"{name}_padding", MirrorPadding, sizes[1] // 2)(x)
        return self.layers(name, _convolution, *sizes, **options)(x)

    def modulated(self, x: Tensor, name: str) -> Tensor:
        parts = self.modulations[name]
        if self.shares is None:
            scale, shift = (part[:, None, None, :] for part in parts)
        else:
            shares = self.shares[RESOLUTIONS.index(name.split("_")[0]) - 1]
            scale, shift = (ops.matmul(shares, part) for part in parts)
        return ops.relu6(x * (1 + scale) + shift)

    def blocks(self, x: Tensor, level: int, count: int) -> Tensor:
        for number in range(1, count + 1):
            name = f"{RESOLUTIONS[level]}_block{number}"
            inner = ops.relu6(self.convolution(x, f"{name}a", self._middle(name), 1))
            inner = self.convolution(inner, f"{name}b", self._middle(name), 3)
            inner = self.modulated(inner, name)
            width = self.settings.widths[level - 1]
            x = x + self.convolution(inner, f"{name}c", width, 1, kernel_initializer=SMALL)
        return x

    def finer(self, x: Tensor, level: int, skip: Tensor) -> Tensor:
        """Twice the resolution, to which what was moved there is added."""
        name, width = RESOLUTIONS[level], self.settings.widths[level - 1]
        if x.shape[-1] != width:
            x = self.convolution(x, f"{name}_narrow", width, 1)
        x = self.layers(f"{name}_up", Upsample)(x)
        x = self.layers(f"{name}_frame", MirrorPadding, 1)(x)
        x = self.layers(f"{name}_smooth", Smooth, "valid")(x)
        return x + self.convolution(skip, f"{name}_skip", width, 1)

    def __call__(self, moved: Sequence[Tensor]) -> Tensor:
        half, quarter, eighth = moved
        counts = self.settings.blocks
        x = ops.average_pool(eighth, 2, 2, data_format="channels_last")
        x = self.convolution(x, "sixteenth", self.settings.widths[-1], 1)
        x = self.blocks(x, SIXTEENTH, counts[2])
        x = self.blocks(self.finer(x, EIGHTH, eighth), EIGHTH, counts[1])
        x = self.blocks(self.finer(x, QUARTER, quarter), QUARTER, counts[0])
        x = self.finer(x, HALF, half)
        x = self.convolution(ops.relu6(x), "half", self.settings.widths[0], 3)
        x = self.modulated(x, "half")
        x = self.convolution(x, "colors", 12, 3, kernel_initializer=ICNR())
        x = self.layers("smooth", Smooth)(self.layers("up", DepthToSpace)(x))
        return self.layers("painted", keras.layers.Activation, "sigmoid", dtype="float32")(x)
