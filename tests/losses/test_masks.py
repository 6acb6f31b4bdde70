"""Tests of masks: layers' sizes, and losses of a region against NumPy on its positions alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.losses.test_losses import (
    activation,
    numpy_content_distance,
    numpy_gram_loss,
    numpy_variation,
    numpy_wasserstein_loss,
)
from tfnst import losses
from tfnst.losses import masks

REGION = np.zeros((2, 8, 6, 1), np.float32)
REGION[:, 1:6, 2:6] = 1  # 5 × 4 positions


def inside(value: np.ndarray) -> np.ndarray:
    return value[:, 1:6, 2:6]


def gram(value: Any, wanted: Any, mask: Any = None) -> Any:
    target = losses.gram_matrix(losses.feature_statistics(wanted, mask))
    return losses.gram_style_loss(losses.feature_statistics(value, mask), target)


def wasserstein(value: Any, wanted: Any, mask: Any = None) -> Any:
    target = losses.gaussian(losses.feature_statistics(wanted, mask))
    return losses.wasserstein_style_loss(losses.feature_statistics(value, mask), target)


def content(value: Any, wanted: Any, mask: Any = None) -> Any:
    return losses.content_distance(value, losses.standardize(wanted, mask), mask)


def variation(value: Any, _: Any, mask: Any = None) -> Any:
    return losses.total_variation(value, mask)


LOSSES: dict[str, tuple[Callable[..., Any], Callable[..., float]]] = {
    "gram": (gram, numpy_gram_loss),
    "wasserstein": (wasserstein, numpy_wasserstein_loss),
    "content": (content, numpy_content_distance),
    "variation": (variation, numpy_variation),
}
every_loss = pytest.mark.parametrize("name", LOSSES)


@every_loss
def test_a_loss_of_a_region_is_its_equation_on_the_region_alone(name: str) -> None:
    loss, equation = LOSSES[name]
    value, wanted = activation(1), activation(2)
    expected = [equation(*pair) for pair in zip(inside(value), inside(wanted), strict=True)]
    np.testing.assert_allclose(loss(value, wanted, REGION), expected, rtol=2e-3, atol=1e-4)


@every_loss
def test_outside_of_a_region_there_is_no_gradient(name: str) -> None:
    loss, _ = LOSSES[name]
    value, wanted = tf.constant(activation(1)), activation(2)
    with tf.GradientTape() as tape:
        tape.watch(value)
        total = tf.reduce_sum(loss(value, wanted, REGION))
    gradient = tape.gradient(total, value).numpy()
    assert np.isfinite(gradient).all()
    largest = np.abs(inside(gradient)).max()
    assert largest > 0
    assert np.abs(gradient * (1 - REGION)).max() < 1e-4 * largest


@every_loss
def test_a_mask_of_ones_changes_nothing(name: str) -> None:
    loss, _ = LOSSES[name]
    value, wanted = activation(1), activation(2)
    for mask in (np.ones((2, 32, 24, 1), np.float32), np.full((1, 11, 7, 1), 1, np.float32)):
        np.testing.assert_allclose(
            loss(value, wanted, mask), loss(value, wanted), rtol=1e-3, atol=1e-5
        )


@every_loss
def test_masks_go_through_a_graph_of_unknown_sizes_and_xla(name: str) -> None:
    loss, _ = LOSSES[name]
    value, wanted = activation(1), activation(2)
    mask = np.random.default_rng(0).random((1, 16, 12, 1), np.float32)
    layer, of_picture = (tf.TensorSpec((None, None, None, c)) for c in (5, 1))
    traced = tf.function(loss, input_signature=[layer, layer, of_picture])
    compiled = tf.function(loss, jit_compile=True)
    for call in (traced, compiled):
        np.testing.assert_allclose(
            call(value, wanted, mask), loss(value, wanted, mask), rtol=1e-3, atol=1e-5
        )


def test_statistics_of_regions_add_up() -> None:
    value = activation(1)
    mask = np.random.default_rng(0).random((2, 16, 12, 1), np.float32)
    parts = [losses.feature_statistics(value, m) for m in (mask, 1 - mask)]
    whole = losses.feature_statistics(value)
    for one, other, both in zip(*parts, whole, strict=True):
        np.testing.assert_allclose(one + other, both, rtol=1e-4, atol=1e-3)


def test_a_mask_is_averaged_over_what_a_position_covers() -> None:
    mask = np.random.default_rng(0).random((2, 12, 20, 1), np.float32)
    halved = masks.fitted(mask, np.zeros((2, 6, 10, 7), np.float32))
    np.testing.assert_allclose(halved, tf.nn.avg_pool2d(mask, 2, 2, "VALID"), rtol=1e-5)
    # Seven pixels over three positions: 2⅓ each.
    line = np.arange(7, dtype=np.float32).reshape(1, 1, 7, 1)
    fitted = masks.fitted(line, np.zeros((1, 1, 3, 1), np.float32))
    expected = [(0 + 1 + 2 / 3) / (7 / 3), (2 * 2 / 3 + 3 + 4 * 2 / 3) / (7 / 3)]
    np.testing.assert_allclose(np.ravel(fitted)[:2], expected, rtol=1e-5)
    np.testing.assert_allclose(masks.fitted(line, line), line, rtol=1e-6)
