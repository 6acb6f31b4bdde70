"""Tests of losses.cores, and that sums of tiles' cores add up to those of the whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from keras import ops, tree

from tests.losses.equations import activation, picture
from tfnst import losses
from tfnst.losses.cores import Core, within


@pytest.mark.parametrize("stride", [1, 2, 4])
@pytest.mark.parametrize("core", [Core(0, 16, 32, 5), Core(16, 0, 1, 48), Core(32, 16, 16, 16)])
def test_positions_within_a_core_are_those_whose_pixel_is(core: Core, stride: int) -> None:
    for offset in (0, 2, 6, 14):
        pixels = np.arange(offset, 48, stride)
        values = pixels[:, None] + 100 * pixels[None]
        rows = [p for p in pixels if core.top <= p < core.top + core.height]
        columns = [p for p in pixels if core.left <= p < core.left + core.width]
        chosen = within(ops.convert_to_tensor(values[None, ..., None]), core, stride, offset)
        expected = np.array(rows)[:, None] + 100 * np.array(columns)[None]
        np.testing.assert_array_equal(ops.convert_to_numpy(chosen)[0, ..., 0], expected)


def test_without_a_core_all_is_within() -> None:
    values = picture(0, (1, 5, 4, 3))
    assert within(values, None) is values


def tiled(sums: Callable[..., Any], *pictures: Any) -> Any:
    """The sums of four tiles of pictures of 96 + 37 by 112 pixels, one after the other."""
    total: Any = None
    for rows, top, height in ((slice(0, 112), 0, 96), (slice(80, 133), 16, 37)):
        for columns, left, width in ((slice(0, 64), 0, 48), (slice(32, 112), 16, 64)):
            tiles = (p[:, rows, columns] for p in pictures)
            part = sums(*tiles, core=Core(top, left, height, width))
            total = part if total is None else tree.map_structure(ops.add, total, part)
    return total


@pytest.mark.parametrize("masked", [False, True])
def test_sums_of_tiles_are_those_of_the_picture(masked: bool) -> None:
    image = picture(1, (2, 133, 112, 3))
    masks = (picture(2, (2, 133, 112, 1)),) if masked else ()
    variation = tiled(losses.variation_sums, image, *masks).variation
    np.testing.assert_allclose(variation, losses.total_variation(image, *masks), rtol=1e-5)
    energies = tiled(losses.band_sums, image, *masks).energies
    np.testing.assert_allclose(energies, losses.band_energies(image, *masks), rtol=1e-5)


def test_content_by_sums_is_that_of_standardized_activations() -> None:
    own, photo = activation(1, (2, 12, 10, 7)), activation(2, (2, 12, 10, 7))
    halves = [losses.content_sums(own[:, rows], photo[:, rows]) for rows in (np.s_[:5], np.s_[5:])]
    total = tree.map_structure(ops.add, *halves)
    expected = losses.content_distance(own, losses.standardize(photo))
    np.testing.assert_allclose(total.distance, expected, rtol=1e-5)
    same = losses.content_sums(photo, photo)
    np.testing.assert_allclose(same.distance, 0, atol=1e-5)
