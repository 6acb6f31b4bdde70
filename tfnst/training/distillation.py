"""Training by knowledge distillation: a small VGG-19 that paints as a large one does."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfnst import devices, files
from tfnst.features import vgg, vgg_architecture, vgg_weights
from tfnst.files.folders import full_disk_named
from tfnst.files.leftovers import Claim
from tfnst.training import photo_folder
from tfnst.training.checkpoints import claim, require_same_run
from tfnst.training.model_card import append_log, write_card, write_weights
from tfnst.training.progress import DistillationProgress
from tfnst.training.settings import DistillationSettings


def load_teacher(source: str | Path) -> keras.Model:
    """A frozen model image → {layer: activation} with the layers that VGG-19-lite has too.

    `source` is "vgg19" or an `.npz` of a VGG-shaped network with reflected borders, in which a
    1×1 convolution named `preprocess` may stand first.
    """
    if str(source) == "vgg19":
        try:
            return vgg.FeatureExtractor(
                "vgg19", vgg_architecture.ARCHITECTURES["vgg19-lite"].layers
            )
        except ValueError as error:
            reason = str(error).partition(":")[0]
            raise ValueError(
                f"teacher 'vgg19': {reason}; run 'tfnst download vgg19', set "
                f"{vgg_weights.WEIGHTS_VARIABLE}, or give another teacher's .npz"
            ) from None
    arrays = vgg_weights.read_weights(Path(source))
    known = vgg_architecture.ARCHITECTURES["vgg19-lite"].layers
    layers = [name for name in known if arrays.get(f"{name}/kernel", np.empty(0)).ndim == 4]
    if not layers or layers != list(known[: len(layers)]):
        raise ValueError(f"teacher {str(source)!r} has no layers named as VGG-19's, in order")
    widths = [arrays[f"{name}/kernel"].shape[-1] for name in layers if name.endswith("conv1")]
    widths += [0] * (5 - len(widths))
    has_preprocess = "preprocess/kernel" in arrays
    image, activations = vgg.vgg_graph(
        tuple(widths),
        layers,
        padding="reflect",
        preprocess=keras.layers.Conv2D(
            3, 1, name="preprocess", data_format="channels_last", dtype="float32"
        )
        if has_preprocess
        else vgg.caffe_input,
    )
    teacher = keras.Model(image, activations, name="teacher")
    vgg_weights.set_weights(teacher, arrays, str(source))
    teacher.trainable = False
    return teacher


def interior(activation: Any) -> Any:
    """An activation without its outer eighth, where the two networks' padding differs."""
    margin = max(1, activation.shape[1] // 8)
    return activation[:, margin:-margin, margin:-margin]


def relative_error(estimate: Any, truth: Any) -> Any:
    """‖estimate − truth‖² / ‖truth‖² for each sample of the batch, in float32."""
    axes = list(range(1, len(truth.shape)))
    difference = tf.reduce_sum(tf.square(estimate - truth), axes)
    return difference / (tf.reduce_sum(tf.square(truth), axes) + 1e-12)


class Distiller(keras.Model):  # type: ignore[misc]
    """A student, its teacher and the heads between them where their widths differ.

    Every layer of the student answers for the teacher's layer of the same name (FitNets, Romero
    et al., arXiv:1412.6550, at all depths), and its image gradients for the teacher's (Sobolev
    training, Czarnecki et al., arXiv:1706.04859): an optimiser follows gradients, and a student
    whose activations agree can still have gradients that do not.

    Args:
        teacher: a frozen model image → {layer: activation}, by VGG-19's names.
        settings: see `DistillationSettings`.
    """

    def __init__(self, teacher: keras.Model, settings: DistillationSettings) -> None:
        super().__init__(name="distiller", dtype="float32")
        self.settings = settings
        layers = list(teacher.output.keys())
        self.student = vgg.FeatureExtractor("vgg19-lite", layers, weights=None)
        self.student.trainable = True
        self.teach = lambda image: teacher(image)  # a closure, so that checkpoints leave it out
        self.heads = {
            name: keras.layers.Conv2D(
                teacher.output[name].shape[-1],
                1,
                activation="relu",
                data_format="channels_last",
                dtype="float32",
            )
            for name in layers
            if teacher.output[name].shape[-1] != self.student.output[name].shape[-1]
        }
        self.scales = {name: self.add_weight(shape=(), trainable=False) for name in layers}
        self.random = tf.random.Generator.from_seed(settings.seed)  # checkpoints hold its state
        self.local_steps = 0 if self.heads else round(settings.local_share * settings.steps)
        first = self.local_steps or settings.steps
        schedule = keras.optimizers.schedules.CosineDecayRestarts(
            settings.learning_rate,
            first_decay_steps=first,
            t_mul=max(1, settings.steps - first) / first,
            m_mul=0.1,
        )
        # LAMB's step is a share of the layer's own size: the first layers, with few large weights,
        # and the last, with many small ones, need rates a factor of ten apart under Adam.
        self.optimizer = keras.optimizers.Lamb(schedule, global_clipnorm=1.0)

    def calibrate(self, batch: np.ndarray) -> None:
        """Divide the teacher's layers by their root mean square, so that all weigh the same."""
        for name, activation in self.teach(batch).items():
            self.scales[name].assign(tf.sqrt(tf.reduce_mean(tf.square(activation))))

    def answers(self, image: Any) -> dict[str, Any]:
        """The student's activations, through a head where the teacher is wider."""
        activations = self.student(image)
        return {
            name: self.heads[name](activation) if name in self.heads else activation
            for name, activation in activations.items()
        }

    def local_answers(self, image: Any, targets: dict[str, Any]) -> dict[str, Any]:
        """Each layer's answer to the teacher's own activation before it.

        The gradient goes straight through the ReLU. Where the target is 0 and the unit is off the
        error is 0 anyway; where the target is not, a unit that is off must be able to wake up, and
        under the ReLU's own gradient half of them never did.
        """
        scale = vgg_architecture.ARCHITECTURES["vgg19-lite"].input_scale
        answers: dict[str, Any] = {}
        x = vgg.caffe_input(image, scale)
        for name, target in targets.items():
            if name.endswith("conv1") and answers:
                x = tf.nn.max_pool2d(x, 2, 2, "VALID")
            layer = self.student.get_layer(name)
            drive = tf.nn.conv2d(x, layer.kernel, 1, "SAME") + layer.bias
            answers[name] = drive + tf.stop_gradient(tf.nn.relu(drive) - drive)
            x = target
        return answers

    def targets(self, image: Any) -> dict[str, Any]:
        """The teacher's activations at about unit size."""
        return {
            name: activation / self.scales[name] for name, activation in self.teach(image).items()
        }

    def questions(self, targets: dict[str, Any]) -> dict[str, Any]:
        """Random cotangents, one layer a sample: half noise, half of the form of a style gradient.

        The gradient of a Gram loss with respect to an activation F is F times a matrix.
        """
        count = tf.shape(next(iter(targets.values())))[0]
        layer = tf.one_hot(
            self.random.uniform([count], maxval=len(targets), dtype=tf.int32), len(targets)
        )
        cotangents = {}
        for index, (name, target) in enumerate(targets.items()):
            width = target.shape[-1]
            matrix = self.random.normal([width, width]) / np.sqrt(width)
            noise = self.random.normal(tf.shape(target)) / np.sqrt(width)
            cotangent = noise + tf.einsum("bhwc,cd->bhwd", target, matrix)
            cotangents[name] = cotangent * layer[:, index, None, None, None]
        return cotangents

    def activation_error(self, answers: dict[str, Any], targets: dict[str, Any]) -> Any:
        """The relative error of the activations, mean over batch and layers."""
        errors = [
            tf.reduce_mean(relative_error(interior(answers[name]), interior(targets[name])))
            for name in targets
        ]
        return tf.add_n(errors) / len(errors)

    def errors(self, image: Any) -> tuple[Any, Any]:
        """Relative errors of activations and of image gradients, mean over the batch."""
        with tf.GradientTape() as tape:
            tape.watch(image)
            targets = self.targets(image)
            cotangents = {k: tf.stop_gradient(r) for k, r in self.questions(targets).items()}
            product = sum(tf.reduce_sum(interior(targets[k] * cotangents[k])) for k in targets)
        true_gradient = tf.stop_gradient(tape.gradient(product, image))
        with tf.GradientTape() as tape:
            tape.watch(image)
            answers = self.answers(image)
            product = sum(tf.reduce_sum(interior(answers[k] * cotangents[k])) for k in answers)
        gradient = tape.gradient(product, image)
        targets = {name: tf.stop_gradient(target) for name, target in targets.items()}
        gradient_error = tf.reduce_mean(relative_error(gradient, true_gradient))
        return self.activation_error(answers, targets), gradient_error

    def descend(self, tape: Any, loss: Any) -> None:
        """Apply one optimiser step."""
        weights = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))

    @tf.function
    def local_step(self, image: Any) -> tuple[Any, Any]:
        """One step in which each layer learns by itself; returns the activations' error, and NaN.

        Only for a teacher of the student's widths. Errors do not add up from layer to layer yet,
        and every layer's problem stands still while it is solved, so that this is quick.
        """
        targets = self.targets(image)
        with tf.GradientTape() as tape:
            error = self.activation_error(self.local_answers(image, targets), targets)
        self.descend(tape, error)
        return error, tf.constant(float("nan"))

    @tf.function
    def step(self, image: Any) -> tuple[Any, Any]:
        """One step of the whole network; returns the errors of activations and of gradients."""
        with tf.GradientTape() as tape:
            activation_error, gradient_error = self.errors(image)
            loss = activation_error + self.settings.sobolev * gradient_error
        self.descend(tape, loss)
        return activation_error, gradient_error


def batches(
    photos: photo_folder.PhotoFolder, settings: DistillationSettings, first_step: int
) -> Iterator[np.ndarray]:
    """Disturbed crops from `first_step` on, the same for the same seed."""
    clean = photo_folder.crops(photos, settings.crop, settings.batch, settings.seed, first_step)
    for step, batch in enumerate(clean, start=first_step):
        yield photo_folder.disturb(batch, np.random.default_rng((settings.seed, step, 1)))


def distill(
    teacher: str | Path,
    photos: photo_folder.PhotoFolder,
    output: Path,
    settings: DistillationSettings = DistillationSettings(),
    credit: str = "",
) -> Iterator[DistillationProgress]:
    """Train VGG-19-lite to paint as a teacher does; write its float16 weights.

    Beside them stand a log (`.log.jsonl`), a model card (`.md`) and checkpoints (`.checkpoints`),
    all of them written at every report. A run that finds checkpoints goes on from the last as if it
    had not stopped: the same schedule, crops and questions.

    Args:
        teacher: "vgg19", or the `.npz` of a VGG-shaped network.
        photos: what it learns from.
        output: the file of weights, an `.npz`.
        settings: see `DistillationSettings`.
        credit: of the photos and the teacher, for the model card.

    Yields:
        A report every `log_every` steps; taking the next one trains on.

    Raises:
        ValueError: before it begins, for a teacher that cannot be read, another ending than `.npz`,
            or checkpoints of another training.
    """
    devices.require_tensorflow("distillation")
    if output.suffix != ".npz":
        raise ValueError(f"output is {str(output)!r}; end its name in .npz")
    origin = str(teacher) if str(teacher) == "vgg19" else files.sha256(teacher)
    model = load_teacher(teacher)
    lock = claim(output)
    require_same_run(
        Path(f"{output}.checkpoints"), teacher=origin, photos=photos.sha256, **asdict(settings)
    )
    return _held(lock, _distill(teacher, model, photos, output, settings, credit))


def _held(lock: Claim, reports: Iterator[DistillationProgress]) -> Iterator[Any]:
    with contextlib.closing(lock):
        yield from reports


def _distill(
    teacher: str | Path,
    model: keras.Model,
    photos: photo_folder.PhotoFolder,
    output: Path,
    settings: DistillationSettings,
    credit: str,
) -> Iterator[DistillationProgress]:
    keras.utils.set_random_seed(settings.seed)
    distiller = Distiller(model, settings)
    first = tf.constant(next(batches(photos, settings, 0)))
    distiller.calibrate(first)
    distiller.answers(first)
    distiller.optimizer.build(distiller.trainable_variables)
    checkpoint = tf.train.Checkpoint(distiller=distiller, optimizer=distiller.optimizer)
    manager = tf.train.CheckpointManager(checkpoint, f"{output}.checkpoints", max_to_keep=2)
    checkpoint.restore(manager.latest_checkpoint)
    start = int(distiller.optimizer.iterations.numpy())
    errors: list[list[float]] = []
    began = time.perf_counter()
    for step, batch in enumerate(batches(photos, settings, start), start=start + 1):
        if step > settings.steps:
            return
        train = distiller.local_step if step <= distiller.local_steps else distiller.step
        errors.append([float(error) for error in train(tf.constant(batch))])
        if step % settings.log_every == 0 or step == settings.steps:
            activation_error, gradient_error = np.mean(errors, 0).tolist()
            progress = DistillationProgress(
                step=step,
                steps=settings.steps,
                activation_error=activation_error,
                gradient_error=None if np.isnan(gradient_error) else gradient_error,
                seconds=time.perf_counter() - began,
            )
            with full_disk_named(Path(f"{output}.checkpoints")):
                manager.save(step)
            write_weights(output, distiller.student)
            append_log(output, progress)
            write_card(output, teacher, photos, progress, settings, credit)
            errors = []
            yield progress
