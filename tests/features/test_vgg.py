"""Tests of tfnst.features.vgg against keras.applications.VGG19, on random weights."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.features.conftest import LITE, lite_arrays, picture, write_official
from tfnst.features import vgg, vgg_architecture
from tfnst.features.vgg import FeatureExtractor


@pytest.fixture(scope="module")
def lite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("weights") / "lite.npz"
    np.savez(file, **lite_arrays())
    return file


def relative_difference(one: Any, other: Any) -> float:
    one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
    return float(np.linalg.norm(one - other) / np.linalg.norm(other))


# The network.


def test_the_convolutions_are_those_of_keras_applications(reference: keras.Model) -> None:
    assert list(vgg_architecture.VGG19_LAYERS) == list(reference.output)
    assert len(vgg_architecture.VGG19_LAYERS) == 16
    assert vgg_architecture.ARCHITECTURES["vgg19"].widths == tuple(
        reference.output[f"block{block}_conv1"].shape[-1] for block in range(1, 6)
    )


@pytest.mark.parametrize("layer", ["block1_conv1", "block3_conv2", "block5_conv1"])
def test_layers_see_as_far_beyond_their_position_as_they_say(layer: str) -> None:
    extractor = FeatureExtractor("vgg19-lite", [layer], pooling="average", weights=None)
    for weight in extractor.weights:
        weight.assign(abs(weight))  # so that all they see counts
    image = tf.ones((1, 192, 16, 3))
    stride, reach = vgg_architecture.pooled(layer), vgg_architecture.reach([layer])
    middle = 96 // stride
    with tf.GradientTape() as tape:
        tape.watch(image)
        value = tf.reduce_sum(extractor(image)[layer][:, middle])
    rows = np.flatnonzero(np.abs(tape.gradient(value, image)).sum((0, 2, 3)))
    assert (rows[0], rows[-1]) == (96 - reach, 95 + stride + reach)


@pytest.mark.parametrize("size", [(32, 32), (45, 35)])
def test_every_layer_is_that_of_keras_applications(
    reference: keras.Model, official: Path, size: tuple[int, int]
) -> None:
    image = picture(*size, batch=2)
    extractor = FeatureExtractor("vgg19", vgg_architecture.VGG19_LAYERS, weights=official)
    expected = reference(keras.applications.vgg19.preprocess_input(image * 255.0))
    activations = extractor(image)
    assert list(activations) == list(vgg_architecture.VGG19_LAYERS)
    for name in vgg_architecture.VGG19_LAYERS:
        assert activations[name].shape == expected[name].shape
        assert relative_difference(activations[name], expected[name]) < 1e-4


def test_weights_may_lie_under_model_weights(reference: keras.Model, tmp_path: Path) -> None:
    """As in a whole model that Keras saved."""
    file = write_official(tmp_path / "nested.h5", reference, root="model_weights")
    extractor = FeatureExtractor("vgg19", ["block2_conv2"], weights=str(file))
    for name in ("block1_conv1", "block2_conv2"):
        values = extractor.get_layer(name).get_weights()
        for value, expected in zip(values, reference.get_layer(name).get_weights(), strict=True):
            np.testing.assert_array_equal(value, expected)


def convolved(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """A convolution with a border of zeros, and a ReLU, tap by tap."""
    x = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    height, width = x.shape[1] - 2, x.shape[2] - 2
    taps = [(i, j) for i in range(3) for j in range(3)]
    return np.maximum(
        sum(x[:, i : i + height, j : j + width] @ kernel[i, j] for i, j in taps) + bias, 0
    )


@pytest.mark.parametrize("pooling", ["max", "average"])
def test_vgg19_lite_is_a_sum_of_taps_in_numpy(lite_file: Path, pooling: str) -> None:
    """Preprocessing, its scale of 1/64 and the pooling included; an odd size loses its edge."""
    image = picture(18, 23)
    extractor = FeatureExtractor("vgg19-lite", ["block2_conv1"], pooling, lite_file)
    arrays = {name: array.astype(np.float64) for name, array in lite_arrays().items()}
    x = (image[..., ::-1].astype(np.float64) * 255 - [103.939, 116.779, 123.68]) / 64
    for name in ("block1_conv1", "block1_conv2"):
        x = convolved(x, arrays[f"{name}/kernel"], arrays[f"{name}/bias"])
    windows = x[:, :18, :22].reshape(1, 9, 2, 11, 2, -1)
    x = windows.max((2, 4)) if pooling == "max" else windows.mean((2, 4))
    x = convolved(x, arrays["block2_conv1/kernel"], arrays["block2_conv1/bias"])
    np.testing.assert_allclose(extractor(image)["block2_conv1"], x, rtol=1e-4, atol=1e-4)


def test_the_model_ends_at_the_deepest_layer_asked_for() -> None:
    extractor = FeatureExtractor("vgg19-lite", ["block3_conv2", "block1_conv2"], weights=None)
    convolutions = [layer.name for layer in extractor.layers if layer.weights]
    assert convolutions == list(vgg_architecture.VGG19_LAYERS[:6])
    pools = [layer.name for layer in extractor.layers if layer.name.endswith("_pool")]
    assert pools == ["block1_pool", "block2_pool"]
    assert isinstance(extractor, keras.Model)


@pytest.mark.parametrize(
    ("layers", "in_order"),
    [
        (["block3_conv1", "block1_conv2", "block3_conv1"], ["block1_conv2", "block3_conv1"]),
        (("block1_conv1",), ["block1_conv1"]),
        ("block2_conv2", ["block2_conv2"]),
    ],
)
def test_the_answer_is_a_dict_of_the_layers_asked_for(layers: Any, in_order: list[str]) -> None:
    extractor = FeatureExtractor("vgg19-lite", layers, weights=None)
    activations = extractor(picture())
    assert isinstance(activations, dict)
    assert list(activations) == list(extractor.layer_names) == in_order


def test_nothing_of_it_is_trainable() -> None:
    extractor = FeatureExtractor("vgg19-lite", ["block2_conv1"], weights=None)
    assert extractor.trainable_variables == []
    assert len(extractor.non_trainable_variables) == 6


@pytest.mark.parametrize(("height", "width"), [(16, 16), (17, 31), (64, 19), (33, 50)])
def test_it_takes_any_size_from_16_up(height: int, width: int) -> None:
    names = [f"block{block}_conv1" for block in range(1, 6)]
    activations = FeatureExtractor("vgg19-lite", names)(picture(height, width, batch=2))
    for k, name in enumerate(names):
        assert activations[name].shape == (2, height >> k, width >> k, LITE.widths[k])
        assert np.min(activations[name]) == 0
        assert np.isfinite(activations[name]).all()


def test_mixed_bfloat16_computes_almost_the_same_in_bfloat16() -> None:
    image, names = picture(), ["block1_conv2", "block3_conv1", "block5_conv1"]
    plain = FeatureExtractor("vgg19-lite", names)(image)
    half = FeatureExtractor("vgg19-lite", names, dtype="mixed_bfloat16")
    assert {str(weight.dtype) for weight in half.weights} == {"float32"}
    for name, activation in half(image).items():
        assert keras.backend.standardize_dtype(activation.dtype) == "bfloat16"
        assert 0 < relative_difference(keras.ops.cast(activation, "float32"), plain[name]) < 0.05


def test_random_weights_differ_from_model_to_model() -> None:
    one, other = (FeatureExtractor("vgg19-lite", ["block1_conv1"], weights=None) for _ in "ab")
    assert relative_difference(one.get_weights()[0], other.get_weights()[0]) > 0.5


@pytest.mark.parametrize("arguments", [("vgg16", ["block1_conv1"]), ("", ["block1_conv1"])])
def test_an_unknown_network_is_named(arguments: tuple[str, list[str]]) -> None:
    with pytest.raises(ValueError, match=rf"network '{arguments[0]}' is unknown.*vgg19-lite"):
        FeatureExtractor(*arguments, weights=None)


@pytest.mark.parametrize("network", ["vgg19", "vgg19-lite"])
@pytest.mark.parametrize("layer", ["block1_conv3", "block4_pool", "conv1", ""])
def test_an_unknown_layer_is_named(network: str, layer: str) -> None:
    message = f"layer '{layer}' is not in {network}; it has block1_conv1, .*block5_conv1"
    with pytest.raises(ValueError, match=message):
        FeatureExtractor(network, ["block1_conv1", layer], weights=None)


def test_a_layer_that_only_the_large_network_has_is_named() -> None:
    assert vgg.check_layers("block5_conv4", vgg_architecture.VGG19_LAYERS, "vgg19")
    with pytest.raises(ValueError, match="layer 'block5_conv2' is not in vgg19-lite"):
        FeatureExtractor("vgg19-lite", ["block5_conv2"], weights=None)


def test_no_layers_at_all_are_refused() -> None:
    with pytest.raises(ValueError, match="layers is empty; vgg19-lite has block1_conv1"):
        FeatureExtractor("vgg19-lite", [], weights=None)


@pytest.mark.parametrize("size", [(32, 48), (64, 16)])
def test_wrapped_a_turned_picture_has_turned_activations(size: tuple[int, int]) -> None:
    """At every place: nothing knows of borders, where sides are multiples of 16."""
    layers = ["block1_conv1", "block3_conv2", "block5_conv1"]
    extractor = FeatureExtractor("vgg19-lite", layers, padding="wrap")
    still, turned = (
        extractor(np.roll(picture(*size), shift, (1, 2))) for shift in ((0, 0), (16, 32))
    )
    for name, layer in still.items():
        pixels = size[0] // layer.shape[1]
        expected = np.roll(layer, (16 // pixels, 32 // pixels), (1, 2))
        np.testing.assert_allclose(turned[name], expected, rtol=1e-4, atol=1e-4)
    inside = FeatureExtractor("vgg19-lite", layers[0])(picture(*size))[layers[0]]
    np.testing.assert_allclose(still[layers[0]][:, 1:-1, 1:-1], inside[:, 1:-1, 1:-1], atol=1e-5)


def test_wrapped_each_copy_of_a_tiling_has_the_same_activations() -> None:
    extractor = FeatureExtractor("vgg19-lite", ["block2_conv1"], padding="wrap")
    once = extractor(picture(16, 32))["block2_conv1"]
    tiled = extractor(np.tile(picture(16, 32), (1, 2, 2, 1)))["block2_conv1"]
    np.testing.assert_allclose(tiled, np.tile(once, (1, 2, 2, 1)), rtol=1e-4, atol=1e-5)


def test_an_unknown_padding_is_named() -> None:
    with pytest.raises(ValueError, match="padding 'same' is unknown; use 'zero', 'reflect'"):
        FeatureExtractor("vgg19-lite", ["block1_conv1"], padding="same", weights=None)


def test_an_unknown_pooling_is_named() -> None:
    with pytest.raises(ValueError, match="pooling 'min' is unknown; use 'max' or 'average'"):
        FeatureExtractor("vgg19-lite", ["block1_conv1"], "min", None)


@pytest.mark.parametrize(
    ("inputs", "value"),
    [
        (picture(24, 32)[0], r"of shape \(24, 32, 3\)"),
        (np.zeros((1, 24, 32, 4), np.float32), r"of shape \(1, 24, 32, 4\)"),
        (keras.KerasTensor((24, 32, 3)), r"of shape \(24, 32, 3\)"),
        (None, "NoneType"),
        ("photo.jpg", "str"),
        ([picture(24, 32), picture(24, 32)], "list"),
    ],
)
def test_what_is_no_batch_of_photos_is_refused_in_a_line(inputs: Any, value: str) -> None:
    extractor = FeatureExtractor("vgg19-lite", ["block1_conv1"], weights=None)
    message = rf"^inputs is {value}; give \(B, H, W, 3\), as in photo\[None\]$"
    with pytest.raises(ValueError, match=message):
        extractor(inputs)


def test_batches_pass_however_they_are_given() -> None:
    extractor = FeatureExtractor("vgg19-lite", ["block1_conv1"], weights=None)
    batch = picture(24, 32, batch=2)
    expected = keras.ops.convert_to_numpy(extractor(batch)["block1_conv1"])
    for activations in (
        extractor(inputs=batch, training=False),
        extractor.predict(batch, verbose=0),
        tf.function(extractor, jit_compile=True)(tf.constant(batch)),
    ):
        answer = keras.ops.convert_to_numpy(activations["block1_conv1"])
        np.testing.assert_allclose(answer, expected, rtol=1e-4, atol=1e-5)


# Keras: what is made can be saved, loaded, copied


def same(model: keras.Model, other: keras.Model) -> None:
    photo = np.random.default_rng(5).random((1, 32, 40, 3), np.float32)
    ours, theirs = model(photo), other(photo)
    assert list(ours) == list(theirs)
    for name, activation in ours.items():
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(keras.ops.cast(theirs[name], "float32")),
            keras.ops.convert_to_numpy(keras.ops.cast(activation, "float32")),
        )


@pytest.mark.parametrize("dtype", [None, "mixed_bfloat16"])
def test_it_is_saved_loaded_pickled_and_copied(dtype: str | None, tmp_path: Path) -> None:
    made = FeatureExtractor(
        "vgg19-lite", ["block2_conv1", "block1_conv2"], "average", dtype=dtype, name="eye"
    )
    made.save(tmp_path / "eye.keras")
    loaded = keras.models.load_model(tmp_path / "eye.keras")
    for other in (loaded, copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert isinstance(other, FeatureExtractor)
        assert other.get_config() == made.get_config()
        assert not other.trainable_weights
        same(made, other)


def test_it_is_cloned_and_keeps_its_policy_under_another() -> None:
    made = FeatureExtractor("vgg19-lite", ["block1_conv1"])
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        clone = keras.models.clone_model(made)
    finally:
        keras.config.set_dtype_policy("float32")
    clone.set_weights(made.get_weights())
    assert clone.get_layer("block1_conv1").compute_dtype == "float32"
    same(made, clone)


def test_a_larger_model_that_holds_two_is_saved_and_loaded(tmp_path: Path) -> None:
    image = keras.Input((None, None, 3))
    outputs = {}
    for name, pooling in (("sharp", "max"), ("soft", "average")):
        eye = FeatureExtractor("vgg19-lite", ["block2_conv1"], pooling, name=name)
        outputs[name] = eye(image)["block2_conv1"]
    larger = keras.Model(image, outputs)
    larger.save(tmp_path / "larger.keras")
    same(larger, keras.models.load_model(tmp_path / "larger.keras"))
    same(larger, copy.deepcopy(larger))


def test_an_unknown_network_is_told_the_names() -> None:
    with pytest.raises(ValueError, match=r"foo. is unknown; use one of vgg19, vgg19-lite$"):
        vgg.FeatureExtractor("foo", ["block1_conv1"])
