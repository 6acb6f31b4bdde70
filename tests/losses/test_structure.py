"""Tests of losses.structure against sums over positions, and of ImagineNet's term."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tests.losses.equations import activation, numpy_gram, quick, seeds
from tfnst import losses

PAIRS = (("block1_conv1", "block1_conv2"), ("block1_conv1", "block2_conv1"))
TERM = losses.StructureTerm(PAIRS)


def numpy_covariance(shallow: np.ndarray, deep: np.ndarray, stride: int) -> np.ndarray:
    """As the paper has it: the deeper layer enlarged, position by position."""
    height, width = (stride * side for side in deep.shape[:2])
    matrix = np.zeros((shallow.shape[-1], deep.shape[-1]))
    for y in range(height):
        for x in range(width):
            matrix += np.outer(shallow[y, x], deep[y // stride, x // stride])
    return matrix / (height * width)


def numpy_loss(own: np.ndarray, wanted: np.ndarray) -> float:
    return float(((own - wanted) ** 2).sum() / (wanted**2).sum())


@quick
@given(seeds, st.sampled_from([1, 2, 4]), st.integers(0, 3))
def test_it_is_the_sum_over_an_enlarged_layer_over_the_area(
    seed: int, stride: int, left_over: int
) -> None:
    left_over = min(left_over, stride - 1)
    shallow = activation(seed, (2, 3 * stride + left_over, 2 * stride + left_over, 4))
    deep = activation(seed + 1, (2, 3, 2, 5))
    expected = [numpy_covariance(*pair, stride) for pair in zip(shallow, deep, strict=True)]
    found = losses.cross_covariance(shallow, deep, stride)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_of_a_layer_with_itself_it_is_the_gram_matrix() -> None:
    value = activation(1)
    expected = [numpy_gram(sample) for sample in value]
    np.testing.assert_allclose(losses.cross_covariance(value, value), expected, rtol=1e-4)


def test_it_does_not_depend_on_the_area() -> None:
    """The public program forgets to divide, and so weighs layers and sizes anew."""
    shallow, deep = activation(1, (1, 8, 4, 5)), activation(2, (1, 4, 2, 6))
    tiled = [np.tile(value, (1, 2, 3, 1)) for value in (shallow, deep)]
    expected = losses.cross_covariance(shallow, deep, 2)
    np.testing.assert_allclose(losses.cross_covariance(*tiled, 2), expected, rtol=1e-4)


def test_a_mask_weighs_positions() -> None:
    shallow, deep = activation(1, (1, 8, 8, 5)), activation(2, (1, 4, 4, 6))
    mask = np.zeros((1, 16, 16, 1), np.float32)
    mask[:, 4:12, 8:] = 1
    found = losses.cross_covariance(shallow, deep, 2, mask)[0]
    expected = numpy_covariance(shallow[0, 2:6, 4:], deep[0, 1:3, 2:], 2)
    np.testing.assert_allclose(found, expected, rtol=1e-3)
    half = losses.cross_covariance(shallow, deep, 2, np.full((1, 8, 8, 1), 0.5, np.float32))
    np.testing.assert_allclose(half, losses.cross_covariance(shallow, deep, 2), rtol=1e-3)


def view(seed: int, height: int = 8) -> losses.View:
    shapes = {"block1_conv1": (height, 6, 3), "block1_conv2": (height, 6, 4)}
    shapes["block2_conv1"] = (height // 2, 3, 5)
    activations = {k: activation(seed + i, (1, *v)) for i, (k, v) in enumerate(shapes.items())}
    return losses.View(None, activations)


def numpy_distance(value: losses.View, wanted: losses.View) -> float:
    matrices = [
        [
            numpy_covariance(v.activations[a][0], v.activations[b][0], stride)
            for (a, b), stride in zip(PAIRS, (1, 2), strict=True)
        ]
        for v in (value, wanted)
    ]
    return float(np.mean([numpy_loss(*pair) for pair in zip(*matrices, strict=True)]))


def test_a_distance_is_the_mean_of_its_equation_over_pairs() -> None:
    value, wanted = view(1), view(11, 10)
    distance = TERM.distance(value, TERM.target(TERM.measure(wanted)))
    np.testing.assert_allclose(distance, numpy_distance(value, wanted), rtol=1e-4)
    assert TERM.layers == ("block1_conv1", "block1_conv2", "block2_conv1")
    measured = [TERM.measure(one) for one in (value, wanted)]
    blend = TERM.blend(measured, (1, 3))
    for name in blend:
        expected = (np.asarray(measured[0][name]) + 3 * np.asarray(measured[1][name])) / 4
        np.testing.assert_allclose(blend[name], expected, rtol=1e-5)


@pytest.mark.parametrize("compiled", [False, True])
def test_gradients_are_slopes_of_the_equation_in_numpy(compiled: bool) -> None:
    value, wanted = view(1), view(11)
    target = TERM.target(TERM.measure(wanted))

    def slope(activations: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(activations)
            total = tf.reduce_sum(TERM.distance(losses.View(None, activations), target))
        return tape.gradient(total, activations)

    start = {k: tf.constant(v) for k, v in value.activations.items()}
    gradients = tf.function(slope, jit_compile=compiled)(start)
    random = np.random.default_rng(0)
    moves = {k: random.normal(size=v.shape) for k, v in value.activations.items()}
    ahead, behind = (
        numpy_distance(
            losses.View(
                None, {k: v + sign * 1e-5 * moves[k] for k, v in value.activations.items()}
            ),
            wanted,
        )
        for sign in (1, -1)
    )
    along = sum(float((np.asarray(gradients[k]) * moves[k]).sum()) for k in moves)
    assert along == pytest.approx((ahead - behind) / 2e-5, rel=1e-3) and abs(along) > 1e-3


@pytest.mark.parametrize(
    "pairs",
    [(), (("block2_conv1", "block1_conv1"),), (("fine", "coarse"),), (("block1_conv1",),), "ab"],
)
def test_pairs_are_checked(pairs: Any) -> None:
    with pytest.raises(ValueError, match=r"pairs is .*; use a tuple of one or more pairs of VGG"):
        losses.StructureTerm(pairs)
