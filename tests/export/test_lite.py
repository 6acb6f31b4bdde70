"""Tests of tfnst.export.lite: exported files, with TensorFlow out of reach."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from tests.conftest import Call
from tfnst import assets, images
from tfnst.export import lite
from tfnst.export.bundle import Exported
from tfnst.export.verification import psnr
from tfnst.images import sizes
from tfnst.networks.style_network import StyleNetwork
from tfnst.painting import appearance, pictures, targets

SIDE = 64
FIXTURES = Path(__file__).parents[1] / "fixtures"


@pytest.fixture(scope="module")
def folder(exported: tuple[Path, list[Exported]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the small network, whose files may be changed here."""
    made = tmp_path_factory.mktemp("exported")
    (made / lite.NAMES).write_text("photo\nwave\nnight\n")
    for name, size in (("fixed", str(SIDE)), ("free", "dynamic")):
        shutil.copy(exported[0] / f"my_{size}_float32.tflite", made / f"{name}.tflite")
    return made


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return images.load(assets.photo(), SIDE).rgb


def test_a_picture_of_any_shape_is_painted_as_keras_does(
    folder: Path, small_network: StyleNetwork, photo: np.ndarray
) -> None:
    stylizer = lite.Stylizer(folder / "free.tflite")
    assert stylizer.styles == small_network.styles and stylizer.side is None
    for height, width in ((64, 52), (33, 47), (8, 8), (12, 10), (9, 60)):
        picture = photo[:height, :width]
        painted = stylizer.stylize(picture, {"wave": 1, "night": 3}, 0.8)
        expected = small_network.stylize(picture, {"wave": 1, "night": 3}, 0.8)
        assert painted.shape == picture.shape
        np.testing.assert_allclose(painted, expected, atol=1e-4)
    with pytest.raises(ValueError, match="image is 12 x 7 pixels; the smallest side is 8"):
        stylizer.stylize(photo[:7, :12], "wave")


@pytest.mark.parametrize("size", ["64", "dynamic"])
@pytest.mark.parametrize(("kind", "least"), [("float16", 60), ("int8-weights", 38)])
def test_strokes_are_those_of_keras(
    kind: str,
    least: float,
    size: str,
    exported_strokes: tuple[Path, list[Exported]],
    stroke_network: StyleNetwork,
    photo: np.ndarray,
) -> None:
    stylizer = lite.Stylizer(exported_strokes[0] / f"my_{size}_{kind}.tflite", threads=1)
    assert stylizer.strokes == stroke_network.strokes == 2
    assert size == "dynamic" or stylizer.model.left_over() == []
    square = images.resize(photo, SIDE, SIDE)
    for stroke in (0, 0.3, 1, None):
        painted = stylizer.stylize(square, "night", 0.9, stroke=stroke)
        expected = stroke_network.stylize(square, "night", 0.9, stroke=stroke)
        assert psnr(painted, expected) >= least
    for stroke in (-0.1, 2, float("nan"), "fine"):
        with pytest.raises(ValueError, match=f"stroke is {stroke!r}; use a number from 0"):
            stylizer.stylize(square, "night", stroke=stroke)  # type: ignore[arg-type]


def test_files_of_version_0_1_keep_the_shape_of_small_pictures(
    small_network: StyleNetwork, photo: np.ndarray
) -> None:
    stylizer = lite.Stylizer(FIXTURES / "exported_0.1" / "my_dynamic_float16.tflite")
    for height, width in ((64, 52), (33, 47), (8, 8), (12, 10), (9, 60)):
        picture = photo[:height, :width]
        painted = stylizer.stylize(picture, "night")
        assert painted.shape == picture.shape
        # What is no multiple of 4, or small, is filled up before the halo, not after it.
        exact = min(height, width) >= 16 and not (height % 4 or width % 4)
        error = np.abs(painted - small_network.stylize(picture, "night")).mean()
        assert error < (1e-3 if exact else 0.1)


def test_a_file_for_any_size_takes_batches_and_can_be_allocated_at_once(
    folder: Path, small_network: StyleNetwork, photo: np.ndarray
) -> None:
    Interpreter(str(folder / "free.tflite")).allocate_tensors()
    batch = np.stack([photo[:33, :47], photo[:33, :47][::-1]])
    weights = np.stack([small_network.weights_for(name) for name in small_network.styles])
    painted = lite.Model(folder / "free.tflite")(image=batch, style_weights=weights)["stylized"]
    for answer, picture, name in zip(painted, batch, small_network.styles, strict=True):
        np.testing.assert_allclose(answer, small_network.stylize(picture, name), atol=1e-4)


def test_a_file_of_one_size_sees_what_is_larger_shrunk(
    folder: Path, small_network: StyleNetwork, photo: np.ndarray
) -> None:
    stylizer = lite.Stylizer(folder / "fixed.tflite", threads=1)
    square = images.resize(photo, SIDE, SIDE)
    painted = stylizer.stylize(square, "night")
    np.testing.assert_allclose(painted, small_network.stylize(square, "night"), atol=1e-3)
    wide = np.concatenate([square, square], 1)
    painted = stylizer.stylize(wide, "night")
    small = stylizer.stylize(images.resize(wide, SIDE // 2, SIDE), "night")
    assert small.shape == (SIDE // 2, SIDE, 3)
    np.testing.assert_allclose(painted, images.resize(small, *wide.shape[:2]), atol=1e-6)


@pytest.mark.parametrize("keep_color", [None, "luminance"])
def test_a_look_of_any_size_is_painted_by_a_small_file(
    folder: Path, photo: np.ndarray, tmp_path: Path, keep_color: Any
) -> None:
    rgb = images.resize(photo, 100, 150)
    alpha = np.linspace(0, 1, 150, dtype=np.float32) * np.ones((100, 1), np.float32)
    images.save(tmp_path / "photo.png", rgb, alpha=alpha)
    file = folder / "fixed.tflite"
    look = appearance.Look({"wave": 1.0}, keep_color=keep_color, size=None)
    sources = targets.Targets([tmp_path / "photo.png"], tmp_path / "out.png", [])
    assert [
        report.error for report in pictures.paint_files(lite.Stylizer(file), sources, look, file)
    ] == [None]
    painted = images.load(tmp_path / "out.png")
    assert painted.rgb.shape == rgb.shape and painted.alpha is not None
    np.testing.assert_allclose(painted.alpha, alpha, atol=1 / 255)


@pytest.mark.parametrize("name", ["fixed", "free"])
def test_threads_get_the_answers_to_their_own_pictures(
    folder: Path, photo: np.ndarray, name: str
) -> None:
    stylizer = lite.Stylizer(folder / f"{name}.tflite", threads=1)
    pictures = [photo[: 16 + 4 * i, : 48 - 4 * i] for i in range(5)] * 8
    expected = [stylizer.stylize(picture, "wave") for picture in pictures]
    shared = lite.Stylizer(folder / f"{name}.tflite", threads=1)
    with ThreadPoolExecutor(4) as threads:
        painted = list(threads.map(lambda picture: shared.stylize(picture, "wave"), pictures))
    for one, other in zip(painted, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_threads_that_each_begin_leave_standard_error_where_it_was(
    folder: Path, photo: np.ndarray
) -> None:
    before = os.fstat(2)
    for _ in range(3):
        stylizers = [lite.Stylizer(folder / "fixed.tflite", threads=1) for _ in range(4)]
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda stylizer: stylizer.stylize(photo, "wave"), stylizers))
    assert os.path.samestat(os.fstat(2), before)


def test_errors_name_the_file(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "damaged.tflite").write_bytes((folder / "free.tflite").read_bytes()[:1000])
    (tmp_path / "lonely.tflite").write_bytes((folder / "free.tflite").read_bytes())
    for name, message in (
        ("none.tflite", "none.tflite: there is no such file"),
        ("damaged.tflite", "damaged.tflite: this is no .tflite file that LiteRT can run"),
        ("lonely.tflite", "styles.txt: there is no such file; keep it beside"),
    ):
        with pytest.raises(ValueError, match=message):
            lite.Stylizer(tmp_path / name)
    model = lite.Model(folder / "fixed.tflite")
    with pytest.raises(RuntimeError, match=r"fixed.tflite: LiteRT cannot run it: .+"):
        model(image=np.zeros((1, SIDE, SIDE, 4), np.float32), style_weights=np.ones((1, 3), "f4"))
    whole = (folder / "fixed.tflite").read_bytes()
    (tmp_path / "misnamed.tflite").write_bytes(
        whole.replace(b"style_weights", b"\xffty\xffe_weights")
    )
    with pytest.raises(ValueError, match=r"misnamed.tflite: "):
        lite.Stylizer(tmp_path / "misnamed.tflite")
    for names in (
        b"", b"photo\nwave\n", b"wave\nphoto\nnight\n", b"photo\n../x\nnight\n",
        "photo\nwa\u2028ve\nnight\n".encode(), b"photo\nwa\x1b[2Jve\nnight\n",
    ):  # fmt: skip
        (tmp_path / lite.NAMES).write_bytes(names)
        with pytest.raises(ValueError, match="does not name 3 rows, photo first"):
            lite.Stylizer(tmp_path / "lonely.tflite")
    (tmp_path / lite.NAMES).write_bytes(b"photo\n\xff\xfe\n")
    with pytest.raises(ValueError, match=r"styles.txt: it cannot be read as text"):
        lite.Stylizer(tmp_path / "lonely.tflite")
    (tmp_path / lite.NAMES).write_text("photo\nmy wave #1\nnight\n")
    assert lite.Stylizer(tmp_path / "lonely.tflite").styles == ("my wave #1", "night")
    stylizer = lite.Stylizer(folder / "free.tflite")
    with pytest.raises(ValueError, match="style 'waves' is unknown"):
        stylizer.stylize(np.zeros((16, 16, 3), np.float32), "waves")
    with pytest.raises(ValueError, match="image has shape"):
        stylizer.stylize(np.zeros((16, 16), np.float32), "wave")


def test_what_a_file_cannot_do_is_told(
    folder: Path, photo: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    stylizer = lite.Stylizer(folder / "free.tflite")
    with pytest.raises(ValueError, match="masks are given"):
        stylizer.stylize(photo, "wave", masks={"wave": photo[..., 0]})
    with pytest.raises(ValueError, match="stroke is 1, but this network has one size of strokes"):
        stylizer.stylize(photo, "wave", stroke=1)
    monkeypatch.setattr(sizes, "LITE_PASS", 1000)
    with pytest.raises(ValueError, match="image is 40 x 30 pixels; without TensorFlow"):
        stylizer.stylize(photo[:30, :40], "wave")


WITHOUT = """if True:
    import sys
    for name in ("tensorflow", "keras", "h5py", "matplotlib", "scipy", "rich"):
        sys.modules[name] = None  # to import them is an error
"""


def test_tensorflow_is_not_needed(folder: Path, tmp_path: Path) -> None:
    images.save(tmp_path / "photo.jpg", images.load(assets.photo()).rgb)
    code = f"""
    import tfnst.images, tfnst.lite
    stylizer = tfnst.lite.Stylizer({str(folder / "fixed.tflite")!r})
    photo = tfnst.images.load("photo.jpg").rgb
    tfnst.images.save("out.png", stylizer.stylize(photo, "wave"))
    """
    subprocess.run([sys.executable, "-c", WITHOUT + code], cwd=tmp_path, check=True)
    shape = images.load(assets.photo()).rgb.shape
    assert images.load(tmp_path / "out.png").rgb.shape == shape and max(shape) > SIDE


def test_the_command_needs_none_either(
    folder: Path, tmp_path: Path, tfnst: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    images.save("photo.png", images.load(assets.photo(), 200).rgb)
    file = folder / "fixed.tflite"
    options = ["--lite", str(file), "--style", "wave=1,night=3", "--strength", "0.8"]
    code = f"""
    import tfnst.cli
    sys.argv[1:] = ["apply", "photo.png", "-o", "out.png", *{options!r}]
    tfnst.cli.main()
    """
    subprocess.run([sys.executable, "-c", WITHOUT + code], check=True)
    expected = lite.Stylizer(file).stylize(
        images.load("photo.png", SIDE).rgb, {"wave": 1, "night": 3}, 0.8
    )
    np.testing.assert_array_equal(
        images.as_uint8(images.load("out.png").rgb), images.as_uint8(expected)
    )
    ended = tfnst("repeat", "out.png", "--inputs", folder)
    assert ended.status == 0 and "the same, byte for byte" in ended.out
    ended = tfnst("apply", "photo.png", "-o", "morph.gif", *options[:2], "--morph", "wave,night",
                  "--frames", 2)  # fmt: skip
    assert ended.status == 0 and Path("morph.gif").stat().st_size > 1000
    for more, message in (
        (["--style-map", "gradient"], "--style-map goes without --lite"),
        (["--model", "my.keras"], "leave out --model"),
        (["--device", "gpu"], "leave out --model, --device"),
    ):
        ended = tfnst("apply", "photo.png", "-o", "no.png", *options, *more)
        assert ended.status == 2 and message in ended.err and ended.err.count("\n") == 1
    ended = tfnst("apply", "photo.png", "-o", "no.png", *options, "--stroke", 0)
    assert ended.status == 2 and "stroke is 0.0, but this network has one size" in ended.err
    ended = tfnst("apply", "photo.png", "-o", "no.png", "--lite", "none.tflite")
    assert ended.status == 2 and "none.tflite: there is no such file" in ended.err


def test_the_command_paints_with_strokes(
    exported_strokes: tuple[Path, list[Exported]],
    tmp_path: Path,
    tfnst: Call,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    images.save("photo.png", images.load(assets.photo(), 50).rgb)
    file = exported_strokes[0] / "my_dynamic_float16.tflite"
    options = ("--lite", file, "--style", "wave")
    for name, stroke in (("fine", 0), ("large", 1), ("middle", 0.5)):
        ended = tfnst("apply", "photo.png", "-o", f"{name}.png", *options, "--stroke", stroke)
        assert (ended.status, ended.err) == (0, "")
        expected = lite.Stylizer(file).stylize(images.load("photo.png").rgb, "wave", stroke=stroke)
        painted = images.as_uint8(images.load(f"{name}.png").rgb)
        np.testing.assert_array_equal(painted, images.as_uint8(expected))
        ended = tfnst("repeat", f"{name}.png", "--inputs", file.parent)
        assert ended.status == 0 and "the same, byte for byte" in ended.out
    assert tfnst("apply", "photo.png", "-o", "usual.png", *options).status == 0
    usual, middle = (images.load(f"{name}.png").rgb for name in ("usual", "middle"))
    np.testing.assert_array_equal(usual, middle)
