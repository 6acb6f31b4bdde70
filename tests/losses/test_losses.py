"""Tests of what all of tfnst.losses share: equations in NumPy, gradients, batches, precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.losses.equations import (
    SHAPE,
    activation,
    content_distance,
    distinct_histogram_loss,
    gram_loss,
    mean_std_loss,
    numpy_content_distance,
    numpy_content_loss,
    numpy_distinct_histogram_loss,
    numpy_gram_loss,
    numpy_mean_std_loss,
    numpy_relaxed_emd,
    numpy_self_similarity_loss,
    numpy_sliced_loss,
    numpy_variation,
    numpy_wasserstein_loss,
    relaxed_emd,
    self_similarity_loss,
    sliced_loss,
    variation,
    wasserstein_loss,
)
from tfnst import losses

LOSSES = {
    "gram": (gram_loss, numpy_gram_loss),
    "wasserstein": (wasserstein_loss, numpy_wasserstein_loss),
    "mean_std": (mean_std_loss, numpy_mean_std_loss),
    "histogram": (distinct_histogram_loss, numpy_distinct_histogram_loss),
    "sliced": (sliced_loss, numpy_sliced_loss),
    "content_loss": (losses.content_loss, numpy_content_loss),
    "content_distance": (content_distance, numpy_content_distance),
    "total_variation": (variation, numpy_variation),
    "relaxed_emd": (relaxed_emd, numpy_relaxed_emd),
    "self_similarity": (self_similarity_loss, numpy_self_similarity_loss),
}
STYLES = ("gram", "wasserstein", "mean_std", "sliced")
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
def test_its_gradient_goes_through_no_slice(name: str) -> None:
    """Which takes several times as long to trace as a reshape, before the first step."""
    loss, _ = LOSSES[name]

    def gradient(value: Any, wanted: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(value)
            result = loss(value, wanted)
        return tape.gradient(result, value)

    one = tf.TensorSpec((1, 8, 6, 5))
    graph = tf.function(gradient, input_signature=[one, one]).get_concrete_function().graph
    assert "StridedSliceGrad" not in {operation.type for operation in graph.get_operations()}


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


@pytest.mark.parametrize("name", ["gram", "wasserstein", "mean_std"])
def test_style_does_not_depend_on_size_or_place(name: str) -> None:
    loss, _ = LOSSES[name]
    value, wanted = activation(1), activation(2)
    tiled = np.tile(value, (1, 2, 2, 1))
    rolled = np.roll(value, (3, 2), (1, 2))
    expected = loss(value, wanted)
    np.testing.assert_allclose(loss(tiled, wanted), expected, rtol=1e-3)
    np.testing.assert_allclose(loss(rolled, wanted), expected, rtol=1e-3)
    np.testing.assert_allclose(loss(value, np.tile(wanted, (1, 2, 2, 1))), expected, rtol=1e-3)


@pytest.mark.parametrize("name", [*STYLES, "content_loss", "content_distance"])
def test_a_loss_is_zero_at_its_target_and_only_there(name: str) -> None:
    loss, _ = LOSSES[name]
    value = activation(1)
    np.testing.assert_allclose(loss(value, value), 0, atol=1e-4)
    assert np.min(loss(activation(2), value)) > 0.01
    assert np.min(loss(value * 1.02 + activation(2) * 0.2, value)) > 1e-4


@pytest.mark.parametrize("name", [*STYLES, "content_loss", "content_distance"])
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
