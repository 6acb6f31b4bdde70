"""The picture under optimisation: its variables and the compiled training step."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from scipy.optimize import Bounds, minimize

from tfnst import devices, images
from tfnst.losses.terms import View
from tfnst.synthesis import lbfgs
from tfnst.synthesis.default_objective import default_terms, style_share
from tfnst.synthesis.objective import Objective, WeightedTerm, view
from tfnst.synthesis.pyramid import Bands, Form, Pixels
from tfnst.synthesis.settings import Settings
from tfnst.synthesis.tiles import TiledObjective, by_tiles

# Of a picture: the total, its gradient, and the terms' distances.
Slope = Callable[[Any], tuple[Any, Any, Any]]

GAIN = 0.04  # how fast a steered weight follows, a step
RUN = 25  # iterations of L-BFGS between steerings; each run begins without curvature and learns it


class Stage(NamedTuple):
    """What a canvas held at a step.

    Attributes:
        steps: how many were done at its level.
        distances: of the terms, (T,), in their order.
        picture: (H, W, 3) in [0, 1], without its halo.
    """

    steps: int
    distances: np.ndarray
    picture: np.ndarray


class Canvas:
    """The picture being painted, whatever its size, and the objective that it descends.

    The picture is composed of parts, of which `pyramid` tells. As variables they have no fixed
    height and width, so that the training step is traced once and serves every level. Call
    `begin_level` before `descend`.

    Args:
        extractor: a model image → {layer: activation} with all layers that the terms read.
        settings: see `Settings`.
        terms: what is descended; by default what the settings say, `default_terms`.
        form: what the picture is composed of; by default what the settings say. One that is
            periodic has no halo, and wants an extractor whose padding is "wrap".
    """

    def __init__(
        self,
        extractor: keras.Model,
        settings: Settings,
        terms: Sequence[WeightedTerm] | None = None,
        form: Form | None = None,
    ) -> None:
        self.model, self.settings = extractor, settings
        terms = default_terms(settings) if terms is None else terms
        self.objective = Objective(terms, style_share(settings.strength, settings.in_bands))
        picture = (1, None, None, 3)
        # Traced once for all scales and sizes.
        signature = [tf.TensorSpec(picture, tf.float32)]
        traced = tf.function(extractor, input_signature=signature, autograph=False)
        self.extractor = traced if self.objective.scales else extractor
        self.form = form or (Bands() if settings.in_bands else Pixels())
        self.tiled: TiledObjective | None = None  # of a level that goes by tiles
        blank = tf.zeros((1, 1, 1, 3))
        blanks = [tf.zeros((1, 1, 1, c)) for c in self.form.channels]
        self.parts, self.momenta, self.velocities = (
            [tf.Variable(b, shape=(1, None, None, b.shape[3])) for b in blanks] for _ in range(3)
        )
        self.adam_steps = tf.Variable(0.0)
        self.sum = tf.Variable(blank, shape=picture)
        count = self.objective.regions
        self.regions = None
        if count:
            self.regions = tf.Variable(tf.zeros((1, 1, 1, count)), shape=(1, None, None, count))
        self.count = tf.Variable(0.0)
        self.report = tf.Variable(tf.zeros(len(terms)))  # the terms' distances
        # AutoGraph has nothing to translate here, and takes as long to see it as the tracing does.
        # Partial: of methods TensorFlow counts the traces of all canvases as one's, and warns.
        compiled = {"jit_compile": settings.jit_compile, "autograph": False}
        self.step = tf.function(partial(self._step, self._slope), **compiled)
        self.train = tf.function(
            partial(self._train), input_signature=[tf.TensorSpec((), tf.int32)], **compiled
        )
        self.slope = tf.function(
            partial(self._slope), input_signature=[tf.TensorSpec(picture, tf.float32)], **compiled
        )
        parts = [tf.TensorSpec((1, None, None, c), tf.float32) for c in self.form.channels]
        self.slopes = tf.function(
            partial(self._slopes, self._slope), input_signature=[parts], **compiled
        )
        # The step that has its slope from tiles, in parts: nothing of one is in memory in the next.
        self.inward, self.move, self.settle = (
            tf.function(partial(part), input_signature=[tf.TensorSpec(shape)], **compiled)
            for part, shape in (
                (self._inward, picture),
                (self._move, picture),
                (self._settle, (len(terms),)),
            )
        )

    def begin_level(
        self,
        content: np.ndarray,
        style: Mapping[str, Any],
        start: np.ndarray,
        apart: bool = False,
        matching: bool = True,
        regions: np.ndarray | None = None,
    ) -> None:
        """Take (H, W, 3) pictures of its size, and the artworks' measurements there.

        Those are of `objective.blend`. Adam's moments go on, enlarged (Crowson), and where they
        follow the area as much smaller as a pixel's part of the loss becomes; the running average
        begins anew.
        Neighbours are found for start and photo blended by the strength, or, layer by layer and
        `apart`, for the start alone; they count while there is `matching`. Of the `regions` that
        terms name there is a mask each, (H, W, R) in [0, 1].
        """
        if self.regions is not None:
            assert regions is not None
            self.regions.assign(self._padded(regions))
        height, width, _ = content.shape
        tiled = by_tiles(height, width, self.objective.terms, self.model)
        self.tiled = self._tiled if tiled else None
        if self.tiled is not None:
            self.tiled.aim(tf.constant(self._padded(content)), style)
        else:
            photo, picture = self.view(self._padded(content)), None
            if self.objective.matches:
                part = 1.0 if apart else self.settings.strength
                picture = self.view(self._padded(part * start + (1 - part) * content))
            self.objective.aim(photo, style, picture, apart, matching)
        parts = self.form.split(tf.constant(self._padded(start)))
        variables = zip(self.parts, self.momenta, self.velocities, parts, strict=True)
        for variable, momentum, velocity, part in variables:
            ratio = tf.cast(tf.size(variable) / tf.size(part), tf.float32)
            fall = ratio if self.form.moments_follow_area else 1.0
            variable.assign(part)
            size = tf.shape(part)[1:3]
            momentum.assign(fall * tf.image.resize(momentum, size, "bicubic"))
            velocity.assign(fall**2 * tf.image.resize(velocity, size, "bilinear"))
        self.sum.assign(tf.zeros_like(self.image))
        self.count.assign(0.0)

    @cached_property
    def _tiled(self) -> TiledObjective:
        return TiledObjective(self.model, self.objective, self.settings.jit_compile)

    def clear(self) -> None:
        """Be as it was made: nothing painted, no step done, weights where they begin."""
        blanks = [tf.zeros((1, 1, 1, channels)) for channels in self.form.channels]
        for variables in (self.parts, self.momenta, self.velocities):
            for variable, blank in zip(variables, blanks, strict=True):
                variable.assign(blank)
        self.sum.assign(tf.zeros((1, 1, 1, 3)))
        if self.regions is not None:
            self.regions.assign(tf.zeros((1, 1, 1, self.objective.regions)))
        for variable in (self.adam_steps, self.count, self.report):
            variable.assign(tf.zeros_like(variable))
        self.objective.clear()
        if self.tiled is not None:
            self.tiled.clear()
            self.tiled = None

    @property
    def on_cpu(self) -> bool:
        """Whether the picture lies with a CPU, and no accelerator."""
        return "CPU" in self.sum.device

    @property
    def image(self) -> Any:
        """The iterate, (1, H, W, 3) in [0, 1], with its halo."""
        return tf.clip_by_value(self.form.compose(self.parts), 0.0, 1.0)

    def view(self, image: Any) -> View:
        """What the terms see of a (1, H, W, 3) picture."""
        regions = None if self.regions is None else tf.convert_to_tensor(self.regions)
        scales = self.objective.scales
        return view(self.extractor, image, scales, None, self.adam_steps, regions)

    def _slope(self, image: Any) -> tuple[Any, Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(image)
            report = self.objective.distances(self.view(image))
            total = self.objective.total(report)
        gradient = tape.gradient(total, image)
        devices.forget_gradients()
        return total, gradient, report

    def _slopes(self, slope: Slope, parts: Sequence[Any]) -> tuple[Any, list[Any], Any]:
        with tf.GradientTape() as tape:
            tape.watch(parts)
            image = self.form.compose(parts)
        total, gradient, report = slope(image)
        slopes = tape.gradient(image, parts, gradient)
        devices.forget_gradients()
        return total, slopes, report

    def _step(self, slope: Slope) -> None:
        """The training step. It is traced into a graph, so Python decides nothing in it."""
        self._settle(self._descended(slope))

    def _descended(self, slope: Slope) -> Any:
        """The terms' distances, of the picture before the parts have moved."""
        with tf.GradientTape() as tape:
            composed = self.form.compose(self.parts)
        _, gradient, report = slope(tf.clip_by_value(composed, 0.0, 1.0))
        self._follow(tape.gradient(composed, self.parts, led_inward(composed, gradient)))
        return report

    def _follow(self, slopes: Sequence[Any]) -> None:
        """Move the parts along their gradients."""
        devices.forget_gradients()
        self._adam(slopes)
        self.form.confine(self.parts)

    def _inward(self, gradient: Any) -> Any:
        return led_inward(self.form.compose(self.parts), gradient)

    def _settle(self, report: Any) -> None:
        """Average the picture, and steer by the terms' distances."""
        share = 1 - self.form.averaging
        self.sum.assign_add(share * (self.image - self.sum))
        self.count.assign_add(share * (1 - self.count))
        self.report.assign(report)
        self.objective.steer(report, GAIN)

    def _move(self, gradient: Any) -> None:
        with tf.GradientTape() as tape:
            composed = self.form.compose(self.parts)
        self._follow(tape.gradient(composed, self.parts, gradient))

    def _train(self, steps: Any) -> None:
        def body(done: Any) -> tuple[Any]:
            self._step(self._slope)
            return (done + 1,)

        tf.while_loop(lambda done: done < steps, body, (tf.constant(0),))

    def _adam(self, gradients: Sequence[Any]) -> None:
        """One step of Adam (Kingma & Ba, ICLR 2015, algorithm 1) on every part.

        By TensorFlow's fused kernel: on a single large variable it takes a quarter of the time of
        `keras.optimizers.Adam`, which is several per cent of a whole step.
        """
        self.adam_steps.assign_add(1.0)
        first, second = 0.9, 0.99
        variables = zip(self.parts, self.momenta, self.velocities, gradients, strict=True)
        for variable, momentum, velocity, gradient in variables:
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=momentum.handle,
                v=velocity.handle,
                beta1_power=first**self.adam_steps,
                beta2_power=second**self.adam_steps,
                lr=self.settings.learning_rate,
                beta1=first,
                beta2=second,
                epsilon=1e-7,
                grad=gradient,
            )

    def descend(self, steps: int) -> None:
        """`steps` optimiser steps by Adam, or as many iterations of L-BFGS."""
        for _ in self.stages([steps]):
            pass

    def stages(self, marks: Sequence[int]) -> Iterator[Stage]:
        """Descend to the last of these steps, in rising order, and yield what each one reaches.

        Which steps are looked at changes nothing of the descent.
        """
        if self.settings.optimizer == "adam":
            for first, mark in itertools.pairwise((0, *marks)):
                self._descend_by_adam(mark - first)
                yield Stage(mark, self.report.numpy(), self.picture())
            return
        if self.form.bounds is None:
            yield from self._descend_without_bounds(marks)
            return
        for first in range(0, marks[-1], RUN):
            last = min(first + RUN, marks[-1])
            yield from self._descend_by_lbfgs(first, [m for m in marks if first < m <= last], last)

    def _descend_by_adam(self, steps: int) -> None:
        if self.tiled is not None:
            self._descend_by_tiles(self.tiled, steps)
            return
        # An accelerator takes all steps in one call; on a CPU a loop in the graph is slower than
        # one around it.
        if self.settings.jit_compile or not self.on_cpu:
            self.train(tf.constant(steps))
            return
        with devices.as_traced():
            for _ in range(steps):
                self.step()

    def _descend_by_tiles(self, tiled: TiledObjective, steps: int) -> None:
        with self._as_traced():
            for _ in range(steps):
                _, gradient, report = tiled.slope(self.image)
                gradient = self.inward(gradient)
                self.move(gradient)
                del gradient
                self.settle(report)

    def _as_traced(self) -> contextlib.AbstractContextManager[None]:
        return devices.as_traced() if self.on_cpu else contextlib.nullcontext()

    def _descend_by_lbfgs(self, first: int, marks: Sequence[int], last: int) -> list[Stage]:
        """The steps after `first`; where it converges before a mark, that has what is reached."""
        steps, stages = itertools.count(first + 1), []

        def keep(x: np.ndarray) -> None:  # which was evaluated last
            if (step := next(steps)) in marks:
                picture = self._without_halo(self.form.compose(self._as_parts(x)).numpy())
                stages.append(Stage(step, self.report.numpy(), picture))

        result = minimize(
            self._value_and_slope,
            _flat(self.parts),
            jac=True,
            method="L-BFGS-B",
            bounds=Bounds(*self.form.bounds or (-np.inf, np.inf)),
            callback=keep,
            options={"maxiter": last - first, "maxcor": 20},
        )
        self._assign(result.x)
        self._value_and_slope(result.x)
        distances, picture = self.report.numpy(), self.picture()
        stages += [Stage(mark, distances, picture) for mark in marks[len(stages) :]]
        self.objective.steer(self.report, min(1.0, GAIN * (last - first)))
        return stages

    def _descend_without_bounds(self, marks: Sequence[int]) -> Iterator[Stage]:
        """In one run, with no weight steered; where it converges before a mark, that has it too."""
        step, last = 0, _flat(self.parts)
        for x in itertools.islice(lbfgs.descend(self._value_and_slope, last), marks[-1]):
            step += 1
            self._assign(x)
            if step in marks:
                yield Stage(step, self.report.numpy(), self.picture())
        for mark in (mark for mark in marks if mark > step):
            yield Stage(mark, self.report.numpy(), self.picture())

    def _value_and_slope(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Of all variables in one row."""
        slopes_of = self.slopes
        if self.tiled is not None:
            slopes_of = partial(self._slopes, self.tiled.slope)
        with self._as_traced():
            total, slopes, report = slopes_of(self._as_parts(x))
        self.report.assign(report)
        return float(total), _flat(slopes)

    def _as_parts(self, x: np.ndarray) -> list[Any]:
        """The parts of which that is one row."""
        shapes = [tuple(tf.shape(part).numpy()) for part in self.parts]
        arrays = np.split(x, np.cumsum([math.prod(shape) for shape in shapes])[:-1])
        pairs = zip(arrays, shapes, strict=True)
        return [tf.constant(array.reshape(shape), tf.float32) for array, shape in pairs]

    def _assign(self, x: np.ndarray) -> None:
        for variable, part in zip(self.parts, self._as_parts(x), strict=True):
            variable.assign(part)

    def picture(self) -> np.ndarray:
        """The running average of the iterates so far, (H, W, 3), without its halo."""
        count = float(self.count.numpy())
        return self._without_halo(self.sum.numpy() / count if count else self.image.numpy())

    def compared(self, picture: np.ndarray, style: Mapping[str, Any]) -> dict[str, float]:
        """What the distances of a (H, W, 3) picture from measurements of artworks are made of."""
        view = self.view(self._padded(picture))
        self.objective.aim(view, style)
        return self.objective.details(view)

    def _padded(self, picture: np.ndarray) -> np.ndarray:
        """(H, W, 3) with its halo, as one of a batch."""
        return images.padded(picture, halo=self.form.halo)[None]

    def _without_halo(self, image: np.ndarray) -> np.ndarray:
        """(1, H, W, 3) as one picture in [0, 1]."""
        halo = self.form.halo
        rows, columns = (slice(halo, side - halo) for side in image.shape[1:3])
        return np.asarray(np.clip(image[0, rows, columns], 0, 1))


def led_inward(composed: Any, gradient: Any) -> Any:
    """The gradient where it leads back into range; farther out, the way back becomes longer."""
    outward = ((composed < 0) & (gradient > 0)) | ((composed > 1) & (gradient < 0))
    return tf.where(outward, 0.0, gradient)


def _flat(parts: Sequence[Any]) -> np.ndarray:
    return np.concatenate([part.numpy().ravel() for part in parts]).astype(np.float64)
