"""Pictures for tests of analogies: something natural, and maps of labels."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

LABELS = np.array([(0.1, 0.2, 0.8), (0.2, 0.7, 0.2), (0.9, 0.8, 0.1)], np.float32)


def grass(seed: int, height: int, width: int) -> np.ndarray:
    """Noise with more of what is large, and of luminance, as photos have: (height, width, 3)."""
    random = np.random.default_rng(seed)
    picture = np.zeros((height, width, 3))
    for deviation in (1.5, 3.0, 6.0):
        noise = gaussian_filter(random.normal(size=(height, width, 3)), (deviation, deviation, 0))
        picture += deviation * (2 * noise[..., :1] + 0.5 * noise)
    return (0.5 + 0.08 * picture).clip(0, 1).astype(np.float32)


def labels(seed: int, height: int, width: int) -> np.ndarray:
    """Three colours in wavy bands: (height, width, 3)."""
    phase, slope = np.random.default_rng(seed).random(2)
    rows, columns = np.indices((height, width))
    edge = rows / height + 0.1 * np.sin(6.3 * (columns / width + phase)) + 0.3 * (slope - 0.5)
    return LABELS[(edge * 3).astype(int).clip(0, 2)]
