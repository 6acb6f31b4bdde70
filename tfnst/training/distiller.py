"""A student of VGG-19 and its teacher: activations and image gradients that are to agree."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfnst.features import vgg, vgg_architecture
from tfnst.training.settings import DistillationSettings
from tfnst.training.trainer import Trainer, share_of_replica


def interior(activation: Any) -> Any:
    """An activation without its outer eighth, where the two networks' padding differs."""
    margin = max(1, activation.shape[1] // 8)
    return activation[:, margin:-margin, margin:-margin]


def relative_error(estimate: Any, truth: Any) -> Any:
    """‖estimate − truth‖² / ‖truth‖² for each sample of the batch, in float32."""
    axes = list(range(1, len(truth.shape)))
    difference = tf.reduce_sum(tf.square(estimate - truth), axes)
    return difference / (tf.reduce_sum(tf.square(truth), axes) + 1e-12)


class Distiller(Trainer):
    """A student, its teacher and the heads between them where their widths differ.

    Every layer of the student answers for the teacher's layer of the same name (FitNets, Romero
    et al., arXiv:1412.6550, at all depths), and its image gradients for the teacher's (Sobolev
    training, Czarnecki et al., arXiv:1706.04859): an optimiser follows gradients, and a student
    whose activations agree can still have gradients that do not.

    `fit` it on `DistillationBatches`, after `calibrate`. While it is `local` each layer learns by
    itself: errors do not add up from layer to layer yet, and every layer's problem stands still
    while it is solved, so that this is quick. Only for a teacher of the student's widths.

    Args:
        teacher: a frozen model image → {layer: activation}, by VGG-19's names.
        settings: see `DistillationSettings`.
    """

    def __init__(self, teacher: keras.Model, settings: DistillationSettings) -> None:
        super().__init__("distiller", ("activations", "gradients"), settings.seed)
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
        self.scales = {
            name: self.add_weight(name=f"scale_{name}", shape=(), trainable=False)
            for name in layers
        }
        self.local_steps = 0 if self.heads else round(settings.local_share * settings.steps)
        self.local = False

    def stage(self, step: int) -> None:
        """Have each layer learn by itself, or all together, from a step on."""
        before, self.local = self.local, step < self.local_steps
        if self.local != before:
            self.make_train_function(force=True)

    def call(self, image: Any) -> dict[str, Any]:
        """What `answers` gives."""
        return self.answers(image)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Relative errors of activations and of image gradients, mean over batch and layers."""
        if self.local:
            targets = self.targets(x)
            loss = error = self.activation_error(self.local_answers(x, targets), targets)
        else:
            error, gradient_error = self.errors(x)
            self.trackers["gradients"].update_state(gradient_error)
            loss = error + self.settings.sobolev * gradient_error
        self.trackers["activations"].update_state(error)
        return share_of_replica(loss)

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
        count = tf.shape(next(iter(targets.values())))[:1]
        indices = keras.random.randint(count, 0, len(targets), "int32", self.random)
        layer = tf.one_hot(indices, len(targets))
        cotangents = {}
        for index, (name, target) in enumerate(targets.items()):
            width = target.shape[-1]
            matrix = self.normal([width, width]) / np.sqrt(width)
            noise = self.normal(tf.shape(target)) / np.sqrt(width)
            cotangent = noise + tf.einsum("bhwc,cd->bhwd", target, matrix)
            cotangents[name] = cotangent * layer[:, index, None, None, None]
        return cotangents

    def normal(self, shape: Any) -> Any:
        """Normal noise."""
        return keras.random.normal(shape, dtype="float32", seed=self.random)

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
