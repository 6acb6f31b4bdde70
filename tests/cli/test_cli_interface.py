"""Tests of the command `tfnst restyle-ui`, end to end on a small screen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import Call
from tests.synthesis.test_lettering import written
from tfnst import assets, images
from tfnst.synthesis.interface import interface_terms
from tfnst.synthesis.objective import WeightedTerm
from tfnst.synthesis.style_transfer import StyleTransfer

PAIR = ("screen.png", "art.png")
QUICK = ("--network", "vgg19-lite", "--steps", 2)
FAST = (*QUICK, "--size", 64, "-q")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a screen and an artwork."""
    whole, _ = written((0.95, 0.95, 0.95), (0.1, 0.1, 0.1), 20)
    images.save(tmp_path / "screen.png", whole[90:150, 140:260])
    images.save(tmp_path / "art.png", images.load(assets.artwork("swirl"), 64).rgb)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """An objective without a network, for what does not depend on it: tracing takes the time."""

    def pixels_alone(settings: Any, letters: np.ndarray) -> list[WeightedTerm]:
        return [*interface_terms(settings, letters)][-1:]

    monkeypatch.setattr("tfnst.synthesis.interface.interface_terms", pixels_alone)


def test_a_screen_is_restyled_as_options_say(tfnst: Call, home: Path) -> None:
    options = ("--strength", 0.7, "--style-scale", 2, "--seed", 5, "--paths", "--json")
    done = tfnst("restyle-ui", *PAIR, "-o", "made.webp", "--palette", "c.xml", *options, *QUICK)
    assert (done.status, done.err) == (0, "")
    *reports, last = map(json.loads, done.out.splitlines())
    assert {"content", "style", "structure", "pixels"} <= set(reports[-1]["distances"])
    assert (last["event"], last["output"], last["stopped"]) == ("done", "made.webp", False)
    picture = images.load("made.webp")
    assert picture.rgb.shape == (60, 120, 3)  # its own size
    settings = json.loads(picture.recipe or "")["settings"]
    assert (settings["size"], settings["strength"], settings["seed"]) == (120, 0.7, 5)
    assert Path("c.xml").read_text("utf-8").startswith("<?xml") and not Path("c.css").exists()


@pytest.mark.usefixtures("light")
def test_it_is_repeated_and_palettes_fill_a_folder(tfnst: Call, home: Path) -> None:
    done = tfnst("restyle-ui", *PAIR, "-o", "made.png", "--keep-text", "--palette", "theme", *FAST)
    assert done == (0, "", "")
    picture = images.load("made.png")
    assert picture.rgb.shape == (32, 64, 3)
    recipe = json.loads(picture.recipe or "")
    assert recipe["tfnst"] == "restyle-ui" and recipe["settings"]["keep_text"] is True
    assert (recipe["screen"]["path"], recipe["artwork"]["path"]) == PAIR
    assert sorted(file.name for file in Path("theme").iterdir()) == ["colors.css", "colors.xml"]
    assert "--background: #" in Path("theme/colors.css").read_text("utf-8")
    assert tfnst("repeat", "made.png", "-q") == (0, "made.png: the same, byte for byte\n", "")


@pytest.mark.usefixtures("light")
def test_no_recipe_and_what_is_stopped(
    tfnst: Call, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tfnst("restyle-ui", *PAIR, "-o", "bare.png", "--no-recipe", *FAST).status == 0
    assert images.load("bare.png").recipe is None
    run = StyleTransfer.run

    def interrupted(self: StyleTransfer, every: int = 10) -> object:
        yield next(run(self, 1))
        raise KeyboardInterrupt

    monkeypatch.setattr(StyleTransfer, "run", interrupted)
    done = tfnst("restyle-ui", *PAIR, "-o", "made.png", "--palette", "theme", *FAST)
    assert done.status == 130 and not Path("theme").exists()
    assert done.err == "tfnst: stopped after step 1; made.png holds the picture so far\n"
    assert json.loads(images.load("made.png").recipe or "")["steps_done"] == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["missing.png", "art.png", "-o", "o.png"], "missing.png: there is no such file"),
        ([*PAIR, "-o", "screen.png"], "screen.png is named twice"),
        ([*PAIR, "-o", "o.png", "--palette", "c.txt"], "--palette 'c.txt': name a .css or .xml"),
        ([*PAIR, "-o", "o.png", "--palette", "no/where"], "no"),
        ([*PAIR, "-o", "o.png", "--strength", "2"], "--strength is 2; use a number from 0 to 1"),
        ([*PAIR, "-o", "o.png", "--steps", "2,x"], "--steps holds 'x'; give a whole number"),
        ([*PAIR, "-o", "o.png", "--size", "8"], "--size is 8; use a whole number from 32"),
        ([*PAIR, "-o", "o.png", "--palette", "list"], "--palette 'list': name a .css or .xml"),
        (
            [*PAIR, "-o", "o.png", "--palette", "theme", "--network", "vgg16"],
            "network 'vgg16' is unknown",
        ),
        ([*PAIR, "-o", "o.png", "--no-recipe", "--paths"], "--paths goes without --no-recipe"),
        ([*PAIR, "-o", "o.txt"], "o.txt"),
    ],
)
def test_misuse_ends_in_one_line(tfnst: Call, home: Path, arguments: list[str], says: str) -> None:
    Path("list").touch()
    before = sorted(home.rglob("*"))
    done = tfnst("restyle-ui", *arguments)
    assert done.status == 2 and done.out == "" and done.err.count("\n") == 1
    assert says in done.err and sorted(home.rglob("*")) == before


@pytest.mark.usefixtures("light")
def test_a_large_screen_is_made_smaller_by_default(
    tfnst: Call, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tfnst.synthesis.interface_settings.LARGEST", 64)
    done = tfnst("restyle-ui", *PAIR, "-o", "made.png", *QUICK)
    assert done.status == 0
    assert max(images.load("made.png").rgb.shape) == 64 < max(images.load(PAIR[0]).rgb.shape)
    assert np.ptp(images.load("made.png").rgb) > 0.1
