"""Tests of tfnst.training.batches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tfnst import images
from tfnst.images.sizes import HALO
from tfnst.networks.settings import CONFIGURATIONS
from tfnst.training import batches, photo_folder
from tfnst.training.batches import DistillationBatches, StyleBatches
from tfnst.training.settings import DistillationSettings, TrainingSettings

SETTINGS = TrainingSettings(size=64)
SIDE = SETTINGS.size + 2 * HALO


@pytest.fixture
def photos(tmp_path: Path) -> photo_folder.PhotoFolder:
    random = np.random.default_rng(0)
    for number in range(3):
        images.save(tmp_path / f"{number}.png", random.random((90, 100, 3), np.float32))
    return photo_folder.PhotoFolder([tmp_path])


def test_batches_depend_on_seed_and_step_alone(photos: photo_folder.PhotoFolder) -> None:
    ahead = StyleBatches(photos, range(2), SETTINGS, 3, first_step=6)
    long = StyleBatches(photos, range(2), SETTINGS, 9)
    for index in range(3):
        for key in ("image", "style_weights"):
            np.testing.assert_array_equal(ahead[index][0][key], long[6 + index][0][key])
    assert long[0][0]["image"].shape == (2, SIDE, SIDE, 3)
    assert not np.array_equal(long[0][0]["image"], long[1][0]["image"])


def test_weights_are_of_photo_styles_and_mixtures() -> None:
    random = np.random.default_rng(0)
    drawn = np.stack([batches.style_weights(random, range(2, 5), SETTINGS) for _ in range(2000)])
    np.testing.assert_allclose(drawn.sum(1), 1, atol=1e-6)
    assert np.mean(drawn[:, 0] > 0) == pytest.approx(SETTINGS.photo_share, abs=0.03)
    mixed = (drawn[:, 1:] > 0).sum(1) == 2
    assert mixed.mean() == pytest.approx(SETTINGS.mixture_share, abs=0.03)
    assert (drawn[:, 1:3] == 0).all()
    np.testing.assert_allclose(drawn[:, 3:].sum(0) / drawn[:, 3:].sum(), 1 / 3, atol=0.03)


def test_strokes_are_the_ends_and_what_is_between(photos: photo_folder.PhotoFolder) -> None:
    random = np.random.default_rng(0)
    drawn = np.array([batches.stroke(random, SETTINGS) for _ in range(4000)])
    assert drawn.min() == 0 and drawn.max() == 1
    assert np.mean(drawn == 0) == pytest.approx((1 - SETTINGS.mixture_share) / 2, abs=0.03)
    assert np.mean(drawn == 1) == pytest.approx((1 - SETTINGS.mixture_share) / 2, abs=0.03)
    between = drawn[(drawn > 0) & (drawn < 1)]
    assert between.mean() == pytest.approx(0.5, abs=0.05) and between.std() > 0.25
    assert SETTINGS.network.strokes == 2
    ahead = StyleBatches(photos, range(2), SETTINGS, 1, first_step=3)[0][0]
    later = StyleBatches(photos, range(2), SETTINGS, 4)[3][0]
    assert later["stroke"].shape == (2, 1) and later["stroke"].dtype == np.float32
    np.testing.assert_array_equal(ahead["stroke"], later["stroke"])
    settings = replace(SETTINGS, network=CONFIGURATIONS["compact"])
    assert set(StyleBatches(photos, range(2), settings, 1)[0][0]) == {"image", "style_weights"}


def test_disturbed_crops_are_the_same_from_any_step(photos: photo_folder.PhotoFolder) -> None:
    def take(first_step: int, count: int, seed: int = 0) -> np.ndarray:
        settings = DistillationSettings(batch=2, crop=48, seed=seed)
        source = DistillationBatches(photos, settings, count, first_step)
        return np.stack([source[index][0] for index in range(len(source))])

    whole = take(0, 6)
    assert whole.shape == (6, 2, 48, 48, 3)
    np.testing.assert_array_equal(take(4, 2), whole[4:])
    assert not np.array_equal(take(0, 6, seed=1), whole)
