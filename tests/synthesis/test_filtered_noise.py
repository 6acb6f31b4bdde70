"""Tests of tfnst.synthesis.filtered_noise."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfnst.losses.statistics import feature_statistics
from tfnst.losses.texture_terms import principal_colors
from tfnst.synthesis.filtered_noise import FilteredNoise, amplitude


def stripes(height: int = 64, width: int = 48) -> np.ndarray:
    """Waves down, 8 pixels a period, and faint noise."""
    random = np.random.default_rng(0)
    wave = 0.25 * np.sin(2 * np.pi * np.arange(height) / 8)[:, None, None]
    noise = random.normal(0, 0.03, (height, width, 3)) * [1.0, 0.6, 0.3]
    return np.clip(0.5 + wave + noise, 0, 1).astype(np.float32)


def form(height: int, width: int) -> FilteredNoise:
    colors = principal_colors(feature_statistics(stripes()[None]))
    made = FilteredNoise(colors)
    made.aim([stripes()], height, width)
    return made


@pytest.mark.parametrize("size", [(64, 64), (48, 80), (33, 50)])
def test_noise_has_the_colours_and_the_spectrum_of_the_source(size: tuple[int, int]) -> None:
    noise = form(*size).noise(np.random.default_rng(1))
    assert noise.shape == (*size, 3) and noise.dtype == np.float32
    np.testing.assert_allclose(noise.mean((0, 1)), 0.5, atol=0.02)
    np.testing.assert_allclose(noise.std((0, 1)), stripes().std((0, 1)), rtol=0.4)
    power = np.abs(np.fft.fft2(noise[..., 0] - noise[..., 0].mean())) ** 2
    frequency = np.fft.fftfreq(size[0])[np.unravel_index(power.argmax(), power.shape)[0]]
    assert abs(frequency) == pytest.approx(1 / 8, abs=0.03)


def test_a_picture_is_composed_of_the_noise_it_splits_into() -> None:
    made, picture = form(64, 48), stripes()[None]
    parts = made.split(tf.constant(picture))
    assert [tuple(part.shape) for part in parts] == [(1, 64, 48, 3)]
    np.testing.assert_allclose(made.compose(parts), picture, atol=1e-3)


def test_the_square_of_the_amplitude_has_the_variance_as_its_mean() -> None:
    planes = np.random.default_rng(0).normal(0, 2, (1, 40, 40))
    for size in ((40, 40), (24, 64)):
        powers = amplitude(planes, *size)[0] ** 2
        assert powers.shape == size
        assert powers.mean() == pytest.approx((planes**2).mean(), rel=0.02)
