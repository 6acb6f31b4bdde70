"""Tests of tfnst.losses.statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tests.losses.equations import activation, columns_of, numpy_gram, quick, seeds
from tfnst import losses


def test_statistics_of_an_activation_worked_out_by_hand() -> None:
    """Columns (1, 2), (3, 4) and (5, 0)."""
    value = np.array([[[[1, 2], [3, 4], [5, 0]]]], np.float32)
    statistics = losses.feature_statistics(value)
    assert np.asarray(statistics.count).tolist() == [3]
    assert np.asarray(statistics.total).tolist() == [[9, 6]]
    assert np.asarray(statistics.outer).tolist() == [[[35, 14], [14, 20]]]
    np.testing.assert_allclose(losses.mean(statistics), [[3, 2]])
    np.testing.assert_allclose(losses.gram_matrix(statistics), np.array([[[35, 14], [14, 20]]]) / 3)
    np.testing.assert_allclose(
        losses.covariance(statistics), [[[8 / 3, -4 / 3], [-4 / 3, 8 / 3]]], rtol=1e-5
    )


@quick
@given(seeds, st.integers(1, 7), st.integers(1, 7), st.integers(1, 6))
def test_mean_gram_and_covariance_are_numpys(
    seed: int, height: int, width: int, channels: int
) -> None:
    value = activation(seed, (2, height, width, channels))
    statistics = losses.feature_statistics(value)
    for i, sample in enumerate(value):
        columns = columns_of(sample)
        np.testing.assert_allclose(losses.mean(statistics)[i], columns.mean(0), rtol=1e-5)
        gram = losses.gram_matrix(statistics)[i]
        np.testing.assert_allclose(gram, numpy_gram(sample), rtol=1e-4, atol=1e-6)
        expected = np.cov(columns, rowvar=False, bias=True).reshape(channels, channels)
        scale = np.abs(numpy_gram(sample)).max()
        np.testing.assert_allclose(
            losses.covariance(statistics)[i], expected, rtol=1e-4, atol=1e-5 * scale + 1e-7
        )


@quick
@given(seeds, st.integers(1, 7))
def test_statistics_of_tiles_add_up(seed: int, cut: int) -> None:
    value = activation(seed)
    whole = losses.feature_statistics(value)
    for axis in (1, 2):
        parts = np.split(value, [min(cut, value.shape[axis] - 1)], axis)
        sums = zip(*map(losses.feature_statistics, parts), strict=True)
        for one, together in zip(sums, whole, strict=True):
            np.testing.assert_allclose(one[0] + one[1], together, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", [tf.bfloat16, tf.float16, tf.float32])
def test_sums_are_taken_in_float32(dtype: Any) -> None:
    """In bfloat16 a sum of ones stops at 256, in float16 at 2048."""
    statistics = losses.feature_statistics(tf.ones((1, 128, 128, 2), dtype))
    for value in statistics:
        assert value.dtype == tf.float32
        assert (np.asarray(value) == 2**14).all()


def test_a_blend_averages_means_and_second_moments() -> None:
    one, other = activation(1, (1, 8, 6, 5)), activation(2, (1, 16, 3, 5))
    sources = [losses.feature_statistics(value) for value in (one, other)]
    blend = losses.blend_statistics(sources, [3.0, 1.0])
    assert np.asarray(blend.count).tolist() == [1]
    average = 0.75 * columns_of(one[0]).mean(0) + 0.25 * columns_of(other[0]).mean(0)
    moments = 0.75 * numpy_gram(one[0]) + 0.25 * numpy_gram(other[0])
    np.testing.assert_allclose(losses.mean(blend)[0], average, rtol=1e-5)
    np.testing.assert_allclose(losses.gram_matrix(blend)[0], moments, rtol=1e-4)
    np.testing.assert_allclose(
        losses.covariance(blend)[0], moments - np.outer(average, average), rtol=1e-3, atol=1e-5
    )


@quick
@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=4))
def test_a_blend_of_one_source_with_itself_is_that_source(weights: list[float]) -> None:
    statistics = losses.feature_statistics(activation(1))
    blend = losses.blend_statistics([statistics] * len(weights), weights)
    np.testing.assert_allclose(losses.mean(blend), losses.mean(statistics), rtol=1e-5)
    np.testing.assert_allclose(losses.gram_matrix(blend), losses.gram_matrix(statistics), rtol=1e-5)


def test_a_blend_of_equal_pictures_side_by_side_is_their_texture() -> None:
    """Weights as areas: the blend is the statistics of both in one frame."""
    one, other = activation(1, (1, 8, 6, 5)), activation(2, (1, 8, 2, 5))
    frame = losses.feature_statistics(np.concatenate([one, other], 2))
    blend = losses.blend_statistics(
        [losses.feature_statistics(one), losses.feature_statistics(other)], [6.0, 2.0]
    )
    np.testing.assert_allclose(losses.gram_matrix(blend), losses.gram_matrix(frame), rtol=1e-5)
    np.testing.assert_allclose(losses.mean(blend), losses.mean(frame), rtol=1e-5)
