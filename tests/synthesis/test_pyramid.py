"""Tests of synthesis.pyramid: bands that add up to the picture, and chroma that follows."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter

from tfnst.images.color import LUMA
from tfnst.synthesis import pyramid
from tfnst.synthesis.pyramid import PERIODIC_BANDS, Bands, Pixels


def noise(height: int, width: int, channels: int = 3) -> np.ndarray:
    random = np.random.default_rng(height + width)
    return random.random((1, height, width, channels), np.float32)


def grey(line: np.ndarray, height: int = 64) -> np.ndarray:
    """(1, H, W, 3) of which every row is that line."""
    return np.tile(line[None, None, :, None], (1, height, 1, 3)).astype(np.float32)


@given(height=st.integers(3, 70), width=st.integers(3, 70), count=st.integers(1, 6))
@budget(max_examples=25, deadline=None, database=None)
def test_bands_add_up_to_the_picture(height: int, width: int, count: int) -> None:
    picture = noise(height, width)
    bands = pyramid.decompose(picture, count)
    assert len(bands) == count
    for finer, coarser in itertools.pairwise(bands):
        assert coarser.shape[1:3] == ((finer.shape[1] + 1) // 2, (finer.shape[2] + 1) // 2)
    np.testing.assert_allclose(pyramid.compose(bands), picture, atol=1e-5)


def test_a_band_is_what_the_enlarged_average_lacks() -> None:
    picture = noise(16, 24, 1)
    finest, rest = pyramid.decompose(picture, 2)
    averages = picture.reshape(1, 8, 2, 12, 2, 1).mean((2, 4))
    np.testing.assert_allclose(rest, averages, atol=1e-6)
    enlarged = pyramid.compose([np.zeros_like(picture), averages])[0, 2, 2, 0]
    near = averages[0, 0:2, 0:2, 0]
    expected = near[1, 1] * 9 / 16 + (near[0, 1] + near[1, 0]) * 3 / 16 + near[0, 0] / 16
    assert float(enlarged) == pytest.approx(expected, abs=1e-6)
    np.testing.assert_allclose(finest[0, 2, 2, 0], picture[0, 2, 2, 0] - expected, atol=1e-6)


def test_pixels_are_the_picture_and_are_kept_in_range() -> None:
    picture = tf.Variable(3 * noise(8, 8) - 1)
    assert Pixels.split(picture) == [picture]
    np.testing.assert_array_equal(Pixels.compose([picture]), picture)
    expected = np.clip(picture.numpy(), 0, 1)
    Pixels.confine([picture])
    np.testing.assert_array_equal(picture, expected)


def test_a_grey_picture_comes_back_from_its_bands() -> None:
    picture = noise(50, 37, 1).repeat(3, 3)
    parts = Bands.split(picture)
    assert tuple(part.shape[3] for part in parts) == Bands.channels
    np.testing.assert_allclose(Bands.compose(parts), picture, atol=1e-5)


def test_luminance_comes_back_whatever_the_colours_and_chroma_where_it_is_coarse() -> None:
    fine = noise(64, 64)
    np.testing.assert_allclose(
        np.asarray(Bands.compose(Bands.split(fine))) @ LUMA, fine @ LUMA, atol=1e-5
    )
    coarse = np.asarray(tf.image.resize(noise(3, 3), (96, 96), "bicubic"))
    assert np.abs(np.asarray(Bands.compose(Bands.split(coarse))) - coarse).mean() < 0.015


def test_speckle_of_one_luminance_is_gone_and_colour_at_an_edge_of_light_stays() -> None:
    sign = np.random.default_rng(0).choice([-1.0, 1.0], (1, 64, 64, 1)).astype(np.float32)
    red_green = np.array([0.1, -0.1 * LUMA[0] / LUMA[1], 0], np.float32)
    speckle = 0.5 + sign * red_green
    cleaned = np.asarray(Bands.compose(Bands.split(speckle)))
    assert cleaned.std((0, 1, 2)).max() < 0.3 * speckle.std((0, 1, 2)).max()
    edge = np.tile(np.array([0.2, 0.1, 0.1], np.float32), (1, 64, 64, 1))
    edge[:, :, 30:] = (0.9, 0.8, 0.2)
    again = np.asarray(Bands.compose(Bands.split(edge)))
    assert np.abs(again - edge)[:, :, 26:34].max() < 0.1


def test_the_guided_filter_is_that_of_its_equations() -> None:
    """With a luminance of blocks, of which the small picture is the same."""
    guide, chroma = noise(12, 15, 1), noise(12, 15, 2) - 0.5

    def mean(x: np.ndarray) -> np.ndarray:
        weights = uniform_filter(np.ones_like(x), (0, 3, 3, 0), mode="constant")
        return uniform_filter(x, (0, 3, 3, 0), mode="constant") / weights

    products = mean(guide * chroma) - mean(guide) * mean(chroma)
    slope = products / (mean(guide**2) - mean(guide) ** 2 + pyramid.SMOOTHNESS)
    slope, offset = mean(slope), mean(mean(chroma) - slope * mean(guide))
    large = guide.repeat(4, 1).repeat(4, 2)
    small = np.concatenate([slope, offset], 3)
    lines = np.asarray(tf.image.resize(tf.image.resize(small, (24, 30)), (48, 60)))
    expected = lines[..., :2] * large + lines[..., 2:]
    np.testing.assert_allclose(pyramid.follow(chroma, large), expected, atol=1e-4)


@pytest.mark.parametrize("compiled", [False, True])
def test_slopes_of_bands_agree_with_finite_differences(compiled: bool) -> None:
    parts = [tf.constant(part) for part in Bands.split(noise(22, 29))]
    weights = tf.constant(noise(22, 29) - 0.5)

    def slopes() -> Any:
        with tf.GradientTape() as tape:
            tape.watch(parts)
            total = tf.reduce_sum(weights * Bands.compose(parts) ** 2)
        return tape.gradient(total, parts)

    def value(parts: Any) -> float:
        return float(tf.reduce_sum(weights * Bands.compose(parts) ** 2))

    for i, slope in enumerate(tf.function(slopes, jit_compile=compiled)()):
        direction = noise(*parts[i].shape[1:]) - 0.5
        ahead, behind = (
            value([*parts[:i], parts[i] + sign * 1e-2 * direction, *parts[i + 1 :]])
            for sign in (1, -1)
        )
        expected = float(tf.reduce_sum(slope * direction))
        assert (ahead - behind) / 2e-2 == pytest.approx(expected, rel=0.03, abs=0.02)


def test_periodic_bands_turn_with_the_picture() -> None:
    """By the coarsest pixel, so that every band is made of the same squares."""
    picture, turn = noise(32, 48), (16, 32)
    parts = PERIODIC_BANDS.split(picture)
    turned = PERIODIC_BANDS.split(np.roll(picture, turn, (1, 2)))
    for part, other in zip(parts, turned, strict=True):
        pixels = 32 // part.shape[1]
        moved = np.roll(part, [side // pixels for side in turn], (1, 2))
        np.testing.assert_allclose(other, moved, atol=1e-5)
    composed = np.asarray(PERIODIC_BANDS.compose(parts))
    again = np.asarray(PERIODIC_BANDS.compose(turned))
    np.testing.assert_allclose(again, np.roll(composed, turn, (1, 2)), atol=1e-5)
    np.testing.assert_allclose(composed @ LUMA, picture @ LUMA, atol=1e-5)
    usual = np.asarray(Bands.compose(Bands.split(picture)))
    np.testing.assert_allclose(composed[:, 12:-12, 12:-12], usual[:, 12:-12, 12:-12], atol=0.02)
