"""The statistics of textures of Portilla & Simoncelli (IJCV 40, 2000): 710 numbers for grey."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from tfnst.features.steerable_pyramid import (
    SteerablePyramid,
    as_complex,
    enlarged,
    inverse,
    spectrum,
)
from tfnst.losses.statistics import TINY
from tfnst.tensors import Tensor

FAINT = 1e-6  # of a plane's variance: what varies less has no correlations
# Groups whose numbers are compared in proportion: a faint band is to be as faint as the target's.
RELATIVE = ("low_deviation", "magnitude_deviation", "high_variance")


def portilla_simoncelli(
    planes: Tensor, pyramid: SteerablePyramid | None = None, neighbourhood: int = 7
) -> dict[str, Tensor]:
    """The statistics of pictures, in groups.

    Portilla & Simoncelli, "A parametric texture model based on joint statistics of complex wavelet
    coefficients", IJCV 40, 2000, section 2, as correlations and deviations where the paper has
    covariances. With 4 scales, 4 orientations and a neighbourhood of 7 there are, for each plane:

    - pixels (4): mean, variance, skewness, kurtosis; range (2): the least and the greatest
    - low_shape (10): skewness and kurtosis of the low-passed pictures, one a scale and the last
    - low_correlation (120), low_deviation (5): their autocorrelation and standard deviation
    - magnitude_correlation (384), magnitude_deviation (16): those of each band's modulus
    - orientations (24), scales (48): between moduli of a scale, and with those of the next
    - phases (96): between bands and those of the next scale with their phases doubled
    - high_variance (1): of what is finer than all bands

    And for each pair of planes, as in the authors' program for colour: color_pixels (1), color_low
    (5), color_magnitudes (64) and color_bands (64), correlations at the same place; color_scales
    (96) and color_phases (192), of each plane with the next scale of the other.

    Args:
        planes: (B, C, H, W), seen as periodic.
        pyramid: by default of 4 scales and 4 orientations.
        neighbourhood: pixels a side of the autocorrelations, an odd number.

    Returns:
        For each group (B, n): plane by plane, and within one scale by scale.
    """
    pyramid, planes = pyramid or SteerablePyramid(), tf.convert_to_tensor(planes, tf.float32)
    mean, variance = tf.nn.moments(planes, (2, 3), keepdims=True)
    floor = (FAINT * variance + TINY)[:, :, None]
    pixels = [mean, variance, *_shape(planes - mean, floor[:, :, 0])]
    extremes = [f(planes, (2, 3), keepdims=True) for f in (tf.reduce_min, tf.reduce_max)]
    spectra, radius = pyramid.spectra(spectrum(planes)), neighbourhood // 2
    high = tf.math.real(inverse(spectra.high))
    statistics = {
        "pixels": _by_plane(pixels),
        "range": _by_plane(extremes),
        **_of_low_passes(spectra.sums, floor, radius),
        **_of_moduli(spectra.oriented, floor, radius),
        **_of_phases(spectra.oriented, floor),
        "high_variance": tf.reduce_mean(tf.square(high), (2, 3)),
    }
    if planes.shape[1] > 1:
        standard, _ = _standard(planes[:, :, None], floor)
        statistics["color_pixels"] = _between(_products(standard, standard))
    return statistics


def portilla_simoncelli_errors(
    statistics: Mapping[str, Tensor], target: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Of each group the root mean square of what its numbers are off, without units.

    Deviations and `high_variance` by the logarithm of their ratio to the target's, all others as
    they are.

    Args:
        statistics: see `portilla_simoncelli`.
        target: likewise, of the same pyramid.

    Returns:
        (B,) by the groups' names.
    """
    errors = {}
    for name, wanted in target.items():
        values = statistics[name]
        if name in RELATIVE:
            values, wanted = (tf.math.log(x + TINY) for x in (values, wanted))
        errors[name] = tf.sqrt(tf.reduce_mean((values - wanted) ** 2, 1) + TINY**2)
    return errors


def _of_low_passes(sums: Sequence[Tensor], floor: Tensor, radius: int) -> dict[str, Tensor]:
    pictures = [tf.math.real(inverse(x))[:, :, None] for x in sums]
    pairs = [_standard(picture, floor) for picture in pictures]
    standards, deviations = zip(*pairs, strict=True)
    shapes = [tf.concat(_shape(standard * deviation, floor), 2) for standard, deviation in pairs]
    return {
        "low_shape": _by_plane(shapes),
        "low_correlation": _by_plane([_autocorrelation(x, radius) for x in standards]),
        "low_deviation": _by_plane(deviations),
        **_colors(color_low=[_between(_products(x, x)) for x in standards]),
    }


def _of_moduli(oriented: Sequence[Tensor], floor: Tensor, radius: int) -> dict[str, Tensor]:
    pairs = [_standard(_modulus(inverse(x)), floor) for x in oriented]
    standards, deviations = zip(*pairs, strict=True)
    parents = [_standard(_modulus(x), floor)[0] for x in _parents(oriented)]
    within = [_products(x, x) for x in standards]
    across = [_products(x, y) for x, y in zip(standards, parents, strict=False)]
    return {
        "magnitude_correlation": _by_plane([_autocorrelation(x, radius) for x in standards]),
        "magnitude_deviation": _by_plane(deviations),
        "orientations": _by_plane([_within(x, upper=True) for x in within]),
        "scales": _by_plane([_within(x) for x in across]),
        **_colors(
            color_magnitudes=[_between(x) for x in within],
            color_scales=[_between(x, both=True) for x in across],
        ),
    }


def _of_phases(oriented: Sequence[Tensor], floor: Tensor) -> dict[str, Tensor]:
    """Bands beside those of the next scale, which change twice as fast once phases are doubled."""
    reals = [_standard(tf.math.real(inverse(x)), floor)[0] for x in oriented]
    doubled = [x * x / as_complex(_modulus(x)) for x in _parents(oriented)]
    parents = [tf.concat([tf.math.real(x), tf.math.imag(x)], 2) for x in doubled]
    within = [_products(x, x) for x in reals]
    across = [
        _products(x, _standard(y, floor, centred=False)[0])
        for x, y in zip(reals, parents, strict=False)
    ]
    return {
        "phases": _by_plane([_within(x) for x in across]),
        **_colors(
            color_bands=[_between(x) for x in within],
            color_phases=[_between(x, both=True) for x in across],
        ),
    }


def _parents(oriented: Sequence[Tensor]) -> list[Tensor]:
    """The bands of each scale but the finest, interpolated to the size of the scale before."""
    sizes = [tf.shape(fine)[-2:] for fine in oriented[:-1]]
    pairs = zip(oriented[1:], sizes, strict=True)
    return [inverse(enlarged(coarse, size[0], size[1])) for coarse, size in pairs]


def _modulus(band: Tensor) -> Tensor:
    return tf.sqrt(_power(band) + TINY**2)


def _power(values: Tensor) -> Tensor:
    """|z|², whose slope at 0 is 0; a square takes a tenth of the time of a power."""
    return tf.square(tf.math.real(values)) + tf.square(tf.math.imag(values))


def _shape(centred: Tensor, floor: Tensor) -> tuple[Tensor, Tensor]:
    """Skewness and kurtosis as if there were normal noise of variance `floor` in it.

    0 and 3 for flat pictures, of which the authors' program says the same.
    """
    square = tf.square(centred)
    powers = square, square * centred, tf.square(square)
    second, third, fourth = (tf.reduce_mean(x, (-2, -1), keepdims=True) for x in powers)
    spread = second + floor
    kurtosis = (fourth + 6 * second * floor + 3 * floor**2) / spread**2
    return third / spread**1.5, kurtosis


def _standard(pictures: Tensor, floor: Tensor, centred: bool = True) -> tuple[Tensor, Tensor]:
    """Pictures (B, C, K, h, w) of mean 0 and variance 1, and the deviations that they had."""
    if centred:
        pictures -= tf.reduce_mean(pictures, (3, 4), keepdims=True)
    variance = tf.reduce_mean(tf.square(pictures), (3, 4), keepdims=True)
    return pictures * tf.math.rsqrt(variance + floor), tf.sqrt(variance + TINY**2)


def _autocorrelation(pictures: Tensor, radius: int) -> Tensor:
    """(B, C, K, n) at all shifts within a radius but 0, one of each two that are opposite."""
    power = _power(spectrum(pictures))
    waves = [_waves(tf.shape(power)[axis], radius) for axis in (-2, -1)]
    cosines, sines = zip(*waves, strict=True)
    parts = [
        tf.matmul(down[radius:], tf.matmul(power, across, transpose_b=True))
        for down, across in (cosines, sines)
    ]
    shifts = parts[0] - parts[1]  # down from 0, across from the left
    shape = tf.concat([tf.shape(power)[:-2], [(radius + 1) * (2 * radius + 1)]], 0)
    return tf.reshape(shifts, shape)[..., radius + 1 :]


def _waves(side: Tensor, radius: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines of each frequency at each shift, (2 · radius + 1, side)."""
    shifts = tf.range(-radius, radius + 1, dtype=tf.float32)
    frequencies = tf.range(tf.cast(side, tf.float32)) / tf.cast(side, tf.float32)
    angles = 2 * math.pi * shifts[:, None] * frequencies
    return tf.cos(angles), tf.sin(angles)


def _products(pictures: Tensor, others: Tensor) -> Tensor:
    """Mean products of each picture (B, C, K, h, w) with each other one, (B, C, K, C, n)."""
    planes, bands, count = pictures.shape[1], pictures.shape[2], others.shape[2]
    shape, pixels = tf.shape(pictures), tf.size(pictures[0, 0, 0])
    left = tf.reshape(pictures, (shape[0], planes * bands, pixels))
    right = tf.reshape(others, (shape[0], planes * count, pixels))
    products = tf.matmul(left, right, transpose_b=True) / tf.cast(pixels, tf.float32)
    return tf.reshape(products, (-1, planes, bands, planes, count))


def _within(products: Tensor, upper: bool = False) -> Tensor:
    """Of each plane with itself, (B, C, n); where they are symmetric, the upper triangle."""
    planes, bands, _, others = products.shape[1:]
    places = np.arange(planes * bands * planes * others).reshape(products.shape[1:])
    kept = np.triu_indices(bands, 1) if upper else np.indices((bands, others)).reshape(2, -1)
    chosen = np.stack([places[plane, kept[0], plane, kept[1]] for plane in range(planes)])
    return tf.gather(_flat(products), chosen, axis=1)


def _between(products: Tensor, both: bool = False) -> Tensor:
    """Of the planes with each other, (B, n); where the order matters, both."""
    places = np.arange(np.prod(products.shape[1:])).reshape(products.shape[1:])
    planes = range(products.shape[1])
    pairs = [(i, j) for i in planes for j in planes if i < j or (both and i > j)]
    chosen = np.concatenate([places[:0].ravel(), *(places[i, :, j].ravel() for i, j in pairs)])
    return tf.gather(_flat(products), chosen, axis=1)


def _by_plane(parts: Sequence[Tensor]) -> Tensor:
    """(B, C, …) of each scale as (B, n), plane by plane."""
    shape = tf.shape(parts[0])[:2]
    flat = [tf.reshape(part, tf.concat([shape, [-1]], 0)) for part in parts]
    return _flat(tf.concat(flat, 2))


def _flat(values: Tensor) -> Tensor:
    return tf.reshape(values, (tf.shape(values)[0], -1))


def _colors(**groups: Sequence[Tensor]) -> dict[str, Tensor]:
    """Each as one, where there is more than one plane."""
    joined = {name: tf.concat(parts, 1) for name, parts in groups.items() if parts}
    return {name: values for name, values in joined.items() if values.shape[1] != 0}
