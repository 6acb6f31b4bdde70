"""Tests of tfnst.networks.style_network."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

import tfnst
from tfnst import images
from tfnst.networks import style_network
from tfnst.networks.settings import NetworkSettings
from tfnst.networks.style_network import StyleNetwork

SMALL = NetworkSettings(widths=(0, 8, 12), blocks=2)
STROKES = NetworkSettings((0, 4, 6, 8, 8), 1, "light", 4, refinements=(1, 1), strokes=2)
every_shape = pytest.mark.parametrize(
    "settings",
    [SMALL, NetworkSettings((4, 6, 8), 1, "residual", head="convolution"), STROKES],
    ids=["small", "johnson", "strokes"],
)


def network(settings: NetworkSettings = SMALL, seed: int = 1) -> StyleNetwork:
    """With rows that differ, as training makes them."""
    keras.utils.set_random_seed(seed)
    made = StyleNetwork(["wave", "night"], settings)
    random = np.random.default_rng(seed)
    for weight in made.weights:
        if weight.name in ("gamma", "beta"):
            weight.assign(weight + random.normal(0, 0.3, weight.shape))
    return made


def photo(height: int = 40, width: int = 52, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width, 3), np.float32)


@every_shape
def test_a_mixture_is_given_for_the_picture_or_for_each_place(settings: NetworkSettings) -> None:
    made, image = network(settings), photo(48, 64)[None]
    stroke = {"stroke": np.array([[0.3]], np.float32)} if settings.strokes > 1 else {}
    weights = made.weights_for({"wave": 1, "night": 3}, 0.8)
    np.testing.assert_allclose(weights, [0.2, 0.2, 0.6], atol=1e-6)
    whole = made({"image": image, "style_weights": weights[None], **stroke})["stylized"]
    everywhere = np.broadcast_to(weights, (1, 48, 64, 3))
    mapped = made.mapped()({"image": image, "style_weights": everywhere, **stroke})["stylized"]
    assert whole.shape == image.shape
    np.testing.assert_allclose(mapped, whole, atol=1e-5)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (33, 50), (40, 41), (63, 30)])
def test_any_size_comes_back_as_it_went_in(height: int, width: int) -> None:
    painted = network().stylize(photo(height, width), "wave")
    assert painted.shape == (height, width, 3) and painted.dtype == np.float32
    assert painted.min() >= 0 and painted.max() <= 1


def test_a_network_is_saved_and_read(tmp_path: Path) -> None:
    made = network()
    made.save(tmp_path / "my.keras")
    again = keras.models.load_model(tmp_path / "my.keras")
    assert (again.styles, again.settings) == (made.styles, made.settings)
    np.testing.assert_array_equal(
        again.stylize(photo(), "night", 0.5), made.stylize(photo(), "night", 0.5)
    )


def test_half_precision_agrees() -> None:
    made = network()
    half = StyleNetwork(made.styles, made.settings, dtype="mixed_float16")
    half.set_weights(made.get_weights())
    difference = half.stylize(photo(), "wave") - made.stylize(photo(), "wave")
    assert np.abs(difference).max() < 0.02


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "give one or more names, each once"),
        (["a", "a"], "give one or more names, each once"),
        (["photo"], "style 'photo' cannot have that name"),
        (["a,b"], "no comma, equals sign, slash"),
        (["a=b"], "no comma, equals sign, slash"),
    ],
)
def test_names_of_styles_are_checked(names: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        StyleNetwork(names, SMALL)


def test_litert_runs_it_in_one_xnnpack_partition(tmp_path: Path) -> None:
    """Builtin operations alone, or the conversion fails; and none that XNNPACK leaves to others."""
    made, image = network(), photo(64, 48)[None]
    made.stylize(image[0], "wave")  # what that compiles is not part of the model
    shapes = {"image": image.shape, "style_weights": (1, 3)}
    inputs = {k: keras.InputSpec(shape=v, dtype="float32", name=k) for k, v in shapes.items()}
    made.export(tmp_path / "saved", verbose=False, input_signature=[inputs])
    converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path / "saved"))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    interpreter = Interpreter(model_content=converter.convert())
    weights = made.weights_for({"wave": 1, "night": 1})[None]
    answer = interpreter.get_signature_runner("serving_default")(image=image, style_weights=weights)
    expected = made({"image": image, "style_weights": weights})["stylized"]
    np.testing.assert_allclose(answer["stylized"], expected, atol=1e-4)
    operations = [one["op_name"] for one in interpreter._get_ops_details()]
    assert operations.count("DELEGATE") == 1 and operations[-1] == "DELEGATE"


def test_it_compiles_under_xla() -> None:
    made = network()
    inputs = {
        "image": tf.constant(photo(40, 52)[None]),
        "style_weights": tf.constant(made.weights_for("wave")[None]),
    }
    compiled = tf.function(lambda x: made(x)["stylized"], jit_compile=True)(inputs)
    np.testing.assert_allclose(compiled, made(inputs)["stylized"], atol=1e-4)


# Rows


def test_rows_are_taken_over_by_name_or_as_the_mean() -> None:
    made = network()
    other = made.with_styles(["night", "new"])
    assert other.styles == ("night", "new")
    np.testing.assert_array_equal(
        other.stylize(photo(), "night", 0.6), made.stylize(photo(), "night", 0.6)
    )
    between = made.stylize(photo(), {"wave": 1, "night": 1})
    np.testing.assert_allclose(other.stylize(photo(), "new"), between, atol=1e-5)


def test_nothing_but_rows_can_be_left_to_train() -> None:
    made = network()
    made.freeze_all_but_rows()
    assert {weight.name for weight in made.trainable_weights} == {"gamma", "beta"}


# Strokes


def test_a_stroke_goes_from_the_rows_of_the_finest_to_those_of_the_largest() -> None:
    made = network(STROKES)
    fine, between, middle, large = (
        made.stylize(photo(), "wave", stroke=s) for s in (0.0, 0.25, None, 1.0)
    )
    np.testing.assert_array_equal(middle, made.stylize(photo(), "wave", stroke=0.5))
    assert np.abs(fine - large).mean() > 0.01
    assert np.abs(fine - between).mean() < np.abs(fine - large).mean()
    # With both sizes' rows alike, there is one.
    for weight in made.weights:
        if weight.name in ("gamma", "beta"):
            weight.assign(np.concatenate([weight[:3], weight[1:3]]))
    np.testing.assert_allclose(made.stylize(photo(), "wave", stroke=1.0), fine, atol=1e-5)


def test_strokes_are_of_tiles_and_masks_too(monkeypatch: pytest.MonkeyPatch) -> None:
    made, image = network(STROKES), photo(70, 90)
    everywhere = {"wave": np.ones(image.shape[:2], np.float32)}
    expected = made.stylize(image, "wave", 0.8, stroke=0.9)
    painted = made.stylize(image, "wave", 0.8, everywhere, stroke=0.9)
    np.testing.assert_allclose(painted, expected, atol=1e-5)
    monkeypatch.setattr(style_network.sizes, "ONE_PASS", 1)
    for masks in (None, everywhere):
        tiled = made.stylize(image, "wave", 0.8, masks, stroke=0.9)
        np.testing.assert_allclose(tiled, expected, atol=1e-4)


def test_rows_of_both_sizes_are_taken_over() -> None:
    made = network(STROKES)
    other = made.with_styles(["night", "new"])
    for stroke in (0.0, 0.7, 1.0):
        np.testing.assert_allclose(
            other.stylize(photo(), "night", stroke=stroke),
            made.stylize(photo(), "night", stroke=stroke),
            atol=1e-6,
        )
        between = made.stylize(photo(), {"wave": 1, "night": 1}, stroke=stroke)
        np.testing.assert_allclose(other.stylize(photo(), "new", stroke=stroke), between, atol=1e-5)


def test_a_network_of_one_size_of_strokes_takes_none() -> None:
    with pytest.raises(ValueError, match=r"stroke is 0.5, but this network has one size"):
        network().stylize(photo(), "wave", stroke=0.5)


# Strength and masks


def test_at_strength_nothing_it_is_the_photo() -> None:
    np.testing.assert_allclose(network().stylize(photo(), "wave", 0.0), photo(), atol=1e-6)


def test_masks_say_where() -> None:
    made, image = network(), photo(40, 60)
    left = np.zeros((40, 60), np.float32)
    left[:, :30] = 1
    everywhere = np.ones((40, 60), np.float32)
    whole = made.stylize(image, "wave", 0.7, {"wave": everywhere})
    np.testing.assert_allclose(whole, made.stylize(image, "wave", 0.7), atol=1e-5)
    half = made.stylize(image, "wave", 1.0, {"wave": left})
    np.testing.assert_allclose(half[:, 30:], image[:, 30:], atol=1e-6)
    assert np.abs(half[:, :26] - image[:, :26]).mean() > 0.05
    both = {"wave": 2 * left / 2, "night": everywhere}
    mixed = made.stylize(image, {"wave": 1, "night": 1}, 1.0, both)
    assert mixed.shape == image.shape and np.isfinite(mixed).all()


@every_shape
def test_masks_are_a_map_of_weights(settings: NetworkSettings) -> None:
    """With mixtures of rows in place of all rows at each position."""
    made, image = network(settings), photo(40, 60)
    random = np.random.default_rng(0)
    masks = {name: random.random((40, 60), np.float32) / 2 for name in ("wave", "night")}
    painted = made.stylize(image, dict.fromkeys(masks, 1.0), 0.8, masks)
    weights = np.stack([0 * masks["wave"], *(0.8 * mask for mask in masks.values())], -1)
    weights[..., 0] = 1 - weights.sum(-1)
    arrays = {"image": image, "style_weights": weights}
    arrays = {k: images.padded(v, settings.scale, settings.halo)[None] for k, v in arrays.items()}
    stroke = {"stroke": np.full((1, 1), 0.5, "f")} if settings.strokes > 1 else {}
    whole = np.asarray(made.mapped()({**arrays, **stroke})["stylized"])[0]
    np.testing.assert_allclose(
        painted, whole[settings.halo :, settings.halo :][:40, :60], atol=1e-5
    )


@pytest.mark.parametrize(
    ("styles", "masks", "message"),
    [
        ("wave", {"night": np.ones((40, 52))}, "give one for each of wave"),
        ("wave", {"wave": np.ones((4, 52))}, "has shape"),
        ("wave", {"wave": np.full((40, 52), 2.0)}, "leaves"),
        ("wave", {"wave": np.full((40, 52), np.nan)}, "leaves"),
        ({"wave": 1, "night": 2}, {k: np.ones((40, 52)) for k in ("wave", "night")}, "equal"),
    ],
)
def test_masks_that_do_not_fit_are_told(styles: object, masks: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        network().stylize(photo(), styles, 1.0, masks)  # type: ignore[arg-type]


# Files


def test_an_npz_holds_it_in_half_precision(tmp_path: Path) -> None:
    made = network()
    style_network.write(made, tmp_path / "a.npz")
    again = style_network.read(tmp_path / "a.npz")
    assert again.styles == made.styles
    difference = again.stylize(photo(), "night") - made.stylize(photo(), "night")
    assert np.abs(difference).max() < 5e-3


def test_a_model_is_a_preset_or_a_file_of_ours(tmp_path: Path) -> None:
    made = network()
    made.save(tmp_path / "my.keras")
    assert style_network.load_network(tmp_path / "my.keras").styles == made.styles
    (tmp_path / "damaged.keras").write_bytes((tmp_path / "my.keras").read_bytes()[:500])
    keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)]).save(
        tmp_path / "dense.keras"
    )
    for name, message in (
        ("nothing", "'nothing' is not there; use gallery or a file of"),
        (str(tmp_path / "none.keras"), "is not there"),
        (__file__, "is no .keras file; use gallery"),
        (str(tmp_path / "damaged.keras"), "cannot be read"),
        (str(tmp_path / "dense.keras"), "is another network"),
    ):
        with pytest.raises(ValueError, match=message):
            style_network.load_network(name)
    with pytest.raises(ValueError, match="preset 'galery' is unknown; use gallery"):
        StyleNetwork.from_preset("galery")


def outputs(model: keras.Model) -> np.ndarray:
    weights = np.array([[0.2, 0.5, 0.3]], np.float32)
    stroke = {"stroke": np.array([[0.3]], np.float32)} if "stroke" in model.input else {}
    answer = model({"image": photo(48, 64)[None], "style_weights": weights, **stroke})
    return np.asarray(answer["stylized"], np.float32)


@every_shape
@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_it_is_saved_loaded_pickled_and_copied(
    settings: NetworkSettings, dtype: str, tmp_path: Path
) -> None:
    made = network(settings).with_styles(["wave", "night"], dtype)
    made.save(tmp_path / "my.keras")
    loaded = tfnst.load_network(tmp_path / "my.keras")
    for other in (loaded, copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert isinstance(other, StyleNetwork)
        assert other.get_config() == made.get_config()
        assert [layer.dtype_policy.name for layer in other.layers if layer.weights] == [
            layer.dtype_policy.name for layer in made.layers if layer.weights
        ]
        np.testing.assert_array_equal(outputs(other), outputs(made))


def test_a_network_keeps_its_dtype_under_another_policy(tmp_path: Path) -> None:
    made = network()
    made.save(tmp_path / "my.keras")
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        loaded = tfnst.load_network(tmp_path / "my.keras")
    finally:
        keras.config.set_dtype_policy("float32")
    assert loaded.get_layer("half").compute_dtype == "float32"


def test_a_configuration_without_a_dtype_is_read() -> None:
    config = network().get_config()
    del config["dtype"]
    assert StyleNetwork.from_config(config).get_config()["dtype"] == "float32"


@every_shape
def test_its_twin_and_a_larger_model_are_saved_and_loaded(
    settings: NetworkSettings, tmp_path: Path
) -> None:
    made = network(settings)
    inputs = {
        name: keras.Input(x.shape[1:], name=name, dtype=x.dtype) for name, x in made.input.items()
    }
    larger = keras.Model(inputs, {"stylized": 1 - made(inputs)["stylized"]})
    larger.save(tmp_path / "larger.keras")
    again = keras.models.load_model(tmp_path / "larger.keras")
    np.testing.assert_array_equal(outputs(again), outputs(larger))
    made.mapped().save(tmp_path / "twin.keras")
    arrays = {
        "image": photo(48, 64)[None],
        "style_weights": np.full((1, 48, 64, 3), 1 / 3, np.float32),
        "stroke": np.array([[0.3]], np.float32),
    }
    arrays = {name: arrays[name] for name in inputs}
    twin = keras.models.load_model(tmp_path / "twin.keras")
    np.testing.assert_array_equal(twin(arrays)["stylized"], made.mapped()(arrays)["stylized"])


def test_every_layer_can_be_made_again_from_its_configuration() -> None:
    for layer in network().layers:
        text = keras.saving.serialize_keras_object(layer)
        assert keras.saving.deserialize_keras_object(text).get_config() == layer.get_config()


def test_a_fresh_process_loads_a_network(tmp_path: Path) -> None:
    network().save(tmp_path / "my.keras")
    code = "import sys, tfnst; print(*tfnst.load_network(sys.argv[1]).styles)"
    command = [sys.executable, "-c", code, str(tmp_path / "my.keras")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout.split() == ["wave", "night"], done.stderr
