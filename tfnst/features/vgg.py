"""Keras models that turn an image into the intermediate activations of VGG-19 or VGG-19-lite."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfnst.arguments import require
from tfnst.features.vgg_architecture import VGG19_LAYERS, known_architecture
from tfnst.features.vgg_weights import read_weights, set_weights, weights_file
from tfnst.tensors import Tensor


def _reflected(x: Tensor) -> Tensor:
    return keras.ops.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="reflect")


def _wrapped(x: Tensor) -> Tensor:
    x = keras.ops.concatenate([x[:, -1:], x, x[:, :1]], 1)
    return keras.ops.concatenate([x[:, :, -1:], x, x[:, :, :1]], 2)


# What a convolution is given beyond borders; zeros it adds by itself.
PADDINGS: dict[str, Callable[[Tensor], Tensor]] = {
    "zero": lambda x: x,
    "reflect": _reflected,
    "wrap": _wrapped,
}


@keras.saving.register_keras_serializable("tfnst")
class FeatureExtractor(keras.Model):  # type: ignore[misc]
    """A frozen Keras functional model: images in, `{layer name: activation}` out.

    Input: (B, H, W, 3) RGB in [0, 1], any H and W of at least 16; the network's own preprocessing
    is part of the model. Output: a dict of (B, H/2ᵏ, W/2ᵏ, C) activations after the ReLU, where k
    is the number of poolings before the layer. The model ends at the deepest layer asked for.

    Args:
        network: "vgg19" (Simonyan & Zisserman, arXiv:1409.1556, configuration E) or "vgg19-lite"
            (the same layers with a quarter of the channels, shipped with tfnst).
        layers: names as in `keras.applications.VGG19`, such as "block4_conv2".
        pooling: "max" as VGG-19 was trained, or "average" (Gatys et al., 2016, section 2).
        padding: "zero" as VGG-19 was trained, "reflect", or "wrap": a picture that repeats in both
            directions, without a seam where its sides are multiples of 16.
        weights: "auto" for the network's own weights, None for random ones, or a file: `.npz`
            as `tfnst distill` writes it, or the official `.h5` for "vgg19".
        dtype: a Keras dtype policy, float32 by default, or "mixed_bfloat16" for the activations.
        name: of the model; that of the network by default.

    Raises:
        ValueError: an unknown network, layer, pooling or padding, weights of another shape, or
            VGG-19 weights that are not on this machine.
    """

    def __init__(
        self,
        network: str,
        layers: Iterable[str],
        pooling: str = "max",
        weights: str | Path | None = "auto",
        dtype: str | None = None,
        name: str | None = None,
        padding: str = "zero",
    ) -> None:
        architecture = known_architecture(network)
        names = check_layers(layers, architecture.layers, network)
        image, activations = vgg_graph(
            architecture.widths,
            names,
            pooling=pooling,
            padding=padding,
            preprocess=lambda x: caffe_input(x, architecture.input_scale),
            dtype=dtype,
        )
        super().__init__(image, activations, name=name or network.replace("-", "_"))
        self.network, self.layer_names = network, names
        self.pooling, self.padding = pooling, padding
        self.policy = keras.dtype_policies.get(dtype or "float32").name
        if weights is not None:
            set_weights(self, read_weights(weights_file(network, weights)), network)
        self.trainable = False

    def __call__(self, inputs: Tensor, *arguments: Any, **options: Any) -> dict[str, Tensor]:
        """The activations of a batch, or a ValueError: something else than (B, H, W, 3)."""
        shapes = [getattr(image, "shape", None) for image in keras.tree.flatten(inputs)]
        shape = shapes[0] if len(shapes) == 1 else None
        if shape is None or len(shape) != 4 or shape[-1] not in (3, None):
            value = type(inputs).__name__ if shape is None else f"of shape {tuple(shape)}"
            raise ValueError(f"inputs is {value}; give (B, H, W, 3), as in photo[None]")
        return super().__call__(inputs, *arguments, **options)

    def get_config(self) -> dict[str, Any]:
        """What makes it again, without weights: Keras keeps those beside it, in one file."""
        shape = {"network": self.network, "layers": list(self.layer_names), "pooling": self.pooling}
        options = {"padding": self.padding, "dtype": self.policy, "name": self.name}
        return {**shape, **options, "weights": None}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> FeatureExtractor:
        """Make it again, with random weights until Keras sets those of the file."""
        return cls(**config)


def check_layers(
    layers: Iterable[str], available: tuple[str, ...], network: str
) -> tuple[str, ...]:
    """The names of layers in the network's order, once each.

    Args:
        layers: the names that are asked for, or one.
        available: those that the network has, in order.
        network: what the error calls it.

    Returns:
        The names asked for, as a tuple.

    Raises:
        ValueError: an unknown name, or none at all.

    Examples:
        >>> check_layers(["block2_conv1", "block1_conv1"], VGG19_LAYERS, "vgg19")
        ('block1_conv1', 'block2_conv1')
    """
    require("layers", layers, Iterable, "names, such as ('block1_conv1',)")
    names = [layers] if isinstance(layers, str) else list(layers)
    for name in names:
        if name not in available:
            elsewhere = "; vgg19 has that one" if name in VGG19_LAYERS else ""
            choices = ", ".join(available)
            raise ValueError(f"layer {name!r} is not in {network}; it has {choices}{elsewhere}")
    if not names:
        raise ValueError(f"layers is empty; {network} has {', '.join(available)}")
    return tuple(name for name in available if name in names)


def caffe_input(image: Tensor, scale: float = 1.0) -> Tensor:
    """RGB → BGR less the ImageNet mean, as VGG-19 was trained with Caffe.

    What `vgg19.preprocess_input` does, as a 1×1 convolution: its slices of one channel take ten
    times as long, 7 % of a whole forward and backward pass through VGG-19-lite.

    Args:
        image: (B, H, W, 3) RGB in [0, 1].
        scale: times which the result is taken.

    Returns:
        (B, H, W, 3) BGR, from 0 to 255 less the mean, times `scale`.
    """
    reversal = np.eye(3, dtype="float32")[None, None, :, ::-1]
    mean = np.array([103.939, 116.779, 123.68], "float32")
    options = dict(padding="valid", data_format="channels_last")
    return keras.ops.conv(image, 255 * scale * reversal, **options) - mean * scale


def vgg_graph(
    widths: tuple[int, ...],
    layers: Iterable[str],
    *,
    pooling: str = "max",
    padding: str = "zero",
    preprocess: Callable[[Tensor], Tensor] = caffe_input,
    dtype: str | None = None,
) -> tuple[Tensor, dict[str, Tensor]]:
    """The symbolic input and the activations of a VGG-19-shaped network, cut at its deepest layer.

    Args:
        widths: channels of the five blocks.
        layers: names as VGG-19 has them.
        pooling: "max" or "average".
        padding: "zero" as in VGG-19, "reflect" or "wrap".
        preprocess: from (B, H, W, 3) RGB in [0, 1] to what the first convolution takes.
        dtype: a Keras dtype policy, float32 by default.

    Returns:
        The input, (B, H, W, 3), and {layer: (B, H/2ᵏ, W/2ᵏ, C)} after k poolings and the ReLU.

    Raises:
        ValueError: an unknown pooling or padding.
    """
    if padding not in PADDINGS:
        raise ValueError(f"padding {padding!r} is unknown; use {', '.join(map(repr, PADDINGS))}")
    pools = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}
    if pooling not in pools:
        raise ValueError(f"pooling {pooling!r} is unknown; use 'max' or 'average'")
    names = set(layers)
    options = dict(dtype=dtype or "float32", data_format="channels_last")
    image = keras.Input((None, None, 3), name="image", dtype="float32")
    x = preprocess(image)
    activations: dict[str, Tensor] = {}
    for name in VGG19_LAYERS:
        block, number = int(name[5]), int(name[-1])
        if number == 1 and block > 1:
            x = pools[pooling](2, name=f"block{block - 1}_pool", **options)(x)
        x = PADDINGS[padding](x)
        x = keras.layers.Conv2D(
            widths[block - 1],
            3,
            padding="same" if padding == "zero" else "valid",
            activation="relu",
            kernel_initializer="he_normal",
            name=name,
            **options,
        )(x)
        if name in names:
            activations[name] = x
        if len(activations) == len(names):
            break
    return image, activations
