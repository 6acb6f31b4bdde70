"""Tests of tfnst.export.bundle and its commands, on a small network."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tests.conftest import Call
from tfnst import images
from tfnst.export import conversion, lite, verification
from tfnst.export.bundle import Exported, ExportSettings, export
from tfnst.features.vgg import FeatureExtractor
from tfnst.networks.style_network import StyleNetwork


def test_every_file_is_there_and_told(exported: tuple[Path, list[Exported]]) -> None:
    folder, reports = exported
    lites = [f"my_{s}_{p}.tflite" for p in conversion.LITE_FORMATS for s in ("64", "dynamic")]
    lites.remove("my_dynamic_int8.tflite")
    assert [report.file for report in reports] == ["saved_model", *lites]
    assert [report.step for report in reports] == list(range(1, 9)) and reports[0].steps == 8
    assert {f.name for f in folder.iterdir()} == {
        "saved_model", *lites, "styles.txt", "card.json", "README.md", "SHA256SUMS",
        "thumbnails", "golden",
        "StylePainter.kt", "StylePainter.swift",
    }  # fmt: skip
    assert sorted(f.name for f in (folder / "thumbnails").iterdir()) == ["night.jpg", "wave.jpg"]
    assert (folder / "styles.txt").read_text() == "photo\nwave\nnight\n"
    card = json.loads((folder / "card.json").read_text("utf-8"))
    for told, report in zip(card["files"], reports, strict=True):
        assert told["psnr"] == report.psnr >= verification.LEAST_PSNR[report.format]
    for told in card["files"][1:]:
        data = (folder / told["file"]).read_bytes()
        assert told["sha256"] == hashlib.sha256(data).hexdigest() and told["bytes"] == len(data)
    assert card["license"] == "CC0" and card["experimental"] == ["my_64_int8.tflite"]
    assert not [f for f in folder.parent.iterdir() if f.name.startswith(".new")]


def test_golden_pairs_are_what_the_files_give(exported: tuple[Path, list[Exported]]) -> None:
    folder, _ = exported
    given, expected = (images.load(folder / f"golden/64_{x}.png").rgb for x in ("input", "output"))
    painted = lite.Stylizer(folder / "my_64_float16.tflite").stylize(given, "wave")
    assert np.abs(painted - expected).max() < 0.7 / 255


def test_a_file_that_answers_otherwise_is_not_left(
    small_network: StyleNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = conversion.LiteConverter
    other = StyleNetwork(small_network.styles, small_network.settings)

    def swapped(_: keras.Model, shapes: Any) -> conversion.LiteConverter:
        return honest(conversion.deployable(other), shapes)

    monkeypatch.setattr(conversion, "LiteConverter", swapped)
    settings = ExportSettings(("float32",), ("64",))
    with pytest.raises(RuntimeError, match=r"my_64_float32.tflite answers otherwise .* float32"):
        list(export(small_network, "my", tmp_path / "my", settings))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("formats", "sizes", "message"),
    [
        (("int4",), ("64",), r"formats is \('int4',\); use one or more of saved_model, float32"),
        (("",), ("64",), r"formats is \('',\)"),
        ((), ("64",), r"formats is \(\)"),
        (["float16"], ("64",), r"formats is \['float16'\]"),
        (
            ("float16",),
            ("small",),
            r"sizes is \('small',\); use one or more multiples of 4 from 32",
        ),
        (("float16",), ("16",), r"sizes is \('16',\)"),
        (("float16",), ("4100",), r"sizes is \('4100',\)"),
        (("float16",), ("64", "64"), r"sizes is \('64', '64'\); use .*, each once"),
        (("float16",), ("064",), r"sizes is \('064',\)"),
        (("float16",), ("٦٤",), r"sizes is \('٦٤',\)"),
        (("float16",), ("66",), r"sizes is \('66',\)"),
        (("float16",), (64,), r"sizes is \(64,\)"),
        (("float16",), (), r"sizes is \(\)"),
        (("int8",), ("dynamic",), "int8 needs a size of its own"),
    ],
)
def test_settings_are_checked(
    formats: tuple[str, ...], sizes: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        ExportSettings(formats, sizes)


def test_the_commands(
    tfnst: Call, small_network: StyleNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    odd = 'my $b"|d.keras'
    small_network.save(odd)
    options = ("--formats", "float16", "--sizes", "64")
    assert tfnst("export", odd, "-o", "out", *options, "-q") == (0, "", "")
    assert Path("out/my_b_d_64_float16.tflite").is_file()
    Path(odd).rename("my.keras")
    ended = tfnst("export", "my.keras", "-o", "out", *options)  # in its place
    assert (ended.status, ended.err) == (0, "") and "my_64_float16.tflite" in ended.out
    assert not Path("out/my_b_d_64_float16.tflite").exists()
    ended = tfnst("verify", "out")
    assert ended.status == 0 and "my_64_float16.tflite" in ended.out
    with open("out/my_64_float16.tflite", "ab") as file:
        file.write(b"more")
    Path("out/styles.txt").write_text("photo\nnight\nwave\n")
    ended = tfnst("verify", "out", "-q")
    assert ended.status == 1 and ended.err.splitlines() == [
        "tfnst: out/my_64_float16.tflite is not the file that was written: its SHA-256 differs",
        "tfnst: out/styles.txt is not the file that was written: its SHA-256 differs",
    ]
    Path("out/my_64_float16.tflite").unlink()
    assert "my_64_float16.tflite is not there" in tfnst("verify", "out").err
    Path("other").mkdir()
    Path("other/mine.txt").write_text("mine")
    for arguments, message in (
        (["export", "my.keras", "-o", "other"], "holds other files, as mine.txt; name a new"),
        (["export", "my.keras"], "--output is missing"),
        (
            ["export", "my.keras", "-o", "x", "--layers", "block1_conv1"],
            "layers and weights go with vgg19-lite",
        ),
        (["export", "vgg19-lite", "-o", "x", "--layers", "conv"], "layer 'conv' is not in vgg19"),
        (["export", "my.keras", "-o", "a", "--web", "a/b"], "--output a and --web a/b meet"),
        (["export", "my.keras", "-o", "none/out"], "there is no folder"),
        (["export", "my.keras", "-o", "my.keras"], "is a file; name a folder"),
        (["export", "your.keras", "-o", "fresh"], "model 'your.keras' is not there"),
        (["verify", "other"], "has no card.json of tfnst export"),
    ):
        ended = tfnst(*arguments)
        assert ended.status == 2 and message in ended.err and ended.err.count("\n") == 1
    assert Path("other/mine.txt").read_text() == "mine"


def test_feature_networks_are_exported(
    tfnst: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """VGG-19 by weights of its shape, as the official ones cannot be shipped."""
    monkeypatch.chdir(tmp_path)
    keras.utils.set_random_seed(0)
    random = FeatureExtractor("vgg19", ("block2_conv1",), weights=None)
    layers = [layer for layer in random.layers if layer.weights]
    parts = ("kernel", "bias")
    arrays = {f"{one.name}/{p}": getattr(one, p).numpy() for one in layers for p in parts}
    np.savez("vgg19.npz", **arrays)
    options = ("--formats", "saved_model,float16", "--sizes", "dynamic")
    wanted = ("--layers", "block1_conv2,block2_conv1")
    ended = tfnst("export", "vgg19", "--weights", "vgg19.npz", "-o", "vgg", *wanted, *options)
    assert (ended.status, ended.err) == (0, "") and "vgg19_dynamic_float16.tflite" in ended.out
    options = ("--formats", "float16,int8-weights", "--sizes", "64,dynamic")
    ended = tfnst("export", "vgg19-lite", "-o", "lite", *options, "-q", "--license", "CC0")
    assert (ended.status, ended.out, ended.err) == (0, "", "")
    for folder in ("vgg", "lite"):
        ended = tfnst("verify", folder)
        assert ended.status == 0 and "styles.txt" not in ended.out
        told = Path(folder, "README.md").read_text("utf-8")
        assert "nothing is painted by optimisation" in told and "@" not in told
    card = json.loads(Path("lite/card.json").read_text("utf-8"))
    assert card["license"] == "CC0" and "Wang" in card["credits"] and len(card["layers"]) == 5
    image = images.load("lite/golden/64_input.png").rgb[None]
    found = lite.Model("lite/vgg19-lite_64_float16.tflite")(image=image)
    expected = FeatureExtractor("vgg19-lite", card["layers"])(image)
    for layer, activation in expected.items():
        assert np.abs(found[layer] - activation).max() < 0.01 * np.max(activation)
    with open("lite/golden/64_output.npz", "wb") as file:
        np.savez(file, **{name: np.ones(3, np.float32) for name in card["layers"]})
    assert tfnst("verify", "lite").status == 1
