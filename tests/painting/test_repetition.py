"""Tests of tfnst.painting.repetition: pictures painted again, byte for byte."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import untrained
from tfnst import images
from tfnst.painting import pictures
from tfnst.painting.appearance import GRADIENT, Look
from tfnst.painting.optimization import begin, gather
from tfnst.painting.recipes import PassRecipe, from_json, to_json
from tfnst.painting.repetition import paint_again
from tfnst.painting.sources import Source
from tfnst.painting.targets import Targets
from tfnst.synthesis.settings import Settings

DEFAULTS = Settings(size=48, steps=(14,))
# Less to trace.
CHEAP = dataclasses.replace(
    DEFAULTS,
    content_layers=("block3_conv1",),
    style_layers=("block1_conv1", "block2_conv1"),
    scales=(1,),
    detail=0.0,
)


def noise(seed: int, height: int = 24, width: int = 30) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width, 3), np.float32)


@pytest.mark.parametrize("masked", [(), (GRADIENT,), ("mask.png",)])
def test_a_picture_can_be_made_again(masked: tuple[str, ...], tmp_path: Path) -> None:
    for seed, name in enumerate(("a.png", "mask.png")):
        images.save(tmp_path / name, noise(seed))
    network, model = untrained("wave", "night", "scream"), tmp_path / "models" / "my.keras"
    model.parent.mkdir()
    network.save(model)
    masks = tuple(str(tmp_path / m) if m.endswith("png") else m for m in masked)
    look = Look({"night": 1.0}, 0.7, masks, keep_color="luminance", size=32, quality=90)
    targets = Targets([tmp_path / "a.png"], tmp_path / "b.webp")
    list(pictures.paint_files(network, targets, look, model))
    text = images.load(tmp_path / "b.webp").recipe
    assert text is not None
    recipe = from_json(text)
    assert isinstance(recipe, PassRecipe)
    assert recipe.look == dataclasses.replace(look, masks=tuple(Path(mask).name for mask in masks))
    assert recipe.picture == Source.of(tmp_path / "a.png").by_name()
    assert str(tmp_path) not in text
    assert len(recipe.masks) == sum(mask.endswith("png") for mask in masked)
    (tmp_path / "moved").mkdir()
    for file in tmp_path.glob("*.*"):
        file.rename(tmp_path / "moved" / file.name)
    picture = tmp_path / "moved" / "b.webp"
    assert paint_again(recipe, picture, [model.parent]) == picture.read_bytes()
    with pytest.raises(ValueError, match=r"'my\.keras' is not there any more"):
        paint_again(recipe, picture)
    images.save(tmp_path / "moved" / "a.png", noise(2))
    with pytest.raises(ValueError, match="has changed since the picture was made"):
        paint_again(recipe, picture, [model.parent])


@pytest.mark.parametrize(("settings", "stop_at"), [(DEFAULTS, None), (CHEAP, 10)])
def test_paint_again_gives_the_same_file(
    settings: Settings, stop_at: int | None, tmp_path: Path
) -> None:
    files = tmp_path / "photo.png", tmp_path / "art.png"
    for seed, file in enumerate(files):
        images.save(file, noise(seed))
    recipe = gather(files[0], [files[1]], settings, network="vgg19-lite")
    painting, _ = begin(recipe)
    for report in painting.run():
        if report.step == stop_at:
            break
    recipe = dataclasses.replace(recipe, steps_done=stop_at)
    target = tmp_path / "out.png"
    images.save(target, painting.picture(), recipe=to_json(recipe))
    # The inputs move along with the picture.
    new_home = tmp_path / "new"
    new_home.mkdir()
    for file in (*files, target):
        file.rename(new_home / file.name)
    seen: list[int] = []
    read = from_json(images.load(new_home / "out.png").recipe or "")
    again = paint_again(read, new_home / "out.png", show=lambda report: seen.append(report.step))
    assert again == (new_home / "out.png").read_bytes()
    assert seen == ([*range(1, 11)] if stop_at else [10, 14])
