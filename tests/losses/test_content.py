"""Tests of tfnst.losses.content."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from tests.losses.equations import (
    activation,
    content_distance,
    numpy_standardize,
    picture,
    quick,
    seeds,
)
from tfnst import losses


def test_content_loss_of_a_scaled_photo_is_known() -> None:
    value = activation(1)
    np.testing.assert_allclose(losses.content_loss(1.5 * value, value), 0.25, rtol=1e-5)


def test_standardised_channels_have_mean_zero_and_deviation_one() -> None:
    """Less than one by the floor: σ / √(σ² + a hundredth of the mean variance)."""
    value = activation(1, (2, 16, 16, 6))
    standard = np.asarray(losses.standardize(value))
    np.testing.assert_allclose(standard.mean((1, 2)), 0, atol=1e-5)
    assert standard.std((1, 2)).min() > 0.8
    assert standard.std((1, 2)).max() < 1
    equal = np.random.default_rng(0).normal(0, 3, (1, 32, 32, 6)).astype("f")
    deviations = np.asarray(losses.standardize(equal)).std((1, 2))
    np.testing.assert_allclose(deviations, 1 / np.sqrt(1.01), rtol=0.01)
    np.testing.assert_allclose(standard[0], numpy_standardize(value[0]), atol=1e-5)


def test_a_channel_that_hardly_varies_does_not_become_noise() -> None:
    value = activation(1, (1, 16, 16, 6))
    value[..., 0] = 1e-4 * picture(1, (1, 16, 16))
    value[..., 1] = 0.25
    standard = np.asarray(losses.standardize(value)).std((1, 2))[0]
    assert standard[0] < 0.01
    assert standard[1] < 1e-4
    assert standard[2:].min() > 0.8


@quick
@given(seeds)
@example(544556721)
def test_content_distance_does_not_see_palette_and_contrast(seed: int) -> None:
    """Of each channel by itself, but for the floor, which leaves it a deviation of a < 1.

    A channel's share of the distance is a² + p² − 2aρp with a, p and ρ in [−1, 1], so that it
    changes by 4|Δa| at most.
    """

    def deviation(sample: np.ndarray) -> np.ndarray:
        return np.asarray(numpy_standardize(sample[0])).std((0, 1))

    random = np.random.default_rng(seed)
    photo = activation(seed, (1, 12, 12, 5))
    gain = random.uniform(0.7, 1.5, 5).astype("f")
    offset = random.normal(0, 1, 5).astype("f")
    same = photo * gain + offset
    # Their correlation is 1, so that (a − p)² is left, of the floor alone.
    by_floor = np.square(deviation(same) - deviation(photo)).mean()
    assert by_floor < 0.01
    np.testing.assert_allclose(content_distance(same, photo), by_floor, atol=1e-4)
    other = activation(seed + 1, (1, 12, 12, 5))
    before = content_distance(other, photo)
    changed = other * gain + offset
    bound = 4 * np.abs(deviation(changed) - deviation(other)).mean() + 1e-5
    np.testing.assert_allclose(content_distance(changed, photo), before, atol=bound)


def test_content_distance_is_two_of_unrelated_and_four_of_opposite_pictures() -> None:
    """2 − 2ρ for the correlation ρ, times 1/1.01 for the floor."""
    one, other = (
        np.random.default_rng(seed).normal(0, 1, (1, 64, 64, 4)).astype("f") for seed in (1, 2)
    )
    np.testing.assert_allclose(content_distance(one, other), 2 / 1.01, atol=0.05)
    np.testing.assert_allclose(content_distance(-one, one), 4 / 1.01, rtol=1e-3)
    half = 0.5 * one + np.sqrt(0.75) * other
    np.testing.assert_allclose(content_distance(half, one), 1 / 1.01, atol=0.05)


@quick
@given(seeds, seeds, st.floats(0.001, 1000), st.booleans())
def test_content_distance_is_between_zero_and_four(
    one: int, other: int, gain: float, opposite: bool
) -> None:
    photo = activation(one, (1, 6, 6, 4))
    value = gain * (-photo if opposite else activation(other, (1, 6, 6, 4)))
    assert -1e-5 <= float(content_distance(value, photo)[0]) <= 4
