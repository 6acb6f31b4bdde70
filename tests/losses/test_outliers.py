"""Tests of tfnst.losses.outliers."""

from __future__ import annotations

import numpy as np
from hypothesis import given

from tests.losses.equations import quick, seeds
from tfnst.losses.outliers import DEVIATIONS, EPSILON, outlier_energy


def test_it_is_that_of_the_equation_channel_by_channel() -> None:
    activation = np.random.default_rng(0).normal(0, 1, (2, 12, 10, 3)).astype(np.float32)
    activation[0, 5, 5, 1] += 30
    activation[1, 2, 3, 2] -= 20
    x = activation.astype(np.float64)
    distance = np.abs(x - x.mean((1, 2), keepdims=True))
    distance /= np.sqrt(x.var((1, 2), keepdims=True) + EPSILON)
    expected = (np.maximum(distance - DEVIATIONS, 0) ** 2).mean((1, 2, 3))
    assert expected.min() > 1e-3
    np.testing.assert_allclose(outlier_energy(activation), expected, rtol=1e-4)


@quick
@given(seeds)
def test_an_even_distribution_has_none(seed: int) -> None:
    activation = np.random.default_rng(seed).random((2, 9, 7, 4), np.float32)
    np.testing.assert_array_equal(outlier_energy(activation), 0)
    np.testing.assert_array_equal(outlier_energy(0 * activation), 0)


def test_brightness_and_contrast_do_not_matter() -> None:
    activation = np.random.default_rng(1).normal(0, 1, (1, 16, 16, 2)).astype(np.float32)
    activation[0, 3, 3] = 40
    expected = outlier_energy(100 * activation)
    np.testing.assert_allclose(outlier_energy(500 * activation + 7), expected, rtol=1e-3)
