"""Artworks and settings for tests of the style trainer and of its targets."""

from __future__ import annotations

import numpy as np

from tfnst.networks.settings import AnyStyleSettings, NetworkSettings
from tfnst.training.settings import AnyStyleTrainingSettings, TrainingSettings

LAYERS = ("block1_conv1", "block2_conv1")
SMALL = NetworkSettings((0, 8, 12), 1)
SETTINGS = TrainingSettings(
    batch=2,
    size=64,
    style_sizes=(80, 100),
    network=SMALL,
    stability=1.0,
    content_layers=("block2_conv1",),
    style_layers=LAYERS,
)
ANY_SETTINGS = AnyStyleTrainingSettings(
    steps=2,
    batch=2,
    size=64,
    network=AnyStyleSettings(
        dimensions=(4, 6, 8), widths=(4, 6, 8, 8), blocks=(1, 1, 1), middle=4, embedding=4
    ),
    content_layers=("block2_conv1",),
    style_layers=LAYERS,
    views=2,
    others=1,
    log_every=2,
)


def artworks() -> list[list[np.ndarray]]:
    random = np.random.default_rng(1)
    stripes = np.zeros((74, 80, 3), np.float32)
    stripes[::4] = [0.9, 0.4, 0.1]
    return [[stripes], [random.random((100, 82, 3), np.float32)]]


def halved(picture: np.ndarray, scale: int) -> np.ndarray:
    height, width = (side // scale * scale for side in picture.shape[:2])
    blocks = picture[:height, :width].reshape(height // scale, scale, width // scale, scale, 3)
    return blocks.mean((1, 3)).astype(np.float32)
