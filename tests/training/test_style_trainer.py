"""Tests of tfnst.training.style_trainer: the losses, the balance, the data, and where it runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops
from tensorflow.python.framework.ops import gradient_registry

from tests.training.samples import LAYERS, SETTINGS, SMALL, artworks, halved
from tfnst import images, losses
from tfnst.features.vgg import FeatureExtractor
from tfnst.images.sizes import HALO
from tfnst.networks.settings import NetworkSettings
from tfnst.networks.style_network import StyleNetwork
from tfnst.training import photo_folder, style_trainer
from tfnst.training.batches import Schedule, StyleBatches
from tfnst.training.settings import TrainingSettings
from tfnst.training.style_trainer import StyleTrainer
from tfnst.training.targets import SHARES, photo_detail, reduced, style_targets

STROKES = NetworkSettings((0, 8, 12), 1, strokes=2)
SIDE = SETTINGS.size + 2 * HALO


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> photo_folder.PhotoFolder:
    folder = tmp_path_factory.mktemp("photos")
    random = np.random.default_rng(0)
    for number in range(3):
        smooth = images.resize(random.random((9, 9, 3), np.float32), 90, 100)
        images.save(folder / f"{number}.png", smooth)
    return photo_folder.PhotoFolder([folder])


def trainer(settings: TrainingSettings = SETTINGS, eager: bool = False) -> StyleTrainer:
    keras.utils.set_random_seed(0)
    extractor = FeatureExtractor("vgg19-lite", LAYERS)
    network = StyleNetwork(["stripes", "noise"], settings.network)
    targets = style_targets(extractor, artworks(), settings, network.strokes)
    made = StyleTrainer(network, extractor, targets, settings)
    made.compile(keras.optimizers.Adam(5e-3), jit_compile=False, run_eagerly=eager)
    made.optimizer.build(made.trainable_variables)  # or else the step is traced twice
    return made


def batch(weights: Any, seed: int = 2) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    weights = tf.constant(weights, tf.float32)
    shape = (len(weights), SIDE, SIDE, 3)
    return {"image": tf.constant(random.random(shape, np.float32)), "style_weights": weights}


def painted_as(pictures: Any) -> dict[str, Any]:
    """An answer of the trainer without outliers."""
    return {"stylized": pictures, "outliers": tf.zeros(len(pictures))}


def test_losses_are_those_of_the_samples_and_their_styles() -> None:
    made = trainer()
    x = batch([[0, 1, 0], [0, 0.25, 0.75]])
    painted = batch([[0, 0, 0]] * 2, seed=3)["image"]
    photo, answer = (style_trainer.inner(v) for v in (x["image"], painted))
    measured = made.measure(photo, answer, x["style_weights"][:, 1:])
    style, content = measured["style"], measured["content"]
    for sample, mixture in enumerate(np.array([[1, 0], [0.25, 0.75]], np.float32)):
        scales = []
        for scale, targets in zip((1, 2, 4), made.targets, strict=True):
            expected = []
            seen = made.features(halved(answer[sample].numpy(), scale)[None])
            for name, rows in targets.items():
                target = losses.Gaussian(*(ops.tensordot(mixture[None], part, 1) for part in rows))
                statistics = losses.feature_statistics(seen[name])
                expected.append(losses.wasserstein_style_loss(statistics, target)[0])
            scales.append(np.mean(expected))
        mean = np.average(scales, weights=SHARES)
        np.testing.assert_allclose(style[sample], mean, rtol=1e-3)
    of_photo = losses.standardize(made.features(photo)["block2_conv1"])
    expected = losses.content_distance(made.features(answer)["block2_conv1"], of_photo)
    np.testing.assert_allclose(content, expected, rtol=1e-4)


def test_strokes_choose_between_the_targets_of_their_sizes() -> None:
    made = trainer(replace(SETTINGS, network=STROKES, stability=0.0))
    x = batch([[0, 1, 0], [0, 0, 1]])
    answer = painted_as(batch([[0, 0, 0]] * 2, seed=3)["image"])

    def loss(*strokes: float) -> float:
        return float(
            made.compute_loss({**x, "stroke": tf.constant([strokes])[0][:, None]}, None, answer)
        )

    photo, painted = (style_trainer.inner(v) for v in (x["image"], answer["stylized"]))
    mixture = np.array([[0.75, 0, 0.25, 0], [0, 0, 0, 1]], np.float32)
    strokes = np.array([0.25, 1.0], np.float32)
    measured = made.measure(photo, painted, mixture, strokes[:, None])
    bands = losses.band_loss(losses.band_energies(painted), ops.tensordot(mixture, made.bands, 1))
    coherence = np.zeros(2)
    for number, scale in enumerate((1, 2)):
        small, of_photo = (reduced(v, scale) for v in (painted, photo))
        coherence += 0.5 * losses.coherence_loss(
            losses.orientation_coherence(small, of_photo),
            ops.tensordot(mixture, made.coherence[:, number], 1),
        )
    excess = np.maximum(measured["content"] - SETTINGS.content_distance, 0)
    expected = measured["style"] + style_trainer.CONTENT_WEIGHT * excess**2
    expected += SETTINGS.bands * bands + SETTINGS.coherence * coherence
    detail = photo_detail(painted, photo, strokes)
    expected += SETTINGS.photo_detail * detail
    expected += SETTINGS.smoothness * losses.edge_aware_smoothness(painted, photo)
    expected += SETTINGS.lattice * losses.lattice_energy(painted)
    assert loss(0.25, 1.0) == pytest.approx(float(np.mean(expected)), rel=1e-4)
    assert loss(0.0, 1.0) != pytest.approx(loss(1.0, 0.0), rel=1e-2)


def test_the_photos_own_row_is_asked_for_the_photo_alone() -> None:
    made = trainer(replace(SETTINGS, stability=0.0))
    x = batch([[1, 0, 0], [1, 0, 0]])
    same, darker = x["image"], 0.9 * x["image"]
    np.testing.assert_allclose(made.compute_loss(x, None, painted_as(same)), 0, atol=1e-6)
    expected = style_trainer.PHOTO_WEIGHT * np.mean(
        (0.1 * style_trainer.inner(x["image"]).numpy()) ** 2
    )
    loss = made.compute_loss(x, None, painted_as(darker))
    np.testing.assert_allclose(loss, expected, rtol=1e-4)


def test_bands_pull_fine_detail_to_the_artworks() -> None:
    settings = replace(SETTINGS, stability=0.0)
    without, within = (trainer(replace(settings, bands=weight)) for weight in (0.0, 2.0))
    x = batch([[0, 1, 0], [0, 0, 1]])
    for painted in (x["image"], ops.zeros_like(x["image"]) + 0.5):
        answer = painted_as(painted)
        energies = losses.band_energies(style_trainer.inner(painted))
        expected = 2.0 * np.mean(losses.band_loss(energies, within.bands))
        difference = within.compute_loss(x, None, answer) - without.compute_loss(x, None, answer)
        np.testing.assert_allclose(difference, expected, rtol=1e-3)


class Fitted(NamedTuple):
    history: dict[str, list[float]]
    gradients: set[str]  # that the registry has more than before


@pytest.fixture(scope="module")
def fitted(photos: photo_folder.PhotoFolder) -> Fitted:
    before = set(gradient_registry.list())
    batches = StyleBatches(photos, range(2), SETTINGS, 12)
    history = trainer().fit(batches, epochs=8, verbose=0).history
    return Fitted(history, set(gradient_registry.list()) - before)


def test_fit_lowers_the_loss(fitted: Fitted) -> None:
    history = fitted.history
    assert history["style"][-1] < 0.85 * history["style"][0]
    assert set(history) >= {"loss", "style", "content", "bands", "photo", "stability"}


def test_a_training_leaves_no_gradient_in_the_registry(fitted: Fitted) -> None:
    assert fitted.gradients == set()


def test_its_state_survives_a_restart(tmp_path: Path, photos: photo_folder.PhotoFolder) -> None:
    """Weights, optimiser and random state, by Keras' own weights file."""
    batches = StyleBatches(photos, range(2), SETTINGS, 1)
    schedule = Schedule(batches)
    options = dict(verbose=0, shuffle=False, callbacks=[schedule])
    whole = trainer(eager=True)  # a whole training is stopped in its graph, in test_training_run
    whole.fit(batches, epochs=2, **options)
    first = trainer(eager=True)
    first.fit(batches, epochs=1, **options)
    first.save_weights(tmp_path / "state.weights.h5")
    second = trainer(eager=True)
    second.optimizer.build(second.trainable_variables)
    second.load_weights(tmp_path / "state.weights.h5")
    second.fit(batches, initial_epoch=1, epochs=2, **options)
    for one, other in zip(second.network.weights, whole.network.weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_the_step_compiles_under_xla() -> None:
    x = batch([[0, 1, 0], [0, 0.5, 0.5]])
    made, again = trainer(), trainer()
    compiled = tf.function(lambda: made.compute_loss(x, None, made(x)), jit_compile=True)
    assert float(compiled()) == pytest.approx(
        float(again.compute_loss(x, None, again(x))), rel=1e-2
    )


def run_script(*command: str) -> Any:
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, *command], cwd=root, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_two_replicas_are_as_one() -> None:
    one, two = run_script("tests/training/replicas.py")
    for name, values in one.items():
        np.testing.assert_allclose(two[name], values, rtol=1e-3)


@pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed")
def test_it_trains_on_jax() -> None:
    answer = run_script("tests/training/on_jax.py")
    assert answer["backend"] == "jax" and answer["loss"][-1] < 0.5 * answer["loss"][0]


def test_half_precision_and_callbacks(tmp_path: Path, photos: photo_folder.PhotoFolder) -> None:
    """What Keras offers around fit works: mixed precision, BackupAndRestore, TensorBoard."""
    extractor, settings = FeatureExtractor("vgg19-lite", LAYERS), replace(SETTINGS, stability=0.0)
    network = StyleNetwork(["a", "b"], SMALL, dtype="mixed_bfloat16")
    targets = style_targets(extractor, artworks(), settings, strokes=1)
    made = StyleTrainer(network, extractor, targets, settings)
    made.compile(keras.optimizers.Adam(1e-3), jit_compile=False)
    made.optimizer.build(made.trainable_variables)
    callbacks = [
        keras.callbacks.BackupAndRestore(tmp_path / "backup", delete_checkpoint=False),
        keras.callbacks.TensorBoard(tmp_path / "board"),
    ]
    batches = StyleBatches(photos, range(2), SETTINGS, 2)
    history = made.fit(batches, epochs=2, verbose=0, callbacks=callbacks).history
    assert np.isfinite(history["loss"]).all()
    assert list((tmp_path / "backup").iterdir()) and list((tmp_path / "board").rglob("events*"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", 0),
        ("batch", 0),
        ("size", 60),
        ("size", 66),
        ("style_sizes", (63,)),
        ("style_sizes", ()),
        ("style_sizes", (896, 448)),
        ("style_sizes", (448,)),
        ("minutes", -1.0),
        ("minutes", float("nan")),
        ("learning_rate", 0.0),
        ("precision", "float16"),
        ("content_distance", float("nan")),
        ("content_distance", 2.5),
        ("seed", -1),
        ("batch", 2.5),
        ("photo_share", 2),
        ("stability", float("nan")),
        ("bands", float("inf")),
        ("content_layers", ()),
        ("style_layers", ["block1_conv1"]),
        ("everything", 1),
        ("network", "gallery"),
        ("extractor", None),
    ],
)
def test_settings_are_checked(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{name} is "):
        TrainingSettings(**{name: value})


def test_outliers_before_the_norms_of_blocks_count() -> None:
    """One by one: those of the network itself, made by hand from what its blocks' norms take."""
    made = trainer(replace(SETTINGS, network=STROKES, stability=0.0, outliers=3.0))
    x = batch([[0, 1, 0], [0, 0, 1]]) | {"stroke": tf.zeros((2, 1))}
    bright = x["image"].numpy() * 0.01
    bright[0, 40:42, 40:42] = 1
    x["image"] = tf.constant(bright)
    norms = [layer for layer in made.network.layers if layer.name.endswith("_norm")]
    inputs = keras.Model(made.network.input, [n.input[0] for n in norms if "block" in n.name])
    expected = sum(losses.outlier_energy(activation) for activation in inputs(x))
    answer = made(x)
    np.testing.assert_allclose(answer["outliers"], expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(answer["stylized"], made.network(x)["stylized"], atol=1e-6)
    without = {**answer, "outliers": tf.zeros(2)}
    difference = made.compute_loss(x, None, answer) - made.compute_loss(x, None, without)
    np.testing.assert_allclose(difference, 3 * np.mean(expected), rtol=1e-3, atol=1e-5)
