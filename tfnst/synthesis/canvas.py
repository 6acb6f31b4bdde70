"""The picture under optimisation: its variables, its losses and the compiled training step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from scipy.optimize import Bounds, minimize

from tfnst import devices, losses
from tfnst.synthesis.settings import Settings

# The target's form, computed once, and the loss that compares with it.
STYLE_LOSSES = {
    "gram": (losses.gram_matrix, losses.gram_style_loss),
    "wasserstein": (losses.gaussian, losses.wasserstein_style_loss),
}
MARGIN = 16  # reflected pixels around the canvas, cut off at the end: no bands along the borders
AVERAGING = 0.98  # decay of the running average of the iterates, which is the picture returned
FIRST_WEIGHT = 0.05  # of the content distance; found on unlike pairs, then corrected by `balance`
WEIGHT_RANGE = (1e-4, 1e3)
GAIN = 0.04  # how fast the content weight follows, a step
MOST = 2.0  # times what style counts, the most that content may count


def distance_wanted(strength: float) -> float:
    """The `losses.content_distance` that a strength asks for: 0.18 at ½, where faces still hold."""
    return 0.6 * math.pow(strength, 1.75)


def style_share(strength: float) -> float:
    """How much of the style's statistics the target holds; the photo's own make up the rest.

    Content distance leaves palette and contrast free, so a weak style needs a weak target too.
    """
    return min(1.0, 2 * strength)


def padded(image: np.ndarray) -> np.ndarray:
    """(H, W, 3) → (1, H + 2·MARGIN, W + 2·MARGIN, 3), reflected."""
    return np.pad(image, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), "symmetric")[None]


class Canvas:
    """The picture being painted, whatever its size, and what it is compared with.

    Its variables have no fixed height and width, so that the training step is traced once and
    serves every level of the pyramid. Use `place` before `descend`.
    """

    def __init__(self, extractor: keras.Model, settings: Settings) -> None:
        self.extractor, self.settings = extractor, settings
        self.as_target, self.style_loss = STYLE_LOSSES[settings.style_loss]
        picture = (1, None, None, 3)
        blank = tf.zeros((1, 1, 1, 3))
        self.image = tf.Variable(blank, shape=picture)
        self.momentum = tf.Variable(blank, shape=picture)
        self.velocity = tf.Variable(blank, shape=picture)
        self.adam_steps = tf.Variable(0.0)
        self.sum = tf.Variable(blank, shape=picture)
        self.count = tf.Variable(0.0)
        self.content_weight = tf.Variable(FIRST_WEIGHT)
        self.report = tf.Variable(tf.zeros(3))
        self.content_target: dict[str, Any] = {}
        self.style_target: dict[str, Any] = {}
        # AutoGraph has nothing to translate here, and takes as long to see it as the tracing does.
        compiled = {"jit_compile": settings.jit_compile, "autograph": False}
        self.step = tf.function(self._step, **compiled)
        self.train = tf.function(
            self._train, input_signature=[tf.TensorSpec((), tf.int32)], **compiled
        )
        self.slope = tf.function(
            self._slope, input_signature=[tf.TensorSpec(picture, tf.float32)], **compiled
        )

    def place(
        self,
        content: np.ndarray,
        style: Mapping[str, losses.FeatureStatistics],
        start: np.ndarray,
    ) -> None:
        """Begin a level: (H, W, 3) pictures of its size, and the style's statistics there.

        Adam's moments go on, enlarged (Crowson); the running average begins anew.
        """
        photo = self.extractor(padded(content))
        share = style_share(self.settings.strength)
        for name in self.settings.content_layers:
            self._keep(self.content_target, name, losses.standardize(photo[name]))
        for name in self.settings.style_layers:
            own = losses.feature_statistics(photo[name])
            blend = losses.blend_statistics([style[name], own], [share, 1 - share])
            self._keep(self.style_target, name, self.as_target(blend))
        self.image.assign(padded(start))
        size = tf.shape(self.image)[1:3]
        self.momentum.assign(tf.image.resize(self.momentum, size, "bicubic"))
        self.velocity.assign(tf.image.resize(self.velocity, size, "bilinear"))
        self.sum.assign(tf.zeros_like(self.image))
        self.count.assign(0.0)

    @staticmethod
    def _keep(targets: dict[str, Any], name: str, value: Any) -> None:
        """Put a tensor, or a tuple of them, into variables that the traced step reads."""
        if name not in targets:
            targets[name] = tf.nest.map_structure(
                lambda x: tf.Variable(
                    x, shape=(1, None, None, x.shape[-1]) if x.shape.rank == 4 else x.shape
                ),
                value,
            )
        tf.nest.map_structure(lambda variable, x: variable.assign(x), targets[name], value)

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
        report = tf.stack([content, style, variation])
        return self.style_part(report) + self.content_weight * content, report

    def style_part(self, report: Any) -> Any:
        """What style and variation add to the objective that is descended."""
        share = style_share(self.settings.strength)
        return share * (report[1] + self.settings.variation * report[2])

    def _slope(self, image: Any) -> tuple[Any, Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(image)
            total, report = self.objective(image)
        gradient = tape.gradient(total, image)
        devices.forget_gradients()
        return total, gradient, report

    def _step(self) -> None:
        """The training step. It is traced into a graph, so Python decides nothing in it."""
        _, gradient, report = self._slope(tf.convert_to_tensor(self.image))
        self._adam(gradient)
        self.image.assign(tf.clip_by_value(self.image, 0.0, 1.0))
        self.sum.assign_add((1 - AVERAGING) * (self.image - self.sum))
        self.count.assign_add((1 - AVERAGING) * (1 - self.count))
        self.report.assign(report)
        self.balance(report, GAIN)

    def _train(self, steps: Any) -> None:
        def body(done: Any) -> tuple[Any]:
            self._step()
            return (done + 1,)

        tf.while_loop(lambda done: done < steps, body, (tf.constant(0),))

    def _adam(self, gradient: Any) -> None:
        """One step of Adam (Kingma & Ba, ICLR 2015, algorithm 1).

        By TensorFlow's fused kernel: on a single large variable it takes a quarter of the time of
        `keras.optimizers.Adam`, which is several per cent of a whole step.
        """
        self.adam_steps.assign_add(1.0)
        first, second = 0.9, 0.99
        tf.raw_ops.ResourceApplyAdam(
            var=self.image.handle,
            m=self.momentum.handle,
            v=self.velocity.handle,
            beta1_power=first**self.adam_steps,
            beta2_power=second**self.adam_steps,
            lr=self.settings.learning_rate,
            beta1=first,
            beta2=second,
            epsilon=1e-7,
            grad=gradient,
        )

    def balance(self, report: Any, gain: float) -> None:
        """Raise the content weight when the photo fades too far, lower it when it stays too near.

        A weight fixed beforehand loses a face to one artwork and leaves another without effect. One
        that rose without end, where the steps themselves keep the picture farther from the photo
        than is wanted, would leave style, and with it all colours, without effect.
        """
        distance = report[0]
        wanted = distance_wanted(self.settings.strength)
        error = tf.clip_by_value(tf.math.log((distance + 1e-4) / (wanted + 1e-4)), -1.0, 1.0)
        weight = self.content_weight * tf.exp(gain * error)
        most = MOST * self.style_part(report) / (distance + 1e-4)
        least, limit = WEIGHT_RANGE
        self.content_weight.assign(
            tf.clip_by_value(weight, least, tf.clip_by_value(most, least, limit))
        )

    def descend(self, steps: int) -> None:
        """`steps` optimiser steps by Adam, or as many iterations of L-BFGS."""
        if self.settings.optimizer == "adam":
            # An accelerator takes all steps in one call; on a CPU a loop in the graph is slower
            # than one around it.
            if self.settings.jit_compile or "CPU" not in self.image.device:
                self.train(tf.constant(steps))
            else:
                for _ in range(steps):
                    self.step()
            return
        shape = tuple(tf.shape(self.image).numpy())

        def value_and_slope(x: np.ndarray) -> tuple[float, np.ndarray]:
            total, gradient, _ = self.slope(tf.constant(x.reshape(shape), tf.float32))
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
        self.report.assign(self.slope(tf.convert_to_tensor(self.image))[2])
        self.balance(self.report, min(1.0, GAIN * steps))

    def picture(self) -> np.ndarray:
        """The running average of the iterates so far, (H, W, 3), without the margin."""
        count = float(self.count.numpy())
        image = self.sum.numpy() / count if count else self.image.numpy()
        return np.asarray(np.clip(image[0, MARGIN:-MARGIN, MARGIN:-MARGIN], 0, 1))
