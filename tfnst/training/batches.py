"""What networks are trained on: batches of crops of photos."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from tfnst.images.sizes import HALO
from tfnst.training import photo_folder
from tfnst.training.artwork_views import ArtworkView
from tfnst.training.settings import AnyStyleTrainingSettings, TrainingSettings

ZOOM = 2.0  # crops are enlarged up to so much: large pictures have smooth places


class PhotoBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of crops, the same for the same seed and step, whatever happened before.

    Fit with `shuffle=False`.

    Args:
        photos: what the crops are of.
        settings: `batch`, `seed` and the crops' size.
        count: how many steps these are.
        first_step: which is the first of them.
        **options: of `keras.utils.PyDataset`, such as `workers`.
    """

    def __init__(
        self,
        photos: photo_folder.PhotoFolder,
        settings: Any,
        count: int,
        first_step: int = 0,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.photos, self.settings = photos, settings
        self.count, self.first_step = count, first_step

    def __len__(self) -> int:
        return self.count

    def crops(self, step: int, side: int, zoom: float = 1.0) -> np.ndarray:
        """The crops of a step, (batch, side, side, 3) float32 in [0, 1]."""
        chosen = self.settings
        return next(photo_folder.crops(self.photos, side, chosen.batch, chosen.seed, step, zoom))


class DistillationBatches(PhotoBatches):
    """What a `Distiller` learns from: disturbed crops, (batch, crop, crop, 3) in [0, 1].

    Made as `PhotoBatches` are, with `DistillationSettings`.
    """

    def __getitem__(self, index: int) -> tuple[np.ndarray]:
        step = self.first_step + index
        random = np.random.default_rng((self.settings.seed, step, 1))
        return (photo_folder.disturb(self.crops(step, self.settings.crop), random),)


class StyleBatches(PhotoBatches):
    """What a `StyleTrainer` learns from: crops, each with its own style.

    A batch is {image: (batch, size + 2·HALO, size + 2·HALO, 3) in [0, 1], style_weights: (batch,
    1 + S)}, and where the network has sizes of strokes, stroke: (batch, 1) in [0, 1]. For more than
    one epoch fit with the callback `Schedule`.

    Args:
        photos: what the crops are of.
        styles: the numbers of those to train, from 0.
        settings: see `TrainingSettings`.
        count: how many steps these are.
        first_step: which is the first of them.
        **options: of `keras.utils.PyDataset`, such as `workers`.
    """

    def __init__(
        self,
        photos: photo_folder.PhotoFolder,
        styles: range,
        settings: TrainingSettings,
        count: int,
        first_step: int = 0,
        **options: Any,
    ) -> None:
        super().__init__(photos, settings, count, first_step, **options)
        self.styles = styles

    def __getitem__(self, index: int) -> tuple[dict[str, np.ndarray]]:
        step, chosen = self.first_step + index, self.settings
        crops = self.crops(step, chosen.size + 2 * HALO, ZOOM)
        random = np.random.default_rng((chosen.seed, step, 1))
        weights = [style_weights(random, self.styles, chosen) for _ in range(chosen.batch)]
        batch = {"image": crops, "style_weights": np.stack(weights)}
        if chosen.network.strokes > 1:
            strokes = [stroke(random, chosen) for _ in range(chosen.batch)]
            batch["stroke"] = np.array(strokes, np.float32)[:, None]
        return (batch,)


class AnyStyleBatches(PhotoBatches):
    """What an `AnyStyleTrainer` learns from: crops, each with a view of an artwork.

    A batch is {image: (batch, size + 2·HALO, size + 2·HALO, 3) in [0, 1], style: (batch, V),
    strength: (batch, 1), stroke: (batch, 1)}, and the targets of paintings by the names that
    `StyleTargets` gives them.

    Args:
        photos: what the crops are of.
        views: of artworks, and of other pictures.
        settings: see `AnyStyleTrainingSettings`.
        count: how many steps these are.
        first_step: which is the first of them.
        **options: of `keras.utils.PyDataset`, such as `workers`.
    """

    def __init__(
        self,
        photos: photo_folder.PhotoFolder,
        views: tuple[Sequence[ArtworkView], Sequence[ArtworkView]],
        settings: AnyStyleTrainingSettings,
        count: int,
        first_step: int = 0,
        **options: Any,
    ) -> None:
        super().__init__(photos, settings, count, first_step, **options)
        self.views = views

    def __getitem__(self, index: int) -> tuple[dict[str, Any]]:
        step, chosen = self.first_step + index, self.settings
        crops = self.crops(step, chosen.size + 2 * HALO, ZOOM)
        random = np.random.default_rng((chosen.seed, step, 1))
        views = [self._view(random) for _ in range(chosen.batch)]
        strengths = [
            random.random() if random.random() < chosen.photo_share else 1.0 for _ in views
        ]
        joined = keras.tree.map_structure(lambda *parts: np.concatenate(parts), *views)
        batch = {"image": crops, "style": joined.style, "stroke": joined.stroke}
        batch |= joined.targets._asdict() | {"statistics": tuple(joined.targets.statistics)}
        batch["strength"] = np.array(strengths, np.float32)[:, None]
        return (batch,)

    def _view(self, random: np.random.Generator) -> ArtworkView:
        """One view, or the mean of two."""
        mixed = random.random() < self.settings.mixture_share
        share = random.random() if mixed else 1.0
        artworks, others = self.views
        views = []
        for _ in range(1 + mixed):
            group = others if others and random.random() < self.settings.other_share else artworks
            views.append(group[int(random.integers(len(group)))])
        if not mixed:
            return views[0]
        return keras.tree.map_structure(
            lambda one, other: (share * one + (1 - share) * other).astype(np.float32), *views
        )


class Schedule(keras.callbacks.Callback):  # type: ignore[misc]
    """Lets a resumed `fit` see what an uninterrupted one would have: crops, styles and noise.

    Args:
        batches: what is fitted on, an epoch long.
    """

    def __init__(self, batches: StyleBatches) -> None:
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Set the batches' steps and the noise to those of the epoch."""
        self.batches.first_step = epoch * len(self.batches)
        self.model.random.state.assign([self.batches.settings.seed % 2**31, epoch])


def style_weights(
    random: np.random.Generator, styles: range, settings: TrainingSettings
) -> np.ndarray:
    """Weights of photo and styles, (1 + S,) float32: one style, or two, or one at less strength."""
    weights = np.zeros(1 + styles.stop, np.float32)
    kind = random.random()
    if kind < settings.photo_share:
        weights[0] = random.random()
        weights[1 + random.choice(styles)] = 1 - weights[0]
    elif kind < settings.photo_share + settings.mixture_share and len(styles) > 1:
        first, second = 1 + random.choice(styles, 2, replace=False)
        weights[first] = random.random()
        weights[second] = 1 - weights[first]
    else:
        weights[1 + random.choice(styles)] = 1
    return weights


def stroke(random: np.random.Generator, settings: TrainingSettings) -> float:
    """From 0, the finest, to 1, the largest: one of these, or one between."""
    if random.random() < settings.mixture_share:
        return float(random.random())
    return float(random.integers(2))
