"""Tests of tfnst.images.periodic."""

from __future__ import annotations

import numpy as np
import pytest

from tfnst.images import resize
from tfnst.images.periodic import periodic_component, resize_periodic, seam


def smooth(height: int, width: int) -> np.ndarray:
    """Periodic noise without its finest detail, (H, W, 3)."""
    noise = np.random.default_rng(0).random((height, width, 3))
    shifts = [(i, j) for i in range(3) for j in range(3)]
    return np.mean([np.roll(noise, shift, (0, 1)) for shift in shifts], 0).astype(np.float32)


@pytest.mark.parametrize("size", [(24, 40), (30, 17), (12, 10)])
def test_a_resized_periodic_picture_is_periodic(size: tuple[int, int]) -> None:
    """As resized within a large tiling; resized alone it would not be."""
    picture = smooth(12, 20)
    resized = resize_periodic(picture, *size)
    tiling = resize(np.tile(picture, (5, 5, 1)), *(5 * side for side in size))
    middle = tiling[2 * size[0] : 3 * size[0], 2 * size[1] : 3 * size[1]]
    np.testing.assert_allclose(resized, middle, atol=1e-3)
    if size == (24, 40):
        assert np.abs(resize(picture, *size)[0] - middle[0]).max() > 0.01


def test_a_turned_picture_is_turned_when_it_is_enlarged() -> None:
    picture = smooth(12, 20)
    turned = resize_periodic(np.roll(picture, (5, 7), (0, 1)), 24, 40)
    np.testing.assert_allclose(
        turned, np.roll(resize_periodic(picture, 24, 40), (10, 14), (0, 1)), atol=1e-5
    )


def test_a_slope_has_no_periodic_component_but_its_mean() -> None:
    slope = np.linspace(0, 1, 32)[:, None, None] * np.ones((1, 24, 3))
    flat = periodic_component(slope)
    assert flat.mean() == pytest.approx(0.5) and np.ptp(flat) < 0.04


def test_the_periodic_component_is_the_solution_of_moisan_s_equation() -> None:
    """Its discrete Laplacian, periodic, is that of the picture, with mirrored borders."""
    picture = np.random.default_rng(0).random((9, 11, 1))
    component = periodic_component(picture).astype(float)
    neighbours = [np.roll(component, shift, axis) for shift in (1, -1) for axis in (0, 1)]
    mirrored = np.pad(picture, ((1, 1), (1, 1), (0, 0)), "symmetric")
    around = mirrored[2:, 1:-1] + mirrored[:-2, 1:-1] + mirrored[1:-1, 2:] + mirrored[1:-1, :-2]
    np.testing.assert_allclose(
        np.sum(neighbours, 0) - 4 * component, around - 4 * picture, atol=1e-5
    )


def test_a_periodic_picture_is_its_own_periodic_component_away_from_borders() -> None:
    picture = smooth(64, 64)
    off = np.abs(periodic_component(picture) - picture)
    assert off[16:-16, 16:-16].max() < 0.02


def test_seams_are_seen() -> None:
    picture = smooth(32, 48)
    assert seam(picture) == pytest.approx(1, abs=0.3)
    assert seam(picture[:, :-7]) > 1.5 and seam(picture[:-7]) > 1.5
    assert seam(np.ones((8, 8, 3))) == 0
