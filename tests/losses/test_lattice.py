"""Tests of tfnst.losses.lattice."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops

from tfnst.losses.lattice import PERIOD, WINDOW, lattice_energy

SIDE = 2 * WINDOW


def noise(seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.normal(0.5, 0.1, (2, SIDE, SIDE, 3)).astype(np.float32)


@pytest.mark.parametrize("period", [2, 4, 8])
def test_what_repeats_with_the_lattice_is_found(period: int) -> None:
    block = np.random.default_rng(period).normal(0, 0.05, (period, period, 3))
    image = np.tile(block, (1, SIDE // period, SIDE // period, 1)).astype(np.float32)
    np.testing.assert_allclose(lattice_energy(image), [block.var((0, 1)).mean()], rtol=1e-4)


@pytest.mark.parametrize("period", [5, 7, 12.3])
def test_what_repeats_otherwise_is_not(period: float) -> None:
    line = 0.5 + 0.2 * np.sin(2 * np.pi * np.arange(SIDE) / period)
    image = np.broadcast_to(line[:, None, None], (1, SIDE, SIDE, 3)).astype(np.float32)
    assert float(lattice_energy(image)[0]) < 0.02 * image.var()


def test_chance_is_taken_off() -> None:
    """Of noise the mean of 64 blocks has a 64th of its variance, 1.6e-4 here."""
    assert np.asarray(lattice_energy(noise())).max() < 1e-5


def test_a_weave_in_one_place_is_found_there_and_so_is_its_opposite_elsewhere() -> None:
    """Over the whole picture the two would cancel each other."""
    weave = np.tile([[-0.1, 0.1], [0.1, -0.1]], (WINDOW // 2, WINDOW // 2))
    image = np.zeros((1, SIDE, SIDE, 3), np.float32)
    image[0, :WINDOW, :WINDOW] = weave[..., None]
    image[0, WINDOW:, WINDOW:] = -weave[..., None]
    np.testing.assert_allclose(lattice_energy(image), [0.01 / 2], rtol=1e-4)


def test_the_rest_beyond_a_window_is_not_looked_at() -> None:
    image = noise()
    larger = np.pad(image, ((0, 0), (0, 5), (0, WINDOW - 1), (0, 0)))
    np.testing.assert_allclose(lattice_energy(larger), lattice_energy(image), rtol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a tape is TensorFlow's")
def test_its_gradient_is_that_of_the_pattern() -> None:
    """2·pattern / pixels of a channel and picture: chance is no way out."""
    import tensorflow as tf

    block = np.random.default_rng(1).normal(0, 0.1, (PERIOD, PERIOD, 3))
    block -= block.mean((0, 1))
    image = tf.constant(np.tile(block, (1, SIDE // PERIOD, SIDE // PERIOD, 1)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(image)
        energy = ops.sum(lattice_energy(image))
    expected = 2 * image / np.prod(image.shape[1:])
    np.testing.assert_allclose(tape.gradient(energy, image), expected, rtol=1e-3, atol=1e-9)
