"""Tests of the command `tfnst texture`, end to end on small pictures."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import Call
from tfnst import assets, images
from tfnst.synthesis import texture
from tfnst.synthesis.progress import DivergenceError

SMALL = ("--size", "64x80", "--steps", "4", "--network", "vgg19-lite", "--source-size", "64")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with two sources; no VGG-19 on this machine."""
    for name in ("mosaic", "woodcut"):
        images.save(tmp_path / f"{name}.png", images.load(assets.artwork(name), 64).rgb)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path


@pytest.mark.usefixtures("shallow")
def test_a_texture_is_made_told_of_and_repeated(tfnst: Call, home: Path) -> None:
    done = tfnst("texture", "mosaic.png", "woodcut.png", "-o", "out.png", *SMALL, "--seed", 3)
    assert (done.status, done.err) == (0, "")
    first, second, *lines = done.out.splitlines()
    assert first.startswith("out.png  64×80  wasserstein  vgg19-lite  ")
    assert second == "how far from the sources: noise, and this texture"
    assert any(line.split()[:2] == ["wasserstein", "block2_conv1"] for line in lines)
    picture = images.load("out.png")
    assert picture.rgb.shape == (80, 64, 3)
    recipe = json.loads(picture.recipe or "")
    assert recipe["tfnst"] == "texture" and recipe["settings"]["seed"] == 3
    assert [source["path"] for source in recipe["textures"]] == ["mosaic.png", "woodcut.png"]
    again = tfnst("repeat", "out.png", "-q")
    assert (again.status, again.out) == (0, "out.png: the same, byte for byte\n")


def test_json_lines_tell_statistics_before_and_after(tfnst: Call, home: Path) -> None:
    options = (*SMALL, "--steps", 30, "--method", "gram", "--tileable")
    done = tfnst("texture", "mosaic.png", "-o", "out.jpg", *options, "--json", "--no-recipe")
    assert (done.status, done.err) == (0, "")
    *progress, last = map(json.loads, done.out.splitlines())
    assert [event["event"] for event in progress] == ["progress"] * len(progress)
    assert last["event"] == "done" and last["network"] == "vgg19-lite" and last["stopped"] is False
    statistics = last["statistics"]
    assert {"gram block5_conv1", "gram_4 block1_conv1", "colors", "detail"} <= statistics.keys()
    for name, numbers in statistics.items():
        assert numbers.keys() == {"before", "after"}
        if name.startswith("gram"):
            assert 0 < numbers["after"] < 0.7 * numbers["before"], name
    assert images.load("out.jpg").recipe is None


def interrupted(after: int, error: BaseException) -> Any:
    """`TextureSynthesis.run` that ends with an error after so many reports."""
    original = texture.TextureSynthesis.run

    def run(self: Any, every: int = 10) -> Iterator[Any]:
        yield from itertools.islice(original(self, every), after)
        raise error

    return run


@pytest.mark.usefixtures("shallow")
@pytest.mark.parametrize(
    ("error", "status", "says"),
    [(KeyboardInterrupt(), 130, "stopped"), (DivergenceError("not finite"), 1, "not finite")],
)
def test_stopped_it_keeps_the_texture_so_far(
    tfnst: Call,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    status: int,
    says: str,
) -> None:
    options = (*SMALL, "--method", "gram", "--steps", 30, "-q")
    with monkeypatch.context() as patch:
        patch.setattr(texture.TextureSynthesis, "run", interrupted(1, error))
        done = tfnst("texture", "mosaic.png", "-o", "out.png", *options)
    message = f"tfnst: {says} after step 10; out.png holds the texture so far\n"
    assert done == (status, "", message)
    assert json.loads(images.load("out.png").recipe or "")["steps_done"] == 10
    if status == 130:
        assert tfnst("repeat", "out.png", "-q").status == 0


def test_stopped_before_the_first_step_it_writes_nothing(
    tfnst: Call, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texture.TextureSynthesis, "run", interrupted(0, KeyboardInterrupt()))
    done = tfnst("texture", "mosaic.png", "-o", "out.png", *SMALL, "-q")
    assert done == (130, "", "tfnst: stopped; nothing was made\n")
    assert not Path("out.png").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["mosaic.png", "--size", "big"], "--size is 'big'; give WIDTHxHEIGHT in pixels"),
        (["mosaic.png", "--size", "64x64x64"], "--size is '64x64x64'"),
        (["mosaic.png", "--size", "20"], "--size is 20; use a whole number from 64"),
        (["mosaic.png", "--method", "magic"], "--method is magic; use one of gram"),
        (["mosaic.png", "--steps", "1,a"], "--steps holds 'a'; give a whole number"),
        (["mosaic.png", "--seed", "-1"], "--seed is -1"),
        (["mosaic.png", "--source-size", "7"], "--source-size is 7"),
        (["mosaic.png", "--network", "vgg11"], "network 'vgg11' is unknown"),
        (["mosaic.png", "--no-recipe", "--paths"], "--paths goes without --no-recipe"),
        (["missing.png"], "missing.png"),
        (["out.png"], "out.png is named twice"),
        (["narrow.png"], "narrow.png: the picture is 40 x 16 pixels; the smallest side is 32"),
    ],
)
def test_misuse_is_one_line(tfnst: Call, home: Path, arguments: list[str], says: str) -> None:
    images.save("narrow.png", np.zeros((16, 40, 3), np.float32))
    done = tfnst("texture", *arguments, "-o", "out.png")
    assert done.status == 2 and says in done.err and done.err.count("\n") == 1
    assert not Path("out.png").exists()
