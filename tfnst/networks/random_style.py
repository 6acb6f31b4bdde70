"""A Keras layer that paints pictures in random styles: augmentation against a bias to texture."""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
from keras import ops

from tfnst.arguments import FieldError, require
from tfnst.assets import NETWORKS
from tfnst.images.sizes import HALO
from tfnst.networks.layers import MirrorPadding
from tfnst.networks.style_network import StyleNetwork, load_network
from tfnst.tensors import Tensor

STICKS = 8  # of a mixture: what the last of them takes, the rest, is 1/128 of it on average
UNIT = "a number from 0 to 1"
Span = tuple[float, float]


@keras.saving.register_keras_serializable("tfnst")
class RandomStyle(keras.layers.Layer):  # type: ignore[misc]
    """Pictures in random styles while a model trains: a layer like `keras.layers.RandomContrast`.

    Jackson et al., "Style augmentation: data augmentation via style randomization", CVPR Workshops
    2019: colours and textures of a picture change, and the forms that its label is about stay. For
    each picture of a batch anew: whether it is painted, how strongly, in which mixture of styles
    and by what size of strokes. Those that are not painted come back bit by bit.

    Departing from the paper, which draws embeddings of styles from a Gaussian fitted to those of
    80,000 paintings, the rows of a network's styles are mixed by a Dirichlet distribution whose
    concentrations add up to 1 (`dirichlet`): its mean is the mean of the rows, it keeps half of
    their variance, and some two styles have a part in a painting. A Gaussian fitted to a few rows
    lies outside of what is between them: of sixteen shares it would make some six negative, and
    there a network has learnt nothing.

    As Keras' layers do, it takes (H, W, 3) or (B, H, W, 3), whole numbers or floats, in a `Dataset`
    of `tf.data` or a model, or a dict whose "images" they are, and gives floats (of its `dtype`).
    Strokes are of a size in pixels, so that details of small pictures are lost to them. Without
    training nothing changes. Weights are frozen, whatever is thawed around
    them. XLA knows no sizes that chance decides: compiled by it, or on another backend than
    TensorFlow, the layer paints all pictures and keeps those that are chosen; else it paints no
    others. In `tf.data` it needs TensorFlow as Keras' backend. No gradient passes through what is
    painted, so that a step of training keeps nothing of the network.

    Args:
        probability: of a picture to be painted, from 0 to 1; the paper's half.
        strength: from 0, the picture itself, to 1; a number or the (low, high) that it is drawn
            from. Its usual mean is the paper's α.
        styles: names of the network's styles that mixtures are of; None for all.
        stroke: 0 for the finest to 1 for the largest, a number or the (low, high) that it is drawn
            from; None for (0, 1), or where a network has one size of strokes.
        seed: a whole number, for the same draws in each run; None for others.
        value_range: the (low, high) of pixels: (0, 255) as in Keras, or (0, 1).
        network: "gallery", a file of `tfnst train`, or a `StyleNetwork`, of which the layer keeps a
            copy. It paints in its own precision, for half of it is slow on processors, where
            `tf.data` runs.
        **options: of `keras.layers.Layer`, such as `dtype`.

    Raises:
        ValueError: a number out of its range, an unknown style, a stroke for a network of one size;
            called, pictures that are not RGB.
    """

    def __init__(
        self,
        probability: float = 0.5,
        strength: float | Sequence[float] = (0.0, 1.0),
        styles: Sequence[str] | None = None,
        stroke: float | Sequence[float] | None = None,
        seed: int | None = None,
        value_range: Sequence[float] = (0, 255),
        network: str | Path | StyleNetwork = "gallery",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.probability, _ = _span("probability", probability, single=True)
        self.strength = _span("strength", strength)
        self.value_range = _value_range(value_range)
        self.preset = network if isinstance(network, str) and network in NETWORKS else None
        self.network = _frozen(network, styles)
        self.styles = self.network.styles
        self.stroke = _stroke(stroke, self.network.strokes)
        self.padding = MirrorPadding(HALO, self.network.settings.scale, dtype="float32")
        require("seed", seed, int | None, "a whole number or None")
        self.seed, self.generator = seed, keras.random.SeedGenerator(seed)

    @property
    def trainable(self) -> bool:
        """False: the network is not what is to be trained."""
        return False

    @trainable.setter
    def trainable(self, value: bool) -> None:
        # A model that is thawed as a whole leaves it frozen.
        pass

    def build(self, images_shape: Any) -> None:
        """Nothing is left to make: what it has is of no input's shape.

        Raises:
            ValueError: a shape of no RGB pictures, or no "images" in a dict.
        """
        if isinstance(images_shape, dict):
            images_shape = _images_in(images_shape)
        _require_rgb(tuple(images_shape))
        self.built = True

    def call(self, images: Any, training: bool = True) -> Any:
        """Pictures, some of them painted.

        Args:
            images: (B, H, W, 3) or (H, W, 3) in `value_range`; or a dict with them as "images".
            training: whether any are to be painted.

        Returns:
            The same, of the layer's dtype.
        """
        if isinstance(images, dict):
            return {**images, "images": self.call(_images_in(images), training)}
        shape = tuple(images.shape)
        _require_rgb(shape)
        images = ops.cast(images, self.compute_dtype)
        if not training:
            return images
        return (
            self._some_painted(images) if len(shape) == 4 else self._some_painted(images[None])[0]
        )

    def compute_output_shape(self, images_shape: Any) -> Any:
        """Those of the input."""
        return images_shape

    def draw(self, count: int | Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Random numbers for so many pictures.

        Args:
            count: B, of pictures.

        Returns:
            Which are to be painted, (B,); weights of photo and styles, (B, 1 + S) that add up to 1;
            strokes, (B, 1).
        """
        uniform = keras.random.uniform(
            (count, 3 + 2 * STICKS), dtype="float32", seed=self.generator
        )
        strength = _between(self.strength, uniform[:, 1:2])
        stroke = _between(self.stroke or (0.0, 0.0), uniform[:, 2:3])
        sticks, choices = uniform[:, 3 : 3 + STICKS], uniform[:, 3 + STICKS :]
        mixture = dirichlet(sticks, choices, len(self.styles))
        weights = ops.concatenate([1 - strength, strength * mixture], -1)
        return uniform[:, 0] < self.probability, weights, stroke

    def _some_painted(self, images: Tensor) -> Tensor:
        """(B, H, W, 3), those drawn painted."""
        chosen, weights, stroke = self.draw(ops.shape(images)[0])
        if keras.backend.backend() != "tensorflow" or _in_xla():
            painted = ops.stop_gradient(self._painted(images, weights, stroke))
            return ops.where(ops.reshape(chosen, (-1, 1, 1, 1)), painted, images)
        import tensorflow as tf

        indices = tf.where(chosen)

        def paint() -> Tensor:
            drawn = (tf.gather_nd(tensor, indices) for tensor in (images, weights, stroke))
            painted = tf.stop_gradient(self._painted(*drawn))
            return tf.tensor_scatter_nd_update(images, indices, painted)

        return tf.cond(tf.size(indices) > 0, paint, lambda: images)

    def _painted(self, images: Tensor, weights: Tensor, stroke: Tensor) -> Tensor:
        """(B, H, W, 3), all painted, in the same range and of the same dtype."""
        low, high = self.value_range
        photos = ops.clip((ops.cast(images, "float32") - low) / (high - low), 0, 1)
        inputs = {"image": self.padding(photos), "style_weights": weights}
        if self.stroke is not None:
            inputs["stroke"] = stroke
        height, width = ops.shape(images)[1:3]
        padded = ops.cast(self.network(inputs, training=False)["stylized"], "float32")
        painted = padded[:, HALO : HALO + height, HALO : HALO + width] * (high - low) + low
        whole = not keras.backend.is_float_dtype(self.compute_dtype)
        return ops.cast(ops.round(painted) if whole else painted, images.dtype)

    def get_config(self) -> dict[str, Any]:
        """What makes the layer again; of a network of one's own, without weights.

        Keras keeps those beside it, in one file.
        """
        shape = {key: self.network.get_config()[key] for key in ("settings", "dtype")}
        return {
            **super().get_config(),
            "probability": self.probability,
            "strength": list(self.strength),
            "styles": list(self.styles),
            "stroke": self.stroke and list(self.stroke),
            "seed": self.seed,
            "value_range": list(self.value_range),
            "network": self.preset or shape,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> RandomStyle:
        """Make it again; of a network of one's own with random weights, until a file's are set."""
        network = config["network"]
        if isinstance(network, dict):
            network = StyleNetwork(config["styles"], **network)
        return cls(**{**config, "network": network})


def dirichlet(sticks: Tensor, choices: Tensor, categories: int) -> Tensor:
    """Shares by a Dirichlet distribution whose concentrations, all alike, add up to 1.

    Of a stick a uniform part is broken off for a uniformly chosen category, and so on with the
    rest: Sethuraman, "A constructive definition of Dirichlet priors", Statistica Sinica 1994. Gamma
    variates, the usual way, are not to be had under XLA.

    Args:
        sticks: (B, K) uniform in [0, 1): what is broken off each rest; the last takes all of it.
        choices: (B, K) uniform in [0, 1), which choose the categories.
        categories: S.

    Returns:
        (B, S) float32 that add up to 1.
    """
    left = ops.cumprod(1 - sticks[:, :-1], 1)
    rests = ops.concatenate([ops.ones_like(left[:, :1]), left], 1)
    broken = ops.concatenate([sticks[:, :-1], ops.ones_like(left[:, :1])], 1) * rests
    chosen = ops.minimum(ops.cast(choices * categories, "int32"), categories - 1)
    shares = ops.sum(broken[..., None] * ops.one_hot(chosen, categories, dtype="float32"), 1)
    return shares / ops.sum(shares, -1, keepdims=True)


def _images_in(inputs: dict[str, Any]) -> Any:
    if "images" not in inputs:
        raise ValueError(f"inputs hold {', '.join(inputs)}; give pictures as 'images'")
    return inputs["images"]


def _require_rgb(shape: tuple[int | None, ...]) -> None:
    if len(shape) not in (3, 4) or shape[-1] not in (None, 3) or 0 in shape[-3:-1]:
        raise ValueError(f"images are of shape {shape}; give (H, W, 3) or (B, H, W, 3), RGB")


def _between(span: Span, uniform: Tensor) -> Tensor:
    low, high = span
    return low + (high - low) * uniform


def _frozen(network: Any, styles: Any) -> StyleNetwork:
    """A copy of a network, or what ships or a file holds, of some of its styles, frozen."""
    require("network", network, str | Path | StyleNetwork, "'gallery', a file or a StyleNetwork")
    source = network if isinstance(network, StyleNetwork) else load_network(network)
    require("styles", styles, list | tuple | None, "a list of names, or None for all")
    names = source.styles if styles is None else tuple(styles)
    for name in names:
        if name not in source.styles:
            raise ValueError(f"style {name!r} is unknown; use {', '.join(source.styles)}")
    copy = source.with_styles(names, source.parts.dtype)
    copy.trainable = False
    return copy


def _stroke(value: Any, strokes: int) -> Span | None:
    if strokes > 1:
        return (0.0, 1.0) if value is None else _span("stroke", value)
    if value is None:
        return None
    raise ValueError(
        f"stroke is {value!r}, but this network has one size of strokes a style; leave it out"
    )


def _span(name: str, value: Any, single: bool = False) -> Span:
    """Lowest and highest of what is to be drawn, which is one number or two."""
    ends = list(value) if isinstance(value, list | tuple) and not single else [value, value]
    fit = all(_is_number(end) and 0 <= end <= 1 for end in ends)
    if len(ends) != 2 or not fit or ends[0] > ends[1]:
        raise FieldError(name, value, UNIT if single else f"{UNIT}, or (low, high) of these")
    return float(ends[0]), float(ends[1])


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _value_range(value: Any) -> Span:
    ends = list(value) if isinstance(value, list | tuple) else []
    if len(ends) != 2 or not all(_is_number(end) and math.isfinite(end) for end in ends):
        raise FieldError("value_range", value, "(low, high), such as (0, 255) or (0, 1)")
    if not ends[0] < ends[1]:
        raise FieldError("value_range", value, "a low that is less than the high")
    return float(ends[0]), float(ends[1])


def _in_xla() -> bool:
    """Whether what is traced here is for XLA, which a graph or one around it says."""
    import tensorflow as tf

    graph = tf.compat.v1.get_default_graph()
    while True:
        # There is no public way to ask; where this one ends, painting all pictures is right, too.
        if not hasattr(graph, "_get_control_flow_context"):
            return True
        context = graph._get_control_flow_context()
        while context is not None:
            if context.IsXLAContext():
                return True
            context = context.outer_context
        if not graph.building_function:
            return False
        graph = graph.outer_graph
