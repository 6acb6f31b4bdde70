"""Tests of tfnst.painting.pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import untrained
from tests.images.samples import XMP, camera_exif
from tfnst import images
from tfnst.networks.style_network import StyleNetwork
from tfnst.painting import pictures
from tfnst.painting.appearance import Look
from tfnst.painting.recipes import PassRecipe, from_json
from tfnst.painting.repetition import paint_again
from tfnst.painting.sources import Source
from tfnst.painting.targets import Targets


@pytest.fixture(scope="module")
def network() -> StyleNetwork:
    return untrained("wave", "night", "scream")


@pytest.fixture(scope="module")
def model(network: StyleNetwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("model") / "my.keras"
    network.save(file)
    return file


def photo(height: int = 40, width: int = 52) -> np.ndarray:
    return np.random.default_rng(0).random((height, width, 3), np.float32)


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        images.save(folder / name, photo())


def test_a_picture_too_thin_for_its_size_is_named(
    network: StyleNetwork, model: Path, tmp_path: Path
) -> None:
    images.save(tmp_path / "thin.png", photo(8, 400))
    images.save(tmp_path / "good.png", photo())
    targets = Targets([tmp_path / "thin.png", tmp_path / "good.png"], tmp_path / "out")
    thin, good = pictures.paint_files(network, targets, Look({"wave": 1}, size=100), model)
    assert good.error is None and thin.error is not None
    for expected in (
        "thin.png: at size 100 its shorter side has 2 pixels",
        "a larger --size, or 0",
    ):
        assert expected in thin.error


def test_a_bad_file_stops_nothing(network: StyleNetwork, model: Path, tmp_path: Path) -> None:
    write(tmp_path / "in", "a.png", "c.png")
    (tmp_path / "in" / "b.png").write_bytes(b"no picture")
    targets = Targets([tmp_path / "in"], tmp_path / "out")
    reports = list(pictures.paint_files(network, targets, Look({"wave": 1}), model))
    assert [bool(report.error) for report in reports] == [False, True, False]
    assert "b.png" in str(reports[1].error)
    assert sorted(f.name for f in (tmp_path / "out").iterdir()) == ["a.png", "c.png"]
    (tmp_path / "out" / "a.png").unlink()
    kept = (tmp_path / "out" / "c.png").stat().st_mtime_ns
    again = list(
        pictures.paint_files(network, targets, Look({"wave": 1}), model, skip_existing=True)
    )
    assert [report.skipped for report in again] == [False, False, True]
    assert (tmp_path / "out" / "c.png").stat().st_mtime_ns == kept


def test_transparency_is_kept(network: StyleNetwork, model: Path, tmp_path: Path) -> None:
    alpha = np.linspace(0, 1, 52, dtype=np.float32)[None].repeat(40, 0)
    images.save(tmp_path / "a.png", photo(), alpha=alpha)
    targets = Targets([tmp_path / "a.png"], tmp_path / "b.png")
    list(pictures.paint_files(network, targets, Look({"wave": 1}), model))
    result = images.load(tmp_path / "b.png")
    assert result.alpha is not None
    np.testing.assert_allclose(result.alpha, alpha, atol=1 / 255)


@pytest.mark.parametrize(("embed", "paths"), [(True, True), (False, False)])
def test_a_picture_holds_paths_or_no_recipe_when_asked(
    embed: bool, paths: bool, network: StyleNetwork, model: Path, tmp_path: Path
) -> None:
    write(tmp_path, "a.png", "mask.png")
    look = Look({"wave": 1.0}, masks=(tmp_path / "mask.png",))
    targets = Targets([tmp_path / "a.png"], tmp_path / "b.png")
    list(pictures.paint_files(network, targets, look, model, embed=embed, paths=paths))
    text = images.load(tmp_path / "b.png").recipe
    if not embed:
        assert text is None and str(tmp_path).encode() not in (tmp_path / "b.png").read_bytes()
        return
    recipe = from_json(text or "")
    assert isinstance(recipe, PassRecipe)
    assert recipe.sources == [Source.of(tmp_path / "a.png"), Source.of(model), *recipe.masks]
    assert [mask.path for mask in recipe.masks] == [str(tmp_path / "mask.png")]
    assert paint_again(recipe, tmp_path / "b.png") == (tmp_path / "b.png").read_bytes()


def test_masks_are_tried_before_any_picture(
    network: StyleNetwork, model: Path, tmp_path: Path
) -> None:
    write(tmp_path / "in", "a.png", "b.png")
    look = Look({"wave": 1.0}, masks=(tmp_path / "none.png",))
    with pytest.raises(ValueError, match="none"):
        list(
            pictures.paint_files(network, Targets([tmp_path / "in"], tmp_path / "out"), look, model)
        )
    assert not (tmp_path / "out").exists()


def test_a_picture_too_large_for_memory_stops_nothing(
    network: StyleNetwork, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "in", "a.png", "b.png")
    honest, calls = pictures.paint, []

    def paint(*arguments: Any) -> np.ndarray:
        calls.append(1)
        if len(calls) == 1:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM")
        return honest(*arguments)

    monkeypatch.setattr(pictures, "paint", paint)
    targets = Targets([tmp_path / "in"], tmp_path / "out")
    reports = list(pictures.paint_files(network, targets, Look({"wave": 1}), model))
    assert [bool(report.error) for report in reports] == [True, False]


@pytest.mark.parametrize(("suffix", "depth"), [(".tif", 16), (".png", 16), (".jpg", 8)])
def test_depth_and_metadata_are_kept_and_made_again(
    suffix: str, depth: int, network: StyleNetwork, model: Path, tmp_path: Path
) -> None:
    metadata = images.Metadata(camera_exif().tobytes()[6:], XMP.encode())
    alpha = np.linspace(0, 1, 52, dtype=np.float32)[None].repeat(40, 0)
    images.save(tmp_path / "a.png", photo(), alpha=alpha, depth=16, metadata=metadata)
    targets = Targets([tmp_path / "a.png"], tmp_path / f"b{suffix}")
    list(pictures.paint_files(network, targets, Look({"wave": 1}, metadata="all"), model))
    result = images.load(tmp_path / f"b{suffix}")
    assert result.depth == depth and b"SN4711" in result.metadata.exif
    assert b"0815" in result.metadata.xmp
    if depth == 16:
        painted = images.as_uint16(network.stylize(images.load(tmp_path / "a.png").rgb, "wave"))
        np.testing.assert_array_equal(images.as_uint16(result.rgb), painted)
        assert result.alpha is not None
        np.testing.assert_array_equal(images.as_uint16(result.alpha), images.as_uint16(alpha))
    recipe = from_json(result.recipe or "")
    again = paint_again(recipe, tmp_path / f"b{suffix}", [model.parent])
    assert again == (tmp_path / f"b{suffix}").read_bytes()


def test_a_depth_that_the_format_lacks_is_told_before_painting(
    network: StyleNetwork, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "a.png")
    monkeypatch.setattr(pictures, "paint", None)
    targets = Targets([tmp_path / "a.png"], tmp_path / "b.jpg")
    with pytest.raises(ValueError, match=r"JPEG holds 8 bits a channel; save it as \.png"):
        list(pictures.paint_files(network, targets, Look({"wave": 1}, depth=16), model))
