"""Tests of tfnst.painting.series: many photos by optimisation."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tfnst import assets, images
from tfnst.painting import optimization, recipes
from tfnst.painting.series import paint_series
from tfnst.painting.targets import Targets
from tfnst.synthesis.settings import Settings
from tfnst.synthesis.style_transfer import StyleTransfer

SMALL = Settings(
    size=32,
    steps=(2,),
    smallest=32,
    scales=(1,),
    detail=0.0,
    content_layers=("block2_conv1",),
    style_layers=("block1_conv1",),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three photos, and a file that is none."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(3):
        photo = images.load(assets.photo(), 40 + 8 * number).rgb
        images.save(photos / f"{number}.png", photo[:, ::-1] if number else photo)
    (photos / "broken.png").write_bytes(b"no picture")
    return photos


def recipe_of(photo: Path, **options: Any) -> recipes.Recipe:
    styles = [assets.artwork("swirl")]
    return optimization.gather(photo, styles, SMALL, network="vgg19-lite", **options)


def test_artworks_are_measured_once_and_every_photo_is_as_if_painted_alone(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = []
    measure = StyleTransfer.style_measurements

    def counted(painting: StyleTransfer, size: int) -> Any:
        measured.append(size)
        return measure(painting, size)

    monkeypatch.setattr(StyleTransfer, "style_measurements", counted)
    targets = Targets([folder], tmp_path / "painted")
    reports = list(paint_series(targets, recipe_of))
    assert measured == [32]
    assert [report.fraction for report in reports] == sorted(r.fraction for r in reports)
    done = [report.done for report in reports if report.done is not None]
    assert [bool(report.error) for report in done] == [False, False, False, True]
    assert "broken.png" in (done[-1].error or "") and "\n" not in (done[-1].error or "")
    for number in range(3):
        alone, _ = optimization.begin(recipe_of(folder / f"{number}.png"))
        list(alone.run())
        painted = images.load(tmp_path / "painted" / f"{number}.png")
        np.testing.assert_allclose(painted.rgb, alone.picture(), atol=0.51 / 255)
        assert recipes.from_json(painted.recipe or "").sources[0].path == f"{number}.png"


def test_what_is_there_is_left_and_photos_with_colours_of_their_own_share_nothing(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "broken.png").unlink()
    (tmp_path / "painted").mkdir()
    (tmp_path / "painted" / "1.png").write_bytes(b"mine")
    targets = Targets([folder], tmp_path / "painted")
    series = paint_series(targets, partial(recipe_of, keep_color="pca"), True, embed=False)
    done = [report.done for report in series if report.done is not None]
    assert [report.skipped for report in done] == [False, True, False]
    assert (tmp_path / "painted" / "1.png").read_bytes() == b"mine"
    assert images.load(tmp_path / "painted" / "2.png").recipe is None
    alone, _ = optimization.begin(recipe_of(folder / "2.png", keep_color="pca"))
    list(alone.run())
    painted = images.load(tmp_path / "painted" / "2.png").rgb
    np.testing.assert_allclose(painted, alone.picture(), atol=0.51 / 255)
