"""Tests of tfnst.painting.painters: what paints, by name, file and artworks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tfnst import images
from tfnst.networks.any_style import AnyStyleNetwork
from tfnst.networks.style_network import StyleNetwork
from tfnst.painting.painters import ArtworkPainter, artwork_names, open_painter

RANDOM = np.random.default_rng(0)
PHOTO, ARTWORK, OTHER = (RANDOM.random((h, 40, 3), np.float32) for h in (32, 48, 24))


def test_an_artwork_painter_paints_by_name_as_its_network_does(
    any_network: AnyStyleNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    painter = ArtworkPainter(any_network, {"one": ARTWORK, "two": OTHER})
    assert painter.styles == ("one", "two") and painter.strokes == 2 and painter.side is None
    np.testing.assert_allclose(
        painter.stylize(PHOTO, "one"), any_network.stylize(PHOTO, ARTWORK), atol=1e-6
    )
    mixed = any_network.stylize(
        PHOTO, {"one": ARTWORK, "two": OTHER}, 0.5, {"one": 3, "two": 1}, stroke=1.0
    )
    shares = {"one": 3.0, "two": 1.0}
    np.testing.assert_allclose(painter.stylize(PHOTO, shares, 0.5, stroke=1.0), mixed, atol=1e-6)
    described: list[Any] = []
    monkeypatch.setattr(AnyStyleNetwork, "description", lambda *given: described.append(given))
    np.testing.assert_allclose(painter.stylize(PHOTO, shares, 0.5, stroke=1.0), mixed, atol=1e-6)
    assert not described  # once for each stroke
    with pytest.raises(ValueError, match="style 'three' is unknown; use one, two"):
        painter.stylize(PHOTO, "three")


def test_painters_are_opened_by_name_file_and_artworks(
    any_network: AnyStyleNetwork, small_network: StyleNetwork, tmp_path: Path
) -> None:
    any_network.save(tmp_path / "any.keras")
    small_network.save(tmp_path / "my.keras")
    images.save(tmp_path / "wave.png", ARTWORK)
    assert isinstance(open_painter(tmp_path / "my.keras"), StyleNetwork)
    painter = open_painter(tmp_path / "any.keras", [tmp_path / "wave.png"])
    assert isinstance(painter, ArtworkPainter) and painter.styles == ("wave",)
    np.testing.assert_allclose(painter.artworks["wave"], ARTWORK, atol=1 / 255)
    with pytest.raises(ValueError, match="is no network for any artwork"):
        open_painter(tmp_path / "my.keras", [tmp_path / "wave.png"])
    with pytest.raises(ValueError, match="give one or more"):
        open_painter("any")


def test_artworks_are_called_as_their_files_and_each_once() -> None:
    assert artwork_names(["a/one.png", Path("two.jpg")]) == ("one", "two")
    with pytest.raises(ValueError, match="artwork 'one' is there twice"):
        artwork_names(["a/one.png", "b/one.jpg"])
