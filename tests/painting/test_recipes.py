"""Tests of tfnst.painting.recipes: JSON and back, of either kind."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from tfnst.painting.appearance import Look
from tfnst.painting.recipes import PassRecipe, Recipe, TextureRecipe, from_json, to_json
from tfnst.painting.sources import Source, versions
from tfnst.synthesis.settings import PRESETS, Settings
from tfnst.synthesis.texture_settings import TextureSettings

LITE = "vgg19-lite"
SMALL = Settings(size=48, steps=(10,))


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
    style_loss=st.sampled_from(["gram", "wasserstein", "sliced", "mean-std", "relaxed-emd"]),
    histogram=st.floats(0, 1e6),
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
    depth=st.sampled_from([None, 8, 16]),
    metadata=st.sampled_from(["none", "public", "all"]),
    versions=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)


@given(recipes)
@budget(max_examples=60, deadline=None, database=None)
def test_json_and_back(recipe: Recipe) -> None:
    text = to_json(recipe)
    assert "\n" not in text and text.isascii()
    assert from_json(text) == recipe
    assert to_json(from_json(text)) == text


def test_json_is_sorted_and_says_what_it_is() -> None:
    data = json.loads(to_json(some_recipe()))
    assert data["tfnst"] == "stylize" and list(data) == sorted(data)
    assert data["versions"] == versions() and data["settings"]["size"] == 48
    assert {"tfnst", "tensorflow", "keras", "numpy", "python", "machine"} <= set(versions())


@pytest.mark.parametrize("preset", PRESETS)
def test_settings_from_json_are_the_same(preset: str) -> None:
    recipe = some_recipe(settings=PRESETS[preset])
    assert from_json(to_json(recipe)) == recipe
    data = json.loads(to_json(recipe))
    with pytest.raises(ValueError, match="'glitter', 'zest': unknown to this version of Settings"):
        from_json(json.dumps({**data, "settings": {**data["settings"], "zest": 1, "glitter": 2}}))


def test_recipes_of_before_have_8_bits_and_no_metadata() -> None:
    data = json.loads(without("depth", "metadata"))
    old = from_json(json.dumps(data))
    assert isinstance(old, Recipe) and (old.depth, old.metadata) == (8, "none")
    source = Source("a.png", "0" * 64)
    data = json.loads(to_json(PassRecipe(source, source, (), Look({"wave": 1.0}))))
    del data["look"]["depth"], data["look"]["metadata"]
    old = from_json(json.dumps(data))
    assert isinstance(old, PassRecipe)
    assert (old.look.depth, old.look.metadata) == (8, "none")
    data = json.loads(to_json(TextureRecipe((source,), TextureSettings(64, 64), (1.0,))))
    del data["depth"]
    old = from_json(json.dumps(data))
    assert isinstance(old, TextureRecipe) and old.depth == 8


def changed(**changes: Any) -> str:
    return json.dumps({**json.loads(to_json(some_recipe())), **changes})


def without(*names: str) -> str:
    data = json.loads(to_json(some_recipe()))
    for name in names:
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
        (changed(content={"path": 3, "sha256": "0"}), "path is 3"),
        (changed(weights={"path": "a", "sha256": None}), "sha256 is None"),
        (changed(styles=[1]), ""),
        (changed(styles={"path": "a"}), ""),
        (changed(start=["a"]), ""),
        (changed(shares=None), ""),
        (changed(shares=[10**400]), "shares is ("),
        (changed(shares=[-1]), "shares is ("),
        (changed(shares=["a"]), "shares is ("),
        (changed(settings=[]), ""),
        (changed(settings={"size": 1}), "size is 1"),
        (changed(settings={"strength": "much"}), "strength is 'much'"),
        (changed(settings={"colour": "red"}), "colour"),
        (changed(network=[LITE]), "network is"),
        (changed(quality="high"), "quality is 'high'"),
        (changed(depth=12), "depth is 12; use 8 or 16, bits a channel"),
        (changed(metadata="some"), "metadata is 'some'; use none, public or all"),
        (changed(steps_done="all"), "steps_done is 'all'"),
        (changed(versions=[]), "versions is"),
    ],
)
def test_what_is_no_recipe_is_a_value_error_of_one_line(text: str, says: str) -> None:
    with pytest.raises(ValueError) as caught:
        from_json(text)
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
            from_json(json.dumps(value))


@pytest.mark.parametrize("text", ["{}", "[]", "3", '{"tfnst": "stylize"}', '{"tfnst": "apply"}'])
def test_what_is_no_recipe_of_ours_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="this recipe cannot be read"):
        from_json(text)


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
        (("look", "depth"), 12),
        (("look", "metadata"), "some"),
        (("look", "brush"), 1),
    ],
)
def test_a_damaged_recipe_is_told(path: tuple[str, ...], value: object) -> None:
    source = Source("a.png", "0" * 64)
    data = json.loads(to_json(PassRecipe(source, source, (), Look({"wave": 1.0}))))
    from_json(json.dumps(data))
    place = data
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    with pytest.raises(ValueError, match="this recipe cannot be read"):
        from_json(json.dumps(data))


@given(recipes)
@budget(max_examples=20, deadline=None, database=None)
def test_files_are_in_order_and_can_be_told_by_their_names(recipe: Recipe) -> None:
    begun = [] if recipe.start is None else [recipe.start]
    assert recipe.sources == [recipe.content, *recipe.styles, recipe.weights, *begun]
    named = recipe.by_names()
    assert named.sources == [source.by_name() for source in recipe.sources]
    assert named.settings == recipe.settings and named.shares == recipe.shares
