"""One picture by gradient descent: Gatys' algorithm, coarse to fine, balanced by measurement."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from scipy.optimize import Bounds, minimize

from tfnst import features, images, losses
from tfnst.settings import PRESETS, Settings

# The target's form, computed once, and the loss that compares with it.
STYLE_LOSSES = {
    "gram": (losses.gram_matrix, losses.gram_style_loss),
    "wasserstein": (losses.gaussian, losses.wasserstein_style_loss),
}
MARGIN = 16  # reflected pixels around the canvas, cut off at the end: no bands along the borders
AVERAGING = 0.98  # decay of the running average of the iterates, which is the picture returned
FIRST_WEIGHT = 0.05  # of the content distance; found on unlike pairs, then corrected by `balance`
WEIGHT_RANGE = (1e-4, 1e3)


class DivergenceError(RuntimeError):
    """The optimisation has left the finite numbers; the last finite picture is kept."""


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
    """The `losses.content_distance` that a strength asks for: 0.18 at ½, where faces still hold."""
    return 0.6 * math.pow(strength, 1.75)


def style_share(strength: float) -> float:
    """How much of the style's statistics the target holds; the photo's own make up the rest.

    Content distance leaves palette and contrast free, so a weak style needs a weak target too.
    """
    return min(1.0, 2 * strength)


def level_sizes(size: int, smallest: int) -> list[int]:
    """The long sides of the pyramid: √2 apart, from `smallest` or a little more up to `size`."""
    finer = max(0, math.floor(2 * math.log2(size / smallest) + 1e-9))
    return [round(size / math.sqrt(2) ** k) for k in range(finer, -1, -1)]


def padded(image: np.ndarray) -> np.ndarray:
    """(H, W, 3) → (1, H + 2·MARGIN, W + 2·MARGIN, 3), reflected."""
    return np.pad(image, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), "symmetric")[None]


class Canvas:
    """One level of the pyramid: the picture being painted, its targets and the compiled step."""

    def __init__(
        self,
        extractor: keras.Model,
        settings: Settings,
        content: np.ndarray,
        style: Mapping[str, losses.FeatureStatistics],
        start: np.ndarray,
        content_weight: float = FIRST_WEIGHT,
    ) -> None:
        self.extractor, self.settings = extractor, settings
        photo = extractor(padded(content))
        self.content_target = {name: photo[name] for name in settings.content_layers}
        share = style_share(settings.strength)
        as_target, self.style_loss = STYLE_LOSSES[settings.style_loss]
        self.style_target = {
            name: as_target(
                losses.blend_statistics(
                    [style[name], losses.feature_statistics(photo[name])], [share, 1 - share]
                )
            )
            for name in settings.style_layers
        }
        self.image = tf.Variable(padded(start))
        self.sum = tf.Variable(tf.zeros_like(self.image))
        self.count = tf.Variable(0.0)
        self.content_weight = tf.Variable(content_weight)
        self.report = tf.Variable(tf.zeros(3))
        self.optimizer = keras.optimizers.Adam(settings.learning_rate, beta_1=0.9, beta_2=0.99)
        self.optimizer.build([self.image])
        compiled = {"jit_compile": settings.jit_compile}
        scalar = tf.TensorSpec((), tf.int32)
        self.train = tf.function(self._train, input_signature=[scalar], **compiled)
        self.slope = tf.function(self._slope, **compiled)

    def objective(self, image: Any) -> tuple[Any, Any]:
        """The weighted sum that is descended, and (content distance, style loss, variation)."""
        settings = self.settings
        activations = self.extractor(image)
        content = sum(
            losses.content_distance(activations[name], target)[0]
            for name, target in self.content_target.items()
        ) / len(self.content_target)
        weights = dict(zip(settings.style_layers, settings.style_weights, strict=True))
        style = sum(
            weights[name] * self.style_loss(losses.feature_statistics(activations[name]), target)[0]
            for name, target in self.style_target.items()
        ) / sum(settings.style_weights)
        variation = losses.total_variation(image)[0]
        total = style + self.content_weight * content + settings.variation * variation
        return total, tf.stack([content, style, variation])

    def _slope(self, image: Any) -> tuple[Any, Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(image)
            total, report = self.objective(image)
        return total, tape.gradient(total, image), report

    def _train(self, steps: Any) -> None:
        """The training step, `steps` times in one call: a graph, where Python decides nothing."""
        for _ in tf.range(steps):
            _, gradient, report = self._slope(tf.convert_to_tensor(self.image))
            self.optimizer.apply_gradients([(gradient, self.image)])
            self.image.assign(tf.clip_by_value(self.image, 0.0, 1.0))
            self.sum.assign(AVERAGING * self.sum + (1 - AVERAGING) * self.image)
            self.count.assign(AVERAGING * self.count + (1 - AVERAGING))
            self.report.assign(report)
            self.balance(report[0], 0.04)

    def balance(self, distance: Any, gain: float) -> None:
        """Raise the content weight when the photo fades too far, lower it when it stays too near.

        A weight fixed beforehand loses a face to one artwork and leaves another without effect.
        """
        wanted = distance_wanted(self.settings.strength)
        error = tf.clip_by_value(tf.math.log((distance + 1e-4) / (wanted + 1e-4)), -1.0, 1.0)
        weight = self.content_weight * tf.exp(gain * error)
        self.content_weight.assign(tf.clip_by_value(weight, *WEIGHT_RANGE))

    def descend(self, steps: int) -> None:
        """`steps` optimiser steps by Adam, or as many iterations of L-BFGS."""
        if self.settings.optimizer == "adam":
            self.train(tf.constant(steps))
            return
        shape = self.image.shape

        def value_and_slope(x: np.ndarray) -> tuple[float, np.ndarray]:
            total, gradient, report = self.slope(tf.constant(x.reshape(shape), tf.float32))
            self.report.assign(report)
            return float(total), gradient.numpy().ravel().astype(np.float64)

        start = self.image.numpy().ravel().astype(np.float64)
        found = minimize(
            value_and_slope,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=Bounds(0.0, 1.0),
            options={"maxiter": steps, "maxcor": 20},
        )
        self.image.assign(found.x.reshape(shape).astype(np.float32))
        self.balance(self.report[0], min(1.0, 0.04 * steps))

    def picture(self) -> np.ndarray:
        """The running average of the iterates so far, (H, W, 3), without the margin."""
        count = float(self.count.numpy())
        image = self.sum.numpy() / count if count else self.image.numpy()
        return np.asarray(np.clip(image[0, MARGIN:-MARGIN, MARGIN:-MARGIN], 0, 1))

    def inherit_moments(self, coarser: Canvas) -> None:
        """Take over Adam's moments from the level below, enlarged (Crowson)."""
        steps, _, momentum, velocity = self.optimizer.variables
        steps_before, _, momentum_before, velocity_before = coarser.optimizer.variables
        size = self.image.shape[1:3]
        steps.assign(steps_before)
        momentum.assign(tf.image.resize(momentum_before, size, "bicubic"))
        velocity.assign(tf.image.resize(velocity_before, size, "bilinear"))


class StyleTransfer:
    """A photo on its way to a painting in the style of one or more pictures.

    Args:
        content: the photo, (H, W, 3) RGB in [0, 1].
        styles: one or more artworks, of any size, likewise.
        settings: see `Settings`.
        shares: how much each style counts; relative to each other, equal by default.
        network: "auto", "vgg19", "vgg19-lite", or a model image → {layer: activation} of one's own.
        weights: of the network; see `FeatureExtractor`.
        start: the picture to start from, with `settings.start` "picture".

    Raises:
        ValueError: a picture, share, network, layer or start that does not fit.
    """

    def __init__(
        self,
        content: np.ndarray,
        styles: Sequence[np.ndarray],
        settings: Settings = PRESETS["normal"],
        *,
        shares: Sequence[float] | None = None,
        network: str | keras.Model = "auto",
        weights: str | Path | None = "auto",
        start: np.ndarray | None = None,
    ) -> None:
        self.settings = settings
        self.content = images.validate(content, "content", images.MIN_SIDE)
        self.styles = [
            images.validate(style, f"styles[{index}]", images.MIN_SIDE)
            for index, style in enumerate(styles)
        ]
        self.shares = _checked_shares(shares, len(self.styles))
        if (settings.start == "picture") != (start is not None):
            raise ValueError("start: give a picture with settings.start 'picture', and only then")
        self.start = None if start is None else images.validate(start, "start", images.MIN_SIDE)
        self.extractor = (
            features.FeatureExtractor(
                features.choose_network(network)[0],
                settings.layers,
                settings.pooling,
                weights,
                "mixed_bfloat16" if settings.precision == "bfloat16" else None,
            )
            if isinstance(network, str)
            else network
        )
        height, width, _ = self.content.shape
        self.shape = images.fitted(height, width, settings.size)
        self.sizes = level_sizes(settings.size, settings.smallest)
        last = len(settings.steps) - 1
        self.plan = [settings.steps[min(level, last)] for level in range(len(self.sizes))]
        self.steps_done = 0
        self._best = images.resize(self.content, *self.shape)

    @property
    def finished(self) -> bool:
        """Whether every step of the plan has been done."""
        return self.steps_done == sum(self.plan)

    def run(self, every: int = 10) -> Iterator[Progress]:
        """Paint, yielding `Progress` every so many steps; leave the loop to stop.

        Raises:
            DivergenceError: a loss or the picture is not finite; `picture()` is the last that was.
        """
        # A run of L-BFGS starts without curvature, so it must be long enough to learn some.
        every = max(every, 25) if self.settings.optimizer == "lbfgs" else every
        canvas: Canvas | None = None
        for level, (size, steps) in enumerate(zip(self.sizes, self.plan, strict=True)):
            canvas = self._next_canvas(size, canvas)
            for first in range(0, steps, every):
                count = min(every, steps - first)
                canvas.descend(count)
                report, picture = canvas.report.numpy(), canvas.picture()
                if not (np.isfinite(report).all() and np.isfinite(picture).all()):
                    raise DivergenceError(
                        f"the loss is not a finite number; try a learning_rate below "
                        f"{self.settings.learning_rate:g} or precision 'float32'"
                    )
                self._best = picture
                self.steps_done += count
                yield Progress(
                    level=level,
                    levels=len(self.plan),
                    height=picture.shape[0],
                    width=picture.shape[1],
                    step=self.steps_done,
                    steps=sum(self.plan),
                    content_distance=float(report[0]),
                    style_loss=float(report[1]),
                    variation=float(report[2]),
                    content_weight=float(canvas.content_weight.numpy()),
                )

    def picture(self) -> np.ndarray:
        """The best picture so far, (H, W, 3) float32 in [0, 1], at the size of the result."""
        return images.resize(self._best, *self.shape)

    def style_statistics(self, size: int) -> dict[str, losses.FeatureStatistics]:
        """The style pictures' statistics, blended, as seen beside a canvas of that long side."""
        gathered = []
        for style in self.styles:
            wanted = max(round(size * self.settings.style_scale), images.MIN_SIDE)
            long_side = min(wanted, max(style.shape[:2]))
            height, width, _ = style.shape
            small = images.resize(style, *images.fitted(height, width, long_side))
            activations = self.extractor(padded(small))
            gathered.append({k: losses.feature_statistics(a) for k, a in activations.items()})
        return {
            name: losses.blend_statistics([each[name] for each in gathered], self.shares)
            for name in self.settings.style_layers
        }

    def _next_canvas(self, size: int, before: Canvas | None) -> Canvas:
        height, width, _ = self.content.shape
        shape = images.fitted(height, width, size)
        content = images.resize(self.content, *shape)
        style = self.style_statistics(size)
        if before is not None:
            start = images.resize(before.picture(), *shape)
            weight = float(before.content_weight.numpy())
            canvas = Canvas(self.extractor, self.settings, content, style, start, weight)
            canvas.inherit_moments(before)
            return canvas
        if self.start is not None:
            start = images.resize(self.start, *shape)
        elif self.settings.start == "noise":
            noise = np.random.default_rng(self.settings.seed).normal(0.5, 0.15, content.shape)
            start = np.clip(noise, 0, 1).astype(np.float32)
        else:
            start = content
        return Canvas(self.extractor, self.settings, content, style, start)


def _checked_shares(shares: Sequence[float] | None, count: int) -> list[float]:
    if count == 0:
        raise ValueError("styles is empty; give at least one style picture")
    given = [1.0] * count if shares is None else [float(share) for share in shares]
    if len(given) != count or not all(0 <= share < math.inf for share in given) or not sum(given):
        raise ValueError(f"shares is {given}; give {count} numbers from 0, one a style, not all 0")
    return given


def stylize(
    content: np.ndarray,
    styles: np.ndarray | Sequence[np.ndarray],
    settings: Settings = PRESETS["normal"],
    **options: Any,
) -> np.ndarray:
    """The photo painted in the style of the artworks, (H, W, 3) float32 in [0, 1].

    Arguments and errors are those of `StyleTransfer`, which also tells how far it is.
    """
    several = list(styles) if np.ndim(styles) != 3 else [np.asarray(styles)]
    painting = StyleTransfer(content, several, settings, **options)
    for _ in painting.run():
        pass
    return painting.picture()
