"""Tests of tfnst.painting.morphs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import untrained
from tfnst import images
from tfnst.networks.style_network import StyleNetwork
from tfnst.painting import morphs
from tfnst.painting.appearance import Look


@pytest.fixture(scope="module")
def network() -> StyleNetwork:
    return untrained("wave", "night", "scream")


def photo(height: int = 40, width: int = 52) -> np.ndarray:
    return np.random.default_rng(0).random((height, width, 3), np.float32)


def test_a_morph_begins_and_ends_with_its_styles(network: StyleNetwork) -> None:
    picture = images.Picture(photo())
    frames = list(morphs.morph(network, picture, ["wave", "night", "wave"], 5, Look({})))
    assert len(frames) == 5
    for frame, shares in zip(
        frames,
        ["wave", {"wave": 1, "night": 1}, "night", {"wave": 1, "night": 1}, "wave"],
        strict=True,
    ):
        np.testing.assert_allclose(frame, network.stylize(photo(), shares), atol=1e-5)
    with pytest.raises(ValueError, match="give two or more"):
        list(morphs.morph(network, picture, ["wave"], 5, Look({})))
    alpha = np.zeros((40, 52), np.float32)
    alpha[:, 26:] = 1
    for clear in morphs.morph(
        network, images.Picture(photo(), alpha), ["wave", "night"], 2, Look({})
    ):
        assert (clear[:, :26] == 1).all() and (clear[:, 26:] < 1).any()


def test_a_morph_has_its_stroke() -> None:
    network, picture = untrained("wave", "night", strokes=2), images.Picture(photo(32, 32))
    film = list(morphs.morph(network, picture, ["wave", "night"], 2, Look({}, stroke=0.2)))
    for frame, name in zip(film, ("wave", "night"), strict=True):
        expected = network.stylize(picture.rgb, name, stroke=0.2)
        np.testing.assert_allclose(frame, expected, atol=1e-5)


def test_a_morph_of_a_file_becomes_a_file(network: StyleNetwork, tmp_path: Path) -> None:
    images.save(tmp_path / "photo.png", photo())
    arguments = (network, tmp_path / "photo.png", tmp_path / "film.gif")
    with pytest.raises(ValueError, match="'wave' is one style; a morph takes two or more"):
        morphs.write_morph(*arguments, ["wave"], 3, Look({}, size=32))
    assert not (tmp_path / "film.gif").exists()
    morphs.write_morph(*arguments, ["wave", "night", "wave"], 3, Look({}, size=32))
    with Image.open(tmp_path / "film.gif") as film:
        assert (film.n_frames, film.size) == (3, (32, 25))
