"""Tests of tfnst.export.verification; its command is tested with that of export."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tfnst.export import lite, verification
from tfnst.export.bundle import Exported
from tfnst.networks.style_network import StyleNetwork


def test_it_verifies_later(exported: tuple[Path, list[Exported]]) -> None:
    found = list(verification.verify(exported[0]))
    assert [report.error for report in found] == [None] * 8
    assert all(report.psnr is not None and report.psnr > 25 for report in found)


def test_files_of_strokes_are_verified(
    exported_strokes: tuple[Path, list[Exported]], stroke_network: StyleNetwork
) -> None:
    folder, reports = exported_strokes
    assert [report.error for report in verification.verify(folder)] == [None] * 5
    for report in reports[1:]:
        model, names = lite.Model(folder / report.file), {"image", "style_weights"}
        whole = (stroke_network.count_params(), report.format, report.size != "dynamic")
        verification.require_whole(model, {*names, "stroke"}, *whole)
        with pytest.raises(RuntimeError, match="has lost the names of its inputs"):
            verification.require_whole(model, names, *whole)


def test_a_file_without_its_weights_is_found(
    exported: tuple[Path, list[Exported]],
    small_network: StyleNetwork,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = lite.Model(exported[0] / "my_64_float16.tflite")
    names, parameters = ("image", "style_weights"), small_network.count_params()
    verification.require_whole(model, names, parameters, "float16", True)
    with pytest.raises(RuntimeError, match="and its weights alone 20000000"):
        verification.require_whole(model, names, 10_000_000, "float16", True)
    monkeypatch.setattr(verification, "GRAPH", 0)
    with pytest.raises(RuntimeError, match="bytes, too many for weights of"):
        verification.require_whole(model, names, 100, "float16", True)
    with pytest.raises(RuntimeError, match="has lost the names of its inputs"):
        verification.require_whole(model, ("image",), parameters, "float16", True)


def test_a_saved_model_without_its_weights_is_told(
    exported: tuple[Path, list[Exported]], tmp_path: Path
) -> None:
    folder = tmp_path / "my"
    shutil.copytree(exported[0], folder)
    for file in (folder / "saved_model" / "variables").iterdir():
        file.unlink()
    first, *_ = verification.verify(folder)
    assert first.error == "is not there"
    with pytest.raises(ValueError, match="has lost its variables"):
        verification.digest(folder / "saved_model")


def test_closeness_is_that_of_the_worst() -> None:
    flat = np.zeros((4, 4, 3), np.float32)
    one, other = {"a": flat, "b": flat + 100}, {"a": flat + 0.01, "b": flat + 101}
    assert abs(verification.closeness(other, one) - 40) < 1e-3
    assert abs(verification.closeness({"b": flat + 101}, {"b": flat + 100}) - 40) < 1e-3
    assert np.isnan(verification.closeness({"a": flat}, one))
    assert np.isnan(verification.closeness({"a": flat, "b": flat * np.nan}, one))


def test_golden_answers_are_kept(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    image = np.rint(255 * random.random((16, 24, 3), np.float32)) / np.float32(255)
    painting = {"stylized": image[None, ::-1]}
    verification.write_golden(tmp_path, "16", image, painting)
    found, expected = verification.read_golden(tmp_path, "16")
    np.testing.assert_allclose(found, image, atol=1e-6)
    np.testing.assert_allclose(expected["stylized"], image[::-1], atol=1e-6)
    layers = {"block1_conv1": 9 * random.random((1, 16, 24, 5), np.float32)}
    verification.write_golden(tmp_path, "dynamic", image, layers)
    _, expected = verification.read_golden(tmp_path, "dynamic")
    np.testing.assert_allclose(
        expected["block1_conv1"], layers["block1_conv1"][0].mean((0, 1)), 1e-5
    )


def test_damaged_golden_answers_are_named(tmp_path: Path) -> None:
    image = np.zeros((16, 16, 3), np.float32)
    layers = {"block1_conv1": np.ones((1, 16, 16, 5), np.float32)}
    verification.write_golden(tmp_path, "16", image, layers)
    file = tmp_path / verification.GOLDEN / "16_output.npz"
    whole = file.read_bytes()
    told = 0
    for index in range(len(whole)):
        flipped = bytearray(whole)
        flipped[index] ^= 0xFF
        file.write_bytes(flipped)
        try:
            verification.read_golden(tmp_path, "16")
        except ValueError as error:
            assert str(error).startswith(f"{file}: ")
            told += 1
    assert told > len(whole) / 2  # the rest is times and the like
    for value in (np.array(["text"]), np.array([object()]), np.array([np.nan]), np.zeros(0)):
        np.savez(file, block1_conv1=value)
        with pytest.raises(ValueError, match=r"16_output.npz: it "):
            verification.read_golden(tmp_path, "16")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tfnst", 3),
        ("parameters", "x"),
        ("golden", 5),
        ("golden", {"style_weights": "abc"}),
        ("files", [{"file": "x", "format": "float16", "size": "64"}]),
        ("styles", "wave"),
        ("files", {}),
        ("files", []),
        ("parameters", 10**400),
        ("parameters", -1),
        ("golden", {"style_weights": [10**400]}),
        ("golden", {"style_weights": [float("inf")]}),
        ("files", [{"file": "my_64_float16.tflite"}]),
        ("files", [{"file": "../x", "format": "float16", "size": "64", "sha256": ""}]),
        ("files", [{"file": "x", "format": "float8", "size": "64", "sha256": ""}]),
        ("files", [{"file": "x", "format": "float16", "size": 64, "sha256": ""}]),
        ("files", [{"file": "..", "format": "float16", "size": "64", "sha256": ""}]),
        ("files", [{"file": "x\n", "format": "float16", "size": "64", "sha256": ""}]),
        ("files", [{"file": "x", "format": "float16", "size": "9" * 5000, "sha256": ""}]),
        ("styles", ["photo", "../../../secret"]),
        ("styles", ["photo", "a\u2028b", "night"]),
        ("styles", ["wave", "night"]),
        ("thumbnails", {"wave": "thumbnails/wave.jpg"}),
        ("thumbnails", {"wave": 3, "night": "x"}),
        ("artworks", {"wave": {"title": 3}}),
    ],
)
def test_a_damaged_card_is_told(
    exported: tuple[Path, list[Exported]], tmp_path: Path, name: str, value: object
) -> None:
    card = json.loads((exported[0] / "card.json").read_text("utf-8"))
    assert verification.read_card(exported[0]) == card
    for text in (json.dumps(card | {name: value}), "[" * 100_000, "[]", "{"):
        (tmp_path / "card.json").write_text(text)
        with pytest.raises(ValueError, match=r"has no card.json of tfnst export"):
            verification.read_card(tmp_path)
