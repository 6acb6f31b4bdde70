"""Training a style network by perceptual losses, on any Keras backend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from tfnst import datasets, images, losses
from tfnst.networks import HALO, StyleNetwork
from tfnst.settings import STYLE_LAYERS

PHOTO_WEIGHT = 50.0  # of the photo's own row: a mean square of 0.01, well visible, weighs ½
CONTENT_WEIGHT = 20.0  # a distance 0.05 too large pulls back twice as hard as style pulls
SHIFT, NOISE = 8, 0.03  # of the disturbance that the answer is to be stable under


@dataclass(frozen=True)
class TrainingSettings:
    """How a style network is trained; there is no weight of a loss to be found by trial.

    Attributes:
        batch: photos a step; every one gets its own style.
        size: side of the square crops of the photos, without the halo.
        style_size: long side of the artworks; strokes grow with it.
        content_distance: `losses.content_distance` that is free; a little more is reached.
        content_layers, style_layers, variation: as in `Settings`.
        photo_share: of the samples, those that train the photo's own row.
        mixture_share: those that mix two styles.
        stability: weight of the answer's change under noise and shifts.
        seed: of crops, styles and noise.
    """

    batch: int = 4
    size: int = 224
    style_size: int = 512
    content_distance: float = 0.15
    content_layers: tuple[str, ...] = ("block3_conv3", "block4_conv2")
    style_layers: tuple[str, ...] = STYLE_LAYERS
    variation: float = 2.0
    photo_share: float = 0.1
    mixture_share: float = 0.2
    stability: float = 1.0
    seed: int = 0


def style_targets(
    extractor: keras.Model, artworks: Sequence[np.ndarray], settings: TrainingSettings
) -> dict[str, losses.Gaussian]:
    """For each style layer the artworks' distributions, a Gaussian with batch dimension S.

    artworks: (H, W, 3) pictures in [0, 1]. Each is seen at its `style_size` and at 0.7 of it, so
    that strokes of both sizes belong to the style.
    """
    found: dict[str, list[losses.Gaussian]] = {name: [] for name in settings.style_layers}
    for artwork in artworks:
        views = []
        height, width, _ = artwork.shape
        for scale in (1.0, 0.7):
            long_side = min(round(scale * settings.style_size), max(height, width))
            small = images.resize(artwork, *images.fitted(height, width, long_side))
            views.append(extractor(small[None]))
        for name, each in found.items():
            seen = [losses.feature_statistics(view[name]) for view in views]
            each.append(losses.gaussian(losses.blend_statistics(seen, [1.0] * len(seen))))
    return {
        name: losses.Gaussian(*(ops.concatenate(part) for part in zip(*each, strict=True)))
        for name, each in found.items()
    }


class StyleTrainer(keras.Model):  # type: ignore[misc]
    """A style network and what it is judged by; `fit` it on `StyleBatches`.

    Perceptual losses after Johnson, Alahi & Fei-Fei, ECCV 2016, by any FeatureExtractor: the
    content distance and the Wasserstein style loss that one picture's optimisation uses. Content
    counts where its distance exceeds what is allowed, and the more so: a weight that had to follow
    the distance, as there, first rises while the network knows nothing, and then never comes down.

    Args:
        network: takes pictures with a halo of `HALO` px around what counts.
        extractor: a frozen model image → {layer: activation}.
        targets: of `style_targets`, in the order of the network's styles.
        settings: see `TrainingSettings`.
    """

    def __init__(
        self,
        network: StyleNetwork,
        extractor: keras.Model,
        targets: Mapping[str, losses.Gaussian],
        settings: TrainingSettings,
    ) -> None:
        super().__init__(name="style_trainer")
        self.network, self.settings = network, settings
        self.features = lambda image: extractor(image)  # a closure: checkpoints leave it out
        self.targets = {
            layer: losses.Gaussian(
                *(self._constant(f"{layer}_{k}", v) for k, v in target._asdict().items())
            )
            for layer, target in targets.items()
        }
        self.random = keras.random.SeedGenerator(settings.seed)
        names = ("style", "content", "photo", "stability")
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}
        self.built = True  # its parts are; Keras would ask for a call before it loads weights

    def _constant(self, name: str, value: Any) -> Any:
        weight = self.add_weight(name=name, shape=ops.shape(value), trainable=False)
        weight.assign(value)
        return weight

    def call(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        return self.network(inputs)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Mean over the batch of style, content, variation, the photo's own row, and stability."""
        photo, weights = inner(x["image"]), x["style_weights"]
        painted = inner(y_pred["stylized"])
        of_photo = weights[:, 0]
        mixture = weights[:, 1:] + 1e-6  # of equal shares where the photo's row has it all
        mixture /= ops.sum(mixture, 1, keepdims=True)
        style, content = self.judge(photo, painted, mixture)
        excess = ops.relu(content - self.settings.content_distance)
        smooth = self.settings.variation * losses.total_variation(painted)
        own = ops.mean(ops.square(painted - photo), (1, 2, 3)) * PHOTO_WEIGHT
        stability = self.settings.stability * self.instability(x, y_pred["stylized"])
        of_style = style + smooth + CONTENT_WEIGHT * ops.square(excess)
        total = (1 - of_photo) * of_style + of_photo * own
        for name, value, share in (
            ("style", style, 1 - of_photo),
            ("content", content, 1 - of_photo),
            ("photo", own / PHOTO_WEIGHT, of_photo),
        ):
            self.trackers[name].update_state(value, sample_weight=share)
        self.trackers["stability"].update_state(stability)
        return ops.mean(total) + stability

    def judge(self, photo: Any, painted: Any, mixture: Any) -> tuple[Any, Any]:
        """Style loss and content distance of each sample, (B,); mixtures mix the targets' rows."""
        wanted = {k: ops.stop_gradient(v) for k, v in self.features(photo).items()}
        seen = self.features(painted)
        style = 0.0
        for name, target in self.targets.items():
            blend = losses.Gaussian(*(ops.tensordot(mixture, part, 1) for part in target))
            style += losses.wasserstein_style_loss(losses.feature_statistics(seen[name]), blend)
        content = sum(
            losses.content_distance(seen[name], losses.standardize(wanted[name]))
            for name in self.settings.content_layers
        )
        return style / len(self.targets), content / len(self.settings.content_layers)

    def instability(self, x: Any, stylized: Any) -> Any:
        """How far the answer to a shifted and noisy photo is from the shifted answer.

        On a quarter of the batch; mean square. A shift has exact correspondence, so that no optical
        flow is needed (Ruder, Dosovitskiy & Brox, IJCV 2018, section 5, shift by artificial data).
        """
        count = max(1, self.settings.batch // 4)
        side = self.settings.size + 2 * HALO - SHIFT
        offset = ops.cast(keras.random.randint((2,), 1, SHIFT + 1, seed=self.random), "int32")
        start = [0, offset[0], offset[1], 0]
        shape = (count, side, side, 3)
        moved = ops.slice(x["image"], start, shape)
        noise = keras.random.normal(ops.shape(moved), 0.0, NOISE, seed=self.random)
        inputs = {"image": moved + noise, "style_weights": x["style_weights"][:count]}
        again = inner(self.network(inputs)["stylized"])
        return ops.mean(ops.square(again - inner(ops.slice(stylized, start, shape))))

    @property
    def metrics(self) -> list[Any]:
        """Trackers of the terms, beside those of Keras."""
        return [*super().metrics, *self.trackers.values()]


def inner(image: Any) -> Any:
    """A batch of pictures without their halo."""
    return image[:, HALO:-HALO, HALO:-HALO]


class StyleBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of crops, each with its own style: {image, style_weights}.

    The same for the same seed and step, whatever happened before; `epoch` says which
    `steps_per_epoch` come next. Fit with `shuffle=False` and the callback `Schedule`.
    """

    def __init__(
        self,
        photos: datasets.PhotoFolder,
        styles: int,
        settings: TrainingSettings,
        steps_per_epoch: int,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.photos, self.styles, self.settings = photos, styles, settings
        self.steps_per_epoch, self.epoch = steps_per_epoch, 0

    def __len__(self) -> int:
        return self.steps_per_epoch

    def __getitem__(self, index: int) -> tuple[dict[str, np.ndarray]]:
        step = self.epoch * self.steps_per_epoch + index
        side = self.settings.size + 2 * HALO
        crops = datasets.crops(self.photos, side, self.settings.batch, self.settings.seed, step)
        random = np.random.default_rng((self.settings.seed, step, 1))
        weights = [
            style_weights(random, self.styles, self.settings) for _ in range(self.settings.batch)
        ]
        return ({"image": next(crops), "style_weights": np.stack(weights)},)


class Schedule(keras.callbacks.Callback):  # type: ignore[misc]
    """Lets a resumed training see what an uninterrupted one would have: crops, styles and noise."""

    def __init__(self, batches: StyleBatches) -> None:
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.batches.epoch = epoch
        self.model.random.state.assign([self.batches.settings.seed % 2**31, epoch])


def style_weights(
    random: np.random.Generator, styles: int, settings: TrainingSettings
) -> np.ndarray:
    """Weights of photo and styles, (1 + S,) float32: the photo, one style or a mixture of two."""
    weights = np.zeros(1 + styles, np.float32)
    kind = random.random()
    if kind < settings.photo_share:
        weights[0] = 1
    elif kind < settings.photo_share + settings.mixture_share and styles > 1:
        first, second = 1 + random.choice(styles, 2, replace=False)
        weights[first] = random.random()
        weights[second] = 1 - weights[first]
    else:
        weights[1 + random.integers(styles)] = 1
    return weights
