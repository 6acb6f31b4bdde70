"""Tests of tfnst.painting.recipe: JSON and back, moved inputs, and painting again."""

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

from tfnst import images
from tfnst.features import vgg_weights
from tfnst.painting.recipe import Recipe, paint_again, settings_from
from tfnst.painting.sources import Source, versions
from tfnst.synthesis.settings import PRESETS, Settings

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


def some_recipe(**changes: Any) -> Recipe:
    values: dict[str, Any] = dict(
        content=Source("a.png", "0" * 64),
        styles=(Source("b.png", "1" * 64),),
        shares=(1.0,),
        settings=SMALL,
        network=LITE,
        weights=Source("w.npz", "2" * 64),
    )
    return Recipe(**{**values, **changes})


# JSON and back

sources = st.builds(Source, st.text(max_size=20), st.text("0123456789abcdef", max_size=64))
some_settings = st.builds(
    Settings,
    size=st.integers(32, 16384),
    strength=st.floats(0, 1) | st.integers(0, 1),
    style_scale=st.floats(0.05, 8),
    steps=st.lists(st.integers(1, 1000), min_size=1, max_size=4).map(tuple),
    style_loss=st.sampled_from(["gram", "wasserstein"]),
    variation=st.floats(0, 1e6),
    jit_compile=st.booleans(),
    seed=st.integers(0, 2**63 - 1),
)
recipes = st.builds(
    Recipe,
    content=sources,
    styles=st.lists(sources, min_size=1, max_size=3).map(tuple),
    shares=st.lists(st.floats(0, 10) | st.integers(0, 10), min_size=1, max_size=3).map(tuple),
    settings=some_settings,
    network=st.sampled_from(["vgg19", LITE]),
    weights=sources,
    start=st.none() | sources,
    steps_done=st.none() | st.integers(1, 999),
    quality=st.integers(1, 100),
    versions=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)


@given(recipes)
@budget(max_examples=60, deadline=None, database=None)
def test_json_and_back(recipe: Recipe) -> None:
    text = recipe.to_json()
    assert "\n" not in text and text.isascii()
    assert Recipe.from_json(text) == recipe
    assert Recipe.from_json(text).to_json() == text


def test_json_is_sorted_and_says_what_it_is() -> None:
    data = json.loads(some_recipe().to_json())
    assert data["tfnst"] == "stylize" and list(data) == sorted(data)
    assert data["versions"] == versions() and data["settings"]["size"] == 48
    assert {"tfnst", "tensorflow", "keras", "numpy", "python", "machine"} <= set(versions())


@pytest.mark.parametrize("preset", PRESETS)
def test_settings_from_json_are_the_same(preset: str) -> None:
    data = json.loads(json.dumps(dataclasses.asdict(PRESETS[preset])))
    assert settings_from(data) == PRESETS[preset]
    with pytest.raises(ValueError, match="settings glitter, zest are unknown to this version"):
        settings_from({**data, "zest": 1, "glitter": 2})


def changed(**changes: Any) -> str:
    return json.dumps({**json.loads(some_recipe().to_json()), **changes})


def without(name: str) -> str:
    data = json.loads(some_recipe().to_json())
    del data[name]
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Expecting value"),
        ("rubbish\nin two lines", "Expecting value"),
        ("{", "Expecting"),
        ("[" * 100_000, "recursion"),
        ("null", "another kind"),
        ("[1, 2]", ""),
        ('"text"', ""),
        ("17", ""),
        ("{}", "it has no 'tfnst'"),
        ('{"tfnst": "1.0"}', "another kind"),
        ('{"tfnst": "stylize"}', "it has no 'content'"),
        (without("weights"), "it has no 'weights'"),
        (without("network"), "network"),
        (changed(extra=1), "extra"),
        (changed(content=None), ""),
        (changed(content={"path": "a"}), "sha256"),
        (changed(content={"path": 3, "sha256": "0"}), "path 3"),
        (changed(weights={"path": "a", "sha256": None}), "sha256 None"),
        (changed(styles=[1]), ""),
        (changed(styles={"path": "a"}), ""),
        (changed(start=["a"]), ""),
        (changed(shares=None), ""),
        (changed(shares=[10**400]), "shares is not"),
        (changed(shares=[-1]), "shares is not"),
        (changed(shares=["a"]), "shares is not"),
        (changed(settings=[]), ""),
        (changed(settings={"size": 1}), "size is 1"),
        (changed(settings={"strength": "much"}), "strength is 'much'"),
        (changed(settings={"colour": "red"}), "colour"),
        (changed(network=[LITE]), "network is"),
        (changed(quality="high"), "quality is 'high'"),
        (changed(steps_done="all"), "steps_done is 'all'"),
        (changed(versions=[]), "versions is"),
    ],
)
def test_what_is_no_recipe_is_a_value_error_of_one_line(text: str, says: str) -> None:
    with pytest.raises(ValueError) as caught:
        Recipe.from_json(text)
    message = str(caught.value)
    assert message.startswith("this recipe cannot be read: ") and says in message
    assert "\n" not in message


@given(
    st.recursive(
        st.none() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
@budget(max_examples=50, deadline=None, database=None)
def test_any_other_json_is_a_value_error(data: Any) -> None:
    for value in (data, {"tfnst": "stylize", "content": data, **dict.fromkeys("abc", data)}):
        with pytest.raises(ValueError, match="this recipe cannot be read"):
            Recipe.from_json(json.dumps(value))


# Gathering and painting


def test_gather_hashes_every_file(files: tuple[Path, Path]) -> None:
    photo, art = files
    recipe = Recipe.gather(photo, [art, photo], SMALL, network=LITE, start=art, quality=80)
    assert recipe.content == Source.of(photo)
    assert recipe.styles == (Source.of(art), Source.of(photo))
    assert recipe.shares == (1.0, 1.0)
    assert recipe.weights == Source.of(vgg_weights.LITE_WEIGHTS)
    assert recipe.start == Source.of(art)
    assert (recipe.network, recipe.quality, recipe.steps_done) == (LITE, 80, None)
    assert Recipe.gather(photo, [art], SMALL, network=LITE, shares=(3,)).shares == (3,)


def test_gather_names_what_is_missing(files: tuple[Path, Path], tmp_path: Path) -> None:
    photo, art = files
    missing = tmp_path / "missing.png"
    for content, style, start in (
        (missing, art, None),
        (photo, missing, None),
        (photo, art, missing),
    ):
        with pytest.raises(ValueError, match=r"missing\.png: there is no such file"):
            Recipe.gather(content, [style], SMALL, network=LITE, start=start)
    with pytest.raises(ValueError, match=r"missing\.npz"):
        Recipe.gather(photo, [art], SMALL, network=LITE, weights=str(tmp_path / "missing.npz"))
    with pytest.raises(ValueError) as caught:
        Recipe.gather(photo, [art], SMALL, network="vgg16")
    assert str(caught.value) == ("network 'vgg16' is unknown; use one of auto, vgg19, vgg19-lite")


def test_gather_says_how_to_get_vgg19(
    files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(vgg_weights.WEIGHTS_VARIABLE, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(ValueError, match="tfnst download vgg19"):
        Recipe.gather(files[0], [files[1]], SMALL, network="vgg19")
    assert Recipe.gather(files[0], [files[1]], SMALL).network == LITE


def test_begin_reads_pictures_styles_over_white_and_alpha_at_the_size_of_the_result(
    tmp_path: Path,
) -> None:
    alpha = np.linspace(0, 1, 24, dtype=np.float32)[:, None].repeat(30, 1)
    images.save(tmp_path / "photo.png", noise(0), alpha=alpha)
    images.save(tmp_path / "art.png", noise(1), alpha=alpha)
    images.save(tmp_path / "start.png", noise(2))
    settings = dataclasses.replace(SMALL, start="picture")
    recipe = Recipe.gather(
        tmp_path / "photo.png",
        [tmp_path / "art.png"],
        settings,
        network=LITE,
        start=tmp_path / "start.png",
    )
    painting, cover = recipe.begin()
    assert painting.shape == (38, 48) and cover is not None and cover.shape == (38, 48)
    assert cover[0].max() < 0.05 and cover[-1].min() > 0.95
    np.testing.assert_allclose(painting.content, noise(0), atol=3e-3)
    assert painting.styles[0][0].min() > 0.99  # transparent: white
    np.testing.assert_allclose(painting.styles[0][-1], noise(1)[-1], atol=3e-3)
    np.testing.assert_allclose(painting.start, noise(2), atol=3e-3)


@pytest.mark.parametrize("stop_at", [None, 10])
def test_paint_again_gives_the_same_file(
    files: tuple[Path, Path], tmp_path: Path, stop_at: int | None
) -> None:
    settings = dataclasses.replace(SMALL, steps=(14,))
    recipe = Recipe.gather(files[0], [files[1]], settings, network=LITE)
    painting, _ = recipe.begin()
    for report in painting.run():
        if report.step == stop_at:
            break
    recipe = dataclasses.replace(recipe, steps_done=stop_at)
    target = tmp_path / "out.png"
    images.save(target, painting.picture(), recipe=recipe.to_json())
    # The inputs move along with the picture.
    new_home = tmp_path / "new"
    new_home.mkdir()
    for file in (*files, target):
        file.rename(new_home / file.name)
    seen: list[int] = []
    read = Recipe.from_json(images.load(new_home / "out.png").recipe or "")
    again = paint_again(read, new_home / "out.png", lambda report: seen.append(report.step))
    assert again == (new_home / "out.png").read_bytes()
    assert seen == ([*range(1, 11)] if stop_at else [10, 14])
