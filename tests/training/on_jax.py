"""Train a few steps on Keras' JAX backend; print the losses. JAX has to be installed."""

from __future__ import annotations

import json
import os

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np

from tfnst.features.vgg import FeatureExtractor
from tfnst.images.sizes import HALO
from tfnst.networks.settings import NetworkSettings
from tfnst.networks.style_network import StyleNetwork
from tfnst.training import settings as training_settings
from tfnst.training import style_trainer
from tfnst.training.targets import style_targets

layers = ("block1_conv1", "block2_conv1")
settings = training_settings.TrainingSettings(
    size=64, style_sizes=(80, 100), content_layers=layers[1:], style_layers=layers
)
side = settings.size + 2 * HALO
random = np.random.default_rng(0)
keras.utils.set_random_seed(0)
inputs = {
    "image": random.random((12, side, side, 3), np.float32),
    "style_weights": np.eye(3, dtype=np.float32)[1 + np.arange(12) % 2],
}
extractor = FeatureExtractor("vgg19-lite", layers)
network = StyleNetwork(["one", "two"], NetworkSettings((0, 8, 12), 1))
targets = style_targets(extractor, [[one] for one in random.random((2, 80, 80, 3), "f")], settings)
trainer = style_trainer.StyleTrainer(network, extractor, targets, settings)
trainer.compile(style_trainer.Optimizer(5e-3))
history = trainer.fit(inputs, batch_size=2, epochs=8, shuffle=False, verbose=0).history
print(json.dumps({"backend": keras.backend.backend(), "loss": history["loss"]}))
