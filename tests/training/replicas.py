"""Train a few steps on one logical processor, then on two; print the losses of both."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfnst import devices
from tfnst.features.vgg import FeatureExtractor
from tfnst.images.sizes import HALO
from tfnst.networks.settings import NetworkSettings
from tfnst.networks.style_network import StyleNetwork
from tfnst.training import settings as training_settings
from tfnst.training import style_trainer
from tfnst.training.targets import style_targets

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
layers = ("block1_conv1", "block2_conv1")
settings = training_settings.TrainingSettings(
    batch=4,
    size=64,
    style_sizes=(80, 100),
    content_layers=layers[1:],
    style_layers=layers,
    stability=0.0,
)
side = settings.size + 2 * HALO
random = np.random.default_rng(0)
images = random.random((12, side, side, 3), np.float32)
artworks = [[artwork] for artwork in random.random((2, 80, 80, 3), np.float32)]
weights = np.eye(3, dtype=np.float32)[1 + np.arange(12) % 2]
inputs = {"image": images, "style_weights": weights}
dataset = tf.data.Dataset.from_tensor_slices((inputs,)).batch(4, drop_remainder=True)


def history(count: int) -> dict[str, Any]:
    """Of a training on so many processors."""
    with tf.distribute.MirroredStrategy([f"/cpu:{i}" for i in range(count)]).scope():
        keras.utils.set_random_seed(0)
        extractor = FeatureExtractor("vgg19-lite", layers)
        network = StyleNetwork(["one", "two"], NetworkSettings((0, 8, 12), 1))
        targets = style_targets(extractor, artworks, settings, 1)
        trainer = style_trainer.StyleTrainer(network, extractor, targets, settings)
        trainer.compile(keras.optimizers.Adam(1e-3), jit_compile=False)
        trainer.optimizer.build(trainer.trainable_variables)  # or else the step is traced twice
    with devices.as_traced():
        fitted = trainer.fit(dataset, epochs=2, shuffle=False, verbose=0).history
    return {name: fitted[name] for name in ("loss", "style", "content")}


print(json.dumps([history(1), history(2)]))
