"""Tests of tfnst.painting.analogies: files in, and recipes that make the same file again."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from tests.synthesis.drawings import grass
from tfnst import images
from tfnst.painting import analogies
from tfnst.painting.recipes import AnalogyRecipe, from_json, to_json
from tfnst.painting.repetition import paint_again
from tfnst.painting.sources import Source
from tfnst.synthesis.analogy_settings import AnalogySettings


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    """A folder with a.png, a_prime.png and b.png."""
    a = grass(0, 24, 32)
    for name, picture in {"a": a, "a_prime": 1 - a, "b": grass(1, 20, 28)}.items():
        images.save(tmp_path / f"{name}.png", picture)
    return tmp_path


def gathered(folder: Path, **changes: Any) -> AnalogyRecipe:
    files = (folder / f"{name}.png" for name in ("a", "a_prime", "b"))
    return analogies.gather_analogy(*files, changes.pop("settings", AnalogySettings()), **changes)


sides = st.integers(8, 16384)
sources = st.builds(Source, st.text(max_size=20), st.text("0123456789abcdef", max_size=64))
recipes = st.builds(
    AnalogyRecipe,
    *(sources, sources, sources),
    st.builds(
        AnalogySettings,
        kappa=st.floats(0, 1e6),
        levels=st.none() | st.integers(1, 16),
        patch=st.sampled_from([3, 5, 7, 9]),
        match=st.sampled_from([None, "luminance", "color"]),
        remap=st.booleans(),
    ),
    *(sides, sides, st.booleans(), st.none() | st.integers(1, 1000), st.integers(1, 100)),
    versions=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)


@given(recipes)
@budget(max_examples=40, deadline=None, database=None)
def test_json_and_back(recipe: AnalogyRecipe) -> None:
    text = to_json(recipe)
    assert json.loads(text)["tfnst"] == "analogy"
    assert from_json(text) == recipe and not recipe.needs_tensorflow


def test_a_recipe_makes_the_same_file_again(pair: Path, tmp_path: Path) -> None:
    recipe = gathered(pair, size=16, pair_size=24, quality=80)
    picture, text = tmp_path / "made.jpg", to_json(recipe.by_names())
    assert str(pair) not in text
    analogy, finish = analogies.begin(recipe)
    assert (analogy.b.shape, finish.alpha) == ((11, 16, 3), None)
    reports = list(analogy.run())
    images.save(picture, analogy.picture(), recipe=text, quality=80)
    shown: list[Any] = []
    assert paint_again(from_json(text), picture, [pair], shown.append) == picture.read_bytes()
    assert shown == reports


@pytest.mark.parametrize(("enlarge", "shape"), [(False, (20, 28, 3)), (True, (40, 56, 3))])
def test_a_smaller_b_is_enlarged_where_that_is_asked_for(
    enlarge: bool, shape: tuple[int, ...], pair: Path
) -> None:
    analogy, _ = analogies.begin(gathered(pair, size=56, enlarge=enlarge))
    assert analogy.b.shape == shape


def test_alpha_is_white_in_a_pair_and_kept_of_b(pair: Path) -> None:
    alpha = np.zeros((24, 32), np.float32)
    for name in ("a", "a_prime"):
        images.save(pair / f"{name}.png", grass(0, 24, 32), alpha=alpha)
    kept = np.linspace(0, 1, 20 * 28, dtype=np.float32).reshape(20, 28)
    images.save(pair / "b.png", grass(1, 20, 28), alpha=kept)
    analogy, finish = analogies.begin(gathered(pair, settings=AnalogySettings(mode="color")))
    for _ in analogy.run():
        pass
    np.testing.assert_array_equal(analogy.picture(), 1)
    assert finish.alpha is not None
    np.testing.assert_allclose(finish.alpha, kept, atol=1 / 255)


def test_values_that_will_not_do(pair: Path) -> None:
    with pytest.raises(ValueError, match=r"pair_size is 0; use a whole number from 8 to 16384"):
        gathered(pair, pair_size=0)
    with pytest.raises(ValueError, match=r"c\.png: there is no such file"):
        analogies.gather_analogy(pair / "a.png", pair / "c.png", pair / "b.png", AnalogySettings())
    recipe = dataclasses.replace(gathered(pair), a=Source("a.png", "0" * 64))
    with pytest.raises(ValueError, match="has changed since"):
        analogies.begin(recipe, pair)
