"""One picture by gradient descent: Gatys' algorithm, coarse to fine, balanced by what it measures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfnst import features, images, losses

STYLE_LAYERS = ("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1", "block5_conv1")
STYLE_LOSSES = {"gram": losses.gram_style_loss, "wasserstein": losses.wasserstein_style_loss}


@dataclass(frozen=True)
class Settings:
    """Everything that decides a painting, besides its pictures and the feature network.

    Attributes:
        size: the long side of the result, in pixels.
        strength: 0 is the photo, 1 hardly shows it; the same on every pair of pictures.
        style_scale: the long side of the style pictures over that of the result; larger strokes
            above 1. A style picture is never enlarged beyond its own size.
        steps: optimiser steps at each level of the pyramid, from coarse to fine; the last number
            holds for the levels after it.
        smallest: the long side at the coarsest level; each level has √2 times the one before.
        content_layers, style_layers: VGG-19's names.
        style_weights: a weight a style layer, in order; relative to each other.
        style_loss: "gram" or "wasserstein".
        variation: weight of the total variation.
        pooling: "max" or "average".
        start: "content", "noise" or "picture" (one that is given).
        optimizer: "adam", or "lbfgs" as in Gatys et al., on a fixed weight between corrections.
        learning_rate: of Adam, in units of the picture's range.
        precision: "float32", or "bfloat16" for the activations.
        jit_compile: compile the step with XLA, as a TPU does.
        seed: of the noise.
    """

    size: int = 512
    strength: float = 0.5
    style_scale: float = 1.0
    steps: tuple[int, ...] = (150, 120, 100, 80, 60)
    smallest: int = 128
    content_layers: tuple[str, ...] = ("block4_conv2",)
    style_layers: tuple[str, ...] = STYLE_LAYERS
    style_weights: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0, 1.0)
    style_loss: str = "gram"
    variation: float = 0.5
    pooling: str = "max"
    start: str = "content"
    optimizer: str = "adam"
    learning_rate: float = 0.03
    precision: str = "float32"
    jit_compile: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        _check(self)

    @classmethod
    def preset(cls, name: str, **changes: Any) -> Settings:
        """The settings called "draft", "normal" or "best", with changes."""
        if name not in PRESETS:
            raise ValueError(f"preset {name!r} is unknown; use one of {', '.join(PRESETS)}")
        return replace(PRESETS[name], **changes)


def _check(settings: Settings) -> None:
    ranges = {
        "size": (32, 16384),
        "strength": (0, 1),
        "style_scale": (0.05, 8),
        "smallest": (32, 16384),
        "variation": (0, 1e6),
        "learning_rate": (1e-6, 1),
    }
    for name, (low, high) in ranges.items():
        value = getattr(settings, name)
        if not (isinstance(value, int | float) and low <= value <= high):
            raise ValueError(f"{name} is {value!r}; use a number from {low} to {high}")
    choices = {
        "style_loss": tuple(STYLE_LOSSES),
        "start": ("content", "noise", "picture"),
        "optimizer": ("adam", "lbfgs"),
        "precision": ("float32", "bfloat16"),
        "pooling": ("max", "average"),
    }
    for name, allowed in choices.items():
        if getattr(settings, name) not in allowed:
            raise ValueError(
                f"{name} is {getattr(settings, name)!r}; use one of {', '.join(allowed)}"
            )
    if not settings.steps or min(settings.steps) < 1:
        raise ValueError(f"steps is {settings.steps}; use one or more numbers of at least 1")
    if len(settings.style_weights) != len(settings.style_layers):
        raise ValueError(
            f"style_weights has {len(settings.style_weights)} numbers for "
            f"{len(settings.style_layers)} style_layers; give one each"
        )


PRESETS = {
    "draft": Settings(steps=(100, 60, 40, 25, 20)),
    "normal": Settings(),
    "best": Settings(steps=(300, 300, 250, 250, 250)),
}

MARGIN = 16  # reflected pixels around the canvas, cut off at the end: no bands along the borders
AVERAGE = 0.98  # decay of the running average of the iterates, which is the picture returned
GAIN = 0.04  # how fast the content weight follows the content distance, a step
WEIGHT_RANGE = (1e-4, 1e2)


class DivergenceError(RuntimeError):
    """The optimisation has left the finite numbers; the best picture before that is kept."""


@dataclass(frozen=True)
class Progress:
    """Where a painting stands. Losses are those of the last step; steps count over all levels."""

    level: int
    levels: int
    height: int
    width: int
    step: int
    steps: int
    content_distance: float
    style_loss: float
    variation: float
    content_weight: float


def distance_wanted(strength: float) -> float:
    """The content distance that a strength asks for; see `losses.content_distance`."""
    return 0.6 * strength


def style_share(strength: float) -> float:
    """How much of the style's statistics the target holds; the photo's own make up the rest.

    Content distance leaves palette and contrast free, so a weak style needs a weak target too.
    """
    return min(1.0, 2 * strength)


def level_sizes(size: int, smallest: int) -> list[int]:
    """The long sides of the pyramid: √2 apart, from at least `smallest` up to `size`."""
    count = max(0, math.floor(2 * math.log2(size / smallest) + 1e-9)) if size > smallest else 0
    return [round(size / math.sqrt(2) ** k) for k in range(count, -1, -1)]


class Canvas:
    """One level of the pyramid: the picture being painted, its targets and the compiled step."""

    def __init__(
        self,
        extractor: keras.Model,
        settings: Settings,
        content: np.ndarray,
        target: Mapping[str, losses.FeatureStatistics],
        start: np.ndarray,
        content_weight: float,
    ) -> None:
        self.extractor, self.settings = extractor, settings
        wanted = extractor(padded(content))
        self.content = {name: wanted[name] for name in settings.content_layers}
        share = style_share(settings.strength)
        self.style = {
            name: losses.blend_statistics(
                [target[name], losses.feature_statistics(wanted[name])], [share, 1 - share]
            )
            for name in settings.style_layers
        }
        self.image = tf.Variable(padded(start))
        self.average = tf.Variable(tf.zeros_like(self.image))
        self.averaged = tf.Variable(0.0)
        self.weight = tf.Variable(content_weight)
        self.report = tf.Variable(tf.zeros(3))
        self.optimizer = keras.optimizers.Adam(settings.learning_rate, beta_1=0.9, beta_2=0.99)
        self.optimizer.build([self.image])
        self.advance = tf.function(
            self._advance,
            jit_compile=settings.jit_compile,
            input_signature=[tf.TensorSpec((), tf.int32)],
        )
        self.slope = tf.function(self._slope, jit_compile=settings.jit_compile)

    def objective(self, image: Any) -> tuple[Any, Any]:
        """The weighted sum that is descended, and (content distance, style loss, variation)."""
        settings = self.settings
        activations = self.extractor(image)
        content = sum(
            losses.content_distance(activations[name], target)[0]
            for name, target in self.content.items()
        ) / len(self.content)
        loss = STYLE_LOSSES[settings.style_loss]
        style = sum(
            weight * loss(losses.feature_statistics(activations[name]), self.style[name])[0]
            for name, weight in zip(settings.style_layers, settings.style_weights, strict=True)
        ) / sum(settings.style_weights)
        variation = losses.total_variation(image)[0]
        total = style + self.weight * content + settings.variation * variation
        return total, tf.stack([content, style, variation])

    def _advance(self, steps: Any) -> None:
        for _ in tf.range(steps):
            with tf.GradientTape() as tape:
                total, report = self.objective(self.image)
            self.optimizer.apply_gradients([(tape.gradient(total, self.image), self.image)])
            self.image.assign(tf.clip_by_value(self.image, 0.0, 1.0))
            self.average.assign(AVERAGE * self.average + (1 - AVERAGE) * self.image)
            self.averaged.assign(AVERAGE * self.averaged + (1 - AVERAGE))
            self.report.assign(report)
            self.balance(report[0])

    def balance(self, distance: Any) -> None:
        """Raise the content weight when the photo fades too far, lower it when it stays too near.

        A weight fixed beforehand loses a face to one artwork and leaves another without effect.
        """
        wanted = distance_wanted(self.settings.strength)
        error = tf.clip_by_value(tf.math.log((distance + 1e-4) / (wanted + 1e-4)), -1.0, 1.0)
        weight = self.weight * tf.exp(GAIN * error)
        self.weight.assign(tf.clip_by_value(weight, *WEIGHT_RANGE))

    def _slope(self, image: Any) -> tuple[Any, Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(image)
            total, report = self.objective(image)
        return total, tape.gradient(total, image), report

    def picture(self) -> np.ndarray:
        """The running average of the iterates so far, (H, W, 3), without the margin."""
        image = self.average / self.averaged if float(self.averaged) else self.image
        return np.asarray(image)[0, MARGIN:-MARGIN, MARGIN:-MARGIN]

    def inherit_moments(self, coarser: Canvas) -> None:
        """Take over Adam's moments from the level below, enlarged (Crowson)."""
        count, _, momentum, velocity = self.optimizer.variables
        count_before, _, momentum_before, velocity_before = coarser.optimizer.variables
        size = self.image.shape[1:3]
        count.assign(count_before)
        momentum.assign(tf.image.resize(momentum_before, size, "bicubic"))
        velocity.assign(tf.maximum(tf.image.resize(velocity_before, size, "bilinear"), 0.0))


def padded(image: np.ndarray) -> np.ndarray:
    """(H, W, 3) → (1, H + 2·MARGIN, W + 2·MARGIN, 3), reflected."""
    return np.pad(image, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), "reflect")[None]


class StyleTransfer:
    """A photo on its way to a painting in the style of one or more pictures."""

    def __init__(
        self,
        content: np.ndarray,
        styles: Sequence[np.ndarray],
        settings: Settings = PRESETS["normal"],
        *,
        style_shares: Sequence[float] | None = None,
        network: str | keras.Model = "auto",
        weights: str = "auto",
        start: np.ndarray | None = None,
    ) -> None:
        self.settings = settings
        self.content = images.validate(content, "content")
        self.styles = [images.validate(style, f"styles[{i}]") for i, style in enumerate(styles)]
        self.shares = list(style_shares or [1.0] * len(self.styles))
        self.start = start
        if isinstance(network, str):
            name, _ = features.choose_network(network)
            network = features.FeatureExtractor(
                name,
                {*settings.content_layers, *settings.style_layers},
                settings.pooling,
                weights,
                "mixed_bfloat16" if settings.precision == "bfloat16" else None,
            )
        self.extractor = network
        self.canvas: Canvas | None = None

    @property
    def sizes(self) -> list[int]:
        return level_sizes(self.settings.size, self.settings.smallest)

    def style_target(self, size: int) -> dict[str, losses.FeatureStatistics]:
        gathered = []
        for style in self.styles:
            long_side = min(max(style.shape[:2]), round(size * self.settings.style_scale))
            small = images.resize(style, *images.fitted(*style.shape[:2], max(long_side, 32)))
            gathered.append(
                {k: losses.feature_statistics(a) for k, a in self.extractor(small[None]).items()}
            )
        return {
            name: losses.blend_statistics([one[name] for one in gathered], self.shares)
            for name in self.settings.style_layers
        }

    def run(self, every: int = 10) -> Iterator[Progress]:
        plan = [self.settings.steps[min(i, len(self.settings.steps) - 1)] for i in range(len(self.sizes))]
        done = 0
        for level, (size, steps) in enumerate(zip(self.sizes, plan, strict=True)):
            self.canvas = self.next_canvas(size)
            for first in range(0, steps, every):
                count = min(every, steps - first)
                self.canvas.advance(tf.constant(count))
                done += count
                report = [float(v) for v in self.canvas.report.numpy()]
                yield Progress(level, len(plan), *self.canvas.image.shape[1:3], done, sum(plan), *report, float(self.canvas.weight.numpy()))

    def next_canvas(self, size: int) -> Canvas:
        height, width = images.fitted(*self.content.shape[:2], size)
        content = images.resize(self.content, height, width)
        before = self.canvas
        if before is not None:
            start = images.resize(before.picture(), height, width)
        elif self.settings.start == "noise":
            random = np.random.default_rng(self.settings.seed)
            start = np.clip(random.normal(0.5, 0.15, content.shape), 0, 1).astype(np.float32)
        else:
            start = content
        canvas = Canvas(self.extractor, self.settings, content, self.style_target(size), start,
            float(before.weight.numpy()) if before else 0.03)
        if before is not None:
            canvas.inherit_moments(before)
        return canvas

    def picture(self):
        return images.resize(self.canvas.picture(), *images.fitted(*self.content.shape[:2], self.settings.size))
