"""What trainers have in common: a loss of several terms, each followed by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from tfnst import devices


class Trainer(keras.Model):  # type: ignore[misc]
    """A model whose `compute_loss` knows what it is to learn; `fit` it on batches of pictures.

    `random` is for the loss's own draws; `trackers` hold the terms' means.

    Args:
        name: of the model.
        terms: names of what is followed beside the loss.
        seed: of the draws.
    """

    def __init__(self, name: str, terms: Sequence[str], seed: int) -> None:
        super().__init__(name=name, dtype="float32")
        self.random = keras.random.SeedGenerator(seed)
        self.trackers = {term: keras.metrics.Mean(term, dtype="float32") for term in terms}
        self.built = True  # its parts are; Keras would ask for a call before it loads weights

    @property
    def metrics(self) -> list[Any]:
        """Trackers of the terms, beside those of Keras."""
        return [*super().metrics, *self.trackers.values()]

    def train_step(self, *arguments: Any) -> Any:
        """Keras' own, whose graph does not outlive the trainer."""
        logs = super().train_step(*arguments)
        devices.forget_gradients()
        return logs


def share_of_replica(loss: Any) -> Any:
    """A replica's part of the loss: under `tf.distribute` Keras adds up those of all replicas."""
    if keras.backend.backend() != "tensorflow":
        return loss
    import tensorflow as tf

    return loss / tf.distribute.get_strategy().num_replicas_in_sync
