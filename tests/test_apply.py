"""Tests of tfnst.apply."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import untrained
from tfnst import apply, images
from tfnst.apply import GRADIENT, Jobs, Look, PassRecipe
from tfnst.color import LUMA
from tfnst.networks import StyleNetwork
from tfnst.recipe import Source


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


# Looks


def test_the_photos_colours_can_be_kept(network: StyleNetwork) -> None:
    picture = images.Picture(photo())
    painted = apply.paint(network, picture, Look({"wave": 1}))
    np.testing.assert_array_equal(painted, network.stylize(photo(), "wave"))
    kept = apply.paint(network, picture, Look({"wave": 1}, keep_color=True))
    np.testing.assert_allclose(kept @ LUMA, painted @ LUMA, atol=1e-5)
    assert np.abs(kept - painted).mean() > 0.02


def test_masks_from_files_are_resized_to_the_picture(network: StyleNetwork, tmp_path: Path) -> None:
    left = np.zeros((20, 26, 3), np.float32)
    left[:, :13] = 1
    images.save(tmp_path / "left.png", left)
    images.save(tmp_path / "right.png", 1 - left)
    masks = (tmp_path / "left.png", tmp_path / "right.png")
    look = Look({"wave": 1, "night": 1}, masks=masks)
    painted = apply.paint(network, images.Picture(photo()), look)
    half = np.zeros((40, 52), np.float32)
    half[:, :26] = 1
    expected = network.stylize(
        photo(), {"wave": 1, "night": 1}, 1.0, {"wave": half, "night": 1 - half}
    )
    np.testing.assert_allclose(painted[:, :14], expected[:, :14], atol=0.02)
    with pytest.raises(ValueError, match="masks: 2 for 1 styles; give one for each"):
        Look({"wave": 1}, masks=masks)
    with pytest.raises(ValueError, match="with masks, give equal shares"):
        Look({"wave": 1, "night": 2}, masks=masks)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_gradient_goes_from_left_to_right(count: int) -> None:
    masks = np.stack(apply.left_to_right(4, 9, count), -1)
    assert masks.shape == (4, 9, count)
    if count == 1:
        np.testing.assert_allclose(masks[0, :, 0], np.linspace(0, 1, 9))
    else:
        np.testing.assert_allclose(masks.sum(-1), 1, atol=1e-6)
        assert masks[0, 0].tolist() == [1] + [0] * (count - 1)
        assert masks[0, -1].tolist() == [0] * (count - 1) + [1]


def test_a_gradient_of_one_style_begins_with_the_photo(network: StyleNetwork) -> None:
    painted = apply.paint(network, images.Picture(photo()), Look({"wave": 1}, masks=(GRADIENT,)))
    difference = np.abs(painted - photo()).mean((0, 2))
    assert 3 * difference[:3].max() < difference[-8:].min()


def test_a_morph_begins_and_ends_with_its_styles(network: StyleNetwork) -> None:
    picture = images.Picture(photo())
    frames = list(apply.morph(network, picture, ["wave", "night", "wave"], 5, Look({})))
    assert len(frames) == 5
    for frame, shares in zip(
        frames,
        ["wave", {"wave": 1, "night": 1}, "night", {"wave": 1, "night": 1}, "wave"],
        strict=True,
    ):
        np.testing.assert_allclose(frame, network.stylize(photo(), shares), atol=1e-5)
    with pytest.raises(ValueError, match="give two or more"):
        list(apply.morph(network, picture, ["wave"], 5, Look({})))
    alpha = np.zeros((40, 52), np.float32)
    alpha[:, 26:] = 1
    for clear in apply.morph(
        network, images.Picture(photo(), alpha), ["wave", "night"], 2, Look({})
    ):
        assert (clear[:, :26] == 1).all() and (clear[:, 26:] < 1).any()


# Jobs


def test_one_picture_becomes_one_file(tmp_path: Path) -> None:
    jobs = Jobs([tmp_path / "a.png"], tmp_path / "b.jpg")
    assert jobs.single and jobs.pairs == ((tmp_path / "a.png", tmp_path / "b.jpg"),)


def test_trees_are_kept(tmp_path: Path) -> None:
    write(tmp_path / "in", "a.png", "deep/b.jpg", "deep/er/c.png")
    (tmp_path / "in" / "notes.txt").write_text("no picture")
    out = tmp_path / "out"
    jobs = Jobs([tmp_path / "in"], out)
    assert [str(t.relative_to(out)) for _, t in jobs.pairs] == [
        "a.png",
        "deep/b.jpg",
        "deep/er/c.png",
    ]
    write(tmp_path / "more", "a.png")
    jobs = Jobs([tmp_path / "in", tmp_path / "more", tmp_path / "in" / "a.png"], out)
    assert [str(t.relative_to(out)) for _, t in jobs.pairs] == [
        "in/a.png",
        "in/deep/b.jpg",
        "in/deep/er/c.png",
        "more/a.png",
        "a.png",
    ]


def test_a_tree_may_be_written_beside_or_above(tmp_path: Path) -> None:
    write(tmp_path / "in", "b.png")
    above = Jobs([tmp_path / "in"], tmp_path)
    assert above.pairs == ((tmp_path / "in" / "b.png", tmp_path / "b.png"),)
    (tmp_path / "in" / "deep").mkdir()
    dotted = Jobs([tmp_path / "in" / "deep" / "..", tmp_path / "in" / "b.png"], tmp_path / "out")
    assert [target for _, target in dotted.pairs] == [
        tmp_path / "out" / "in" / "b.png",
        tmp_path / "out" / "b.png",
    ]


def test_results_inside_the_folder_are_not_painted_again(tmp_path: Path) -> None:
    write(tmp_path, "a.png", "out/a.png")
    assert [source for source, _ in Jobs([tmp_path], tmp_path / "out").pairs] == [
        tmp_path / "a.png"
    ]


def test_kinds_that_are_not_written_become_png(tmp_path: Path) -> None:
    jobs = Jobs([tmp_path / "a.gif", tmp_path / "a.png", tmp_path / "b.BMP"], tmp_path / "out")
    assert [target.name for _, target in jobs.pairs] == ["a.gif.png", "a.png", "b.BMP.png"]


def test_nothing_is_written_over(tmp_path: Path) -> None:
    write(tmp_path, "a.png", "b/a.png")
    for sources, output in (
        (["a.png"], "a.png"),
        (["b"], "b"),
        (["."], "."),
    ):
        with pytest.raises(ValueError, match="would overwrite"):
            Jobs([tmp_path / source for source in sources], tmp_path / output)
    with pytest.raises(ValueError, match=r"a.png and .*b/a.png would both become .*out/a.png"):
        Jobs([tmp_path / "a.png", tmp_path / "b" / "a.png"], tmp_path / "out")
    with pytest.raises(ValueError, match="would overwrite"):
        Jobs([tmp_path / "b" / "a.png"], tmp_path / "mask.png", [tmp_path / "mask.png"])
    (tmp_path / "file").write_bytes(b"")
    for name in ("out.png", "file"):
        with pytest.raises(ValueError, match="is one file; name a folder for several"):
            Jobs([tmp_path / "a.png", tmp_path / "b"], tmp_path / name)


def test_a_picture_too_thin_for_its_size_is_named(
    network: StyleNetwork, model: Path, tmp_path: Path
) -> None:
    images.save(tmp_path / "thin.png", photo(8, 400))
    images.save(tmp_path / "good.png", photo())
    jobs = Jobs([tmp_path / "thin.png", tmp_path / "good.png"], tmp_path / "out")
    thin, good = apply.run(network, jobs, Look({"wave": 1}, size=100), model)
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
    reports = list(apply.run(network, jobs, Look({"wave": 1}), model))
    assert [bool(report.error) for report in reports] == [False, True, False]
    assert "b.png" in str(reports[1].error)
    assert sorted(f.name for f in (tmp_path / "out").iterdir()) == ["a.png", "c.png"]
    (tmp_path / "out" / "a.png").unlink()
    kept = (tmp_path / "out" / "c.png").stat().st_mtime_ns
    again = list(apply.run(network, jobs, Look({"wave": 1}), model, skip_existing=True))
    assert [report.skipped for report in again] == [False, False, True]
    assert (tmp_path / "out" / "c.png").stat().st_mtime_ns == kept


def test_transparency_is_kept(network: StyleNetwork, model: Path, tmp_path: Path) -> None:
    alpha = np.linspace(0, 1, 52, dtype=np.float32)[None].repeat(40, 0)
    images.save(tmp_path / "a.png", photo(), alpha=alpha)
    jobs = Jobs([tmp_path / "a.png"], tmp_path / "b.png")
    list(apply.run(network, jobs, Look({"wave": 1}), model))
    result = images.load(tmp_path / "b.png")
    assert result.alpha is not None
    np.testing.assert_allclose(result.alpha, alpha, atol=1 / 255)


# Recipes


@pytest.mark.parametrize("masked", [(), (GRADIENT,), ("mask.png",)])
def test_a_picture_can_be_made_again(
    masked: tuple[str, ...], network: StyleNetwork, model: Path, tmp_path: Path
) -> None:
    write(tmp_path, "a.png", "mask.png")
    masks = tuple(str(tmp_path / m) if m.endswith("png") else m for m in masked)
    look = Look({"night": 1.0}, 0.7, masks, keep_color=True, size=32, quality=90)
    jobs = Jobs([tmp_path / "a.png"], tmp_path / "b.webp")
    list(apply.run(network, jobs, look, model))
    text = images.load(tmp_path / "b.webp").recipe
    assert text is not None
    recipe = PassRecipe.from_json(text)
    assert recipe.look == look and recipe.picture == Source.of(tmp_path / "a.png")
    assert len(recipe.masks) == sum(mask.endswith("png") for mask in masked)
    (tmp_path / "moved").mkdir()
    for file in tmp_path.glob("*.*"):
        file.rename(tmp_path / "moved" / file.name)
    picture = tmp_path / "moved" / "b.webp"
    assert apply.paint_again(recipe, picture) == picture.read_bytes()
    write(tmp_path / "moved", "a.jpg")
    (tmp_path / "moved" / "a.jpg").replace(tmp_path / "moved" / "a.png")
    with pytest.raises(ValueError, match="has changed since the picture was made"):
        apply.paint_again(recipe, picture)


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
        list(apply.run(network, Jobs([tmp_path / "in"], tmp_path / "out"), look, model))
    assert not (tmp_path / "out").exists()


def test_a_picture_too_large_for_memory_stops_nothing(
    network: StyleNetwork, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "in", "a.png", "b.png")
    honest, calls = apply.paint, []

    def paint(*arguments: Any) -> np.ndarray:
        calls.append(1)
        if len(calls) == 1:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM")
        return honest(*arguments)

    monkeypatch.setattr(apply, "paint", paint)
    jobs = Jobs([tmp_path / "in"], tmp_path / "out")
    reports = list(apply.run(network, jobs, Look({"wave": 1}), model))
    assert [bool(report.error) for report in reports] == [True, False]
