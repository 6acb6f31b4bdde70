"""What Keras may do with any layer or model: save, load, copy, and make part of a larger one."""

from __future__ import annotations

import copy
import importlib
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from tests.conftest import untrained, untrained_any
from tfnst.export.conversion import deployable
from tfnst.features.vgg import FeatureExtractor
from tfnst.networks.architecture import ICNR
from tfnst.networks.layers import (
    ConditionalInstanceNormalization,
    CropAs,
    DepthToSpace,
    MirrorPadding,
    Smooth,
    Upsample,
)
from tfnst.networks.random_style import RandomStyle
from tfnst.networks.settings import NetworkSettings
from tfnst.networks.style_network import StyleNetwork
from tfnst.networks.transport import Description, Routes, Transport
from tfnst.training.style_trainer import Optimizer

PACKAGE = Path(importlib.import_module("tfnst").__file__ or "").parent
NOT_SAVED = {
    "Trainer",
    "StyleTrainer",
    "AnyStyleTrainer",
    "Distiller",
}  # they hold what trains; the networks in them are saved
SMALL = NetworkSettings((4, 6, 8), 1, "residual", head="convolution")
DTYPES = ("float32", "mixed_bfloat16", "mixed_float16")

image = np.random.default_rng(0).random((1, 32, 40, 3), np.float32)
deep = np.random.default_rng(1).random((1, 8, 12, 8), np.float32)
inner = deep[:, 2:-2, 2:-2, :3]
shares = np.array([[0.2, 0.5, 0.3]], np.float32)


def layer_model(layer: keras.layers.Layer, *inputs: np.ndarray) -> keras.Model:
    symbols = [keras.Input(array.shape[1:], name=f"input{i}") for i, array in enumerate(inputs)]
    model = keras.Model(symbols, layer(*symbols))
    random = np.random.default_rng(2)
    model.set_weights([w + random.normal(0, 0.3, w.shape) for w in model.get_weights()])
    return model


def normalization(dtype: str) -> keras.Model:
    layer = ConditionalInstanceNormalization(3, epsilon=0.1, dtype=dtype)
    return layer_model(layer, deep, shares)


def sub_pixel(dtype: str) -> keras.Model:
    options: dict[str, Any] = dict(kernel_initializer=ICNR(), dtype=dtype)
    return layer_model(keras.layers.Conv2D(4, 3, padding="same", **options), deep)


def network(dtype: str) -> StyleNetwork:
    made = untrained("wave", "night")
    return made.with_styles(made.styles, dtype)


def johnson(dtype: str) -> StyleNetwork:
    return StyleNetwork(["wave", "night"], SMALL, dtype)


def extractor(dtype: str) -> FeatureExtractor:
    layers = ["block1_conv2", "block3_conv1"]
    return FeatureExtractor("vgg19-lite", layers, "average", dtype=dtype, name="eye")


def random_style(dtype: str) -> keras.Model:
    options: dict[str, Any] = {"value_range": (0, 1), "network": untrained("wave", "night")}
    return layer_model(RandomStyle(1, 0.8, ["wave"], dtype=dtype, **options), image)


described = np.tile(np.eye(8, dtype="f")[np.triu_indices(8)], (1, 1))
described = np.concatenate([np.full((1, 8), 0.5, "f"), described], 1)
whole = np.ones((1, 1), np.float32)
matrices = np.random.default_rng(3).random((1, 8, 8), np.float32)
offsets, ways = matrices[:, 0], np.ones((1, 8, 12, 1), np.float32)
any_inputs = {
    "image": np.random.default_rng(4).random((1, 32, 48, 3), np.float32),
    "style": np.random.default_rng(5).random((1, 85), np.float32),
    "strength": np.full((1, 1), 0.7, np.float32),
}
pair = {"image": image, "style_weights": shares}
everywhere = {"image": image, "style_weights": np.full((1, 32, 40, 3), 1 / 3, np.float32)}
CASES: dict[str, tuple[Callable[[str], keras.Model], Any]] = {
    "ConditionalInstanceNormalization": (normalization, [deep, shares]),
    "DepthToSpace": (lambda dtype: layer_model(DepthToSpace(dtype=dtype), deep), [deep]),
    "Upsample": (lambda dtype: layer_model(Upsample(dtype=dtype), deep), [deep]),
    "MirrorPadding": (lambda dtype: layer_model(MirrorPadding(3, dtype=dtype), deep), [deep]),
    "CropAs": (
        lambda dtype: layer_model(CropAs(2, dtype=dtype), deep, inner),
        [deep, inner],
    ),
    "Smooth": (lambda dtype: layer_model(Smooth(dtype=dtype), deep), [deep]),
    "ICNR": (sub_pixel, [deep]),
    "StyleNetwork": (network, pair),
    "StyleNetwork, johnson": (johnson, pair),
    "StyleNetwork, mapped": (lambda dtype: network(dtype).mapped(), everywhere),
    "StyleNetwork, deployable": (lambda dtype: deployable(network(dtype)), pair),
    "FeatureExtractor": (extractor, image),
    "Description": (lambda dtype: layer_model(Description(dtype="float32"), deep), [deep]),
    "Transport": (
        lambda dtype: layer_model(Transport(dtype="float32"), deep, described, whole),
        [deep, described, whole],
    ),
    "Routes": (
        lambda dtype: layer_model(Routes(dtype="float32"), deep, matrices, offsets, ways),
        [deep, matrices, offsets, ways],
    ),
    "RandomStyle": (random_style, [image]),
    "AnyStyleNetwork": (lambda dtype: untrained_any(), any_inputs),
}


def classes(*kinds: type) -> set[type]:
    """Those of our own that are of these kinds."""
    files = (file.relative_to(PACKAGE.parent) for file in PACKAGE.rglob("[!_]*.py"))
    modules = [importlib.import_module(".".join(file.with_suffix("").parts)) for file in files]
    members = [member for module in modules for member in vars(module).values()]
    ours = {c for c in members if isinstance(c, type) and c.__module__.startswith("tfnst.")}
    return {member for member in ours if issubclass(member, kinds)}


def answers(model: keras.Model, inputs: Any) -> list[np.ndarray]:
    flat = keras.tree.flatten(model(inputs))
    return [ops.convert_to_numpy(ops.cast(answer, "float32")) for answer in flat]


def same(one: keras.Model, other: keras.Model, inputs: Any) -> None:
    for mine, theirs in zip(answers(one, inputs), answers(other, inputs), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def saved(model: keras.Model, folder: Path) -> keras.Model:
    model.save(folder / "model.keras")
    return keras.models.load_model(folder / "model.keras")


def clone(model: keras.Model) -> keras.Model:
    made = keras.models.clone_model(model)
    made.set_weights(model.get_weights())
    return made


def test_every_class_has_its_case() -> None:
    kinds = classes(keras.layers.Layer, keras.initializers.Initializer)
    assert {c.__name__ for c in kinds} - NOT_SAVED == {name.split(",")[0] for name in CASES}


def test_every_class_is_registered() -> None:
    kinds = (keras.layers.Layer, keras.initializers.Initializer, keras.optimizers.Optimizer)
    for member in classes(*kinds):
        if member.__name__ not in NOT_SAVED:
            name = f"tfnst>{member.__name__}"
            assert keras.saving.get_registered_object(name) is member, name


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CASES)
def test_it_is_saved_loaded_copied_and_made_part_of_more(
    case: str, dtype: str, tmp_path: Path
) -> None:
    make, inputs = CASES[case]
    model = make(dtype)
    assert all(np.isfinite(answer).all() for answer in answers(model, inputs))
    same(model, clone(model), inputs)  # to Keras a clone is a plain functional model
    for other in (saved(model, tmp_path), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert type(other) is type(model)
        assert json.dumps(other.get_config()) == json.dumps(model.get_config())
        same(model, other, inputs)
    symbols = keras.tree.map_structure(
        lambda x: keras.Input(batch_shape=x.shape, name=x.name), model.input
    )
    larger = keras.Model(symbols, keras.tree.map_structure(lambda x: 2 * x, model(symbols)))
    same(larger, saved(larger, tmp_path), inputs)
    for twice, once in zip(answers(larger, inputs), answers(model, inputs), strict=True):
        np.testing.assert_allclose(twice, 2 * once, rtol=1e-2)


@pytest.mark.parametrize("case", CASES)
def test_half_precision_is_near_the_whole(case: str) -> None:
    make, inputs = CASES[case]
    whole = make("float32")
    for dtype in DTYPES[1:]:
        half = make(dtype)
        half.set_weights(whole.get_weights())
        for mine, theirs in zip(answers(half, inputs), answers(whole, inputs), strict=True):
            assert np.abs(mine - theirs).max() < 0.05 * max(1, np.abs(theirs).max())


def test_the_optimizer_is_made_again_from_its_configuration() -> None:
    made = Optimizer(0.01, ema_momentum=0.5)
    text = keras.saving.serialize_keras_object(made)
    again = keras.saving.deserialize_keras_object(text)
    assert type(again) is Optimizer and again.get_config() == made.get_config()


@pytest.mark.parametrize(
    "imports", ["keras, tfnst", "tfnst, keras", "tfnst.networks.layers, keras"]
)
def test_keras_alone_loads_a_network_in_a_fresh_process(tmp_path: Path, imports: str) -> None:
    network("float32").save(tmp_path / "my.keras")
    extractor("float32").save(tmp_path / "eye.keras")
    random_style("float32").save(tmp_path / "random.keras")
    code = (
        f"import sys, {imports}\n"
        "for name in sys.argv[1:]:\n"
        "    model = keras.models.load_model(name)\n"
        "    print(type(model).__name__, type(model.layers[-1]).__name__)"
    )
    files = [str(tmp_path / name) for name in ("my.keras", "eye.keras", "random.keras")]
    done = subprocess.run([sys.executable, "-c", code, *files], capture_output=True, text=True)
    kinds = [line.split() for line in done.stdout.splitlines()]
    assert [kind for kind, _ in kinds[:2]] == ["StyleNetwork", "FeatureExtractor"], done.stderr
    assert kinds[2][1] == "RandomStyle"
