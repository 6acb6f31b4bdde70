"""Tests of the command grid, end to end on small pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Call, untrained
from tfnst import assets, images
from tfnst.networks.style_network import StyleNetwork


@pytest.fixture(scope="module")
def network() -> StyleNetwork:
    return untrained("wave", "night", "scream", strokes=2)


@pytest.fixture
def home(network: StyleNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A photo, an artwork, and a network."""
    monkeypatch.chdir(tmp_path)
    images.save("photo.png", images.load(assets.photo(), 48).rgb)
    images.save("art.png", images.load(assets.artwork("swirl"), 64).rgb)
    network.save("my.keras")
    return tmp_path


def test_a_sheet_holds_what_the_network_paints(
    tfnst: Call, home: Path, network: StyleNetwork
) -> None:
    along = ("--across", "stroke=0,1", "--down", "strength=0.5,1", "--style", "wave,night=2")
    ended = tfnst("grid", "photo.png", "-o", "out.png", "--model", "my.keras", *along, "--size", 48)
    assert (ended.status, ended.err) == (0, "") and ended.out.startswith("out.png  2×2  ")
    sheet, photo = images.load("out.png").rgb, images.load("photo.png").rgb
    height, width, _ = photo.shape
    assert sheet.shape == (24 + 2 * height + 6, 24 + 2 * width + 6, 3)
    cell = network.stylize(photo, {"wave": 1, "night": 2}, 0.5, stroke=1.0)
    np.testing.assert_allclose(sheet[24 : 24 + height, 24 + width + 6 :], cell, atol=1.5 / 255)
    assert sheet[:24].min() < 0.5  # labels


def test_between_styles_as_lines_of_json(tfnst: Call, home: Path) -> None:
    between = ("--between", "wave,night,scream", "--columns", 3, "--rows", 2)
    ended = tfnst("grid", "photo.png", "-o", "out.jpg", "--model", "my.keras", *between, "--json")
    events = [json.loads(line) for line in ended.out.splitlines()]
    assert [event["event"] for event in events] == ["progress"] * 6 + ["done"]
    assert ended.status == 0 and Path("out.jpg").exists()


def test_along_settings_of_an_optimisation(tfnst: Call, home: Path) -> None:
    along = ("--across", "strength=0,0.5", "--artwork", "art.png", "--stylize", "--size", 48)
    assert tfnst("grid", "photo.png", "-o", "out.png", *along, "-q") == (0, "", "")
    sheet, photo = images.load("out.png").rgb, images.load("photo.png").rgb
    width = photo.shape[1]
    np.testing.assert_allclose(sheet[24:, :width], photo, atol=1.5 / 255)
    assert np.abs(sheet[24:, width + 6 :] - photo).mean() > 0.03


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "give --between NAME,NAME or --across NAME=VALUE,VALUE; one of them"),
        (["--between", "a,b", "--across", "stroke=0,1"], "one of them"),
        (["--between", "a,b", "--down", "stroke=0,1"], "--down goes with --across"),
        (["--across", "strength=0,1", "--stylize"], "--stylize goes with --artwork"),
        (["--across", "strength"], "give NAME=VALUE,VALUE"),
        (["--across", "style=wave,day"], "style 'day' is unknown; use wave, night"),
        (["--between", "wave,night", "--columns", "1"], "a sheet of 1×1 cells"),
        (["--across", "strength=0,1", "--artwork", "none.png"], "none.png: there is no such file"),
        (["--between", "wave,night", "--style", "wave"], "--style goes with --across"),
        (["--across", "style=wave", "--style", "wave"], "style is on an axis; give one of them"),
        (["--across", "strength=0,1", "--columns", "2"], "--columns goes with --between"),
        (["--between", "wave,night", "--rows", "2"], "--rows with three styles or four"),
        (["--between", "wave,night", "--columns", "0"], "a sheet of 0×1 cells"),
        (["--across", "hue=1,2"], "axis 'hue' is unknown; use one of style, strength"),
        (["--across", "size=32,64", "--artwork", "art.png", "--stylize"], "axis 'size' is unknown"),
    ],
)
def test_misuse_is_one_line_and_leaves_no_file(
    tfnst: Call, home: Path, arguments: list[str], says: str
) -> None:
    model = [] if "--stylize" in arguments or "--artwork" in arguments else ["--model", "my.keras"]
    ended = tfnst("grid", "photo.png", "-o", "out.png", *model, *arguments)
    assert ended.status == 2 and ended.err.count("\n") == 1 and says in ended.err
    assert not Path("out.png").exists()
