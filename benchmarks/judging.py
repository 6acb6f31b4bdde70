"""Finished paintings judged: as the trainer measures them, and through a network of others'."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tfnst import losses
from tfnst.features import vgg, vgg_weights
from tfnst.training.distillation import load_teacher
from tfnst.training.settings import TrainingSettings
from tfnst.training.targets import judge, style_targets

LAYERS = tuple(f"block{number}_conv1" for number in range(1, 6))
SCALES = (1, 2, 4)  # pixels a side whose mean is one, of painting and artwork alike
CONTENT = "block4_conv1"


class Judge:
    """Judges paintings after one artwork, (H, W, 3) in [0, 1], through VGG-19-lite."""

    def __init__(self, artwork: np.ndarray) -> None:
        self.settings = TrainingSettings()
        layers = dict.fromkeys((*self.settings.style_layers, *self.settings.content_layers))
        self.extractor = vgg.FeatureExtractor(self.settings.extractor, tuple(layers))
        self.targets = style_targets(self.extractor, [[artwork]], self.settings, 1).statistics

    def __call__(self, photo: np.ndarray, painting: np.ndarray) -> np.ndarray:
        """(style loss, content distance) of a painting of that photo."""
        one, other = (tf.constant(picture[None], tf.float32) for picture in (photo, painting))
        measures = judge(self.extractor, one, other, self.targets, self.settings)
        return np.array([float(measure[0]) for measure in measures])


class Style(NamedTuple):
    """What an `IndependentJudge` sees of a picture's style.

    Attributes:
        grams: Gram matrices, (1, C, C), of each layer at each scale.
        finest: energy of the finest Laplacian band of luminance.
    """

    grams: list[list[np.ndarray]]
    finest: float


class IndependentJudge:
    """Judges paintings through a network that none of them was made with, at three scales.

    Args:
        file: an `.npz` as `tfnst distill` takes it for a teacher; where it has 1×1 convolutions
            `LAYER_head`, those estimate the activations of a larger network, and are seen instead.
    """

    COLUMNS = ("full", "half", "quarter", "content", "detail")

    def __init__(self, file: Path) -> None:
        teacher, arrays = load_teacher(file), vgg_weights.read_weights(file)

        def activations(image: Any) -> dict[str, Any]:
            outputs = teacher(image)
            return {name: self._head(arrays, name, outputs[name]) for name in LAYERS}

        self.activations = tf.function(activations, reduce_retracing=True)

    @staticmethod
    def _head(arrays: dict[str, np.ndarray], name: str, activation: Any) -> Any:
        if f"{name}_head/kernel" not in arrays:
            return activation
        kernel, bias = (arrays[f"{name}_head/{part}"] for part in ("kernel", "bias"))
        return tf.nn.relu(tf.nn.conv2d(activation, kernel, 1, "VALID") + bias)

    def _grams(self, picture: np.ndarray) -> list[list[np.ndarray]]:
        """Gram matrices of each layer at each scale."""
        image = tf.constant(picture[None], tf.float32)
        views = [self.activations(tf.nn.avg_pool2d(image, s, s, "VALID")) for s in SCALES]
        return [
            [np.asarray(losses.gram_matrix(losses.feature_statistics(view[name]))) for name in view]
            for view in views
        ]

    def _content(self, photo: np.ndarray, painting: np.ndarray) -> float:
        """1 less the correlation of activations, the mean over the channels that have any."""
        activations = (self.activations(picture[None])[CONTENT] for picture in (photo, painting))
        one, other = (np.reshape(values, (-1, values.shape[-1])) for values in activations)
        one, other = one - one.mean(0), other - other.mean(0)
        deviations = one.std(0) * other.std(0)
        alive = deviations > 1e-9
        return float(1 - ((one * other).mean(0)[alive] / deviations[alive]).mean())

    def measure(self, picture: np.ndarray) -> Style:
        """What is compared of a painting and its artwork, (H, W, 3) in [0, 1]."""
        return Style(self._grams(picture), float(losses.band_energies(picture[None])[0, 0, 0]))

    def __call__(self, photo: np.ndarray, painting: np.ndarray, artwork: Style) -> dict[str, float]:
        """What `COLUMNS` name, of a painting of a photo, (H, W, 3) in [0, 1].

        `full`, `half` and `quarter`: ‖G − G*‖ / ‖G*‖ of the Gram matrices of painting and artwork,
        the mean over five layers; `content`; `detail`: energy of the finest Laplacian band of
        luminance, over the artwork's.
        """
        painted = self.measure(painting)
        pairs = zip(painted.grams, artwork.grams, strict=True)
        style = [
            np.mean([np.linalg.norm(g - t) / np.linalg.norm(t) for g, t in zip(*pair, strict=True)])
            for pair in pairs
        ]
        values = (*style, self._content(photo, painting), painted.finest / artwork.finest)
        return dict(zip(self.COLUMNS, map(float, values), strict=True))


def matched_colors(photo: np.ndarray, artwork: np.ndarray) -> np.ndarray:
    """The photo with the mean and covariance of the artwork's colours: colour grading alone.

    The linear map of least change (Pitié & Kokaram, "The linear Monge–Kantorovitch linear colour
    mapping for example-based colour transfer", CVMP 2007).
    """
    colors, palette = photo.reshape(-1, 3), artwork.reshape(-1, 3)

    def power(matrix: np.ndarray, exponent: float) -> np.ndarray:
        values, vectors = np.linalg.eigh(matrix + 1e-6 * np.eye(3))
        return np.asarray((vectors * values**exponent) @ vectors.T)

    own, target = np.cov(colors.T), np.cov(palette.T)
    root, inverse = power(own, 0.5), power(own, -0.5)
    change = inverse @ power(root @ target @ root, 0.5) @ inverse
    mapped = (colors - colors.mean(0)) @ change + palette.mean(0)
    return np.clip(mapped, 0, 1).reshape(photo.shape).astype(np.float32)
