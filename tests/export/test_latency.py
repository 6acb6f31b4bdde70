"""Tests of tfnst.export.latency and its command, on the exported gallery."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import Call
from tfnst.export import latency, lite
from tfnst.export.bundle import Exported

GALLERY = Path(__file__).parents[2] / "saved_models" / "gallery"
SMALL, FREE = GALLERY / "gallery_256_float16.tflite", GALLERY / "gallery_dynamic_float16.tflite"


def test_files_are_timed_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    elapsed = iter((900.0, 700.0, 900.0, 700.0, 4.0, 1.0, 8.0, 2.0, 12.0, 4.0))
    sides: list[int] = []

    def milliseconds(model: lite.Model, example: Mapping[str, np.ndarray]) -> float:
        assert model(**example)
        sides.extend(value.shape[1] for value in example.values() if value.ndim == 4)
        return next(elapsed)

    monkeypatch.setattr(latency, "milliseconds", milliseconds)
    first, second = latency.measure([SMALL, FREE], rounds=3, side=64)
    assert sides == [256, 64] * 5
    # Without the first two rounds, which make room.
    assert (first.low, first.median, first.high) == (4.4, 8.0, 11.6)
    assert (second.low, second.median, second.high) == (1.1, 2.0, 3.8)
    assert (first.rate, second.rate) == (1.0, 4.0)
    for report, file in ((first, SMALL), (second, FREE)):
        assert report.file == str(file)
        assert report.kilobytes == round(file.stat().st_size / 1000, 1)
        assert report.megabytes is None or 1 < report.megabytes < 500
    assert (first.step, second.step, second.steps) == (1, 2, 2)


@pytest.mark.parametrize("kind", [tf.float32, tf.uint8, tf.int32], ids=lambda kind: kind.name)
def test_anybodys_files_are_timed(kind: tf.DType, tmp_path: Path) -> None:
    """Of other types, of any batch; as older converters wrote them, without signatures."""

    @tf.function(input_signature=[tf.TensorSpec((None, 8, 8, 3), kind)])
    def double(values: tf.Tensor) -> tf.Tensor:
        return 2 * tf.cast(values, tf.float32)

    concrete = double.get_concrete_function()
    data = tf.lite.TFLiteConverter.from_concrete_functions([concrete], double).convert()
    file = tmp_path / "other.tflite"
    file.write_bytes(data)
    model = lite.Model(file)
    model.signatures = {}
    ((name, given),) = lite.random_inputs(model, 32).items()
    assert given.shape == (1, 8, 8, 3) and given.dtype == kind.as_numpy_dtype and given.any()
    for batch in (1, 5):
        (found,) = model(**{name: np.repeat(given, batch, 0)}).values()
        np.testing.assert_array_equal(found, 2.0 * np.repeat(given, batch, 0))
    (report,) = latency.measure([file], rounds=2)
    assert report.file == str(file)


def test_the_command(
    tfnst: Call, exported_strokes: tuple[Path, list[Exported]], tmp_path: Path
) -> None:
    options = ("--rounds", "2", "--size", "64")
    strokes = exported_strokes[0] / "my_dynamic_int8-weights.tflite"
    ended = tfnst("bench-lite", FREE, "--compare", strokes, *options)
    assert (ended.status, ended.err) == (0, "") and ended.out.count(" ms (") == 2
    ended = tfnst("bench-lite", FREE, *options, "--json")
    assert json.loads(ended.out)["file"] == str(FREE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.tflite"], "none.tflite: there is no such file"),
        ([str(GALLERY / "card.json")], "this is no .tflite file that LiteRT can run"),
        ([str(FREE), "--size", "66"], "--size 66 is no multiple of 4; use 64"),
        ([str(FREE), "--threads", "100000"], "threads is 100000; use 64 at most"),
    ],
)
def test_misuse(arguments: list[str], message: str, tfnst: Call) -> None:
    ended = tfnst("bench-lite", *arguments)
    assert ended.status == 2 and message in ended.err and ended.err.count("\n") == 1
