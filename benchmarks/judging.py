"""Style loss and content distance of finished paintings, as the trainer measures them."""

from __future__ import annotations

import numpy as np

from tfnst.features import vgg
from tfnst.training.settings import TrainingSettings
from tfnst.training.style_trainer import judge, style_targets


class Judge:
    """Judges paintings after one artwork, (H, W, 3) in [0, 1], through VGG-19-lite."""

    def __init__(self, artwork: np.ndarray) -> None:
        self.settings = TrainingSettings()
        layers = dict.fromkeys((*self.settings.style_layers, *self.settings.content_layers))
        self.extractor = vgg.FeatureExtractor(self.settings.extractor, tuple(layers))
        self.targets = style_targets(self.extractor, [artwork], self.settings).statistics

    def __call__(self, photo: np.ndarray, painting: np.ndarray) -> np.ndarray:
        """(style loss, content distance) of a painting of that photo."""
        seen, wanted = (self.extractor(picture[None]) for picture in (painting, photo))
        found = judge(seen, wanted, self.targets, self.settings.content_layers)
        return np.array([float(value[0]) for value in found])
