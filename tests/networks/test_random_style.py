"""Tests of tfnst.networks.random_style: style as augmentation, wherever Keras' layers go."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfnst
from tfnst.networks.random_style import STICKS, dirichlet
from tfnst.networks.style_network import StyleNetwork

RandomStyle = tfnst.layers.RandomStyle


def photos(count: int = 6, height: int = 24, width: int = 37) -> np.ndarray:
    """Photos, (B, H, W, 3) uint8, of soft forms."""
    random = np.random.default_rng(0)
    coarse = random.random((count, 4, 4, 3), np.float32)
    return np.asarray(tf.image.resize(coarse, (height, width)) * 255).astype(np.uint8)


@pytest.fixture
def make(small_network: StyleNetwork) -> Callable[..., Any]:
    """Makes a layer around a small network."""
    return lambda *arguments, **options: RandomStyle(
        *arguments, **{"network": small_network, "seed": 3, **options}
    )


def changed(before: np.ndarray, after: Any) -> np.ndarray:
    """Which pictures are not the same, bit by bit."""
    same: np.ndarray = np.asarray(after) == before.astype(np.asarray(after).dtype)
    return ~same.all((1, 2, 3))


# What it paints


def test_what_is_not_drawn_comes_back_bit_by_bit(make: Callable[..., Any]) -> None:
    images = photos(24).astype(np.float32) + 0.1234567
    painted = make(0.5, strength=(0.5, 1))(images)
    assert painted.dtype == "float32" and painted.shape == images.shape
    assert 4 < changed(images, painted).sum() < 20
    assert not changed(images, make(0)(images)).any()
    assert changed(images, make(1, strength=1)(images)).all()


def test_strength_goes_from_the_photo_to_what_the_network_paints(
    make: Callable[..., Any], stroke_network: StyleNetwork
) -> None:
    images = photos(2).astype(np.float32)
    np.testing.assert_allclose(make(1, strength=0)(images), images, atol=1e-4)
    layer = make(1, (0.7, 0.7), ["night"], 0.25, network=stroke_network)
    weights = np.tile(stroke_network.weights_for("night", 0.7), (2, 1))
    stroke = np.full((2, 1), 0.25, np.float32)
    padded = np.pad(images, [(0, 0), (16, 24), (16, 27), (0, 0)], "symmetric") / 255
    inputs = {"image": padded, "style_weights": weights, "stroke": stroke}
    wanted = stroke_network(inputs)["stylized"][:, 16:40, 16:53] * 255
    np.testing.assert_allclose(layer(images), wanted, atol=0.01)


def test_each_picture_and_each_call_has_its_own_draw(make: Callable[..., Any]) -> None:
    images = np.repeat(photos(1), 4, 0)
    layer = make(1, strength=(0.2, 1))
    first, second = np.asarray(layer(images)), np.asarray(layer(images))
    flat = np.concatenate([first, second]).reshape(8, -1)
    distances = np.abs(flat[:, None] - flat[None]).mean(-1) + 10 * np.eye(8)
    assert distances.min() > 0.1


def test_a_seed_repeats_the_draws(make: Callable[..., Any]) -> None:
    images = photos()
    one, other = make(0.7), make(0.7)
    for _ in range(2):
        np.testing.assert_array_equal(one(images), other(images))
    assert np.abs(np.asarray(make(0.7, seed=4)(images)) - make(0.7)(images)).max() > 1
    again = RandomStyle.from_config(make(1, seed=None).get_config())
    assert again.seed is None


def test_draws_are_of_what_was_asked_for(stroke_network: StyleNetwork) -> None:
    layer = RandomStyle(0.3, (0.2, 0.6), stroke=(0.5, 0.75), seed=3, network=stroke_network)
    chosen, weights, stroke = (np.asarray(drawn) for drawn in layer.draw(4000))
    assert abs(chosen.mean() - 0.3) < 0.03
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-5)
    strength = 1 - weights[:, 0]
    assert strength.min() >= 0.2 - 1e-6 and strength.max() <= 0.6 + 1e-6
    assert abs(strength.mean() - 0.4) < 0.01
    assert stroke.min() >= 0.5 and stroke.max() <= 0.75 and abs(stroke.mean() - 0.625) < 0.01
    assert weights.shape == (4000, 3) and stroke.shape == (4000, 1)
    assert abs(np.corrcoef(strength, chosen)[0, 1]) < 0.06


def test_mixtures_are_of_a_dirichlet_distribution() -> None:
    random, count, categories = np.random.default_rng(0), 40_000, 5
    sticks, choices = random.random((2, count, STICKS), np.float32)
    shares = np.asarray(dirichlet(sticks, choices, categories))
    wanted = random.dirichlet(np.full(categories, 1 / categories), count)
    np.testing.assert_allclose(shares.sum(1), 1, atol=1e-5)
    np.testing.assert_allclose(shares.mean(0), 0.2, atol=0.01)
    np.testing.assert_allclose(np.cov(shares.T), np.cov(wanted.T), atol=0.004)
    deciles = np.linspace(0, 1, 11)
    np.testing.assert_allclose(
        np.quantile(shares[:, 0], deciles), np.quantile(wanted[:, 0], deciles), atol=0.03
    )


def test_edges_of_uniform_numbers_make_mixtures_too() -> None:
    ends = np.array([[0.0], [np.nextafter(np.float32(1), np.float32(0))]], np.float32)
    numbers = np.repeat(ends, STICKS, 1)
    for shares in (dirichlet(numbers, numbers, 3), dirichlet(numbers, numbers, 1)):
        np.testing.assert_allclose(np.asarray(shares).sum(1), 1, atol=1e-6)


def test_strokes_are_drawn_where_there_are_two_sizes(
    make: Callable[..., Any], stroke_network: StyleNetwork
) -> None:
    assert make().stroke is None
    images = np.repeat(photos(1), 2, 0)
    layer = make(1, 1, ["wave"], network=stroke_network)
    one, other = np.asarray(layer(images))
    assert layer.stroke == (0, 1) and np.abs(one - other).mean() > 0.1


# What it takes and gives


@pytest.mark.parametrize("size", [(16, 16), (17, 16), (33, 50), (64, 31)])
def test_any_size_goes(make: Callable[..., Any], size: tuple[int, int]) -> None:
    images = photos(2, *size)
    painted = np.asarray(make(1, strength=1)(images))
    assert painted.shape == images.shape and painted.min() >= 0 and painted.max() <= 255
    assert changed(images, painted).all()


def test_ranges_of_pixels_differ_in_scale_alone(make: Callable[..., Any]) -> None:
    images = photos()
    bytes_, floats = make(0.5)(images), make(0.5)(images.astype(np.float32))
    np.testing.assert_array_equal(bytes_, floats)
    units = make(0.5, value_range=(0, 1))(images / np.float32(255))
    np.testing.assert_allclose(units, floats / 255, atol=1e-5)
    signed = make(0.5, value_range=(-1, 1))(images / np.float32(127.5) - 1)
    np.testing.assert_allclose(signed, floats / 127.5 - 1, atol=2e-5)


def test_what_leaves_the_range_is_painted_clipped_and_else_left(make: Callable[..., Any]) -> None:
    images = photos().astype(np.float32) * 3 - 200
    clipped = np.clip(images, 0, 255)
    np.testing.assert_array_equal(make(1, strength=1)(images), make(1, strength=1)(clipped))
    assert not changed(images, make(0)(images)).any()


def test_single_pictures_and_dicts_go(make: Callable[..., Any]) -> None:
    images = photos()
    alone = make(1, strength=1)(images[0])
    assert alone.shape == images[0].shape
    np.testing.assert_allclose(alone, make(1, strength=1)(images[:1])[0], atol=1e-3)
    labels = np.arange(6)
    batch = make(0.5)({"images": images, "labels": labels})
    np.testing.assert_array_equal(batch["images"], make(0.5)(images))
    np.testing.assert_array_equal(batch["labels"], labels)


def test_without_training_nothing_changes(make: Callable[..., Any]) -> None:
    images = photos()
    answer = make(1, strength=1)(images, training=False)
    assert answer.dtype == "float32"
    np.testing.assert_array_equal(answer, images)


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float16", "uint8"])
def test_it_gives_its_own_dtype(make: Callable[..., Any], dtype: str) -> None:
    images = photos()
    layer = make(0.5, strength=(0.5, 1), dtype=dtype)
    painted = np.asarray(tf.cast(layer(images), "float32"))
    assert layer(images, training=False).dtype == layer.compute_dtype
    expected = np.asarray(make(0.5, strength=(0.5, 1))(images))
    np.testing.assert_allclose(painted, expected, atol={"mixed_bfloat16": 1.1}.get(dtype, 0.6))
    untouched = ~changed(images, expected)
    half = np.asarray(tf.cast(tf.cast(images, layer.compute_dtype), "float32"))
    np.testing.assert_array_equal(painted[untouched], half[untouched])
    assert untouched.any() and not untouched.all()


def test_the_network_paints_in_its_own_precision(
    make: Callable[..., Any], small_network: StyleNetwork
) -> None:
    half = small_network.with_styles(small_network.styles, "mixed_float16")
    layer, images = make(1, strength=(0.5, 1), network=half), photos()
    assert layer.get_config()["network"]["dtype"] == layer.network.parts.dtype == "mixed_float16"
    painted = layer(images)
    assert painted.dtype == "float32"
    np.testing.assert_allclose(painted, make(1, strength=(0.5, 1))(images), atol=4)


def test_a_policy_of_half_precision_goes(make: Callable[..., Any]) -> None:
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = keras.Sequential([keras.Input((24, 37, 3)), make(1, strength=(0.5, 1))])
        half = model(photos(), training=True)
    finally:
        keras.config.set_dtype_policy(policy)
    assert half.dtype == "float16"
    np.testing.assert_allclose(half, make(1, strength=(0.5, 1))(photos()), atol=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"probability": 1.5}, "probability is 1.5; use a number from 0 to 1$"),
        ({"probability": (0, 1)}, r"probability is \(0, 1\); use"),
        ({"strength": (0.8, 0.2)}, r"strength is \(0.8, 0.2\); use a number .*\(low, high\)"),
        ({"strength": float("nan")}, "strength is nan; use"),
        ({"strength": "half"}, "strength is 'half'; use"),
        ({"stroke": 0.5}, "stroke is 0.5, but this network has one size of strokes a style"),
        ({"styles": ["wav"]}, "style 'wav' is unknown; use wave, night"),
        ({"styles": "wave"}, "styles is 'wave'; give a list of names"),
        ({"styles": []}, "give one or more names"),
        ({"value_range": (1, 0)}, r"value_range is \(1, 0\); use a low"),
        ({"value_range": 255}, "value_range is 255; use"),
        ({"seed": 0.5}, "seed is 0.5; give a whole number"),
        ({"network": 3}, "network is 3; give 'gallery', a file"),
        ({"network": "galery"}, "model 'galery' is not there; use gallery"),
    ],
)
def test_arguments_are_checked(
    make: Callable[..., Any], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make(**options)


def test_a_stroke_is_checked(stroke_network: StyleNetwork) -> None:
    with pytest.raises(ValueError, match=r"stroke is \(0, 0.5, 1\); use a number from 0 to 1, or"):
        RandomStyle(stroke=(0, 0.5, 1), network=stroke_network)


@pytest.mark.parametrize("shape", [(2, 24, 24, 1), (24, 24), (24, 24, 4), (1, 0, 24, 3)])
def test_pictures_that_are_not_rgb_are_refused(
    make: Callable[..., Any], shape: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="images are of shape"):
        make()(np.zeros(shape, np.float32))


def test_a_model_of_other_pictures_is_refused_as_it_is_built(make: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match=r"images are of shape \(None, 32, 32, 1\)"):
        keras.Sequential([keras.Input((32, 32, 1)), make()])
    with pytest.raises(ValueError, match="inputs hold image, labels; give pictures as 'images'"):
        make()({"image": photos(), "labels": np.zeros(6)})


# Where it runs


def test_it_maps_a_dataset_before_and_after_batches(make: Callable[..., Any]) -> None:
    images = photos(12)
    source = tf.data.Dataset.from_tensor_slices(images)
    single = source.map(make(0.5, strength=(0.5, 1))).batch(12)
    layer = make(0.5, strength=(0.5, 1))
    batched = source.batch(4).map(layer, num_parallel_calls=1).unbatch().batch(12)
    for answers in (single, batched):
        assert answers.element_spec.dtype == "float32"
        epochs = [next(iter(answers)).numpy() for _ in range(2)]
        for epoch in epochs:
            assert 1 < changed(images, epoch).sum() < 11
        assert changed(epochs[0], epochs[1]).any()
    still = next(iter(source.batch(12).map(lambda x: layer(x, training=False))))
    assert still.dtype == "float32" and not changed(images, still).any()


def test_unknown_sizes_go(make: Callable[..., Any]) -> None:
    layer = make(0.5, strength=(0.5, 1))
    graph = tf.function(layer, input_signature=[tf.TensorSpec((None, None, None, 3), "uint8")])
    for size in ((24, 37), (16, 51)):
        images = photos(8, *size)
        painted = graph(images)
        assert painted.shape == images.shape and 0 < changed(images, painted).sum() < 8
    open_size = tf.function(layer, input_signature=[tf.TensorSpec((None, None, 3), "float32")])
    assert open_size(photos()[0].astype(np.float32)).shape == (24, 37, 3)
    assert layer(keras.Input((None, None, 3), dtype="uint8")).shape == (None, None, None, 3)


def test_no_other_pictures_pass_through_the_network(
    make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    images, counts = photos(24), []
    layer = make(0.3, strength=(0.5, 1))
    paint = layer._painted

    def watched(pictures: Any, *drawn: Any) -> Any:
        counts.append(len(pictures))
        return paint(pictures, *drawn)

    monkeypatch.setattr(layer, "_painted", watched)
    answer = layer(images)
    assert counts == [changed(images, answer).sum()] and counts[0] < 24
    monkeypatch.setattr(layer, "probability", 0.0)
    layer(images)
    assert len(counts) == 1


def test_xla_paints_the_same(make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    images, layer = photos(), make(0.5, strength=(0.5, 1))
    # XLA has random numbers of its own.
    drawn = [np.asarray(tensor) for tensor in layer.draw(6)]
    assert 0 < drawn[0].sum() < 6
    monkeypatch.setattr(layer, "draw", lambda count: [tf.constant(array) for array in drawn])
    painted = tf.function(layer, jit_compile=True)(images)
    np.testing.assert_allclose(painted, layer(images), atol=0.05)
    np.testing.assert_array_equal(changed(images, painted), drawn[0])


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "xla"])
def test_a_model_learns_behind_it(make: Callable[..., Any], jit: bool) -> None:
    layer = make(0.5)
    before = [weight.numpy() for weight in layer.network.weights]
    parts = [layer, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((24, 37, 3), dtype="uint8"), *parts])
    model.trainable = False
    model.trainable = True  # as to train on what was frozen
    assert len(model.trainable_variables) == 2 and not layer.trainable_weights
    model.compile("sgd", "mse", jit_compile=jit)
    kernel = parts[2].kernel.numpy()
    model.fit(photos(), np.zeros((6, 1)), batch_size=3, epochs=1, shuffle=False, verbose=0)
    assert (parts[2].kernel.numpy() != kernel).any()
    for weight, value in zip(layer.network.weights, before, strict=True):
        np.testing.assert_array_equal(weight, value)
    np.testing.assert_array_equal(*(model.predict(photos(), verbose=0) for _ in range(2)))


# What it is


def test_the_network_it_was_given_stays_as_it_was(small_network: StyleNetwork) -> None:
    layer = RandomStyle(1, 1, network=small_network)
    assert small_network.trainable and small_network.trainable_weights
    mine, theirs = layer.network.weights, small_network.weights
    assert all(one is not other for one, other in zip(mine, theirs, strict=True))


def test_it_is_saved_and_loaded(make: Callable[..., Any], tmp_path: Path) -> None:
    images = photos()
    layer = make(0.7, (0.3, 0.9), ["night"], seed=7, value_range=(0, 255))
    model = keras.Sequential([keras.Input((None, None, 3), dtype="uint8"), layer])
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again(images, training=True), layer(images), atol=1e-3)
    assert again.layers[-1].get_config() == layer.get_config()
    assert again.layers[-1].styles == ("night",) and not again.trainable_weights


def test_a_copy_goes_its_own_way(make: Callable[..., Any]) -> None:
    images = photos()
    layer = make(0.7)
    np.testing.assert_array_equal(copy.deepcopy(layer)(images), layer(images))


def test_the_gallery_ships_in_it() -> None:
    layer = RandomStyle(1, 1, styles=["scream", "udnie"], seed=1)
    config = layer.get_config()
    assert config["network"] == "gallery" and config["styles"] == ["scream", "udnie"]
    again = RandomStyle.from_config(config)
    for mine, theirs in zip(layer.network.weights, again.network.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    images = photos(1, 16, 16)
    assert changed(images, layer(images)).all()


def test_a_file_of_a_network_goes(small_network: StyleNetwork, tmp_path: Path) -> None:
    small_network.save(tmp_path / "my.keras")
    layer = RandomStyle(1, 1, network=tmp_path / "my.keras")
    assert layer.styles == ("wave", "night")
    assert isinstance(layer.get_config()["network"], dict)  # which is no path of a machine
