"""Pictures, files and profiles that the tests of this room share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

quick = settings(max_examples=30, deadline=None, database=None)

RECIPE = '{"tfnst": "1.0", "style": "night.jpg", "steps": 3}'
LOSSLESS = [".png", ".tif", ".tiff"]
WRITTEN = [".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff"]


def noise(height: int = 12, width: int = 17, channels: int = 3, seed: int = 0) -> np.ndarray:
    shape = (height, width, channels) if channels else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def slope(height: int = 48, width: int = 64) -> np.ndarray:
    """A smooth picture without any symmetry, which JPEG and WebP keep well."""
    y, x = np.mgrid[:height, :width] / max(height, width)
    return np.stack([0.1 + 0.8 * x, 0.2 + 0.6 * y, 0.3 + 0.5 * x * y], axis=2).astype(np.float32)


def stored(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def problem(call: object, *arguments: object, **keywords: object) -> str:
    """The message of the ValueError that a call must raise, which must be one line."""
    with pytest.raises(ValueError) as caught:
        call(*arguments, **keywords)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message
