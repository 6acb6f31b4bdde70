"""Tests of losses.terms: values against NumPy, blends, regions, gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.losses.equations import (
    activation,
    numpy_content_distance,
    numpy_gram,
    numpy_gram_loss,
    numpy_mean_std_loss,
    numpy_variation,
    numpy_wasserstein_loss,
    picture,
)
from tests.losses.views import LAYERS, assert_regions_are_compared_alone, view
from tfnst import losses
from tfnst.losses import terms

WEIGHTS = (1.0, 3.0)  # of `LAYERS`
STYLE = {
    losses.GramTerm: numpy_gram_loss,
    losses.WassersteinTerm: numpy_wasserstein_loss,
    losses.MeanStdTerm: numpy_mean_std_loss,
}
every_style = pytest.mark.parametrize("kind", STYLE)
TERMS: list[tuple[losses.Term, Callable[[Any, Any], float], tuple[float, ...]]] = [
    (losses.GramTerm(LAYERS, WEIGHTS), numpy_gram_loss, WEIGHTS),
    (losses.WassersteinTerm(LAYERS), numpy_wasserstein_loss, (1.0, 1.0)),
    (losses.MeanStdTerm(LAYERS), numpy_mean_std_loss, (1.0, 1.0)),
    (losses.ContentTerm(LAYERS), numpy_content_distance, (1.0, 1.0)),
]
every_term = pytest.mark.parametrize(
    ("term", "equation", "weights"), TERMS, ids=[type(term).__name__ for term, _, _ in TERMS]
)


@every_term
def test_a_distance_is_the_mean_of_its_equation_over_layers(
    term: losses.Term, equation: Callable[[Any, Any], float], weights: tuple[float, ...]
) -> None:
    value, wanted = view(1), view(2)
    expected = [
        np.average(
            [equation(value.activations[k][n], wanted.activations[k][n]) for k in LAYERS],
            weights=weights,
        )
        for n in range(2)
    ]
    distance = term.distance(value, term.target(term.measure(wanted)))
    np.testing.assert_allclose(distance, expected, rtol=1e-2)


@every_term
def test_a_region_is_compared_with_the_region_alone(
    term: losses.Term, equation: Callable[[Any, Any], float], weights: tuple[float, ...]
) -> None:
    assert_regions_are_compared_alone(term, equation, weights, rtol=3e-2)


@every_style
def test_a_blend_has_the_mean_statistics_by_shares(kind: type[losses.StyleTerm]) -> None:
    """Whatever the sizes of the artworks: the mean and second moments are averaged."""
    term = kind(("fine",))
    first, second = activation(1, (1, 8, 6, 5)), activation(2, (1, 10, 20, 5))
    views = [losses.View(None, {"fine": value}) for value in (first, second)]
    blend = term.blend([term.measure(one) for one in views], (1, 3))["fine"]
    expected = (numpy_gram(first[0]) + 3 * numpy_gram(second[0])) / 4
    np.testing.assert_allclose(losses.gram_matrix(blend)[0], expected, rtol=1e-4)
    expected = (first.mean((0, 1, 2)) + 3 * second.mean((0, 1, 2))) / 4
    np.testing.assert_allclose(losses.mean(blend)[0], expected, rtol=1e-4)


def test_by_default_measurements_are_averaged_and_are_the_target() -> None:
    class MeanColour(losses.Term):
        def measure(self, view: losses.View) -> dict[str, Any]:
            return {"colour": tf.reduce_mean(view.image, (1, 2))}

        def distance(self, view: losses.View, target: Any) -> Any:
            return tf.reduce_sum((self.measure(view)["colour"] - target["colour"]) ** 2, 1)

    term = MeanColour()
    red, blue = (losses.View(np.full((1, 4, 4, 3), c, "f"), {}) for c in ((1, 0, 0), (0, 0, 1)))
    target = term.target(term.blend([term.measure(red), term.measure(blue)], (3, 1)))
    np.testing.assert_allclose(target["colour"], [[0.75, 0, 0.25]])
    np.testing.assert_allclose(term.distance(red, target), [2 * 0.25**2])
    assert term.layers == ()


def test_variation_counts_all_or_what_exceeds_its_target() -> None:
    term, image = losses.VariationTerm(), picture(1)
    own = np.array([numpy_variation(sample) for sample in image])
    value = losses.View(image, {})
    np.testing.assert_allclose(term.distance(value, None), own, rtol=1e-4)
    target = np.array([own[0] - 0.1, own[1] + 0.1], np.float32)
    np.testing.assert_allclose(term.distance(value, target), [0.1, 0], atol=1e-5)


def test_fine_detail_is_to_be_as_much_as_in_the_artwork() -> None:
    term, image = losses.BandTerm(), picture(1, (2, 40, 40, 3))
    rough, smooth = losses.View(image, {}), losses.View(0.5 + 0.2 * (image - 0.5), {})
    target = term.target(term.measure(rough))
    np.testing.assert_allclose(target, losses.band_energies(image))
    np.testing.assert_allclose(term.distance(rough, target), 0, atol=1e-6)
    # A fifth of the contrast: a twenty-fifth of the energy of each band.
    np.testing.assert_allclose(term.distance(smooth, target), np.log(25) ** 2, rtol=0.05)


@every_style
def test_a_reduced_term_sees_the_smaller_picture(kind: type[losses.StyleTerm]) -> None:
    inner, mask = kind(LAYERS), picture(3, (2, 16, 12, 1))
    term = losses.ReducedTerm(inner, 4)
    (small, large), (target, other) = (
        [view(seed, mask)._replace(reduced={4: view(seed + 2, mask)}) for seed in seeds]
        for seeds in ((1, 2), (5, 6))
    )
    assert term.layers == LAYERS
    for one, aim in ((small, target), (large, other)):
        distance = term.distance(one, term.target(term.measure(aim)))
        expected = inner.distance(one.reduced[4], inner.target(inner.measure(aim.reduced[4])))
        np.testing.assert_allclose(distance, expected)
    measured = [term.measure(aim) for aim in (target, other)]
    for one, two in zip(
        tf.nest.flatten(term.blend(measured, (1, 3))),
        tf.nest.flatten(inner.blend(measured, (1, 3))),
        strict=True,
    ):
        np.testing.assert_allclose(one, two)


@pytest.mark.parametrize("scale", [1, 5, 2.0, "2"])
def test_scales_are_checked(scale: Any) -> None:
    with pytest.raises(ValueError, match=r"scale is .*; use a whole number from 2 to 4"):
        losses.ReducedTerm(losses.VariationTerm(), scale)


@pytest.mark.parametrize(
    "term", [term for term, _, _ in TERMS], ids=[type(term).__name__ for term, _, _ in TERMS]
)
@pytest.mark.parametrize("masked", [False, True])
def test_gradients_agree_with_finite_differences(term: losses.Term, masked: bool) -> None:
    mask = picture(3, (2, 16, 12, 1)) if masked else None
    value = view(1, mask)
    target = term.target(term.measure(view(2, mask)))
    direction = {
        k: np.random.default_rng(4).normal(size=v.shape).astype(np.float32)
        for k, v in value.activations.items()
    }

    def along(distance: Any) -> Any:
        moved = {k: v + distance * direction[k] for k, v in value.activations.items()}
        return tf.reduce_sum(term.distance(value._replace(activations=moved), target))

    start = tf.constant(0.0)
    with tf.GradientTape() as tape:
        tape.watch(start)
        total = along(start)
    slope = float(tape.gradient(total, start))
    step = 1e-2
    numerical = float(along(step) - along(-step)) / (2 * step)
    assert abs(slope) > 0.01
    assert slope == pytest.approx(numerical, rel=0.02)


@every_style
def test_stacked_targets_are_mixed_by_rows(kind: type[losses.StyleTerm]) -> None:
    term = kind(("fine",))
    targets = [
        term.target(term.measure(losses.View(None, {"fine": activation(seed, (1, 8, 6, 5))})))
        for seed in (1, 2, 3)
    ]
    mixture = np.array([[0, 1, 0], [0.5, 0, 0.5]], np.float32)
    mixed = terms.mix(terms.stack(targets), mixture)
    parts = zip(*(tf.nest.flatten(target) for target in (*targets, mixed)), strict=True)
    for one, other, third, rows in parts:
        np.testing.assert_allclose(rows[0], other[0], rtol=1e-5)
        np.testing.assert_allclose(rows[1], (one[0] + third[0]) / 2, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (losses.GramTerm, [()], r"layers is \(\); use a tuple of one or more"),
        (losses.GramTerm, [("a", "a")], r"layers is \('a', 'a'\)"),
        (losses.WassersteinTerm, ["a"], "layers is 'a'"),
        (losses.ContentTerm, [()], r"layers is \(\); use a tuple of one or more"),
        (losses.GramTerm, [("a", "b"), (1.0,)], r"weights is \(1.0,\); use a tuple of numbers"),
        (losses.GramTerm, [("a", "b"), (0.0, 0.0)], r"weights is \(0.0, 0.0\)"),
        (losses.GramTerm, [("a",), (-1.0,)], r"weights is \(-1.0,\)"),
        (losses.GramTerm, [("a",), (float("nan"),)], r"weights is \(nan,\)"),
    ],
)
def test_layers_and_weights_are_checked(kind: Any, arguments: list[Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kind(*arguments)
