"""Tests of tfnst.losses.portilla_simoncelli, and of the terms of textures."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import tensorflow as tf

from tfnst.features.steerable_pyramid import SteerablePyramid
from tfnst.losses.portilla_simoncelli import portilla_simoncelli, portilla_simoncelli_errors
from tfnst.losses.statistics import feature_statistics
from tfnst.losses.terms import View
from tfnst.losses.texture_terms import (
    BEYOND,
    USUAL,
    ColorAxes,
    ColorTerm,
    PortillaSimoncelliTerm,
    principal_colors,
)

SMALL = SteerablePyramid(2, 3)
COUNTS = {
    "pixels": 4,
    "range": 2,
    "low_shape": 10,
    "low_correlation": 120,
    "low_deviation": 5,
    "magnitude_correlation": 384,
    "magnitude_deviation": 16,
    "orientations": 24,
    "scales": 48,
    "phases": 96,
    "high_variance": 1,
}
PAIRS = {
    "color_pixels": 1,
    "color_low": 5,
    "color_magnitudes": 64,
    "color_bands": 64,
    "color_scales": 96,
    "color_phases": 192,
}


def rough(height: int = 32, width: int = 40, planes: int = 1, seed: int = 0) -> np.ndarray:
    """Noise with some structure, (1, C, H, W)."""
    random = np.random.default_rng(seed)
    noise = random.normal(size=(1, planes, height, width))
    coarse = noise + np.roll(noise, 1, 2) + np.roll(noise, 1, 3)
    mixed = np.einsum("bchw,dc->bdhw", coarse + 0.3 * coarse**2, np.tri(planes) + 0.2)
    return mixed.astype(np.float32)


def arrays(planes: np.ndarray, pyramid: SteerablePyramid = SMALL) -> dict[str, np.ndarray]:
    return {k: v.numpy()[0] for k, v in portilla_simoncelli(planes, pyramid, 5).items()}


def test_a_grey_picture_has_710_numbers() -> None:
    statistics = portilla_simoncelli(rough(64, 64))
    assert {k: v.shape[1] for k, v in statistics.items()} == COUNTS
    assert sum(COUNTS.values()) == 710


def test_planes_have_theirs_and_those_of_their_pairs() -> None:
    statistics = portilla_simoncelli(rough(64, 64, 3))
    assert {k: v.shape[1] for k, v in statistics.items()} == {
        k: 3 * n for k, n in (COUNTS | PAIRS).items()
    }
    alone = portilla_simoncelli(rough(64, 64, 3)[:, 1:2])
    for name, numbers in alone.items():
        first = COUNTS[name]
        np.testing.assert_allclose(
            statistics[name][:, first : 2 * first], numbers, rtol=1e-3, atol=1e-5
        )


# The statistics once more in NumPy, with differences in place of spectra where that is possible.


def expanded(band: np.ndarray, height: int, width: int) -> np.ndarray:
    """A complex picture of half the sides, interpolated."""
    centred = np.fft.fftshift(np.fft.fft2(band))
    whole = np.zeros((height, width), complex)
    top, left = height // 2 - band.shape[0] // 2, width // 2 - band.shape[1] // 2
    whole[top : top + band.shape[0], left : left + band.shape[1]] = centred
    return np.fft.ifft2(np.fft.ifftshift(whole)) * whole.size / band.size


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def shifts(picture: np.ndarray, radius: int = 2) -> list[float]:
    centred = picture - picture.mean()
    places = [(0, j) for j in range(1, radius + 1)]
    places += [(i, j) for i in range(1, radius + 1) for j in range(-radius, radius + 1)]
    moved = [np.mean(centred * np.roll(centred, place, (0, 1))) for place in places]
    return [float(x / centred.var()) for x in moved]


def in_numpy(plane: np.ndarray) -> dict[str, list[float]]:
    bands = SMALL.decompose(plane)
    oriented = [band.numpy().astype(complex) for band in bands.oriented]
    none = np.zeros_like(bands.high)
    # What coarser bands add up to: reconstructed from these alone, and every other pixel taken.
    sums = []
    for scale in range(3):
        kept = [band if i >= scale else 0 * band for i, band in enumerate(bands.oriented)]
        whole = SMALL.reconstruct(bands._replace(high=none, oriented=kept)).numpy()
        sums.append(whole[:: 2**scale, :: 2**scale])
    moduli = [np.abs(bands) for bands in oriented]
    parents = [[expanded(band, *oriented[0].shape[1:]) for band in oriented[1]]]
    doubled = [x**2 / np.abs(x) for x in parents[0]]
    centred = [x - x.mean() for x in sums]
    pixels = plane - plane.mean()
    return {
        "pixels": [plane.mean(), plane.var(), *shape(pixels)],
        "range": [plane.min(), plane.max()],
        "low_shape": [x for picture in centred for x in shape(picture)],
        "low_correlation": [x for picture in sums for x in shifts(picture)],
        "low_deviation": [picture.std() for picture in sums],
        "magnitude_correlation": [x for s in moduli for band in s for x in shifts(band)],
        "magnitude_deviation": [band.std() for s in moduli for band in s],
        "orientations": [correlation(a, b) for s in moduli for a, b in combinations(s, 2)],
        "scales": [correlation(a, np.abs(b)) for a in moduli[0] for b in parents[0]],
        "phases": [
            float(np.mean(a.real * part) / np.sqrt(np.mean(a.real**2) * np.mean(part**2)))
            for a in oriented[0]
            for part in [x.real for x in doubled] + [x.imag for x in doubled]
        ],
        "high_variance": [np.mean(bands.high.numpy() ** 2)],
    }


def shape(centred: np.ndarray) -> list[float]:
    return [np.mean(centred**3) / centred.std() ** 3, np.mean(centred**4) / centred.var() ** 2]


def test_the_numbers_are_those_of_numpy() -> None:
    """Sides are multiples of 4 here, so that every fourth pixel makes up the coarsest picture."""
    planes = rough(32, 40)
    measured = arrays(planes)
    for name, numbers in in_numpy(planes[0, 0]).items():
        np.testing.assert_allclose(measured[name], numbers, rtol=2e-3, atol=2e-4, err_msg=name)


def test_pairs_of_planes_are_correlated_as_in_numpy() -> None:
    planes = rough(32, 40, 2)
    measured = arrays(planes)
    one, other = (SMALL.decompose(plane).oriented for plane in planes[0])
    bands = [(a, b) for s in range(2) for a in one[s].numpy() for b in other[s].numpy()]
    np.testing.assert_allclose(
        measured["color_magnitudes"],
        [correlation(np.abs(a), np.abs(b)) for a, b in bands],
        atol=2e-4,
    )
    np.testing.assert_allclose(
        measured["color_bands"], [correlation(a.real, b.real) for a, b in bands], atol=2e-4
    )
    assert measured["color_pixels"] == pytest.approx(correlation(*planes[0]), abs=1e-4)


# By hand


def test_a_flat_picture_has_no_structure() -> None:
    measured = arrays(np.full((1, 2, 16, 20), 0.3, np.float32))
    np.testing.assert_allclose(measured.pop("pixels"), [0.3, 0, 0, 3] * 2, atol=1e-6)
    np.testing.assert_allclose(measured.pop("low_shape"), [0, 3] * 6, atol=1e-5)
    np.testing.assert_allclose(measured.pop("range"), 0.3, atol=1e-6)
    assert max(np.abs(numbers).max() for numbers in measured.values()) < 1e-5


def test_of_a_wave_everything_is_known() -> None:
    """8 pixels a period, amplitude 1: kurtosis 3/2, correlations cosines, moduli flat."""
    wave = np.sin(2 * np.pi * np.arange(40) / 8) * np.ones((1, 1, 32, 1))
    measured = arrays(wave.astype(np.float32))
    np.testing.assert_allclose(measured["pixels"], [0, 0.5, 0, 1.5], atol=1e-4)
    np.testing.assert_allclose(measured["range"], [-1, 1], atol=1e-5)
    cosines = [np.cos(2 * np.pi * j / 8) for j in (1, 2, *([-2, -1, 0, 1, 2] * 2))]
    np.testing.assert_allclose(measured["low_correlation"][:12], cosines, atol=1e-3)
    assert measured["low_deviation"][0] == pytest.approx(np.sqrt(0.5), abs=1e-4)
    assert measured["magnitude_deviation"].max() < 1e-3
    assert measured["high_variance"][0] < 1e-6


def test_white_noise_has_no_structure_but_that_of_the_filters() -> None:
    noise = np.random.default_rng(0).normal(size=(1, 1, 256, 256)).astype(np.float32)
    measured = {k: v.numpy()[0] for k, v in portilla_simoncelli(noise).items()}
    np.testing.assert_allclose(measured["pixels"], [0, 1, 0, 3], atol=0.05)
    assert np.abs(measured["phases"]).max() < 0.1
    # The variance of what a low-pass lets through is the mean of its fourth power.
    transfer = SteerablePyramid(1, 1).transfer_functions(256, 256)
    assert measured["low_deviation"][0] ** 2 == pytest.approx(
        np.mean((1 - transfer[0] ** 2) ** 2), rel=0.02
    )
    assert measured["high_variance"][0] == pytest.approx(np.mean(transfer[0] ** 2), rel=0.02)


def test_a_moved_picture_has_the_same_statistics() -> None:
    """By multiples of the coarsest pixel, of which bands are sampled at the same places."""
    planes = rough(32, 40, 2)
    still, moved = arrays(planes), arrays(np.roll(planes, (4, 12), (2, 3)))
    for name, numbers in still.items():
        np.testing.assert_allclose(moved[name], numbers, rtol=1e-3, atol=1e-4, err_msg=name)


def test_sizes_of_the_same_texture_agree() -> None:
    planes = rough(32, 40)
    still, twice = arrays(planes), arrays(np.tile(planes, (1, 1, 2, 1)))
    for name, numbers in still.items():
        np.testing.assert_allclose(twice[name], numbers, rtol=2e-3, atol=2e-3, err_msg=name)


# Losses


def test_errors_are_root_mean_squares() -> None:
    target = {"orientations": tf.constant([[0.1, 0.2]]), "high_variance": tf.constant([[0.4]])}
    values = {"orientations": tf.constant([[0.4, 0.6]]), "high_variance": tf.constant([[0.2]])}
    errors = portilla_simoncelli_errors(values, target)
    assert float(errors["orientations"][0]) == pytest.approx(np.sqrt((0.09 + 0.16) / 2))
    assert float(errors["high_variance"][0]) == pytest.approx(np.log(2), abs=1e-5)


AXES = ColorAxes((0.4, 0.5, 0.6), ((3.0, 1.0, 0.0), (0.0, 2.0, 1.0), (1.0, 0.0, 4.0)))
TERM = PortillaSimoncelliTerm(AXES, scales=2, orientations=2, neighbourhood=3)


def colored(seed: int, height: int = 16, width: int = 18) -> np.ndarray:
    planes = np.tanh(rough(height, width, 3, seed))
    return (0.5 + 0.4 * planes.transpose(0, 2, 3, 1)).astype(np.float32)


def test_the_gradient_is_that_of_differences() -> None:
    target = TERM.target(TERM.measure(View(colored(1), {})))
    image, direction = colored(2), colored(3) - 0.5

    def loss(x: tf.Tensor) -> tf.Tensor:
        return TERM.distance(View(x, {}), target)[0]

    with tf.GradientTape() as tape:
        x = tf.constant(image)
        tape.watch(x)
        value = loss(x)
    along = float(tf.reduce_sum(tape.gradient(value, x) * direction))
    ahead, behind = (float(loss(tf.constant(image + h * direction))) for h in (3e-3, -3e-3))
    assert along == pytest.approx((ahead - behind) / 6e-3, rel=0.02)
    assert float(TERM.distance(View(colored(1), {}), target)[0]) < 1e-8


def test_a_flat_picture_has_a_finite_gradient() -> None:
    target = TERM.measure(View(colored(1), {}))
    with tf.GradientTape() as tape:
        x = tf.fill((1, 16, 18, 3), 0.5)
        tape.watch(x)
        loss = TERM.distance(View(x, {}), target)
    assert np.isfinite(tape.gradient(loss, x)).all() and np.isfinite(loss).all()


def test_groups_can_be_chosen() -> None:
    view, target = View(colored(2), {}), TERM.measure(View(colored(1), {}))
    errors = TERM.details(view, target)
    some = PortillaSimoncelliTerm(AXES, 2, 2, 3, ("pixels", "scales"))
    expected = sum((errors[name] / USUAL[name]) ** 2 for name in some.groups)
    np.testing.assert_allclose(some.distance(view, target), expected, rtol=1e-5)
    whole = sum((errors[name] / usual) ** 2 for name, usual in USUAL.items())
    np.testing.assert_allclose(TERM.distance(view, target), whole, rtol=1e-5)


def test_what_leaves_the_range_of_pixels_counts_and_can_come_back() -> None:
    image = colored(2)
    image[0, 0, 0], image[0, 1, 1] = 1.3, -0.2
    target = TERM.measure(View(image, {}))
    with tf.GradientTape() as tape:
        x = tf.constant(image)
        tape.watch(x)
        distance = TERM.distance(View(x, {}), target)
    expected = BEYOND * (0.3**2 + 0.2**2) / (16 * 18)
    np.testing.assert_allclose(distance, expected, rtol=1e-3)
    slope = tape.gradient(distance, x).numpy()[0]
    assert (slope[0, 0] > 0).all() and (slope[1, 1] < 0).all()


def test_colour_axes_go_there_and_back() -> None:
    image = colored(0)
    np.testing.assert_allclose(AXES.image(AXES.planes(image)), image, atol=1e-5)


def test_principal_colours_are_uncorrelated_and_the_strongest_is_the_first() -> None:
    image = colored(0, 32, 32)
    axes = principal_colors(feature_statistics(image))
    planes = axes.planes(image).numpy()[0].reshape(3, -1)
    np.testing.assert_allclose(np.cov(planes, bias=True), np.eye(3), atol=1e-2)
    np.testing.assert_allclose(planes.mean(1), 0, atol=1e-3)
    lengths = np.linalg.norm(axes.axes, axis=1)
    assert (np.diff(lengths) > 0).all()
    grey = principal_colors(feature_statistics(np.repeat(image[..., :1], 3, 3)))
    assert np.linalg.norm(grey.axes, axis=1).max() < 400


def test_the_colour_term_knows_colours_and_their_distribution() -> None:
    image = colored(0, 24, 24)
    term = ColorTerm(principal_colors(feature_statistics(image)))
    target = term.target(term.measure(View(image, {})))

    def distance(picture: np.ndarray) -> float:
        return float(term.distance(View(picture, {}), target)[0])

    assert distance(image) < 1e-6
    assert distance(np.ascontiguousarray(image[:, ::-1])) < 1e-6
    redder = image + np.float32([0.2, 0, 0])
    off = term.colors.planes(redder) - term.colors.planes(image)
    assert distance(redder) == pytest.approx(np.mean(off**2) / 2, rel=1e-3)
    one_place = image.copy()  # the same mean and nearly the same spread
    one_place[:, 4:] = image.mean((0, 1))
    one_place[:, :4] += 2 * (one_place[:, :4] - image.mean((0, 1)))
    assert distance(one_place) > 0.1
    halves = [term.measure(View(x, {})) for x in (image[:, :12], image[:, 12:])]
    both = term.target(term.blend(halves, (1, 1)))
    assert float(term.distance(View(image, {}), both)[0]) < 1e-4


def test_a_flat_source_is_as_near_as_it_looks() -> None:
    flat = np.full((1, 16, 16, 3), 0.3, np.float32)
    term = ColorTerm(principal_colors(feature_statistics(flat)))
    target = term.target(term.measure(View(flat, {})))
    assert float(term.distance(View(flat, {}), target)[0]) < 1e-4
    assert float(term.distance(View(flat + np.float32(1e-3), {}), target)[0]) < 1
