"""Tests of tfnst.export.models."""

from __future__ import annotations

from dataclasses import asdict, make_dataclass
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.conftest import untrained
from tfnst import images
from tfnst.export.models import exportable, open_model, weights_digest
from tfnst.features.vgg import FeatureExtractor
from tfnst.networks.settings import NetworkSettings
from tfnst.networks.style_network import StyleNetwork

LAYERS = ("block1_conv1", "block3_conv2")


def test_a_network_of_styles(small_network: StyleNetwork, tmp_path: Path) -> None:
    subject = exportable(small_network, "my")
    assert subject.card["styles"] == ["photo", "wave", "night"]
    assert set(subject.card["inputs"]) == {"image", "style_weights"}
    first, *others = subject.examples(40, 64)
    assert len(others) == 5 and first["style_weights"].tolist() == [[0, 1, 0]]
    for example in (first, *others):
        assert example["image"].shape == (1, 40, 64, 3)
        np.testing.assert_allclose(example["style_weights"].sum(), 1, rtol=1e-6)
        eight = images.as_uint8(example["image"])
        np.testing.assert_array_equal(eight / np.float32(255), example["image"])
    expected = small_network.stylize(first["image"][0], "wave")
    np.testing.assert_allclose(subject.model(first)["stylized"][0], expected, atol=1e-4)
    subject.accompany(tmp_path)
    assert (tmp_path / "styles.txt").read_text() == "photo\nwave\nnight\n"
    assert images.load(tmp_path / "thumbnails" / "wave.jpg").rgb.shape == (128, 128, 3)


def test_a_network_of_two_sizes_of_strokes(stroke_network: StyleNetwork) -> None:
    subject = exportable(stroke_network, "my")
    assert set(subject.card["inputs"]) == {"image", "style_weights", "stroke"}
    examples = subject.examples(40, 64)
    assert [example["stroke"].item() for example in examples] == [0.5, 0, 1, 0.5, 0, 1]
    assert examples[0]["style_weights"].tolist() == [[0, 1, 0]]
    expected = stroke_network.stylize(examples[0]["image"][0], "wave")
    np.testing.assert_allclose(subject.model(examples[0])["stylized"][0], expected, atol=1e-4)


def test_a_network_of_features(tmp_path: Path) -> None:
    network = FeatureExtractor("vgg19-lite", LAYERS)
    subject = exportable(network, "features")
    assert subject.card["layers"] == list(LAYERS)
    assert subject.card["outputs"]["block1_conv1"] == "float32, (batch, height, width, 16), from 0"
    assert "height / 4, width / 4, 64" in subject.card["outputs"]["block3_conv2"]
    first, second = subject.examples(32, 48)
    assert set(first) == {"image"} and np.abs(first["image"] - second["image"]).mean() > 0.05
    for name, value in subject.model(first).items():
        np.testing.assert_allclose(value, network(first["image"])[name], rtol=1e-5)
    subject.accompany(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_digest_is_of_names_and_weights() -> None:
    one, other = untrained("wave"), untrained("night")
    assert weights_digest(one) == weights_digest(untrained("wave")) != weights_digest(other)
    keras.utils.set_random_seed(2)
    changed = untrained("wave")
    changed.weights[0].assign_add(keras.ops.ones_like(changed.weights[0]))
    assert weights_digest(changed) != weights_digest(one)
    lite = FeatureExtractor("vgg19-lite", LAYERS)
    assert weights_digest(lite) == weights_digest(FeatureExtractor("vgg19-lite", LAYERS))


def test_what_is_exported_goes_by_a_name(small_network: StyleNetwork, tmp_path: Path) -> None:
    network, name, about = open_model("vgg19-lite", LAYERS)
    assert isinstance(network, FeatureExtractor) and network.layer_names == LAYERS
    assert name == "vgg19-lite" and about["license"] == "Apache-2.0"
    network, name, about = open_model("gallery")
    assert isinstance(network, StyleNetwork) and set(about["artworks"]) >= set(network.styles)
    small_network.save(tmp_path / "my.keras")
    network, name, about = open_model(str(tmp_path / "my.keras"))
    assert isinstance(network, StyleNetwork) and network.styles == ("wave", "night")
    assert (name, about) == ("my", {})
    for options in ({"layers": LAYERS}, {"weights": "my.npz"}):
        with pytest.raises(ValueError, match="layers and weights go with vgg19-lite and vgg19"):
            open_model("gallery", **options)  # type: ignore[arg-type]


def test_settings_at_their_defaults_leave_the_digest_alone() -> None:
    """Or every new setting would make exports look as if they were of another network."""
    network = untrained("wave")
    before = weights_digest(network)
    later = make_dataclass(
        "Later", [("future", bool, False)], bases=(NetworkSettings,), frozen=True
    )
    network.settings = later(**asdict(network.settings))
    assert weights_digest(network) == before
