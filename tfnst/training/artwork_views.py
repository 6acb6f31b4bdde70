"""Many views of artworks, measured once: what a network for any artwork learns from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from tfnst import images
from tfnst.images.color import LUMA
from tfnst.training.settings import TrainingSettings
from tfnst.training.targets import StyleTargets, view_targets

SIDES = (288, 384, 512, 704)  # of views, in pixels: few, for each is compiled once
STROKE_SIDES = (384, 704)  # of squares whose strokes count as the finest and the largest
COLOURED = 0.4  # of the views, those in other colours


class ArtworkView(NamedTuple):
    """An artwork, or a part of it, at some size and in some colours.

    Attributes:
        style: `AnyStyleNetwork.describe` of it, (1, V).
        targets: what paintings after it are to be like, of batch dimension 1.
        stroke: how large its strokes are, (1, 1) from 0 to 1.
    """

    style: np.ndarray
    targets: StyleTargets
    stroke: np.ndarray


def measured_views(
    file: Path,
    count: int,
    measured: Callable[[np.ndarray], tuple[np.ndarray, StyleTargets]],
    seed: Sequence[int],
) -> list[ArtworkView]:
    """Some views of an artwork, the same for the same seed.

    Args:
        file: of the artwork.
        count: how many views.
        measured: see `measuring`.
        seed: whole numbers.

    Returns:
        The views.
    """
    artwork, random = images.load(file, 2 * SIDES[-1]).over_white(), np.random.default_rng(seed)
    views = []
    for _ in range(count):
        picture = _square(artwork, random)
        if random.random() < COLOURED:
            picture = recoloured(picture, random)
        side = random.choice([s for s in SIDES if s <= max(SIDES[0], picture.shape[0])])
        picture = images.resize(picture, side, side)
        span = np.log(STROKE_SIDES[1] / STROKE_SIDES[0])
        stroke = np.clip(np.log(side / STROKE_SIDES[0]) / span, 0, 1)
        style, targets = measured(picture[None])
        views.append(ArtworkView(style, targets, np.full((1, 1), stroke, np.float32)))
    return views


def measuring(
    describe: Callable[[Any], Any], extractor: keras.Model, settings: TrainingSettings
) -> Callable[[np.ndarray], tuple[np.ndarray, StyleTargets]]:
    """What describes and measures a picture, (1, H, W, 3), for `measured_views`.

    Args:
        describe: (1, H, W, 3) → (1, V).
        extractor: of the losses.
        settings: which layers count.
    """

    def measured(picture: Any) -> Any:
        return describe(picture), view_targets(extractor, [picture], settings)

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        graph = tf.function(measured)
    else:
        graph = measured
    return lambda picture: keras.tree.map_structure(keras.ops.convert_to_numpy, graph(picture))


def _square(artwork: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A square of 0.6 to all of the shorter side."""
    shorter = min(artwork.shape[:2])
    side = round(shorter * random.uniform(0.6, 1))
    top, left = (random.integers(full - side + 1) for full in artwork.shape[:2])
    return artwork[top : top + side, left : left + side]


def recoloured(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A picture with its hues turned, and more or less saturation and contrast.

    Args:
        picture: (H, W, 3) in [0, 1].
        random: draws by how much.

    Returns:
        Likewise.
    """
    angle = random.uniform(0, 2 * np.pi)
    axis = np.full(3, 3**-0.5)
    cross = np.cross(np.eye(3), axis)
    turn = np.cos(angle) * np.eye(3) + np.sin(angle) * cross
    turn += (1 - np.cos(angle)) * np.outer(axis, axis)
    grey = np.outer(LUMA, np.ones(3))
    saturation = random.uniform(0.5, 1.4)
    matrix = turn @ (saturation * np.eye(3) + (1 - saturation) * grey)
    contrast, mean = np.exp(random.normal(0, 0.15)), picture.mean((0, 1))
    coloured = mean + contrast * (picture - mean)
    return np.clip(coloured @ matrix, 0, 1).astype(np.float32)
