"""Training a network for any artwork: the decoder alone, by perceptual losses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from tfnst.networks.any_style import AnyStyleNetwork
from tfnst.training.settings import TrainingSettings
from tfnst.training.style_trainer import PHOTO_WEIGHT, inner, weighed
from tfnst.training.targets import STYLE_TERMS, StyleTargets, measure
from tfnst.training.trainer import Trainer, share_of_replica

TERMS = (*STYLE_TERMS, "photo")


class AnyStyleTrainer(Trainer):
    """A network for any artwork, and what it is judged by; `fit` it on `AnyStyleBatches`.

    Encoder and statistics stay as they are; what learns is the decoder, which sees moved
    activations, and through them any number of artworks.

    Args:
        network: takes pictures with a halo of `HALO` px around what counts.
        extractor: a frozen model image → {layer: activation}, of the losses.
        settings: see `TrainingSettings`.
    """

    def __init__(
        self, network: AnyStyleNetwork, extractor: keras.Model, settings: TrainingSettings
    ) -> None:
        super().__init__("any_style_trainer", TERMS, settings.seed)
        self.network, self.settings = network, settings
        self.features = lambda image: extractor(image)  # a closure: checkpoints leave it out

    def call(self, inputs: Mapping[str, Any]) -> Any:
        """(B, H, W, 3) of the network's inputs: the painting before the photo shows through."""
        return self.network.paint({name: inputs[name] for name in ("image", "style", "strength")})

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The sum of all `TERMS` by their weights, its mean over the batch."""
        photo, painted = inner(x["image"]), inner(y_pred)
        of_photo = 1 - x["strength"][:, 0]
        targets = StyleTargets(x["statistics"], x["bands"], x["coherence"])
        measured = measure(self.features, photo, painted, targets, self.settings, x["stroke"][:, 0])
        own = ops.mean(ops.square(painted - photo), (1, 2, 3))
        total = (1 - of_photo) * weighed(measured, self.settings) + of_photo * PHOTO_WEIGHT * own
        for name, value in measured.items():
            self.trackers[name].update_state(value, sample_weight=1 - of_photo)
        self.trackers["photo"].update_state(own, sample_weight=of_photo)
        return share_of_replica(ops.mean(total))
