"""Tests of tfnst.painting.optimization."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from tfnst import images
from tfnst.features import vgg_weights
from tfnst.painting.optimization import begin, gather
from tfnst.painting.sources import Source
from tfnst.synthesis.settings import Settings

LITE = "vgg19-lite"
SMALL = Settings(size=48, steps=(10,))


def noise(seed: int, height: int = 24, width: int = 30, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width, channels), np.float32)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A photo and an artwork."""
    names = tmp_path / "photo.png", tmp_path / "art.png"
    for seed, name in enumerate(names):
        images.save(name, noise(seed))
    return names


def test_gather_hashes_every_file(files: tuple[Path, Path]) -> None:
    photo, art = files
    recipe = gather(photo, [art, photo], SMALL, network=LITE, start=art, quality=80)
    assert recipe.content == Source.of(photo)
    assert recipe.styles == (Source.of(art), Source.of(photo))
    assert recipe.shares == (1.0, 1.0)
    assert recipe.weights == Source.of(vgg_weights.LITE_WEIGHTS)
    assert recipe.start == Source.of(art)
    assert (recipe.network, recipe.quality, recipe.steps_done) == (LITE, 80, None)
    assert gather(photo, [art], SMALL, network=LITE, shares=(3,)).shares == (3,)


def test_gather_names_what_is_missing(files: tuple[Path, Path], tmp_path: Path) -> None:
    photo, art = files
    missing = tmp_path / "missing.png"
    for content, style, start in (
        (missing, art, None),
        (photo, missing, None),
        (photo, art, missing),
    ):
        with pytest.raises(ValueError, match=r"missing\.png: there is no such file"):
            gather(content, [style], SMALL, network=LITE, start=start)
    with pytest.raises(ValueError, match=r"missing\.npz"):
        gather(photo, [art], SMALL, network=LITE, weights=str(tmp_path / "missing.npz"))
    with pytest.raises(ValueError) as caught:
        gather(photo, [art], SMALL, network="vgg16")
    assert str(caught.value) == ("network 'vgg16' is unknown; use one of auto, vgg19, vgg19-lite")


def test_gather_says_how_to_get_vgg19(
    files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(vgg_weights.WEIGHTS_VARIABLE, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(ValueError, match="tfnst download vgg19"):
        gather(files[0], [files[1]], SMALL, network="vgg19")
    assert gather(files[0], [files[1]], SMALL).network == LITE


def test_begin_reads_pictures_styles_over_white_and_alpha_at_the_size_of_the_result(
    tmp_path: Path,
) -> None:
    alpha = np.linspace(0, 1, 24, dtype=np.float32)[:, None].repeat(30, 1)
    images.save(tmp_path / "photo.png", noise(0), alpha=alpha)
    images.save(tmp_path / "art.png", noise(1), alpha=alpha)
    images.save(tmp_path / "start.png", noise(2))
    settings = dataclasses.replace(SMALL, start="picture")
    recipe = gather(
        tmp_path / "photo.png",
        [tmp_path / "art.png"],
        settings,
        network=LITE,
        start=tmp_path / "start.png",
    )
    painting, finish = begin(recipe)
    cover = finish.alpha
    assert painting.shape == (38, 48) and cover is not None and cover.shape == (38, 48)
    assert cover[0].max() < 0.05 and cover[-1].min() > 0.95
    np.testing.assert_allclose(painting.content, noise(0), atol=3e-3)
    assert painting.styles[0][0].min() > 0.99  # transparent: white
    np.testing.assert_allclose(painting.styles[0][-1], noise(1)[-1], atol=3e-3)
    np.testing.assert_allclose(painting.start, noise(2), atol=3e-3)
