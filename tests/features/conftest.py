"""Networks and files of random weights, and no VGG-19 on this machine."""

from __future__ import annotations

from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from tfnst.features import vgg_architecture, vgg_weights

LITE = vgg_architecture.ARCHITECTURES["vgg19-lite"]
NAME = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"


@pytest.fixture(autouse=True)
def no_weights_on_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty Keras home of the test's own; returns where VGG-19's weights would lie in it."""
    monkeypatch.delenv(vgg_weights.WEIGHTS_VARIABLE, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    (tmp_path / "keras").mkdir()
    return tmp_path / "keras" / "models" / NAME


@pytest.fixture(scope="session")
def reference() -> keras.Model:
    """Keras' own VGG-19 with random weights, biases included, ending at every convolution."""
    keras.utils.set_random_seed(1)
    network = keras.applications.VGG19(weights=None, include_top=False)
    random = np.random.default_rng(1)
    for layer in network.layers:
        if layer.weights:
            kernel, bias = layer.get_weights()
            kernel = random.normal(0, np.sqrt(2 / np.prod(kernel.shape[:3])), kernel.shape)
            layer.set_weights([kernel, random.normal(0, 5, bias.shape)])
    layers = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    return keras.Model(network.input, {layer.name: layer.output for layer in layers})


def write_official(file: Path, network: keras.Model, root: str | None = None) -> Path:
    """The legacy layout: a group a layer, which names its weights in order; none for the pools."""
    with h5py.File(file, "w") as h5:
        top = h5.create_group(root) if root else h5
        pools = [f"block{block}_pool" for block in range(1, 6)]
        names = ["input_1", *sorted([*network.output, *pools])]
        top.attrs["layer_names"] = [name.encode() for name in names]
        for name in names:
            group = top.create_group(name)
            values = network.get_layer(name).get_weights() if name in network.output else []
            weights = [f"{name}_W_1:0", f"{name}_b_1:0"] if values else []
            group.attrs["weight_names"] = [weight.encode() for weight in weights]
            for weight, value in zip(weights, values, strict=True):
                group.create_dataset(weight, data=value)
    return file


@pytest.fixture(scope="session")
def official(reference: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_official(tmp_path_factory.mktemp("weights") / "official.h5", reference)


def picture(height: int = 32, width: int = 32, seed: int = 0, batch: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).random((batch, height, width, 3), np.float32)


def lite_arrays(seed: int = 0, layers: tuple[str, ...] = LITE.layers) -> dict[str, np.ndarray]:
    """Random weights of VGG-19-lite's shapes."""
    random = np.random.default_rng(seed)
    arrays, before = {}, 3
    for name in layers:
        width = LITE.widths[int(name[5]) - 1]
        kernel = random.normal(0, np.sqrt(2 / (9 * before)), (3, 3, before, width))
        arrays[f"{name}/kernel"] = kernel.astype("f")
        arrays[f"{name}/bias"] = random.normal(0, 0.1, width).astype("f")
        before = width
    return arrays
