"""Tests of tfnst.assets: every bundled file is there, and is what it is said to be."""

from __future__ import annotations

import numpy as np
import pytest

from tfnst import assets, images
from tfnst.features import vgg_architecture, vgg_weights
from tfnst.synthesis.settings import Settings

ARTWORKS = ("facets", "mosaic", "swirl", "watercolor", "waves", "woodcut")


def test_the_bundled_artworks() -> None:
    assert ARTWORKS == assets.NAMES


@pytest.mark.parametrize("name", ARTWORKS)
def test_an_artwork_is_a_colourful_picture(name: str) -> None:
    file = assets.artwork(name)
    assert file.parent == assets.ARTWORKS and file.stem == name
    assert file.stat().st_size < 400_000
    picture = images.load(file)
    assert picture.alpha is None and picture.recipe is None
    assert 512 <= max(picture.rgb.shape[:2]) <= 2048
    assert picture.rgb.std() > 0.08


def test_no_two_artworks_are_alike() -> None:
    small = [images.resize(images.load(assets.artwork(n)).rgb, 32, 32) for n in ARTWORKS]
    for first in range(len(small)):
        for second in range(first):
            assert np.abs(small[first] - small[second]).mean() > 0.05


@pytest.mark.parametrize("wrong", ["", "starry night", "swirl.jpg", "../swirl", "Swirl"])
def test_an_unknown_artwork_names_the_known(wrong: str) -> None:
    with pytest.raises(ValueError) as caught:
        assets.artwork(wrong)
    assert str(caught.value) == (f"artwork {wrong!r} is unknown; use one of {', '.join(ARTWORKS)}")


def test_the_photo_is_a_portrait() -> None:
    picture = images.load(assets.photo())
    height, width = picture.rgb.shape[:2]
    assert height > width >= 256 and picture.alpha is None
    assert "public domain" in (assets.photo.__doc__ or "")


def test_the_weights_are_those_of_the_shipped_network() -> None:
    arrays = vgg_weights.read_weights(vgg_weights.LITE_WEIGHTS)
    network = vgg_architecture.ARCHITECTURES["vgg19-lite"]
    kernels = {f"{layer}/kernel" for layer in network.layers}
    assert kernels | {f"{layer}/bias" for layer in network.layers} <= set(arrays)
    for layer in network.layers:
        kernel, bias = arrays[f"{layer}/kernel"], arrays[f"{layer}/bias"]
        assert np.isfinite(kernel).all() and np.isfinite(bias).all()
        assert kernel.astype(np.float32).std() > 1e-3
        assert kernel.shape[:2] == (3, 3) and bias.shape == kernel.shape[3:]
        assert kernel.shape[3] == network.widths[int(layer[5]) - 1]
    assert set(Settings().layers) <= set(network.layers)
    assert vgg_weights.LITE_WEIGHTS.stat().st_size < 4_000_000
