"""Tests of tfnst.training.artwork_views."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.samples import ANY_SETTINGS, LAYERS
from tfnst import images
from tfnst.features.vgg import FeatureExtractor
from tfnst.networks.any_style import AnyStyleNetwork
from tfnst.training import artwork_views
from tfnst.training.artwork_views import measured_views, measuring, recoloured
from tfnst.training.targets import view_targets


@pytest.fixture
def artwork(tmp_path: Path) -> Path:
    random = np.random.default_rng(1)
    coarse = images.resize(random.random((7, 9, 3), np.float32), 120, 160)
    images.save(tmp_path / "artwork.png", coarse)
    return tmp_path / "artwork.png"


def test_views_are_measured_squares_the_same_for_the_same_seed(
    artwork: Path, any_network: AnyStyleNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artwork_views, "SIDES", (64, 96))
    monkeypatch.setattr(artwork_views, "STROKE_SIDES", (64, 96))
    monkeypatch.setattr(artwork_views, "COLOURED", 0.0)
    extractor, pictures = FeatureExtractor("vgg19-lite", LAYERS), []
    measured = measuring(any_network.describe, extractor, ANY_SETTINGS)

    def watched(picture: np.ndarray) -> object:
        pictures.append(picture)
        return measured(picture)

    views = measured_views(artwork, 4, watched, (0, 1))  # type: ignore[arg-type]
    assert {picture.shape for picture in pictures} <= {(1, 64, 64, 3), (1, 96, 96, 3)}
    for view, picture in zip(views, pictures, strict=True):
        assert view.stroke == [[float(picture.shape[1] == 96)]]
        style = any_network.describe(picture)
        np.testing.assert_allclose(view.style, style, atol=1e-4)
        expected = view_targets(extractor, [picture], ANY_SETTINGS)
        np.testing.assert_allclose(view.targets.bands, expected.bands, rtol=1e-4)
        assert set(view.targets.statistics[0]) == set(LAYERS)
    again = measured_views(artwork, 4, measured, (0, 1))
    for one, other in zip(views, again, strict=True):
        np.testing.assert_array_equal(one.style, other.style)
    assert np.abs(views[0].style - views[1].style).max() > 1e-3


def test_other_colours_have_the_same_lights_and_darks_about() -> None:
    picture = np.random.default_rng(0).random((20, 30, 3), np.float32) * 0.5 + 0.25
    others = [recoloured(picture, np.random.default_rng(seed)) for seed in range(8)]
    for other in others:
        assert other.dtype == np.float32 and 0 <= other.min() <= other.max() <= 1
        assert np.corrcoef(picture.mean(-1).ravel(), other.mean(-1).ravel())[0, 1] > 0.6
    hues = {int((other.mean((0, 1)) - other.mean()).argmax()) for other in others}
    assert np.abs(others[0] - others[1]).mean() > 0.02 and len(hues) > 1


def test_grey_stays_grey_in_other_colours() -> None:
    grey = np.repeat(np.random.default_rng(0).random((9, 9, 1), np.float32), 3, 2)
    other = recoloured(grey, np.random.default_rng(1))
    np.testing.assert_allclose(other, other.mean(-1, keepdims=True).repeat(3, 2), atol=1e-5)
