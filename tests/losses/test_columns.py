"""Tests of losses.columns: places, interpolation, distances."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given

from tests.losses.equations import activation, quick, seeds, unit_columns_of
from tfnst import losses
from tfnst.losses.columns import unit_columns


def test_places_are_the_same_for_the_same_seed_and_draw() -> None:
    one = np.asarray(losses.places(64, 3, 5))
    np.testing.assert_array_equal(one, losses.places(64, 3, 5))
    assert one.shape == (64, 2)
    assert ((one >= 0) & (one < 1)).all()
    for other in (losses.places(64, 3, 6), losses.places(64, 4, 5)):
        assert np.abs(one - other).max() > 0.1


@given(seeds, seeds)
@quick
def test_places_cover_a_picture_evenly(seed: int, draw: int) -> None:
    positions = np.asarray(losses.places(256, seed, draw % 10_000))
    counts, *_ = np.histogram2d(*positions.T, bins=4, range=[[0, 1], [0, 1]])
    assert counts.min() >= 10
    assert counts.max() <= 22


def test_columns_between_positions_are_interpolated() -> None:
    """Values by hand: a 2×2 activation whose positions lie at ¼ and ¾ of each side."""
    value = np.array([[[[0.0], [4.0]], [[8.0], [16.0]]]], np.float32)
    positions = np.array([[0.25, 0.25], [0.25, 0.5], [0.5, 0.5], [0.99, 0.99], [0, 0.75]], "f")
    columns = losses.columns_at(value, positions)
    np.testing.assert_allclose(np.ravel(columns), [0, 2, 7, 16, 4], atol=1e-5)


def test_hypercolumns_weigh_layers_alike_whatever_their_channels() -> None:
    fine, coarse = np.full((1, 4, 4, 4), 1, "f"), np.full((1, 2, 2, 16), 1, "f")
    columns = losses.hypercolumns_at(
        {"fine": fine, "coarse": coarse, "other": fine}, ("fine", "coarse"), losses.places(3)
    )
    assert columns.shape == (1, 3, 20)
    np.testing.assert_allclose((np.asarray(columns)[..., :4] ** 2).sum(-1), 1, rtol=1e-5)
    np.testing.assert_allclose((np.asarray(columns)[..., 4:] ** 2).sum(-1), 1, rtol=1e-5)


def test_distances_by_hand() -> None:
    columns = np.array([[[3, 0], [0, 4]]], "f")
    others = np.array([[[3, 4], [-3, 0], [0, 2]]], "f")
    np.testing.assert_allclose(
        losses.cosine_distances(columns, others)[0], [[0.4, 2, 1], [0.2, 1, 0]], atol=1e-3
    )
    np.testing.assert_allclose(
        losses.euclidean_distances(columns, others)[0],
        [[4, 6, 13**0.5], [3, 5, 2]],
        rtol=1e-5,
    )


def test_columns_that_are_silent_stay_so() -> None:
    value = activation(1, (1, 4, 4, 5))
    value[0, 0] *= 1e-4
    units = np.asarray(unit_columns(value.reshape(1, 16, 5)))[0]
    np.testing.assert_allclose(units, unit_columns_of(value[0]), rtol=1e-4)
    assert np.linalg.norm(units[:4], axis=1).max() < 0.1


@pytest.mark.parametrize("distance", [losses.cosine_distances, losses.euclidean_distances])
def test_any_float_type_and_one_picture_for_many(distance: object) -> None:
    assert callable(distance)
    columns = keras.ops.ones((2, 3, 4), "bfloat16")
    others = keras.ops.ones((1, 5, 4), "bfloat16")
    assert distance(columns, others).shape == (2, 3, 5)
