"""Tests of tfnst.painting.textures: files in, and recipes that make the same file again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from tfnst import images
from tfnst.painting import textures
from tfnst.painting.recipes import TextureRecipe, from_json, to_json
from tfnst.painting.repetition import paint_again
from tfnst.painting.sources import Source
from tfnst.synthesis.texture_settings import TextureSettings

SMALL = TextureSettings(64, 64, "gram", steps=(2,))
sources = st.builds(Source, st.text(max_size=20), st.text("0123456789abcdef", max_size=64))
recipes = st.builds(
    TextureRecipe,
    textures=st.lists(sources, min_size=1, max_size=3).map(tuple),
    settings=st.builds(
        TextureSettings,
        height=st.integers(64, 8192),
        method=st.sampled_from(["gram", "neighbours", "portilla-simoncelli"]),
        tileable=st.booleans(),
        steps=st.none() | st.lists(st.integers(1, 99), min_size=1, max_size=3).map(tuple),
    ),
    shares=st.lists(st.floats(0, 10), min_size=1, max_size=3).map(tuple),
    network=st.none() | st.text(max_size=9),
    weights=st.none() | sources,
    steps_done=st.none() | st.integers(1, 999),
    versions=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)


@given(recipes)
@budget(max_examples=40, deadline=None, database=None)
def test_json_and_back(recipe: TextureRecipe) -> None:
    text = to_json(recipe)
    assert json.loads(text)["tfnst"] == "texture"
    assert from_json(text) == recipe and to_json(from_json(text)) == text


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two sources, each of its own size."""
    made = []
    for seed, size in enumerate(((40, 50), (64, 64))):
        made.append(tmp_path / f"{seed}.png")
        images.save(made[-1], np.random.default_rng(seed).random((*size, 3), np.float32))
    return made


@pytest.mark.usefixtures("shallow")
def test_a_texture_can_be_made_again(files: list[Path], tmp_path: Path) -> None:
    recipe = textures.gather_texture(files, SMALL, shares=[2, 1], network="vgg19-lite")
    work, _ = textures.begin(recipe)
    assert work.shares == [2, 1] and [s.shape[0] for s in work.sources] == [40, 64]
    for _ in work.run():
        pass
    target = tmp_path / "out.png"
    images.save(target, work.picture(), recipe=to_json(recipe.by_names()))
    kept = from_json(images.load(target).recipe or "")
    assert str(tmp_path) not in to_json(kept)
    home = tmp_path / "moved"
    home.mkdir()
    for file in (*files, target):
        file.rename(home / file.name)
    assert paint_again(kept, home / "out.png") == (home / "out.png").read_bytes()
    images.save(home / "1.png", np.zeros((64, 64, 3), np.float32))
    with pytest.raises(ValueError, match="has changed since the picture was made"):
        paint_again(kept, home / "out.png")


def test_what_takes_no_network_names_none(files: list[Path]) -> None:
    settings = TextureSettings(method="portilla-simoncelli")
    recipe = textures.gather_texture(files, settings)
    assert recipe.network is None and recipe.weights is None
    assert recipe.sources == list(recipe.textures) and recipe.needs_tensorflow


def test_an_unknown_network_is_told(files: list[Path]) -> None:
    with pytest.raises(ValueError, match="network 'vgg11' is unknown; use one of auto"):
        textures.gather_texture(files, SMALL, network="vgg11")


def test_as_deep_as_the_deepest_source(files: list[Path]) -> None:
    settings = TextureSettings(64, 64, method="portilla-simoncelli")
    assert textures.begin(textures.gather_texture(files, settings))[1].photo_depth == 8
    images.save(files[1], images.load(files[1]), depth=16)
    _, finish = textures.begin(textures.gather_texture(files, settings, depth=8))
    assert (finish.photo_depth, finish.depth) == (16, 8)
