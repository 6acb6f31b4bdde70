"""Tests of tfnst.losses.style."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.losses.equations import activation, gram_loss, numpy_wasserstein_loss, wasserstein_loss
from tfnst import losses


def test_gram_loss_of_a_scaled_target_is_known() -> None:
    """Twice the activation is four times the Gram matrix, and (4 − 1)² is 9."""
    value = activation(1)
    np.testing.assert_allclose(gram_loss(2 * value, value), 9, rtol=1e-4)


def test_wasserstein_loss_of_normal_distributions_on_a_line_is_known() -> None:
    """Deviations 2 and 1, means 3 and 1: ((3 − 1)² + (2 − 1)²) / (1² + 1²)."""
    value = np.array([1, 5] * 8, np.float32).reshape(1, 4, 4, 1)
    style = np.array([0, 2] * 8, np.float32).reshape(1, 4, 4, 1)
    np.testing.assert_allclose(wasserstein_loss(value, style), 2.5, rtol=1e-3)


@pytest.mark.parametrize("channels", [2, 8, 32])
def test_wasserstein_loss_is_scipys_of_the_bare_covariances(channels: int) -> None:
    """The ridge, which makes them safe to invert, hardly counts."""
    shape = (1, 32, 32, channels)
    value, style = activation(1, shape), activation(2, shape)
    expected = numpy_wasserstein_loss(value[0], style[0], ridge=lambda matrix, mean: matrix)
    np.testing.assert_allclose(wasserstein_loss(value, style), expected, rtol=0.01)


def test_wasserstein_loss_does_not_need_full_rank() -> None:
    """Fewer positions than channels, and channels that never fire; in SciPy all the ridge's."""
    value, style = activation(1, (1, 3, 3, 16)), activation(2, (1, 3, 3, 16))
    value[..., :4], style[..., 2:6] = 0, 0
    image = tf.constant(value)
    with tf.GradientTape() as tape:
        tape.watch(image)
        loss = wasserstein_loss(image, style)
    np.testing.assert_allclose(loss, numpy_wasserstein_loss(value[0], style[0]), rtol=0.03)
    gradient = np.asarray(tape.gradient(loss, image))
    assert np.isfinite(gradient).all()
    assert 0 < np.abs(gradient).max() < 10
    np.testing.assert_allclose(wasserstein_loss(style, style), 0, atol=0.01)


def test_wasserstein_loss_falls_along_its_gradient_to_zero() -> None:
    """Also where the two distributions nearly agree, and differences are all that is left."""
    style = activation(2, (1, 12, 12, 4))
    image = tf.Variable(activation(1, (1, 12, 12, 4)))
    start = float(wasserstein_loss(image, style)[0])
    optimizer = tf.keras.optimizers.SGD(20.0)

    @tf.function
    def step() -> None:
        with tf.GradientTape() as tape:
            loss = wasserstein_loss(image, style)
        optimizer.apply_gradients([(tape.gradient(loss, image), image)])

    optimizer.build([image])
    for _ in range(200):
        step()
    assert float(wasserstein_loss(image, style)[0]) < 0.01 * start


@pytest.mark.parametrize("kind", ["gram", "wasserstein"])
def test_a_batch_is_compared_with_one_target_picture_by_picture(kind: str) -> None:
    """The overlap of the first was once taken for that of all."""
    random = np.random.default_rng(0)
    batch = (
        random.normal(0, 1, (3, 6, 5, 4)).astype("f")
        * np.array([1, 2, 4], "f")[:, None, None, None]
    )
    wanted = losses.feature_statistics(random.normal(0, 1, (1, 6, 5, 4)).astype("f"))
    if kind == "gram":
        target, loss = losses.gram_matrix(wanted), losses.gram_style_loss
    else:
        target, loss = losses.gaussian(wanted), losses.wasserstein_style_loss
    together = loss(losses.feature_statistics(batch), target)
    apart = [loss(losses.feature_statistics(picture[None]), target)[0] for picture in batch]
    np.testing.assert_allclose(together, apart, rtol=1e-4)
