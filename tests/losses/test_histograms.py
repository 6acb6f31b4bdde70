"""Tests of losses.histograms: ranks, quantiles and directions against NumPy and SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.optimize
import scipy.stats
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tests.losses.equations import activation, numpy_histogram_loss, quick, seeds
from tests.losses.views import assert_slope_agrees
from tfnst import losses


@quick
@given(seeds, st.integers(1, 12), st.integers(1, 12))
def test_quantiles_are_numpys_with_hazens_rule(seed: int, count: int, others: int) -> None:
    random = np.random.default_rng(seed)
    values = np.sort(random.normal(0, 3, (2, 3, others)).astype(np.float32))
    ranks = random.random((2, 3, count), np.float32)
    expected = [
        [np.quantile(v, r, method="hazen") for v, r in zip(*rows, strict=True)]
        for rows in zip(values, ranks, strict=True)
    ]
    np.testing.assert_allclose(losses.matched(ranks, values), expected, atol=1e-4)
    shared = losses.matched(ranks[0, 0], values)
    expected = np.quantile(values, ranks[0, 0], -1, method="hazen").transpose(1, 2, 0)
    np.testing.assert_allclose(shared, expected, atol=1e-4)


@quick
@given(seeds, st.integers(1, 12), st.integers(1, 12))
def test_a_histogram_loss_takes_as_many_columns_as_there_are(
    seed: int, count: int, others: int
) -> None:
    random = np.random.default_rng(seed)
    value, style = (random.normal(size=(2, n, 3)).astype(np.float32) for n in (count, others))
    expected = [numpy_histogram_loss(*pair) for pair in zip(value, style, strict=True)]
    np.testing.assert_allclose(losses.histogram_loss(value, style), expected, rtol=1e-3, atol=1e-5)


@quick
@given(seeds, st.integers(2, 9))
def test_of_as_many_columns_it_is_the_wasserstein_distance_whatever_their_order(
    seed: int, count: int
) -> None:
    """As `scipy` solves the assignment of one channel's values, which sorting does."""
    random = np.random.default_rng(seed)
    value, style = random.normal(size=(2, 1, count, 1)).astype(np.float32)
    costs = (value[0] - style[0].T) ** 2
    rows, columns = scipy.optimize.linear_sum_assignment(costs)
    expected = costs[rows, columns].mean() / (style**2).mean()
    shuffled = random.permuted(style, axis=1)
    for wanted in (style, shuffled):
        np.testing.assert_allclose(losses.histogram_loss(value, wanted), expected, rtol=1e-3)


@quick
@given(seeds)
def test_a_weight_of_two_is_a_column_twice_and_none_is_none(seed: int) -> None:
    random = np.random.default_rng(seed)
    value = random.normal(size=(1, 9, 3)).astype(np.float32)
    style = random.normal(size=(1, 6, 3)).astype(np.float32)
    weights = np.array([[1, 1, 0, 1, 1, 1, 0, 1, 1]], np.float32)
    alone = losses.histogram_loss(value[:, weights[0] > 0], style)
    np.testing.assert_allclose(
        losses.histogram_loss(value, style, weights), alone, rtol=1e-3, atol=1e-5
    )
    np.testing.assert_allclose(
        losses.histogram_loss(value, style, 7 * np.ones_like(weights)),
        losses.histogram_loss(value, style),
        rtol=1e-3,
        atol=1e-5,
    )


def test_descent_gives_each_value_the_one_of_its_rank() -> None:
    """R keeps the order, so that the largest becomes the artwork's largest: where, stays."""
    value = tf.Variable(activation(1, (1, 1, 30, 4))[:, 0] + np.linspace(0, 0.1, 30)[:, None])
    style = activation(2, (1, 1, 30, 4))[:, 0]
    order = np.argsort(value[0], 0)
    for _ in range(40):
        with tf.GradientTape() as tape:
            loss = losses.histogram_loss(value, style)
        value.assign_sub(20.0 * tape.gradient(loss, value))
    np.testing.assert_allclose(np.sort(value[0], 0), np.sort(style[0], 0), atol=1e-3)
    expected = np.take_along_axis(np.sort(style[0], 0), np.argsort(order, 0), 0)
    np.testing.assert_allclose(value[0], expected, atol=1e-3)


def test_no_gradient_goes_through_the_artwork() -> None:
    value, style = (tf.constant(activation(seed)[:, 0]) for seed in (1, 2))
    with tf.GradientTape() as tape:
        tape.watch(style)
        loss = losses.histogram_loss(value, style)
    assert tape.gradient(loss, style) is None


def test_weighted_gradients_agree_with_finite_differences_compiled_too() -> None:
    random = np.random.default_rng(0)
    value = random.permutation(60).reshape(1, 20, 3).astype(np.float32) / 20
    style, weights = activation(2, (1, 5, 4, 3)).reshape(1, 20, 3), random.random((1, 20), "f")
    direction = random.normal(size=value.shape).astype(np.float32)

    def along(step: Any) -> Any:
        return losses.histogram_loss(value + step * direction, style, weights)[0]

    for compiled in (False, True):
        assert_slope_agrees(along, 1e-3, 0.02, compiled)


# Directions


@quick
@given(seeds, st.integers(0, 5000))
def test_directions_are_of_length_one_and_the_same_again(seed: int, draw: int) -> None:
    first, again, other, turned = (
        np.asarray(losses.directions(12, 5, seed=s, draw=d))
        for s, d in ((seed, draw), (seed, draw), (seed + 1, draw), (seed, draw + 1))
    )
    np.testing.assert_allclose((first**2).sum(0), 1, rtol=1e-4)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.05 and np.abs(first - turned).max() > 0.05


def test_over_the_steps_directions_point_everywhere_alike() -> None:
    """Uncorrelated with each other, as often forth as back, and each component normal."""
    draws = np.stack([np.asarray(losses.directions(6, 16, 1, draw)) for draw in range(400)])
    along = draws.transpose(0, 2, 1).reshape(-1, 6)
    np.testing.assert_allclose(along.T @ along / len(along), np.eye(6) / 6, atol=0.01)
    np.testing.assert_allclose(along.mean(0), 0, atol=0.02)
    # The square of a component of a uniform direction: Beta(½, 5⁄2).
    assert scipy.stats.kstest(along[:, 0] ** 2, scipy.stats.beta(0.5, 2.5).cdf).statistic < 0.03
    following = (draws[1:] * draws[:-1]).sum(1)  # of a step and the one before: as random ones
    assert abs(following.mean()) < 0.3


def test_more_directions_see_what_mean_and_covariance_leave_alone() -> None:
    """A ring and a normal cloud of the same moments."""
    random = np.random.default_rng(0)
    angle = random.uniform(0, 2 * np.pi, 4000)
    ring = np.sqrt(2) * np.stack([np.cos(angle), np.sin(angle)], 1)[None].astype(np.float32)
    cloud, other = random.normal(size=(2, 1, 4000, 2)).astype(np.float32)
    axes = losses.directions(2, 20)
    same, different = (losses.sliced_wasserstein_loss(x, cloud, axes)[0] for x in (other, ring))
    assert float(same) < 0.01 < 0.03 < float(different)
