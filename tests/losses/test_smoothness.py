"""Tests of tfnst.losses.smoothness."""

from __future__ import annotations

from functools import partial

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.losses.equations import picture, quick, seeds
from tfnst import losses


def test_total_variation_of_a_checkerboard_is_two() -> None:
    """All neighbours differ by one: 1 across and 1 down, whatever the size."""
    for height, width in [(2, 2), (5, 8), (9, 4)]:
        board = np.indices((height, width)).sum(0) % 2
        image = np.repeat(board[None, :, :, None], 3, 3).astype("f")
        np.testing.assert_allclose(losses.total_variation(image), 2, rtol=1e-6)


def test_total_variation_of_stripes_and_ramps_is_known() -> None:
    stripes = np.zeros((1, 6, 8, 3), "f")
    stripes[:, :, ::2] = 0.5
    np.testing.assert_allclose(losses.total_variation(stripes), 0.25, rtol=1e-6)
    ramp = np.zeros((1, 6, 8, 3), "f") + 0.1 * np.arange(6, dtype="f")[:, None, None]
    np.testing.assert_allclose(losses.total_variation(ramp), 0.01, rtol=1e-5)


@quick
@given(st.floats(0, 1, width=32), st.integers(2, 9), st.integers(2, 9))
def test_total_variation_of_a_constant_is_zero(value: float, height: int, width: int) -> None:
    image = np.full((1, height, width, 3), value, "f")
    np.testing.assert_allclose(losses.total_variation(image), 0, atol=1e-6)


@quick
@given(seeds, st.sampled_from(["flip", "turn", "shift", "negative"]))
def test_total_variation_knows_no_direction_and_no_brightness(seed: int, change: str) -> None:
    image = picture(seed)
    changed = {
        "flip": partial(np.flip, axis=(1, 2)),
        "turn": partial(np.rot90, axes=(1, 2)),
        "shift": lambda x: x + np.float32(0.5),
        "negative": lambda x: 1 - x,
    }[change](image)
    np.testing.assert_allclose(
        losses.total_variation(changed), losses.total_variation(image), rtol=1e-4
    )
