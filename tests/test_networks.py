"""Tests of tfnst.networks."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from tfnst.networks import CONFIGURATIONS, HALO, NetworkSettings, StyleNetwork, padded

SMALL = NetworkSettings(widths=(0, 8, 12), blocks=2)
every_shape = pytest.mark.parametrize(
    "settings",
    [SMALL, NetworkSettings((4, 6, 8), 1, "residual", head="convolution")],
    ids=["gallery", "johnson"],
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
    made, image = network(settings), photo(40, 52)[None]
    weights = made.weights_for({"wave": 1, "night": 3}, 0.8)
    np.testing.assert_allclose(weights, [0.2, 0.2, 0.6], atol=1e-6)
    whole = made({"image": image, "style_weights": weights[None]})["stylized"]
    everywhere = np.broadcast_to(weights, (1, 40, 52, 3))
    mapped = made.mapped()({"image": image, "style_weights": everywhere})["stylized"]
    assert whole.shape == image.shape
    np.testing.assert_allclose(mapped, whole, atol=1e-5)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (33, 50), (40, 41), (63, 30)])
def test_any_size_comes_back_as_it_went_in(height: int, width: int) -> None:
    painted = network().stylize(photo(height, width), "wave")
    assert painted.shape == (height, width, 3) and painted.dtype == np.float32
    assert painted.min() >= 0 and painted.max() <= 1


def test_the_halo_reflects() -> None:
    image = photo(9, 10)
    seen = padded(image)
    assert seen.shape == (9 + 2 * HALO + 3, 10 + 2 * HALO + 2, 3)
    np.testing.assert_array_equal(seen[HALO:-HALO, HALO:-HALO][:9, :10], image)
    np.testing.assert_array_equal(seen[HALO - 1, HALO : HALO + 10], image[0])


def test_a_network_is_saved_and_read(tmp_path: Path) -> None:
    made = network()
    made.save(tmp_path / "my.keras")
    again = keras.models.load_model(tmp_path / "my.keras")
    assert (again.styles, again.settings) == (made.styles, made.settings)
    np.testing.assert_array_equal(
        again.stylize(photo(), "night", 0.5), made.stylize(photo(), "night", 0.5)
    )


def test_johnsons_network_is_the_papers() -> None:
    """1.68 million parameters with affine instance norms, which here have one row a style more."""
    made = StyleNetwork(["wave"], CONFIGURATIONS["johnson"])
    kernels = sum(int(np.prod(w.shape)) for w in made.weights if w.name == "kernel")
    expected = 9 * 9 * 3 * 32 + 9 * 32 * 64 + 9 * 64 * 128 + 10 * 9 * 128 * 128
    assert kernels == expected + 9 * 128 * 64 + 9 * 64 * 32 + 9 * 9 * 32 * 3


def test_it_begins_without_a_grid() -> None:
    """The four pixels of a block are alike where the photo is flat: same kernels, same biases."""
    painted = network().stylize(np.full((32, 32, 3), 0.4, "f"), "wave")
    blocks = painted.reshape(16, 2, 16, 2, 3).transpose(0, 2, 4, 1, 3).reshape(-1, 4)
    assert np.ptp(blocks, 1).max() < 1e-5


def test_half_precision_agrees() -> None:
    made = network()
    half = StyleNetwork(made.styles, made.settings, dtype="mixed_float16")
    half.set_weights(made.get_weights())
    difference = half.stylize(photo(), "wave") - made.stylize(photo(), "wave")
    assert np.abs(difference).max() < 0.02


@pytest.mark.parametrize(
    ("styles", "strength", "message"),
    [
        ("waves", 1.0, "style 'waves' is unknown; use wave, night"),
        ({"wave": -1}, 1.0, "share of style 'wave' is -1"),
        ({"wave": float("nan")}, 1.0, "share of style 'wave' is nan"),
        ({"wave": 0}, 1.0, "give at least one share above 0"),
        ("wave", 1.5, "strength is 1.5; use a number from 0 to 1"),
    ],
)
def test_what_is_no_mixture_is_told(styles: object, strength: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        network().weights_for(styles, strength)  # type: ignore[arg-type]


@pytest.mark.parametrize("names", [[], ["photo"], ["a", "a"]])
def test_names_of_styles_are_checked(names: list[str]) -> None:
    with pytest.raises(ValueError, match="give one or more names, each once"):
        StyleNetwork(names, SMALL)


@pytest.mark.parametrize(
    "wrong", [{"block": "dense"}, {"head": "tail"}, {"widths": (0, 0, 8)}, {"blocks": -1}]
)
def test_settings_are_checked(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        NetworkSettings(**wrong)  # type: ignore[arg-type]


def test_litert_runs_it_in_one_xnnpack_partition(tmp_path: Path) -> None:
    """Builtin operations alone, or the conversion fails; and none that XNNPACK leaves to others."""
    made, image = network(), photo(64, 48)[None]
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
