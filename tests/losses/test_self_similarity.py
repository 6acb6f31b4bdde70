"""Tests of losses.self_similarity: hand-computed values, and what it does not see."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from scipy.stats import ortho_group

from tests.losses.equations import activation, quick, seeds
from tfnst import losses

CORNER = np.array([[[1, 0], [0, 1], [1, 0], [0, 1]]], "f")


def test_by_hand() -> None:
    """Every column is 1 from two others and 0 from one like it."""
    similarity = np.asarray(losses.self_similarity(CORNER))[0]
    np.testing.assert_allclose(similarity, 0.5 * np.tile([[0, 1], [1, 0]], (2, 2)), atol=1e-5)
    swapped = losses.self_similarity(CORNER[:, [0, 2, 1, 3]])
    # Each of four columns has a half at a place where the other has none, twice.
    loss = losses.self_similarity_loss(similarity[None], swapped)
    np.testing.assert_allclose(loss, [1], atol=1e-4)


def test_a_place_without_weight_is_not_compared() -> None:
    weights = np.array([[1, 1, 0, 0]], "f")
    similarity = losses.self_similarity(CORNER, weights)
    np.testing.assert_allclose(np.asarray(similarity)[0, :2, :2], [[0, 1], [1, 0]], atol=1e-5)
    np.testing.assert_allclose(np.asarray(similarity)[0, 2:], 0, atol=1e-6)
    changed = CORNER.copy()
    changed[0, 2:] = [[1, 1], [3, 1]]
    other = losses.self_similarity(changed, weights)
    np.testing.assert_allclose(
        losses.self_similarity_loss(similarity, other, weights), [0], atol=1e-3
    )


@given(seeds)
@quick
def test_neither_strength_nor_a_turn_of_all_columns_changes_it(seed: int) -> None:
    """So a picture may take any palette and any marks, if alike stays alike."""
    columns = activation(seed, (1, 3, 4, 5)).reshape(1, 12, 5) + 0.1
    turn = ortho_group.rvs(5, random_state=seed % 2**31).astype("f")
    similarity = losses.self_similarity(columns)
    for other in (3 * columns, columns @ turn):
        loss = losses.self_similarity_loss(losses.self_similarity(other), similarity)
        np.testing.assert_allclose(loss, [0], atol=1e-3)
