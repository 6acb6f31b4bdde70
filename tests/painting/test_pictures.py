"""Tests of tfnst.painting.pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import untrained
from tfnst import images
from tfnst.networks.style_network import StyleNetwork
from tfnst.painting import pictures
from tfnst.painting.appearance import GRADIENT, Look
from tfnst.painting.pictures import PassRecipe
from tfnst.painting.sources import Source
from tfnst.painting.targets import Jobs


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
    jobs = Jobs([tmp_path / "thin.png", tmp_path / "good.png"], tmp_path / "out")
    thin, good = pictures.run(network, jobs, Look({"wave": 1}, size=100), model)
    assert good.error is None and thin.error is not None
    for expected in (
        "thin.png: at size 100 its shorter side has 2 pixels",
        "a larger --size, or 0",
    ):
        assert expected in thin.error


def test_a_bad_file_stops_nothing(network: StyleNetwork, model: Path, tmp_path: Path) -> None:
    write(tmp_path / "in", "a.png", "c.png")
    (tmp_path / "in" / "b.png").write_bytes(b"no picture")
    jobs = Jobs([tmp_path / "in"], tmp_path / "out")
    reports = list(pictures.run(network, jobs, Look({"wave": 1}), model))
    assert [bool(report.error) for report in reports] == [False, True, False]
    assert "b.png" in str(reports[1].error)
    assert sorted(f.name for f in (tmp_path / "out").iterdir()) == ["a.png", "c.png"]
    (tmp_path / "out" / "a.png").unlink()
    kept = (tmp_path / "out" / "c.png").stat().st_mtime_ns
    again = list(pictures.run(network, jobs, Look({"wave": 1}), model, skip_existing=True))
    assert [report.skipped for report in again] == [False, False, True]
    assert (tmp_path / "out" / "c.png").stat().st_mtime_ns == kept


def test_transparency_is_kept(network: StyleNetwork, model: Path, tmp_path: Path) -> None:
    alpha = np.linspace(0, 1, 52, dtype=np.float32)[None].repeat(40, 0)
    images.save(tmp_path / "a.png", photo(), alpha=alpha)
    jobs = Jobs([tmp_path / "a.png"], tmp_path / "b.png")
    list(pictures.run(network, jobs, Look({"wave": 1}), model))
    result = images.load(tmp_path / "b.png")
    assert result.alpha is not None
    np.testing.assert_allclose(result.alpha, alpha, atol=1 / 255)


@pytest.mark.parametrize("masked", [(), (GRADIENT,), ("mask.png",)])
def test_a_picture_can_be_made_again(
    masked: tuple[str, ...], network: StyleNetwork, model: Path, tmp_path: Path
) -> None:
    write(tmp_path, "a.png", "mask.png")
    masks = tuple(str(tmp_path / m) if m.endswith("png") else m for m in masked)
    look = Look({"night": 1.0}, 0.7, masks, keep_color=True, size=32, quality=90)
    jobs = Jobs([tmp_path / "a.png"], tmp_path / "b.webp")
    list(pictures.run(network, jobs, look, model))
    text = images.load(tmp_path / "b.webp").recipe
    assert text is not None
    recipe = PassRecipe.from_json(text)
    assert recipe.look == replace(look, masks=tuple(Path(mask).name for mask in masks))
    assert recipe.picture == Source.of(tmp_path / "a.png").by_name()
    assert str(tmp_path) not in text
    assert len(recipe.masks) == sum(mask.endswith("png") for mask in masked)
    (tmp_path / "moved").mkdir()
    for file in tmp_path.glob("*.*"):
        file.rename(tmp_path / "moved" / file.name)
    picture = tmp_path / "moved" / "b.webp"
    assert pictures.paint_again(recipe, picture, [model.parent]) == picture.read_bytes()
    with pytest.raises(ValueError, match=r"'my\.keras' is not there any more"):
        pictures.paint_again(recipe, picture)
    write(tmp_path / "moved", "a.jpg")
    (tmp_path / "moved" / "a.jpg").replace(tmp_path / "moved" / "a.png")
    with pytest.raises(ValueError, match="has changed since the picture was made"):
        pictures.paint_again(recipe, picture, [model.parent])


@pytest.mark.parametrize(("embed", "paths"), [(True, True), (False, False)])
def test_a_picture_holds_paths_or_no_recipe_when_asked(
    embed: bool, paths: bool, network: StyleNetwork, model: Path, tmp_path: Path
) -> None:
    write(tmp_path, "a.png", "mask.png")
    look = Look({"wave": 1.0}, masks=(tmp_path / "mask.png",))
    jobs = Jobs([tmp_path / "a.png"], tmp_path / "b.png")
    list(pictures.run(network, jobs, look, model, embed=embed, paths=paths))
    text = images.load(tmp_path / "b.png").recipe
    if not embed:
        assert text is None and str(tmp_path).encode() not in (tmp_path / "b.png").read_bytes()
        return
    recipe = PassRecipe.from_json(text or "")
    assert recipe.sources == [Source.of(tmp_path / "a.png"), Source.of(model), *recipe.masks]
    assert [mask.path for mask in recipe.masks] == [str(tmp_path / "mask.png")]
    assert pictures.paint_again(recipe, tmp_path / "b.png") == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize("text", ["{}", "[]", "3", '{"tfnst": "stylize"}', '{"tfnst": "apply"}'])
def test_what_is_no_recipe_of_ours_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="this recipe cannot be read"):
        PassRecipe.from_json(text)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("versions",), 3),
        (("masks",), "a.png"),
        (("picture",), {"path": 3, "sha256": ""}),
        (("look", "strength"), "1"),
        (("look", "styles"), {"wave": "much"}),
        (("look", "styles"), {"wave": 10**400}),
        (("look", "strength"), 10**400),
        (("look", "masks"), ["unhashed.png"]),
        (("look", "masks"), [3]),
        (("look", "masks"), 3),
        (("look", "size"), 32.5),
        (("look", "brush"), 1),
    ],
)
def test_a_damaged_recipe_is_told(path: tuple[str, ...], value: object) -> None:
    source = Source("a.png", "0" * 64)
    data = json.loads(PassRecipe(source, source, (), Look({"wave": 1.0})).to_json())
    PassRecipe.from_json(json.dumps(data))
    place = data
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    with pytest.raises(ValueError, match="this recipe cannot be read"):
        PassRecipe.from_json(json.dumps(data))


def test_masks_are_tried_before_any_picture(
    network: StyleNetwork, model: Path, tmp_path: Path
) -> None:
    write(tmp_path / "in", "a.png", "b.png")
    look = Look({"wave": 1.0}, masks=(tmp_path / "none.png",))
    with pytest.raises(ValueError, match="none"):
        list(pictures.run(network, Jobs([tmp_path / "in"], tmp_path / "out"), look, model))
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
    jobs = Jobs([tmp_path / "in"], tmp_path / "out")
    reports = list(pictures.run(network, jobs, Look({"wave": 1}), model))
    assert [bool(report.error) for report in reports] == [True, False]
