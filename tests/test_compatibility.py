"""Tests that files of version 0.1 go on working: networks, and the recipes of both kinds."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Call
from tfnst import images
from tfnst.networks import style_network

OLD = Path(__file__).parent / "fixtures" / "0.1"


@pytest.mark.parametrize("file", ["network.keras", "network.npz"])
def test_a_network_paints_as_it_did(file: str) -> None:
    read = style_network.read if file.endswith(".npz") else style_network.load_network
    network = read(OLD / file)
    assert network.styles == ("wave", "night")
    painted = network.stylize(images.load(OLD / "photo.png").rgb, {"wave": 7, "night": 3}, 0.8)
    np.testing.assert_allclose(painted, images.load(OLD / "applied.png").rgb, atol=2 / 255)


@pytest.mark.parametrize("kind", ["apply", "stylize"])
def test_a_recipe_is_painted_as_it_was(tfnst: Call, tmp_path: Path, kind: str) -> None:
    for file in OLD.iterdir():
        shutil.copy(file, tmp_path)
    name = {"apply": "applied.png", "stylize": "stylized.png"}[kind]
    old = images.load(OLD / name).rgb
    recipe, output = tmp_path / f"{kind}.json", tmp_path / "again.png"
    done = tfnst("repeat", tmp_path / name, "--recipe", recipe, "-o", output, "-q")
    # The bytes differ: the old picture is kept without its recipe, and versions are named in it.
    assert done.status in (0, 1) and output.is_file()
    # Gradient descent carries what processors round differently further than one pass does.
    np.testing.assert_allclose(
        images.load(output).rgb, old, atol=(5 if kind == "stylize" else 2) / 255
    )
