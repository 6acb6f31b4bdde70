"""Tests of tfnst.features.steerable_pyramid."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfnst.features.steerable_pyramid import (
    SteerablePyramid,
    enlarged,
    inverse,
    reduced,
    spectrum,
)

SIZES = [(32, 32), (24, 40), (31, 17), (20, 33)]


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((2, height, width), np.float32)


@pytest.mark.parametrize("orientations", [1, 2, 4, 5])
@pytest.mark.parametrize("size", SIZES)
def test_a_picture_is_the_sum_of_its_bands(size: tuple[int, int], orientations: int) -> None:
    pyramid, whole = SteerablePyramid(3, orientations), picture(*size)
    bands = pyramid.decompose(whole)
    np.testing.assert_allclose(pyramid.reconstruct(bands), whole, atol=1e-5)
    transfer = pyramid.transfer_functions(*size)
    assert transfer.shape == (2 + 3 * orientations, *size)
    np.testing.assert_allclose((transfer**2).sum(0), 1, atol=1e-5)


@pytest.mark.parametrize("size", SIZES)
def test_bands_are_half_as_large_at_each_scale(size: tuple[int, int]) -> None:
    bands = SteerablePyramid(2, 4).decompose(picture(*size))
    height, width = size
    halves = [(height, width), (-(-height // 2), -(-width // 2))]
    assert [tuple(band.shape) for band in bands.oriented] == [(2, 4, *half) for half in halves]
    assert tuple(bands.low.shape) == (2, *(-(-side // 2) for side in halves[1]))
    assert tuple(bands.high.shape) == (2, height, width)


def test_energy_is_kept() -> None:
    """Of a tight frame; coarser bands have fewer pixels, each of which counts more."""
    whole = picture(32, 48)
    bands = SteerablePyramid(2, 3).decompose(whole)
    parts = [bands.high, *(tf.math.real(band) for band in bands.oriented), bands.low]
    energies = [float(tf.reduce_mean(part**2, (-2, -1))[0, ...].numpy().sum()) for part in parts]
    assert sum(energies) == pytest.approx((whole[0] ** 2).mean(), rel=1e-5)


def test_a_band_is_its_transfer_function_times_the_spectrum() -> None:
    """Simoncelli & Freeman's raised cosines, written once more in NumPy."""
    whole = picture(32, 48)[0]
    down, across = (np.fft.fftfreq(side) for side in whole.shape)
    radius = np.maximum(np.hypot(down[:, None], across), 1e-9)
    octave = np.log2(2 * radius)
    low = np.cos(np.pi / 2 * np.clip(octave + 1, 0, 1))
    high = np.sin(np.pi / 2 * np.clip(octave + 2, 0, 1))
    angle = np.arctan2(down[:, None], across) - np.pi / 4
    lobe = np.where(np.cos(angle) > 0, 2 * np.cos(angle) ** 3, 0) * np.sqrt(2**6 * 36 / 4 / 720)
    expected = np.fft.ifft2(np.fft.fft2(whole) * low * high * lobe * (-1j) ** 3)
    bands = SteerablePyramid(1, 4).decompose(whole)
    np.testing.assert_allclose(bands.oriented[0][1], expected, atol=1e-6)


def test_a_wave_is_in_the_band_of_its_scale_and_direction() -> None:
    """Of a wave across, with 8 pixels a period: amplitude ½ all over, whatever its phase."""
    wave = 0.5 * np.sin(2 * np.pi * np.arange(64) / 8)[None] * np.ones((64, 1))
    bands = SteerablePyramid(3, 4).decompose(wave.astype(np.float32))
    energies = np.array([[np.mean(np.abs(band) ** 2) for band in s] for s in bands.oriented])
    assert np.unravel_index(energies.argmax(), energies.shape) == (1, 0)
    modulus = np.abs(bands.oriented[1][0])
    assert np.ptp(modulus) < 1e-5 and modulus.mean() == pytest.approx(0.5 * np.sqrt(16 / 20))
    assert np.ptp(np.abs(bands.oriented[1][2])) < 1e-5  # nothing across it


def test_a_flat_picture_is_all_low() -> None:
    bands = SteerablePyramid(2, 4).decompose(np.full((16, 20), 0.3, np.float32))
    np.testing.assert_allclose(bands.low, 0.3, atol=1e-6)
    assert max(float(tf.reduce_max(tf.abs(band))) for band in bands.oriented) < 1e-6


def test_bands_move_with_the_picture() -> None:
    pictures = picture(32, 32), np.roll(picture(32, 32), (4, 8), (1, 2))
    still, moved = (SteerablePyramid(2).decompose(x) for x in pictures)
    np.testing.assert_allclose(
        moved.oriented[1], np.roll(still.oriented[1], (2, 4), (2, 3)), atol=1e-5
    )


def test_spectra_are_means_and_can_be_cut_and_padded() -> None:
    whole = picture(12, 15)
    full = spectrum(whole)
    np.testing.assert_allclose(tf.math.real(full[:, 0, 0]), whole.mean((1, 2)), rtol=1e-5)
    np.testing.assert_allclose(tf.math.real(inverse(full)), whole, atol=1e-6)
    small = reduced(full, 6, 7)
    np.testing.assert_allclose(reduced(enlarged(small, 13, 16), 6, 7), small)
    energy = tf.reduce_sum(tf.abs(full) ** 2, (1, 2))
    np.testing.assert_allclose(energy, (whole**2).mean((1, 2)), rtol=1e-5)


def test_one_graph_serves_every_size_and_has_a_gradient() -> None:
    """Against differences in a random direction."""
    pyramid = SteerablePyramid(2, 2)

    def energy(x: tf.Tensor) -> tf.Tensor:
        bands = pyramid.decompose(x).oriented
        return sum(tf.reduce_mean(tf.abs(band) ** 2) for band in bands)

    @tf.function(input_signature=[tf.TensorSpec((None, None, None))], autograph=False)
    def slope(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = energy(x)
        return tape.gradient(total, x)

    for size in ((16, 16), (17, 22)):
        whole, direction = picture(*size), picture(*size, seed=1)
        ahead, behind = (energy(tf.constant(whole + h * direction)) for h in (0.1, -0.1))
        along = float(np.sum(slope(tf.constant(whole)) * direction))
        assert along == pytest.approx(float(ahead - behind) / 0.2, rel=1e-3)


@pytest.mark.parametrize(("scales", "orientations"), [(0, 4), (4, 0), (1.5, 2)])
def test_numbers_out_of_range_are_told(scales: float, orientations: int) -> None:
    with pytest.raises(ValueError, match=r"(scales|orientations) is .*; use a whole number from 1"):
        SteerablePyramid(scales, orientations)  # type: ignore[arg-type]
