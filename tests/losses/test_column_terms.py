"""Tests of losses.column_terms: places, masks, blends, gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.losses.views import LAYERS, assert_slope_agrees, view
from tfnst import losses

TERMS: list[losses.Term] = [
    losses.RelaxedEmdTerm(LAYERS, 40),
    losses.PaletteTerm(40),
    losses.SelfSimilarityTerm(LAYERS, 40),
]
every_term = pytest.mark.parametrize("term", TERMS, ids=lambda term: type(term).__name__)


def distance(term: losses.Term, value: losses.View, wanted: losses.View) -> np.ndarray:
    return np.asarray(term.distance(value, term.target(term.measure(wanted))))


@every_term
def test_it_is_zero_at_itself_and_one_number_a_picture(term: losses.Term) -> None:
    np.testing.assert_allclose(distance(term, view(1), view(1)), [0, 0], atol=2e-4)
    both = distance(term, view(1), view(2))
    assert both.shape == (2,)
    assert both.min() > 0.02


@every_term
def test_other_draws_look_at_other_places_and_the_same_again_at_the_same(term: losses.Term) -> None:
    values = [distance(term, view(1, draw=draw), view(2))[0] for draw in (0, 1, 0, 2)]
    assert values[0] == values[2]
    assert len({float(value) for value in values}) == 3
    np.testing.assert_allclose(values, np.mean(values), rtol=0.25)


@every_term
def test_what_a_mask_leaves_out_does_not_count(term: losses.Term) -> None:
    mask = np.zeros((2, 16, 12, 1), np.float32)
    mask[:, :8] = 1
    value, wanted = view(1, mask), view(2, mask)
    expected = distance(term, value, wanted)
    changed = view(7)

    def lower_half(before: Any, after: Any) -> Any:  # but for the row that is interpolated with
        row = before.shape[1] // 2 + 1
        return np.concatenate([before[:, :row], after[:, row:]], 1)

    activations = {k: lower_half(v, changed.activations[k]) for k, v in value.activations.items()}
    other = losses.View(lower_half(value.image, changed.image), activations, mask)
    np.testing.assert_allclose(distance(term, other, wanted), expected, rtol=1e-2)


@pytest.mark.parametrize("term", TERMS[:2], ids=lambda term: type(term).__name__)
def test_a_blend_holds_the_columns_of_all_by_shares(term: Any) -> None:
    first, second = (term.measure(view(seed)) for seed in (1, 2))
    blend = term.blend([first, second], (1, 3))
    assert blend.columns.shape[1] == 80
    np.testing.assert_allclose(np.sum(blend.weights[:, :40], 1), 0.25, rtol=1e-5)
    np.testing.assert_allclose(np.sum(blend.weights, 1), 1, rtol=1e-5)
    alone = term.target(term.blend([first, second], (0, 1)))
    expected = term.distance(view(3), term.target(second))
    np.testing.assert_allclose(term.distance(view(3), alone), expected, rtol=1e-4)


@every_term
@pytest.mark.parametrize("compiled", [False, True])
def test_gradients_agree_with_finite_differences(term: losses.Term, compiled: bool) -> None:
    value = view(1)
    target = term.target(term.measure(view(2)))
    random = np.random.default_rng(4)
    moves = [random.normal(size=v.shape) for v in (value.image, *value.activations.values())]
    moves = [move.astype("f") for move in moves]

    def along(step: Any) -> Any:
        activations = {
            k: v + step * move
            for (k, v), move in zip(value.activations.items(), moves[1:], strict=False)
        }
        image = value.image + step * moves[0]
        return tf.reduce_sum(term.distance(losses.View(image, activations), target))

    assert_slope_agrees(along, 3e-4, 0.05, compiled)


def test_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="count is 0; use a whole number from 1"):
        losses.PaletteTerm(0)
    with pytest.raises(ValueError, match=r"layers is \(\); use a tuple of one or more"):
        losses.RelaxedEmdTerm(())
