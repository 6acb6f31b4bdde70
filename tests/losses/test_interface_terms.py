"""Tests of losses.interface_terms: what is held; for structure see test_structure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.losses.views import assert_slope_agrees
from tfnst import images, losses

WEIGHTS = np.full((60, 80), 0.1, np.float32)
WEIGHTS[20:40, 10:70] = 1
TERM = losses.PixelTerm(WEIGHTS)


def view(picture: np.ndarray) -> losses.View:
    return losses.View(tf.constant(images.padded(picture)[None]), {})


def drawn(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((60, 80, 3), np.float32)


def test_a_distance_is_that_of_pixels_by_weights() -> None:
    value, photo = drawn(1), drawn(2)
    weights = images.padded(WEIGHTS[..., None])[..., 0].astype(np.float64)
    own, wanted = (images.padded(picture).astype(np.float64) for picture in (value, photo))
    mean = np.average(wanted, axis=(0, 1), weights=np.repeat(weights[..., None], 3, 2))
    missed, variance = (
        np.einsum("hw,hwc->", weights, (picture - wanted) ** 2)
        for picture in (own, np.broadcast_to(mean, wanted.shape))
    )
    target = TERM.target(TERM.measure(view(photo)))
    assert target.shape == (1, *images.padded(photo).shape[:2], 4)
    np.testing.assert_allclose(TERM.distance(view(value), target), [missed / variance], rtol=1e-3)
    np.testing.assert_allclose(TERM.distance(view(photo), target), [0], atol=1e-6)
    flat = TERM.distance(view(np.zeros_like(photo) + mean.astype(np.float32)), target)
    np.testing.assert_allclose(flat, [1], rtol=1e-3)


@pytest.mark.parametrize("compiled", [False, True])
def test_gradients_agree_with_finite_differences(compiled: bool) -> None:
    target = TERM.target(TERM.measure(view(drawn(2))))
    image = view(drawn(1)).image
    direction = np.random.default_rng(3).choice([-1, 1], image.shape).astype(np.float32)

    def along(step: Any) -> Any:
        return TERM.distance(losses.View(image + step * (direction + 1), {}), target)[0]

    assert_slope_agrees(along, 1e-2, 0.02, compiled)


def test_where_nothing_counts_nothing_is_held() -> None:
    term = losses.PixelTerm(np.zeros((60, 80), np.float32))
    target = term.target(term.measure(view(drawn(2))))
    assert float(term.distance(view(drawn(1)), target)[0]) == pytest.approx(0)
