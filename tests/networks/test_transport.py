"""Tests of tfnst.networks.transport: moments, descriptions, and ways between them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from keras import ops
from scipy.linalg import sqrtm

from tests.losses.equations import quick, seeds
from tfnst.networks import transport

CHANNELS = 5


def activation(seed: int, height: int = 12, width: int = 10) -> np.ndarray:
    """Correlated channels of about unit variance, (1, H, W, C)."""
    random = np.random.default_rng(seed)
    mixing = np.eye(CHANNELS) + 0.3 * random.normal(size=(CHANNELS, CHANNELS))
    columns = random.normal(size=(1, height, width, CHANNELS)) @ mixing + random.normal(size=5)
    return columns.astype(np.float32)


def moments_of(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance with the ridge, in NumPy."""
    flat = columns.reshape(-1, CHANNELS).astype(np.float64)
    return flat.mean(0), np.cov(flat.T, bias=True) + transport.RIDGE * np.eye(CHANNELS)


def numbers(tensor: Any) -> np.ndarray:
    return ops.convert_to_numpy(tensor)[0]


@given(seeds)
@quick
def test_moments_are_mean_and_covariance_with_a_ridge(seed: int) -> None:
    x = activation(seed)
    for own in (
        transport.moments(x),
        transport.of_sums(
            120, x.sum((0, 1, 2)), np.einsum("bhwc,bhwd->cd", *[x.astype(np.float64)] * 2)
        ),
    ):
        for value, expected in zip(own, moments_of(x), strict=True):
            np.testing.assert_allclose(numbers(value), expected, rtol=1e-3, atol=1e-4)


@given(seeds)
@quick
def test_a_description_tells_mean_and_root_of_the_covariance(seed: int) -> None:
    x = activation(seed)
    description = transport.described(transport.moments(x))
    assert description.shape == (1, CHANNELS + CHANNELS * (CHANNELS + 1) // 2)
    aim = transport.target(description, CHANNELS)
    mean, covariance = moments_of(x)
    np.testing.assert_allclose(numbers(aim.mean), mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(numbers(aim.root), sqrtm(covariance).real, atol=2e-4)


@given(seeds)
@quick
def test_the_way_is_that_of_least_change_between_normal_distributions(seed: int) -> None:
    x, artwork = activation(seed), activation(seed + 1)
    own = transport.moments(x)
    aim = transport.target(transport.described(transport.moments(artwork)), CHANNELS)
    (mean, covariance), (goal, wanted) = moments_of(x), moments_of(artwork)
    root = sqrtm(covariance).real
    inverse = np.linalg.inv(root)
    expected = inverse @ sqrtm(root @ wanted @ root).real @ inverse
    np.testing.assert_allclose(numbers(transport.least_change(own, aim)), expected, atol=3e-3)
    matrix, offset = map(numbers, transport.way(own, aim, np.ones((1, 1), "f")))
    np.testing.assert_allclose(matrix @ covariance @ matrix, wanted, atol=1e-2)
    np.testing.assert_allclose(mean @ matrix + offset, goal, atol=1e-3)


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_a_part_of_the_way_is_on_the_straight_line(share: float) -> None:
    x, artwork = activation(1), activation(2)
    own = transport.moments(x)
    aim = transport.target(transport.described(transport.moments(artwork)), CHANNELS)
    part, whole = (transport.way(own, aim, np.full((1, 1), s, "f")) for s in (share, 1.0))
    ends = [x[0] @ numbers(way.matrix) + numbers(way.offset) for way in (part, whole)]
    np.testing.assert_allclose(ends[0], (1 - share) * x[0] + share * ends[1], atol=1e-4)


def test_the_summary_goes_from_the_channels_own_to_the_artworks() -> None:
    own = transport.moments(activation(1))
    aim = transport.target(transport.described(transport.moments(activation(2))), CHANNELS)
    mean, covariance = moments_of(activation(1))
    mine = np.concatenate([mean, 0.5 * np.log(np.diag(covariance))])
    mean, covariance = moments_of(activation(2))
    theirs = np.concatenate([mean, 0.5 * np.log(np.diag(covariance))])
    for share in (0.0, 0.25, 1.0):
        summary = numbers(transport.summary(own, aim, np.full((1, 1), share, "f")))
        np.testing.assert_allclose(summary, (1 - share) * mine + share * theirs, atol=1e-3)


def test_a_flat_layer_is_not_blown_up() -> None:
    """What is noise in the photo stays small, however strong the artwork."""
    flat = 1e-3 * activation(1)
    own = transport.moments(flat)
    strong = transport.described(transport.moments(3 * activation(2)))
    matrix, _ = transport.way(own, transport.target(strong, CHANNELS), np.ones((1, 1), "f"))
    assert np.linalg.eigvalsh(numbers(matrix)).max() < 50
    moved, _ = transport.Transport()(flat, strong, np.ones((1, 1), "f"))
    assert np.ptp(ops.convert_to_numpy(moved), (1, 2)).max() < 0.5


def test_routes_mix_ways_at_each_place() -> None:
    random, x = np.random.default_rng(0), activation(1)
    matrices, offsets = random.normal(size=(3, 5, 5)), random.normal(size=(3, 5))
    shares = random.dirichlet(np.ones(3), (1, 12, 10))
    arrays = (array.astype("f") for array in (matrices, offsets, shares))
    expected = sum(shares[..., k, None] * (x @ matrices[k] + offsets[k]) for k in range(3))
    np.testing.assert_allclose(transport.Routes()(x, *arrays), expected, atol=1e-4)
