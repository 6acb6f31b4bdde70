"""Tests of tfnst.synthesis.neighbourhoods."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from tfnst.synthesis import neighbourhoods


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).random(shape, np.float32)


def test_a_pyramid_begins_with_the_coarsest() -> None:
    picture = noise(13, 10, 3)
    levels = neighbourhoods.pyramid(picture, 3)
    assert [level.shape for level in levels] == [(4, 3, 3), (7, 5, 3), (13, 10, 3)]
    assert levels[-1] is picture


def test_a_pyramid_blurs_before_it_halves() -> None:
    picture = np.zeros((9, 9, 1), np.float32)
    picture[4, 4] = 1
    coarse = neighbourhoods.pyramid(picture, 2)[0][..., 0]
    across = np.array([0, 1, 6, 1, 0]) / 16
    np.testing.assert_allclose(coarse, np.outer(across, across), atol=1e-7)
    flat = neighbourhoods.pyramid(np.full((7, 6, 2), 0.3, np.float32), 3)[0]
    np.testing.assert_allclose(flat, 0.3, atol=1e-6)


def test_a_window_shows_what_is_around_a_pixel() -> None:
    picture = noise(6, 5, 2)
    window = neighbourhoods.square(1)
    shown = window.of(picture)
    assert shown.shape == (6, 5, 18)
    expected = picture[1:4, 2:5].reshape(9, 2) * window.scales[:, None]
    np.testing.assert_allclose(shown[2, 3], expected.ravel(), atol=1e-6)
    # At a border it shows a reflection, the outermost pixels twice.
    corner = picture[np.ix_([0, 0, 1], [0, 0, 1])].reshape(9, 2) * window.scales[:, None]
    np.testing.assert_allclose(shown[0, 0], corner.ravel(), atol=1e-6)


@pytest.mark.parametrize("radius", [1, 2, 3, 4])
def test_weights_are_a_gaussian_s(radius: int) -> None:
    window = neighbourhoods.square(radius)
    assert window.radius == radius and len(window.offsets) == (2 * radius + 1) ** 2
    weights = (window.scales**2).reshape(2 * radius + 1, -1)
    assert weights.sum() == pytest.approx(1, abs=1e-6)
    along = weights[radius] / weights[radius, radius]
    steps = np.arange(-radius, radius + 1) / (0.5 * (radius + 1))
    np.testing.assert_allclose(along, np.exp(-(steps**2) / 2), rtol=1e-5)


def test_a_causal_window_holds_what_comes_before() -> None:
    window = neighbourhoods.causal(2)
    assert len(window.offsets) == 12
    assert all(y < 0 or (y == 0 and x < 0) for y, x in window.offsets)
    np.testing.assert_array_equal(window.scales, neighbourhoods.square(2).scales[:12])


sides = st.integers(1, 12)


@given(sides, sides, st.integers(1, 4))
@budget(max_examples=60, deadline=None, database=None)
def test_fronts_wait_for_what_their_windows_show(height: int, width: int, radius: int) -> None:
    fronts = neighbourhoods.fronts((height, width), radius)
    made: set[tuple[int, int]] = set()
    for front in fronts:
        places = [(int(p) // width, int(p) % width) for p in front]
        for y, x in places:
            for dy, dx in neighbourhoods.causal(radius).offsets.tolist():
                inside = 0 <= y + dy < height and 0 <= x + dx < width
                assert not inside or (y + dy, x + dx) in made
        made |= set(places)
    assert made == set(np.ndindex(height, width))
    assert len(fronts) <= width + (radius + 1) * height


def test_inner_pixels_see_no_border() -> None:
    assert neighbourhoods.inner((5, 6), 2).tolist() == [14, 15]
    assert neighbourhoods.inner((4, 6), 2).tolist() == list(range(24))


def test_every_pixel_has_a_parent() -> None:
    coarse = np.arange(6).reshape(2, 3)
    enlarged = coarse[neighbourhoods.parents((4, 5))]
    assert enlarged.tolist() == [[0, 0, 1, 1, 2]] * 2 + [[3, 3, 4, 4, 5]] * 2
