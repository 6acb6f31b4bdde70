"""What terms are tried on: views of random pictures and activations, their regions and slopes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.losses.equations import activation, picture
from tfnst import losses

LAYERS = ("fine", "coarse")


def view(
    seed: int,
    mask: np.ndarray | None = None,
    draw: int = 0,
    size: tuple[int, int] = (8, 6),
    batch: int = 2,
) -> losses.View:
    """Pictures, and activations of that size at the finer layer, which need not be theirs."""
    height, width = size
    activations = {
        "fine": activation(seed, (batch, height, width, 5)),
        "coarse": activation(seed + 100, (batch, height // 2, width // 2, 7)),
    }
    return losses.View(picture(seed, (batch, 2 * height, 2 * width, 3)), activations, mask, draw)


def assert_regions_are_compared_alone(
    term: losses.Term,
    equation: Callable[[Any, Any], float],
    weights: tuple[float, ...],
    rtol: float,
) -> None:
    """Of masked views a term says what its equation says of the parts within the masks."""
    mask = np.zeros((2, 16, 12, 1), np.float32)
    mask[:, 4:12, 4:12] = 1
    inside = {"fine": np.s_[2:6, 2:6], "coarse": np.s_[1:3, 1:3]}
    value, wanted = view(1, mask), view(2, mask)
    distance = term.distance(value, term.target(term.measure(wanted)))
    for n in range(2):
        parts = [
            equation(*(v.activations[k][n][inside[k]] for v in (value, wanted))) for k in LAYERS
        ]
        np.testing.assert_allclose(distance[n], np.average(parts, weights=weights), rtol=rtol)


def assert_slope_agrees(
    along: Callable[[Any], Any], step: float, rel: float, jit_compile: bool = False
) -> None:
    """The gradient of a function at 0, in a graph, is that by finite differences, and not 0."""

    def slope(start: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(start)
            total = along(start)
        return tape.gradient(total, start)

    gradient = float(tf.function(slope, jit_compile=jit_compile)(tf.constant(0.0)))
    numerical = float(along(step) - along(-step)) / (2 * step)
    assert abs(gradient) > 1e-3
    assert gradient == pytest.approx(numerical, rel=rel)
