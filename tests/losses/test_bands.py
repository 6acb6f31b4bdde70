"""Tests of tfnst.losses.bands."""

from __future__ import annotations

import numpy as np
import pytest

from tfnst.losses.bands import BANDS, LEAST, band_correlations, band_energies, band_loss

SIDE = 64


def wave(
    period: float, amplitude: float = 0.2, channels: tuple[int, ...] = (0, 1, 2)
) -> np.ndarray:
    """A sine across of that many pixels, in some channels, around grey."""
    image = np.full((1, SIDE, SIDE, 3), 0.5, np.float32)
    line = amplitude * np.sin(2 * np.pi * np.arange(SIDE) / period)
    for channel in channels:
        image[0, :, :, channel] += line.astype(np.float32)
    return image


@pytest.mark.parametrize(("period", "band"), [(3, 0), (6, 1), (13, 2)])
def test_each_fineness_has_its_band(period: float, band: int) -> None:
    energies = np.asarray(band_energies(wave(period)))[0]
    assert energies.shape == (BANDS, 3)
    assert energies[:, 0].argmax() == band
    assert energies[band, 0] > 0.2 * 0.2**2 / 2 and energies[:, 1:].max() < 1e-8


def test_grey_and_colour_are_told_apart() -> None:
    """Red over blue of equal luminance has energy in the differences alone."""
    image = wave(3, 0.1 * 0.114 / 0.299, (0,)) - wave(3, 0.1, (2,)) + 0.5
    luminance, *colors = np.asarray(band_energies(image))[0, 0]
    assert luminance < 1e-8 and min(colors) > 1e-5


def test_a_flat_picture_has_none() -> None:
    assert np.asarray(band_energies(np.ones((2, LEAST, LEAST, 3), "f"))).max() < 1e-9


def test_luminance_is_pulled_both_ways_and_colour_only_down() -> None:
    of_artwork = np.full((1, BANDS, 3), 0.01, np.float32)

    def loss(luminance: float, color: float) -> float:
        energies = of_artwork * np.array([luminance, color, color], np.float32)
        return float(band_loss(energies, of_artwork)[0])

    assert loss(1, 1) == loss(1, 0.2) == 0
    assert loss(0.5, 1) == pytest.approx(loss(2, 1), rel=1e-2)
    assert loss(2, 1) == pytest.approx(np.log(2) ** 2, rel=1e-2)
    assert loss(1, 2) > 0.3


def test_a_mask_leaves_the_rest_out() -> None:
    """Waves on the left, none on the right; the kernels see across the border a little."""
    image, mask = wave(3), np.zeros((1, SIDE, SIDE, 1), np.float32)
    image[:, :, SIDE // 2 :] = 0.5
    mask[:, :, : SIDE // 2 - 4] = 1
    whole, left, right = (
        np.asarray(band_energies(*inputs))[0, 0, 0]
        for inputs in ((wave(3),), (image, mask), (image, 1 - mask))
    )
    assert left == pytest.approx(whole, rel=0.05) and right < 0.2 * whole
    ones = band_energies(image, np.ones_like(mask))
    np.testing.assert_allclose(ones, band_energies(image), rtol=1e-4, atol=1e-9)


def test_correlations_are_those_of_each_fineness() -> None:
    """A picture of two waves beside one of the finer, of the coarser turned around, and of none."""
    both = wave(3) + wave(13) - 0.5
    finer, turned = (
        np.asarray(band_correlations(both, other))[0] for other in (wave(3), wave(13, -0.1))
    )
    assert finer[0] > 0.98 and abs(finer[2]) < 0.2
    assert turned[2] < -0.98
    flat = band_correlations(both, 0 * both)
    np.testing.assert_allclose(flat, np.zeros((1, BANDS)), atol=1e-6)


def test_correlations_are_of_luminance_alone_and_of_each_picture() -> None:
    random = np.random.default_rng(4).random((3, SIDE, SIDE, 3)).astype(np.float32)
    grey = np.repeat((random @ [[0.299], [0.587], [0.114]]).astype(np.float32), 3, -1)
    correlations = np.asarray(band_correlations(random, grey))
    np.testing.assert_allclose(correlations, np.ones((3, BANDS)), rtol=1e-2)
    np.testing.assert_allclose(
        band_correlations(random[1:2], 2 * grey[1:2]), correlations[1:2], rtol=1e-2
    )
