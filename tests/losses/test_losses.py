"""Tests of tfnst.losses against the same equations in NumPy and SciPy, in float64."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tfnst import losses

quick = settings(max_examples=20, deadline=None, database=None)
seeds = st.integers(0, 2**32 - 1)
SHAPE = (2, 8, 6, 5)


def activation(seed: int, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    """What a ReLU gives: correlated channels of different strengths, about half of them off."""
    random = np.random.default_rng(seed)
    mixing = random.normal(0, 0.5, (shape[-1], shape[-1])) / np.sqrt(shape[-1])
    values = random.normal(0, 1, shape) @ (mixing + np.eye(shape[-1])) + 0.3
    return np.maximum(values * random.uniform(0.5, 2, shape[-1]), 0).astype(np.float32)


def picture(seed: int, shape: tuple[int, ...] = (2, 7, 9, 3)) -> np.ndarray:
    return np.random.default_rng(seed).random(shape, np.float32)


# The equations once more, one sample at a time, as the docstrings state them.


def columns_of(sample: np.ndarray) -> np.ndarray:
    return np.asarray(sample, np.float64).reshape(-1, sample.shape[-1])


def numpy_gram(sample: np.ndarray) -> np.ndarray:
    columns = columns_of(sample)
    return sum(np.outer(f, f) for f in columns) / len(columns)


def numpy_gram_loss(sample: np.ndarray, style: np.ndarray) -> float:
    wanted = numpy_gram(style)
    return float(((numpy_gram(sample) - wanted) ** 2).sum() / (wanted**2).sum())


def ridged(matrix: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """With what `losses` adds: 1e-4 of the mean variance and 1e-3 of the mean second moment."""
    ridge = 1e-4 * np.trace(matrix) + 1e-3 * (np.trace(matrix) + (mean**2).sum())
    return matrix + ridge / len(matrix) * np.eye(len(matrix))


def numpy_wasserstein_loss(
    sample: np.ndarray, style: np.ndarray, ridge: Callable[..., np.ndarray] = ridged
) -> float:
    m, n = columns_of(sample).mean(0), columns_of(style).mean(0)
    s = ridge(np.cov(columns_of(sample), rowvar=False, bias=True), m)
    t = ridge(np.cov(columns_of(style), rowvar=False, bias=True), n)
    root = scipy.linalg.sqrtm(t)
    overlap = np.trace(scipy.linalg.sqrtm(root @ s @ root)).real
    distance = ((m - n) ** 2).sum() + np.trace(s) + np.trace(t) - 2 * overlap
    return float(distance / ((n**2).sum() + np.trace(t)))


def numpy_content_loss(sample: np.ndarray, photo: np.ndarray) -> float:
    sample, photo = np.asarray(sample, np.float64), np.asarray(photo, np.float64)
    return float(((sample - photo) ** 2).mean() / (photo**2).mean())


def numpy_standardize(sample: np.ndarray) -> np.ndarray:
    columns = columns_of(sample)
    floor = 0.01 * columns.var(0).mean() + 1e-8
    return ((columns - columns.mean(0)) / np.sqrt(columns.var(0) + floor)).reshape(sample.shape)


def numpy_content_distance(sample: np.ndarray, photo: np.ndarray) -> float:
    return float(((numpy_standardize(sample) - numpy_standardize(photo)) ** 2).mean())


def numpy_variation(sample: np.ndarray, _: Any = None) -> float:
    height, width, _ = sample.shape
    value = np.asarray(sample, np.float64)
    across = [(value[y, x + 1] - value[y, x]) ** 2 for y in range(height) for x in range(width - 1)]
    down = [(value[y + 1, x] - value[y, x]) ** 2 for y in range(height - 1) for x in range(width)]
    return float(np.mean(across) + np.mean(down))


# The losses themselves, as functions of an activation and of the activation wanted.


def gram_loss(value: Any, style: Any) -> Any:
    target = losses.gram_matrix(losses.feature_statistics(style))
    return losses.gram_style_loss(losses.feature_statistics(value), target)


def wasserstein_loss(value: Any, style: Any) -> Any:
    target = losses.gaussian(losses.feature_statistics(style))
    return losses.wasserstein_style_loss(losses.feature_statistics(value), target)


def content_distance(value: Any, photo: Any) -> Any:
    return losses.content_distance(value, losses.standardize(photo))


def variation(value: Any, _: Any) -> Any:
    return losses.total_variation(value)


LOSSES = {
    "gram": (gram_loss, numpy_gram_loss),
    "wasserstein": (wasserstein_loss, numpy_wasserstein_loss),
    "content_loss": (losses.content_loss, numpy_content_loss),
    "content_distance": (content_distance, numpy_content_distance),
    "total_variation": (variation, numpy_variation),
}
every_loss = pytest.mark.parametrize("name", LOSSES)
# Float32 takes the small difference of large traces.
TOLERANCE = {"wasserstein": dict(rtol=1e-3, atol=1e-4)}


def close(name: str, value: Any, expected: Any) -> None:
    np.testing.assert_allclose(value, expected, **TOLERANCE.get(name, dict(rtol=1e-4, atol=1e-6)))


@every_loss
@pytest.mark.parametrize("seed", range(3))
def test_a_loss_is_its_equation_in_numpy(name: str, seed: int) -> None:
    loss, equation = LOSSES[name]
    value, wanted = activation(seed), activation(seed + 100)
    close(name, loss(value, wanted), [equation(v, w) for v, w in zip(value, wanted, strict=True)])


@every_loss
@pytest.mark.parametrize("seed", range(2))
def test_a_gradient_is_the_slope_of_the_equation_in_numpy(name: str, seed: int) -> None:
    """Along random directions, by central differences in float64."""
    loss, equation = LOSSES[name]
    value, wanted = activation(seed, (1, 8, 6, 5)), activation(seed + 100, (1, 8, 6, 5))
    image = tf.constant(value)
    with tf.GradientTape() as tape:
        tape.watch(image)
        result = loss(image, tf.constant(wanted))
    gradient = np.asarray(tape.gradient(result, image), np.float64)
    random, step = np.random.default_rng(seed), 1e-5
    scale = np.linalg.norm(gradient)
    for direction in [*random.normal(0, 1, (4, *value.shape)), gradient / scale]:
        direction = direction / np.linalg.norm(direction)
        ahead, behind = (
            equation(value[0] + sign * step * direction[0], wanted[0]) for sign in (1, -1)
        )
        slope = (ahead - behind) / (2 * step)
        assert (gradient * direction).sum() == pytest.approx(slope, rel=1e-3, abs=2e-3 * scale)


@every_loss
def test_a_batch_is_its_samples_one_by_one(name: str) -> None:
    loss, _ = LOSSES[name]
    value, wanted = activation(1, (3, 8, 6, 5)), activation(2, (3, 8, 6, 5))
    together = loss(value, wanted)
    assert together.shape == (3,)
    alone = [float(loss(value[i : i + 1], wanted[i : i + 1])[0]) for i in range(3)]
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-6)


@every_loss
def test_compiled_by_xla_a_loss_and_its_gradient_are_the_same(name: str) -> None:
    loss, _ = LOSSES[name]
    value, wanted = tf.constant(activation(1)), tf.constant(activation(2))

    def both(value: Any, wanted: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(value)
            result = loss(value, wanted)
        return result, tape.gradient(result, value)

    plain, compiled = both(value, wanted), tf.function(both, jit_compile=True)(value, wanted)
    np.testing.assert_allclose(compiled[0], plain[0], rtol=1e-3, atol=1e-5)
    largest = np.abs(plain[1]).max()
    np.testing.assert_allclose(compiled[1] / largest, plain[1] / largest, atol=2e-3)


@every_loss
def test_a_loss_takes_sizes_that_are_known_only_when_it_runs(name: str) -> None:
    loss, _ = LOSSES[name]
    unknown = tf.TensorSpec((None, None, None, 5))
    traced = tf.function(loss, input_signature=[unknown, unknown])
    for shape in [(2, 8, 6, 5), (1, 5, 9, 5)]:
        value, wanted = activation(1, shape), activation(2, shape)
        close(name, traced(value, wanted), loss(value, wanted))


@every_loss
def test_bfloat16_goes_in_and_float32_comes_out(name: str) -> None:
    """The loss of the rounded values, and not a loss that was rounded itself."""
    loss, _ = LOSSES[name]
    value, wanted = (tf.cast(activation(seed), tf.bfloat16) for seed in (1, 2))
    result = loss(value, wanted)
    assert result.dtype == tf.float32
    close(name, result, loss(tf.cast(value, tf.float32), tf.cast(wanted, tf.float32)))


@pytest.mark.parametrize("name", ["gram", "wasserstein"])
def test_style_does_not_depend_on_size_or_place(name: str) -> None:
    loss, _ = LOSSES[name]
    value, wanted = activation(1), activation(2)
    tiled = np.tile(value, (1, 2, 2, 1))
    rolled = np.roll(value, (3, 2), (1, 2))
    expected = loss(value, wanted)
    np.testing.assert_allclose(loss(tiled, wanted), expected, rtol=1e-3)
    np.testing.assert_allclose(loss(rolled, wanted), expected, rtol=1e-3)
    np.testing.assert_allclose(loss(value, np.tile(wanted, (1, 2, 2, 1))), expected, rtol=1e-3)


@pytest.mark.parametrize("name", ["gram", "wasserstein", "content_loss", "content_distance"])
def test_a_loss_is_zero_at_its_target_and_only_there(name: str) -> None:
    loss, _ = LOSSES[name]
    value = activation(1)
    np.testing.assert_allclose(loss(value, value), 0, atol=1e-4)
    assert np.min(loss(activation(2), value)) > 0.01
    assert np.min(loss(value * 1.02 + activation(2) * 0.2, value)) > 1e-4


@pytest.mark.parametrize("name", ["gram", "wasserstein", "content_loss", "content_distance"])
def test_a_black_picture_has_a_loss_of_one(name: str) -> None:
    """Of no texture, no mean and no content; standardised, P̂² less its floor is left."""
    loss, _ = LOSSES[name]
    tolerance = 0.1 if name == "content_distance" else 0.01
    np.testing.assert_allclose(loss(np.zeros(SHAPE, "f"), activation(1)), 1, atol=tolerance)


@pytest.mark.parametrize("name", LOSSES)
def test_black_on_black_is_zero_and_has_a_finite_gradient(name: str) -> None:
    loss, _ = LOSSES[name]
    black = tf.zeros(SHAPE)
    with tf.GradientTape() as tape:
        tape.watch(black)
        value = loss(black, black)
    np.testing.assert_allclose(value, 0, atol=1e-6)
    assert np.isfinite(tape.gradient(value, black)).all()


# Statistics.


def test_statistics_of_an_activation_worked_out_by_hand() -> None:
    """Columns (1, 2), (3, 4) and (5, 0)."""
    value = np.array([[[[1, 2], [3, 4], [5, 0]]]], np.float32)
    statistics = losses.feature_statistics(value)
    assert np.asarray(statistics.count).tolist() == [3]
    assert np.asarray(statistics.total).tolist() == [[9, 6]]
    assert np.asarray(statistics.outer).tolist() == [[[35, 14], [14, 20]]]
    np.testing.assert_allclose(losses.mean(statistics), [[3, 2]])
    np.testing.assert_allclose(losses.gram_matrix(statistics), np.array([[[35, 14], [14, 20]]]) / 3)
    np.testing.assert_allclose(
        losses.covariance(statistics), [[[8 / 3, -4 / 3], [-4 / 3, 8 / 3]]], rtol=1e-5
    )


@quick
@given(seeds, st.integers(1, 7), st.integers(1, 7), st.integers(1, 6))
def test_mean_gram_and_covariance_are_numpys(
    seed: int, height: int, width: int, channels: int
) -> None:
    value = activation(seed, (2, height, width, channels))
    statistics = losses.feature_statistics(value)
    for i, sample in enumerate(value):
        columns = columns_of(sample)
        np.testing.assert_allclose(losses.mean(statistics)[i], columns.mean(0), rtol=1e-5)
        gram = losses.gram_matrix(statistics)[i]
        np.testing.assert_allclose(gram, numpy_gram(sample), rtol=1e-4, atol=1e-6)
        expected = np.cov(columns, rowvar=False, bias=True).reshape(channels, channels)
        scale = np.abs(numpy_gram(sample)).max()
        np.testing.assert_allclose(
            losses.covariance(statistics)[i], expected, rtol=1e-4, atol=1e-5 * scale + 1e-7
        )


@quick
@given(seeds, st.integers(1, 7))
def test_statistics_of_tiles_add_up(seed: int, cut: int) -> None:
    value = activation(seed)
    whole = losses.feature_statistics(value)
    for axis in (1, 2):
        parts = np.split(value, [min(cut, value.shape[axis] - 1)], axis)
        sums = zip(*map(losses.feature_statistics, parts), strict=True)
        for one, together in zip(sums, whole, strict=True):
            np.testing.assert_allclose(one[0] + one[1], together, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", [tf.bfloat16, tf.float16, tf.float32])
def test_sums_are_taken_in_float32(dtype: Any) -> None:
    """In bfloat16 a sum of ones stops at 256, in float16 at 2048."""
    statistics = losses.feature_statistics(tf.ones((1, 128, 128, 2), dtype))
    for value in statistics:
        assert value.dtype == tf.float32
        assert (np.asarray(value) == 2**14).all()


def test_a_blend_averages_means_and_second_moments() -> None:
    one, other = activation(1, (1, 8, 6, 5)), activation(2, (1, 16, 3, 5))
    sources = [losses.feature_statistics(value) for value in (one, other)]
    blend = losses.blend_statistics(sources, [3.0, 1.0])
    assert np.asarray(blend.count).tolist() == [1]
    average = 0.75 * columns_of(one[0]).mean(0) + 0.25 * columns_of(other[0]).mean(0)
    moments = 0.75 * numpy_gram(one[0]) + 0.25 * numpy_gram(other[0])
    np.testing.assert_allclose(losses.mean(blend)[0], average, rtol=1e-5)
    np.testing.assert_allclose(losses.gram_matrix(blend)[0], moments, rtol=1e-4)
    np.testing.assert_allclose(
        losses.covariance(blend)[0], moments - np.outer(average, average), rtol=1e-3, atol=1e-5
    )


@quick
@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=4))
def test_a_blend_of_one_source_with_itself_is_that_source(weights: list[float]) -> None:
    statistics = losses.feature_statistics(activation(1))
    blend = losses.blend_statistics([statistics] * len(weights), weights)
    np.testing.assert_allclose(losses.mean(blend), losses.mean(statistics), rtol=1e-5)
    np.testing.assert_allclose(losses.gram_matrix(blend), losses.gram_matrix(statistics), rtol=1e-5)


def test_a_blend_of_equal_pictures_side_by_side_is_their_texture() -> None:
    """Weights as areas: the blend is the statistics of both in one frame."""
    one, other = activation(1, (1, 8, 6, 5)), activation(2, (1, 8, 2, 5))
    frame = losses.feature_statistics(np.concatenate([one, other], 2))
    blend = losses.blend_statistics(
        [losses.feature_statistics(one), losses.feature_statistics(other)], [6.0, 2.0]
    )
    np.testing.assert_allclose(losses.gram_matrix(blend), losses.gram_matrix(frame), rtol=1e-5)
    np.testing.assert_allclose(losses.mean(blend), losses.mean(frame), rtol=1e-5)


# Style.


def test_gram_loss_of_a_scaled_target_is_known() -> None:
    """Twice the activation is four times the Gram matrix, and (4 − 1)² is 9."""
    value = activation(1)
    np.testing.assert_allclose(gram_loss(2 * value, value), 9, rtol=1e-4)


def test_wasserstein_loss_of_normal_distributions_on_a_line_is_known() -> None:
    """Deviations 2 and 1, means 3 and 1: ((3 − 1)² + (2 − 1)²) / (1² + 1²)."""
    value = np.array([1, 5] * 8, np.float32).reshape(1, 4, 4, 1)
    style = np.array([0, 2] * 8, np.float32).reshape(1, 4, 4, 1)
    np.testing.assert_allclose(wasserstein_loss(value, style), 2.5, rtol=1e-3)


@pytest.mark.parametrize("channels", [2, 8, 32])
def test_wasserstein_loss_is_scipys_of_the_bare_covariances(channels: int) -> None:
    """The ridge, which makes them safe to invert, hardly counts."""
    shape = (1, 32, 32, channels)
    value, style = activation(1, shape), activation(2, shape)
    expected = numpy_wasserstein_loss(value[0], style[0], ridge=lambda matrix, mean: matrix)
    np.testing.assert_allclose(wasserstein_loss(value, style), expected, rtol=0.01)


def test_wasserstein_loss_does_not_need_full_rank() -> None:
    """Fewer positions than channels, and channels that never fire; in SciPy all the ridge's."""
    value, style = activation(1, (1, 3, 3, 16)), activation(2, (1, 3, 3, 16))
    value[..., :4], style[..., 2:6] = 0, 0
    image = tf.constant(value)
    with tf.GradientTape() as tape:
        tape.watch(image)
        loss = wasserstein_loss(image, style)
    np.testing.assert_allclose(loss, numpy_wasserstein_loss(value[0], style[0]), rtol=0.03)
    gradient = np.asarray(tape.gradient(loss, image))
    assert np.isfinite(gradient).all()
    assert 0 < np.abs(gradient).max() < 10
    np.testing.assert_allclose(wasserstein_loss(style, style), 0, atol=0.01)


def test_wasserstein_loss_falls_along_its_gradient_to_zero() -> None:
    """Also where the two distributions nearly agree, and differences are all that is left."""
    style = activation(2, (1, 12, 12, 4))
    image = tf.Variable(activation(1, (1, 12, 12, 4)))
    start = float(wasserstein_loss(image, style)[0])
    optimizer = tf.keras.optimizers.SGD(20.0)

    @tf.function
    def step() -> None:
        with tf.GradientTape() as tape:
            loss = wasserstein_loss(image, style)
        optimizer.apply_gradients([(tape.gradient(loss, image), image)])

    optimizer.build([image])
    for _ in range(200):
        step()
    assert float(wasserstein_loss(image, style)[0]) < 0.01 * start


# Content.


def test_content_loss_of_a_scaled_photo_is_known() -> None:
    value = activation(1)
    np.testing.assert_allclose(losses.content_loss(1.5 * value, value), 0.25, rtol=1e-5)


def test_standardised_channels_have_mean_zero_and_deviation_one() -> None:
    """Less than one by the floor: σ / √(σ² + a hundredth of the mean variance)."""
    value = activation(1, (2, 16, 16, 6))
    standard = np.asarray(losses.standardize(value))
    np.testing.assert_allclose(standard.mean((1, 2)), 0, atol=1e-5)
    assert standard.std((1, 2)).min() > 0.8
    assert standard.std((1, 2)).max() < 1
    equal = np.random.default_rng(0).normal(0, 3, (1, 32, 32, 6)).astype("f")
    deviations = np.asarray(losses.standardize(equal)).std((1, 2))
    np.testing.assert_allclose(deviations, 1 / np.sqrt(1.01), rtol=0.01)
    np.testing.assert_allclose(standard[0], numpy_standardize(value[0]), atol=1e-5)


def test_a_channel_that_hardly_varies_does_not_become_noise() -> None:
    value = activation(1, (1, 16, 16, 6))
    value[..., 0] = 1e-4 * picture(1, (1, 16, 16))
    value[..., 1] = 0.25
    standard = np.asarray(losses.standardize(value)).std((1, 2))[0]
    assert standard[0] < 0.01
    assert standard[1] < 1e-4
    assert standard[2:].min() > 0.8


@quick
@given(seeds)
@example(544556721)
def test_content_distance_does_not_see_palette_and_contrast(seed: int) -> None:
    """Of each channel by itself, but for the floor, which leaves it a deviation of a < 1.

    A channel's share of the distance is a² + p² − 2aρp with a, p and ρ in [−1, 1], so that it
    changes by 4|Δa| at most.
    """

    def deviation(sample: np.ndarray) -> np.ndarray:
        return np.asarray(numpy_standardize(sample[0])).std((0, 1))

    random = np.random.default_rng(seed)
    photo = activation(seed, (1, 12, 12, 5))
    gain = random.uniform(0.7, 1.5, 5).astype("f")
    offset = random.normal(0, 1, 5).astype("f")
    same = photo * gain + offset
    # Their correlation is 1, so that (a − p)² is left, of the floor alone.
    by_floor = np.square(deviation(same) - deviation(photo)).mean()
    assert by_floor < 0.01
    np.testing.assert_allclose(content_distance(same, photo), by_floor, atol=1e-4)
    other = activation(seed + 1, (1, 12, 12, 5))
    before = content_distance(other, photo)
    changed = other * gain + offset
    bound = 4 * np.abs(deviation(changed) - deviation(other)).mean() + 1e-5
    np.testing.assert_allclose(content_distance(changed, photo), before, atol=bound)


def test_content_distance_is_two_of_unrelated_and_four_of_opposite_pictures() -> None:
    """2 − 2ρ for the correlation ρ, times 1/1.01 for the floor."""
    one, other = (
        np.random.default_rng(seed).normal(0, 1, (1, 64, 64, 4)).astype("f") for seed in (1, 2)
    )
    np.testing.assert_allclose(content_distance(one, other), 2 / 1.01, atol=0.05)
    np.testing.assert_allclose(content_distance(-one, one), 4 / 1.01, rtol=1e-3)
    half = 0.5 * one + np.sqrt(0.75) * other
    np.testing.assert_allclose(content_distance(half, one), 1 / 1.01, atol=0.05)


@quick
@given(seeds, seeds, st.floats(0.001, 1000), st.booleans())
def test_content_distance_is_between_zero_and_four(
    one: int, other: int, gain: float, opposite: bool
) -> None:
    photo = activation(one, (1, 6, 6, 4))
    value = gain * (-photo if opposite else activation(other, (1, 6, 6, 4)))
    assert -1e-5 <= float(content_distance(value, photo)[0]) <= 4


# Smoothness.


def test_total_variation_of_a_checkerboard_is_two() -> None:
    """All neighbours differ by one: 1 across and 1 down, whatever the size."""
    for height, width in [(2, 2), (5, 8), (9, 4)]:
        board = np.indices((height, width)).sum(0) % 2
        image = np.repeat(board[None, :, :, None], 3, 3).astype("f")
        np.testing.assert_allclose(losses.total_variation(image), 2, rtol=1e-6)


def test_total_variation_of_stripes_and_ramps_is_known() -> None:
    stripes = np.zeros((1, 6, 8, 3), "f")
    stripes[:, :, ::2] = 0.5
    np.testing.assert_allclose(losses.total_variation(stripes), 0.25, rtol=1e-6)
    ramp = np.zeros((1, 6, 8, 3), "f") + 0.1 * np.arange(6, dtype="f")[:, None, None]
    np.testing.assert_allclose(losses.total_variation(ramp), 0.01, rtol=1e-5)


@quick
@given(st.floats(0, 1, width=32), st.integers(2, 9), st.integers(2, 9))
def test_total_variation_of_a_constant_is_zero(value: float, height: int, width: int) -> None:
    image = np.full((1, height, width, 3), value, "f")
    np.testing.assert_allclose(losses.total_variation(image), 0, atol=1e-6)


@quick
@given(seeds, st.sampled_from(["flip", "turn", "shift", "negative"]))
def test_total_variation_knows_no_direction_and_no_brightness(seed: int, change: str) -> None:
    image = picture(seed)
    changed = {
        "flip": partial(np.flip, axis=(1, 2)),
        "turn": partial(np.rot90, axes=(1, 2)),
        "shift": lambda x: x + np.float32(0.5),
        "negative": lambda x: 1 - x,
    }[change](image)
    np.testing.assert_allclose(
        losses.total_variation(changed), losses.total_variation(image), rtol=1e-4
    )
