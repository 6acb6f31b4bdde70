"""Tests of conversion: what comes out of the files is what the network gives."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema

from tfnst import assets, images
from tfnst.export import conversion, lite
from tfnst.export.bundle import Exported
from tfnst.networks.style_network import StyleNetwork

SIDE = 64


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return images.resize(images.load(assets.photo()).rgb, SIDE, SIDE)


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    return float(-10 * np.log10(np.mean((one - other) ** 2) + 1e-20))


def test_whole_pictures_go_in_and_out(small_network: StyleNetwork, photo: np.ndarray) -> None:
    """With the halo inside, as `stylize` lays it around."""
    model = conversion.deployable(small_network)
    weights = small_network.weights_for({"wave": 1, "night": 2}, 0.7)
    for picture in (photo, photo[:40, :52], photo[:8, :8], photo[:9, :31]):
        answer = model({"image": picture[None], "style_weights": weights[None]})["stylized"][0]
        expected = small_network.stylize(picture, {"wave": 1, "night": 2}, 0.7)
        np.testing.assert_allclose(answer, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("precision", "least"),
    [("float32", 90), ("float16", 60), ("int8-weights", 38), ("int8", 25)],
)
def test_a_tflite_file_answers_as_the_network(
    precision: str,
    least: float,
    exported: tuple[Path, list[Exported]],
    small_network: StyleNetwork,
    photo: np.ndarray,
) -> None:
    model = lite.Model(exported[0] / f"my_{SIDE}_{precision}.tflite")
    assert model.shapes == {"image": (1, SIDE, SIDE, 3), "style_weights": (1, 3)}
    assert list(model.signatures) == [conversion.SERVING]
    assert model.left_over() == []
    for name in small_network.styles:
        weights = small_network.weights_for(name)[None]
        answer = model(image=photo[None], style_weights=weights)["stylized"][0]
        assert psnr(answer, small_network.stylize(photo, name)) >= least


@pytest.mark.parametrize(
    ("precision", "least"), [("float32", 90), ("float16", 60), ("int8-weights", 38)]
)
def test_one_file_takes_any_size_and_batch(
    precision: str,
    least: float,
    exported: tuple[Path, list[Exported]],
    small_network: StyleNetwork,
    photo: np.ndarray,
) -> None:
    model = lite.Model(exported[0] / f"my_dynamic_{precision}.tflite")
    assert model.shapes == {"image": (-1, -1, -1, 3), "style_weights": (-1, 3)}
    for batch in (1, 3):
        weights = np.repeat(small_network.weights_for("night")[None], batch, 0)
        for picture in (photo, photo[:32, :44], photo[:9, :8], photo):
            pictures = np.repeat(picture[None], batch, 0)
            answers = model(image=pictures, style_weights=weights)["stylized"]
            assert answers.shape == pictures.shape
            assert psnr(answers, small_network.stylize(picture, "night")) >= least


@pytest.mark.parametrize("name", ["my_64_float16", "my_dynamic_float16", "my_64_int8-weights"])
def test_names_within_a_file_are_short(
    name: str, exported_strokes: tuple[Path, list[Exported]]
) -> None:
    """Those of inputs and outputs stay, for who goes by them."""
    model = schema.Model.GetRootAs((exported_strokes[0] / f"{name}.tflite").read_bytes())
    graph = schema.ModelT.InitFromObj(model).subgraphs[0]
    names = [tensor.name.decode() for tensor in graph.tensors]
    outside = {names.pop(index) for index in sorted({*graph.inputs, *graph.outputs})[::-1]}
    inputs = {f"serving_default_{name}:0" for name in ("image", "style_weights", "stroke")}
    assert inputs < outside
    assert len(outside) == 4 and max(map(len, names)) <= 3 and len(set(names)) == len(names)


def test_strokes_are_an_input(
    exported_strokes: tuple[Path, list[Exported]], stroke_network: StyleNetwork, photo: np.ndarray
) -> None:
    """Of its own for each picture of a batch."""
    folder, _ = exported_strokes
    strokes = np.array([0, 0.3, 1], np.float32)
    for height, width in ((64, 64), (33, 47), (16, 20)):
        batch = np.repeat(photo[None, :height, :width], 3, 0)
        weights = np.repeat(stroke_network.weights_for({"wave": 1, "night": 2}, 0.9)[None], 3, 0)
        inputs = {"image": batch, "style_weights": weights, "stroke": strokes[:, None]}
        expected = [
            stroke_network.stylize(picture, {"wave": 1, "night": 2}, 0.9, stroke=stroke)
            for picture, stroke in zip(batch, strokes, strict=True)
        ]
        assert np.abs(expected[0] - expected[2]).mean() > 0.02
        saved = keras.layers.TFSMLayer(folder / "saved_model")(inputs)["stylized"]
        assert psnr(np.asarray(saved), np.stack(expected)) >= 90
        for kind, least in (("float16", 60), ("int8-weights", 38)):
            answer = lite.Model(folder / f"my_dynamic_{kind}.tflite")(**inputs)["stylized"]
            assert psnr(answer, np.stack(expected)) >= least


def test_an_unknown_format_is_told(small_network: StyleNetwork) -> None:
    shapes = {"image": (1, 32, 32, 3), "style_weights": (1, 3)}
    converter = conversion.LiteConverter(conversion.deployable(small_network), shapes)
    with pytest.raises(ValueError, match="format 'int4' is unknown; use float32, float16"):
        converter.convert("int4")


def test_a_saved_model_is_what_keras_and_servers_want(
    exported: tuple[Path, list[Exported]], small_network: StyleNetwork, photo: np.ndarray
) -> None:
    """By the names that they ask for, in batches, and at any size."""
    folder = exported[0] / "saved_model"
    signatures = tf.saved_model.load(folder).signatures
    weights = np.stack([small_network.weights_for(name) for name in small_network.styles])
    endpoints = ({}, {"call_endpoint": "serving_default"})
    layers = [keras.layers.TFSMLayer(folder, **endpoint) for endpoint in endpoints]
    for height, width in ((64, 64), (8, 8), (12, 10), (33, 47)):
        batch = np.stack([photo[:height, :width], photo[-height:, :width]])
        inputs = {"image": tf.constant(batch), "style_weights": tf.constant(weights)}
        answers = [layer(inputs)["stylized"] for layer in layers]
        answers.append(signatures["serving_default"](**inputs)["stylized"])
        pairs = zip(batch, small_network.styles, strict=True)
        expected = [small_network.stylize(picture, name) for picture, name in pairs]
        for answer in answers:
            np.testing.assert_allclose(answer, expected, atol=1e-4)


def test_a_saved_model_serves_floats_and_bytes(
    exported: tuple[Path, list[Exported]],
    small_network: StyleNetwork,
    photo: np.ndarray,
    tmp_path: Path,
) -> None:
    """In a process that knows nothing of Keras or tfnst."""
    shutil.copytree(exported[0] / "saved_model", tmp_path / "saved")
    weights = np.stack([small_network.weights_for(s, 0.9) for s in small_network.styles])
    np.savez(tmp_path / "in.npz", image=np.stack([photo, photo[::-1]]), style_weights=weights)
    code = """if True:
        import sys, numpy, tensorflow as tf
        given = dict(numpy.load("in.npz"))
        saved = tf.saved_model.load("saved")
        floats = saved.signatures["serve"](**{k: tf.constant(v) for k, v in given.items()})
        given["image"] = numpy.rint(255 * given["image"]).astype("uint8")
        whole = saved.signatures["serve_uint8"](**{k: tf.constant(v) for k, v in given.items()})
        numpy.savez("out.npz", floats=floats["stylized"], whole=whole["stylized"])
        assert "keras" not in sys.modules or "tfnst" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
    found = np.load(tmp_path / "out.npz")
    for answer, picture, name in zip(
        found["floats"], (photo, photo[::-1]), small_network.styles, strict=True
    ):
        np.testing.assert_allclose(answer, small_network.stylize(picture, name, 0.9), atol=1e-4)
    assert found["whole"].dtype == np.uint8
    assert np.abs(found["whole"] / 255 - found["floats"]).max() < 0.05
    assert np.abs(found["whole"] / 255 - found["floats"]).mean() < 2 / 255
