"""Tests of tfnst.networks.layers against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfnst.networks.layers import (
    ConditionalInstanceNormalization,
    CropAs,
    DepthToSpace,
    MirrorPadding,
    Smooth,
    Upsample,
    depth_to_space,
)


def pictures(seed: int, shape: tuple[int, ...] = (2, 6, 8, 5)) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.normal(random.normal(0, 2, shape[-1]), 1.5, shape).astype(np.float32)


def norm(rows: int, channels: int, seed: int = 3) -> ConditionalInstanceNormalization:
    layer = ConditionalInstanceNormalization(rows)
    layer.build((None, None, None, channels))
    random = np.random.default_rng(seed)
    layer.gamma.assign(random.normal(1, 0.3, (rows, channels)))
    layer.beta.assign(random.normal(0, 1, (rows, channels)))
    return layer


def by_hand(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> np.ndarray:
    x = x.astype(np.float64)
    mean, variance = x.mean((1, 2), keepdims=True), x.var((1, 2), keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta


def test_a_norm_is_its_equation_for_mixtures_of_rows() -> None:
    layer, x = norm(3, 5), pictures(1)
    weights = np.array([[0, 1, 0], [0.25, 0, 0.75]], np.float32)
    gamma = (weights @ np.asarray(layer.gamma))[:, None, None]
    beta = (weights @ np.asarray(layer.beta))[:, None, None]
    np.testing.assert_allclose(layer(x, weights), by_hand(x, gamma, beta), atol=2e-5)


def test_a_map_of_weights_gives_each_place_its_own_row() -> None:
    layer, x = norm(2, 5), pictures(2)
    weights = np.zeros((2, 6, 8, 2), np.float32)
    weights[:, :, :4, 0], weights[:, :, 4:, 1] = 1, 1
    seen = np.asarray(layer(x, weights))
    for row, place in ((0, np.s_[:, :, :4]), (1, np.s_[:, :, 4:])):
        one = np.tile(np.eye(2, dtype="f")[row], (2, 1))
        np.testing.assert_allclose(seen[place], np.asarray(layer(x, one))[place], atol=1e-6)


@pytest.mark.parametrize("given", [False, True])
def test_a_map_of_mixtures_is_that_of_their_rows(given: bool) -> None:
    layer, x = norm(4, 5), pictures(3)
    random = np.random.default_rng(1)
    shares = random.dirichlet([1, 1], (2, 6, 8)).astype(np.float32)
    mixtures = random.dirichlet(np.ones(4), 2).astype(np.float32)
    statistics = (np.full((1, 1, 1, 5), 0.3, "f"), np.full((1, 1, 1, 5), 2, "f")) if given else None
    expected = layer(x, shares @ mixtures, statistics)
    np.testing.assert_allclose(layer(x, shares, statistics, mixtures), expected, atol=1e-5)


def test_what_is_no_more_than_rounding_is_not_enlarged() -> None:
    layer, x, weights = norm(1, 5), pictures(4), np.ones((2, 1), "f")
    gamma, beta = np.asarray(layer.gamma), np.asarray(layer.beta)
    assert np.abs(np.asarray(layer(np.float32(1e-5) * x, weights)) - beta).max() < 1e-4
    faint = np.float32(0.01) * x  # of a variance that passes as the equation says
    np.testing.assert_allclose(layer(faint, weights), by_hand(faint, gamma, beta), atol=1e-4)


def test_a_flat_channel_stays_finite() -> None:
    layer, x = norm(1, 2), np.full((1, 4, 4, 2), 7, np.float32)
    np.testing.assert_allclose(
        layer(x, np.ones((1, 1), "f")), np.broadcast_to(layer.beta, (1, 4, 4, 2)), atol=1e-4
    )


def test_statistics_are_taken_in_float32() -> None:
    """Whose sums half precision could not hold."""
    layer = ConditionalInstanceNormalization(1, dtype="mixed_float16")
    x = 100 + 30 * pictures(4, (1, 64, 64, 2))
    seen = np.asarray(layer(x.astype(np.float16), np.ones((1, 1), "f")), np.float32)
    assert np.isfinite(seen).all()
    np.testing.assert_allclose(seen.mean((1, 2)), 0, atol=0.01)
    np.testing.assert_allclose(seen.std((1, 2)), 1, atol=0.01)


def test_upsampling_repeats_each_pixel() -> None:
    x = pictures(5)
    np.testing.assert_array_equal(Upsample()(x), x.repeat(2, 1).repeat(2, 2))


@pytest.mark.parametrize("plain", [False, True])
def test_depth_to_space_is_tensorflows_on_any_backend(
    plain: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = pictures(6, (2, 3, 4, 12))
    if plain:
        monkeypatch.setattr("keras.backend.backend", lambda: "another")
    np.testing.assert_array_equal(depth_to_space(x), tf.nn.depth_to_space(x, 2))


def test_layers_know_their_shapes() -> None:
    assert Upsample().compute_output_shape((None, None, 8, 5)) == (None, None, 16, 5)
    assert DepthToSpace().compute_output_shape((1, 4, None, 12)) == (1, 8, None, 3)
    config = ConditionalInstanceNormalization(4, epsilon=0.1).get_config()
    again = ConditionalInstanceNormalization.from_config(config)
    assert (again.styles, again.epsilon) == (4, 0.1)


@pytest.mark.parametrize(("height", "width"), [(16, 20), (9, 40), (5, 6), (1, 3)])
@pytest.mark.parametrize("multiple", [1, 4])
def test_borders_are_mirrored(height: int, width: int, multiple: int) -> None:
    """Also beyond pictures smaller than the border, and where a graph knows no size."""
    x = np.random.default_rng(0).random((2, height, width, 3), np.float32)
    after = [(7, 7 + -size % multiple) for size in (height, width)]
    expected = np.pad(x, ((0, 0), *after, (0, 0)), "symmetric")
    layer = MirrorPadding(7, multiple)
    np.testing.assert_array_equal(layer(x), expected)
    assert layer.compute_output_shape(x.shape) == expected.shape
    assert layer.compute_output_shape((None, None, 9, 3))[:2] == (None, None)
    again = MirrorPadding.from_config(layer.get_config())
    assert (again.width, again.multiple) == (7, multiple)
    free = tf.function(again, input_signature=[tf.TensorSpec((None, None, None, 3))])
    np.testing.assert_array_equal(free(x), expected)


def test_a_narrow_border_asks_for_no_size() -> None:
    """As within a network, on any backend."""
    x = np.random.default_rng(0).random((2, 9, 6, 3), np.float32)
    free = tf.function(MirrorPadding(2), input_signature=[tf.TensorSpec((None, None, None, 3))])
    expected = np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)), "symmetric")
    np.testing.assert_array_equal(free(x), expected)


def test_smoothing_may_leave_the_border_out() -> None:
    x = np.random.default_rng(0).random((2, 9, 6, 3), np.float32)
    inner = Smooth("valid")
    np.testing.assert_allclose(inner(x), Smooth()(x)[:, 1:-1, 1:-1], atol=1e-6)
    assert inner.compute_output_shape((2, 9, None, 3)) == (2, 7, None, 3)
    assert Smooth.from_config(inner.get_config()).padding == "valid"


def test_what_was_padded_is_cropped() -> None:
    x = np.random.default_rng(0).random((2, 9, 6, 3), np.float32)
    crop = CropAs(7)
    np.testing.assert_array_equal(crop(MirrorPadding(7, 4)(x), x), x)
    assert crop.compute_output_shape((2, 26, 22, 3), x.shape) == x.shape
    assert CropAs.from_config(crop.get_config()).width == 7
