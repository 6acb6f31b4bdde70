"""Tests of losses.histogram_terms: equations, draws, masks, blends, gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.losses.equations import columns_of, numpy_histogram_loss
from tests.losses.views import LAYERS, assert_regions_are_compared_alone, view
from tfnst import losses

WEIGHTS = (1.0, 3.0)  # of `LAYERS`
HISTOGRAM = losses.HistogramTerm(LAYERS, WEIGHTS)
SLICED = losses.SlicedWassersteinTerm(LAYERS, WEIGHTS, seed=2)
every_term = pytest.mark.parametrize("term", [HISTOGRAM, SLICED], ids=["histogram", "sliced"])


def numpy_sliced_loss(sample: np.ndarray, style: np.ndarray, draw: int = 0) -> float:
    channels = sample.shape[-1]
    axes = np.asarray(losses.directions(channels, channels, 2, draw), np.float64)
    return numpy_histogram_loss(columns_of(sample) @ axes, columns_of(style) @ axes)


EQUATIONS: dict[Any, Callable[..., float]] = {
    HISTOGRAM: numpy_histogram_loss,
    SLICED: numpy_sliced_loss,
}


@every_term
def test_a_distance_is_the_mean_of_its_equation_over_layers(term: Any) -> None:
    """The artwork may be larger or smaller than the picture."""
    for size in ((8, 6), (10, 14), (4, 6)):
        value, wanted = view(1), view(2, size=size)
        distance = term.distance(value, term.target(term.measure(wanted)))
        for n in range(2):
            parts = [
                EQUATIONS[term](value.activations[k][n], wanted.activations[k][n]) for k in LAYERS
            ]
            np.testing.assert_allclose(distance[n], np.average(parts, weights=WEIGHTS), rtol=1e-3)


def test_every_step_looks_along_other_directions() -> None:
    target = SLICED.target(SLICED.measure(view(2)))
    values = [float(SLICED.distance(view(1, draw=draw), target)[0]) for draw in (0, 1, 0)]
    assert values[0] == values[2] != values[1]
    expected = [
        numpy_sliced_loss(view(1).activations[k][0], view(2).activations[k][0], 1) for k in LAYERS
    ]
    assert values[1] == pytest.approx(np.average(expected, weights=WEIGHTS), rel=1e-3)
    few = losses.SlicedWassersteinTerm(LAYERS, count=2)
    assert float(few.distance(view(1), few.target(few.measure(view(2))))[0]) > 0


@every_term
def test_a_region_is_compared_with_the_region_alone(term: Any) -> None:
    assert_regions_are_compared_alone(term, EQUATIONS[term], WEIGHTS, rtol=2e-3)


@every_term
def test_a_blend_is_of_a_picture_of_which_each_source_fills_its_share(term: Any) -> None:
    first, second = view(1), view(2)
    measured = [term.measure(one) for one in (first, second)]
    blended = term.target(term.blend(measured, (1, 1)))
    both = {k: np.concatenate([v.activations[k] for v in (first, second)], 1) for k in LAYERS}
    expected = term.target(term.measure(losses.View(None, both)))
    for value in (view(3), view(4)):
        np.testing.assert_allclose(
            term.distance(value, blended), term.distance(value, expected), rtol=1e-3
        )
    alone = term.target(term.blend(measured, (0, 2)))
    np.testing.assert_allclose(
        term.distance(view(3), alone), term.distance(view(3), term.target(measured[1])), rtol=1e-3
    )
    more = np.asarray(term.target(term.blend(measured, (1, 3)))["fine"])[0, :, 0, 0]
    values = columns_of(second.activations["fine"][0])[:, 0]
    assert np.isin(more[more > 0], values).mean() == pytest.approx(0.75, abs=0.1)


def test_of_very_many_columns_as_many_as_are_kept_are_taken_evenly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(losses.SlicedWassersteinTerm, "most", 16)
    measured = SLICED.measure(view(1))
    target = SLICED.target(measured)["fine"]
    assert target.shape == (2, 16, 1, 5)
    parts = np.asarray(measured["fine"].columns).reshape(2, 16, 3, 5)
    taken = (parts == np.asarray(target)).all(-1)
    assert (taken.sum(2) == 1).all()
    places = taken.argmax(2)
    assert set(places.ravel()) == {0, 1, 2}  # a pattern of that period is seen everywhere
    np.testing.assert_array_equal(places[0], places[1])


@every_term
@pytest.mark.parametrize("compiled", [False, True])
def test_a_graph_of_unknown_sizes_gives_the_same(term: Any, compiled: bool) -> None:
    value, target = view(1), term.target(term.measure(view(2)))

    def slope(activations: Any, target: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(activations)
            total = tf.reduce_sum(term.distance(losses.View(None, activations), target))
        return total, tape.gradient(total, activations)

    signature = [
        {k: tf.TensorSpec((None, None, None, v.shape[-1])) for k, v in part.items()}
        for part in (value.activations, target)
    ]
    traced = tf.function(slope, input_signature=signature, jit_compile=compiled)
    activations = {k: tf.constant(v) for k, v in value.activations.items()}
    total, gradients = traced(activations, target)
    plain, expected = slope(activations, target)
    np.testing.assert_allclose(total, plain, rtol=1e-3)
    for layer in LAYERS:
        np.testing.assert_allclose(gradients[layer], expected[layer], atol=1e-5)
        assert np.abs(gradients[layer]).max() > 1e-4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layers": ()}, r"layers is \(\); use a tuple of one or more"),
        ({"layers": ("a",), "weights": (1.0, 2.0)}, r"weights is \(1.0, 2.0\)"),
        ({"layers": ("a",), "count": 0}, "count is 0; use a whole number from 1 or None"),
        ({"layers": ("a",), "seed": -1}, "seed is -1; use a whole number from 0"),
    ],
)
def test_settings_are_checked(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        losses.SlicedWassersteinTerm(**arguments)
