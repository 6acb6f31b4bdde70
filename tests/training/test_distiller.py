"""Tests of tfnst.training.distiller: errors of activations and gradients, stages, heads."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training.test_distillation import LITE, network, picture, settings, write
from tfnst.features import vgg_weights
from tfnst.training import distillation, distiller
from tfnst.training.distiller import Distiller


def test_relative_errors_worked_out_by_hand() -> None:
    truth = np.array([[[3.0, 4.0]], [[1.0, 0.0]], [[0.0, 0.0]]], "f")
    estimate = np.array([[[3.0, 3.0]], [[0.0, 0.0]], [[0.0, 0.0]]], "f")
    np.testing.assert_allclose(distiller.relative_error(estimate, truth), [1 / 25, 1, 0])


@pytest.mark.parametrize(("size", "left"), [(32, 24), (16, 12), (8, 6), (4, 2), (3, 1)])
def test_the_interior_is_without_the_outer_eighth(size: int, left: int) -> None:
    activation = np.arange(size * size, dtype="f").reshape(1, size, size, 1)
    margin = (size - left) // 2
    expected = activation[:, margin : size - margin, margin : size - margin]
    np.testing.assert_array_equal(distiller.interior(activation), expected)


@pytest.fixture(scope="module")
def pupil(tmp_path_factory: pytest.TempPathFactory) -> Distiller:
    """A student of four layers whose teacher has its widths; its weights are never changed."""
    keras.utils.set_random_seed(3)
    file = write(tmp_path_factory.mktemp("teacher") / "teacher.npz", network(LITE.widths, 4))
    model = Distiller(distillation.load_teacher(file), settings())
    model.calibrate(picture())
    return model


def test_calibrated_targets_have_unit_size(pupil: Distiller) -> None:
    for target in pupil.targets(picture()).values():
        assert float(tf.reduce_mean(target**2)) == pytest.approx(1, rel=1e-4)


def test_each_sample_is_asked_about_one_layer(pupil: Distiller) -> None:
    targets = pupil.targets(tf.constant(picture(batch=8)))
    asked = [{k for k, q in pupil.questions(targets).items() if np.any(q[i])} for i in range(8)]
    assert {len(layers) for layers in asked} == {1}
    assert len(set.union(*asked)) > 1


def teach(pupil: Distiller, arrays: dict[str, np.ndarray]) -> None:
    """Give the student a teacher's weights, so that both compute almost the same."""
    vgg_weights.set_weights(pupil.student, arrays, "the teacher")


def test_a_student_that_is_its_teacher_makes_no_error(tmp_path: Path) -> None:
    """But at the borders, which differ and do not count, and in how its input and output scale."""
    arrays = network(LITE.widths, 2)
    model = Distiller(distillation.load_teacher(write(tmp_path / "t.npz", arrays)), settings())
    image = tf.constant(picture(64, 64))
    model.calibrate(image)
    targets = model.targets(image)
    first, second = (float(scale) for scale in model.scales.values())
    own = dict(arrays)
    own["block1_conv1/kernel"] = arrays["block1_conv1/kernel"] * 64 / first
    own["block1_conv1/bias"] = arrays["block1_conv1/bias"] / first
    own["block1_conv2/kernel"] = arrays["block1_conv2/kernel"] * first / second
    own["block1_conv2/bias"] = arrays["block1_conv2/bias"] / second
    before, gradient_before = map(float, model.errors(image))
    teach(model, own)
    activation_error, gradient_error = map(float, model.errors(image))
    assert before > 0.1
    assert gradient_before > 0.1
    assert activation_error < 1e-9
    assert gradient_error < 0.01
    local = model.activation_error(model.local_answers(image, targets), targets)
    assert float(local) < 1e-9


def test_errors_of_gradients_reach_the_weights(pupil: Distiller) -> None:
    """A gradient of a gradient: through the convolutions, the pooling and the ReLU."""
    image = tf.constant(picture(batch=16))  # enough to ask about every layer
    with tf.GradientTape() as tape:
        _, gradient_error = pupil.errors(image)
    assert 0 < float(gradient_error) < 100
    gradients = tape.gradient(gradient_error, pupil.student.trainable_variables[::2])
    for gradient in gradients:
        assert np.isfinite(gradient).all()
        assert np.abs(gradient).max() > 0


def test_a_local_answer_hears_only_its_own_layer(pupil: Distiller) -> None:
    """Its gradient goes through a ReLU that is off, too: an answer's slope is its drive's."""
    image = tf.constant(picture())
    targets = pupil.targets(image)
    layer = pupil.student.get_layer("block2_conv1")
    with tf.GradientTape() as tape:
        answer = pupil.local_answers(image, targets)["block2_conv1"]
        total = tf.reduce_sum(answer)
    weights = pupil.student.trainable_variables
    gradients = tape.gradient(total, weights)
    heard = [w.path for w, g in zip(weights, gradients, strict=True) if g is not None]
    assert heard == [weight.path for weight in layer.weights]
    bias_gradient = next(g for w, g in zip(weights, gradients, strict=True) if w is layer.bias)
    np.testing.assert_allclose(bias_gradient, np.prod(answer.shape[:3]), rtol=1e-5)
    expected = layer(tf.nn.max_pool2d(targets["block1_conv2"], 2, 2, "VALID"))
    np.testing.assert_allclose(answer, expected, atol=1e-4)


def test_keras_fits_it_in_both_stages(pupil: Distiller) -> None:
    """Each layer by itself, then all together: compute_loss is all that `fit` needs."""
    pupil.compile(keras.optimizers.SGD(0.0), jit_compile=False)
    image = picture(batch=4)
    logs = []
    for step in range(3):
        pupil.stage(step)
        history = pupil.fit(image, batch_size=4, verbose=0).history
        logs.append({name: values[0] for name, values in history.items()})
    assert pupil.local_steps == 2
    targets = pupil.targets(image)
    alone = pupil.activation_error(pupil.local_answers(image, targets), targets)
    for log in logs[:2]:
        assert log["loss"] == log["activations"] == pytest.approx(float(alone), rel=1e-4)
    together = pupil.activation_error(pupil.answers(image), targets)
    last = logs[2]
    assert last["activations"] == pytest.approx(float(together), rel=1e-4)
    assert last["loss"] == pytest.approx(last["activations"] + 0.5 * last["gradients"], rel=1e-5)
    assert last["gradients"] > 0


def test_a_layer_of_the_same_width_needs_no_head(tmp_path: Path) -> None:
    teacher = write(tmp_path / "teacher.npz", network((16, 8, 8, 8, 8), 3))
    model = Distiller(distillation.load_teacher(teacher), settings())
    assert list(model.heads) == ["block2_conv1"]
