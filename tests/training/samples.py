"""Artworks and settings for tests of trainings, and a disk that is full."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from tfnst import files
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


def full_disk(monkeypatch: pytest.MonkeyPatch, name: str) -> list[object]:
    """Files of a name cannot be written any more; gives what HDF5 is opened in from now on."""
    honest, open_h5 = files.write_bytes, h5py.File
    opened: list[object] = []

    def full(target: Path, data: bytes) -> None:
        if target.name == name:
            raise files.FileError(target, "cannot be written (No space left on device)")
        honest(target, data)

    def noted(where: object, *arguments: Any, **options: Any) -> h5py.File:
        opened.append(where)
        return open_h5(where, *arguments, **options)

    monkeypatch.setattr(files, "write_bytes", full)
    monkeypatch.setattr(h5py, "File", noted)
    return opened
