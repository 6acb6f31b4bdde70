"""Tests of tfnst.losses.coherence."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops
from scipy.ndimage import correlate1d

from tfnst.losses.coherence import (
    DEVIATION,
    FAINT,
    LEAST,
    RARE,
    WINDOW,
    coherence_loss,
    orientation_coherence,
)

SIDE = 48


def stripes(angle: float, amplitude: float = 0.2) -> np.ndarray:
    y, x = np.mgrid[:SIDE, :SIDE]
    wave = np.sin((np.cos(angle) * x + np.sin(angle) * y) * 0.8)
    return np.repeat(0.5 + amplitude * wave[None, ..., None], 3, -1).astype(np.float32)


def noise(seed: int = 0, count: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.random((count, SIDE, SIDE, 3)).astype(np.float32)


def by_hand(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coherence by eigenvalues, and trace, of each window that is whole."""
    luminance = image @ np.array([0.299, 0.587, 0.114])
    down, across = np.gradient(luminance)
    line = np.exp(-0.5 * ((np.arange(WINDOW) - WINDOW // 2) / DEVIATION) ** 2)
    inside = slice(WINDOW // 2 + 1, -(WINDOW // 2) - 1)

    def averaged(x: np.ndarray) -> np.ndarray:
        for axis in (0, 1):
            x = correlate1d(x, line / line.sum(), axis)
        return x[inside, inside]

    parts = [averaged(x) for x in (down * down, down * across, down * across, across * across)]
    values = np.linalg.eigvalsh(np.stack(parts, -1).reshape(*parts[0].shape, 2, 2))
    trace = values.sum(-1)
    return ((values[..., 1] - values[..., 0]) / (trace + FAINT)) ** 2, trace


@pytest.mark.parametrize("angle", [0.0, 0.4, 1.2, np.pi / 2])
def test_stripes_of_any_direction_have_all_of_it(angle: float) -> None:
    np.testing.assert_allclose(orientation_coherence(stripes(angle)), [[1, 1]], atol=0.02)


def test_noise_and_crossed_stripes_have_little_and_a_flat_picture_none() -> None:
    assert np.asarray(orientation_coherence(noise())).max() < 0.15
    crossed = (stripes(0) + stripes(np.pi / 2)) / 2
    assert np.asarray(orientation_coherence(crossed)).max() < 0.1
    assert np.asarray(orientation_coherence(np.ones((1, LEAST, LEAST, 3)))).max() == 0


def test_is_what_eigenvalues_say() -> None:
    pictures = np.concatenate([noise(1), stripes(0.3), 0.7 * stripes(2.0) + 0.3 * noise(2)])
    measured = np.asarray(orientation_coherence(pictures))
    for picture, (by_contrast, alike) in zip(pictures, measured, strict=True):
        coherence, trace = by_hand(picture)
        expected = np.average(coherence, weights=np.sqrt(trace + FAINT / 10))
        assert by_contrast == pytest.approx(expected, rel=1e-3)
        assert alike == pytest.approx(coherence.mean(), rel=1e-3)


def test_flat_windows_are_those_of_the_guide() -> None:
    """Stripes on the left, noise on the right; each half in turn is the guide's flat one."""
    image, guide = stripes(0.5), noise()
    image[:, :, SIDE // 2 :] = noise(3)[:, :, SIDE // 2 :]
    guide[:, :, : SIDE // 2] = 0.5
    other = guide[:, :, ::-1]
    left, right = (float(orientation_coherence(image, g)[0, 1]) for g in (guide, other))
    assert left > 0.8 and right < 0.3
    for g in (guide, other):
        assert orientation_coherence(image, g)[0, 0] == orientation_coherence(image)[0, 0]


def test_loss_is_the_squared_logarithm_of_the_ratio() -> None:
    coherence, target = np.array([[0.3, 0.2], [0.1, 0.4]]), np.array([[0.3, 0.2], [0.2, 0.1]])
    ratio = np.log((coherence[1] + RARE) / (target[1] + RARE))
    expected = [0, ratio[0] ** 2 + 0.5 * ratio[1] ** 2]
    np.testing.assert_allclose(coherence_loss(coherence, target), expected, rtol=1e-5, atol=1e-9)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a tape is TensorFlow's")
def test_its_gradient_is_that_of_finite_differences() -> None:
    import tensorflow as tf

    image, guide = tf.constant(0.4 * noise(5) + 0.3 * stripes(1.0)), noise(6)
    target = np.array([[0.4, 0.3]], np.float32)

    def loss(x: tf.Tensor) -> tf.Tensor:
        return ops.sum(coherence_loss(orientation_coherence(x, guide), target))

    with tf.GradientTape() as tape:
        tape.watch(image)
        value = loss(image)
    gradient = tape.gradient(value, image)
    direction = gradient / tf.norm(gradient)
    step = 0.05
    difference = (loss(image + step * direction) - loss(image - step * direction)) / (2 * step)
    assert float(difference) == pytest.approx(float(tf.norm(gradient)), rel=1e-2)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a tape is TensorFlow's")
def test_a_flat_picture_has_a_gradient_of_numbers() -> None:
    import tensorflow as tf

    image = tf.ones((1, SIDE, SIDE, 3)) / 2
    with tf.GradientTape() as tape:
        tape.watch(image)
        value = ops.sum(coherence_loss(orientation_coherence(image), tf.constant([[0.3, 0.3]])))
    assert np.isfinite(tape.gradient(value, image)).all()
