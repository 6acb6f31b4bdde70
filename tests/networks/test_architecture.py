"""Tests of tfnst.networks.architecture."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from tfnst.networks.architecture import CONFIGURATIONS, NetworkSettings, reach
from tfnst.networks.style_network import StyleNetwork

SMALL = NetworkSettings(widths=(0, 8, 12), blocks=2)
TINY_JOHNSON = NetworkSettings((4, 6, 8), 1, "residual", head="convolution")


def network(settings: NetworkSettings = SMALL) -> StyleNetwork:
    keras.utils.set_random_seed(1)
    return StyleNetwork(["wave", "night"], settings)


def test_johnsons_network_is_the_papers() -> None:
    """1.68 million parameters with affine instance norms, which here have one row a style more."""
    made = StyleNetwork(["wave"], CONFIGURATIONS["johnson"])
    kernels = sum(int(np.prod(w.shape)) for w in made.weights if w.name == "kernel")
    expected = 9 * 9 * 3 * 32 + 9 * 32 * 64 + 9 * 64 * 128 + 10 * 9 * 128 * 128
    assert kernels == expected + 9 * 128 * 64 + 9 * 64 * 32 + 9 * 9 * 32 * 3


@pytest.mark.parametrize("settings", [SMALL, CONFIGURATIONS["gallery"]], ids=["small", "gallery"])
def test_it_begins_without_a_grid(settings: NetworkSettings) -> None:
    """Where the photo is flat, and far from borders, neighbours are alike."""
    side = 2 * reach(settings) + 40
    painted = network(settings).stylize(np.full((side, side, 3), 0.4, "f"), "wave")
    middle = painted[reach(settings) : -reach(settings), reach(settings) : -reach(settings)]
    assert np.ptp(middle, (0, 1)).max() < 1e-5


@pytest.mark.parametrize("settings", [SMALL, TINY_JOHNSON], ids=["gallery", "johnson"])
def test_a_pixel_reaches_no_further_than_told(settings: NetworkSettings) -> None:
    """By the gradient, with norms that use given statistics."""
    from keras import ops

    from tfnst.networks.architecture import Parts, connect

    side, place = 4 * (reach(settings) // 2) + 8, 2 * (reach(settings) // 2) + 1
    image, weights = keras.Input((side, side, 3)), keras.Input((2,))
    statistics = lambda name, x, scale: (ops.zeros((1, 1, 1, 1)), ops.ones((1, 1, 1, 1)))  # noqa: E731
    model = keras.Model(
        [image, weights], connect(Parts(None), settings, image, weights, statistics)
    )
    random = np.random.default_rng(0)
    photo = random.random((1, side, side, 3), np.float32)
    row = np.array([[0, 1]], np.float32)
    other = photo.copy()
    other[0, place, place] += 1
    change = np.abs(np.asarray(model([photo, row]) - model([other, row])))[0].max(-1)
    ys, xs = np.nonzero(change > 1e-7)
    assert max(np.abs(ys - place).max(), np.abs(xs - place).max()) <= reach(settings)


@pytest.mark.parametrize(
    "wrong", [{"block": "dense"}, {"head": "tail"}, {"widths": (0, 0, 8)}, {"blocks": -1}]
)
def test_settings_are_checked(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        NetworkSettings(**wrong)  # type: ignore[arg-type]
