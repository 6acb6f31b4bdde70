"""Tests of tfnst.losses.smoothness."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.losses.equations import picture, quick, seeds
from tfnst import losses
from tfnst.losses.smoothness import BLOCK, EDGE, LEAST


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


def halves(step: float, side: int = 4 * BLOCK) -> np.ndarray:
    """Black on the left, `step` of each colour on the right."""
    image = np.zeros((1, side, side, 3), np.float32)
    image[:, :, side // 2 :] = step
    return image


def test_a_step_that_the_photo_has_is_free_and_one_that_it_has_not_costs_its_height() -> None:
    """One of three steps across is of 0.4·√3; all others are of `LEAST`."""
    flat = np.zeros_like(halves(1))
    floor = 2 * LEAST * np.exp(-1e-3 / EDGE)
    bare = float(losses.edge_aware_smoothness(halves(0.4), flat)[0])
    assert bare == pytest.approx(0.4 * np.sqrt(3) / 3 + 5 / 6 * floor, rel=0.02)
    explained = float(losses.edge_aware_smoothness(halves(0.4), halves(1))[0])
    assert explained < floor
    np.testing.assert_allclose(losses.edge_aware_smoothness(flat, flat), floor, rtol=1e-4)


def test_strokes_smaller_than_a_block_are_free() -> None:
    flat = np.zeros((1, 4 * BLOCK, 4 * BLOCK, 3), np.float32)
    strokes = np.indices(flat.shape[1:3]).sum(0) // 4 % 2
    image = 0.5 * strokes[None, :, :, None].repeat(3, 3).astype(np.float32)
    expected = losses.edge_aware_smoothness(flat, flat)
    np.testing.assert_allclose(losses.edge_aware_smoothness(image, flat), expected, rtol=1e-4)


@quick
@given(seeds)
def test_edge_aware_smoothness_is_finite_and_each_picture_its_own(seed: int) -> None:
    random = np.random.default_rng(seed)
    image, guide = random.random((2, 2, 2 * BLOCK, 3 * BLOCK, 3), np.float32)
    both = np.asarray(losses.edge_aware_smoothness(image, guide))
    assert np.isfinite(both).all()
    alone = losses.edge_aware_smoothness(image[1:], guide[1:])
    np.testing.assert_allclose(both[1:], alone, rtol=1e-5)
